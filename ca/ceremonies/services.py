"""A ceremony from its draft to its end (CPS 5.2.2, 6.1.1). What a step does, workers do:
`ca.ceremonies.working`.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal, Refusals
from anxin.kernel.jobs import enqueue
from anxin.kernel.locks import Work, wait_until_commit
from audit.log import advance, record, subject_of
from ca.ceremonies import authorities, proving, queries, rules, scripts, transcript
from ca.ceremonies.kinds import KINDS, Part
from ca.ceremonies.models import Ceremony, CeremonyStep
from ca.ceremonies.rules import Draft, Person, State, StepState
from people.api import (
    Approval,
    Role,
    SignedStatement,
    check_proved,
    check_signed,
    holders,
    key_fingerprint,
    open_approvals,
    propose,
    redeem,
    staff_names,
    staff_numbers,
)
from pki import ceremonies
from pki.ceremony_votes import HOLD


@transaction.atomic
def draft(
    said: Draft,
    *,
    custodians: list[int],
    witness: int,
    auditor: int,
    actor: Actor,
    at: datetime,
) -> str:
    """Write a script down; its number. Nothing is asked for yet.

    Refuses at once (Refusals) what `rules.faults`, `rules.check_people` and `queries.check_free`
    say; then what `authorities.check` refuses.
    """
    parts = [(actor.person_id or 0, Part.HOST), *((one, Part.CUSTODIAN) for one in custodians)]
    parts += [(witness, Part.WITNESS), (auditor, Part.AUDITOR)]
    ids = [person for person, _ in parts]
    names, numbers = staff_names(ids), staff_numbers(ids)
    people = [Person(one, names.get(one, ""), part, numbers.get(one, "")) for one, part in parts]
    _check(said, people, at=at)
    wait_until_commit(Work.NUMBER_CEREMONY, [b"\0" * 5])
    number = queries.next_number(at=at)
    script = scripts.script(number, said, people)
    authorities.check(json.loads(script), at=at)
    row = Ceremony.objects.create(
        state=State.DRAFTED,
        number=number,
        kind=said.kind,
        drill=said.drill,
        key_label=rules.label_of(said),
        script=script,
        digest=ceremonies.digest(script.encode()),
        host=actor.person_id or 0,
        drafted_at=at,
    )
    record(
        "ca.draft_ceremony",
        subject_of(row),
        actor=actor,
        at=at,
        number=number,
        of=said.kind,
        drill=said.drill,
        digest=row.digest,
    )
    return number


def _check(said: Draft, people: list[Person], *, at: datetime) -> None:
    """All that is wrong at once: one fault of a field, each at its own."""
    found = {one.field: one for one in rules.faults(said)}
    if "kind" not in found:
        held, custodians = queries.held(at=at), KINDS[said.kind].custodians
        for check in (
            partial(rules.check_people, people, held, custodians=custodians),
            partial(queries.check_free, said, at=at),
        ):
            try:
                check()
            except Refusal as refusal:
                found.setdefault(refusal.field, refusal)
    if found:
        raise Refusals(list(found.values()))


@transaction.atomic
def ask(number: str, *, actor: Actor, at: datetime) -> None:
    """Have two others agree to the script. Refuses `ceremonies.not_host`, `approval.*`."""
    row, _said, person = _present(number, actor)
    rules.check_host(person)
    rules.STEPS.after("approve", row.state)
    row.approval_id = propose(HOLD, _stated(row), subject=subject_of(row), actor=actor, at=at).id
    row.save(update_fields=["approval_id"])
    record("ca.ask_ceremony", subject_of(row), actor=actor, at=at, digest=row.digest)


@transaction.atomic
def discard(number: str, *, actor: Actor, at: datetime) -> None:
    """A draft that nobody was asked about. Refuses `ceremonies.asked` while an approval is open."""
    row, _said, person = _present(number, actor)
    rules.check_host(person)
    if open_approvals(HOLD, [subject_of(row)]):
        raise Refusal(Kind.CONFLICT, "ceremonies.asked", "take the approval back", cps="5.2.2")
    advance(row, "drop", actor=actor, at=at)


def approve(approval: Approval, *, ceremony: str, script: str, actor: Actor, at: datetime) -> None:
    """Named in `anxin/duties.py`; runs inside the deciding vote's transaction.

    Refuses (FORBIDDEN) `ceremonies.admin_agrees`: a CA administrator is one of those who agree.
    """
    row = queries.locked(ceremony)
    redeem(approval, HOLD, {"ceremony": ceremony, "script": script}, actor=actor, at=at)
    admins = {one.id for one in holders(Role.CA_ADMIN, at=at)}
    if not admins & {vote.checker_id for vote in approval.votes}:
        raise Refusal(
            Kind.FORBIDDEN, "ceremonies.admin_agrees", "a CA administrator agrees", cps="5.2.2"
        )
    advance(row, "approve", actor=actor, at=at, digest=row.digest)


def drop(_approval: Approval, *, ceremony: str, actor: Actor, at: datetime, **_: object) -> None:
    """Named in `anxin/duties.py`, after a no or a withdrawal."""
    advance(queries.locked(ceremony), "drop", actor=actor, at=at)


@transaction.atomic
def open_room(number: str, *, actor: Actor, at: datetime) -> None:
    """Begin: the transcript has its first line. Refuses `keys.needed`, and as
    `rules.check_people` does.
    """
    check_proved(actor, at=at)
    row, said, person = _present(number, actor)
    _check_leads(person)
    _check_everybody(said, at=at)
    row.opened_at = at
    row.save(update_fields=["opened_at"])
    advance(row, "open", actor=actor, at=at)
    for position, step in enumerate(said["steps"]):
        CeremonyStep.objects.create(
            ceremony=row, state=StepState.WAITING, position=position, code=step["code"]
        )
    transcript.append(
        row, "opened", actor=actor, at=at, script=row.digest, approval=str(row.approval_id)
    )


@transaction.atomic
def begin(number: str, code: str, *, given: str = "", actor: Actor, at: datetime) -> None:
    """The host begins the next step; its time runs from now on.

    Refuses `ceremonies.turn`, `ceremonies.given`, and what `open_room` refuses.
    """
    check_proved(actor, at=at)
    row, said, person = _present(number, actor)
    _check_leads(person)
    rules.check_running(row.state)
    _check_everybody(said, at=at)
    steps = list(CeremonyStep.objects.select_for_update().filter(ceremony=row).order_by("position"))
    step = queries.step_named(steps, code)
    rules.check_turn([one.state for one in steps], step.position)
    written = said["steps"][step.position]
    step.given = rules.check_given(written, given)
    step.round, step.began_at, step.due_at = step.round + 1, at, rules.due_at(written, at=at)
    step.fault = ""
    step.result_digest = transcript.head_of(row)[1] if code == ceremonies.CLOSE else ""
    step.save(update_fields=["given", "round", "began_at", "due_at", "fault", "result_digest"])
    advance(step, "act" if written["act"] else "ask", actor=actor, at=at, round=step.round)
    handed_in = {"given": rules.digest_of_given(step.given)} if step.given else {}
    transcript.append(row, "began", code, actor=actor, at=at, round=str(step.round), **handed_in)
    if written["act"]:
        enqueue("ca.run_ceremonies")


@transaction.atomic
def attest(number: str, code: str, *, actor: Actor, at: datetime) -> None:
    """One of those present confirms a step, signed; the last one ends it, and with it the ceremony.

    Refuses `ceremonies.not_asked`, `attested`, `closed`, `sessions.proof_old`, `keys.*`,
    `operators.uncertified`.
    """
    check_proved(actor, at=at)
    row, said, person = _present(number, actor)
    rules.check_running(row.state)
    rows = CeremonyStep.objects.select_for_update().filter(ceremony=row).order_by("position")
    step = queries.step_named(list(rows), code)
    rules.check_open(step.state, step.due_at, at=at)
    written = said["steps"][step.position]
    rules.check_asked(person, written, queries.given(step))
    signed = _signed(row, queries.fields(row, step, person.id), actor=actor, at=at)
    line = transcript.append(row, "attested", code, actor=actor, at=at, key=signed.fingerprint)
    transcript.keep(line, signed, step=step, round_=step.round, person_id=person.id)
    if rules.missing(said, written, queries.given(step)):
        return
    if rules.goes_live(said, written):
        advance(step, "enter", actor=actor, at=at, result=step.result_digest)
        enqueue("ca.run_ceremonies")
    else:
        end_step(row, step, said, actor=actor, at=at)


def end_step(
    row: Ceremony, step: CeremonyStep, said: Mapping[str, Any], *, actor: Actor, at: datetime
) -> None:
    """Attested, and in use where it is to be; the caller holds both rows."""
    step.done_at = at
    step.save(update_fields=["done_at"])
    advance(step, "finish", actor=actor, at=at, result=step.result_digest)
    transcript.append(row, "done", step.code, actor=actor, at=at)
    if step.position + 1 == len(said["steps"]):
        transcript.append(row, "finished", actor=actor, at=at)
        _end(row, "finish", actor=actor, at=at)


@transaction.atomic
def cancel(number: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """The host calls off what was agreed to and is not open yet; signed, with the reason.

    Refuses `ceremonies.not_host`, `ceremonies.reason`, and what `attest` refuses about keys.
    """
    check_proved(actor, at=at)
    row, _said, person = _present(number, actor)
    rules.check_host(person)
    rules.STEPS.after("cancel", row.state)
    why = rules.check_reason(reason)
    row.abort_by, row.abort_reason = person.id, why
    row.save(update_fields=["abort_by", "abort_reason"])
    _sign_end(row, "cancelled", person, why, actor=actor, at=at, script=row.digest)
    _end(row, "cancel", actor=actor, at=at)


@transaction.atomic
def end_early(number: str, *, reason: str = "", actor: Actor, at: datetime) -> bool:
    """Ask that a ceremony ends, or agree to it; whether it has ended. Both sign the reason.

    The second person's `reason` is not read: they agree to the one that was given. Refuses
    `ceremonies.reason`, `abort_alone`, `entering`, and what `attest` refuses about keys.
    """
    check_proved(actor, at=at)
    row, _said, person = _present(number, actor)
    rules.check_running(row.state)
    # A worker holds no row while it works: who begins a step, or attests last, holds this one.
    rules.check_none_works(row.steps.values_list("state", flat=True))
    second = row.abort_by is not None
    if second:
        rules.check_second(row.abort_by, person.id)
    why = row.abort_reason if second else rules.check_reason(reason)
    _sign_end(row, "abort_asked", person, why, actor=actor, at=at)
    if not second:
        row.abort_by, row.abort_reason = person.id, why
        row.save(update_fields=["abort_by", "abort_reason"])
        return False
    lost = queries.without_outcome(row)
    transcript.append(
        row, "aborted", lost, actor=actor, at=at, **({"unknown": lost} if lost else {})
    )
    _end(row, "abort", actor=actor, at=at)
    return True


def _sign_end(
    row: Ceremony,
    what: str,
    person: Person,
    why: str,
    *,
    actor: Actor,
    at: datetime,
    **details: str,
) -> None:
    """One line that says why it is to end, signed."""
    said = queries.abort_fields(row, person.id, why)
    signed = _signed(row, said, actor=actor, at=at)
    details |= {"key": signed.fingerprint, "reason": why}
    line = transcript.append(row, what, actor=actor, at=at, **details)
    transcript.keep(line, signed, step=None, round_=1, person_id=person.id)


def _signed(
    row: Ceremony, said: Mapping[str, str], *, actor: Actor, at: datetime
) -> SignedStatement:
    signed = check_signed(lambda on: ceremonies.statement(said, at=on), actor=actor, at=at)
    proving.check_signer(row, signed, int(said["person"]))
    return signed


def _end(row: Ceremony, verb: str, *, actor: Actor, at: datetime) -> None:
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    advance(row, verb, actor=actor, at=at, head=transcript.head_of(row)[1])
    enqueue("ca.run_ceremonies")  # its document
    enqueue("ca.tend_custody")  # the signer is sealed, if it was activated for this


def _present(number: str, actor: Actor) -> tuple[Ceremony, Mapping[str, Any], Person]:
    """The ceremony, its script, and who the actor is in it."""
    row = queries.locked(number)
    said = json.loads(row.script)
    return row, said, rules.part_of(said, actor.person_id, actor.roles)


def _check_leads(person: Person) -> None:
    """The host, who can sign what follows. Refuses (FORBIDDEN) `keys.needed`."""
    rules.check_host(person)
    if not key_fingerprint(person.id):
        raise Refusal(Kind.FORBIDDEN, "keys.needed", "the host signs, too", cps="5.2.3")


def _check_everybody(said: Mapping[str, Any], *, at: datetime) -> None:
    rules.check_people(
        rules.people_of(said),
        queries.held(at=at),
        custodians=KINDS[said["kind"]].custodians,
    )


def _stated(row: Ceremony) -> dict[str, str]:
    """What is agreed to."""
    return {"ceremony": row.number, "script": row.digest}
