"""Keys that sign votes: made by their owner, put to use by two others, ended with the person."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.rows import guarded
from audit.log import advance, record, subject_of
from people.operatorkeys import queries, rules
from people.operatorkeys.models import OperatorKey
from people.operatorkeys.rules import State


@transaction.atomic
def make(public_key: bytes, proof: bytes, *, actor: Actor, at: datetime) -> str:
    """Hand in one's own new key; its fingerprint. It signs nothing before two others enrol it.

    `proof`: r and s over `pki.votes.enrolment`. An earlier one that still waits is given up.
    Refuses (INVALID) `keys.unfit`, `keys.proof`, and (CONFLICT) `keys.known`.
    """
    person_id = rules.check_own(actor)
    fingerprint = rules.check_new(public_key, proof, person_id=person_id)
    _end(person_id, [State.PROPOSED], "revoke", actor=actor, at=at)
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
    _end(person_id, [State.ACTIVE], "replace", actor=actor, at=at)
    OperatorKey.objects.filter(pk=row.pk).update(warrant_id=warrant, active_from=at)
    advance(row, "activate", actor=actor, at=at, fingerprint=row.fingerprint)


def revoke(person_id: int, key_id: int, *, actor: Actor, at: datetime) -> None:
    """End one key for good."""
    row = queries.locked(key_id, person_id)
    OperatorKey.objects.filter(pk=row.pk).update(active_until=at)
    advance(row, "revoke", actor=actor, at=at, fingerprint=row.fingerprint)


def give_up(person_id: int, key_id: int, *, actor: Actor, at: datetime) -> None:
    """A key that others did not agree to, unless its owner gave it up before."""
    if queries.locked(key_id, person_id).state == State.PROPOSED:
        revoke(person_id, key_id, actor=actor, at=at)


def revoke_all(person_id: int, *, actor: Actor, at: datetime) -> None:
    """A leaver's or mover's, or what may be in other hands; part of that act (WP-8.2)."""
    _end(person_id, [State.PROPOSED, *rules.IN_USE], "revoke", actor=actor, at=at)


def suspend(person_id: int, *, actor: Actor, at: datetime) -> None:
    """With its person; what waits is given up."""
    _end(person_id, [State.PROPOSED], "revoke", actor=actor, at=at)
    for row in _rows(person_id, [State.ACTIVE]):
        advance(row, "suspend", actor=actor, at=at)


def reinstate(person_id: int, *, actor: Actor, at: datetime) -> None:
    """With its person."""
    for row in _rows(person_id, [State.SUSPENDED]):
        advance(row, "reinstate", actor=actor, at=at)


def _end(person_id: int, states: list[State], verb: str, *, actor: Actor, at: datetime) -> None:
    for row in _rows(person_id, states):
        OperatorKey.objects.filter(pk=row.pk).update(active_until=at)
        advance(row, verb, actor=actor, at=at, fingerprint=row.fingerprint)


def _rows(person_id: int, states: list[State]) -> list[OperatorKey]:
    rows = OperatorKey.objects.select_for_update().filter(person_id=person_id, state__in=states)
    return list(rows.order_by("pk"))
