"""The signer's wire protocol: frames on a Unix stream socket.

    frame    := uint32 length of the rest | uint32 length of the header | header | blobs
    header   := JSON object; "sizes" lists the lengths of the blobs that follow
    request  := {"op": "health" | "keys" | "sign" | "last_list" | "generate"
                 | "install_certificate" | "note_head" | "heads" | "self_test" | "remains"
                 | "record_certificate" | "sign_record" | "custody_book"
                 | "custody" | "hand_out" | "received" | "offer" | "bring" | "lock"
                 | "initialise" | "backup" | "restore" | "archive" | "destroy", …}
    answer   := {"ok": true, …}  or  {"error": {"type", "rule", "reason", "permanent"}}

What is to be signed is handed in as a blob and comes back as a signature over these very bytes. Of
a time stamp it is the TSTInfo: the signer makes the signed attributes itself (`pki.timestamps`) and
signs those, so it puts its name to no attributes that somebody else has made.

All numbers are big-endian. A peer may send the next request before it has read the last answer;
answers come in the order of the requests. After a frame that cannot be read the signer answers with
an error and hangs up.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pki.errors import BadSignature, Malformed, PkiError, Refused, TokenError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

MAX_FRAME = 64 * 2**20  # a revocation list of a million entries has 46 MB
MAX_HEADER = 2**20
MAX_ITEMS = 256

CERTIFICATE, CRL, OCSP, CA_CERTIFICATE = "certificate", "crl", "ocsp", "ca-certificate"
REQUEST = "request"  # for a certificate of the key itself, by a CA elsewhere
TIME_STAMP = "time-stamp"  # a TSTInfo of RFC 3161
KINDS = (CERTIFICATE, CRL, OCSP, CA_CERTIFICATE, REQUEST, TIME_STAMP)
OF_SERVICES = frozenset({OCSP, TIME_STAMP})  # a key for one of these signs nothing else
HOME = 0  # the place of the signer that keeps the books (docs/decisions/0014)
ACTIVE, ARCHIVED, DESTROYED = STATES = ("active", "archived", "destroyed")

Header = dict[str, Any]

_WORD = struct.Struct(">I")
_STEP = 2**20
_LEAST = 0.001  # seconds; 0 would mean not to wait at all


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the signer. `public_key` is a SubjectPublicKeyInfo, `certificate` DER.

    `state` is one of `STATES`; an archived key is kept until `keep_until`. `copy` is the digest of
    its wrapped copy, `restored` whether the spare device has the key.
    """

    label: str
    algorithm: str
    kinds: tuple[str, ...]
    public_key: bytes
    certificate: bytes | None
    custody: str  # stable code, see pki.hsm.interface
    custody_zh: str
    custody_en: str
    created_at: datetime
    crl_days: int
    state: str = ACTIVE
    keep_until: str = ""
    copy: str = ""
    restored: bool = False

    def as_header(self) -> Header:
        return {
            "label": self.label,
            "algorithm": self.algorithm,
            "kinds": list(self.kinds),
            "public_key": _text(self.public_key),
            "certificate": _text(self.certificate) if self.certificate else None,
            "custody": {"code": self.custody, "zh": self.custody_zh, "en": self.custody_en},
            "created_at": self.created_at.isoformat(),
            "crl_days": self.crl_days,
            "state": self.state,
            "keep_until": self.keep_until,
            "copy": self.copy,
            "restored": self.restored,
        }

    @classmethod
    def from_header(cls, header: Header) -> Key:
        certificate = header["certificate"]
        return cls(
            label=header["label"],
            algorithm=header["algorithm"],
            kinds=tuple(header["kinds"]),
            public_key=base64.b64decode(header["public_key"]),
            certificate=base64.b64decode(certificate) if certificate else None,
            custody=header["custody"]["code"],
            custody_zh=header["custody"]["zh"],
            custody_en=header["custody"]["en"],
            created_at=datetime.fromisoformat(header["created_at"]),
            crl_days=header["crl_days"],
            state=header.get("state", ACTIVE),
            keep_until=header.get("keep_until", ""),
            copy=header.get("copy", ""),
            restored=bool(header.get("restored")),
        )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def digest(tbs: bytes) -> str:
    """By which an answer says what was signed: each of `of` stands for one signature."""
    return hashlib.sha256(tbs).hexdigest()


def pack(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """One frame. Raises Malformed (`signer.frame_size`) when it would be too large."""
    full = {**header, "sizes": [len(blob) for blob in blobs]} if blobs else header
    head = json.dumps(full, ensure_ascii=False, separators=(",", ":")).encode()
    size = _WORD.size + len(head) + sum(map(len, blobs))
    if size > MAX_FRAME or len(head) > MAX_HEADER:
        raise Malformed("signer.frame_size", "The frame is larger than the signer accepts.")
    return b"".join((_WORD.pack(size), _WORD.pack(len(head)), head, *blobs))


def unpack(frame: bytes | bytearray) -> tuple[Header, list[bytes]]:
    """Header and blobs of a frame without its leading length. Raises Malformed."""
    begin = _WORD.size
    if len(frame) < begin:
        raise Malformed("signer.frame", "The frame ends before its header.")
    head = begin + _WORD.unpack_from(frame)[0]
    if head - begin > MAX_HEADER or head > len(frame):
        raise Malformed("signer.frame", "The header is longer than the frame or the limit.")
    try:
        header = json.loads(frame[begin:head])
        # Half a character passes as JSON, and nothing behind this door could encode it.
        json.dumps(header, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Malformed("signer.frame", "The header is not JSON in UTF-8.") from None
    if not isinstance(header, dict):
        raise Malformed("signer.frame", "The header is not a JSON object.")
    return header, _split(memoryview(frame)[head:], header.pop("sizes", []))


def _split(rest: memoryview, sizes: Any) -> list[bytes]:
    if not isinstance(sizes, list) or len(sizes) > MAX_ITEMS:
        raise Malformed("signer.frame", f"`sizes` is a list of at most {MAX_ITEMS} lengths.")
    if any(type(size) is not int or size < 0 for size in sizes) or sum(sizes) != len(rest):
        raise Malformed("signer.frame", "The lengths of the blobs do not add up to the frame.")
    blobs, at = [], 0
    for size in sizes:
        blobs.append(bytes(rest[at : at + size]))
        at += size
    return blobs


def receive(connection: socket.socket) -> tuple[Header, list[bytes]] | None:
    """The next frame; None when the peer hung up between frames.

    Raises Malformed for a bad frame, ConnectionResetError in the middle of one, TimeoutError.
    """
    size = announced(connection)
    return None if size is None else receive_rest(connection, size)


def announced(connection: socket.socket, *, within: float | None = None) -> int | None:
    """How long the next frame will be; otherwise as `receive`. `within`: seconds once it begins."""
    word = _read(connection, _WORD.size, at_start=True, within=within)
    if word is None:
        return None
    size: int = _WORD.unpack(word)[0]
    if size > MAX_FRAME:
        raise Malformed("signer.frame_size", "The frame is larger than the signer accepts.")
    return size


def receive_rest(
    connection: socket.socket, size: int, *, within: float | None = None
) -> tuple[Header, list[bytes]]:
    """The frame whose length was read already; all of it `within` so many seconds."""
    frame = _read(connection, size, within=within)
    assert frame is not None
    return unpack(frame)


def _read(
    connection: socket.socket, size: int, *, at_start: bool = False, within: float | None = None
) -> bytearray | None:
    # Grows with what really arrives: a claimed length alone reserves no memory.
    data = bytearray()
    end = time.monotonic() + within if within and not at_start else 0.0
    while len(data) < size:
        if end:  # for all pieces together: one octet now and then gains nothing
            connection.settimeout(max(_LEAST, end - time.monotonic()))
        piece = connection.recv(min(size - len(data), _STEP))
        if not piece:
            if at_start and not data:
                return None
            raise ConnectionResetError("the peer hung up inside a frame")
        data += piece
        end = end or (time.monotonic() + within if within else 0.0)
    return data


_ERRORS: dict[str, type[PkiError]] = {
    "Refused": Refused,
    "Malformed": Malformed,
    "BadSignature": BadSignature,
}


def error_header(error: PkiError) -> Header:
    kind = type(error).__name__
    header: Header = {"type": kind, "rule": error.rule, "reason": error.reason}
    if isinstance(error, TokenError):
        header["permanent"] = error.permanent
    return {"error": header}


def error_from(header: Header) -> PkiError:
    """The exception that an answer's `error` stands for."""
    rule, reason = str(header.get("rule")), str(header.get("reason"))
    kind = _ERRORS.get(str(header.get("type")))
    if kind is None:
        return TokenError(rule, reason, permanent=header.get("permanent") is True)
    return kind(rule, reason)
