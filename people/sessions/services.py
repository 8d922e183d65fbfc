"""Ending sessions (WP-7.2). They begin with Django's `login`."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from anxin.kernel.actors import Actor
from anxin.kernel.jobs import at_once
from audit.log import record
from people.sessions import rules
from people.sessions.models import StaffSession
from people.sessions.queries import public_id


@transaction.atomic
def end(person_id: int, session_id: str, *, actor: Actor, at: datetime) -> None:
    """Sign a person out at one browser, at once. Refuses (NOT_FOUND) one that is not theirs."""
    rows = StaffSession.objects.select_for_update().filter(person=person_id)
    row = next((row for row in rows if public_id(row.pk) == session_id), None)
    if row is None:
        raise rules.session_unknown()
    _end([row.pk], person_id, why="asked", actor=actor, at=at)


@transaction.atomic
def end_others(person_id: int, *, keep: str | None, why: str, actor: Actor, at: datetime) -> None:
    """Sign a person out everywhere but at the browser with the key `keep`."""
    others = StaffSession.objects.filter(person=person_id).exclude(pk=keep or "")
    _end(list(others.values_list("pk", flat=True)), person_id, why=why, actor=actor, at=at)


@transaction.atomic
def make_room(person_id: int, *, actor: Actor, at: datetime) -> None:
    """Forget every session that is over; end the oldest of a person who has too many.

    Houses above clear up as well what only this site can (`people.signed_in` in `anxin/flows.py`).
    """
    StaffSession.objects.filter(expire_date__lte=at).delete()
    mine = StaffSession.objects.filter(person=person_id)
    newest_first = mine.order_by(F("since").desc(nulls_first=True)).values_list("pk", flat=True)
    ended = rules.too_many(list(newest_first))
    _end(list(ended), person_id, why="too many", actor=actor, at=at)
    at_once("people.signed_in", at=at)


def _end(keys: list[str], person_id: int, *, why: str, actor: Actor, at: datetime) -> None:
    if not keys:
        return
    StaffSession.objects.filter(pk__in=keys).delete()
    subject = f"people.staffmember:{person_id}"
    record("people.sessions_ended", subject, actor=actor, at=at, sessions=len(keys), why=why)
