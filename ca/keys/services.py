"""The signer's only client in this project: every signature of the CA goes through `sign`."""

from collections.abc import Iterable, Sequence
from functools import cache

from django.conf import settings
from django.db import connection

from pki.errors import PkiError
from pki.signer.client import Signer
from pki.signer.protocol import Header, Key


@cache
def _client(path: str) -> Signer:
    return Signer(path)


def _signer() -> Signer:
    # A signer may be slow; rows locked meanwhile would make everybody wait for it.
    if connection.in_atomic_block:
        raise RuntimeError("the signer is asked between transactions, never inside one")
    return _client(settings.SIGNER_SOCKET)


def sign(label: str, kind: str, tbs: Sequence[bytes]) -> list[bytes | PkiError]:
    """For each TBS, in order: its signature, or why the signer refused this one.

    `kind` is one of `pki.signer.protocol.KINDS`. Raises TokenError when nothing could be asked.
    """
    return _signer().sign(label, kind, tbs)


def sign_one(label: str, kind: str, tbs: bytes) -> bytes:
    """The signature; the signer's refusal is raised."""
    return _signer().sign_one(label, kind, tbs)


def sign_list(
    label: str, tbs: bytes, *, expired: Iterable[bytes] = (), released: Iterable[int] = ()
) -> bytes:
    """The signature over a list; who leaves it is named, see `pki.signer.client`."""
    return _signer().sign_list(label, tbs, expired=expired, released=released)


def last_list(label: str) -> bytes | None:
    """The TBS of the last list that the signer was asked for; None before the first."""
    return _signer().last_list(label)


def key_of(label: str) -> Key | None:
    """The signer's key of that label, if it has one."""
    return next((key for key in _signer().keys() if key.label == label), None)  # noqa: SIM118


def ensure_key(label: str, algorithm: str, kinds: Sequence[str]) -> Key:
    """The key of that label; made now if the signer does not have it (only while in set-up)."""
    return key_of(label) or _signer().generate(label, algorithm, kinds)


def ensure_certificate(key: Key, certificate: bytes) -> None:
    """Tell the signer whose name the key signs in, unless it knows."""
    if key.certificate != certificate:
        _signer().install_certificate(key.label, certificate)


def health() -> Header:
    """The signer's own report, see `pki.signer.daemon`."""
    return _signer().health()


# -- custody (docs/decisions/0013) ----------------------------------------------------------------


def custody() -> Header:
    """Whether the signer is active, until when, and who holds its shares."""
    return _signer().custody()


def hand_out(custodians: Sequence[Header]) -> list[Header]:
    """The share of each, sealed to them; raises the signer's refusal `custody.*`."""
    return _signer().hand_out(custodians)


def received(set_id: str, number: int, signature: bytes) -> int:
    """A custodian's receipt; how many are missing."""
    return _signer().received(set_id, number, signature)


def offer(
    purpose: str, *, ceremony: str = "", hours: int, signatures: int, newcomers: str = ""
) -> Header:
    """What custodians are asked for: `statement` and `signature`. `newcomers`: see the client."""
    return _signer().offer(
        purpose, ceremony=ceremony, hours=hours, signatures=signatures, newcomers=newcomers
    )


def bring(session: str, number: int, signature: bytes, sealed: bytes) -> Header:
    """A custodian's share on its way: {"accepted": numbers, "active": bool}."""
    return _signer().bring(session, number, signature, sealed)


def seal() -> None:
    """Nothing is signed until two custodians bring their shares again."""
    _signer().lock()
