"""Keys that sign votes: made by their owner, put to use by two others, ended with the person."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import announce, at_once
from anxin.kernel.rows import guarded
from audit.log import advance, record, subject_of
from people.operatorkeys import queries, rules
from people.operatorkeys.models import OperatorKey, OperatorToken
from people.operatorkeys.rules import Ending, State


@transaction.atomic
def make(public_key: bytes, proof: bytes, *, actor: Actor, at: datetime) -> str:
    """Hand in one's own new key; its fingerprint. It signs nothing before two others enrol it.

    `proof`: r and s over `pki.votes.enrolment`. An earlier one that still waits is given up.
    Refuses (INVALID) `keys.unfit`, `keys.proof`, and (CONFLICT) `keys.known`.
    """
    person_id = rules.check_own(actor)
    fingerprint = rules.check_new(public_key, proof, person_id=person_id)
    _end(person_id, [State.PROPOSED], "revoke", Ending.REPLACED, actor=actor, at=at)
    row = OperatorKey(
        state=State.PROPOSED,
        person_id=person_id,
        public_key=public_key,
        fingerprint=fingerprint,
        made_at=at,
    )
    with guarded(Refusal(Kind.CONFLICT, "keys.known", "known already", cps="5.2.3")):
        row.save(force_insert=True)
    record("people.key_made", subject_of(row), actor=actor, at=at, fingerprint=fingerprint)
    return fingerprint


def activate(person_id: int, key_id: int, *, warrant: int, actor: Actor, at: datetime) -> None:
    """Put a key to use, part of the act that two people agreed to; the one before is replaced."""
    row = queries.locked(key_id, person_id)
    rules.STEPS.after("activate", row.state)
    _end(person_id, [State.ACTIVE], "replace", Ending.REPLACED, actor=actor, at=at)
    OperatorKey.objects.filter(pk=row.pk).update(warrant_id=warrant, active_from=at)
    advance(row, "activate", actor=actor, at=at, fingerprint=row.fingerprint)
    announce("people.key_enrolled", key_id=row.pk)


def revoke(person_id: int, key_id: int, *, actor: Actor, at: datetime) -> None:
    """End one key for good: it may be in other hands."""
    _end_one(queries.locked(key_id, person_id), "revoke", Ending.LOST, actor=actor, at=at)


def give_up(person_id: int, key_id: int, *, actor: Actor, at: datetime) -> None:
    """A key that others did not agree to, unless its owner gave it up before."""
    if queries.locked(key_id, person_id).state == State.PROPOSED:
        revoke(person_id, key_id, actor=actor, at=at)


def revoke_all(person_id: int, why: Ending, *, actor: Actor, at: datetime) -> None:
    """A leaver's or mover's, or what may be in other hands; part of that act (WP-8.2)."""
    _end(person_id, [State.PROPOSED, *rules.IN_USE], "revoke", why, actor=actor, at=at)


def suspend(person_id: int, *, actor: Actor, at: datetime) -> None:
    """With its person, and its certificate with it; what waits is given up."""
    _end(person_id, [State.PROPOSED], "revoke", Ending.REPLACED, actor=actor, at=at)
    for row in _rows(person_id, [State.ACTIVE]):
        advance(row, "suspend", actor=actor, at=at)
        at_once("people.key_suspended", warrant=row.warrant_id, actor=actor, at=at)


def reinstate(person_id: int, *, agreed: int | None, actor: Actor, at: datetime) -> None:
    """With its person. `agreed`: the approval by which; without one the certificate ends."""
    for row in _rows(person_id, [State.SUSPENDED]):
        advance(row, "reinstate", actor=actor, at=at)
        at_once("people.key_reinstated", warrant=row.warrant_id, agreed=agreed, actor=actor, at=at)


def _end(
    person_id: int, states: list[State], verb: str, why: Ending, *, actor: Actor, at: datetime
) -> None:
    for row in _rows(person_id, states):
        _end_one(row, verb, why, actor=actor, at=at)


def _end_one(row: OperatorKey, verb: str, why: Ending, *, actor: Actor, at: datetime) -> None:
    """The key, who signed in with it, and its certificate, in one transaction."""
    OperatorKey.objects.filter(pk=row.pk).update(active_until=at)
    OperatorToken.objects.filter(key=row.pk).update(confirmed=False)
    advance(row, verb, actor=actor, at=at, fingerprint=row.fingerprint)
    if row.warrant_id is not None:
        at_once("people.key_ended", warrant=row.warrant_id, why=why, actor=actor, at=at)


def _rows(person_id: int, states: list[State]) -> list[OperatorKey]:
    rows = OperatorKey.objects.select_for_update().filter(person_id=person_id, state__in=states)
    return list(rows.order_by("pk"))
