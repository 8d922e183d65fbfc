"""One byte form for one meaning: what we hash and what people sign."""

import json

from pki.sm.sm3 import sm3

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


def encode(value: object) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8; refuses NaN and unknown types."""
    return _ENCODER.encode(value).encode()


def digest(value: object) -> str:
    """SM3 of the canonical form, as 64 hex digits."""
    return sm3(encode(value)).hex()
