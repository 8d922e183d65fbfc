"""A ceremony as it is kept in its record, run by invented people with keys of their own."""

import json
from datetime import UTC, datetime, timedelta

from ca.ceremonies import rules
from ca.ceremonies.kinds import Part
from ca.ceremonies.rules import Draft, Person
from pki import ceremonies, statements
from tests.support.voting import Pen, pen

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PEOPLE = (
    Person(7, "唐书", Part.HOST),
    Person(8, "陆辰", Part.CUSTODIAN),
    Person(9, "秦岚", Part.CUSTODIAN),
    Person(10, "高远", Part.WITNESS),
    Person(11, "江晚", Part.AUDITOR),
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
)


def draft(**changes: object) -> Draft:
    return Draft(**({name: getattr(DRAFT, name) for name in DRAFT.__slots__} | changes))


class Room:
    """Writes a record line by line, as the services do."""

    def __init__(self, said: Draft = DRAFT, people: tuple[Person, ...] = PEOPLE) -> None:
        self.script = rules.script("KC-2026-001", said, people)
        self.said = json.loads(self.script)
        self.digest = ceremonies.digest(self.script.encode())
        self.lines: list[dict[str, str]] = []
        self.attestations: list[dict[str, object]] = []
        self.results: dict[str, str] = {}
        self.at = AT
        self.add("opened", "", 7, script=self.digest)

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
        enrolment = {"person": person, "key": person, "fingerprint": fingerprint}
        self.attestations.append(
            {
                "seq": seq,
                "statement": signed.decode(),
                "signature": key.sign(signed).hex(),
                "public_key": key.public.hex(),
                "enrolled_by": 100 + person,
                "enrolment": json.dumps(enrolment),
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
            self.results[code] = f"made in {code}".encode().hex()
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
        }

    def seal_again(self) -> None:
        """What a forger does who has changed a line: every digest after it is made anew."""
        previous = self.digest
        for line in self.lines:
            line["digest"] = previous = ceremonies.chained(previous, line["text"])
