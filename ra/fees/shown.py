"""What is asked for about money, in words, for the page of approvals, to whom it is in sight. What
is in the payload is what the voter agrees to; a masked name beside a number is for the eye.
"""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from ca.api import PROFILES
from people.api import Shown
from ra.fees import agreed, queries
from ra.fees.rules import yuan
from ra.fees.wording import WAIVER_CAUSES, price_of


def schedule(payload: dict[str, Any], *, actor: Actor) -> Shown:
    if actor.office:  # the CA's own (CPS 1.4.2)
        raise queries.unknown(payload["schedule_id"])
    day = payload["valid_from"]
    prices = [
        (_price_of(*field.rsplit(".", 2)), yuan(fen)) for field, fen in payload["prices"].items()
    ]
    about = _("%(day)s 起施行") % {"day": day}
    return Shown(about, ((_("生效日期"), day), *prices), reverse("fee-schedule"))


def agreement(payload: dict[str, Any], *, actor: Actor) -> Shown:
    who = f"{payload['subscriber']} {agreed.masked_name(payload['subscriber_id'], actor)}"
    rows = (
        (_("订户"), who),
        (_price_of(payload["profile"], payload["service"], payload["years"]), yuan(payload["fen"])),
        (_("生效日期"), payload["valid_from"]),
        (_("截止日期"), payload["valid_until"]),
    )
    return Shown(who, rows, reverse("fee-agreements"))


def refund(payload: dict[str, Any], *, actor: Actor) -> Shown:
    number = payload["number"]
    queries.check_sight(number, actor)
    rows = ((_("受理编号"), number), (_("应退（元）"), yuan(payload["fen"])))
    return Shown(number, rows, reverse("fee-order", args=[number]))


def waiver(payload: dict[str, Any], *, actor: Actor) -> Shown:
    number = payload["number"]
    queries.check_sight(number, actor)
    rows = (
        (_("受理编号"), number),
        (_("减免（元）"), yuan(payload["fen"])),
        (_("减免原因"), str(WAIVER_CAUSES[payload["cause"]])),
    )
    return Shown(number, rows, reverse("fee-order", args=[number]))


def _price_of(profile: str, service: str, years: int | str) -> str:
    return price_of(PROFILES.get(profile, profile), service, years)
