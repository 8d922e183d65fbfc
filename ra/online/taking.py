"""What came in over the public site, at the counter (CPS 3.4, 4.3.1): taken in or turned down.

Whoever takes it goes on as with anybody at the desk.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from anxin.kernel.actors import SYSTEM, Actor
from audit.log import advance, record, subject_of
from pki.sm.sm3 import sm3
from ra.applications.models import Application
from ra.applications.queries import check_operator
from ra.applications.rules import AcceptedHow, Channel, person
from ra.applications.said import Said
from ra.evidence import services as evidence
from ra.evidence.queries import held_already
from ra.handover import services as handover
from ra.holds import services as holds
from ra.intake import services as intake
from ra.invoices import services as invoices
from ra.online import queries, rules
from ra.online.models import Submission
from ra.online.queries import Opened, Waiting
from ra.procedures import services as procedures
from ra.revocations import services as revocations

BATCH = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """The number of what it went into: an application, or a request that another person decides."""

    number: str
    is_request: bool


@transaction.atomic
def take(number: str, *, checked_how: str = "", actor: Actor, at: datetime) -> Taken:
    """Into an application of this operator, who is its maker (CPS 4.3.1), or into a request.

    `checked_how`: how the operator has identified who asks for a request (CPS 3.4). Refuses
    `online.unknown`, `online.identified`, and as intake, the requests and the CA do.
    """
    check_operator(actor)
    row = _waiting(number, actor)
    said = queries.words(row)
    if row.purpose in rules.ASKED:
        made = _asked(row, said, checked_how, actor=actor, at=at)
        _settle(row, "take", actor=actor, at=at, request=made)
        return Taken(made, is_request=True)
    row.application_id = _application(row, said, actor=actor, at=at)
    _settle(row, "take", actor=actor, at=at, application=row.application_id)
    made = Application.objects.values_list("number", flat=True).get(pk=row.application_id)
    return Taken(made, is_request=False)


@transaction.atomic
def look_at(number: str, *, actor: Actor, at: datetime) -> Waiting:
    """One that waits, opened, for an operator: written down. Refuses `online.unknown`."""
    check_operator(actor)
    record("ra.open_submission", subject_of(_waiting(number, actor)), actor=actor, at=at)
    return queries.opened(number, actor)


@transaction.atomic
def refuse(number: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """Nothing is taken in; the sender reads why (CPS 4.2.2)."""
    check_operator(actor)
    rules.check_reason(reason)
    row = _waiting(number, actor)
    row.reason = reason
    _settle(row, "refuse", actor=actor, at=at, reason=reason)


@transaction.atomic
def shred_old(*, at: datetime) -> int:
    """What was never handed in, or never taken in; how many (WP-6.4).

    What a holder asked for never ends by itself: they may believe it done.
    """
    unfinished = Q(state=rules.State.OPEN, opened_at__lt=at - rules.UNFINISHED)
    untaken = Q(state=rules.State.WAITING, handed_in_at__lt=at - rules.UNTAKEN)
    untaken &= ~Q(purpose__in=rules.ASKED)
    rows = Submission.objects.select_for_update(skip_locked=True, of=("self",))
    due = list(rows.filter(unfinished | untaken).defer("sealed")[:BATCH])
    for row in due:
        _settle(row, "expire", actor=SYSTEM, at=at)
    return len(due)


# --- into an application ---------------------------------------------------------------------


def _application(row: Submission, said: Opened, *, actor: Actor, at: datetime) -> int:
    """A new draft, a successor's, or what it corrects, with the documents.

    Files are decoded as at the counter; the first that does not open refuses all. What is held
    already is passed over.
    """
    corrects = row.purpose == rules.Purpose.CORRECT
    if corrects and row.application_id:
        application = intake.editable(row.application_id, actor).pk
    else:
        application = _new(row, said, actor=actor, at=at)
    for file in row.files.order_by("pk"):
        data, name = queries.file_of(row, file), f"scan.{file.kind}"
        if not held_already(application, sm3(data).hex()):  # a button was pressed twice
            evidence.add_evidence(application, file.slot, name, data, actor=actor, at=at)
    if corrects and said.message.strip() and row.handed_in_at:
        words = Said(row.number, row.handed_in_at.isoformat(), said.message)
        intake.keep_said(application, words, actor=actor, at=at)
    if corrects and said.request.strip():
        intake.attach_request(application, said.request.encode(), actor=actor, at=at)
    return application


def _new(row: Submission, said: Opened, *, actor: Actor, at: datetime) -> int:
    if row.purpose == rules.Purpose.SUCCEED:
        draft = procedures.begin_signed(
            said.request.encode(),
            occasion=said.details["occasion"],
            channel=Channel.ONLINE,
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
        by_message=said.by_message,
        agreed_at=datetime.fromisoformat(said.agreed_at),
        actor=actor,
        at=at,
    )
    handover.bind_access(row.number, draft.id)
    return draft.id


def _draft(row: Submission, said: Opened, *, actor: Actor, at: datetime) -> intake.Draft:
    draft = intake.open_draft(
        row.profile,
        years=said.years,
        office=row.office.code,
        channel=Channel.ONLINE,
        actor=actor,
        at=at,
    )
    intake.save_draft(draft.id, said.fields, actor=actor, at=at)
    intake.attach_request(draft.id, said.request.encode(), actor=actor, at=at)
    return draft


# --- into a request --------------------------------------------------------------------------


def _asked(row: Submission, said: Opened, checked_how: str, *, actor: Actor, at: datetime) -> str:
    """The number of what another person decides."""
    if row.purpose == rules.Purpose.INVOICE:
        return _invoice(row, said, actor=actor, at=at)
    rules.check_identified(checked_how)
    return _request(row, said, checked_how, actor=actor, at=at)


def _request(row: Submission, said: Opened, checked_how: str, *, actor: Actor, at: datetime) -> str:
    """Its number (CPS 4.9.3, 4.9.14)."""
    target = row.application
    if target is None or target.certificate_id is None:
        raise queries.unknown(row.number)
    if row.purpose in rules.HOLDS:
        return holds.request_hold(
            target.certificate_id,
            act=rules.HOLDS[row.purpose],
            cause=rules.OWN_WISH,
            asker=rules.HOLDER,
            checked_how=checked_how,
            document=row.number,
            note=said.message,
            actor=actor,
            at=at,
        )
    return revocations.request_revocation(
        target.certificate_id,
        cause=said.details["cause"],
        asker=rules.HOLDER,
        checked_how=checked_how,
        discovered_at=datetime.fromisoformat(said.details["discovered_at"]),
        note=said.message,
        asked_at=row.handed_in_at,
        actor=actor,
        at=at,
    )


def _invoice(row: Submission, said: Opened, *, actor: Actor, at: datetime) -> str:
    """Its number (CPS 9.1); finance issues it."""
    if row.application is None:
        raise queries.unknown(row.number)
    return invoices.ask(
        row.application.number,
        said.details["kind"],
        said.details["buyer"],
        said.details,
        online=True,
        actor=actor,
        at=at,
    )


# --- the row ---------------------------------------------------------------------------------


def _waiting(number: str, actor: Actor) -> Submission:
    """Locked. Refuses `online.unknown`, also for another office's."""
    rows = queries.visible(actor).select_for_update(of=("self",)).select_related("office")
    row = rows.filter(number=number, state=rules.State.WAITING).first()
    if row is None:
        raise queries.unknown(number)
    return row


def _settle(row: Submission, verb: str, *, actor: Actor, at: datetime, **details: object) -> None:
    """What was sealed inwards goes: it lies under the application's key now, or is not wanted."""
    row.sealed, row.network, row.settled_at = b"", b"", at
    row.settled_by = None if actor == SYSTEM else person(actor)
    changed = ["application", "reason", "sealed", "network", "settled_at", "settled_by"]
    row.save(update_fields=changed)
    row.files.all().delete()
    advance(row, verb, actor=actor, at=at, **details)
