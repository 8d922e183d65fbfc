"""Revoking on request (CPS 4.9.3): asked for by one person, decided by another, done at once."""

from datetime import datetime
from functools import partial

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import advance, record, subject_of
from ca import api as ca
from people.api import Approval
from ra.applications.models import Application
from ra.fees import services as fees
from ra.notices import services as notices
from ra.notices.rules import Event
from ra.requests import services as requests
from ra.revocations import queries, rules
from ra.revocations.models import RevocationRequest

decide = partial(requests.decide, queries.REGISTER)
propose_again = partial(requests.propose_again, queries.REGISTER)
withdraw_request = partial(requests.withdraw, queries.REGISTER)


@transaction.atomic
def request_revocation(
    certificate_id: int,
    *,
    cause: str,
    asker: str,
    checked_how: str,
    discovered_at: datetime,
    note: str,
    asked_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> str:
    """Ask for a revocation; its number. Nothing is revoked before another person agrees.

    `cause` answers `rules.questions_for(asker)`; `asked_at`: online, before it was taken in.
    Refuses `revocations.*` with field and clause,
    `applications.unknown` for another office's certificate, `revocations.open_already`.
    """
    queries.revocable(certificate_id, actor)
    question = rules.check_request(
        cause, asker, checked_how, discovered_at=discovered_at, asked_at=asked_at or at
    )
    said = rules.DESK.check_note(note)
    row = requests.new(
        RevocationRequest,
        certificate_id,
        cause=cause,
        asker=asker,
        checked_how=checked_how,
        discovered_at=discovered_at,
        late=rules.is_late(question, discovered_at=discovered_at, asked_at=asked_at or at),
        actor=actor,
        at=at,
    )
    requests.enter(row, said, actor=actor, at=at)
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


def approve(
    approval: Approval, *, request_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction (CPS 4.9.3, 4.9.5)."""
    row = requests.redeemed(queries.REGISTER, approval, request_id, actor=actor, at=at)
    question = rules.BY_CAUSE[row.cause]
    ca.revoke(
        row.certificate_id,
        reason=row.cause,
        invalid_since=row.discovered_at if question.dates_back else None,
        warrant=approval.id,
        actor=actor,
        at=at,
    )
    Application.objects.filter(certificate_id=row.certificate_id).update(
        certificate_state="revoked", certificate_state_at=at
    )
    advance(row, "revoke", actor=actor, at=at, certificate=row.certificate_id, cause=row.cause)
    if row.application:
        fees.note_revoked(row.application.pk, row.cause, actor=actor, at=at)
        news = notices.News(row.application, str(row.certificate_id))
        notices.notify(Event.REVOKED, [news], actor=actor, at=at)
