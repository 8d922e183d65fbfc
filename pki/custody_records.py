"""What became of the shares of the activation key, proved off the system (CPS 6.2.2, 6.2.8, 6.4).

A record holds what the signer and the custodians signed: who was handed which share, who received,
proved and brought it, for which offer; the votes that allowed it; and what the signer's own book
says of the same time. Times are the database's, and the book has to agree with them.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pki import shares, statements, votes
from pki.ceremony_keys import Holders
from pki.errors import BadSignature, Malformed, PkiError, Refused
from pki.signer import book, extracts
from pki.signer.custodyset import newcomers_digest
from pki.signer.protocol import HOME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pki.certificates import Certificate

RECORD = "anxin custody record 1"
HAND_OUT, DEACTIVATE = "ca.hand_out_shares", "ca.deactivate_keys"  # what is agreed to
RECEIVED = ("receipted", "held")  # states of a seat
USED = ("active", "ended")  # of an activation
PUT_IN_FORCE = ("in_force", "replaced")  # of a set
SLACK = timedelta(minutes=2)  # between the times of two processes of one act
GRACE = timedelta(seconds=10)  # until the book was surely read after it
SEALED = "locked"
ACTS = frozenset({"handed_out", "received", "share_taken", "activated"})  # of the book's events
Record = dict[str, Any]


@dataclass
class Facts:
    """What a record that holds says. `adopted`: sets known from the signer alone, without papers.

    `unrecorded`: lines of the book about acts of which the record knows nothing. `uncertified`:
    what was agreed to without a key that the operators' CA has certified for who voted.
    """

    signer: str
    counts: Counter[str] = field(default_factory=Counter)
    adopted: list[str] = field(default_factory=list)
    unrecorded: list[int] = field(default_factory=list)
    uncertified: list[str] = field(default_factory=list)
    book_begins: str = ""
    book_ends: str = ""
    head: str = ""


def read(content: bytes) -> Record:
    """Raises Malformed `custody.file`."""
    try:
        found = json.loads(content)
        known = found["format"] == RECORD
    except (ValueError, KeyError, TypeError) as problem:
        raise Malformed("custody.file", "This is no record of custody.") from problem
    if not known:
        raise Malformed("custody.file", "This record of custody has another format.")
    return dict(found)


def check(record: Record, issuer: Certificate | None = None) -> Facts:
    """Raises Refused `custody.*`, `vote.*` with the first thing that is wrong.

    Keys: identity (of the signer, SPKI as hex), sets with their seats, activations with their
    shares, drills, stops, votes (`pki.votes`), book (`pki.signer.extracts`): ca/custody/records.py.
    `issuer`: the CA of operators' certificates. With it they say whose the voters' keys are, and
    what none says is named; without it the votes by which keys were put to use (`pki.votes`).
    """
    try:
        return _Reading(record, issuer).facts()
    except Refused:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, PkiError) as problem:
        raise Malformed("custody.record", f"The record cannot be read: {problem!r}.") from problem


def check_whole(record: Record, whole: bytes) -> None:
    """The extract is what the signer's book says. Raises Refused `custody.book`, `book.*`."""
    book.check(whole)
    until = int(json.loads(record["book"]["statement"])["number"])
    if extracts.of(whole, until) != record["book"]["lines"]:
        raise Refused("custody.book", "This book says something else of custody.")


class _Book:
    """The signer's own lines, each of which stands for one act."""

    def __init__(self, kept: Mapping[str, Any], identity: bytes) -> None:
        said = _signed(kept["statement"], kept["signature"], identity, "The signer's book")
        lines: list[str] = kept["lines"]
        if said["what"] != extracts.EXTRACT or said["lines"] != extracts.digest(lines):
            raise Refused("custody.book", "These are not the lines that the signer signed.")
        self.lines = [json.loads(text) for text in book.each(lines)]
        numbers = [line["line"] for line in self.lines]
        if numbers != sorted(set(numbers)) or numbers[:1] != [1]:
            raise Refused("custody.book", "The lines of the book do not begin with its first.")
        self.begins, self.ends = _time(self.lines[0]["at"]), _time(said["at"])
        self.head = f"{said['number']} {said['head']}"

    def says(self, where: str, event: str, since: str, until: str | None, **said: Any) -> None:
        """Raises Refused `custody.not_in_book`; what it cannot know yet, or any more, passes."""
        begin, end = _time(since), _time(until) if until else self.ends
        if begin < self.begins - SLACK or end + GRACE > self.ends:
            return
        if not self.takes(event, begin, end, **said):
            raise Refused("custody.not_in_book", f"{where}: the signer's book does not say so.")

    def takes(self, event: str, begin: datetime, end: datetime, **said: Any) -> bool:
        """A line of that time, which stands for nothing else from now on."""
        for line in self.lines:
            fits = line["event"] == event and all(line.get(k) == v for k, v in said.items())
            if fits and begin - SLACK <= _time(line["at"]) <= end + SLACK:
                if event != SEALED:  # several orders are carried out at once
                    self.lines.remove(line)
                return True
        return False


class _Reading:
    """Goes through a record once."""

    def __init__(self, record: Record, issuer: Certificate | None) -> None:
        self._record = record
        self._holders = Holders([issuer] if issuer else [], {}, early=True)
        identity = bytes.fromhex(record["identity"])
        self._identity, self._facts = identity, Facts(statements.fingerprint(identity))
        self._book = _Book(record["book"], identity)
        self._sets: dict[int, Record] = {one["id"]: one for one in record["sets"]}

    def facts(self) -> Facts:
        if self._holders.issuers:
            for vote in self._record["votes"]:
                if vote["action"] != votes.ENROL:
                    votes.check(vote)
        else:
            votes.check_all(self._record["votes"])
        for kept in self._record["sets"]:
            self._set(kept)
        for one in self._record["activations"]:
            self._activation(one)
        for one in self._record["drills"]:
            self._drill(one)
        for one in self._record["stops"]:
            self._stop(one)
        facts, own = self._facts, self._book
        facts.unrecorded = [line["line"] for line in own.lines if line["event"] in ACTS]
        facts.book_begins, facts.book_ends = own.begins.isoformat(), own.ends.isoformat()
        facts.head = own.head
        return facts

    # -- handing out

    def _set(self, kept: Record) -> None:
        where = f"Set {kept['id']}"
        if kept["handed_out_at"] is None:
            if kept["state"] in PUT_IN_FORCE:
                self._facts.adopted.append(kept["code"])
            return
        self._agreed(where, kept["approval"], HAND_OUT, people=[s["person"] for s in kept["seats"]])
        self._book.says(where, "handed_out", kept["drafted_at"], kept["handed_out_at"])
        for seat in kept["seats"]:
            self._seat(where, kept, seat)
        self._check_resplit(where, kept)
        self._facts.counts["sets"] += 1

    def _seat(self, where: str, kept: Record, seat: Record) -> None:
        where = f"{where}, share {seat['number']}"
        said = _signed(seat["statement"], seat["signature"], self._identity, where)
        key = bytes.fromhex(seat["key"])
        own = {
            "what": shares.HANDED_OUT,
            "signer": self._facts.signer,
            "set": kept["code"],
            "number": str(seat["number"]),
            "person": str(seat["person"]),
            "key": statements.fingerprint(key),
            "check": seat["check"],
        }
        if said != own:
            raise Refused("custody.statement", f"{where}: something else was handed out: {said}.")
        if seat["state"] not in RECEIVED:
            if kept["state"] in PUT_IN_FORCE:
                raise Refused("custody.receipt_missing", f"{where}: nobody signed a receipt.")
            return
        receipt = shares.received(
            signer=own["signer"], set_id=own["set"], number=seat["number"], check=own["check"]
        )
        _check_by_custodian(where, key, receipt, seat["receipt"])
        if seat["state"] == "held":
            since, until = seat["received_at"], kept["in_force_at"]
            self._book.says(where, "received", since, until, number=seat["number"])
        self._facts.counts["receipts"] += 1

    def _check_resplit(self, where: str, kept: Record) -> None:
        """What was in force when it was handed out gave way by two of its own shares."""
        before = [one["in_force_at"] for one in self._record["sets"] if one["in_force_at"]]
        if not any(_time(at) < _time(kept["handed_out_at"]) for at in before):
            return
        named = newcomers_digest(kept["seats"])
        for one in self._record["activations"]:
            allowed = one["purpose"] == "resplit" and one["state"] in USED
            if allowed and json.loads(one["statement"])["newcomers"] == named:
                return
        raise Refused("custody.resplit", f"{where}: no two shares of the set before allowed it.")

    # -- use

    def _activation(self, one: Record) -> None:
        if not one["statement"]:
            return  # never offered
        where, kept = f"Activation {one['id']}", self._sets[one["set"]]
        said = _signed(one["statement"], one["signature"], self._identity, where)
        own = {name: str(one[name]) for name in ("purpose", "ceremony", "hours", "signatures")}
        own |= {"set": kept["code"], "signer": self._facts.signer}
        if not said["what"].startswith("anxin offer ") or own.items() - said.items():
            raise Refused("custody.statement", f"{where}: something else was offered: {said}.")
        keys = {seat["number"]: bytes.fromhex(seat["key"]) for seat in kept["seats"]}
        brought = [share for share in one["shares"] if share["state"] in ("accepted", "lapsed")]
        for share in brought:
            self._share(where, one, share, keys[share["number"]])
        self._facts.counts["shares"] += len(brought)
        if one["state"] in USED:
            self._check_used(where, one, brought)

    def _share(self, where: str, one: Record, share: Record, key: bytes) -> None:
        number, offer = share["number"], statements.digest(one["statement"].encode())
        where = f"{where}, share {number}"
        said = shares.bringing(offer, number, share["digest"])
        _check_by_custodian(where, key, said, share["signature"])
        since, until = share["brought_at"], share["settled_at"]
        if share["state"] == "lapsed":  # it may have come too late for the signer
            self._book.takes("share_taken", _time(since), _time(until), number=number)
        elif one["place"] == HOME:
            self._book.says(where, "share_taken", since, until, number=number)

    def _check_used(self, where: str, one: Record, brought: Sequence[Record]) -> None:
        if len({share["number"] for share in brought}) < shares.NEED:
            reason = f"{where}: {shares.NEED} custodians bring a share each, not {len(brought)}."
            raise Refused("custody.too_few", reason)
        since, until = one["offered_at"], one["active_at"]
        if one["purpose"] == "resplit":  # the book says so where the signer was active already
            self._book.takes("activated", _time(since), _time(until))
        elif one["place"] == HOME:
            self._book.says(where, "activated", since, until, purpose=one["purpose"])
        self._facts.counts["activations"] += 1

    def _drill(self, one: Record) -> None:
        if one["state"] != "proved":
            return
        kept, number = self._sets[one["set"]], one["number"]
        seat = next(seat for seat in kept["seats"] if seat["number"] == number)
        proof = shares.drilled(
            signer=kept["signer"],
            set_id=kept["code"],
            number=number,
            check=seat["check"],
            drill=one["challenge"],
        )
        key = bytes.fromhex(seat["key"])
        _check_by_custodian(f"Drill {one['id']}", key, proof, one["signature"])
        self._facts.counts["drills"] += 1

    def _stop(self, one: Record) -> None:
        if one["state"] == "refused":
            return  # nobody could prove it, and nothing was done for it
        if one["how"] == "orderly":
            self._agreed(f"Stop {one['id']}", one["approval"], DEACTIVATE, reason=one["reason"])
        if one["done_at"]:
            since, until = one["ordered_at"], one["done_at"]
            self._book.says(f"Stop {one['id']}", SEALED, since, until)
            self._facts.counts["stops"] += 1

    # -- inside

    def _agreed(self, where: str, approval: int, action: str, **said: Any) -> None:
        """Somebody else than who asked said yes to just this, and nobody no."""
        found = [one for one in self._record["votes"] if one["approval"] == approval]
        payloads = [json.loads(one["payload"]) for one in found]
        fits = all(own[name] == value for own in payloads for name, value in said.items())
        fits = fits and all(one["action"] == action and one["grants"] for one in found)
        if not found or not fits:
            raise Refused("custody.votes", f"{where}: nobody else agreed to it.")
        if self._holders.issuers and not all(self._certified(where, one) for one in found):
            self._facts.uncertified.append(where)

    def _certified(self, where: str, vote: Mapping[str, Any]) -> bool:
        if not vote["signature"] or not vote.get("certificate"):  # from before there were any
            return False
        try:
            self._holders.signed(where, vote, str(vote["voter"]))
        except (Refused, BadSignature):  # another CA's, or another person's
            return False
        return True


def _signed(statement: str, signature: str, identity: bytes, where: str) -> dict[str, str]:
    """What the signer said; raises Refused `custody.signer`."""
    if not statements.holds(identity, statement.encode(), bytes.fromhex(signature)):
        raise Refused("custody.signer", f"{where}: this was not signed by the signer.")
    return dict(json.loads(statement))


def _check_by_custodian(where: str, key: bytes, said: bytes, signature: str) -> None:
    if not statements.holds(key, said, bytes.fromhex(signature)):
        raise Refused("custody.signature", f"{where}: its custodian did not sign this.")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
