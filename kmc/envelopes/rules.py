"""What a data key may be for, and how one text is always written before it is indexed."""

import unicodedata
from collections.abc import Collection

from anxin.kernel.errors import Kind, Refusal

# One key per record, so that destroying the key destroys the record (WP-6.5).
PURPOSES = frozenset(
    {
        "ra.application",
        "ra.blacklist",
        "ra.disclosure",
        "ra.hold",
        "ra.import",
        "ra.partner_key",
        "ra.revocation",
        "ra.subscriber",
    }
)

SEAL_BROKEN = "kmc.seal_broken"


def check_purpose(purpose: str) -> None:
    """Refuses a purpose that is not on the list: keys without a purpose are never destroyed."""
    if purpose not in PURPOSES:
        raise Refusal(Kind.INVALID, "kmc.unknown_purpose", f"no data key is made for {purpose}")


def folded(text: str) -> str:
    """One spelling for texts people take for equal: full width, case and outer spaces go."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def data_key_destroyed(key_id: object) -> Refusal:
    return Refusal(
        Kind.NOT_FOUND, "kmc.data_key_destroyed", f"data key {key_id} is destroyed", cps="5.5.2"
    )


def kek_missing(kek_id: str) -> Refusal:
    return Refusal(Kind.NOT_READY, "kmc.kek_missing", f"key-encryption key {kek_id} is not at hand")


def check_ring(needed: Collection[str], held: Collection[str]) -> None:
    """Refuses to begin when a key that still wraps something is not among those held."""
    for kek_id in sorted(set(needed) - set(held)):
        raise kek_missing(kek_id)


def data_key_unknown(key_id: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "kmc.data_key_unknown", f"no data key {key_id}")


def seal_broken(context: str) -> Refusal:
    """Cut, reordered, altered, or sealed for another record: all look the same from outside."""
    return Refusal(Kind.CONFLICT, SEAL_BROKEN, f"what was sealed for {context} is not intact")
