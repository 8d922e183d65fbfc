"""Revoking on request (CPS 4.9.3): asked for by one person, decided by another, done at once."""

from datetime import datetime

from django.db import IntegrityError, transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import SHANGHAI
from audit.log import advance, record, subject_of
from ca import api as ca
from kmc import api as kmc
from people.api import Approval, Role, approval, propose, redeem, vote, withdraw
from ra.applicants.services import next_number
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import person
from ra.fees import services as fees
from ra.notices import services as notices
from ra.notices.rules import Event
from ra.revocations import queries, rules
from ra.revocations.models import RevocationRequest

ACTION = "ra.revoke_certificate"


@transaction.atomic
def request_revocation(
    certificate_id: int,
    *,
    cause: str,
    asker: str,
    checked_how: str,
    discovered_at: datetime,
    note: str,
    actor: Actor,
    at: datetime,
) -> str:
    """Ask for a revocation; its number. Nothing is revoked before another person agrees.

    `cause` answers `rules.questions_for(asker)`. Refuses `revocations.*` with field and clause,
    `applications.unknown` for another office's certificate, `revocations.open_already`.
    """
    certificate = queries.revocable(certificate_id, actor)
    application = applications.visible(actor).get(certificate_id=certificate_id)
    question = rules.check_request(
        cause, asker, checked_how, discovered_at=discovered_at, asked_at=at
    )
    key = kmc.new_data_key("ra.revocation", actor=actor, at=at)
    row = RevocationRequest(
        state=rules.State.REQUESTED,
        number=_number(at),
        application=application,
        certificate_id=certificate_id,
        office_id=application.office_id,
        cause=cause,
        asker=asker,
        checked_how=checked_how,
        discovered_at=discovered_at,
        asked_at=at,
        late=rules.is_late(question, discovered_at=discovered_at, asked_at=at),
        data_key=key,
        maker_id=person(actor),
    )
    row.note = kmc.seal(key, row.note_context(), rules.check_note(note).encode())
    _insert(row)
    row.approval_id = _propose(row, certificate.serial, actor=actor, at=at)
    row.save(update_fields=["approval_id"])
    record(
        "ra.request_revocation",
        subject_of(row),
        actor=actor,
        at=at,
        number=row.number,
        certificate=certificate_id,
        cause=cause,
        asker=asker,
        checked_how=checked_how,
        late=row.late,
    )
    return row.number


@transaction.atomic
def decide(
    request_id: int, *, grants: bool, seen: str, message: str = "", actor: Actor, at: datetime
) -> None:
    """Agree: the certificate is revoked in this transaction. Refuse: `message` says why.

    `seen` is `RequestView.seen`. Refuses `revocations.own_work` and whatever people and CA refuse.
    A no counts also when the approval has ended by itself.
    """
    row = queries.locked(request_id, actor)
    rules.check_not_own(row.maker_id, actor.person_id)
    rules.check_reviewer(Role.REVIEWER in actor.roles)
    rules.check_waiting(row.state)
    answer = "" if grants else rules.check_answer(message)
    assert row.approval_id is not None  # `request_revocation` proposed
    if grants or approval(row.approval_id).is_open:
        vote(row.approval_id, grants=grants, seen=seen, actor=actor, at=at)
    if grants:
        return
    sealed = kmc.seal(row.data_key, row.answer_context(), answer.encode())
    RevocationRequest.objects.filter(pk=row.pk).update(
        decided_by=actor.person_id, decided_at=at, answer=sealed
    )
    advance(row, "refuse", actor=actor, at=at)


def approve(
    approval: Approval, *, request_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction (CPS 4.9.3, 4.9.5).

    What is redeemed is computed anew from the row; the rest of the payload only says it.
    """
    row = queries.locked(request_id, actor)
    serial = ca.certificate(row.certificate_id).serial
    redeem(approval, ACTION, _payload(row, serial), actor=actor, at=at)
    question = rules.BY_CAUSE[row.cause]
    ca.revoke(
        row.certificate_id,
        reason=row.cause,
        invalid_since=row.discovered_at if question.dates_back else None,
        warrant=approval.id,
        actor=actor,
        at=at,
    )
    RevocationRequest.objects.filter(pk=row.pk).update(decided_by=actor.person_id, decided_at=at)
    Application.objects.filter(certificate_id=row.certificate_id).update(
        certificate_state="revoked", certificate_state_at=at
    )
    advance(row, "revoke", actor=actor, at=at, certificate=row.certificate_id, cause=row.cause)
    if row.application:
        fees.note_revoked(row.application.pk, row.cause, actor=actor, at=at)
        news = notices.News(row.application, str(row.certificate_id))
        notices.notify(Event.REVOKED, [news], actor=actor, at=at)


@transaction.atomic
def propose_again(request_id: int, *, actor: Actor, at: datetime) -> None:
    """Ask for a decision anew when the approval ended by itself, undecided for too long."""
    row = queries.locked(request_id, actor)
    rules.check_own(row.maker_id, actor.person_id)
    rules.check_waiting(row.state)
    serial = ca.certificate(row.certificate_id).serial
    row.approval_id = _propose(row, serial, actor=actor, at=at)
    row.save(update_fields=["approval_id"])
    record("ra.propose_again", subject_of(row), actor=actor, at=at, approval=row.approval_id)


@transaction.atomic
def withdraw_request(request_id: int, *, actor: Actor, at: datetime) -> None:
    """Whoever entered the request takes it back."""
    row = queries.locked(request_id, actor)
    rules.check_own(row.maker_id, actor.person_id)
    advance(row, "withdraw", actor=actor, at=at)
    if row.approval_id and approval(row.approval_id).is_open:
        withdraw(row.approval_id, reason="request withdrawn", actor=actor, at=at)


def _number(at: datetime) -> str:
    head = f"RV{at.astimezone(SHANGHAI):%Y%m%d}"
    return f"{head}-{next_number(head):04}"


def _payload(row: RevocationRequest, serial: str) -> dict[str, object]:
    """What the second person is shown and agrees to."""
    return {
        "request_id": row.pk,
        "certificate_id": row.certificate_id,
        "serial": serial,
        "cause": row.cause,
        "discovered_at": row.discovered_at.astimezone(SHANGHAI).isoformat(),
    }


def _propose(row: RevocationRequest, serial: str, *, actor: Actor, at: datetime) -> int:
    """The approval is about the certificate: the CA revokes no other with it."""
    subject = ca.revocation_subject(row.certificate_id)
    return propose(ACTION, _payload(row, serial), subject=subject, actor=actor, at=at).id


def _insert(row: RevocationRequest) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "one_open_revocation_request" not in str(error):
            raise
        raise Refusal(
            Kind.CONFLICT,
            "revocations.open_already",
            "somebody asked for this already",
            cps="4.9.3",
        ) from error
