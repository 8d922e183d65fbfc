"""What a helper does, and what the home signer alone does (docs/decisions/0014).

A helper has copies of another signer's register and custody set, and none of its books.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import Refused
from pki.signer import protocol
from pki.signer.offers import ACTIVATE

if TYPE_CHECKING:
    from pki.signer.calls import Call

_OPERATIONS = {
    *("health", "keys", "sign", "self_test", "remains"),
    *("custody", "offer", "bring", "lock"),
}
_WORDS = {
    "sign": ("kind", {protocol.CERTIFICATE, *protocol.OF_SERVICES}),
    "offer": ("purpose", {ACTIVATE}),
}


def check(call: Call) -> None:
    """Raises Refused `signer.helper`."""
    operation = call.word("op")
    name, allowed = _WORDS.get(operation, ("op", _OPERATIONS))
    if call.word(name) not in allowed:
        raise Refused("signer.helper", "The home signer alone does this: it keeps the books.")
