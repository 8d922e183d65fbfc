"""The end of an authority: states, what may be declared, and what comes next. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.states import Steps
from anxin.kernel.workdays import EARLIEST, day_of
from ca.endings import kinds
from ca.endings.kinds import CPS, Doer, Kind, Step

END = "ca.end_authority"  # people.api actions, CPS 5.7.3, 5.8
ABORT = "ca.abort_ending"
BATCH = 500  # certificates of one transaction
MOST_BATCHES = 40  # of one run of a worker; the next one goes on
LEAST_WORDS, KNOWN, NOTICE, NOTE, REPORT = 4, 1000, 4000, 200, 4000  # characters


class State(StrEnum):
    DECLARED = "declared"  # the committee has not decided
    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"
    ABORTED = "aborted"


STEPS = Steps(
    ("agree", [State.DECLARED], State.RUNNING),
    ("refuse", [State.DECLARED], State.REFUSED),
    ("finish", [State.RUNNING], State.FINISHED),
    ("abort", [State.RUNNING], State.ABORTED),
)
OPEN = (State.DECLARED, State.RUNNING)
GIVEN_UP = (State.REFUSED, State.ABORTED)


class StepState(StrEnum):
    WAITING = "waiting"
    ACTING = "acting"  # workers are at it
    DONE = "done"
    SET_ASIDE = "set_aside"  # not done, and a reason why


STEP_STEPS = Steps(
    ("begin", [StepState.WAITING], StepState.ACTING),
    ("finish", [StepState.WAITING, StepState.ACTING], StepState.DONE),
    ("set_aside", [StepState.WAITING, StepState.ACTING], StepState.SET_ASIDE),
)
OVER = (StepState.DONE, StepState.SET_ASIDE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What is said when an end is declared; `since`: from when the key is not to be trusted,
    `ends_on`: the last day of service, `notice`: what everybody will read.
    """

    kind: str
    authority: str
    known: str
    notice: str
    since: datetime | None = None
    ends_on: date | None = None
    drill: bool = False


def refused(rule: str, reason: str, *, cps: str, field: str = "", **details: object) -> Refusal:
    return Refusal(Why.INVALID, f"endings.{rule}", reason, cps=cps, field=field, **details)


def check_declaration(said: Declaration, *, at: datetime) -> None:
    """Refuses (INVALID) `endings.kind`, `words`, `since`, `too_soon`; each with its field."""
    if said.kind not in list(Kind):
        raise refused("kind", f"nothing ends as {said.kind}", cps="5.8", field="kind")
    clause = CPS[Kind(said.kind)]
    for field, most in (("known", KNOWN), ("notice", NOTICE)):
        check_words(getattr(said, field), most, cps=clause, field=field)
    if said.kind == Kind.COMPROMISE and (said.since is None or not EARLIEST <= said.since <= at):
        raise refused("since", "since when, and not from tomorrow", cps=clause, field="since")
    if said.kind == Kind.TERMINATION:
        check_notice_given(said.ends_on, at=at)


def check_words(text: str, most: int, *, cps: str, field: str) -> str:
    """The text, trimmed. Refuses `endings.words`."""
    plain = text.strip()
    if not LEAST_WORDS <= len(plain) <= most:
        raise refused("words", f"{LEAST_WORDS} to {most} characters", cps=cps, field=field)
    return plain


def check_notice_given(ends_on: date | None, *, at: datetime) -> None:
    """Refuses `endings.too_soon`: those affected are told 90 days ahead."""
    days = kinds.PARTIES_TOLD.days
    if ends_on is None or (ends_on - day_of(at)).days < days:
        raise refused("too_soon", f"{days} days ahead", cps="5.8", field="ends_on", days=days)


@dataclass(frozen=True, slots=True)
class Texts:
    """What goes out once it is agreed to, and (JSON: code, SM3) the authorities that end."""

    letter: str
    message: str
    authorities: str


def digest(number: str, said: Declaration, texts: Texts) -> str:
    """What the committee agrees to."""
    return canonical.digest(
        {
            "number": number,
            "kind": said.kind,
            "authority": said.authority,
            "authorities": texts.authorities,
            "known": said.known,
            "notice": said.notice,
            "letter": texts.letter,
            "message": texts.message,
            "since": said.since.astimezone(UTC).isoformat() if said.since else "",
            "ends_on": said.ends_on.isoformat() if said.ends_on else "",
            "drill": said.drill,
        }
    )


def check_runner(actor: Actor, *, cps: str) -> int:
    """Who declares ends and runs them; their id. Refuses `endings.role`."""
    if actor.person_id is None or not kinds.RUNNERS & set(actor.roles):
        raise Refusal(Why.FORBIDDEN, "endings.role", "another role runs this", cps=cps)
    return actor.person_id


def check_running(state: str, *, cps: str) -> None:
    if state != State.RUNNING:
        raise Refusal(Why.CONFLICT, "endings.not_running", f"it is {state}", cps=cps)


def missing(step: Step, states: Mapping[str, str]) -> list[str]:
    """The steps it still waits for."""
    return [code for code in step.needs if code in states and states[code] not in OVER]


@dataclass(frozen=True, slots=True)
class Progress:
    """How the steps of a run stand, and on which day those that are done were; its last day."""

    kind: str
    states: Mapping[str, str]
    days: Mapping[str, date]
    ends_on: date | None


def earliest(step: Step, run: Progress) -> date | None:
    """From which day on it may be begun: whoever is to be told has had the days of the law.

    None: at once, or nobody knows yet.
    """
    if not step.on_the_day or run.ends_on is None:
        return None
    ahead = {code: kinds.step_of(run.kind, code).ahead for code in step.needs}
    told = [run.days[code] + days for code, days in ahead.items() if days and code in run.days]
    return max([run.ends_on, *told])


def check_turn(step: Step, run: Progress, *, at: datetime) -> None:
    """Refuses (CONFLICT) `endings.turn`, `endings.too_early`."""
    if waits := missing(step, run.states):
        raise Refusal(Why.CONFLICT, "endings.turn", f"after {waits}", cps=step.cps)
    day = earliest(step, run)
    if day is not None and day_of(at) < day:
        raise Refusal(
            Why.CONFLICT, "endings.too_early", "not before the day", cps="5.8", day=str(day)
        )


def begins(kind: str, states: Mapping[str, str]) -> list[str]:
    """What the system begins by itself, now."""
    return [
        code
        for code, state in states.items()
        if state == StepState.WAITING and _begins(kinds.step_of(kind, code), states)
    ]


def _begins(step: Step, states: Mapping[str, str]) -> bool:
    by_itself = step.doer in {Doer.SYSTEM, Doer.ABOVE} and not step.by_hand
    return by_itself and not missing(step, states)


def check_by_people(step: Step, doer: Doer) -> None:
    """Refuses (CONFLICT) `endings.not_yours`: another does this one, or the system does."""
    if step.doer != doer:
        raise Refusal(Why.CONFLICT, "endings.not_yours", f"{step.doer} does it", cps=step.cps)


def check_by_hand(step: Step) -> None:
    if not step.by_hand:
        raise Refusal(Why.CONFLICT, "endings.not_yours", "it begins by itself", cps=step.cps)


def check_day(day: date | None, *, since: date, at: datetime, cps: str) -> date:
    """When something was done: neither tomorrow nor before the end was declared."""
    if day is None or not since <= day <= day_of(at):
        raise refused("day", "between the declaration and today", cps=cps, field="on_day")
    return day


def check_optional(step: Step) -> None:
    """Refuses (CONFLICT) `endings.must_be`."""
    if not step.optional:
        raise Refusal(Why.CONFLICT, "endings.must_be", f"{step.code} is done", cps=step.cps)


def check_abort(*, stays: bool, cps: str) -> None:
    """Refuses (CONFLICT) `endings.too_late` once anything is revoked, or revoking is over."""
    if stays:
        raise Refusal(Why.CONFLICT, "endings.too_late", "revocation began", cps=cps)


@dataclass(frozen=True, slots=True)
class Held:
    """A key ceremony. `key`: the label of its key; `follows`: of whom it made the next generation,
    by lineage.
    """

    kind: str
    state: str
    drill: bool
    key: str
    follows: str
    drafted_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The authority that ends. `above`: "root", "ours" or "external", whoever certifies it."""

    key: str
    lineage: str
    above: str


# Which new authority stands in for one that ends, besides a rollover of the very same
INSTEAD = {"root": "generate_root", "ours": "generate_subordinate", "external": "generate"}


def check_ceremony(
    step: Step, held: Held | None, ended: Ended, *, since: datetime, drill: bool
) -> Held:
    """Refuses (INVALID) `endings.ceremony`: one that is over, of the right kind and about this
    authority's key, drafted later than the declaration; a drill for a drill, whose keys are its
    own.
    """
    if held is not None and (
        (held.state, held.drill) == ("finished", drill)
        and held.kind in step.ceremonies
        and held.drafted_at >= since
        and (drill or _about(held, ended))
    ):
        return held
    raise refused("ceremony", f"not {held}", cps=step.cps, field="ceremony")


def _about(held: Held, ended: Ended) -> bool:
    if held.kind in kinds.PUTTING_AWAY:
        return held.key == ended.key
    if held.kind == "rollover":
        return held.follows == ended.lineage
    return held.kind == INSTEAD[ended.above]


class Left(StrEnum):
    """What may still stand when a run is to be reported as over."""

    CERTIFICATES = "certificates"  # in force, or on order
    OWN = "own"  # the authority's own certificate is not on its superior's list
    LISTS = "lists"  # something revoked is on no list
    DIRECTORY = "directory"  # something is still there, or a list is not the last


def check_nothing_stands(left: Collection[Left]) -> None:
    """Refuses (CONFLICT) `endings.left_certificates`, `left_own`, `left_lists`, `left_directory`,
    the first of them.
    """
    for one in Left:
        if one in left:
            raise Refusal(Why.CONFLICT, f"endings.left_{one}", "it still stands", cps="5.8")


def check_nothing_new(below: Collection[str], agreed: Collection[str]) -> None:
    """Refuses (CONFLICT) `endings.grown`: the committee knew nothing of an authority below."""
    if new := sorted({*below} - {*agreed}):
        raise Refusal(
            Why.CONFLICT, "endings.grown", "nobody agreed", cps="5.8", codes=", ".join(new)
        )


def done(states: Collection[str]) -> bool:
    return all(state in OVER for state in states)
