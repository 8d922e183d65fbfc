"""What is asked for about money, in words, for the page of approvals. Only what is in the payload:
that is what the voter agrees to.
"""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from ca.api import PROFILES
from people.api import Shown
from ra.applications.models import Application
from ra.fees.rules import yuan
from ra.fees.wording import WAIVER_CAUSES, price_of


def schedule(payload: dict[str, Any], **_reader: Actor) -> Shown:
    day = payload["valid_from"]
    prices = [
        (_price_of(*field.rsplit(".", 2)), yuan(fen)) for field, fen in payload["prices"].items()
    ]
    about = _("%(day)s 起施行") % {"day": day}
    return Shown(about, ((_("生效日期"), day), *prices), reverse("fee-schedule"))


def agreement(payload: dict[str, Any], **_reader: Actor) -> Shown:
    found = Application.objects.filter(subscriber_id=payload["subscriber_id"]).order_by("-pk")
    name = found.values_list("masked_name", flat=True).first() or ""
    rows = (
        (_("订户"), name),
        (_price_of(payload["profile"], payload["service"], payload["years"]), yuan(payload["fen"])),
        (_("生效日期"), payload["valid_from"]),
        (_("截止日期"), payload["valid_until"]),
    )
    return Shown(name, rows, reverse("fee-agreements"))


def refund(payload: dict[str, Any], **_reader: Actor) -> Shown:
    number = payload["number"]
    rows = ((_("受理编号"), number), (_("应退（元）"), yuan(payload["fen"])))
    return Shown(number, rows, reverse("fee-order", args=[number]))


def waiver(payload: dict[str, Any], **_reader: Actor) -> Shown:
    number = payload["number"]
    rows = (
        (_("受理编号"), number),
        (_("减免（元）"), yuan(payload["fen"])),
        (_("减免原因"), str(WAIVER_CAUSES[payload["cause"]])),
    )
    return Shown(number, rows, reverse("fee-order", args=[number]))


def _price_of(profile: str, service: str, years: int | str) -> str:
    return price_of(PROFILES.get(profile, profile), service, years)
