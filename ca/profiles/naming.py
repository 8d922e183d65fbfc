"""Names of profiles on screen: the product's own are translated, others say theirs themselves."""

from typing import Any

from django.utils.translation import get_language

from ca.profiles.documents import profile_from
from ca.profiles.models import ProfileVersion
from ca.profiles.rules import READABLE, TITLES
from ca.wording import PROFILES

KEPT: dict[str, dict[str, str]] = {}  # of those that counted: all their versions have one name


class Names(dict[str, Any]):
    """Code -> name in the language of the page."""

    def __missing__(self, code: str) -> str:
        titles = KEPT.get(code) or _read(code)
        return titles.get(get_language() or "", titles[TITLES[0]])

    def get(self, code: str, default: Any = None) -> Any:
        try:
            return self[code]
        except KeyError:
            return default


def _read(code: str) -> dict[str, str]:
    rows = ProfileVersion.objects.filter(code=code).order_by("version")
    found = list(rows.values_list("version", "document", "state"))
    counted = [one for one in found if one[2] in READABLE]
    if not found:
        raise KeyError(code)
    version, text, _state = (counted or found)[-1]
    titles = dict(profile_from(text, version).titles)
    if counted:
        KEPT[code] = titles
    return titles


NAMES = Names(PROFILES)
