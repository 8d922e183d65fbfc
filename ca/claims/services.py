"""Claiming is writing a row under a primary key: of two claimants at once, the database keeps one.

Part of the caller's act: its transaction, its journal entry.
"""

from datetime import datetime

from ca.claims import rules
from ca.claims.models import KeyClaim, NameClaim


def claim_name(name_digest: str, *, holder: str, at: datetime) -> None:
    """Refuses `name.taken`; claiming one's own name again is nothing new."""
    claim, _ = NameClaim.objects.get_or_create(
        name_digest=name_digest, defaults={"holder": holder, "claimed_at": at}
    )
    if claim.holder != holder:
        raise rules.name_taken()


def claim_key(fingerprint: str, *, holder: str, at: datetime) -> None:
    """Refuses `key.certified`, `key.of_an_authority`: a key is certified once."""
    claim, fresh = KeyClaim.objects.get_or_create(
        fingerprint=fingerprint, defaults={"holder": holder, "claimed_at": at}
    )
    if not fresh:
        raise rules.key_taken(claim.holder, holder)
