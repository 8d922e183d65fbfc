"""A key ceremony as a script: what it says, who takes part, when each may go on (CPS 5.2.2, 6.1.1).

Which kinds there are: `ca.ceremonies.kinds`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from ca.ceremonies.kinds import KINDS, LIVE, ROLE_OF, Part
from pki import ceremonies
from pki.signer.offers import DRILLS
from pki.signer.protocol import CA_CERTIFICATE, CERTIFICATE, CRL, REQUEST


class State(StrEnum):
    DRAFTED = "drafted"
    APPROVED = "approved"
    RUNNING = "running"
    FINISHED = "finished"
    ABORTED = "aborted"
    CANCELLED = "cancelled"  # agreed to, and called off by its host before it was opened
    DROPPED = "dropped"  # nobody agreed to it, or it was taken back


STEPS = Steps(
    ("approve", [State.DRAFTED], State.APPROVED),
    ("drop", [State.DRAFTED], State.DROPPED),
    ("open", [State.APPROVED], State.RUNNING),
    ("cancel", [State.APPROVED], State.CANCELLED),
    ("finish", [State.RUNNING], State.FINISHED),
    ("abort", [State.RUNNING], State.ABORTED),
)


class StepState(StrEnum):
    WAITING = "waiting"
    ACTING = "acting"  # a worker is to do what the step does
    ASKED = "asked"  # for attestations
    ENTERING = "entering"  # attested by all: a worker is to put to use what the step made
    DONE = "done"


STEP_STEPS = Steps(
    ("act", [StepState.WAITING], StepState.ACTING),
    ("ask", [StepState.WAITING, StepState.ACTING], StepState.ASKED),
    ("enter", [StepState.ASKED], StepState.ENTERING),
    ("refuse", [StepState.ACTING, StepState.ENTERING], StepState.WAITING),
    ("restart", [StepState.ACTING, StepState.ASKED], StepState.WAITING),
    ("finish", [StepState.ASKED, StepState.ENTERING], StepState.DONE),
)


NAMING = frozenset(
    {"generate_root", "generate_subordinate", "generate", "export_request", "rollover"}
)  # with a subject in the script
MAKING = ("generate_root", "generate_subordinate", "generate", "rollover")  # a key
CERTIFIED_HERE = ("generate_root", "generate_subordinate", "rollover")
UNLIMITED = "none"  # of a path length
TIMED = (StepState.ACTING, StepState.ASKED)  # people are waited for, or wait
WORK = (StepState.ACTING, StepState.ENTERING)  # of workers
OVER = (State.FINISHED, State.ABORTED, State.CANCELLED)
NOTHING_MADE = (State.DROPPED, State.CANCELLED)
ALGORITHMS = ("sm2", "rsa-2048")  # CPS 6.1.5
DRILL_NAME = " DRILL"  # what their names end with
LABEL = re.compile(r"[a-z][a-z0-9-]{1,38}")
LONGEST = 60  # characters of the device's name
LONGEST_TERM = 30  # years, CPS 6.3.2
DEEPEST = 5  # path length
BELOW, ROLLOVER, IMPORT = "generate_subordinate", "rollover", "import_certificate"
REASON = 200
MOST_GIVEN = 20_000  # characters of a certificate in PEM


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the script; `number`: of staff, as their certificate has it."""

    id: int
    name: str
    part: Part
    number: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a host writes. For an import: `issuer`, the external root's certificate, and `request`,
    what that root was asked for; both DER. `superior`: code of the authority that certifies it;
    of a rollover: `succeeds`, the code of the authority that ends, `lineage` and `generation`.
    `ending`: why a key is archived or destroyed.
    """

    kind: str
    drill: bool
    device: str
    key: str
    algorithm: str = "sm2"
    organization: str = ""
    name: str = ""
    years: int = 10
    path_length: int | None = 0
    superior: str = ""
    succeeds: str = ""
    lineage: str = ""
    generation: int = 1
    issuer: bytes = b""
    request: bytes = b""
    ending: str = ""


def kinds_of(said: Mapping[str, Any]) -> tuple[str, ...]:
    """What the key of a script may sign: certificates of people only at the end of a path."""
    plan = said["plan"]
    below = CERTIFICATE if plan["path_length"] == "0" else CA_CERTIFICATE
    if said["kind"] in CERTIFIED_HERE:
        alone = not plan.get("superior") or said["drill"] == "yes"  # a drill's key certifies itself
        own = (CA_CERTIFICATE,) if alone else ()
    else:
        own = (REQUEST,)
    return tuple(dict.fromkeys((*own, below, CRL)))


def path_length_of(plan: Mapping[str, str]) -> int | None:
    """As the script writes it."""
    said = plan["path_length"]
    return None if said == UNLIMITED else int(said)


def drill_label(label: str) -> str:
    """The same label, of a drill's own key."""
    return label if _of_drill(label) else f"{DRILLS}{label}"


def label_of(draft: Draft) -> str:
    """The label of the key: of a drill's own key it says so."""
    own = draft.kind in NAMING
    return drill_label(draft.key) if draft.drill and own else draft.key


def _of_drill(label: str) -> bool:
    return label.startswith(DRILLS)


def faults(draft: Draft) -> list[Refusal]:
    """All that is wrong with a draft, by field (INVALID): `ceremonies.kind` alone, or `label`,
    `algorithm`, `device`, and of its kind `request`, `issuer`, `superior`, `succeeds`,
    `organization`, `name`, `term`, `path_length`.
    """
    if draft.kind not in KINDS:
        return [invalid("kind", "no such kind", field="kind")]
    label_good = LABEL.fullmatch(draft.key) and (draft.drill or not _of_drill(draft.key))
    imports, named = draft.kind == IMPORT, draft.kind in NAMING
    wrong = (
        (not label_good, "label", "key", ""),
        (draft.algorithm not in ALGORITHMS, "algorithm", "algorithm", "6.1.5"),
        (not 1 <= len(draft.device.strip()) <= LONGEST, "device", "device", ""),
        (imports and not draft.request, "request", "request", "7.4"),
        (imports and not draft.issuer, "issuer", "issuer", "7.4"),
        (draft.kind == BELOW and not draft.superior, "superior", "superior", "7.4"),
        (draft.kind == ROLLOVER and not draft.succeeds, "succeeds", "succeeds", "5.6"),
        (named and not draft.organization.strip(), "organization", "organization", "7.4"),
        (named and not draft.name.strip(), "name", "name", "7.4"),
        (not 1 <= draft.years <= LONGEST_TERM, "term", "years", "6.3.2"),
        (not 0 <= (draft.path_length or 0) <= DEEPEST, "path_length", "path_length", "7.4"),
    )
    return [
        invalid(rule, f"its {field} will not do", field=field, cps=cps)
        for is_wrong, rule, field, cps in wrong
        if is_wrong
    ]


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
            Kind.INVALID,
            "ceremonies.two_parts",
            f"{twice.id} stands in two parts",
            cps="5.2.4",
            field="custodians",
            name=twice.name,
        )
    for one in people:
        if one.id not in held[ROLE_OF[one.part]]:
            raise Refusal(
                Kind.FORBIDDEN,
                "ceremonies.role_ended",
                f"{one.id} is no {ROLE_OF[one.part]} now",
                cps="5.2.1",
                name=one.name,
            )
    parts = [one.part for one in people]
    wanted = {Part.HOST: 1, Part.CUSTODIAN: custodians, Part.WITNESS: 1, Part.AUDITOR: 1}
    if any(parts.count(part) < count for part, count in wanted.items()):
        raise Refusal(
            Kind.INVALID,
            "ceremonies.too_few",
            f"{custodians} custodians, a witness and an auditor",
            cps="6.2.2",
            field="custodians",
            custodians=custodians,
        )


def people_of(said: Mapping[str, Any]) -> tuple[Person, ...]:
    """Those of a script."""
    return tuple(
        Person(int(one["person"]), one["name"], Part(one["role"]), one.get("number", ""))
        for one in said["people"]
    )


def part_of(said: Mapping[str, Any], person_id: int | None, roles: Collection[str]) -> Person:
    """Who they are in this ceremony; refuses whoever is not present, or not in the role any more.

    (FORBIDDEN) `ceremonies.not_present`, `ceremonies.role_ended`.
    """
    found = next((one for one in people_of(said) if one.id == person_id), None)
    if found is None:
        raise Refusal(
            Kind.FORBIDDEN, "ceremonies.not_present", "not one of those present", cps="5.2.2"
        )
    if ROLE_OF[found.part] not in roles:
        raise Refusal(
            Kind.FORBIDDEN,
            "ceremonies.role_ended",
            f"no {ROLE_OF[found.part]} now",
            cps="5.2.1",
            name=found.name,
        )
    return found


def check_host(person: Person) -> None:
    """Refuses (FORBIDDEN) `ceremonies.not_host`."""
    if person.part != Part.HOST:
        raise Refusal(Kind.FORBIDDEN, "ceremonies.not_host", "the host does that", cps="5.2.2")


def check_asked(person: Person, step: Mapping[str, Any], given: Collection[int]) -> None:
    """Refuses an attestation nobody asked for (FORBIDDEN), and a second one (CONFLICT)."""
    if person.part not in step["attest"]:
        raise Refusal(
            Kind.FORBIDDEN, "ceremonies.not_asked", "this step is attested by others", cps="5.2.2"
        )
    if person.id in given:
        raise Refusal(Kind.CONFLICT, "ceremonies.attested", "attested already")


def missing(
    said: Mapping[str, Any], step: Mapping[str, Any], given: Collection[int]
) -> list[Person]:
    """Who has yet to attest."""
    asked = [one for one in people_of(said) if one.part in step["attest"]]
    return [one for one in asked if one.id not in given]


def check_running(state: str) -> None:
    """Refuses (CONFLICT) what is done in a room that is not open."""
    if state != State.RUNNING:
        raise Refusal(Kind.CONFLICT, "ceremonies.not_running", f"it is {state}", cps="5.2.2")


def check_none_works(states: Collection[str]) -> None:
    """Refuses (CONFLICT) to end a ceremony while a worker may be at one of its steps: also one
    whose time is over, until it is begun anew, which a worker that is still at it prevents.
    """
    for state in states:
        if state in WORK:
            raise Refusal(Kind.CONFLICT, "ceremonies.entering", f"a step is {state}", cps="5.2.2")


def check_open(state: str, due: datetime | None, *, at: datetime) -> None:
    """Refuses (CONFLICT) to attest a step that is not asked for, or whose time is over."""
    if state != StepState.ASKED:
        raise Refusal(Kind.CONFLICT, "ceremonies.closed", f"the step is {state}", cps="5.2.2")
    if due is not None and at >= due:
        raise Refusal(Kind.CONFLICT, "ceremonies.late", "the step begins anew", cps="5.2.2")


def check_turn(states: Sequence[str], position: int) -> None:
    """Refuses (CONFLICT) a step before its turn."""
    if any(state != StepState.DONE for state in states[:position]):
        raise Refusal(Kind.CONFLICT, "ceremonies.turn", "another step comes first", cps="5.2.2")


def needs_input(step: Mapping[str, Any]) -> bool:
    """Whether the host hands something in before it begins."""
    return bool(step["act"] == "enter")


def check_given(step: Mapping[str, Any], given: str) -> str:
    """What a step needs before it begins; "" for a step that needs nothing."""
    if not needs_input(step):
        return ""
    if not given.strip() or len(given) > MOST_GIVEN:
        raise invalid("given", "the certificate in PEM", field="given", cps="7.4")
    return given.strip()


def digest_of_given(given: str) -> str:
    """What the transcript says of it; "" for nothing."""
    return ceremonies.digest(given.encode()) if given else ""


def goes_live(said: Mapping[str, Any], step: Mapping[str, Any]) -> bool:
    """Whether what the step makes is put to use once everybody has attested it; in no drill."""
    return step["act"] in LIVE and said["drill"] == "no"


def check_reason(reason: str) -> str:
    """Why a ceremony is to end early."""
    plain = " ".join(reason.split())
    if not 4 <= len(plain) <= REASON:  # noqa: PLR2004
        raise invalid("reason", "say why", field="reason", most=REASON)
    return plain


def check_second(asked_by: int | None, person_id: int) -> None:
    """Refuses (FORBIDDEN) to end a ceremony alone; (CONFLICT) when nobody asked for it."""
    if asked_by is None:
        raise Refusal(Kind.CONFLICT, "ceremonies.no_abort", "nobody asked to end it", cps="5.2.2")
    if asked_by == person_id:
        raise Refusal(
            Kind.FORBIDDEN, "ceremonies.abort_alone", "two people end a ceremony", cps="5.2.2"
        )


def due_at(step: Mapping[str, Any], *, at: datetime) -> datetime:
    """When a step that begins now is over."""
    return at + timedelta(minutes=int(step["minutes"]))


def invalid(rule: str, reason: str, *, field: str, cps: str = "", **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"ceremonies.{rule}", reason, cps=cps, field=field, **details)
