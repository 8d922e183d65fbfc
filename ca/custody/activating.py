"""Activation and its end: asked for, shares brought, keys sealed (CPS 6.2.2, 6.2.8, 6.2.9).

A web process stores what a browser sealed to the signer; workers take it there (`delivery.py`).
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from anxin.kernel.rows import guarded
from audit.log import record, subject_of
from ca.ceremonies.queries import going_on
from ca.custody import demo, orders, queries, rules
from ca.custody.models import Activation, BroughtShare, CustodySet, Seat, StopOrder
from ca.custody.queries import STOPPERS, SUBJECT
from ca.custody.rules import ShareState, State, Stop, StopState, Wish
from people.api import (
    Approval,
    Role,
    StaffEvent,
    check_proved,
    holders,
    propose,
    redeem,
    tell_staff,
)
from pki import statements
from pki.custody_records import DEACTIVATE


@transaction.atomic
def ask(wish: Wish, *, actor: Actor, at: datetime) -> int:
    """Ask the custodians to activate the signer; the id of the activation.

    Refuses `custody.*` with field, and (CONFLICT) `no_set`, `asked_already`, `no_ceremony`.
    """
    asked_by = rules.check_role(actor, {Role.SECURITY_ADMIN})
    rules.check_wish(wish)
    check_proved(actor, at=at)
    if wish.purpose == rules.Purpose.CEREMONY:
        rules.check_going_on(going_on(wish.ceremony))
    kept = queries.in_force_locked()
    if Activation.objects.filter(state__in=rules.OPEN, place=wish.place).exists():
        raise Refusal(Kind.CONFLICT, "custody.asked_already", "one is open", cps="6.2.8")
    return _ask(wish, kept, asked_by, actor=actor, at=at)


@transaction.atomic
def ask_in_demo(*, actor: Actor, at: datetime) -> int:
    """A demo's custodian asks by the press that brings the share; the open one, if one is.

    Refuses (FORBIDDEN) `custody.demo_only` elsewhere, and who has no share that the demo keeps.
    """
    kept = queries.in_force_locked()
    person_id = rules.check_role(actor, {Role.CUSTODIAN})
    check_proved(actor, at=at)
    if demo.share_of(person_id, kept.code) is None:
        raise Refusal(Kind.FORBIDDEN, "custody.demo_only", "no share of a demo", cps="6.2.8")
    wish = Wish(rules.Purpose.ACTIVATE, *demo.LIMITS, reason=_("演示：一键启用"))
    open_one = Activation.objects.filter(state__in=rules.OPEN, place=wish.place).first()
    if open_one is not None:
        return open_one.pk
    return _ask(wish, kept, person_id, actor=actor, at=at)


def _ask(wish: Wish, kept: CustodySet, asked_by: int, *, actor: Actor, at: datetime) -> int:
    row = Activation.objects.create(
        state=State.ASKED,
        set=kept,
        place=wish.place,
        purpose=wish.purpose,
        ceremony=wish.ceremony,
        hours=wish.hours,
        signatures=wish.signatures,
        reason=wish.reason.strip(),
        asked_by=asked_by,
        asked_at=at,
    )
    record(
        "ca.ask_activation",
        subject_of(row),
        actor=actor,
        at=at,
        place=wish.place,
        purpose=wish.purpose,
        ceremony=wish.ceremony,
        hours=wish.hours,
        signatures=wish.signatures,
    )
    people = list(kept.seats.values_list("person_id", flat=True))
    occasion = f"activation {row.pk}"
    tell_staff(StaffEvent.SHARE_WAITS, people, occasion=occasion, actor=actor, at=at)
    enqueue("ca.tend_custody")
    return row.pk


@transaction.atomic
def bring(activation_id: int, *, sealed: str, signature: str, actor: Actor, at: datetime) -> int:
    """Take in a share that its custodian's browser sealed to the signer (hex); its id.

    Refuses (FORBIDDEN) who has no seat in force, (INVALID) what the seat's key did not sign,
    (CONFLICT) `custody.no_offer` and a second one of the same seat, `brought_already`.
    """
    person_id = rules.check_role(actor, {Role.CUSTODIAN})
    check_proved(actor, at=at)
    row = queries.activation(activation_id)
    seat = Seat.objects.filter(set=row.set_id, person_id=person_id).first()
    if seat is None:
        raise rules.no_seat()
    rules.check_held(seat.state, row.set.state)
    rules.check_offered(row.state, row.expires_at, at=at)
    octets, signed = rules.octets(sealed), rules.octets(signature)
    offer = statements.digest(row.statement.encode())
    rules.check_share(bytes(seat.key), offer, seat.number, octets, signed)
    share = BroughtShare(
        state=ShareState.WAITING,
        activation=row,
        seat=seat,
        sealed=octets,
        digest=statements.digest(octets),
        signature=signed,
        brought_at=at,
    )
    twice = Refusal(Kind.CONFLICT, "custody.brought_already", "is there already", cps="6.2.2")
    with guarded(twice, by="one_share_of_a_seat"):
        share.save(force_insert=True)
    record("ca.bring_share", subject_of(row), actor=actor, at=at, share=share.pk, seat=seat.number)
    enqueue("ca.tend_custody")
    return share.pk


@transaction.atomic
def stop(reason: str, *, actor: Actor, at: datetime) -> int:
    """Seal the keys at once: any one of those who may. The id of the order.

    No second factor is asked for again: who has to stop something has no code at hand. Who has a
    key signs with the same click; refuses `keys.*`, see `people.api.check_signed`, and (CONFLICT)
    `custody.stopped_by_this`: what was signed has stopped before.
    """
    rules.check_role(actor, STOPPERS)
    text = rules.check_reason(reason)
    signed = orders.signed(Stop.EMERGENCY, text, actor=actor, at=at)
    return _order(Stop.EMERGENCY, text, None, signed, actor=actor, at=at)


@transaction.atomic
def propose_end(reason: str, *, actor: Actor, at: datetime) -> Approval:
    """A custodian proposes the orderly end; another one has to agree (CPS 6.2.9)."""
    kept = queries.in_force_locked()
    text = rules.check_reason(reason)
    person_id = rules.check_role(actor, {Role.CUSTODIAN})
    if not kept.seats.filter(person_id=person_id).exists():
        raise rules.no_seat()
    payload = _payload(kept, text, orders.signed(Stop.ORDERLY, text, actor=actor, at=at))
    return propose(DEACTIVATE, payload, subject=SUBJECT, actor=actor, at=at)


def end(
    approval: Approval,
    *,
    set_id: int,
    reason: str,
    signed: dict[str, Any],
    actor: Actor,
    at: datetime,
) -> None:
    """Named in `anxin/duties.py`. Refuses (FORBIDDEN) less than a majority of the seats."""
    kept = queries.set_locked(set_id)
    rules.check_in_force(kept.state)
    redeem(approval, DEACTIVATE, _payload(kept, reason, signed), actor=actor, at=at)
    held = list(kept.seats.values_list("person_id", flat=True))
    rules.check_majority(approval.maker_id, rules.check_role(actor, {Role.CUSTODIAN}), held=held)
    _order(Stop.ORDERLY, reason, approval.id, signed, actor=actor, at=at)


def _order(
    how: Stop,
    reason: str,
    approval_id: int | None,
    signed: dict[str, Any],
    *,
    actor: Actor,
    at: datetime,
) -> int:
    ordered_by = rules.check_role(actor, STOPPERS)
    row = StopOrder(
        state=StopState.ORDERED,
        how=how,
        reason=reason,
        ordered_by=ordered_by,
        ordered_at=at,
        approval_id=approval_id,
        signed=signed,
    )
    twice = Refusal(Kind.CONFLICT, "custody.stopped_by_this", "it stops once", cps="6.2.9")
    with guarded(twice, by="what_was_signed_stops_once"):
        row.save(force_insert=True)
    record("ca.order_stop", subject_of(row), actor=actor, at=at, how=how, approval=approval_id)
    people = {one.id for role in STOPPERS for one in holders(role, at=at)}
    tell_staff(StaffEvent.KEYS_SEALED, people, occasion=f"stop {row.pk}", actor=actor, at=at)
    enqueue("ca.seal_signer")
    return row.pk


def _payload(row: CustodySet, reason: str, signed: dict[str, Any]) -> dict[str, object]:
    return {"set_id": row.pk, "reason": reason, "signed": signed}
