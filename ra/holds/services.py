"""Freezing and unfreezing on request (CPS 4.9.14): asked by one person, decided by another."""

import json
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
from ra.holds import queries, rules
from ra.holds.models import HoldRequest
from ra.notices import services as notices
from ra.notices.rules import Event


@transaction.atomic
def request_hold(
    certificate_id: int,
    *,
    act: str,
    asker: str,
    checked_how: str,
    document: str,
    note: str,
    cause: str = "",
    actor: Actor,
    at: datetime,
) -> str:
    """Ask for a freeze, or for its end; the request's number. Another person has to agree.

    `document` is number and date of the form or of the sealed letter; an unfreezing takes its
    cause from the freeze. Refuses `holds.*` with field and clause, `applications.unknown`.
    """
    certificate = queries.certificate_for(act, certificate_id, actor)
    application = applications.visible(actor).get(certificate_id=certificate_id)
    frozen = queries.freeze_of(certificate_id) if act == rules.Act.UNFREEZE else None
    rules.check_request(act, cause, asker, checked_how, frozen_by=frozen.asker if frozen else "")
    papers = {"document": rules.check_document(document), "note": rules.check_note(note)}
    key = kmc.new_data_key("ra.hold", actor=actor, at=at)
    row = HoldRequest(
        state=rules.State.REQUESTED,
        number=_number(at),
        act=act,
        application=application,
        certificate_id=certificate_id,
        office_id=application.office_id,
        cause=frozen.cause if frozen else cause,
        asker=asker,
        checked_how=checked_how,
        asked_at=at,
        data_key=key,
        maker_id=person(actor),
    )
    row.papers = kmc.seal(key, row.papers_context(), json.dumps(papers).encode())
    _insert(row)
    row.approval_id = _propose(row, certificate.serial, actor=actor, at=at)
    row.save(update_fields=["approval_id"])
    record(
        "ra.request_hold",
        subject_of(row),
        actor=actor,
        at=at,
        number=row.number,
        certificate=certificate_id,
        **_stated(row),
    )
    return row.number


@transaction.atomic
def decide(
    request_id: int, *, grants: bool, seen: str, message: str = "", actor: Actor, at: datetime
) -> None:
    """Agree: it is done in this transaction. Refuse: `message` says why.

    `seen` is `HoldView.seen`. Refuses `holds.*` and whatever people and CA refuse. A no counts
    also when the approval has ended by itself.
    """
    row = queries.locked(request_id, actor)
    rules.check_decider(row.maker_id, actor.person_id, is_reviewer=Role.REVIEWER in actor.roles)
    rules.check_waiting(row.state)
    answer = "" if grants else rules.check_answer(message)
    assert row.approval_id is not None  # `request_hold` proposed
    if grants or approval(row.approval_id).state == "open":
        vote(row.approval_id, grants=grants, seen=seen, actor=actor, at=at)
    if grants:
        return
    sealed = kmc.seal(row.data_key, row.answer_context(), answer.encode())
    HoldRequest.objects.filter(pk=row.pk).update(
        decided_by=actor.person_id, decided_at=at, answer=sealed
    )
    advance(row, "refuse", actor=actor, at=at)


def approve(
    approval: Approval, *, request_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction and tells the subscriber.

    What is redeemed is computed anew from the row; the rest of the payload only says it.
    """
    row = queries.locked(request_id, actor)
    serial = ca.certificate(row.certificate_id).serial
    redeem(approval, rules.ACTIONS[row.act], _payload(row, serial), actor=actor, at=at)
    if row.act == rules.Act.FREEZE:
        ca.hold(row.certificate_id, cause=row.cause, warrant=approval.id, actor=actor, at=at)
    else:
        ca.release(row.certificate_id, warrant=approval.id, actor=actor, at=at)
    HoldRequest.objects.filter(pk=row.pk).update(decided_by=actor.person_id, decided_at=at)
    Application.objects.filter(certificate_id=row.certificate_id).update(
        certificate_state=ca.certificate(row.certificate_id).state, certificate_state_at=at
    )
    advance(row, "carry_out", actor=actor, at=at, certificate=row.certificate_id, act=row.act)
    event = Event.FROZEN if row.act == rules.Act.FREEZE else Event.UNFROZEN
    notices.notify(event, [notices.News(row.application, row.number)], actor=actor, at=at)


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
    if row.approval_id and approval(row.approval_id).state == "open":
        withdraw(row.approval_id, reason="request withdrawn", actor=actor, at=at)


def _number(at: datetime) -> str:
    head = f"FZ{at.astimezone(SHANGHAI):%Y%m%d}"
    return f"{head}-{next_number(head):04}"


def _stated(row: HoldRequest) -> dict[str, str]:
    return {"act": row.act, "cause": row.cause, "asker": row.asker, "checked_how": row.checked_how}


def _payload(row: HoldRequest, serial: str) -> dict[str, object]:
    """What the second person is shown and agrees to."""
    return {
        "request_id": row.pk,
        "certificate_id": row.certificate_id,
        "serial": serial,
        **_stated(row),
    }


def _propose(row: HoldRequest, serial: str, *, actor: Actor, at: datetime) -> int:
    """The approval is about the certificate: the CA holds or releases no other with it."""
    subject = ca.revocation_subject(row.certificate_id)
    action = rules.ACTIONS[row.act]
    return propose(action, _payload(row, serial), subject=subject, actor=actor, at=at).id


def _insert(row: HoldRequest) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "one_open_hold_request" not in str(error):
            raise
        raise Refusal(
            Kind.CONFLICT, "holds.open_already", "somebody asked for this already", cps="4.9.14"
        ) from error
