"""Declaring the end of an authority, and what people do in it (CPS 5.7.3, 5.8). What the system
does: `ca.endings.working`.
"""

from datetime import date, datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.jobs import announce, enqueue
from anxin.kernel.locks import Work, wait_until_commit
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from ca.endings import kinds, queries, rules
from ca.endings.kinds import CPS, Doer, Kind, Step
from ca.endings.models import Ending, EndingNotice, EndingStep
from ca.endings.rules import ABORT, END, Declaration, State, StepState
from ca.hierarchy.models import CertificateAuthority
from people.api import Approval, check_proved, propose, redeem, standing


@transaction.atomic
def declare(said: Declaration, *, actor: Actor, at: datetime) -> str:
    """Say that an authority ends, and ask the committee; the number of the run.

    A compromised authority issues nothing from this moment on, nor do those below it. A drill stops
    nobody. Refuses `endings.*` with field, and (CONFLICT) `endings.declared`.
    """
    rules.check_declaration(said, at=at)
    person = rules.check_runner(actor, cps=CPS[Kind(said.kind)])
    ca = queries.authority(said.authority)
    wait_until_commit(Work.NUMBER_ENDING, [b"\0" * 5])
    row = Ending(
        state=State.DECLARED,
        number=queries.next_number(at=at),
        kind=said.kind,
        ca=ca,
        drill=said.drill,
        known=said.known.strip(),
        notice=said.notice.strip(),
        since=said.since,
        ends_on=said.ends_on,
        declared_by=person,
        declared_at=at,
    )
    row.digest = queries.digest_of(row)
    with guarded(_declared(ca.code), by="an_authority_ends_once_at_a_time"):
        row.save(force_insert=True)
    record(
        "ca.declare_ending",
        subject_of(row),
        actor=actor,
        at=at,
        number=row.number,
        of=row.kind,
        authority=ca.code,
        drill=row.drill,
        digest=row.digest,
    )
    if row.kind == Kind.COMPROMISE:
        stop(row, actor=actor, at=at)
    _ask(row, actor=actor, at=at)
    return row.number


def _declared(code: str) -> Refusal:
    return Refusal(Why.CONFLICT, "endings.declared", f"{code} ends already", field="authority")


def _ask(row: Ending, *, actor: Actor, at: datetime) -> None:
    asked = propose(END, _payload(row), subject=subject_of(row), actor=actor, at=at)
    row.approval_id = asked.id
    row.save(update_fields=["approval_id"])


def _payload(row: Ending) -> dict[str, str]:
    return {"ending": row.number, "digest": row.digest}


@transaction.atomic
def ask_again(number: str, *, actor: Actor, at: datetime) -> None:
    """After nobody decided in time: what was stopped stays so meanwhile.

    Refuses (CONFLICT) `endings.asked` while the committee has it.
    """
    row = queries.locked(number)
    rules.check_runner(actor, cps=CPS[Kind(row.kind)])
    rules.STEPS.after("agree", row.state)
    if row.approval_id and standing(row.approval_id).is_open:
        raise Refusal(Why.CONFLICT, "endings.asked", "the committee has it", cps="5.8")
    _ask(row, actor=actor, at=at)


def agree(approval: Approval, *, ending: str, digest: str, actor: Actor, at: datetime) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction.

    Refuses `endings.too_soon`: the committee took too long for the day that was named.
    """
    row = queries.locked(ending)
    redeem(approval, END, {"ending": row.number, "digest": digest}, actor=actor, at=at)
    if digest != queries.digest_of(row):
        raise Refusal(Why.CONFLICT, "endings.changed", "not what was declared", cps="5.8")
    if row.kind == Kind.TERMINATION:
        rules.check_notice_given(row.ends_on, at=at)
    row.agreed_at = at
    row.save(update_fields=["agreed_at"])
    for place, code in enumerate(kinds.codes(row.kind, external=queries.is_external(row.ca))):
        EndingStep.objects.create(ending=row, state=StepState.WAITING, position=place, code=code)
    advance(row, "agree", actor=actor, at=at, number=row.number)
    if not row.drill:
        _publish(row, at=at)
    begin_ready(row, at=at)


def _publish(row: Ending, *, at: datetime) -> None:
    EndingNotice.objects.create(
        ending=row,
        number=row.number,
        kind=row.kind,
        code=row.ca.code,
        text=row.notice,
        since=row.since,
        ends_on=row.ends_on,
        published_at=at,
    )


def refuse(_approval: Approval, *, ending: str, actor: Actor, at: datetime, **_: object) -> None:
    """Named in `anxin/duties.py`, after a no or a withdrawal: the authority issues again."""
    row = queries.locked(ending)
    _end(row, "refuse", actor=actor, at=at)
    resume(row, actor=actor, at=at)


# --- steps -------------------------------------------------------------------------------------


@transaction.atomic
def begin(number: str, code: str, *, actor: Actor, at: datetime) -> None:
    """Have the system begin what cannot be taken back. Refuses `endings.turn`, `too_early`."""
    check_proved(actor, at=at)
    row, step, spec, person = _mine(number, code, actor, at=at)
    rules.check_by_hand(spec)
    step.by = person
    step.save(update_fields=["by"])
    _act(row, step, actor=actor, at=at)
    enqueue("ca.run_endings")


@transaction.atomic
def confirm(
    number: str, code: str, *, note: str, on_day: date | None, actor: Actor, at: datetime
) -> None:
    """What people did elsewhere: what, and on which day. The report ends the run.

    Refuses `endings.turn`, `not_yours`, `words`, `day`.
    """
    row, step, spec, person = _mine(number, code, actor, at=at)
    rules.check_by_people(spec, Doer.PEOPLE)
    most = rules.REPORT if code == kinds.REPORT else rules.NOTE
    text = rules.check_words(note, most, cps=spec.cps, field="note")
    since = day_of(row.declared_at)
    day = rules.check_day(on_day, since=since, at=at, cps=spec.cps)
    put_down(row, step, note=text, on_day=day, by=person, actor=actor, at=at)


@transaction.atomic
def link(number: str, code: str, ceremony: str, *, actor: Actor, at: datetime) -> None:
    """Name the key ceremony in which it was done. Refuses `endings.ceremony`."""
    row, step, spec, person = _mine(number, code, actor, at=at)
    rules.check_by_people(spec, Doer.CEREMONY)
    found = queries.ceremony(ceremony.strip())
    rules.check_ceremony(
        spec,
        state=found.state if found else "",
        kind=found.kind if found else "",
        drill=bool(found and found.drill),
        wanted_drill=row.drill,
        later=bool(found and found.drafted_at >= row.declared_at),
    )
    put_down(row, step, note=ceremony.strip(), on_day=day_of(at), by=person, actor=actor, at=at)


@transaction.atomic
def set_aside(number: str, code: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """Leave a step out, and say why. Refuses `endings.must_be`, `words`."""
    check_proved(actor, at=at)
    row = queries.locked(number)
    spec = kinds.step_of(row.kind, code)
    person = rules.check_runner(actor, cps=spec.cps)
    rules.check_running(row.state, cps=spec.cps)
    step = queries.step_of(row, code)
    rules.check_optional(spec, begun=step.state == StepState.ACTING)
    rules.check_turn(spec, queries.states(row), ends_on=row.ends_on, at=at)
    step.note = rules.check_words(reason, rules.NOTE, cps=spec.cps, field="reason")
    step.by, step.done_at = person, at
    step.save(update_fields=["note", "by", "done_at"])
    advance(step, "set_aside", actor=actor, at=at, step=code)
    begin_ready(row, at=at)


def _mine(
    number: str, code: str, actor: Actor, *, at: datetime
) -> tuple[Ending, EndingStep, Step, int]:
    """The run, a step of it that is on, what the table says of it, and who acts."""
    row = queries.locked(number)
    step = queries.step_of(row, code)
    spec = kinds.step_of(row.kind, code)
    person = rules.check_runner(actor, cps=spec.cps)
    rules.check_running(row.state, cps=spec.cps)
    rules.STEP_STEPS.after("begin", step.state)
    rules.check_turn(spec, queries.states(row), ends_on=row.ends_on, at=at)
    return row, step, spec, person


def put_down(
    row: Ending,
    step: EndingStep,
    *,
    note: str,
    on_day: date | None,
    by: int | None,
    actor: Actor,
    at: datetime,
) -> None:
    """A step is done; what has waited for it begins, and after the last one the run is over."""
    step.note, step.on_day, step.by, step.done_at, step.fault = note, on_day, by, at, ""
    step.save(update_fields=["note", "on_day", "by", "done_at", "fault"])
    advance(step, "finish", actor=actor, at=at, step=step.code, counted=step.counted)
    begin_ready(row, at=at)
    if rules.done(queries.states(row).values()):
        _end(row, "finish", actor=actor, at=at)


def begin_ready(row: Ending, *, at: datetime) -> None:
    """What the system does by itself and waits for nothing more."""
    for code in rules.begins(row.kind, queries.states(row)):
        _act(row, queries.step_of(row, code), actor=SYSTEM, at=at)
    announce("ca.ending_goes_on")


def _act(row: Ending, step: EndingStep, *, actor: Actor, at: datetime) -> None:
    step.began_at = at
    step.save(update_fields=["began_at"])
    advance(step, "begin", actor=actor, at=at, step=step.code, number=row.number)


# --- stop and go on ----------------------------------------------------------------------------


def stop(row: Ending, *, actor: Actor, at: datetime) -> int:
    """The authorities concerned issue nothing from now on; how many were stopped by this."""
    if row.drill:
        return 0
    ids = [one.pk for one in queries.scope(row) if one.stopped_at is None]
    CertificateAuthority.objects.filter(pk__in=ids, stopped_at__isnull=True).update(stopped_at=at)
    for ca_id in ids:
        about = f"ca.certificateauthority:{ca_id}"
        record("ca.stop_authority", about, actor=actor, at=at, ending=row.number)
    return len(ids)


def resume(row: Ending, *, actor: Actor, at: datetime) -> None:
    """They issue again, but for those that another end keeps stopped."""
    if row.drill:
        return
    others = Ending.objects.filter(state__in=rules.OPEN, drill=False).exclude(pk=row.pk)
    kept = {one.pk for other in others.select_related("ca") for one in queries.scope(other)}
    ids = [one.pk for one in queries.scope(row) if one.stopped_at and one.pk not in kept]
    CertificateAuthority.objects.filter(pk__in=ids).update(stopped_at=None)
    for ca_id in ids:
        about = f"ca.certificateauthority:{ca_id}"
        record("ca.resume_authority", about, actor=actor, at=at, ending=row.number)
        enqueue("ca.sign_orders", ca_id=ca_id)


@transaction.atomic
def ask_abort(number: str, *, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask the committee to break a run off. Refuses (CONFLICT) `endings.too_late`."""
    row = queries.locked(number)
    clause = CPS[Kind(row.kind)]
    rules.check_runner(actor, cps=clause)
    rules.check_running(row.state, cps=clause)
    rules.check_abort(row.kind, queries.states(row))
    why = rules.check_words(reason, rules.NOTE, cps=clause, field="reason")
    payload = {"ending": row.number, "reason": why}
    return propose(ABORT, payload, subject=subject_of(row), actor=actor, at=at)


def abort(approval: Approval, *, ending: str, reason: str, actor: Actor, at: datetime) -> None:
    """Named in `anxin/duties.py`; the notice says so, what was stopped goes on."""
    row = queries.locked(ending)
    redeem(approval, ABORT, {"ending": ending, "reason": reason}, actor=actor, at=at)
    rules.check_abort(row.kind, queries.states(row))
    row.abort_reason = reason
    row.save(update_fields=["abort_reason"])
    EndingNotice.objects.filter(ending=row).update(withdrawn_at=at)
    _end(row, "abort", actor=actor, at=at)
    resume(row, actor=actor, at=at)


def _end(row: Ending, verb: str, *, actor: Actor, at: datetime) -> None:
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    advance(row, verb, actor=actor, at=at, number=row.number)
