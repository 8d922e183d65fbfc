"""What people and machines sign besides certificates: JSON statements under P-256 keys.

UTF-8, keys sorted, no spaces, every value a string; the signature is ECDSA with P-256 and SHA-256
as browsers make it (r and s, 32 octets each: W3C Web Cryptography, 23.7).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from pki import der, publickeys
from pki.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_HALF = 32


def encoded(fields: Mapping[str, str]) -> bytes:
    """The bytes that are signed."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(statement: bytes) -> str:
    """SHA-256 as 64 hex digits."""
    return hashlib.sha256(statement).hexdigest()


def fingerprint(public_key: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, as 64 hex digits; what a browser can compute, too."""
    return digest(public_key)


def check_key(public_key: bytes) -> None:
    """Raises PkiError: no key, or not of P-256 (`statement.curve`)."""
    found = publickeys.parse(public_key)
    if found.algorithm != "ec-p256":
        raise Refused("statement.curve", f"A key of P-256 is needed, not of {found.algorithm}.")


def holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether r and s are this key's signature of the message."""
    if len(signature) != 2 * _HALF:
        return False
    numbers = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    wrapped = der.sequence(*map(der.integer, numbers))
    return publickeys.parse(public_key).verify(message, wrapped, "ecdsa-sha256")


def sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    """The two halves of the signature, one after the other."""
    made = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return b"".join(number.to_bytes(_HALF, "big") for number in made)
