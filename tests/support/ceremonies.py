"""A ceremony as it is kept in its record, run by invented people with keys of their own."""

import json
from datetime import UTC, datetime, timedelta

from anxin.kernel import canonical
from ca.ceremonies import rules, scripts
from ca.ceremonies.kinds import Part
from ca.ceremonies.rules import Draft, Person
from pki import ceremonies, ceremony_votes, statements, votes
from pki.sm.sm3 import sm3
from tests.support.voting import Pen, pen

HOLD = ceremony_votes.HOLD
APPROVAL, VOTERS, ENROLS = 50, (8, 10), 99
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PEOPLE = (
    Person(7, "唐书", Part.HOST, "S-7"),
    Person(8, "陆辰", Part.CUSTODIAN, "S-8"),
    Person(9, "秦岚", Part.CUSTODIAN, "S-9"),
    Person(10, "高远", Part.WITNESS, "S-10"),
    Person(11, "江晚", Part.AUDITOR, "S-11"),
)
HELD = {
    "security_admin": {7},
    "custodian": {8, 9, 12},
    "ca_admin": {10},
    "auditor": {11},
}
DRAFT = Draft(
    kind="generate_root",
    drill=False,
    device="HSM-A 槽位 3",
    key="anxin-root",
    algorithm="sm2",
    organization="AnXin CA",
    name="AnXin Root CA",
    years=20,
    path_length=1,  # of one that certifies people there is more to make: its responder's key
)


def draft(**changes: object) -> Draft:
    if "kind" in changes:
        changes = {"path_length": 0} | changes
    return Draft(**({name: getattr(DRAFT, name) for name in DRAFT.__slots__} | changes))


def enrolment_of(person: int, key: Pen | None = None) -> str:
    """What two others agreed to: this key is this person's."""
    fingerprint = statements.fingerprint((key or pen(person)).public)
    return canonical.encode({"person": person, "key": person, "fingerprint": fingerprint}).decode()


def enrolling_vote(person: int) -> dict[str, object]:
    """By somebody who had no key then."""
    return {
        **_vote(votes.ENROL, 100 + person, enrolment_of(person), voter=ENROLS),
        **dict.fromkeys(("statement", "signature", "public_key", "enrolment"), ""),
        "key_due": False,
    }


def signed_vote(
    person: int, action: str, approval: int, payload: object, **changes: object
) -> dict[str, object]:
    key, at = pen(person), AT.isoformat()
    said = _vote(action, approval, canonical.encode(payload).decode(), voter=person) | changes
    statement = votes.statement(
        approval=said["approval"],
        action=action,
        digest=said["digest"],
        grants=said["grants"],
        comment=said["comment"],
        voter=person,
        at=at,
    )
    return {
        **said,
        "statement": statement.decode(),
        "signature": key.sign(statement).hex(),
        "public_key": key.public.hex(),
        "enrolled_by": 100 + person,
        "enrolment": enrolment_of(person),
    }


def _vote(action: str, approval: int, payload: str, *, voter: int) -> dict[str, object]:
    shown = b"[%s,%s]" % (json.dumps(action).encode(), payload.encode())
    return {
        "id": 1000 + approval + voter,
        "approval": approval,
        "action": action,
        "payload": payload,
        "digest": sm3(shown).hex(),
        "maker": 7 if action == HOLD else 98,
        "voter": voter,
        "grants": True,
        "comment": votes.comment_digest(""),
        "voted_at": AT.isoformat(),
        "key_due": True,
        "certificate": "",
    }


class Room:
    """Writes a record line by line, as the services do."""

    def __init__(self, said: Draft = DRAFT, people: tuple[Person, ...] = PEOPLE) -> None:
        self.script = scripts.script("KC-2026-001", said, people)
        self.said = json.loads(self.script)
        self.digest = ceremonies.digest(self.script.encode())
        self.lines: list[dict[str, str]] = []
        self.attestations: list[dict[str, object]] = []
        self.results: dict[str, str] = {}
        self.makes: dict[str, bytes] = {}
        self.at = AT
        self.votes = [self.vote(person) for person in VOTERS]
        self.votes += [enrolling_vote(one.id) for one in people]
        self.add("opened", "", 7, script=self.digest, approval=str(APPROVAL))

    @property
    def head(self) -> str:
        return self.lines[-1]["digest"] if self.lines else self.digest

    def add(self, what: str, step: str = "", by: int | str = "", **details: str) -> int:
        self.at += timedelta(seconds=5)
        seq = len(self.lines) + 1
        line = ceremonies.Line(seq, self.at.isoformat(), step, what, str(by), details).text()
        self.lines.append({"text": line, "digest": ceremonies.chained(self.head, line)})
        return seq

    def attest(
        self,
        step: str,
        person: int,
        result: str,
        *,
        round_: int = 1,
        what: str = "attested",
        key: Pen | None = None,
        **details: str,
    ) -> None:
        key = key or pen(person)
        said = ceremonies.fields(
            ceremony="KC-2026-001",
            script=self.digest,
            step=step,
            round_=round_,
            result=result,
            person=person,
        )
        signed = ceremonies.statement(said, at=self.at.isoformat())
        fingerprint = statements.fingerprint(key.public)
        on = "" if step == ceremonies.ABORT else step
        seq = self.add(what, on, person, key=fingerprint, **details)
        self.attestations.append(
            {
                "seq": seq,
                "statement": signed.decode(),
                "signature": key.sign(signed).hex(),
                "public_key": key.public.hex(),
                "enrolled_by": 100 + person,
                "enrolment": enrolment_of(person, key),
                "certificate": "",
            }
        )

    def step(self, number: int, *, without: int = 0) -> None:
        """One step from its beginning to its end."""
        step = self.said["steps"][number]
        code = step["code"]
        result = self.head if code == ceremonies.CLOSE else ""
        self.add("began", code, 7, round="1")
        if step["act"]:
            self.results[code] = self.makes.get(code, f"made in {code}".encode()).hex()
            result = ceremonies.digest(bytes.fromhex(self.results[code]))
            self.add("acted", code, "", result=result)
        for one in rules.missing(self.said, step, [without]):
            self.attest(code, one.id, result)
        self.add("done", code)

    def run(self, **how: int) -> "Room":
        for number in range(len(self.said["steps"])):
            self.step(number, **how)
        self.add("finished")
        return self

    def record(self) -> dict[str, object]:
        return {
            "format": ceremonies.RECORD,
            "script": self.script,
            "digest": self.digest,
            "lines": self.lines,
            "attestations": self.attestations,
            "results": self.results,
            "votes": self.votes,
        }

    def vote(self, person: int, **changes: object) -> dict[str, object]:
        """One vote for the script, signed."""
        agreed = {"ceremony": "KC-2026-001", "script": self.digest}
        return signed_vote(person, HOLD, APPROVAL, agreed, **changes)

    def seal_again(self) -> None:
        """What a forger does who has changed a line: every digest after it is made anew."""
        previous = self.digest
        for line in self.lines:
            line["digest"] = previous = ceremonies.chained(previous, line["text"])
