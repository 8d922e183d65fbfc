"""Applying over the public site (CPS 4.1, 4.2.2).

The first part runs there, under a role that adds and does not read: what is personal is sealed
inwards. The second is the counter's, who opens it and goes on as with anybody at the desk.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum

from anxin.kernel import canonical
from anxin.kernel.actors import APPLICANT, SYSTEM, Actor
from anxin.kernel.errors import Refusal, Refusals
from anxin.kernel.locks import Work, wait_until_commit
from anxin.kernel.rates import counted_as
from anxin.kernel.workdays import SHANGHAI
from audit.log import advance, record, subject_of
from kmc import api as kmc
from ra.applicants.rules import by_proxy, judge
from ra.applications.models import Application
from ra.applications.rules import AGREEMENT_VERSIONS, AcceptedHow, person
from ra.applications.rules import State as ApplicationState
from ra.evidence import rules as evidence_rules
from ra.evidence import services as evidence
from ra.handover import services as handover
from ra.handover.queries import hashed
from ra.intake import services as intake
from ra.intake.queries import proven, today
from ra.intake.rules import typed
from ra.online import queries, rules
from ra.online.models import Submission, SubmissionFile
from ra.online.queries import Opened
from ra.procedures import services as procedures

BATCH = 200
ONLINE = "online"  # the channel of an application


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """`access_code` is told here once and kept nowhere; "": the applicant has one already."""

    number: str
    access_code: str


# --- the public site -------------------------------------------------------------------------


@transaction.atomic
def begin(
    profile: str,
    values: Mapping[str, str],
    *,
    years: int,
    office: str,
    request: str,
    agreed: bool,
    address: str,
    at: datetime,
) -> Begun:
    """An application's words (CPS 4.1); documents follow one by one.

    Refuses everything that is wrong at once (Refusals), as the counter would: identity, request,
    agreement; `online.many_open`, `branches.unknown`, `kmc.inbox_closed`.
    """
    kind = queries.applicant(profile)
    kept, wrong = judge(typed(values, kind.fields), kind.fields, today=today(at))
    for check in (lambda: rules.check_agreed(agreed=agreed), lambda: proven(request.encode())):
        try:
            check()
        except Refusal as refusal:
            wrong.append(refusal)
    if wrong:
        raise Refusals(wrong)
    said = Opened(kept, years, request, "", AGREEMENT_VERSIONS[-1], at.isoformat())
    row = Submission(
        purpose=rules.Purpose.APPLY,
        profile=profile,
        office_id=queries.open_office(office),
        slots=evidence_rules.needed(profile, kept, proxy=by_proxy(kept)),
    )
    open_new(row, said, address=address, at=at)
    return Begun(row.number, handover.new_access(row.number))


@transaction.atomic
def begin_correction(
    number: str, *, message: str, request: str, address: str, at: datetime
) -> Begun:
    """An answer to what came back (CPS 4.2.2): words, a new request, and documents that follow.

    `number` is the application's. Refuses `online.not_returned`, and as `begin` does.
    """
    found = Application.objects.only("id", "number", "state", "profile", "office_id")
    target = found.filter(number=number, state=ApplicationState.RETURNED).first()
    if target is None:
        raise rules.refuse("not_returned", "nothing is to be corrected", cps="4.2.2")
    if request.strip():
        proven(request.encode())
    said = Opened({}, 0, request, message[: rules.LONGEST_MESSAGE], "", "")
    row = Submission(
        profile=target.profile,
        office_id=target.office_id,
        application_id=target.pk,
        purpose=rules.Purpose.CORRECT,
        worded=bool(message.strip() or request.strip()),
        slots=list(evidence_rules.slots(target.profile)),
    )
    open_new(row, said, address=address, at=at)
    return Begun(row.number, "")


def open_new(row: Submission, said: Opened, *, address: str, at: datetime) -> None:
    """Keep it, sealed. Refuses `online.many_open`, `online.full`, `kmc.inbox_closed`."""
    row.number = _number(at)
    row.network = hashed(ONLINE, "", counted_as(address))
    wait_until_commit(Work.SEND_ONLINE, [row.network])
    open_now = Submission.objects.filter(state__in=rules.UNSETTLED)
    rules.check_few(open_now.filter(network=row.network).count())
    if row.purpose == rules.Purpose.APPLY:  # the others know a number and its code
        rules.check_holds(open_now.count())
    row.state, row.opened_at = rules.State.OPEN, at
    row.sealed = kmc.seal_inwards(row.context(), canonical.encode(asdict(said)))
    row.save(force_insert=True)
    actor = _applicant(address)
    record("ra.begin_submission", subject_of(row), actor=actor, at=at, number=row.number)


@transaction.atomic
def add_file(
    number: str,
    slot: str,
    filename: str,
    data: bytes,
    *,
    content_type: str = "",
    address: str,
    at: datetime,
) -> None:
    """One file, looked at from outside only and sealed inwards.

    Refuses `evidence.*` of `rules.examine`, `online.too_large`, `online.many_files`, `online.full`.
    """
    row = _locked(number)
    rules.check_size(len(data))
    evidence_rules.check_slot(row.profile, slot, 0)
    held = row.files.filter(slot=slot).count()
    rules.check_room(held, row.files.count())
    held_by_all = SubmissionFile.objects.aggregate(size=Sum("size", default=0))["size"]
    rules.check_holds(0, held_by_all + len(data))
    kind = evidence_rules.examine(data, filename=filename, content_type=content_type)
    sealed = kmc.seal_inwards(SubmissionFile.context(number, slot), data)
    SubmissionFile.objects.create(
        submission=row, slot=slot, kind=kind, size=len(data), sealed=sealed, added_at=at
    )
    actor = _applicant(address)
    record("ra.add_submission_file", subject_of(row), actor=actor, at=at, slot=slot, kind=kind)


@transaction.atomic
def hand_in(number: str, *, address: str, at: datetime) -> None:
    """Nothing is added any more; an operator takes it from here.

    Refuses `online.incomplete`, `online.nothing`.
    """
    row = _locked(number)
    held = frozenset(row.files.values_list("slot", flat=True))
    if row.purpose == rules.Purpose.CORRECT:
        rules.check_something(files=len(held), said=row.worded)
    else:
        rules.check_complete(row.slots, held)
    hand_over(row, address=address, at=at)


def hand_over(row: Submission, *, address: str, at: datetime) -> None:
    """To the counter; the last thing its sender does."""
    Submission.objects.filter(pk=row.pk).update(handed_in_at=at)
    advance(row, "hand_in", actor=_applicant(address), at=at)


def _locked(number: str) -> Submission:
    rows = Submission.objects.select_for_update().only(*queries.PLAIN)
    row = rows.filter(number=number).first()
    if row is None:
        raise queries.unknown(number)
    rules.check_open(row.state)
    return row


# --- the counter -----------------------------------------------------------------------------


@transaction.atomic
def take(number: str, *, actor: Actor, at: datetime) -> str:
    """Into an application of this operator, who is its maker; its number (CPS 4.3.1).

    Files are decoded as at the counter; the first that does not open refuses all. Refuses
    `intake.*`, `evidence.*`, what the CA says of the key, `online.unknown`.
    """
    row = waiting_row(number, actor)
    if row.purpose in rules.REQUESTS:  # `asking.take`: nobody takes them who has not identified
        raise queries.unknown(number)
    said = queries.words(row)
    application = _application(row, said, actor=actor, at=at)
    for file in row.files.order_by("pk"):
        evidence.add_evidence(
            application, file.slot, f"scan.{file.kind}", queries.file_of(row, file),
            actor=actor, at=at,
        )  # fmt: skip
    if row.purpose == rules.Purpose.CORRECT and said.request.strip():
        intake.attach_request(application, said.request.encode(), actor=actor, at=at)
    row.application_id = application
    settle(row, "take", actor=actor, at=at, application=application)
    return Application.objects.values_list("number", flat=True).get(pk=application)


@transaction.atomic
def refuse(number: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """Nothing is taken in; the sender reads why (CPS 4.2.2)."""
    intake.check_operator(actor)
    rules.check_reason(reason)
    row = waiting_row(number, actor)
    row.reason = reason
    settle(row, "refuse", actor=actor, at=at, reason=reason)


def _application(row: Submission, said: Opened, *, actor: Actor, at: datetime) -> int:
    """What it goes into: a new draft, a successor's, or what it corrects."""
    if row.application_id and row.purpose == rules.Purpose.CORRECT:
        return intake.editable(row.application_id, actor).pk
    if row.purpose == rules.Purpose.SUCCEED:
        draft = procedures.begin_signed(
            said.request.encode(),
            occasion=said.details["occasion"],
            channel=ONLINE,
            received_at=row.handed_in_at,
            actor=actor,
            at=at,
        )
    else:
        draft = _draft(row, said, actor=actor, at=at)
    intake.accept_agreement(
        draft.id,
        said.agreement,
        how=AcceptedHow.ON_SCREEN,
        agreed_at=datetime.fromisoformat(said.agreed_at),
        actor=actor,
        at=at,
    )
    handover.bind_access(row.number, draft.id)
    return draft.id


def _draft(row: Submission, said: Opened, *, actor: Actor, at: datetime) -> intake.Draft:
    draft = intake.open_draft(
        row.profile, years=said.years, office=row.office.code, channel=ONLINE, actor=actor, at=at
    )
    intake.save_draft(draft.id, said.fields, actor=actor, at=at)
    intake.attach_request(draft.id, said.request.encode(), actor=actor, at=at)
    return draft


def waiting_row(number: str, actor: Actor) -> Submission:
    """Locked. Refuses `online.unknown`, also for another office's."""
    rows = queries.visible(actor).select_for_update(of=("self",)).select_related("office")
    row = rows.filter(number=number, state=rules.State.WAITING).first()
    if row is None:
        raise queries.unknown(number)
    return row


def settle(row: Submission, verb: str, *, actor: Actor, at: datetime, **details: object) -> None:
    """What was sealed inwards goes: it lies under the application's key now, or is not wanted."""
    row.sealed, row.settled_at = b"", at
    row.settled_by = None if actor == SYSTEM else person(actor)
    row.save(update_fields=["application", "reason", "sealed", "settled_at", "settled_by"])
    row.files.all().delete()
    advance(row, verb, actor=actor, at=at, **details)


# --- workers ---------------------------------------------------------------------------------


@transaction.atomic
def shred_old(*, at: datetime) -> int:
    """What was never handed in, or never taken in; how many (WP-6.4)."""
    unfinished = Q(state=rules.State.OPEN, opened_at__lt=at - rules.UNFINISHED)
    untaken = Q(state=rules.State.WAITING, handed_in_at__lt=at - rules.UNTAKEN)
    rows = Submission.objects.select_for_update(skip_locked=True, of=("self",))
    due = list(rows.filter(unfinished | untaken).defer("sealed")[:BATCH])
    for row in due:
        settle(row, "expire", actor=SYSTEM, at=at)
    return len(due)


# --- inside ----------------------------------------------------------------------------------


def _number(at: datetime) -> str:
    return rules.number_from(f"{at.astimezone(SHANGHAI):%Y%m%d}", secrets.token_bytes(16))


def _applicant(address: str) -> Actor:
    return Actor(APPLICANT.person_id, APPLICANT.name, address=address)
