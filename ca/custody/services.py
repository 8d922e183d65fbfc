"""Custody sets: drafted by one, agreed to by another, handed out, received (CPS 6.2.2, 6.4.1).

What is said to the signer is said by workers, in `delivery.py`.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from anxin.kernel.rows import guarded
from audit.log import advance, record, subject_of
from ca.custody import queries, rules
from ca.custody.models import CustodySet, Seat
from ca.custody.rules import SeatState, SetState
from people.api import (
    Approval,
    Role,
    StaffEvent,
    check_proved,
    propose,
    redeem,
    staff_names,
    standing,
    tell_staff,
    withdraw,
)
from pki import shares
from pki.custody_records import HAND_OUT


@transaction.atomic
def draft_set(people: Sequence[int], *, actor: Actor, at: datetime) -> int:
    """Name three custodians; nothing is handed out before another agrees. The set's id.

    Refuses `custody.three_people`, `not_custodians`, and (CONFLICT) `set_coming`.
    """
    rules.check_role(actor, {Role.SECURITY_ADMIN})
    chosen = rules.check_people(people, queries.reachable(at))
    coming = Refusal(Kind.CONFLICT, "custody.set_coming", "one is being handed out", cps="6.4.1")
    if CustodySet.objects.filter(state=SetState.HANDING_OUT).exists():
        raise coming
    row = CustodySet(state=SetState.DRAFTED, drafted_by=actor.person_id, drafted_at=at)
    with guarded(coming, by="one_set_at_a_time"):
        row.save(force_insert=True)
    names = staff_names(chosen)
    Seat.objects.bulk_create(
        Seat(set=row, number=number, person_id=one, name=names[one], state=SeatState.NAMED)
        for number, one in enumerate(chosen, 1)
    )
    asked = propose(HAND_OUT, _payload(row), subject=subject_of(row), actor=actor, at=at)
    CustodySet.objects.filter(pk=row.pk).update(approval_id=asked.id)
    record("ca.draft_custody", subject_of(row), actor=actor, at=at, people=chosen)
    return row.pk


def agree(
    approval: Approval, *, set_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: custodians may enrol from now on."""
    row = queries.set_locked(set_id)
    redeem(approval, HAND_OUT, _payload(row), actor=actor, at=at)
    advance(row, "agree", actor=actor, at=at)
    people = list(row.seats.values_list("person_id", flat=True))
    occasion = f"set {row.pk}"
    tell_staff(StaffEvent.SHARE_WAITS, people, occasion=occasion, actor=actor, at=at)


def drop(
    _approval: Approval, *, set_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: somebody said no, or it was withdrawn."""
    advance(queries.set_locked(set_id), "drop", actor=actor, at=at)


@transaction.atomic
def give_up(set_id: int, *, actor: Actor, at: datetime) -> None:
    """A security administrator gives up a set that is not in force; what lies sealed is wiped."""
    rules.check_role(actor, {Role.SECURITY_ADMIN})
    row = queries.set_locked(set_id)
    if row.approval_id is not None and standing(row.approval_id).is_open:
        withdraw(row.approval_id, reason="custody set given up", actor=actor, at=at)
    advance(row, "drop", actor=actor, at=at)
    row.seats.update(sealed=None)


@transaction.atomic
def enrol(seat_id: int, *, key: str, transport: str, actor: Actor, at: datetime) -> None:
    """A custodian's browser has made its keys (hex: SPKI, and a point); the last one rings.

    Refuses (FORBIDDEN) everybody else, and (INVALID) `custody.keys`.
    """
    row = _own_seat(seat_id, actor, at=at)
    rules.SET_STEPS.after("put_in_force", row.set.state)  # agreed to, and not given up
    spki, point = rules.octets(key), rules.octets(transport)
    rules.check_keys(spki, point)
    Seat.objects.filter(pk=row.pk).update(key=spki, transport=point)
    advance(row, "enrol", actor=actor, at=at)
    enqueue("ca.tend_custody")


@transaction.atomic
def receipt(seat_id: int, signature: str, *, actor: Actor, at: datetime) -> None:
    """A custodian has opened and checked their share and has it in a file (CPS 6.4.1).

    Refuses (FORBIDDEN) everybody else, and (INVALID) `custody.receipt`.
    """
    row = _own_seat(seat_id, actor, at=at)
    rules.SEAT_STEPS.after("receipt", row.state)
    said = shares.received(
        signer=row.set.signer, set_id=row.set.code, number=row.number, check=row.check_value
    )
    signed = rules.octets(signature)
    rules.check_receipt(bytes(row.key), said, signed)
    Seat.objects.filter(pk=row.pk).update(receipt=signed, received_at=at, sealed=None)
    advance(row, "receipt", actor=actor, at=at, check=row.check_value)
    enqueue("ca.tend_custody")


def _own_seat(seat_id: int, actor: Actor, *, at: datetime) -> Seat:
    """The set's row is locked first: workers do it in that order."""
    found = Seat.objects.filter(pk=seat_id).values_list("set_id", flat=True).first()
    if found is None:
        raise queries.unknown(f"seat {seat_id}")
    queries.set_locked(found)
    row = queries.seat_locked(seat_id)
    rules.check_own(row.person_id, actor)
    rules.check_role(actor, {Role.CUSTODIAN})
    check_proved(actor, at=at)
    return row


def _payload(row: CustodySet) -> dict[str, object]:
    """What the second person agrees to."""
    people = row.seats.order_by("number").values_list("person_id", flat=True)
    return {"set_id": row.pk, "people": list(people)}
