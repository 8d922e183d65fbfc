"""By mail: who can decide is told that something waits, who asked what became of it."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Refusal
from people.approvals.models import Approval
from people.approvals.rules import Duty, State, subject_of_person
from people.notices.rules import Event
from people.notices.services import tell
from people.trust.queries import Holder, holders

BATCH = 50


@transaction.atomic
def tell_checkers(*, at: datetime) -> int:
    """Tell who can decide what nobody was told of; how many approvals. A worker's work.

    Not with the proposal: what is asked for is written after it, and says who sees it.
    """
    rows = Approval.objects.select_for_update(skip_locked=True)
    found = list(rows.filter(state=State.OPEN, told_at=None).order_by("pk")[:BATCH])
    for row in found:
        people = _deciders(row, settings.DUTIES[row.action], at=at)
        tell(Event.APPROVAL_WAITS, people, occasion=str(row.pk), actor=SYSTEM, at=at)
    Approval.objects.filter(pk__in=[row.pk for row in found]).update(told_at=at)
    return len(found)


def _deciders(row: Approval, duty: Duty, *, at: datetime) -> set[int]:
    """Who has the role and sees it, but for who asked and whom it is about."""
    if not duty.mailed:
        return set()
    return {
        one.id
        for role in duty.checkers
        for one in holders(role, at=at)
        if one.id != row.maker_id
        and row.subject != subject_of_person(one.id)
        and _sees(row, duty, one, role)
    }


def _sees(row: Approval, duty: Duty, one: Holder, role: str) -> bool:
    actor = Actor(one.id, one.name, frozenset({role}), office=one.office)
    try:
        return not duty.sight or bool(import_string(duty.sight)([row.pk], actor))
    except Refusal:  # of an office nobody knows
        return False


def tell_maker(rows: Iterable[Approval], event: Event, *, actor: Actor, at: datetime) -> None:
    """Tell who asked what became of it, unless they did it themselves."""
    for row in rows:
        if settings.DUTIES[row.action].mailed and row.maker_id != actor.person_id:
            tell(event, [row.maker_id], occasion=str(row.pk), actor=actor, at=at)
