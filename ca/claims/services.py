"""Claiming is writing a row under a primary key: of two claimants at once, the database keeps one.

Part of the caller's act: its transaction, its journal entry.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from anxin.kernel.batches import insert
from anxin.kernel.errors import Refusal
from ca.claims import rules
from ca.claims.models import KeyClaim, NameClaim

Claims = Sequence[tuple[str, str]]  # (digest, holder)


def claim_names(claims: Claims, *, at: datetime) -> None:
    """Refuses `name.taken`; claiming one's own name again is nothing new."""
    wanted = dict(sorted(claims))  # in one order everywhere: two batches cannot block each other
    rows = [
        NameClaim(name_digest=name, holder=holder, claimed_at=at) for name, holder in wanted.items()
    ]
    insert(rows, ignore_conflicts=True)
    found = NameClaim.objects.filter(pk__in=wanted).values_list("pk", "holder")
    if dict(found) != wanted or len(set(claims)) != len(wanted):
        raise rules.name_taken()


def claim_key(fingerprint: str, *, holder: str, at: datetime) -> None:
    """Refuses `key.certified`, `key.of_an_authority`: a key is certified once."""
    claim_keys([(fingerprint, holder)], at=at)


def claim_keys(claims: Claims, *, at: datetime) -> None:
    """All of them or none; refuses as `claim_key` does."""
    rows = [
        KeyClaim(fingerprint=key, holder=holder, claimed_at=at) for key, holder in sorted(claims)
    ]
    try:
        with transaction.atomic():
            insert(rows)
    except IntegrityError as error:
        raise _taken(dict(claims)) from error


def _taken(claims: dict[str, str]) -> Refusal:
    """Which of the keys somebody has; they may also stand twice in one batch."""
    first = KeyClaim.objects.filter(pk__in=claims).first()
    key, holder = (first.pk, first.holder) if first else next(iter(claims.items()))
    return rules.key_taken(holder, claims[key])
