"""Would a claim go through? The answer may change until the claim itself is made."""

from ca.claims import rules
from ca.claims.models import KeyClaim, NameClaim


def check_free(*, fingerprint: str, name_digest: str, holder: str) -> None:
    """Refuses `key.certified`, `key.of_an_authority`, `name.taken`."""
    key = KeyClaim.objects.filter(pk=fingerprint).first()
    if key is not None:
        raise rules.key_taken(key.holder, holder)
    if NameClaim.objects.filter(pk=name_digest).exclude(holder=holder).exists():
        raise rules.name_taken()
