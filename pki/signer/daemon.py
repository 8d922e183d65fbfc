"""What the signer does, request by request. It alone holds a token; the socket is `server`'s."""

from __future__ import annotations

import os
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from pki import publickeys, timestamps
from pki.errors import Malformed, PkiError, Refused, TokenError
from pki.hsm.examination import FAILED
from pki.hsm.interface import NOT_OPENED, check_label
from pki.signer import helping, offers, policy, protocol
from pki.signer.book import Book
from pki.signer.calls import Call
from pki.signer.condition import Condition
from pki.signer.counters import Counters
from pki.signer.custody_doors import CustodyDoors
from pki.signer.extracts import Extracts
from pki.signer.heads import Heads
from pki.signer.keeping import Keeping
from pki.signer.lists import Leaving, Lists
from pki.signer.logs import log
from pki.signer.making import Begun, Making
from pki.signer.records import Records
from pki.signer.register import Register, check_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from pki.hsm.interface import Token
    from pki.signer.custody import Custody
    from pki.signer.offers import Mandate
    from pki.signer.protocol import Header

_Answer = tuple["Header", list[bytes]]
_IN_HEALTH = (
    *("state", "signer", "set", "purpose", "ceremony", "script"),
    *("since", "until", "signatures_left"),
)
_IN_CEREMONIES = {protocol.CA_CERTIFICATE, protocol.REQUEST}
_SLICES = 2  # per worker: small enough to share the workers between clients


@dataclass(frozen=True, slots=True)
class _Desk:
    """One key, ready for signing."""

    label: str
    terms: policy.Terms
    public: publickeys.PublicKey
    certificate: bytes


@dataclass(frozen=True, slots=True)
class _Task:
    """What one request wants of a key, and what it may."""

    token: Token
    terms: policy.Terms
    kind: str
    at: datetime
    leaving: Leaving


@dataclass(frozen=True, slots=True)
class _Signature:
    """A signature that was verified, and the digest of the bytes it was asked for."""

    of: str
    made: bytes


class SigningService:
    """Answers requests; methods may run in several threads at once."""

    def __init__(
        self,
        custody: Custody,
        home: Path,
        *,
        now: Callable[[], datetime],
        workers: int = 2,
        helper: bool = False,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        """`about` is added to the health report. Raises TokenError for damaged files in `home`."""
        self._custody, self._now = custody, now
        self._workers, self._about = workers, {"helper": helper, **(about or {})}
        self._register = Register(home / "keys.json")
        self._making = Making(home / "making.json", self._register)
        self._counters = Counters(home)
        self._lists, self._heads, self._book = Lists(home / "lists"), Heads(home), Book(home)
        records = Records(home, now=now)
        self._write_down("started", lasting=True, pid=os.getpid())
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="sign")
        self._desks: dict[str, _Desk] = {}
        self._device: dict[str, str] = {}  # what it said of itself when it was opened
        self._condition = Condition(now)
        self._changing = threading.Lock()
        self._keeping = Keeping(custody, self._register, home, now=now)
        self._started_at = now()
        at_custody = CustodyDoors(
            custody, self._condition, self._expected, opened=self._opened, sealed=self._forget
        )
        self._operations: dict[str, Callable[[Call], _Answer]] = {
            "health": self._health,
            "keys": self._keys,
            "sign": self._sign,
            "last_list": self._last_list,
            "generate": self._generate,
            "install_certificate": self._install_certificate,
            "note_head": self._note_head,
            "heads": self._noted_heads,
            "self_test": self._self_test,
            "remains": self._remains,
            "record_certificate": records.certificate,
            "sign_record": records.sign,
            "custody_book": Extracts(home, now=now).custody,
            **at_custody.doors,
            **{name: partial(self._keep, act) for name, act in self._keeping.doors.items()},
        }

    def answer(self, request: Header, blobs: list[bytes], **peer: int) -> _Answer:
        """Never raises: what goes wrong is the answer."""
        call = Call(request, blobs, peer, self._write_down)
        try:
            header, results = self._operation(call)(call)
        except PkiError as error:
            if isinstance(error, TokenError):
                self._condition.note(error)
            call.log_refusal(error.rule)
            return protocol.error_header(error), []
        except Exception as error:  # noqa: BLE001 - the signer outlives every request
            log("failed", trace=traceback.format_tb(error.__traceback__), **call.peer)
            failure = TokenError(
                "signer.internal", f"The signer failed: {type(error).__name__}.", permanent=False
            )
            self._condition.note(failure)
            return protocol.error_header(failure), []
        return {"ok": True, **header}, results

    def close(self) -> None:
        """Finish what is running, then forget the keys."""
        self._pool.shutdown(wait=True)
        self._custody.seal()
        self._counters.close()
        self._heads.close()
        self._write_down("stopped", lasting=True, pid=os.getpid())
        self._book.close()

    # -- operations ---------------------------------------------------------------------------

    def _health(self, _call: Call) -> _Answer:
        activation, now = self._custody.report(), self._now()
        unlocked = activation["state"] == "active"
        where = self._custody.use().token.description if unlocked else NOT_OPENED
        health = {
            "pid": os.getpid(),
            "started_at": self._started_at.isoformat(),
            "uptime_seconds": int((now - self._started_at).total_seconds()),
            "custody": {"code": where.code, "zh": where.zh, "en": where.en},
            "device": self._device if unlocked else {},  # an activation may just run out
            "unlocked": unlocked,
            "activation": {name: activation[name] for name in _IN_HEALTH},
            "workers": self._workers,
            "counters": self._counters.report(),
            "last_error": self._condition.last_error,
            "failing": self._condition.failing() if unlocked else {},
            "book": list(self._book.head),
            **self._about,
        }
        return {"health": health}, []

    def _keys(self, _call: Call) -> _Answer:
        return {"keys": [key.as_header() for key in self._register.all()]}, []

    def _sign(self, call: Call) -> _Answer:
        label, kind = call.word("key"), call.word("kind")
        if kind not in protocol.KINDS:
            raise Refused("policy.kind", f"The signer knows no {kind}.")
        desk, at = self._desk(label), self._now()
        wanted, leaving = _leaving(call)
        use = self._custody.use(len(wanted))
        terms = self._terms(desk, kind, use.mandate_in(call.ceremony))
        task = _Task(use.token, terms, kind, at, leaving)
        try:
            results = self._in_slices(lambda tbs: self._sign_one(desk, task, tbs), wanted)
        except TokenError as error:
            self._condition.failed(label, error)
            raise
        refused = sum(isinstance(result, PkiError) for result in results)
        self._counters.add(label, kind, signed=len(results) - refused, refused=refused)
        rules = sorted({result.rule for result in results if isinstance(result, PkiError)})
        signed = [result.of for result in results if not isinstance(result, PkiError)]
        if signed:
            self._condition.served(label)
        of = protocol.digest("".join(signed).encode())
        call.log("signed", kind=kind, signed=len(signed), refused=refused, rules=rules, of=of)
        errors = [result if isinstance(result, PkiError) else None for result in results]
        header = {
            "refused": [
                protocol.error_header(error)["error"] if error else None for error in errors
            ],
            "of": [None if isinstance(result, PkiError) else result.of for result in results],
        }
        return header, [b"" if isinstance(result, PkiError) else result.made for result in results]

    def _last_list(self, call: Call) -> _Answer:
        desk = self._desk(call.word("key"))
        tbs = self._lists.last(desk.label, desk.certificate)
        return {}, [] if tbs is None else [tbs]

    def _generate(self, call: Call) -> _Answer:
        label, algorithm = call.word("label"), call.word("algorithm")
        kinds, crl_days = call.request.get("kinds"), call.request.get("crl_days")
        if not isinstance(kinds, list) or type(crl_days) is not int:
            raise Malformed("signer.request", "`kinds` is a list and `crl_days` a number.")
        check_kinds([str(kind) for kind in kinds], crl_days)
        with self._changing:
            use = self._custody.use()
            mandate = use.mandate_in(call.ceremony)
            if mandate is None:
                reason = "Keys are made in the ceremony it is active for, only (CPS 6.1.1)."
                raise Refused("signer.ceremony", reason)
            mandate.check_new(label, kinds)
            at = self._now().astimezone(UTC)
            begun = Begun(label, algorithm, tuple(kinds), crl_days, at, call.ceremony)
            key = self._making.make(begun, use.token, call.log)
            self._desks = {}
        return {"key": key.as_header()}, []

    def _opened(self, call: Call) -> None:
        """What a signer that was killed was making is a key from now on (CPS 6.2.10)."""
        self._forget()
        token = self._custody.use().token
        self._device = dict(token.about().facts)
        if self._changing.acquire(blocking=False):  # nobody waits here for an act of a ceremony
            try:
                self._making.take_up(token, call.log)
            finally:
                self._changing.release()

    def _install_certificate(self, call: Call) -> _Answer:
        label = call.word("label")
        with self._changing:
            found = self._custody.mandate
            here = found is not None and found.number == call.ceremony
            allowed = found is not None and here and found.allows(offers.INSTALL, label)
            key = self._register.install(label, call.only_blob(), in_ceremony=allowed)
            self._desks = {}
        call.log("certificate_installed")
        return {"key": key.as_header()}, []

    def _note_head(self, call: Call) -> _Answer:
        self._heads.note(call.number("seq"), call.word("digest"), at=self._now())
        return {}, []

    def _noted_heads(self, call: Call) -> _Answer:
        heads = self._heads.after(call.number("after"))
        return {}, ["\n".join(f"{seq} {digest}" for seq, digest in heads).encode()]

    def _self_test(self, call: Call) -> _Answer:
        expected = self._expected()
        token = self._custody.use(len(expected)).token
        report = self._condition.examine(token, expected)
        failed = [check.name for check in report.checks if check.outcome == FAILED]
        call.log("self_tested", passed=report.passed, failed=failed)
        return {"report": report.as_json()}, []

    def _remains(self, call: Call) -> _Answer:
        """What the device still has of a key that another signer has destroyed; of a label that the
        register need not know.
        """
        check_label(label := call.word("label"))
        token = self._custody.use().token
        return {"remains": list(token.remains(label, call.only_blob()))}, []

    # -- keeping ------------------------------------------------------------------------------

    def _keep(self, act: Callable[[Call], _Answer], call: Call) -> _Answer:
        """What ceremonies do with devices and keys; afterwards a key may sign no more."""
        with self._changing:
            answer = act(call)
            self._desks = {}
        return answer

    # -- signing ------------------------------------------------------------------------------

    def _sign_one(self, desk: _Desk, task: _Task, tbs: bytes) -> _Signature | PkiError:
        try:
            policy.check(task.kind, tbs, task.terms, at=task.at)
            if task.kind == protocol.CRL:
                self._lists.take(
                    desk.label, desk.certificate, tbs, leaving=task.leaving, public=desk.public
                )
        except (Refused, Malformed) as refusal:
            return refusal
        octets = _octets(desk, task.kind, tbs)
        signature = task.token.sign(desk.label, octets)
        if not desk.public.verify(octets, signature, desk.terms.algorithm):
            raise TokenError(
                "signer.wrong_signature", "The token made a wrong signature.", permanent=True
            )
        return _Signature(protocol.digest(tbs), signature)

    def _terms(self, desk: _Desk, kind: str, found: Mandate | None) -> policy.Terms:
        """With whom this key may certify now. Raises Refused `signer.ceremony`."""
        if found is None or kind not in _IN_CEREMONIES:
            return desk.terms
        found.check(kind, desk.label)
        subjects = None
        if found.script:
            named = found.certified_by(desk.label)
            known = (key for key in self._register.all() if key.label in named)
            subjects = frozenset(key.public_key for key in known)
        return replace(desk.terms, in_ceremony=True, subjects=subjects)

    def _in_slices(
        self, act: Callable[[bytes], _Signature | PkiError], blobs: Sequence[bytes]
    ) -> list[_Signature | PkiError]:
        if len(blobs) <= 1:
            return [*map(act, blobs)]  # not worth a change of threads
        size = max(1, -(-len(blobs) // (self._workers * _SLICES)))
        slices = [blobs[at : at + size] for at in range(0, len(blobs), size)]
        return list(chain.from_iterable(self._pool.map(lambda each: [*map(act, each)], slices)))

    def _desk(self, label: str) -> _Desk:
        desks = self._desks  # replaced, never cleared: a change must not meet a stale desk here
        desk = desks.get(label)
        if desk is None:
            key = self._register.get(label)
            terms = self._register.terms(label, in_ceremony=False)
            public = publickeys.parse(key.public_key)
            desk = desks[label] = _Desk(label, terms, public, key.certificate or b"")
        return desk

    # -- inside -------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._desks, self._device = {}, {}

    def _write_down(self, event: str, **said: Any) -> None:
        self._book.note(event, at=self._now(), **said)

    def _expected(self) -> dict[str, bytes]:
        """Public keys by label, as registered; but for those that are destroyed."""
        there = (key for key in self._register.all() if key.state != protocol.DESTROYED)
        return {key.label: key.public_key for key in there}

    def _operation(self, call: Call) -> Callable[[Call], _Answer]:
        act = self._operations.get(call.word("op"))
        if act is None:
            raise Malformed("signer.operation", "There is no such operation.")
        if self._about["helper"]:
            helping.check(call)
        return act


def _octets(desk: _Desk, kind: str, tbs: bytes) -> bytes:
    """What is signed: the bytes that were judged, or about a time stamp what the signer says."""
    if kind != protocol.TIME_STAMP:
        return tbs
    return timestamps.signed_attributes(tbs, desk.certificate, desk.terms.algorithm)


def _leaving(call: Call) -> tuple[list[bytes], Leaving]:
    """What is to be signed, and what the request says of those who leave a list."""
    named = call.request.get("released", [])
    try:
        released = frozenset(int(serial, 16) for serial in named)
    except (TypeError, ValueError):
        raise Malformed("signer.request", "`released` lists serial numbers in hex.") from None
    if call.request.get("expired") is True:
        *wanted, expired = call.blobs or [b""]
        return wanted, Leaving(expired, released)
    return call.blobs, Leaving(released=released)
