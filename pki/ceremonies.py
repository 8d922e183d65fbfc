"""The record of a key ceremony: what is signed in it, how its lines are chained, and the proof of
it years later, off the system (CPS 5.2.2, 6.1.1).

Script and lines are JSON in UTF-8, keys sorted, no spaces. The digest of a line is SM3 over the
digest before it (32 octets) and the line; the first follows the digest of the script. Attestations
are signed as votes are (`pki.votes`).
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pki import ceremony_scripts, ceremony_votes, statements, votes
from pki.ceremony_keys import Holders, Named
from pki.ceremony_scripts import CLOSE, SCRIPT
from pki.errors import BadSignature, Malformed, PkiError, Refused
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pki.certificates import Certificate

__all__ = ["CLOSE", "SCRIPT"]
RECORD = "anxin ceremony record 2"
ATTESTATION = "anxin attestation 1"
ABORT = "abort"  # what two people end it by
MAX_LINES = 10_000


def fields(
    *, ceremony: str, script: str, step: str, round_: int, result: str, person: int
) -> dict[str, str]:
    """What somebody present signs, but for the time.

    `script`: digest of the script; `result`: SM3 of what the step made, in the last step the digest
    of the line before it, in an abort SHA-256 of the reason.
    """
    return {
        "what": ATTESTATION,
        "ceremony": ceremony,
        "script": script,
        "step": step,
        "round": str(round_),
        "result": result,
        "person": str(person),
    }


def statement(said: Mapping[str, str], *, at: str) -> bytes:
    """The bytes that are signed."""
    return statements.encoded({**said, "at": at})


def digest(content: bytes) -> str:
    """SM3 as 64 hex digits."""
    return sm3(content).hex()


def chained(previous: str, line: str) -> str:
    """The digest of a line."""
    return sm3(bytes.fromhex(previous) + line.encode()).hex()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript; `by` is a person's id, "" is the system."""

    seq: int
    at: str
    step: str
    what: str
    by: str
    details: Mapping[str, str]

    def text(self) -> str:
        said = asdict(self)
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def line_of(text: str) -> Line:
    """Raises ValueError, KeyError or TypeError for what is no line."""
    said = json.loads(text)
    return Line(**{name: said[name] for name in ("seq", "at", "step", "what", "by", "details")})


# --- the whole record --------------------------------------------------------------------------


@dataclass
class Facts:
    """What a record that holds says."""

    number: str
    kind: str
    drill: bool
    end: str = ""  # finished, aborted, cancelled
    lines: int = 0
    head: str = ""
    attestations: int = 0
    keys: dict[str, str] = field(default_factory=dict)  # person -> fingerprint
    people: dict[str, Named] = field(default_factory=dict)  # by id; where certificates were shown
    voters: tuple[int, ...] = ()  # who agreed to it


@dataclass
class Standing:
    """Where a ceremony stands after its last line. `given`: digest of what the host handed in."""

    step: int = 0
    begun: bool = False
    round: int = 0
    given: str = ""
    result: str = ""
    attested: set[str] = field(default_factory=set)
    aborting: dict[str, str] = field(default_factory=dict)  # person -> digest of the reason
    opened: bool = False
    end: str = ""


def read(content: bytes) -> dict[str, Any]:
    """Raises Malformed `ceremony.file`."""
    try:
        found = json.loads(content)
        known = found["format"] == RECORD
    except (ValueError, KeyError, TypeError) as problem:
        raise Malformed("ceremony.file", "This is no record of a ceremony.") from problem
    if not known or len(found.get("lines", [])) > MAX_LINES:
        raise Malformed("ceremony.file", "This record of a ceremony has another format.")
    return dict(found)


def check(record: Mapping[str, Any], issuer: Certificate | None = None) -> Facts:
    """Raises Refused `ceremony.*` with the first thing that is wrong.

    Keys: script (text), digest, lines [{text, digest}], attestations [{seq, statement, signature,
    public_key, enrolled_by, enrolment, certificate (hex, "" without one)}], results {step: hex},
    votes (`pki.ceremony_votes`).
    `issuer`: the CA of operators' certificates; each key must have one (`pki.ceremony_keys`).
    """
    with _reading():
        return _Reading(record, [issuer] if issuer else []).facts()


def so_far(
    record: Mapping[str, Any], issuers: Sequence[Certificate] = (), *, early: bool = False
) -> Standing:
    """Where a ceremony stands, ended or not; raises as `check` does, of one of `issuers`.
    `early`: as in the one that founds the operators' CA, keys are certified after they signed.
    """
    with _reading():
        return _Reading(record, issuers, early=early).standing()


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (Refused, BadSignature):
        raise
    except (KeyError, TypeError, ValueError, AttributeError, PkiError) as problem:
        raise Malformed("ceremony.record", f"The record cannot be read: {problem!r}.") from problem


class _Reading:
    """Reads a record from its first line to its last."""

    def __init__(
        self, record: Mapping[str, Any], issuers: Sequence[Certificate], *, early: bool = False
    ) -> None:
        self._record, self._digest = record, record["digest"]
        self._script = ceremony_scripts.script(record)
        self._holders = Holders(issuers, ceremony_scripts.people(self._script), early)
        self._steps: list[Mapping[str, Any]] = self._script["steps"]
        self._roles = {one["person"]: one["role"] for one in self._script["people"]}
        self._signed = {one["seq"]: one for one in record["attestations"]}
        self._now = Standing()
        self._made: dict[str, str] = {}  # by step: the digest that the last line of it says
        self._facts = Facts(
            self._script["number"], self._script["kind"], self._script["drill"] == "yes"
        )
        self._agreed = ceremony_votes.check(
            record, self._script["number"], self._digest, self._holders
        )

    def standing(self) -> Standing:
        """After the last line there is."""
        previous = self._digest
        for number, kept in enumerate(self._record["lines"], 1):
            line = self._chained(kept, number, previous)
            if self._now.end:
                raise Refused("ceremony.line_extra", f"Line {number} follows after the end.")
            _READERS.get(line.what, _Reading._unknown)(self, line, previous)
            previous = kept["digest"]
        if self._signed:
            reason = f"No line says that attestation {min(self._signed)} was given."
            raise Refused("ceremony.attestation_extra", reason)
        for code, result in self._record["results"].items():
            if self._made.get(code) != digest(bytes.fromhex(result)):
                raise Refused("ceremony.result_extra", f"No line says that step {code} made this.")
        self._facts.head, self._facts.lines = previous, len(self._record["lines"])
        return self._now

    def facts(self) -> Facts:
        """Once it has ended."""
        self._facts.end, self._facts.voters = self.standing().end, self._agreed.voters
        if self._holders.issuers:
            self._facts.people = self._holders.people
        if not self._facts.end:
            raise Refused("ceremony.line_missing", "The record ends before the ceremony does.")
        return self._facts

    def _chained(self, kept: Mapping[str, str], number: int, previous: str) -> Line:
        line = line_of(kept["text"])
        if line.seq > number:
            raise Refused("ceremony.line_missing", f"Line {number} is missing.")
        if line.seq < number:
            raise Refused("ceremony.line_extra", f"Line {line.seq} stands twice.")
        if number == 1 and line.details.get("script") != self._digest:
            raise Refused(
                "ceremony.script_changed", "The ceremony was opened with another script than this."
            )
        if chained(previous, kept["text"]) != kept["digest"]:
            raise Refused("ceremony.line_changed", f"Line {number} was changed.")
        return line

    # -- one method for each kind of line

    def _opened(self, line: Line, _previous: str) -> None:
        if self._now.opened:
            raise Refused("ceremony.order", "The ceremony was opened twice.")
        if line.details["approval"] != self._agreed.approval:
            raise Refused("ceremony.votes", "The ceremony was opened with another approval.")
        self._now.opened = True

    def _cancelled(self, line: Line, _previous: str) -> None:
        """By its host, before it was opened."""
        if self._now.opened or self._roles.get(line.by) != "host":
            raise Refused("ceremony.order", f"Line {line.seq}: the host cancels what is not open.")
        reason = votes.comment_digest(line.details["reason"])
        self._check_signature(line, ABORT, 1, reason)
        self._now.end = "cancelled"

    def _began(self, line: Line, previous: str) -> None:
        """Perhaps once more, as after `restarted`: of what a worker doubts it writes no line."""
        now, code = self._now, self._step(line)["code"]
        now.begun, now.round, now.attested = True, now.round + 1, set()
        if line.details["round"] != str(now.round):
            raise Refused("ceremony.order", f"Line {line.seq}: another round of step {code}.")
        now.result = previous if code == CLOSE else ""
        now.given = line.details.get("given", "")

    def _acted(self, line: Line, _previous: str) -> None:
        """Once since the step began, before anybody has signed for what it made."""
        step, now = self._going_on(line), self._now
        if not step["act"] or now.result or now.attested:
            raise Refused("ceremony.order", f"Line {line.seq}: {line.step} makes nothing by then.")
        now.result = self._made[line.step] = line.details["result"]

    def _restarted(self, line: Line, _previous: str) -> None:
        self._going_on(line)
        self._now.begun = False

    def _attested(self, line: Line, _previous: str) -> None:
        step = self._going_on(line)
        if self._roles.get(line.by) not in step["attest"]:
            reason = f"Line {line.seq}: person {line.by} is not asked in step {step['code']}."
            raise Refused("ceremony.attestation_foreign", reason)
        self._check_signature(line, step["code"], self._now.round, self._now.result)
        self._now.attested.add(line.by)

    def _entered(self, line: Line, _previous: str) -> None:
        """What everybody had attested was put to use; in no drill."""
        if self._facts.drill:
            raise Refused("ceremony.drill", f"Line {line.seq}: a drill puts nothing to use.")
        self._confirmed(line)

    def _done(self, line: Line, _previous: str) -> None:
        self._confirmed(line)
        now = self._now
        now.step, now.begun, now.round = now.step + 1, False, 0

    def _abort_asked(self, line: Line, _previous: str) -> None:
        """By the first of two, and again by the second; not before the ceremony was opened."""
        self._step_any(line)
        reason = votes.comment_digest(line.details["reason"])
        if line.by not in self._roles:
            raise Refused(
                "ceremony.attestation_foreign", f"Line {line.seq}: person {line.by} is not present."
            )
        self._check_signature(line, ABORT, 1, reason)
        self._now.aborting[line.by] = reason

    def _aborted(self, line: Line, _previous: str) -> None:
        self._step_any(line)
        reasons = list(self._now.aborting.values())
        if not any(reasons.count(one) > 1 for one in reasons):
            raise Refused("ceremony.attestation_missing", "Two people end a ceremony, not one.")
        self._now.end = "aborted"

    def _finished(self, line: Line, _previous: str) -> None:
        self._step_any(line)
        if self._now.step < len(self._steps):
            code = self._steps[self._now.step]["code"]
            raise Refused("ceremony.step_missing", f"Step {code} was never finished.")
        self._now.end = "finished"

    def _unknown(self, line: Line, _previous: str) -> None:
        raise Refused("ceremony.line_unknown", f"Line {line.seq} says what no ceremony says.")

    # -- inside

    def _step_any(self, line: Line) -> None:
        if not self._now.opened:
            raise Refused("ceremony.order", f"Line {line.seq} stands before the opening.")

    def _step(self, line: Line) -> Mapping[str, Any]:
        self._step_any(line)
        if self._now.step >= len(self._steps) or self._steps[self._now.step]["code"] != line.step:
            raise Refused("ceremony.order", f"Line {line.seq}: it was not the turn of {line.step}.")
        return self._steps[self._now.step]

    def _going_on(self, line: Line) -> Mapping[str, Any]:
        step = self._step(line)
        if not self._now.begun:
            raise Refused("ceremony.order", f"Line {line.seq}: {line.step} had not begun.")
        return step

    def _confirmed(self, line: Line) -> None:
        """By everybody whom the step asks, over what it made."""
        step = self._going_on(line)
        for person, role in self._roles.items():
            if role in step["attest"] and person not in self._now.attested:
                raise Refused(
                    "ceremony.attestation_missing",
                    f"Step {step['code']}: the attestation of person {person} is missing.",
                )
        if step["act"]:
            self._check_result(step, line)

    def _check_result(self, step: Mapping[str, Any], line: Line) -> None:
        code, results = step["code"], self._record["results"]
        made = bytes.fromhex(results.get(code, ""))
        if digest(made) != self._now.result:
            reason = f"What step {code} made is not what was there before line {line.seq}."
            raise Refused("ceremony.result_changed", reason)
        ceremony_scripts.check_made(self._script, step["act"], results, made)

    def _check_signature(self, line: Line, step: str, round_: int, result: str) -> None:
        kept = self._signed.pop(line.seq, None)
        if kept is None:
            reason = f"Line {line.seq}: the attestation of person {line.by} is missing."
            raise Refused("ceremony.attestation_missing", reason)
        key, signed = bytes.fromhex(kept["public_key"]), kept["statement"].encode()
        where = f"Line {line.seq}"
        ceremony_votes.check_enrolled(
            where, kept, person=line.by, fingerprint=line.details["key"], agreed=self._agreed
        )
        if not statements.holds(key, signed, bytes.fromhex(kept["signature"])):
            reason = f"{where}: the signature is not over the statement."
            raise Refused("ceremony.signature", reason)
        at = json.loads(signed)["at"]
        said = fields(
            ceremony=self._script["number"],
            script=self._digest,
            step=step,
            round_=round_,
            result=result,
            person=int(line.by),
        )
        if statement(said, at=at) != signed:
            reason = f"Line {line.seq}: something else was signed: {signed.decode()}"
            raise Refused("ceremony.statement", reason)
        if abs(datetime.fromisoformat(line.at) - datetime.fromisoformat(at)) > votes.WITHIN:
            raise Refused("ceremony.time", f"Line {line.seq}: it was signed at {at}.")
        self._holders.signed(where, kept, line.by)
        self._facts.attestations += 1
        self._facts.keys[line.by] = statements.fingerprint(key)


_READERS = {
    "opened": _Reading._opened,
    "cancelled": _Reading._cancelled,
    "began": _Reading._began,
    "acted": _Reading._acted,
    "refused": _Reading._restarted,
    "restarted": _Reading._restarted,
    "attested": _Reading._attested,
    "entered": _Reading._entered,
    "done": _Reading._done,
    "abort_asked": _Reading._abort_asked,
    "aborted": _Reading._aborted,
    "finished": _Reading._finished,
}
