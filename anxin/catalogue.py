"""The English catalogue: what the code says in Chinese, and which sentences lack English."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
Message = tuple[str | None, str, str | None]  # context, msgid, plural


def _sources(root: Path) -> Iterator[tuple[Path, bytes]]:
    for house in ("anxin", "people", "audit", "kmc", "ca", "ra"):
        for path in sorted((root / house).rglob("*.py")):
            yield path, path.read_bytes()
    templates = [*(root / "templates").rglob("*"), *root.glob("*/templates/**/*")]
    for path in sorted(templates):
        if path.suffix in {".html", ".txt", ".svg"}:
            yield path, templatize(path.read_text(), origin=str(path)).encode()


def messages() -> dict[Message, list[tuple[str, str]]]:
    """Every message in the code -> where it stands (file, line)."""
    found: dict[Message, list[tuple[str, str]]] = {}
    root = Path(settings.BASE_DIR)
    for path, source in _sources(root):
        for line, text, _, context in extract("python", BytesIO(source), keywords=KEYWORDS):
            one, plural = (text[0], text[1]) if isinstance(text, tuple) else (text, None)
            if one:
                place = (str(path.relative_to(root)), str(line))
                found.setdefault((context, one, plural), []).append(place)
    return found


def merge(catalogue: polib.POFile) -> None:
    """Add what is missing and drop what nobody says any more; translations are kept."""
    wanted = messages()
    known = {(entry.msgctxt, entry.msgid): entry for entry in catalogue}
    for (context, msgid), entry in known.items():
        if not any(key[:2] == (context, msgid) for key in wanted):
            catalogue.remove(entry)
    for (context, msgid, plural), places in wanted.items():
        entry = known.get((context, msgid))
        if entry is None:
            entry = polib.POEntry(msgid=msgid, msgctxt=context)
            if plural:
                entry.msgid_plural, entry.msgstr_plural = plural, {0: "", 1: ""}
            catalogue.append(entry)
        entry.occurrences = sorted({(name, "") for name, _ in places})


def untranslated(catalogue: polib.POFile) -> list[str]:
    """Messages of the code without a finished English sentence."""
    ready = {
        (entry.msgctxt, entry.msgid)
        for entry in catalogue
        if not entry.fuzzy and (entry.msgstr or all(entry.msgstr_plural.values() or [""]))
    }
    return sorted(msgid for context, msgid, _ in messages() if (context, msgid) not in ready)
