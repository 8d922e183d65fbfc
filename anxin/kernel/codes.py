"""Codes that are told once and typed by people: how they look, how they are kept. Pure."""

import hashlib
import hmac

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "–": "", "_": ""})
GROUP = 4


def code_from(randomness: bytes, length: int) -> str:
    """Characters from the low five bits of as many random bytes, in groups of four."""
    plain = "".join(ALPHABET[byte & 31] for byte in randomness[:length])
    return "-".join(plain[i : i + GROUP] for i in range(0, length, GROUP))


def normalised(code: str) -> str:
    """A code as it was meant: O is zero, I and L are one, hyphens and spaces do not count."""
    return code.strip().upper().translate(_READ_AS)[:64]


def fingerprint(pepper: bytes, purpose: str, name: str, code: str) -> bytes:
    """What is kept of a code: bound to what it is for and whose it is."""
    return hmac.digest(pepper, f"{purpose}|{name}|{normalised(code)}".encode(), hashlib.sha256)


def fits(kept: bytes, given: bytes) -> bool:
    """In constant time."""
    return hmac.compare_digest(kept, given)
