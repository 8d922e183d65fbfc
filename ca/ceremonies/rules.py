"""A key ceremony as a script: kinds, steps, people, and when each may go on (CPS 5.2.2, 6.1.1).

A kind is on offer when every act of its steps is one that this system does (`ACTS`).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from anxin.kernel import canonical
from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.states import Steps
from pki import ceremonies


class State(StrEnum):
    DRAFTED = "drafted"
    APPROVED = "approved"
    RUNNING = "running"
    FINISHED = "finished"
    ABORTED = "aborted"
    DROPPED = "dropped"  # nobody agreed to it, or it was taken back


STEPS = Steps(
    ("approve", [State.DRAFTED], State.APPROVED),
    ("drop", [State.DRAFTED], State.DROPPED),
    ("open", [State.APPROVED], State.RUNNING),
    ("finish", [State.RUNNING], State.FINISHED),
    ("abort", [State.RUNNING], State.ABORTED),
)


class StepState(StrEnum):
    WAITING = "waiting"
    ACTING = "acting"  # a worker is to do what the step does
    ASKED = "asked"  # for attestations
    DONE = "done"


STEP_STEPS = Steps(
    ("act", [StepState.WAITING], StepState.ACTING),
    ("ask", [StepState.WAITING, StepState.ACTING], StepState.ASKED),
    ("refuse", [StepState.ACTING], StepState.WAITING),
    ("restart", [StepState.ACTING, StepState.ASKED], StepState.WAITING),
    ("finish", [StepState.ASKED], StepState.DONE),
)


class Part(StrEnum):
    """What somebody is in a ceremony; nobody is two of them."""

    HOST = "host"
    CUSTODIAN = "custodian"
    WITNESS = "witness"
    AUDITOR = "auditor"


# The trusted role (people.api.Role) that each part takes, CPS 5.2.1.
ROLE_OF = {
    Part.HOST: "security_admin",
    Part.CUSTODIAN: "custodian",
    Part.WITNESS: "ca_admin",
    Part.AUDITOR: "auditor",
}
ALL = tuple(Part)

# Acts that this system does; the others stand in the table of kinds without being on offer.
ACTS = frozenset({"look", "make_key", "certify", "request", "enter"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who attests it, how long it may take, what the system does in it."""

    code: str
    attest: tuple[Part, ...] = ALL
    minutes: int = 10
    act: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of ceremony; `custodians` is how many take part at least (CPS 6.2.2)."""

    code: str
    cps: str
    steps: tuple[Step, ...]
    custodians: int = 2

    @property
    def offered(self) -> bool:
        """Whether it can be run here, now."""
        return all(not step.act or step.act in ACTS for step in self.steps)


_GATHER = Step("gather", minutes=15)
_DEVICE = Step("device", (Part.HOST, Part.WITNESS), act="look")
_CLOSE = Step(ceremonies.CLOSE, minutes=15)
_KEEPERS = (Part.CUSTODIAN, Part.WITNESS, Part.AUDITOR)


def _kind(code: str, cps: str, *steps: Step, custodians: int = 2) -> Kind:
    return Kind(code, cps, (_GATHER, _DEVICE, *steps, _CLOSE), custodians)


def _act(code: str) -> Step:
    return Step(code, _KEEPERS, act=code)


KINDS: dict[str, Kind] = {
    one.code: one
    for one in (
        _kind("generate_root", "6.1.1", _act("make_key"), _act("certify")),
        _kind("generate", "6.1.1", _act("make_key"), _act("request")),
        _kind("export_request", "6.1.1", _act("request")),
        _kind("import_certificate", "7.4", _act("enter")),
        _kind("initialise", "6.2.1", _act("initialise")),
        _kind("enrol_custodians", "6.4.1", _act("hand_out"), custodians=3),
        _kind("replace_custodian", "6.4.1", _act("hand_out"), custodians=3),
        _kind("activate", "6.2.8", _act("activate")),
        _kind("deactivate", "6.2.9", _act("deactivate")),
        _kind("backup", "6.2.4", _act("backup"), custodians=3),
        _kind("restore", "6.2.4", _act("restore"), custodians=3),
        _kind("rollover", "5.6", _act("link")),
        _kind("archive", "6.2.5", _act("archive")),
        _kind("destroy", "6.2.10", _act("destroy"), custodians=3),
        _kind("resplit", "6.2.8", _act("hand_out"), custodians=3),
    )
}
OFFERED = tuple(code for code, one in KINDS.items() if one.offered)
NAMING = frozenset({"generate_root", "generate", "export_request"})  # with a subject in the script
ALGORITHMS = ("sm2", "rsa-2048")  # CPS 6.1.5
DRILL = "drill-"  # what labels and codes of drills begin with, and no others do
DRILL_NAME = " DRILL"  # what their names end with
LABEL = re.compile(r"[a-z][a-z0-9-]{1,38}")
LONGEST = 60  # characters of the device's name
REASON = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the script."""

    id: int
    name: str
    part: Part


@dataclass(frozen=True, slots=True)
class Draft:
    """What a host writes; `issuer` is the external root's certificate (DER), for an import."""

    kind: str
    drill: bool
    device: str
    key: str
    algorithm: str = "sm2"
    organization: str = ""
    name: str = ""
    years: int = 10
    path_length: int = 0
    issuer: bytes = b""


def label_of(draft: Draft) -> str:
    """The label of the key: of a drill's own key it says so."""
    own = draft.kind in NAMING
    return f"{DRILL}{draft.key}" if draft.drill and own and not _of_drill(draft.key) else draft.key


def _of_drill(label: str) -> bool:
    return label.startswith(DRILL)


def check_draft(draft: Draft) -> None:
    """Refuses (INVALID) `ceremonies.kind`, `label`, `algorithm`, `device`, `subject`, `term`."""
    if draft.kind not in OFFERED:
        raise invalid("kind", "not on offer", field="kind")
    if not LABEL.fullmatch(draft.key) or (_of_drill(draft.key) and not draft.drill):
        raise invalid("label", "small letters, digits and hyphens", field="key")
    if draft.algorithm not in ALGORITHMS:
        raise invalid("algorithm", "not one of CPS 6.1.5", field="algorithm", cps="6.1.5")
    if not 1 <= len(draft.device.strip()) <= LONGEST:
        raise invalid("device", "name the device", field="device")
    if draft.kind in NAMING and not (draft.organization.strip() and draft.name.strip()):
        raise invalid("subject", "name the authority", field="name", cps="7.4")
    if not 1 <= draft.years <= 30 or not 0 <= draft.path_length <= 5:  # noqa: PLR2004 -- CPS 6.3.2
        raise invalid("term", "30 years at most", field="years", cps="6.3.2")


def check_people(
    people: Sequence[Person], held: Mapping[str, Collection[int]], *, custodians: int
) -> None:
    """Refuses two parts in one person, a part without its trusted role, and too few (CPS 5.2.2).

    `held`: the holders of each trusted role now.
    """
    ids = [one.id for one in people]
    twice = next((one for one in people if ids.count(one.id) > 1), None)
    if twice is not None:
        raise Refusal(
            Why.INVALID,
            "ceremonies.two_parts",
            f"{twice.id} stands in two parts",
            cps="5.2.4",
            field="custodians",
            name=twice.name,
        )
    for one in people:
        if one.id not in held[ROLE_OF[one.part]]:
            raise Refusal(
                Why.FORBIDDEN,
                "ceremonies.role_ended",
                f"{one.id} is no {ROLE_OF[one.part]} now",
                cps="5.2.1",
                name=one.name,
            )
    parts = [one.part for one in people]
    wanted = {Part.HOST: 1, Part.CUSTODIAN: custodians, Part.WITNESS: 1, Part.AUDITOR: 1}
    if any(parts.count(part) < count for part, count in wanted.items()):
        raise Refusal(
            Why.INVALID,
            "ceremonies.too_few",
            f"{custodians} custodians, a witness and an auditor",
            cps="6.2.2",
            field="custodians",
            custodians=custodians,
        )


def script(number: str, draft: Draft, people: Sequence[Person]) -> str:
    """The script as one line of canonical JSON; every value a string, as in votes."""
    kind = KINDS[draft.kind]
    plan: dict[str, str] = {}
    if draft.kind in NAMING:
        name = f"{draft.name.strip()}{DRILL_NAME if draft.drill else ''}"
        plan = {"C": "CN", "O": draft.organization.strip(), "CN": name}
    if draft.kind == "generate_root":
        plan |= {"years": str(draft.years), "path_length": str(draft.path_length)}
    if draft.kind == "import_certificate":
        plan = {"issuer": draft.issuer.hex()}
    return canonical.encode(
        {
            "format": ceremonies.SCRIPT,
            "number": number,
            "kind": kind.code,
            "cps": kind.cps,
            "drill": "yes" if draft.drill else "no",
            "device": draft.device.strip(),
            "key": label_of(draft),
            "algorithm": draft.algorithm,
            "people": [
                {"person": str(one.id), "name": one.name, "role": str(one.part)} for one in people
            ],
            "plan": plan,
            "steps": [
                {
                    "code": step.code,
                    "attest": [str(part) for part in step.attest],
                    "minutes": str(step.minutes),
                    "act": step.act,
                }
                for step in kind.steps
            ],
        }
    ).decode()


def people_of(said: Mapping[str, Any]) -> tuple[Person, ...]:
    """Those of a script."""
    return tuple(
        Person(int(one["person"]), one["name"], Part(one["role"])) for one in said["people"]
    )


def part_of(said: Mapping[str, Any], person_id: int | None, roles: Collection[str]) -> Person:
    """Who they are in this ceremony; refuses whoever is not present, or not in the role any more.

    (FORBIDDEN) `ceremonies.not_present`, `ceremonies.role_ended`.
    """
    found = next((one for one in people_of(said) if one.id == person_id), None)
    if found is None:
        raise Refusal(
            Why.FORBIDDEN, "ceremonies.not_present", "not one of those present", cps="5.2.2"
        )
    if ROLE_OF[found.part] not in roles:
        raise Refusal(
            Why.FORBIDDEN,
            "ceremonies.role_ended",
            f"no {ROLE_OF[found.part]} now",
            cps="5.2.1",
            name=found.name,
        )
    return found


def check_host(person: Person) -> None:
    """Refuses (FORBIDDEN) `ceremonies.not_host`."""
    if person.part != Part.HOST:
        raise Refusal(Why.FORBIDDEN, "ceremonies.not_host", "the host does that", cps="5.2.2")


def check_asked(person: Person, step: Mapping[str, Any], given: Collection[int]) -> None:
    """Refuses an attestation nobody asked for (FORBIDDEN), and a second one (CONFLICT)."""
    if person.part not in step["attest"]:
        raise Refusal(
            Why.FORBIDDEN, "ceremonies.not_asked", "this step is attested by others", cps="5.2.2"
        )
    if person.id in given:
        raise Refusal(Why.CONFLICT, "ceremonies.attested", "attested already")


def missing(
    said: Mapping[str, Any], step: Mapping[str, Any], given: Collection[int]
) -> list[Person]:
    """Who has yet to attest."""
    asked = [one for one in people_of(said) if one.part in step["attest"]]
    return [one for one in asked if one.id not in given]


def check_turn(states: Sequence[str], position: int) -> None:
    """Refuses (CONFLICT) a step before its turn."""
    if any(state != StepState.DONE for state in states[:position]):
        raise Refusal(Why.CONFLICT, "ceremonies.turn", "another step comes first", cps="5.2.2")


def check_reason(reason: str) -> str:
    """Why a ceremony is to end early."""
    plain = " ".join(reason.split())
    if not 4 <= len(plain) <= REASON:  # noqa: PLR2004
        raise invalid("reason", "say why", field="reason", most=REASON)
    return plain


def check_second(asked_by: int | None, person_id: int) -> None:
    """Refuses (FORBIDDEN) to end a ceremony alone; (CONFLICT) when nobody asked for it."""
    if asked_by is None:
        raise Refusal(Why.CONFLICT, "ceremonies.no_abort", "nobody asked to end it", cps="5.2.2")
    if asked_by == person_id:
        raise Refusal(
            Why.FORBIDDEN, "ceremonies.abort_alone", "two people end a ceremony", cps="5.2.2"
        )


def due_at(step: Mapping[str, Any], *, at: datetime) -> datetime:
    """When a step that begins now is over."""
    return at + timedelta(minutes=int(step["minutes"]))


def invalid(rule: str, reason: str, *, field: str, cps: str = "", **details: object) -> Refusal:
    return Refusal(Why.INVALID, f"ceremonies.{rule}", reason, cps=cps, field=field, **details)
