"""What the system does in the end of an authority. The row is the job: each batch is on record with
the count of its step, so a run can be broken off anywhere and goes on where it was.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from anxin.kernel.jobs import each, enqueue
from anxin.kernel.locks import Work, held
from audit.log import record, subject_of
from ca.crl.queries import latest, unlisted
from ca.crl.services import issue_crl
from ca.directory.queries import behind, there_or_behind
from ca.directory.services import withdraw
from ca.endings import kinds, queries, rules, services
from ca.endings.kinds import Doer, Kind
from ca.endings.models import Ending, EndingStep, Stop
from ca.endings.rules import State, StepState
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import below
from ca.issuing.models import Certificate
from ca.revocation.above import revoke_authority, revoke_links
from ca.revocation.models import AuthorityRevocation, LinkRevocation
from ca.revocation.rules import END_REASONS, End
from ca.revocation.services import revoke_all
from pki.crls import Entry

log = logging.getLogger(__name__)
Act = Callable[[Ending, EndingStep, datetime], bool]
CAUSES = {Kind.COMPROMISE: End.COMPROMISE, Kind.TERMINATION: End.TERMINATION}
# Of a batch that is to be revoked, and nothing more: certificates have kilobytes
COLUMNS = ("state", "ca_id", "serial", "not_after", "held_at")


def run(*, at: datetime, most: int = rules.MOST_BATCHES) -> int:
    """Go on with every end that is running; how many steps were finished."""
    stops = Stop.objects.filter(lifted_at__isnull=True, ending__state__in=rules.GIVEN_UP)
    each(partial(_let_go, at=at), {*stops.values_list("ending", flat=True)})
    ids = list(Ending.objects.filter(state=State.RUNNING).values_list("pk", flat=True))
    return each(partial(_run, at=at, most=most), ids)


def _let_go(ending_id: int, *, at: datetime) -> bool:
    """Have those go on whose end the committee did not agree to, or had aborted."""
    row = Ending.objects.get(pk=ending_id)
    try:
        queries.check_given_up(row)
    except Refusal as refusal:
        log.error("%s: it stays stopped: %s", row.number, refusal)  # noqa: TRY400
        return False
    services.resume(row, at=at)
    return True


def _run(ending_id: int, *, at: datetime, most: int) -> int:
    with held(Work.RUN_ENDING, [ending_id]) as mine:
        return _go_on(ending_id, at=at, most=most) if mine else 0


def _go_on(ending_id: int, *, at: datetime, most: int) -> int:
    row = Ending.objects.select_related("ca").get(pk=ending_id)
    try:
        queries.check_agreed(row)
    except Refusal as refusal:
        log.error("%s: %s", row.number, refusal)  # noqa: TRY400
        _doubt(row, refusal, at=at)
        return 0
    finished = 0
    while done := each(partial(_step, row, at=at, most=most), _acting(row)):
        finished += done  # which may have begun others
    return finished


@transaction.atomic
def _doubt(row: Ending, why: Refusal, *, at: datetime) -> None:
    """What nobody agreed to is not done; the page and the journal say so, once."""
    steps = EndingStep.objects.filter(ending=row, state=StepState.ACTING)
    if steps.exclude(fault=why.rule).update(fault=why.rule):
        about, told = subject_of(row), {"rule": why.rule}
        record("ca.end_authority", about, actor=SYSTEM, at=at, outcome="refused", **told)


def _acting(row: Ending) -> list[EndingStep]:
    return list(EndingStep.objects.filter(ending=row, state=StepState.ACTING).order_by("position"))


def _step(row: Ending, step: EndingStep, *, at: datetime, most: int) -> bool:
    """Whether this round has finished it."""
    spec = kinds.step_of(row.kind, step.code)
    if spec.doer is Doer.ABOVE and not row.drill:
        return False
    try:
        rules.check_turn(spec, queries.progress(row), at=at)
    except Refusal as refusal:  # begun by somebody who asked no service
        log.error("%s, %s: %s", row.number, step.code, refusal)  # noqa: TRY400
        return False
    act = _rehearse if row.drill else ACTS[step.code]
    if not _all_of(act, row, step, at=at, most=most):
        return False
    return _finish(row.pk, step.code, at=at)


def _all_of(act: Act, row: Ending, step: EndingStep, *, at: datetime, most: int) -> bool:
    """Batch after batch; whether the step is over. Only `revoke` comes in batches."""
    batches = most if step.code == kinds.REVOKE else 1
    return any(act(row, step, at) for _ in range(batches))


@transaction.atomic
def _finish(ending_id: int, code: str, *, at: datetime) -> bool:
    """Unless the run is over meanwhile."""
    row = Ending.objects.select_for_update(of=("self",)).select_related("ca").get(pk=ending_id)
    step = queries.step_of(row, code)
    if (row.state, step.state) != (State.RUNNING, StepState.ACTING):
        return False
    services.put_down(row, step, note="", on_day=None, by=step.by, actor=SYSTEM, at=at)
    return True


def _note(step: EndingStep, *, fault: str = "", **counted: int) -> None:
    EndingStep.objects.filter(pk=step.pk).update(fault=fault, **counted)


# --- acts: whether the step is over ------------------------------------------------------------


@transaction.atomic
def _stop(row: Ending, step: EndingStep, at: datetime) -> bool:
    services.stop(row, actor=SYSTEM, at=at)
    count = len(queries.scope(row))
    _note(step, total=count, counted=count)
    return True


@transaction.atomic
def _revoke(row: Ending, step: EndingStep, at: datetime) -> bool:
    """The authorities' own certificates first: who fetches the superior's list knows enough."""
    row = queries.locked(row.number)  # nobody has it aborted meanwhile
    step = EndingStep.objects.select_for_update().get(pk=step.pk)
    if (row.state, step.state) != (State.RUNNING, StepState.ACTING):
        return False
    why = CAUSES[Kind(row.kind)]
    if not step.last:
        _begin_revoking(row, step, why, at=at)
    rows = list(_next_batch(row, at=at))
    if not rows:
        return True
    revoke_all(rows, why, ending=row.pk, invalid_since=row.since, at=at)
    step.counted += len(rows)
    step.last = rows[-1].pk
    _note(step, counted=step.counted, last=step.last, total=max(step.total, step.counted))
    return False


def _begin_revoking(row: Ending, step: EndingStep, why: End, *, at: datetime) -> None:
    for authority in queries.scope(row):
        done = revoke_authority(authority, why, ending=row.pk, invalid_since=row.since, at=at)
        if done and authority.pk == row.ca_id:
            enqueue("ca.issue_crl", ca_id=authority.parent_id)
        revoke_links(authority, why, ending=row.pk, invalid_since=row.since, at=at)
    step.total = queries.standing(row, at=at).count()


def _next_batch(row: Ending, *, at: datetime) -> list[Certificate]:
    """Whoever has one of them just now is waited for: nobody is left out."""
    rows = queries.standing(row, at=at).select_for_update(of=("self",)).only(*COLUMNS)
    return list(rows[: rules.BATCH])


def _lists(row: Ending, step: EndingStep, at: datetime) -> bool:
    """Lists that name everything revoked: the superior's, and those of the authorities concerned as
    long as their keys sign.
    """
    issuers = _issuers_of_lists(row)
    for ca_id in issuers:
        last = latest(ca_id)
        if unlisted(ca_id) or last is None or last.this_update < (step.began_at or at):
            issue_crl(ca_id, at=at)
    waits = [ca_id for ca_id in issuers if unlisted(ca_id)]
    fault = "endings.list_waits" if waits else ""
    _note(step, total=len(issuers), counted=len(issuers) - len(waits), fault=fault)
    return not waits


def _issuers_of_lists(row: Ending) -> list[int]:
    scope = [one.pk for one in queries.scope(row)]
    above = {
        ca_id
        for table in (AuthorityRevocation, LinkRevocation)
        for ca_id in table.objects.filter(ending=row).values_list("ca_id", flat=True)
    }
    return [*sorted(above - {*scope}), *scope]


def _answers(row: Ending, step: EndingStep, at: datetime) -> bool:
    """`ca.sweep_status` makes them; here they are counted."""
    left = queries.unanswered(row, at=at)
    total = max(step.total, left)
    _note(step, total=total, counted=total - left)
    return not left


def _directory(row: Ending, step: EndingStep, at: datetime) -> bool:
    """Its certificates are taken away, `ca.publish` puts the lists there; where no directory is set
    up there is nothing to do.
    """
    issuers = _issuers_of_lists(row)
    withdraw([one.pk for one in queries.scope(row)], at=at)
    waits = there_or_behind(issuers) if settings.LDAP_URL else 0
    _note(step, total=len(issuers) + waits, counted=len(issuers))
    return not waits


def _republish(row: Ending, step: EndingStep, at: datetime) -> bool:  # noqa: ARG001 -- as all acts
    """The authority of the key that was made in the ceremony, and below it as many as have ended
    (CPS 5.7.3, 3), by lineage: each with a list, in the repository and, where there is one, in the
    directory.
    """
    total = len({one.lineage for one in queries.scope(row)})
    try:
        label = queries.new_key(row)
    except Refusal as why:  # the row of its step names what no service let pass
        _note(step, total=total, counted=0, fault=why.rule)
        return False
    fresh = CertificateAuthority.objects.filter(key_label=label, active_at__gte=row.declared_at)
    found = [one for top in fresh for one in below(top.pk) if one.stopped_at is None]
    lineages = {one.pk: one.lineage for one in found if latest(one.pk)}
    waits = bool(settings.LDAP_URL and behind([*lineages]))
    counted = 0 if waits else min(len({*lineages.values()}), total)
    fault = "endings.none_below_yet" if counted else "endings.no_new_authority"
    _note(step, total=total, counted=counted, fault=fault if counted < total else "")
    return counted == total


ACTS: dict[str, Act] = {
    "stop": _stop,
    kinds.REVOKE: _revoke,
    "lists": _lists,
    "answers": _answers,
    "directory": _directory,
    "republish": _republish,
}


# --- drills ------------------------------------------------------------------------------------


@transaction.atomic
def _rehearse(row: Ending, step: EndingStep, at: datetime) -> bool:
    """The same way through the same rows, and nothing of it is written: what would have been done
    is counted.
    """
    if step.code != kinds.REVOKE:
        count = queries.to_tell(row).count() if step.code == kinds.TELL_SUBSCRIBERS else 1
        _note(step, total=count, counted=count)
        return True
    step = EndingStep.objects.select_for_update().get(pk=step.pk)
    rows = queries.standing(row, at=at).filter(pk__gt=step.last).only(*COLUMNS)
    batch = list(rows[: rules.BATCH])
    for one in batch:
        _entry(row, one, at=at)
    step.total = step.total or queries.standing(row, at=at).count()
    last = batch[-1].pk if batch else step.last
    _note(step, total=step.total, counted=step.counted + len(batch), last=last)
    return not batch


def _entry(row: Ending, one: Certificate, *, at: datetime) -> bytes:
    """What a list would say."""
    reason = END_REASONS[CAUSES[Kind(row.kind)]]
    return Entry(int(one.serial or "0", 16), at.replace(microsecond=0), reason).der


# --- the house above ---------------------------------------------------------------------------


@transaction.atomic
def note_told(step_id: int, certificate_ids: Sequence[int], *, at: datetime) -> None:
    """The house above has written to the holders of these; none: to everybody.

    Part of its transaction, so that nobody is counted who was not written to.
    """
    ending_id = EndingStep.objects.values_list("ending_id", flat=True).get(pk=step_id)
    row = Ending.objects.select_for_update(of=("self",)).select_related("ca").get(pk=ending_id)
    step = EndingStep.objects.select_for_update().get(pk=step_id)
    if row.state != State.RUNNING or step.state != StepState.ACTING:
        return
    if not certificate_ids:
        services.put_down(row, step, note="", on_day=None, by=None, actor=SYSTEM, at=at)
        return
    if certificate_ids[-1] <= step.last:
        return  # two workers wrote to the same: they were told once
    total, counted = queries.to_tell(row).count(), step.counted + len(certificate_ids)
    last = certificate_ids[-1]
    _note(step, total=max(total, counted), counted=counted, last=last)
    about = subject_of(row)
    record("ca.tell_of_ending", about, actor=SYSTEM, at=at, counted=counted, last=last)
