"""What workers do for ceremonies: the acts of steps, and steps whose time is over.

The row of a step is the job. An act is done between two transactions and can be done again; what
nobody rang for is found by the timetable.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from anxin.kernel import canonical
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from anxin.kernel.jobs import each
from anxin.kernel.locks import Work, held
from audit.log import advance
from ca.ceremonies import acts, proving, queries, rules, services, transcript, unused
from ca.ceremonies.jobs import Entropy, Job
from ca.ceremonies.kinds import KINDS
from ca.ceremonies.models import Ceremony, CeremonyStep
from ca.ceremonies.rules import State, StepState
from ca.ceremony_sentences import AT_SIGNER
from ca.keys import services as keys
from people.api import Alarm, Role, alert_staff, holders
from pki import ceremonies
from pki.errors import PkiError, TokenError

log = logging.getLogger(__name__)
FAULT = 400  # characters of a reason


def run(*, at: datetime, entropy: Entropy) -> int:
    """Do what waits, begin anew what is late; how many steps moved."""
    with held(Work.RUN_CEREMONY, queries.late(at=at)) as over:  # of no worker that goes on
        late = each(partial(_restart, at=at), over)
    with held(Work.RUN_CEREMONY, queries.to_do()) as mine:
        moved = late + each(partial(_do, at=at, entropy=entropy), mine)
    unused.revoke(at=at)
    return moved


def _do(step_id: int, *, at: datetime, entropy: Entropy) -> bool:
    """One act, or what follows from one, as far as people have signed for it."""
    step = CeremonyStep.objects.select_related("ceremony").get(pk=step_id)
    row = step.ceremony
    if step.state not in rules.WORK or row.state != State.RUNNING:
        return False
    try:
        proving.check(step)
    except Refusal as why:
        log.error("%s, step %s: %s", row.number, step.code, why.reason)  # noqa: TRY400
        return _doubt(step_id, step.round, why, at=at)
    said = queries.script_of(row)
    return _done(step, Job(said, step.given, row.opened_at or at, at, entropy))


def _done(step: CeremonyStep, job: Job) -> bool:
    """While the signer cannot be asked the step waits; an act only until its time is over."""
    try:
        if step.state == StepState.ENTERING:
            return _enter(step, job)
        return _settle(step.pk, step.round, _act(step, job), at=job.at)
    except (Refusal, PkiError) as why:
        if isinstance(why, TokenError) and not why.permanent:
            log.warning("%s, step %s waits: %s", job.said["number"], step.code, why.rule)
            return False
        return _refuse(step.pk, step.round, why, at=job.at)


def _act(step: CeremonyStep, job: Job) -> bytes:
    """Everybody still has the role of their part, and the signer is active for this."""
    rules.check_people(
        rules.people_of(job.said),
        queries.held(at=job.at),
        custodians=KINDS[job.said["kind"]].custodians,
    )
    acts.check_active(job, keys.health())
    return acts.ACTS[job.said["steps"][step.position]["act"]](job)


def _enter(step: CeremonyStep, job: Job) -> bool:
    """What everybody has attested is put to use; done again where a worker died."""
    act = job.said["steps"][step.position]["act"]
    health = keys.health()
    if not health["unlocked"]:
        return False  # what was attested is, and waits for the custodians
    acts.check_active(job, health)
    acts.LIVE[act](job, bytes(step.result or b""))
    return _finish(step.pk, step.round, job.said, at=job.at)


@transaction.atomic
def _finish(step_id: int, round_: int, said: Mapping[str, Any], *, at: datetime) -> bool:
    found = _still(step_id, round_)
    if found is None:
        return False
    row, step = found
    transcript.append(row, "entered", step.code, actor=SYSTEM, at=at, result=step.result_digest)
    services.end_step(row, step, said, actor=SYSTEM, at=at)
    return True


@transaction.atomic
def _doubt(step_id: int, round_: int, why: Refusal, *, at: datetime) -> bool:
    """Nothing is done for a step that nobody agreed to; security administrators and auditors are
    told. The transcript is left as it was found.
    """
    found = _still(step_id, round_)
    if found is None:
        return False
    _row, step = found
    step.fault = fault_of(why)
    step.save(update_fields=["fault"])
    advance(step, "refuse", actor=SYSTEM, at=at, rule=why.rule, fault=why.details["fault"])
    for role in (Role.SECURITY_ADMIN, Role.AUDITOR):
        for one in holders(role, at=at):
            alert_staff(one.id, Alarm.CEREMONY, actor=SYSTEM, at=at)
    return True


@transaction.atomic
def _settle(step_id: int, round_: int, made: bytes, *, at: datetime) -> bool:
    found = _still(step_id, round_)
    if found is None:
        return False
    row, step = found
    step.result, step.result_digest = made, ceremonies.digest(made)
    step.save(update_fields=["result", "result_digest"])
    advance(step, "ask", actor=SYSTEM, at=at, result=step.result_digest)
    transcript.append(row, "acted", step.code, actor=SYSTEM, at=at, result=step.result_digest)
    return True


@transaction.atomic
def _refuse(step_id: int, round_: int, why: Refusal | PkiError, *, at: datetime) -> bool:
    found = _still(step_id, round_)
    if found is None:
        return False
    row, step = found
    step.fault = fault_of(why)
    step.save(update_fields=["fault"])
    advance(step, "refuse", actor=SYSTEM, at=at, rule=why.rule)
    transcript.append(
        row, "refused", step.code, actor=SYSTEM, at=at, rule=why.rule, reason=why.reason[:FAULT]
    )
    return True


@transaction.atomic
def _restart(step_id: int, *, at: datetime) -> bool:
    """Attestations of this round count no more; the host begins the step again."""
    row = _row_of(step_id)
    step = CeremonyStep.objects.select_for_update().get(pk=step_id)
    over = step.due_at is not None and at >= step.due_at
    going_on = step.state in rules.TIMED and row.state == State.RUNNING
    if not over or not going_on:
        return False
    advance(step, "restart", actor=SYSTEM, at=at, round=step.round)
    transcript.append(row, "restarted", step.code, actor=SYSTEM, at=at, round=str(step.round))
    return True


def _row_of(step_id: int) -> Ceremony:
    """Locked first, as services do: nobody waits for each other."""
    return Ceremony.objects.select_for_update().get(steps=step_id)


def _still(step_id: int, round_: int) -> tuple[Ceremony, CeremonyStep] | None:
    row = _row_of(step_id)
    step = CeremonyStep.objects.select_for_update().get(pk=step_id)
    fits = step.state in rules.WORK and step.round == round_ and row.state == State.RUNNING
    return (row, step) if fits else None


def fault_of(why: Refusal | PkiError) -> str:
    """As JSON: rule, reason, clause, and what fills the sentence. Of the signer's own rules those
    with a sentence are told in it; any other is named.
    """
    details = why.details if isinstance(why, Refusal) else {"fault": why.rule}
    told = {name: str(value) for name, value in details.items()}
    cps = why.cps if isinstance(why, Refusal) else ""
    known = isinstance(why, Refusal) or why.rule in AT_SIGNER
    rule = why.rule if known else "ceremonies.act_refused"
    return canonical.encode(
        {"rule": rule, "reason": why.reason[:FAULT], "cps": cps, "details": told}
    ).decode()
