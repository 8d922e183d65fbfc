"""The key-encryption keys of this process: secret file `kek`, one 32-byte key in hex per line.

The first line wraps whatever is new; the others only open what they once wrapped, until
`renew_wrapping` has moved it to the first.
"""

from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from anxin.kernel.secret_files import secret
from kmc.envelopes.formats import derive

SIZE = 32


@dataclass(frozen=True, slots=True, repr=False)
class Kek:
    """`id` names the key without saying anything about it."""

    id: str
    key: bytes

    def subkey(self, info: str) -> bytes:
        return derive(self.key, info.encode())


def ring() -> dict[str, Kek]:
    """Every key-encryption key by id, the current one first. Raises ImproperlyConfigured."""
    keks = [_kek(line) for line in secret("kek").split()]
    if not keks:
        raise ImproperlyConfigured("secret kek: the file is empty")
    return {kek.id: kek for kek in keks}


def current() -> Kek:
    return next(iter(ring().values()))


def _kek(line: bytes) -> Kek:
    try:
        key = bytes.fromhex(line.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != SIZE:
        raise ImproperlyConfigured("secret kek: each line is one key of 32 bytes in hex")
    return Kek(derive(key, b"anxin kek id v1", 8).hex(), key)
