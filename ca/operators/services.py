"""Certificates for operators' keys: ordered once two people have enrolled the key, renewed before
they end, and ending with it. `hold`, `release` and `revoke` are named in `anxin/flows.py` and are
part of the act itself.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Refusal
from anxin.kernel.jobs import each
from ca.hierarchy.queries import issuer_for
from ca.issuing.models import Certificate
from ca.issuing.rules import Order, State
from ca.issuing.services import order_certificate
from ca.operators import proving, rules
from ca.operators.queries import certificates
from ca.profiles.queries import profile as profile_of
from ca.profiles.rules import OPERATOR
from ca.revocation import services as revocation
from ca.revocation.rules import HoldCause
from people.api import OperatorKey, operator_keys
from pki import names

log = logging.getLogger(__name__)


def certify(*, at: datetime) -> int:
    """Order certificates for keys in use that have none, or none for long; how many. Ends what
    outlived its key.
    """
    keys = {key.warrant: key for key in operator_keys()}
    active = [key for key in keys.values() if key.is_active]
    standing = Certificate.objects.filter(profile=OPERATOR, state=State.VALID, not_after__gt=at)
    left = standing.exclude(public_key__in=[key.public_key for key in keys.values()])
    each(partial(_end, at=at), list(left.values_list("pk", flat=True)))
    each(partial(_rest, at=at), sorted(keys.keys() - {key.warrant for key in active}))

    def order(warrant: int) -> int:  # what `each` logs names nobody
        return _tried(_order, keys[warrant], at=at)

    there = set(Certificate.objects.filter(warrant__in=keys).values_list("warrant", flat=True))
    # Whose key has put others to use comes before them (`proving.check`).
    made = each(order, [key.warrant for key in active if key.warrant not in there])
    return made + each(partial(_tried, _renew, at=at), _ends_soon(active, at=at))


def _tried(act: Callable[..., None], about: object, *, at: datetime) -> int:
    """A refusal is looked at by people: there may be no authority yet, or who enrolled the key has
    no certificate yet, or the key is too old for another year.
    """
    try:
        act(about, at=at)
    except Refusal as refusal:
        log.warning("no certificate for an operator's key: %s", refusal.reason)
        return 0
    return 1


def _order(key: OperatorKey, *, at: datetime) -> None:
    holder, asks = rules.holder(key.person_id), rules.requester(key.person_id)
    named = {"holder": holder, "requester": asks, "number": key.number}
    proving.check(warrant=key.warrant, key=key.public_key, order=0, **named)
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


def _ends_soon(active: list[OperatorKey], *, at: datetime) -> list[int]:
    """Certificates of these keys that end soon and have never been renewed."""
    rows = Certificate.objects.filter(
        profile=OPERATOR,
        holder__in=[rules.holder(key.person_id) for key in active],
        public_key__in=[key.public_key for key in active],
        state=State.VALID,
        not_after__range=(at, at + rules.RENEW_WITHIN),
        successors__isnull=True,
    )
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _renew(certificate_id: int, *, at: datetime) -> None:
    """The same key and names for another term; that one is revoked when this one is valid."""
    before = Certificate.objects.get(pk=certificate_id)
    said = names.parse(bytes(before.subject))
    order = Order(
        before.profile,
        rules.subject(*(said.get(part) or "" for part in ("CN", "serialNumber", "O"))),
        bytes(before.public_key),
        before.days,
        before.holder,
        replaces=before.pk,
        ends=rules.CAUSES["replaced"],
    )
    asks = before.requester
    order_certificate(order, requester=asks, warrant=-before.pk, actor=SYSTEM, at=at)


@transaction.atomic
def _end(certificate_id: int, *, at: datetime) -> int:
    """What was signed after its key had ended."""
    rows = Certificate.objects.select_for_update(of=("self",)).filter(state=State.VALID)
    for row in rows.filter(pk=certificate_id):
        _revoke(row, "replaced", actor=SYSTEM, at=at)
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
    """With the key: replaced, lost, or its person gone (WP-8.2)."""
    for row in _rows(warrant, State.VALID, State.HELD, at=at):
        _revoke(row, why, actor=actor, at=at)


def _revoke(row: Certificate, why: str, *, actor: Actor, at: datetime) -> None:
    """By the approval that ordered it: nobody but the house itself ends it otherwise. What was
    renewed without one is ended without one.
    """
    cause, by = rules.CAUSES[why], row.warrant if row.warrant > 0 else -row.pk
    revocation.revoke_row(row, cause, invalid_since=None, warrant=by, actor=actor, at=at)


def _rows(warrant: int, *states: State, at: datetime) -> list[Certificate]:
    rows = certificates(warrant).select_for_update(of=("self",))
    return list(rows.filter(state__in=states, not_after__gt=at))
