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
from ca.endings.models import Ending, EndingNotice, EndingStep, Stop
from ca.endings.rules import ABORT, END, Declaration, State, StepState
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import below
from people.api import Approval, check_proved, propose, redeem, standing


@transaction.atomic
def declare(said: Declaration, *, actor: Actor, at: datetime) -> str:
    """Say that an authority ends, and ask the committee; the number of the run.

    A compromised authority issues nothing from this moment on, nor do those below it. A drill stops
    nobody. Refuses `endings.*` with field, and (CONFLICT) `endings.declared`.
    """
    check_proved(actor, at=at)
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
    texts = queries.texts_for(row)
    row.letter, row.message, row.authorities = texts.letter, texts.message, texts.authorities
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
    asked = propose(END, queries.payload(row), subject=subject_of(row), actor=actor, at=at)
    row.approval_id = asked.id
    row.save(update_fields=["approval_id"])


@transaction.atomic
def ask_again(number: str, *, actor: Actor, at: datetime) -> None:
    """After nobody decided in time, or it was taken back: what was stopped stays so meanwhile.

    Refuses (CONFLICT) `endings.asked` while the committee has it.
    """
    check_proved(actor, at=at)
    row = queries.locked(number)
    rules.check_runner(actor, cps=CPS[Kind(row.kind)])
    rules.STEPS.after("agree", row.state)
    if row.approval_id and standing(row.approval_id).is_open:
        raise Refusal(Why.CONFLICT, "endings.asked", "the committee has it", cps="5.8")
    _ask(row, actor=actor, at=at)


def agree(approval: Approval, *, ending: str, digest: str, actor: Actor, at: datetime) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction.

    Refuses `endings.too_soon`: the committee took too long for the day that was named;
    `endings.grown`: there is a new authority below, of which nobody told it.
    """
    row = queries.locked(ending)
    redeem(approval, END, {"ending": row.number, "digest": digest}, actor=actor, at=at)
    if digest != queries.digest_of(row):
        raise Refusal(Why.CONFLICT, "endings.changed", "not what was declared", cps="5.8")
    if row.kind == Kind.TERMINATION:
        rules.check_notice_given(row.ends_on, at=at)
    queries.check_nothing_new(row)
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


def refuse(approval: Approval, *, ending: str, actor: Actor, at: datetime, **_: object) -> None:
    """Named in `anxin/duties.py`, after a no: workers prove it and the authority issues again.

    Who takes it back alone lifts no stop: it can be asked for again, or refused.
    """
    row = queries.locked(ending)
    if queries.stopped_by(row) and not any(not one.grants for one in approval.votes):
        return
    _give_up(row, "refuse", warrant=approval.id, actor=actor, at=at)


# --- steps -------------------------------------------------------------------------------------


@transaction.atomic
def begin(number: str, code: str, *, actor: Actor, at: datetime) -> None:
    """Have the system begin what cannot be taken back. Refuses `endings.turn`, `too_early`, and
    `unproved`: as long as nothing is revoked the run can be broken off and declared anew.
    """
    check_proved(actor, at=at)
    row, step, spec, person = _mine(number, code, actor, at=at)
    rules.check_by_hand(spec)
    queries.check_agreed(row)
    queries.check_nothing_new(row)
    step.by = person
    step.save(update_fields=["by"])
    _act(row, step, actor=actor, at=at)
    enqueue("ca.run_endings")


@transaction.atomic
def confirm(
    number: str, code: str, *, note: str, on_day: date | None, actor: Actor, at: datetime
) -> None:
    """What people did elsewhere: what, and on which day. The report ends the run.

    Refuses `endings.turn`, `not_yours`, `words`, `day`; of the report `endings.left_*`, and as
    `link` does.
    """
    check_proved(actor, at=at)
    row, step, spec, person = _mine(number, code, actor, at=at)
    rules.check_by_people(spec, Doer.PEOPLE)
    most = rules.REPORT if code == kinds.REPORT else rules.NOTE
    text = rules.check_words(note, most, cps=spec.cps, field="note")
    if code == kinds.REPORT:
        queries.check_ceremonies(row)
        rules.check_nothing_stands(set() if row.drill else queries.left(row, at=at))
    since = day_of(row.declared_at)
    day = rules.check_day(on_day, since=since, at=at, cps=spec.cps)
    put_down(row, step, note=text, on_day=day, by=person, actor=actor, at=at)


@transaction.atomic
def link(number: str, code: str, ceremony: str, *, actor: Actor, at: datetime) -> None:
    """Name the key ceremony in which it was done. Refuses `endings.ceremony`,
    `ceremony_unproved`.
    """
    check_proved(actor, at=at)
    row, step, spec, person = _mine(number, code, actor, at=at)
    rules.check_by_people(spec, Doer.CEREMONY)
    queries.ceremony(row, code, ceremony.strip())
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
    rules.check_optional(spec)
    rules.check_turn(spec, queries.progress(row), at=at)
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
    rules.check_turn(spec, queries.progress(row), at=at)
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
    list(CertificateAuthority.objects.select_for_update().order_by("pk"))  # nobody begins meanwhile
    known = set(Stop.objects.filter(ending=row).values_list("ca", flat=True))
    concerned = below(row.ca_id)
    fresh = [one for one in concerned if one.pk not in known]
    Stop.objects.bulk_create(Stop(ca=one, ending=row, at=at) for one in fresh)
    ids = [one.pk for one in concerned if one.stopped_at is None]
    CertificateAuthority.objects.filter(pk__in=ids).update(stopped_at=at)
    for ca_id in ids:
        about = f"ca.certificateauthority:{ca_id}"
        record("ca.stop_authority", about, actor=actor, at=at, ending=row.number)
    return len(ids)


@transaction.atomic
def resume(row: Ending, *, at: datetime) -> None:
    """They issue again, but for those that another end keeps stopped. Workers do it, once they have
    proved who wants it so (`queries.check_given_up`).
    """
    list(CertificateAuthority.objects.select_for_update().order_by("pk"))
    mine = Stop.objects.filter(ending=row, lifted_at__isnull=True)
    ids = set(mine.values_list("ca", flat=True))
    mine.update(lifted_at=at)
    kept = Stop.objects.filter(ca__in=ids, lifted_at__isnull=True).values_list("ca", flat=True)
    for ca_id in sorted(ids - set(kept)):
        CertificateAuthority.objects.filter(pk=ca_id).update(stopped_at=None)
        about = f"ca.certificateauthority:{ca_id}"
        record("ca.resume_authority", about, actor=SYSTEM, at=at, ending=row.number)
        enqueue("ca.sign_orders", ca_id=ca_id)


@transaction.atomic
def ask_abort(number: str, *, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask the committee to break a run off. Refuses (CONFLICT) `endings.too_late`."""
    check_proved(actor, at=at)
    row = queries.locked(number)
    clause = CPS[Kind(row.kind)]
    rules.check_runner(actor, cps=clause)
    rules.check_running(row.state, cps=clause)
    rules.check_abort(stays=queries.stays(row), cps=clause)
    why = rules.check_words(reason, rules.NOTE, cps=clause, field="reason")
    payload = {"ending": row.number, "reason": why}
    return propose(ABORT, payload, subject=subject_of(row), actor=actor, at=at)


def abort(approval: Approval, *, ending: str, reason: str, actor: Actor, at: datetime) -> None:
    """Named in `anxin/duties.py`; the notice says so, and workers let what was stopped go on."""
    row = queries.locked(ending)
    redeem(approval, ABORT, {"ending": ending, "reason": reason}, actor=actor, at=at)
    rules.check_abort(stays=queries.stays(row), cps=CPS[Kind(row.kind)])
    row.abort_reason = reason
    row.save(update_fields=["abort_reason"])
    EndingNotice.objects.filter(ending=row).update(withdrawn_at=at)
    _give_up(row, "abort", warrant=approval.id, actor=actor, at=at)


def _give_up(row: Ending, verb: str, *, warrant: int, actor: Actor, at: datetime) -> None:
    row.end_warrant = warrant
    row.save(update_fields=["end_warrant"])
    _end(row, verb, actor=actor, at=at)
    enqueue("ca.run_endings")


def _end(row: Ending, verb: str, *, actor: Actor, at: datetime) -> None:
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    advance(row, verb, actor=actor, at=at, number=row.number)
