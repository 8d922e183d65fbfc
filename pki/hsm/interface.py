"""What a token must do. A token knows labels and bytes; never certificates, never the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pki.errors import Refused, TokenError
from pki.signatures import default_algorithm

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from pki.publickeys import PublicKey

ALGORITHMS = ("sm2", "rsa-2048", "rsa-3072", "ec-p256")  # as in pki.keys

_LABEL = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class Custody(NamedTuple):
    """Where a private key lives: a stable code and the words for the screen."""

    code: str
    zh: str
    en: str


SOFTWARE = Custody("software", "软件密钥", "software key")
WRAPPED = Custody(
    "software (HSM-wrapped)",
    "软件密钥（由密码设备包裹）",
    "software key (wrapped by the cryptographic device)",
)
DEVICE = Custody("device", "密码设备密钥", "key in the cryptographic device")
EMULATED = Custody(
    "emulated device", "模拟密码设备密钥（仅供测试）", "key in an emulated device (for tests)"
)


NOT_OPENED = Custody("sealed", "未启用", "not activated")


class About(NamedTuple):
    """What a device says of itself: facts by name, and what it can do, in its own names."""

    facts: Mapping[str, str]
    abilities: tuple[str, ...]


Answer = tuple[str, Callable[[], bool]]  # what is asked, and whether the known answer came


class Token(Protocol):
    """A device or its stand-in, opened. Methods may be called by several threads at once.

    They raise TokenError; `permanent` is true when asking again is useless. Signatures are DER
    SM2Signature (over SM3(Z‖message)), DER Ecdsa-Sig-Value with SHA-256, or PKCS#1 v1.5 with
    SHA-256.
    """

    @property
    def description(self) -> Custody:
        """Where this token keeps keys, as a rule."""
        ...

    def custody(self, label: str) -> Custody:
        """Where it keeps this one."""
        ...

    def guard(self, label: str) -> Mapping[str, bool]:
        """How the device guards the private key, read back from it; {} where it cannot say."""
        ...

    def generate(self, label: str, algorithm: str) -> bytes:
        """A new key pair; the DER of its SubjectPublicKeyInfo. Refused if the label is taken."""
        ...

    def public_key(self, label: str) -> bytes:
        """The DER of the SubjectPublicKeyInfo."""
        ...

    def sign(self, label: str, message: bytes) -> bytes: ...

    def destroy(self, label: str) -> None:
        """Remove the private key for good."""
        ...

    def remains(self, label: str, public_key: bytes | None) -> tuple[str, ...]:
        """What is still here of a key, by its label or its SPKI; () when it is gone.

        An SPKI that nobody has ever had is None.
        """
        ...

    def lock(self) -> None:
        """Log out and forget; afterwards nothing signs until the token is opened again."""
        ...

    def labels(self) -> tuple[str, ...]:
        """Of all keys that it can sign with."""
        ...

    def about(self) -> About: ...

    def answers(self) -> Iterator[Answer]:
        """Questions with known answers, for `pki.hsm.examination`.

        What the device does not offer raises TokenError `token.unsupported` when it is asked.
        """
        ...


class Copy(NamedTuple):
    """A wrapped key; `kek` is the check value of what it is wrapped under, "" where there is none.

    `how` is `kek` (a trusted key in both devices) or `sealed` (a software key, sealed again).
    """

    content: bytes
    how: str
    kek: str = ""


class Spare(Protocol):
    """Methods raise TokenError and Refused. `home` is that of a signer on this device."""

    home: Path

    def initialise(self) -> dict[str, Any]:
        """Take the device into use; its self-test as `pki.hsm.examination.Report.as_json`.

        Raises Refused `spare.in_use`: there are keys, and nothing was changed.
        """
        ...

    def back_up(self, label: str, present: bytes) -> Copy:
        """A copy that was tried out; `present`, made before or b"", stays good beside it."""
        ...

    def settle(self, label: str, copy: bytes) -> None:
        """Keep what this copy is wrapped under: no older one opens any more."""
        ...

    def restore(self, label: str, copy: bytes) -> None:
        """The key is in the device afterwards and can sign; done already, it stays as it is."""
        ...

    def open(self) -> AbstractContextManager[Token]:
        """The device, until the end of the context."""
        ...

    def forget(self, label: str) -> None:
        """The key and what its copy is wrapped under, as far as they are here."""
        ...


class Vault(Protocol):
    """What the shares open in the end: a device, or its stand-in."""

    @property
    def guards_keys(self) -> bool:
        """Whether keys may be there before the first shares are."""
        ...

    def unlock_secret(self) -> bytearray:
        """What the custody set is to keep under its activation key."""
        ...

    def open(self, secret: bytearray) -> Token:
        """The opened token. It wipes the secret when it is locked, or does not open."""
        ...

    def spare(self, token: Token) -> Spare:
        """The second device of the opened token. Raises Refused `spare.none`, TokenError."""
        ...


def check_label(label: str) -> None:
    """It names files as well as keys. Raises Refused `token.label`."""
    if not _LABEL.fullmatch(label):
        raise Refused("token.label", "A label has 1 to 63 of a-z, 0-9, '.', '_' and '-'.")


def check_request(label: str, algorithm: str) -> None:
    """Raises Refused `token.label`, `token.algorithm`."""
    check_label(label)
    if algorithm not in ALGORITHMS:
        raise Refused("token.algorithm", f"{algorithm} is none of {', '.join(ALGORITHMS)}.")


def locked() -> TokenError:
    return TokenError("token.locked", "The token is locked.", permanent=False)


def signs(public: PublicKey, statement: bytes, signature: bytes) -> bool:
    """Whether that is a signature with its private key (CPS 6.1.1)."""
    return public.verify(statement, signature, default_algorithm(public.algorithm))


def no_such_key(label: str) -> TokenError:
    return TokenError("token.no_such_key", f"The token has no key {label}.", permanent=True)


def unsupported(what: str) -> TokenError:
    return TokenError("token.unsupported", f"The device offers no {what}.", permanent=True)


def label_taken(label: str) -> Refused:
    return Refused("token.label_taken", f"There is a key {label} already.")
