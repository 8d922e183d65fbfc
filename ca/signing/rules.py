"""How many orders are signed at a time, and which words of the signer are final. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from pki.errors import Malformed, PkiError, Refused, TokenError

BATCH = 250  # one frame of the signer (pki.signer.protocol.MAX_ITEMS)
# An order that waits longer than this is shown as an alarm (CPS 4.3.1: issued on approval).
WAITING_TOO_LONG = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Planned:
    """A certificate between plan and settlement: the bytes to be signed."""

    id: int
    tbs: bytes


def is_final(error: PkiError) -> bool:
    """Whether asking the signer again about these bytes is useless."""
    if isinstance(error, TokenError):
        return error.permanent
    return isinstance(error, Refused | Malformed)
