"""Signed requests: a strict subset of HTTP Message Signatures (RFC 9421) with HMAC-SHA256. Pure.

One signature, labelled `anxin`, over a fixed list of components in a fixed order (docs/api).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ra.partners import rules

LABEL = "anxin"
READING = ("@method", "@path", "@query")
WRITING = (*READING, "content-type", "content-digest", "idempotency-key")
IDEMPOTENCY_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

_INPUT = re.compile(
    rf'{LABEL}=(?P<params>\((?P<covered>[a-z@" -]+)\);created=(?P<created>\d{{1,11}})'
    r';keyid="(?P<key>[A-Z0-9-]{1,20})";nonce="(?P<nonce>[A-Za-z0-9_-]{16,64})")',
    re.ASCII,
)
_SIGNATURE = re.compile(rf"{LABEL}=:([A-Za-z0-9+/=]{{44}}):", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signed:
    """What a request says of its signature, and the bytes that were to be signed."""

    key: str
    nonce: str
    created: datetime
    base: bytes
    signature: bytes


def read(components: Mapping[str, str], headers: Mapping[str, str], *, writes: bool) -> Signed:
    """Refuses `partners.unsigned` for everything that is not this very form.

    `components`: values of all of `WRITING`; `headers`: with `Signature-Input` and `Signature`.
    """
    covered = WRITING if writes else READING
    said = _INPUT.fullmatch(headers.get("Signature-Input", ""))
    proof = _SIGNATURE.fullmatch(headers.get("Signature", ""))
    if not said or not proof or said["covered"] != _listed(covered):
        raise _unsigned()
    if writes and not IDEMPOTENCY_KEY.fullmatch(components["idempotency-key"]):
        raise _unsigned()
    return Signed(
        said["key"],
        said["nonce"],
        datetime.fromtimestamp(int(said["created"]), UTC),
        base({name: components[name] for name in covered}, said["params"]),
        _decoded(proof[1]),
    )


def base(components: Mapping[str, str], params: str) -> bytes:
    """The signature base of RFC 9421 2.5."""
    lines = [f'"{name}": {value}' for name, value in components.items()]
    return "\n".join([*lines, f'"@signature-params": {params}']).encode()


def parameters(covered: tuple[str, ...], key: str, nonce: str, created: datetime) -> str:
    """The value behind the label in `Signature-Input`."""
    moment = int(created.timestamp())
    return f'({_listed(covered)});created={moment};keyid="{key}";nonce="{nonce}"'


def sign(base_: bytes, secret: bytes) -> bytes:
    """RFC 9421 3.3.3."""
    return hmac.digest(secret, base_, hashlib.sha256)


def check(signed: Signed, secret: bytes, *, at: datetime) -> None:
    """Refuses `partners.unknown_key` (a wrong secret looks like a wrong name) and `stale`."""
    if not hmac.compare_digest(sign(signed.base, secret), signed.signature):
        raise rules.unproven("unknown_key", "the signature does not fit")
    if abs(at - signed.created) > rules.SKEW:
        raise rules.unproven(
            "stale", "created too far away", minutes=rules.SKEW // timedelta(minutes=1)
        )


def content_digest(body: bytes) -> str:
    """The value of `Content-Digest` (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def check_digest(said: str, body: bytes) -> None:
    """Refuses `partners.digest`: the body is not the one that was signed."""
    if said != content_digest(body):
        raise rules.unproven("digest", "Content-Digest does not fit the body")


def _listed(covered: tuple[str, ...]) -> str:
    return " ".join(f'"{name}"' for name in covered)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _unsigned() from None


def _unsigned() -> Exception:
    return rules.unproven("unsigned", "not signed as docs/api says")
