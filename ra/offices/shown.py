"""What is asked for about offices, in words, for the page of approvals."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from ca.api import PROFILES
from people.api import Shown
from ra.branches.queries import seen_office
from ra.branches.wording import OFFICE_TERMS
from ra.offices import estate


def office(payload: dict[str, Any], *, actor: Actor) -> Shown:
    """Authority given or an office stopped; refuses (NOT_FOUND) an office out of sight."""
    found = seen_office(payload["office"], actor)
    terms = [
        (str(label), _words(name, payload[name]))
        for name, label in OFFICE_TERMS.items()
        if name in payload
    ]
    if "successor" in payload:
        terms += _goes_over(found.id)
    about = f"{found.name} {found.code}"
    page = "office-estate" if "successor" in payload else "office"
    return Shown(about, ((_("名称"), found.name), *terms), reverse(page, args=[found.code]))


def _goes_over(office_id: int) -> list[tuple[str, str]]:
    """What that is today; the list has a page of its own."""
    going = estate.counts(office_id)
    return [
        (_("未办结的申请"), str(going.applications)),
        (_("网上提交待受理"), str(going.submissions)),
        (_("已领取证书的档案"), str(going.certificates)),
        (_("吊销、冻结与解冻申请"), str(going.requests)),
        (_("未缴和待退的费用"), str(going.fees)),
    ]


def _words(name: str, value: Any) -> str:
    if name == "profiles":
        return _("、").join(str(PROFILES.get(code, code)) for code in value)
    return _("不限") if value is None else str(value)
