"""Certificates for operators' keys: ordered once two people have enrolled the key, and ending with
it. `hold`, `release` and `revoke` are named in `anxin/flows.py` and are part of the act itself.
"""

import logging
from contextlib import nullcontext
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Refusal
from anxin.kernel.jobs import each
from ca.hierarchy.queries import issuer_for
from ca.issuing.models import Certificate
from ca.issuing.rules import Order, State
from ca.issuing.services import order_certificate
from ca.operators import proving, queries, rules
from ca.profiles.queries import profile as profile_of
from ca.profiles.rules import OPERATOR
from ca.revocation import services as revocation
from ca.revocation.rules import Cause, HoldCause
from people.api import OperatorKey, StaffEvent, operator_keys, tell_staff
from pki import names

log = logging.getLogger(__name__)


def certify(*, at: datetime) -> int:
    """Order certificates for keys in use that have none; how many. Ends what outlived its key."""
    keys = {key.warrant: key for key in operator_keys()}
    active = [key.warrant for key in keys.values() if key.is_active]
    in_use = _standing(at=at).values_list("warrant", flat=True)
    each(partial(_end, at=at), list(in_use.exclude(warrant__in=keys)))
    each(partial(_rest, at=at), list(in_use.filter(warrant__in=keys.keys() - active)))

    def order(warrant: int) -> int:  # what `each` logs names nobody
        return _order(keys[warrant], at=at)

    there = set(Certificate.objects.filter(warrant__in=keys).values_list("warrant", flat=True))
    # The first ones are proved by nobody (`proving.check`): none is signed before all are ordered.
    with nullcontext() if proving.issuers() else transaction.atomic():
        # Whose key has put others to use comes before them.
        return each(order, [warrant for warrant in active if warrant not in there])


def _standing(*, at: datetime) -> QuerySet[Certificate]:
    return Certificate.objects.filter(profile=OPERATOR, state=State.VALID, not_after__gt=at)


def _order(key: OperatorKey, *, at: datetime) -> int:
    """A refusal is looked at by people: there may be no authority yet, or who enrolled the key has
    no certificate yet.
    """
    try:
        holder, asks = rules.holder(key.person_id), rules.requester(key.person_id)
        named = {"holder": holder, "requester": asks, "number": key.number}
        proving.check(warrant=key.warrant, key=key.public_key, order=None, at=at, **named)
        profile = profile_of(OPERATOR)
        issuer = issuer_for(profile.issuer)
        organization = names.parse(issuer.name).get("O") or ""
        order = Order(
            profile.code,
            rules.subject(key.name, key.number, organization),
            key.public_key,
            profile.days[0],
            holder,
            version=profile.version,
        )
        order_certificate(order, requester=asks, warrant=key.warrant, actor=SYSTEM, at=at)
    except Refusal as refusal:
        log.warning("no certificate for operator key %s: %s", key.fingerprint, refusal.reason)
        return 0
    return 1


@transaction.atomic
def tell_of_ends(*, at: datetime) -> int:
    """Mail to whoever needs a new key soon, each once for a certificate; how many. What an old one
    signs puts no key to use any more (`proving.check`), and counts in no ceremony.
    """
    return sum(
        tell_staff(
            StaffEvent.KEY_ENDS, [key.person_id], occasion=str(key.warrant), actor=SYSTEM, at=at
        )
        for key in queries.ending(at=at)
    )


@transaction.atomic
def _end(warrant: int, *, at: datetime) -> int:
    """What was signed after its key had ended, which may have been lost."""
    revoke(warrant=warrant, why="lost", actor=SYSTEM, at=at)
    return 1


@transaction.atomic
def _rest(warrant: int, *, at: datetime) -> int:
    """What was signed after its key was suspended; asked again once nobody can release it."""
    rows = _rows(warrant, State.VALID, at=at)
    still = {key.warrant for key in operator_keys() if not key.is_active} if rows else set()
    if warrant in still:
        hold(warrant=warrant, actor=SYSTEM, at=at)
    return len(rows)


def hold(*, warrant: int, actor: Actor, at: datetime) -> None:
    """With its person's suspension (CPS 5.3.6)."""
    for row in _rows(warrant, State.VALID, at=at):
        last = row.holds.exclude(release_warrant=None).order_by("-pk").first()
        by = last.release_warrant if last and last.release_warrant else row.warrant
        revocation.hold_row(row, HoldCause.AUTHORITY, warrant=by, actor=actor, at=at)


def release(*, warrant: int, agreed: int | None, actor: Actor, at: datetime) -> None:
    """With its person's return, which two people agreed to; revoked where no approval says so."""
    for row in _rows(warrant, State.VALID, State.HELD, at=at):  # locked: none is held meanwhile
        if row.state != State.HELD:
            continue
        if agreed is None:
            _revoke(row, "replaced", actor=actor, at=at)
        else:
            revocation.release_row(row, warrant=agreed, actor=actor, at=at)


def revoke(*, warrant: int, why: str, actor: Actor, at: datetime) -> None:
    """With the key: replaced, lost, or its person gone (WP-8.2). What was signed with a lost one
    proves nothing, also when its certificate had ended before.
    """
    since = None if rules.CAUSES[why] is Cause.KEY_AT_RISK else at
    for row in _rows(warrant, State.VALID, State.HELD, at=since):
        _revoke(row, why, actor=actor, at=at)


def _revoke(row: Certificate, why: str, *, actor: Actor, at: datetime) -> None:
    """By the approval that ordered it: nobody but the house itself ends it otherwise."""
    cause = rules.CAUSES[why]
    revocation.revoke_row(
        row,
        cause,
        invalid_since=None,
        warrant=row.warrant,
        actor=actor,
        at=at,
        even_ended=cause is Cause.KEY_AT_RISK,
    )


def _rows(warrant: int, *states: State, at: datetime | None) -> list[Certificate]:
    """Locked; `at`: those that have not ended by then."""
    rows = Certificate.objects.select_for_update(of=("self",))
    rows = rows.filter(warrant=warrant, profile=OPERATOR, state__in=states)
    return list(rows.filter(not_after__gt=at) if at else rows)
