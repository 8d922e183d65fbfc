"""A share file on paper, as the last resort: words of BIP-39, each row with its checksum.

The Chinese list has words of one character: 12 for a share, 24 for a custodian key.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from mnemonic import Mnemonic

from pki.errors import Refused

_SCALAR = 32  # octets of a private key of P-256
_BIP39 = Mnemonic("chinese_simplified")


def of_octets(octets: bytes) -> str:
    return _BIP39.to_mnemonic(octets)


def octets(words: str) -> bytes:
    """White space does not count. Raises Refused `shares.words`."""
    letters = [letter for letter in words if not letter.isspace()]
    try:
        return bytes(_BIP39.to_entropy(letters))
    except (ValueError, LookupError) as problem:
        reason = "These are not the words of the paper: one of them is wrong, or one is missing."
        raise Refused("shares.words", reason) from problem


def of_key(key: ec.EllipticCurvePrivateKey) -> str:
    return of_octets(key.private_numbers().private_value.to_bytes(_SCALAR, "big"))


def key(words: str) -> ec.EllipticCurvePrivateKey:
    """Raises Refused `shares.words`."""
    number = int.from_bytes(octets(words), "big")
    try:
        return ec.derive_private_key(number, ec.SECP256R1())
    except ValueError as problem:
        raise Refused("shares.words", "These words are not those of a custodian key.") from problem
