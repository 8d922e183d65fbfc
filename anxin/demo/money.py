"""Prices of the demo, and payments (CPS 9.1)."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import day_of
from ca import api as ca
from people.api import approval, vote
from ra.fees import prices
from ra.fees.models import FeeOrder, FeeSchedule
from ra.fees.rules import UNPAID, Price
from ra.fees.services import take_payment

YUAN = 100  # fen
A_YEAR = {  # profile -> yuan; a longer term costs so much for each year
    "personal-sm2-sign": 60,
    "personal-rsa-sign": 80,
    "organization-sm2-sign": 240,
    "organization-rsa-sign": 280,
    "device-sm2-sign": 300,
    "server-sm2-sign": 1200,
    "server-rsa": 1200,
}


@transaction.atomic
def publish_prices(actors: dict[str, Actor], *, at: datetime) -> None:
    """The list that is in force when the first application comes; two people, as always."""
    if FeeSchedule.objects.exists():
        return
    listed = [
        Price(profile.code, years, A_YEAR[profile.code] * years * YUAN)
        for profile in ca.profiles()
        for years in profile.years
    ]
    day = day_of(at)
    number = prices.propose_schedule(listed, valid_from=day, actor=actors["yuanxi"], at=at)
    asked = approval(FeeSchedule.objects.get(pk=number).approval_id or 0)
    vote(asked.id, grants=True, seen=asked.digest, actor=actors["gaoyuan"], at=at)


def pay(application_id: int, finance: Actor, *, at: datetime) -> None:
    """What the application costs, by bank transfer."""
    orders = FeeOrder.objects.filter(application_id=application_id, state__in=UNPAID)
    for row in orders.select_related("application"):
        receipt = f"R-{row.application.number}"
        take_payment(row.pk, row.fen, method="transfer", receipt=receipt, actor=finance, at=at)
