"""What the pages of an ending show: every step, how far it is, what is next and who does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import day_of
from audit.log import subject_of
from ca.crl.queries import latest
from ca.endings import kinds, queries, rules
from ca.endings.kinds import Doer, Step
from ca.endings.models import Ending, EndingStep
from ca.endings.rules import ABORT, END, Progress, State, StepState
from ca.hierarchy.queries import parsed
from people.api import Waiting, staff_names, waiting


@dataclass(frozen=True, slots=True)
class Line:
    """One run in the list."""

    number: str
    kind: str
    authority: str
    drill: bool
    state: str
    declared_by: str
    declared_at: datetime


def lines() -> list[Line]:
    """All runs, newest first."""
    rows = list(Ending.objects.select_related("ca").order_by("-pk"))
    names = staff_names({row.declared_by for row in rows})
    return [
        Line(
            number=row.number,
            kind=row.kind,
            authority=row.ca.code,
            drill=row.drill,
            state=row.state,
            declared_by=names.get(row.declared_by, ""),
            declared_at=row.declared_at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class StepView:
    """`mine`: this reader can do it now: "begin", "confirm", "link" or ""; `waits_for`: codes."""

    code: str
    state: str
    doer: str
    total: int
    counted: int
    note: str
    on_day: date | None
    by: str
    done_at: datetime | None
    fault: str
    due: date | None
    waits_for: tuple[str, ...]
    not_before: date | None
    mine: str
    may_leave_out: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One run. `waiting`: what the committee has before it; `scope`: the authorities that end, as
    they were declared; `stopped`: those that issue nothing because of it.
    """

    number: str
    kind: str
    authority: str
    subject: str
    sm3: str
    drill: bool
    state: str
    known: str
    notice: str
    since: datetime | None
    ends_on: date | None
    declared_by: str
    declared_at: datetime
    agreed_at: datetime | None
    ended_at: datetime | None
    abort_reason: str
    scope: tuple[str, ...]
    certificates: int
    steps: tuple[StepView, ...]
    waiting: tuple[Waiting, ...]
    may_ask_again: bool
    may_abort: bool
    letter: str
    message: str
    stopped: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return self.state in rules.OPEN

    @property
    def done(self) -> int:
        return sum(step.state in rules.OVER for step in self.steps)


def page(number: str, actor: Actor, *, at: datetime) -> Page:
    """Refuses `endings.unknown`."""
    row = queries.ending(number)
    steps = list(EndingStep.objects.filter(ending=row).order_by("position"))
    progress = queries.progress(row)
    names = staff_names({row.declared_by, *(step.by for step in steps if step.by)})
    runs = bool(actor.roles & kinds.RUNNERS)
    asked = [waiting(action, subject_of(row), actor) for action in (END, ABORT)]
    open_ones = tuple(one for one in asked if one.approval)
    certificate = parsed(bytes(row.ca.certificate or b""))
    return Page(
        number=row.number,
        kind=row.kind,
        authority=row.ca.code,
        subject=row.ca.subject,
        sm3=certificate.fingerprint_sm3,
        drill=row.drill,
        state=row.state,
        known=row.known,
        notice=row.notice,
        since=row.since,
        ends_on=row.ends_on,
        declared_by=names.get(row.declared_by, ""),
        declared_at=row.declared_at,
        agreed_at=row.agreed_at,
        ended_at=row.ended_at,
        abort_reason=row.abort_reason,
        scope=tuple(queries.agreed_codes(row)),
        certificates=queries.standing(row, at=at).count(),
        steps=tuple(_step(row, step, progress, names, runs=runs, at=at) for step in steps),
        waiting=open_ones,
        may_ask_again=runs and row.state == State.DECLARED and not open_ones,
        may_abort=runs and row.state == State.RUNNING and not open_ones and not queries.stays(row),
        letter=row.letter,
        message=row.message,
        stopped=tuple(queries.stopped_by(row)),
    )


def _step(
    row: Ending,
    step: EndingStep,
    run: Progress,
    names: Mapping[int, str],
    *,
    runs: bool,
    at: datetime,
) -> StepView:
    spec = kinds.step_of(row.kind, step.code)
    waits = tuple(rules.missing(spec, run.states))
    day = rules.earliest(spec, run)
    early = day is not None and day_of(at) < day
    on = row.state == State.RUNNING and not waits and runs and not early
    waiting_now = step.state == StepState.WAITING
    return StepView(
        code=step.code,
        state=step.state,
        doer=spec.doer,
        total=step.total,
        counted=step.counted,
        note=step.note,
        on_day=step.on_day,
        by=names.get(step.by or 0, ""),
        done_at=step.done_at,
        fault=step.fault,
        due=row.ends_on - spec.ahead if row.ends_on and spec.ahead else None,
        waits_for=waits,
        not_before=day if early else _key_free(row, spec),
        mine=_what(spec) if on and waiting_now else "",
        may_leave_out=on and step.state not in rules.OVER and spec.optional,
    )


def _key_free(row: Ending, spec: Step) -> date | None:
    """A key is put away once its certificate has ended (CPS 6.2.5): lists are signed until then."""
    return day_of(row.ca.not_after) if spec.code == kinds.KEYS and not row.drill else None


def _what(spec: Step) -> str:
    if spec.by_hand:
        return "begin"
    return {Doer.PEOPLE: "confirm", Doer.CEREMONY: "link"}.get(spec.doer, "")


def report(number: str, actor: Actor, *, at: datetime) -> tuple[Page, list[tuple[str, int, int]]]:
    """The page, and of each list that was issued for it, the superior's first: authority, number,
    entries.
    """
    found = page(number, actor, at=at)
    row = queries.ending(number)
    scope = queries.scope(row)
    above = [row.ca.parent] if row.ca.parent else []
    lists = [(one.code, latest(one.pk)) for one in (*above, *scope)]
    return found, [(code, last.number, last.entries) for code, last in lists if last]
