"""Consents: whether one stands, and all of an application's for its page."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.actors import Actor
from people.api import Role, staff_names
from ra.applications import queries as applications
from ra.consents.models import Consent
from ra.consents.rules import Purpose


@dataclass(frozen=True, slots=True)
class Line:
    """`noted_by`, `ended_by`: names, "" when it was the subscriber on the screen, or nobody yet."""

    number: str
    purpose: str
    version: str
    how: str
    given_at: datetime
    noted_by: str
    ended_at: datetime | None
    ended_how: str
    ended_by: str


@dataclass(frozen=True, slots=True)
class ConsentsPage:
    number: str
    masked_name: str
    lines: tuple[Line, ...]
    may_ask: bool  # to have some of it given to others (CPS 9.3)
    may_withdraw: bool


def stands(application_id: int, purpose: Purpose) -> bool:
    rows = Consent.objects.filter(application_id=application_id, purpose=purpose)
    return rows.filter(ended_at__isnull=True).exists()


def page(number: str, actor: Actor) -> ConsentsPage:
    """Newest first. Refuses `applications.unknown`, also for another office's."""
    row = applications.by_number(number, actor)
    lines = of_applications([row.pk], actor)
    open_ones = {one.purpose for one in lines if one.ended_at is None}
    may_ask = Role.OPERATOR in actor.roles
    may_withdraw = may_ask and Purpose.NOTICES in open_ones
    return ConsentsPage(row.number, row.masked_name, tuple(lines), may_ask, may_withdraw)


def of_applications(ids: Collection[int], actor: Actor) -> list[Line]:
    """Newest first, of the applications in this person's sight."""
    seen = applications.visible(actor).filter(pk__in=ids)
    rows = list(
        Consent.objects.filter(application__in=seen).select_related("application").order_by("-pk")
    )
    names = staff_names({who for one in rows for who in (one.noted_by, one.ended_by) if who})
    return [
        Line(
            one.application.number,
            one.purpose,
            one.version,
            one.how,
            one.given_at,
            names.get(one.noted_by or 0, ""),
            one.ended_at,
            one.ended_how,
            names.get(one.ended_by or 0, ""),
        )
        for one in rows
    ]
