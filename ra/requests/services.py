"""Requests against certificates (CPS 4.9.3, 4.9.14): asked by one person, decided by another."""

from datetime import datetime
from typing import Any

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.rows import guarded
from audit.log import advance, record, subject_of
from ca import api as ca
from kmc import api as kmc
from people.api import Approval, Role, propose, redeem, standing, vote
from people.api import withdraw as withdraw_approval
from pki.sm.sm3 import sm3
from ra.applicants.services import numbered
from ra.applications import queries as applications
from ra.applications.rules import person
from ra.branches.queries import check_works
from ra.requests.models import CertificateRequest
from ra.requests.queries import Register, Row
from ra.requests.rules import State


def new(model: type[Row], certificate_id: int, *, actor: Actor, at: datetime, **own: Any) -> Row:
    """A request not yet kept, with its number and its data key, for a certificate at hand.

    Refuses `branches.stopped`: whoever takes over sees what was asked for before.
    """
    application = applications.visible(actor).get(certificate_id=certificate_id)
    check_works(application.office_id)
    return model(
        state=State.REQUESTED,
        number=numbered(model.DESK.heading, at),
        application=application,
        certificate_id=certificate_id,
        office_id=application.office_id,
        asked_at=at,
        data_key=kmc.new_data_key(f"ra.{model.DESK.noun}", actor=actor, at=at),
        maker_id=person(actor),
        **own,
    )


def enter(row: CertificateRequest, papers: str, *, actor: Actor, at: datetime) -> None:
    """Keep a new request with its papers and ask for a decision. Refuses `*.open_already`."""
    setattr(row, row.PAPERS, kmc.seal(row.data_key, row.context(row.PAPERS), papers.encode()))
    with guarded(row.DESK.open_already(), by=f"one_open_{row.DESK.noun}_request"):
        row.save(force_insert=True)
    _propose(row, actor=actor, at=at)


@transaction.atomic
def decide(
    register: Register[Any, Any],
    request_id: int,
    *,
    grants: bool,
    seen: str,
    message: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Agree: it is done in this transaction. Refuse: `message` says why.

    `seen` is `RequestView.seen`. Refuses `*.own_work` and whatever people and CA refuse. A no
    counts also when the approval has ended by itself.
    """
    row = register.locked(request_id, actor)
    row.DESK.check_decider(row.maker_id, actor.person_id, is_reviewer=Role.REVIEWER in actor.roles)
    row.DESK.check_waiting(row.state)
    answer = "" if grants else row.DESK.check_answer(message)
    if grants or standing(row.approval_id).is_open:
        vote(row.approval_id, grants=grants, seen=seen, actor=actor, at=at)
    if grants:
        return
    row.answer = kmc.seal(row.data_key, row.context("answer"), answer.encode())
    _note_decision(row, actor=actor, at=at)
    advance(row, "refuse", actor=actor, at=at)


def redeemed(
    register: Register[Row, Any],
    approval: Approval,
    request_id: int,
    *,
    actor: Actor,
    at: datetime,
) -> Row:
    """The request this approval is spent on, to be carried out now, in the vote's transaction.

    What is redeemed is computed anew from the row; the approval's payload only says it.
    """
    row = register.locked(request_id, actor)
    redeem(approval, row.action(), _payload(row), actor=actor, at=at)
    _note_decision(row, actor=actor, at=at)
    return row


@transaction.atomic
def propose_again(
    register: Register[Any, Any], request_id: int, *, actor: Actor, at: datetime
) -> None:
    """Ask for a decision anew when the approval ended by itself, undecided for too long."""
    row = register.locked(request_id, actor)
    row.DESK.check_own(row.maker_id, actor.person_id)
    row.DESK.check_waiting(row.state)
    _propose(row, actor=actor, at=at)
    record("ra.propose_again", subject_of(row), actor=actor, at=at, approval=row.approval_id)


@transaction.atomic
def withdraw(register: Register[Any, Any], request_id: int, *, actor: Actor, at: datetime) -> None:
    """Whoever entered the request takes it back."""
    row = register.locked(request_id, actor)
    row.DESK.check_own(row.maker_id, actor.person_id)
    advance(row, "withdraw", actor=actor, at=at)
    if standing(row.approval_id).is_open:
        withdraw_approval(row.approval_id, reason="request withdrawn", actor=actor, at=at)


# --- inside ----------------------------------------------------------------------------------


def _payload(row: CertificateRequest) -> dict[str, object]:
    """What the second person is shown and agrees to."""
    return {
        "request_id": row.pk,
        "certificate_id": row.certificate_id,
        "serial": ca.certificate(row.certificate_id).serial,
        "papers": sm3(bytes(getattr(row, row.PAPERS))).hex(),  # sealed: it tells nothing
        **row.stated(),
    }


def _propose(row: CertificateRequest, *, actor: Actor, at: datetime) -> None:
    """The approval is about the certificate: with it the CA changes no other."""
    subject = ca.revocation_subject(row.certificate_id)
    approval = propose(row.action(), _payload(row), subject=subject, actor=actor, at=at)
    row.approval_id = approval.id
    row.save(update_fields=["approval_id"])


def _note_decision(row: CertificateRequest, *, actor: Actor, at: datetime) -> None:
    row.decided_by, row.decided_at = actor.person_id, at
    row.save(update_fields=["decided_by", "decided_at", "answer"])
