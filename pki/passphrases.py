"""What people keep under a passphrase: JSON whose header everybody may read, the rest sealed.

The header says how the key is made of the passphrase; all of it is authenticated (AES-256-GCM,
docs/decisions/0013).
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from pki.errors import Malformed, Refused
from pki.statements import encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

PBKDF2, ARGON2ID = "PBKDF2-HMAC-SHA-512", "argon2id"
SHORTEST = 12  # characters of a passphrase somebody chooses
_KEY, _SALT, _NONCE = 32, 16, 12  # octets


@dataclass(frozen=True, slots=True)
class Cost:
    """A field of the header: what is written, and the most that is believed when it is read.

    Somebody else's file must not keep us busy for hours, nor take all memory.
    """

    written: int
    most: int


COSTS: Mapping[str, Mapping[str, Cost]] = {
    # Every browser has it; the rounds: docs/decisions/0013.
    PBKDF2: {"rounds": Cost(600_000, 10_000_000)},
    # RFC 9106 section 4, second recommended option; at most the first one's memory. In KiB.
    ARGON2ID: {"passes": Cost(3, 16), "lanes": Cost(4, 16), "memory": Cost(2**16, 2**21)},
}


def seal(about: Mapping[str, str], inside: Mapping[str, str], passphrase: str, kdf: str) -> str:
    """The whole file; `about` is what anybody may read."""
    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    costs = {name: str(cost.written) for name, cost in COSTS[kdf].items()}
    header = {**about, "kdf": kdf, **costs, "salt": salt.hex(), "iv": nonce.hex()}
    sealed = _cipher(header, passphrase).encrypt(nonce, encoded(inside), encoded(header))
    return json.dumps({**header, "sealed": sealed.hex()}, ensure_ascii=False, indent=1)


def open_sealed(fields: Mapping[str, str], passphrase: str) -> dict[str, str]:
    """What is inside; `fields`: of the file.

    Raises Malformed `shares.file`; Refused `shares.passphrase`: wrong, or the file altered.
    """
    header = {name: value for name, value in fields.items() if name != "sealed"}
    try:
        nonce, sealed = bytes.fromhex(header["iv"]), bytes.fromhex(fields["sealed"])
        inside = json.loads(_cipher(header, passphrase).decrypt(nonce, sealed, encoded(header)))
    except InvalidTag:
        reason = "The passphrase is wrong, or the file was altered."
        raise Refused("shares.passphrase", reason) from None
    except (KeyError, ValueError) as problem:
        raise no_file() from problem
    return dict(inside)


def fields_of(text: str, formats: Mapping[str, str]) -> dict[str, str]:
    """Of a file of one of these formats (name -> how its key is made).

    Raises Malformed `shares.file`.
    """
    try:
        fields = json.loads(text)
        known = formats[fields["format"]] == fields["kdf"]
    except (ValueError, KeyError, TypeError) as problem:
        raise no_file() from problem
    if not known or not all(isinstance(value, str) for value in fields.values()):
        raise no_file()
    return dict(fields)


def no_file() -> Malformed:
    return Malformed("shares.file", "This is no share file, or one of another version.")


def check_chosen(passphrase: str) -> None:
    """Refuses one that is too short: `shares.passphrase_short`."""
    if len(passphrase) < SHORTEST:
        reason = f"A passphrase has {SHORTEST} characters at least; several words are good."
        raise Refused("shares.passphrase_short", reason)


def _cipher(header: Mapping[str, str], passphrase: str) -> AESGCM:
    """Raises KeyError, ValueError: costs that are missing, too low or too high."""
    kdf, salt = header["kdf"], bytes.fromhex(header["salt"])
    costs = {name: int(header[name]) for name in COSTS[kdf]}
    if any(not one.written <= costs[name] <= one.most for name, one in COSTS[kdf].items()):
        raise ValueError(kdf)
    return AESGCM(_derived(kdf, costs, salt, passphrase.encode()))


def _derived(kdf: str, costs: Mapping[str, int], salt: bytes, passphrase: bytes) -> bytes:
    if kdf == PBKDF2:
        return PBKDF2HMAC(hashes.SHA512(), _KEY, salt, costs["rounds"]).derive(passphrase)
    return Argon2id(
        salt=salt,
        length=_KEY,
        iterations=costs["passes"],
        lanes=costs["lanes"],
        memory_cost=costs["memory"],
    ).derive(passphrase)
