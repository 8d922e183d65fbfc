"""Software keys: PKCS#8 sealed at rest, in memory while unlocked. For development and tests.

The same store keeps the SM2 keys of a PKCS#11 device that cannot sign with SM2; then the device
seals them (`pki.hsm.pkcs11`).
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pki import durable, keys
from pki.errors import PkiError, TokenError
from pki.hsm import interface
from pki.hsm.interface import About
from pki.sm import libcrypto

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pki.hsm.interface import Answer, Custody

_SALT, _NONCE = 16, 12
_SCRYPT_COST, _SCRYPT_BLOCK = 2**15, 8  # 32 MiB and a tenth of a second per guess


class Sealer(Protocol):
    """Authenticated encryption; `bound_to` must be the same when opening. Raises TokenError."""

    def seal(self, plaintext: bytes, bound_to: bytes) -> bytes: ...

    def open(self, sealed: bytes, bound_to: bytes) -> bytes: ...


class SecretSealer:
    """AES-256-GCM under a key that scrypt (RFC 7914) derives from a secret."""

    def __init__(self, secret: bytes | bytearray, salt: bytes) -> None:
        derived = Scrypt(salt=salt, length=32, n=_SCRYPT_COST, r=_SCRYPT_BLOCK, p=1).derive(secret)
        self._cipher = AESGCM(derived)

    @classmethod
    def for_directory(cls, directory: Path, secret: bytes | bytearray) -> SecretSealer:
        """With the salt that lives beside the keys; made on first use."""
        directory.mkdir(mode=0o700, exist_ok=True)
        place = directory / "salt"
        if not place.exists():
            durable.replace(place, secrets.token_bytes(_SALT))
        return cls(secret, place.read_bytes())

    def seal(self, plaintext: bytes, bound_to: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plaintext, bound_to)

    def open(self, sealed: bytes, bound_to: bytes) -> bytes:
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
        except (InvalidTag, ValueError):
            raise TokenError(
                "token.secret", "The unlock secret does not open this store.", permanent=True
            ) from None


class SoftwareToken:
    """Keys in `directory`, one sealed file each; all are opened, and so checked, at the start."""

    def __init__(
        self, directory: Path, sealer: Sealer, custody: Custody = interface.SOFTWARE
    ) -> None:
        """Raises TokenError `token.secret` when the sealer is not the one that sealed them."""
        self._directory, self._sealer, self._custody = directory, sealer, custody
        directory.mkdir(mode=0o700, exist_ok=True)
        self._check_secret()
        self._keys = {path.stem: self._load(path) for path in directory.glob("*.key")}
        self._locked, self._changing = False, threading.Lock()

    @property
    def description(self) -> Custody:
        return self._custody

    def __contains__(self, label: str) -> bool:
        return label in self._keys

    def custody(self, label: str) -> Custody:
        self._key(label)
        return self._custody

    def guard(self, label: str) -> Mapping[str, bool]:  # noqa: ARG002
        return {}

    def generate(self, label: str, algorithm: str) -> bytes:
        interface.check_request(label, algorithm)
        if self._locked:
            raise interface.locked()
        if label in self._keys:
            raise interface.label_taken(label)
        key = keys.generate(algorithm)
        with self._changing:
            if self._locked:  # meanwhile: it takes a while
                raise interface.locked()
            durable.replace(self._place(label), self._content(label, algorithm, key))
            self._keys[label] = key
        return key.public.spki

    def public_key(self, label: str) -> bytes:
        return self._key(label).public.spki

    def sign(self, label: str, message: bytes) -> bytes:
        return self._key(label).sign(message)

    def destroy(self, label: str) -> None:
        with self._changing:
            self._key(label)
            self._place(label).unlink()
            durable.sync_directory(self._directory)
            del self._keys[label]

    def remains(self, label: str, public_key: bytes | None) -> tuple[str, ...]:
        if self._locked:
            raise interface.locked()
        same = {name for name, key in self._keys.items() if key.public.spki == public_key}
        return tuple(sorted(same | ({label} if self._place(label).exists() else set())))

    def twin(self, directory: Path) -> SoftwareToken:
        """The keys of another directory, under the same secret."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (directory / "salt").exists():
            durable.replace(directory / "salt", (self._directory / "salt").read_bytes())
        return SoftwareToken(directory, self._sealer, self._custody)

    def copy_for(self, other: SoftwareToken, label: str) -> bytes:
        """The file in which the other would keep this key: only the other opens it."""
        key = self._key(label)
        return other._content(label, key.algorithm, key)

    def put(self, label: str, content: bytes) -> None:
        """Keep such a file. Raises TokenError when it is not for here; nothing is kept then."""
        place = self._place(label)
        with self._changing:
            if self._locked:
                raise interface.locked()
            durable.replace(place, content)
            try:
                self._keys[label] = self._load(place)
            except TokenError:
                place.unlink()
                raise

    def lock(self) -> None:
        with self._changing:
            self._locked = True
            self._keys = {}

    def labels(self) -> tuple[str, ...]:
        if self._locked:
            raise interface.locked()
        return tuple(self._keys)

    def about(self) -> About:
        return About({"model": "software", "library": libcrypto.version()}, interface.ALGORITHMS)

    def answers(self) -> Iterator[Answer]:
        return iter(())  # this program's own answers are its answers

    def _key(self, label: str) -> keys.PrivateKey:
        key = self._keys.get(label)
        if key is None:
            raise interface.locked() if self._locked else interface.no_such_key(label)
        return key

    def _place(self, label: str) -> Path:
        return self._directory / f"{label}.key"

    def _content(self, label: str, algorithm: str, key: keys.PrivateKey) -> bytes:
        sealed = self._sealer.seal(keys.private_key_to_pkcs8(key), label.encode())
        content = {"label": label, "algorithm": algorithm, "sealed": _text(sealed)}
        return json.dumps(content, indent=1).encode()

    def _load(self, path: Path) -> keys.PrivateKey:
        damaged = TokenError(
            "token.damaged", f"The key file {path.name} cannot be read.", permanent=True
        )
        try:
            sealed = base64.b64decode(json.loads(path.read_bytes())["sealed"], validate=True)
        except (ValueError, KeyError, TypeError):
            raise damaged from None
        pkcs8 = self._sealer.open(sealed, path.stem.encode())
        try:
            return keys.parse_pkcs8(pkcs8)
        except PkiError as problem:
            raise damaged from problem

    def _check_secret(self) -> None:
        """A sealed constant tells a wrong secret apart even while there is no key."""
        place, known = self._directory / "check", b"opened"
        if place.exists():
            self._sealer.open(place.read_bytes(), b"check")
        else:
            durable.replace(place, self._sealer.seal(known, b"check"))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
