"""Drills: a custodian proves that the share file opens, and the share stays where it is (CPS 6.4).

The file holds the share and the custodian's key under one seal: who signs with the key has opened
it. What the browser says besides, the check value of the share, is part of what is signed.
"""

import secrets
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from audit.log import advance, record, subject_of
from ca.custody import queries, register, rules
from ca.custody.models import Drill, Seat
from ca.custody.register import DrillState, Due, Kept
from ca.custody.rules import SetState
from people.api import Role, StaffEvent, check_proved, holders, tell_staff

TOLD = (Role.SECURITY_ADMIN, Role.CA_ADMIN)  # what is wrong with the custodians


@transaction.atomic
def begin(seat_id: int, *, actor: Actor, at: datetime) -> int:
    """A challenge for one's own share; the id of the drill. The one that is open, if one is.

    Refuses (FORBIDDEN) everybody else, and a share of a set that is not in force.
    """
    seat = queries.seat_locked(seat_id)
    rules.check_own(seat.person_id, actor)
    rules.check_role(actor, {Role.CUSTODIAN})
    check_proved(actor, at=at)
    rules.check_held(seat.state, seat.set.state)
    _lapse(at=at)
    row = Drill.objects.filter(seat=seat, state=DrillState.ASKED).first()
    if row is None:
        row = Drill.objects.create(
            state=DrillState.ASKED,
            seat=seat,
            challenge=secrets.token_bytes(register.CHALLENGE).hex(),
            asked_at=at,
            expires_at=at + register.DRILL_OPEN,
        )
        record("ca.begin_drill", subject_of(row), actor=actor, at=at, seat=seat.number)
    return row.pk


@transaction.atomic
def prove(drill_id: int, signature: str, *, actor: Actor, at: datetime) -> None:
    """Take in the proof (hex).

    Refuses (FORBIDDEN) everybody but the custodian, (CONFLICT) `custody.no_drill`, (INVALID)
    `custody.proof`.
    """
    row = queries.drill_locked(drill_id)
    rules.check_own(row.seat.person_id, actor)
    rules.check_role(actor, {Role.CUSTODIAN})
    check_proved(actor, at=at)
    register.check_open(row.state, row.expires_at, at=at)
    signed = rules.octets(signature)
    register.check_proof(bytes(row.seat.key), queries.drill_statement(row), signed)
    Drill.objects.filter(pk=row.pk).update(proved_at=at, signature=signed)
    advance(row, "prove", actor=actor, at=at, seat=row.seat.number)


def watch(*, at: datetime) -> None:
    """What a worker does every hour: who cannot come, whose drill is due, who has to be told."""
    with transaction.atomic():
        _lapse(at=at)
        _note_away(at=at)
        kept = queries.register(at=at)
        for one in kept:
            _remind(one, at=at)
        people = {one.id for role in TOLD for one in holders(role, at=at)}
        for weak in register.weaknesses(kept, at=at):
            occasion = f"{weak.code} {weak.seat_id} {weak.since:%Y-%m-%d}"
            tell_staff(StaffEvent.CUSTODY_WEAK, people, occasion=occasion, actor=SYSTEM, at=at)


def _lapse(*, at: datetime) -> None:
    late = Drill.objects.select_for_update(skip_locked=True).filter(
        state=DrillState.ASKED, expires_at__lte=at
    )
    for row in late:
        advance(row, "lapse", actor=SYSTEM, at=at)


def _note_away(*, at: datetime) -> None:
    """Since when a custodian cannot come; forgotten when they can."""
    here = queries.reachable(at)
    seats = Seat.objects.select_for_update(of=("self",)).filter(set__state=SetState.IN_FORCE)
    for seat in seats:
        away = seat.person_id not in here
        if away == (seat.away_since is not None):
            continue
        Seat.objects.filter(pk=seat.pk).update(away_since=at if away else None)
        record("ca.note_custodian", subject_of(seat), actor=SYSTEM, at=at, away=away)


def _remind(one: Kept, *, at: datetime) -> None:
    due = one.due(at=at)
    if due is Due.LATER or not one.reachable:
        return
    occasion = f"{due} {one.seat_id} {one.due_at:%Y-%m-%d}"
    tell_staff(StaffEvent.DRILL_DUE, [one.person_id], occasion=occasion, actor=SYSTEM, at=at)
