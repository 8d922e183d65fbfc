"""The way to the signer for everybody else. Holds no key and loads no driver."""

from __future__ import annotations

import os
import socket
import struct
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from pki.errors import Malformed, PkiError, TokenError
from pki.signer import protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_BATCH_BYTES = protocol.MAX_FRAME - protocol.MAX_HEADER - 4
_KEPT = 8  # idle connections

_Answer = tuple[protocol.Header, list[bytes]]


class Restored(NamedTuple):
    """What the second device signed, and whether the key stays there."""

    statement: bytes
    signature: bytes
    kept: bool
    remains: list[str]
    spare: dict[str, str]


class Signer:
    """Talks to the signer at `path`; may be shared by threads and survives fork and restart.

    Every method raises TokenError(permanent=False) while the signer cannot be reached, and the
    signer's own refusal (Refused, Malformed, TokenError) when it answers with one. `timeout` is in
    seconds and counts for each read and write.
    """

    def __init__(self, path: str | Path, timeout: float = 30.0) -> None:
        self._path, self._timeout = str(path), timeout
        self._idle: deque[tuple[int, socket.socket]] = deque()

    def health(self) -> protocol.Header:
        """State and counters, see `pki.signer.daemon.SigningService.health`."""
        header, _ = self._ask({"op": "health"})
        return dict(header["health"])

    def keys(self) -> list[protocol.Key]:
        header, _ = self._ask({"op": "keys"})
        return [protocol.Key.from_header(key) for key in header["keys"]]

    def sign(
        self, key_label: str, kind: str, tbs: Sequence[bytes], *, ceremony: str = ""
    ) -> list[bytes | PkiError]:
        """For each TBS, in order: its signature, or why this one was refused.

        `ceremony`: the number of the one that asks, here and below; what is done in ceremonies only
        is done in the one the signer was activated for. Raises TokenError `signer.answer` unless
        the signer says of every signature that it was verified over these very bytes; of a time
        stamp, over `pki.timestamps.signed_attributes` of them and the installed certificate.
        """
        results: list[bytes | PkiError] = []
        for batch in _batches(tbs):
            asked = {"key": key_label, "kind": kind, "ceremony": ceremony}
            results += self._signatures(asked, batch)
        return results

    def sign_list(
        self,
        key_label: str,
        tbs: bytes,
        *,
        expired: Iterable[bytes] = (),
        released: Iterable[int] = (),
    ) -> bytes:
        """The signature over a revocation list; a refusal is raised.

        Whoever was on the last list and is not on this one has to be named: by the certificate
        (DER) when it ended before the last list's thisUpdate, by its serial number when its hold
        was released.
        """
        request = {
            "key": key_label,
            "kind": protocol.CRL,
            "expired": True,
            "released": [f"{serial:x}" for serial in released],
        }
        (result,) = self._signatures(request, [tbs], b"".join(expired))
        if isinstance(result, PkiError):
            raise result
        return result

    def last_list(self, key_label: str) -> bytes | None:
        """The TBS of the last list this key was asked to sign; None before the first."""
        _, blobs = self._ask({"op": "last_list", "key": key_label})
        return blobs[0] if blobs else None

    def _signatures(
        self, request: dict[str, Any], batch: Sequence[bytes], *attached: bytes
    ) -> list[bytes | PkiError]:
        header, blobs = self._ask({"op": "sign", **request}, [*batch, *attached])
        refusals = header["refused"]
        if len(blobs) != len(batch) or len(refusals) != len(batch):
            raise TokenError(
                "signer.answer", "The signer answered another number.", permanent=False
            )
        wanted = [
            None if no else protocol.digest(tbs) for tbs, no in zip(batch, refusals, strict=True)
        ]
        if header.get("of") != wanted:
            raise TokenError(
                "signer.answer", "The signer answered about other bytes.", permanent=False
            )
        return [
            protocol.error_from(refusal) if refusal else signature
            for signature, refusal in zip(blobs, refusals, strict=True)
        ]

    def sign_one(self, key_label: str, kind: str, tbs: bytes, *, ceremony: str = "") -> bytes:
        """The signature; a refusal is raised."""
        (result,) = self.sign(key_label, kind, [tbs], ceremony=ceremony)
        if isinstance(result, PkiError):
            raise result
        return result

    def generate(
        self,
        label: str,
        algorithm: str,
        kinds: Sequence[str],
        *,
        ceremony: str = "",
        crl_days: int = 1,
    ) -> protocol.Key:
        """A new key that may sign `kinds` and nothing else; only in a ceremony.

        `crl_days` is the longest time from thisUpdate to nextUpdate of its lists (CPS 4.9.7).
        """
        request = {"op": "generate", "label": label, "algorithm": algorithm, "kinds": list(kinds)}
        said = {"ceremony": ceremony, "crl_days": crl_days}
        header, _ = self._ask({**request, **said}, once=True)
        return protocol.Key.from_header(header["key"])

    def install_certificate(
        self, label: str, certificate: bytes, *, ceremony: str = ""
    ) -> protocol.Key:
        """Tell the signer the certificate (DER) of its key `label`; only in a ceremony."""
        asked = {"op": "install_certificate", "label": label, "ceremony": ceremony}
        header, _ = self._ask(asked, [certificate])
        return protocol.Key.from_header(header["key"])

    def record_certificate(self) -> bytes:
        """Of the key under records (DER), see `pki.signer.records`."""
        _, (certificate,) = self._ask({"op": "record_certificate"})
        return certificate

    def sign_record(self, attributes: bytes) -> bytes:
        """The signature over the signed attributes of CMS; also while the signer is sealed."""
        _, (signature,) = self._ask({"op": "sign_record"}, [attributes])
        return signature

    def custody_book(self) -> protocol.Header:
        """What the signer's book says of custody, see `pki.signer.extracts`: `statement`,
        `signature`, `lines`.
        """
        header, (lines,) = self._ask({"op": "custody_book"})
        signed = {name: header[name] for name in ("statement", "signature")}
        return {**signed, "lines": lines.decode().split("\n")}

    def note_head(self, seq: int, digest: str) -> None:
        """Have an end of the journal's chain kept. Refused `journal.head_back`: it went back."""
        self._ask({"op": "note_head", "seq": seq, "digest": digest})

    def heads(self, after: int = 0) -> Iterator[tuple[int, str]]:
        """All (seq, digest) ever noted behind a place, in order."""
        while True:
            _, (lines,) = self._ask({"op": "heads", "after": after})
            found = [line.split(" ") for line in lines.decode().splitlines()]
            yield from ((int(seq), digest) for seq, digest in found)
            if not found:
                return
            after = int(found[-1][0])

    def self_test(self) -> protocol.Header:
        """The report of `pki.hsm.examination` on the opened device. TokenError while sealed."""
        header, _ = self._ask({"op": "self_test"})
        return dict(header["report"])

    def remains(self, label: str, public_key: bytes) -> list[str]:
        """What its device still has of a key (SPKI). TokenError while sealed."""
        header, _ = self._ask({"op": "remains", "label": label}, [public_key])
        return list(header["remains"])

    # -- ceremonies with devices and keys (docs/decisions/0015) ----------------------------------

    def initialise(self, ceremony: str) -> protocol.Header:
        """Take the second device into use; its self-test, see `pki.hsm.examination`."""
        header, _ = self._ask({"op": "initialise", "ceremony": ceremony}, once=True)
        return dict(header["report"])

    def back_up(self, ceremony: str, label: str) -> protocol.Header:
        """Make a wrapped copy: `copy` its digest, `how`, `kek` (check value), `spare` (facts)."""
        header, _ = self._ask({"op": "backup", "ceremony": ceremony, "label": label}, once=True)
        return dict(header["backup"])

    def restore(self, ceremony: str, label: str, *, keep: bool) -> Restored:
        """The copy into the second device, which signs; `keep` false takes it out again."""
        request = {"op": "restore", "ceremony": ceremony, "label": label, "keep": keep}
        header, (statement, signature) = self._ask(request, once=True)
        return Restored(statement, signature, **header["restored"])

    def archive(self, ceremony: str, label: str, reason: str) -> protocol.Key:
        """The key signs nothing from now on. `reason`: one of `pki.signer.keeping.REASONS`."""
        request = {"op": "archive", "ceremony": ceremony, "label": label, "reason": reason}
        header, _ = self._ask(request, once=True)
        return protocol.Key.from_header(header["key"])

    def destroy(self, ceremony: str, label: str, reason: str) -> protocol.Header:
        """What is left of the key, by device: nothing, or TokenError `keeping.remains`."""
        request = {"op": "destroy", "ceremony": ceremony, "label": label, "reason": reason}
        header, _ = self._ask(request, once=True)
        return dict(header["remains"])

    # -- custody (docs/decisions/0013) --------------------------------------------------------

    def custody(self) -> protocol.Header:
        """State, limits and custodians, see `pki.signer.custody.Custody.report`."""
        header, _ = self._ask({"op": "custody"})
        return dict(header["custody"])

    def hand_out(self, custodians: Sequence[protocol.Header]) -> list[protocol.Header]:
        """The share of each, sealed to them. Raises Refused `custody.*`."""
        request = {"op": "hand_out", "custodians": list(custodians)}
        header, _ = self._ask(request, once=True)
        return list(header["shares"])

    def received(self, set_id: str, number: int, signature: bytes) -> int:
        """A custodian's receipt; how many are missing."""
        request = {"op": "received", "set": set_id, "number": number}
        header, _ = self._ask(request, [signature])
        return int(header["missing"])

    def offer(
        self,
        purpose: str,
        *,
        script: bytes = b"",
        hours: int,
        signatures: int,
        newcomers: str = "",
    ) -> protocol.Header:
        """What custodians are asked for: `statement`, and the signer's `signature` of it, hex.

        `script` of a ceremony, for that; `newcomers`: for a re-split,
        `pki.signer.custodyset.newcomers_digest`.
        """
        asked = {"purpose": purpose, "newcomers": newcomers}
        limits = {"hours": hours, "signatures": signatures}
        header, _ = self._ask({"op": "offer", **asked, **limits}, [script] if script else [])
        return dict(header["offer"])

    def bring(self, session: str, number: int, signature: bytes, sealed: bytes) -> protocol.Header:
        """A share; {"accepted": numbers, "active": bool}. Raises Refused `custody.*`."""
        request = {"op": "bring", "session": session, "number": number}
        header, _ = self._ask({**request, "signature": signature.hex()}, [sealed], once=True)
        return dict(header["progress"])

    def lock(self, ceremony: str = "") -> bool:
        """Seal the signer: nothing is signed until two custodians bring their shares again.

        `ceremony`: only if it is active for this one. Whether it did.
        """
        header, _ = self._ask({"op": "lock", "ceremony": ceremony})
        return bool(header["sealed"])

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[1].close()

    __del__ = close

    # -- connections --------------------------------------------------------------------------

    def _ask(
        self, request: dict[str, Any], blobs: Sequence[bytes] = (), *, once: bool = False
    ) -> _Answer:
        frame = protocol.pack(request, blobs)
        try:
            if once:
                return self._exchange(self._connect(), frame)
            try:
                return self._exchange(self._kept() or self._connect(), frame)
            except (BrokenPipeError, ConnectionResetError):
                # The signer was restarted since. Asking again is harmless: a second signature
                # over the same bytes says nothing new. (`once` is for what is not harmless.)
                self.close()
                return self._exchange(self._connect(), frame)
        except OSError as error:
            raise TokenError(
                "signer.unreachable", f"The signer does not answer: {error}.", permanent=False
            ) from error

    def _kept(self) -> socket.socket | None:
        me = os.getpid()
        with suppress(IndexError):  # another thread may be faster
            while self._idle:
                owner, connection = self._idle.pop()
                if owner == me:
                    return connection
                connection.close()  # the parent's: two processes must not share one stream
        return None

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # Blocking, with the kernel's timeout: otherwise a full queue is an error at once.
            seconds, rest = divmod(self._timeout, 1)
            patience = struct.pack("@ll", int(seconds), int(rest * 1_000_000))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
            connection.connect(self._path)
            connection.settimeout(self._timeout)
        except BaseException:
            connection.close()
            raise
        return connection

    def _exchange(self, connection: socket.socket, frame: bytes) -> _Answer:
        try:
            header, blobs = _converse(connection, frame)
        except BaseException:
            connection.close()
            raise
        if "error" in header or len(self._idle) >= _KEPT:  # after some errors the signer hangs up
            connection.close()
        else:
            self._idle.append((os.getpid(), connection))
        if "error" in header:
            raise protocol.error_from(header["error"])
        return header, blobs


def _converse(connection: socket.socket, frame: bytes) -> _Answer:
    # A signer that hangs up early has usually said why: read that before giving up.
    with suppress(BrokenPipeError):
        connection.sendall(frame)
    try:
        answer = protocol.receive(connection)
    except Malformed as error:
        raise TokenError("signer.answer", error.reason, permanent=False) from error
    if answer is None:
        raise ConnectionResetError("the signer hung up")
    return answer


def _batches(tbs: Sequence[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for item in tbs:
        if batch and (len(batch) == protocol.MAX_ITEMS or size + len(item) > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += len(item)
    if batch:
        yield batch
