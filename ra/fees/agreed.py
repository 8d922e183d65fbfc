"""Agreed prices for their page, and whom one may be agreed with."""

from dataclasses import dataclass
from datetime import date, datetime

from anxin.kernel.actors import Actor
from ra.applications.models import Application
from ra.branches.queries import visible_ids
from ra.fees import rules
from ra.fees.models import FeeAgreement
from ra.fees.queries import day

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


def lines(*, at: datetime) -> list[Line]:
    """The latest 100, newest first; two queries."""
    rows = list(FeeAgreement.objects.select_related("subscriber").order_by("-pk")[:PAGE])
    known = Application.objects.filter(subscriber_id__in={row.subscriber_id for row in rows})
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
            row.valid_from <= day(at) <= row.valid_until,
        )
        for row in rows
    ]


def subscriber_of(number: str, actor: Actor) -> int:
    """Who handed in application `number`. Refuses `fees.no_subscriber`, also another office's."""
    rows, offices = Application.objects.filter(number=number.strip()), visible_ids(actor)
    if offices is not None:
        rows = rows.filter(office_id__in=offices)
    found = rows.values_list("subscriber_id", flat=True).first()
    if found is None:
        raise rules.refuse("no_subscriber", "no such application was handed in", field="number")
    return found
