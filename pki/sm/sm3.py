"""SM3 (GM/T 0004, GB/T 32905): digests of 32 octets."""

from __future__ import annotations

import hashlib


def sm3(*parts: bytes) -> bytes:
    """The digest of the parts, one after the other."""
    state = hashlib.new("sm3")
    for part in parts:
        state.update(part)
    return state.digest()
