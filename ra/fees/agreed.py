"""Agreed prices for their page, and whom one may be agreed with."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import day_of
from ra.applications.models import Application
from ra.branches.queries import in_sight
from ra.fees import rules
from ra.fees.models import FeeAgreement
from ra.fees.queries import unknown

PAGE = 100


@dataclass(frozen=True, slots=True)
class Line:
    """`number` is the subscriber's; `in_force` today."""

    number: str
    masked_name: str
    profile: str
    service: str
    years: int
    fen: int
    valid_from: date
    valid_until: date
    in_force: bool


def lines(actor: Actor, *, at: datetime) -> list[Line]:
    """The latest 100 with subscribers of this person's offices, newest first; two queries."""
    seen = _in_sight(actor)
    found = FeeAgreement.objects.select_related("subscriber").order_by("-pk")
    rows = list(found.filter(subscriber_id__in=seen.values("subscriber_id"))[:PAGE])
    known = seen.filter(subscriber_id__in={row.subscriber_id for row in rows})
    names = dict(known.order_by("pk").values_list("subscriber_id", "masked_name"))
    return [
        Line(
            row.subscriber.number,
            names.get(row.subscriber_id, ""),
            row.profile,
            row.service,
            row.years,
            row.fen,
            row.valid_from,
            row.valid_until,
            row.valid_from <= day_of(at) <= row.valid_until,
        )
        for row in rows
    ]


def masked_name(subscriber_id: int, actor: Actor) -> str:
    """As the latest application in sight has it. Refuses `fees.unknown` when there is none."""
    rows = _in_sight(actor).filter(subscriber_id=subscriber_id).order_by("-pk")
    found = rows.values_list("masked_name", flat=True).first()
    if found is None:
        raise unknown(subscriber_id)
    return found


def subscriber_of(number: str, actor: Actor) -> int:
    """Who handed in application `number`. Refuses `fees.no_subscriber`, also another office's."""
    rows = _in_sight(actor).filter(number=number.strip())
    found = rows.values_list("subscriber_id", flat=True).first()
    if found is None:
        raise rules.refuse("no_subscriber", "no such application was handed in", field="number")
    return found


def _in_sight(actor: Actor) -> QuerySet[Application]:
    return Application.objects.filter(in_sight(actor))
