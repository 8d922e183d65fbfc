"""What is asked for about offices, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from ca.api import PROFILES
from people.api import Shown
from ra.branches.queries import seen_office
from ra.branches.wording import OFFICE_TERMS


def office(payload: dict[str, Any], *, actor: Actor) -> Shown:
    """Authority given or an office stopped; refuses (NOT_FOUND) an office out of sight."""
    found = seen_office(payload["office"], actor)
    terms = [
        (str(label), _words(name, payload[name]))
        for name, label in OFFICE_TERMS.items()
        if name in payload
    ]
    about = f"{found.name} {found.code}"
    return Shown(about, ((_("名称"), found.name), *terms), reverse("office", args=[found.code]))


def _words(name: str, value: Any) -> str:
    if name == "profiles":
        return _("、").join(str(PROFILES.get(code, code)) for code in value)
    return _("不限") if value is None else str(value)
