"""Would a claim go through? The answer may change until the claim itself is made."""

from datetime import datetime

from ca.claims import rules
from ca.claims.models import KeyClaim, NameClaim


def check_free(*, fingerprint: str, name_digest: str, holder: str, keeps_key: bool = False) -> None:
    """Refuses `key.certified`, `key.of_an_authority`, `name.taken`.

    `keeps_key`: the key is the predecessor's, and only for its own holder not taken.
    """
    key = KeyClaim.objects.filter(pk=fingerprint).first()
    if key is not None and not (keeps_key and key.holder == holder):
        raise rules.key_taken(key.holder, holder)
    if NameClaim.objects.filter(pk=name_digest).exclude(holder=holder).exists():
        raise rules.name_taken()


def key_since(fingerprint: str) -> datetime | None:
    """When this key was first ordered to be certified; its age counts from then (CPS 6.3.2)."""
    found = KeyClaim.objects.filter(pk=fingerprint)
    return found.values_list("claimed_at", flat=True).first()
