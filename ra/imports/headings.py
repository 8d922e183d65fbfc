"""What columns and coded cells are called in files: codes, and the words of both languages."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from ra.applicants.kinds import Kind
from ra.applicants.wording import DOCUMENT_TYPES, FIELD_LABELS
from ra.imports.rules import DISTINGUISHER, REQUEST, YEARS

OWN = {
    YEARS: _("有效期（年）"),
    DISTINGUISHER: _("区分号"),
    REQUEST: _("证书请求（PKCS#10）"),
}
CODED: Mapping[str, Mapping[str, object]] = {
    "document_type": DOCUMENT_TYPES,
    "agent_document_type": DOCUMENT_TYPES,
}


def of(kind: Kind) -> Mapping[str, object]:
    """Code -> heading, in the order of the form."""
    labels = {code: FIELD_LABELS[code] for code in kind.fields}
    own = {code: text for code, text in OWN.items() if kind.distinguished or code != DISTINGUISHER}
    return {**labels, **own}


def known(kind: Kind) -> dict[str, str]:
    """Heading in small letters -> code: codes and both languages."""
    return _spelled(of(kind))


def meant(code: str, text: str) -> str:
    """A coded cell as its code; other cells, and words nobody knows, as they stand."""
    return _spelled(CODED[code]).get(text.lower(), text) if code in CODED else text


def _spelled(words: Mapping[str, object]) -> dict[str, str]:
    found = {code.lower(): code for code in words}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {str(text).lower(): code for code, text in words.items()}
    return found
