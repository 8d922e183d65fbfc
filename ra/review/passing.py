"""Handing a claim to a colleague, or back with a reason (CPS 4.2.3: so that nothing lies there)."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record, subject_of
from people.api import Holder, Role, holders
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.branches.queries import sees
from ra.review import rules, services


def colleagues(number: str, actor: Actor, *, at: datetime) -> list[Holder]:
    """Who else may check this application. Refuses `applications.unknown`."""
    return _others(applications.by_number(number, actor), actor, at=at)


@transaction.atomic
def pass_on(
    application_id: int, to: int | None, *, reason: str, actor: Actor, at: datetime
) -> None:
    """To this colleague's desk, for 30 minutes as any claim; None: back to the queue.

    Refuses `review.pass_reason`, `no_colleague`, `not_claimed`. What the one who hands on has
    judged stays theirs: the colleague looks anew.
    """
    rules.check_pass_reason(reason)
    row = services.on_desk(application_id, None, actor=actor, at=at)
    if to is not None:
        rules.check_colleague(to, [one.id for one in _others(row, actor, at=at)])
    row.claimed_by, row.claimed_until = to, at + rules.LEASE if to else None
    row.save(update_fields=["claimed_by", "claimed_until"])
    record("ra.pass_on", subject_of(row), actor=actor, at=at, to=to, reason=reason)


def _others(row: Application, actor: Actor, *, at: datetime) -> list[Holder]:
    decided = set(row.decisions.filter(round=row.round).values_list("reviewer_id", flat=True))
    barred = row.makers | decided | {actor.person_id}
    return [
        one
        for one in holders(Role.REVIEWER, at=at)
        if one.id not in barred and sees(_as_reviewer(one), row.office.path)
    ]


def _as_reviewer(one: Holder) -> Actor:
    return Actor(one.id, one.name, frozenset({Role.REVIEWER}), "", one.office)
