"""The room of a ceremony as one person sees it; the list of all."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from audit.log import subject_of
from ca.ceremonies import made, planned, queries, rules, transcript
from ca.ceremonies.kinds import Part
from ca.ceremonies.models import (
    Attestation,
    Ceremony,
    CeremonyLine,
    CeremonyPaper,
    CeremonyStep,
)
from ca.ceremonies.rules import Person, State, StepState
from ca.ceremonies.wording import ALGORITHMS, RULES
from ca.keys import queries as keys
from people.api import Waiting, key_fingerprint, staff_names, to_sign, waiting
from pki import ceremonies, readback
from pki.ceremony_votes import HOLD

PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One ceremony of the list."""

    number: str
    kind: str
    drill: bool
    state: str
    key: str
    host: str
    drafted_at: datetime
    own: bool  # the reader takes part in it


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the list on the left."""

    number: int
    code: str
    state: str
    asked: tuple[str, ...]  # parts
    minutes: str
    done_at: datetime | None
    made: bool  # something to be looked at


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody of the ceremony; `mark` is "", "asked" or "done" in the step that goes on."""

    name: str
    part: str
    me: bool
    mark: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One line; `note` is what it says besides."""

    seq: int
    at: datetime
    step: str
    what: str
    name: str
    note: str
    digest: str


@dataclass(frozen=True, slots=True)
class Now:
    """The step whose turn it is. `signs`: what the reader's browser signs, JSON; "": nothing."""

    code: str
    state: str
    round: int
    left: timedelta | None
    rules: str
    result: str
    told: tuple[tuple[str, str], ...]  # what it made, in words
    fault: Refusal | None
    needs_input: bool
    may_begin: bool
    signs: str
    mine: bool  # the reader is asked, and has not signed
    signed: bool  # the reader has
    missing: tuple[str, ...]  # names of those who have yet to sign


@dataclass(frozen=True, slots=True)
class Ending:
    """How an early end stands: asked by whom, why; whether the reader may ask or agree."""

    by: str
    reason: str
    may: bool


@dataclass(frozen=True, slots=True)
class Room:
    """A ceremony as its page shows it to one person."""

    number: str
    kind: str
    cps: str
    drill: bool
    state: str
    device: str
    key: str
    algorithm: str
    plan: tuple[tuple[str, str], ...]
    host: str
    script: str
    digest: str
    code: str
    words: tuple[str, ...]
    english: tuple[str, ...]
    people: tuple[Present, ...]
    steps: tuple[StepView, ...]
    done: int
    now: Now | None
    lines: tuple[LineView, ...]
    ending: Ending
    waiting: Waiting
    is_host: bool
    has_key: bool  # in use: without one the reader leads and signs nothing
    is_active: bool  # the signer, for this ceremony
    may_drop: bool
    is_over: bool
    has_paper: bool


def ceremonies_of(actor: Actor) -> tuple[Row, ...]:
    """The newest first."""
    rows = list(Ceremony.objects.order_by("-pk")[:PAGE])
    names = staff_names({row.host for row in rows})
    return tuple(
        Row(
            row.number,
            row.kind,
            row.drill,
            row.state,
            row.key_label,
            names.get(row.host, ""),
            row.drafted_at,
            any(one.id == actor.person_id for one in rules.people_of(queries.script_of(row))),
        )
        for row in rows
    )


def room(number: str, actor: Actor, *, at: datetime) -> Room:
    """Refuses `ceremonies.unknown`."""
    row = queries.ceremony(number)
    said = queries.script_of(row)
    people = rules.people_of(said)
    me = next((one for one in people if one.id == actor.person_id), None)
    steps = list(CeremonyStep.objects.filter(ceremony=row).order_by("position"))
    going_on = next((one for one in steps if one.state != StepState.DONE), None)
    running = row.state == State.RUNNING
    given = queries.given(going_on) if going_on else []
    host = me is not None and me.part == Part.HOST
    return Room(
        number=row.number,
        kind=row.kind,
        cps=said["cps"],
        drill=row.drill,
        state=row.state,
        device=said["device"],
        key=row.key_label,
        algorithm=str(ALGORITHMS.get(said["algorithm"], said["algorithm"])),
        plan=planned.told(said["plan"]),
        host=next(one.name for one in people if one.part == Part.HOST),
        script=json.dumps(said, ensure_ascii=False, indent=1),
        digest=row.digest,
        code=readback.digits(row.digest),
        words=readback.chinese(row.digest),
        english=readback.english(row.digest),
        people=tuple(_present(one, said, going_on, given, actor) for one in people),
        steps=_steps(said, steps),
        done=sum(one.state == StepState.DONE for one in steps),
        now=_now(row, said, going_on, me, given, at=at) if running and going_on else None,
        lines=_lines(row, people),
        ending=_ending(row, people, me),
        waiting=waiting(HOLD, subject_of(row), actor),
        is_host=host,
        has_key=me is not None and bool(key_fingerprint(me.id)),
        is_active=keys.active_for() == row.number,
        may_drop=host and row.state == State.DRAFTED,
        is_over=row.state in rules.OVER,
        has_paper=CeremonyPaper.objects.filter(ceremony=row).exists(),
    )


def _present(
    one: Person,
    said: Any,
    step: CeremonyStep | None,
    given: list[int],
    actor: Actor,
) -> Present:
    mark = ""
    if step is not None and step.state == StepState.ASKED:
        asked = one.part in said["steps"][step.position]["attest"]
        mark = "done" if one.id in given else "asked" if asked else ""
    return Present(one.name, one.part, one.id == actor.person_id, mark)


def _steps(said: Any, rows: list[CeremonyStep]) -> tuple[StepView, ...]:
    by_code = {row.code: row for row in rows}
    found = []
    for number, step in enumerate(said["steps"], 1):
        row = by_code.get(step["code"])
        state = row.state if row else StepState.WAITING
        made = bool(row and row.state == StepState.DONE and row.result is not None)
        done_at = row.done_at if row else None
        asked = tuple(step["attest"])
        found.append(StepView(number, step["code"], state, asked, step["minutes"], done_at, made))
    return tuple(found)


def _now(
    row: Ceremony,
    said: Any,
    step: CeremonyStep,
    me: Person | None,
    given: list[int],
    *,
    at: datetime,
) -> Now:
    written = said["steps"][step.position]
    asked = step.state == StepState.ASKED
    missing = rules.missing(said, written, given) if asked else []
    mine = me in missing
    signs = to_sign(me.id, queries.fields(row, step, me.id), at=at) if mine and me else ""
    left = step.due_at - at if step.due_at and step.state in rules.TIMED else None
    return Now(
        code=step.code,
        state=step.state,
        round=step.round,
        left=max(left, timedelta()) if left is not None else None,
        rules=str(RULES.get(step.code, "")),
        result=step.result_digest if asked else "",
        told=made.told(step.code, bytes(step.result or b"")) if asked else (),
        fault=queries.fault_in(step.fault),
        needs_input=rules.needs_input(written),
        may_begin=step.state == StepState.WAITING and me is not None and me.part == Part.HOST,
        signs=signs,
        mine=mine,
        signed=asked and me is not None and me.id in given,
        missing=tuple(one.name for one in missing),
    )


def signs_end(number: str, actor: Actor, *, at: datetime) -> str:
    """What the reader's browser signs to end a ceremony early, but for a reason not yet written."""
    row = queries.ceremony(number)
    person = rules.part_of(queries.script_of(row), actor.person_id, actor.roles)
    return to_sign(person.id, queries.abort_fields(row, person.id, row.abort_reason), at=at)


def _ending(row: Ceremony, people: tuple[Person, ...], me: Person | None) -> Ending:
    by = next((one.name for one in people if one.id == row.abort_by), "")
    may = row.state == State.RUNNING and me is not None and me.id != row.abort_by
    may |= row.state == State.APPROVED and me is not None and me.part == Part.HOST
    return Ending(by, row.abort_reason, may)


def _lines(row: Ceremony, people: tuple[Person, ...]) -> tuple[LineView, ...]:
    names = {str(one.id): one.name for one in people}
    signed = set(Attestation.objects.filter(line__ceremony=row).values_list("line_id", flat=True))
    found = []
    for kept in CeremonyLine.objects.filter(ceremony=row).order_by("-seq"):
        line = ceremonies.line_of(kept.text)
        note = transcript.note_of(line)
        if note == line.details.get("result"):
            note = note[:16]
        if kept.pk in signed and not note:
            note = line.details["key"][:16]
        found.append(
            LineView(
                line.seq, kept.at, line.step, line.what, names.get(line.by, ""), note, kept.digest
            )
        )
    return tuple(found)
