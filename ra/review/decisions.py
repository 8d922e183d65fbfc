"""The decision of a reviewer: approve, return for correction, reject (CPS 4.2.2, 4.3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusals
from anxin.kernel.workdays import SHANGHAI
from audit.log import advance
from people.api import approval, vote
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications.models import Application
from ra.applications.rules import person
from ra.blacklist import queries as blacklist
from ra.domains.queries import in_the_way
from ra.evidence.queries import unopened
from ra.fees.services import close_order
from ra.notices import services as notices
from ra.notices.rules import Event
from ra.review import marks, rules
from ra.review.models import Decision
from ra.review.queries import has_decided
from ra.review.rules import Outcome
from ra.review.services import on_desk
from ra.review.wording import REASONS
from ra.verifications.queries import current as verifications
from ra.verifications.queries import unverified


@dataclass(frozen=True, slots=True)
class Decided:
    """`state` of the application after the decision; still `submitted`: a second check follows."""

    number: str
    state: str


@transaction.atomic
def decide_approve(application_id: int, *, seen: str, actor: Actor, at: datetime) -> Decided:
    """Agree. The vote that completes the number orders the certificate in this transaction.

    `seen` is `CaseView.seen`. Refuses (Refusals) every hindrance: `review.mismatch`, `incomplete`,
    `unticked`, `unopened`; `applications.content_changed`; and whatever people, RA and CA refuse.
    """
    row = on_desk(application_id, None, actor=actor, at=at)
    rules.check_fresh_eyes(has_decided(row, actor))
    content = applications.content(row)
    current = marks.of(row, content)
    closed = [document.slot for document in unopened(row.pk, actor.person_id)]
    judged = marks.found(row, actor.person_id, current).verdicts
    found = rules.hindrances(current, judged, closed)
    found += unverified(row, content.fields, verifications(row.pk))  # CPS 3.2.5
    found += in_the_way(row.pk, content.fields, at=at)  # CPS 3.2.4
    found += blacklist.hindrances(content.fields, row.key_fingerprint, at=at)
    if found:
        raise Refusals(found)
    application_rules.check_same(
        applications.content_digest(row, content, at=at), row.content_digest
    )
    _decide(row, Outcome.APPROVE, actor=actor, at=at)
    row.reviews_done += 1
    row.claimed_by = row.claimed_until = None
    row.save(update_fields=["reviews_done", "claimed_by", "claimed_until"])
    vote(_approval_id(row), grants=True, seen=seen, actor=actor, at=at)
    row.refresh_from_db(fields=["state"])
    return Decided(row.number, row.state)


@transaction.atomic
def return_for_correction(
    application_id: int,
    reasons: Sequence[str],
    *,
    items: Sequence[str] = (),
    message: str,
    actor: Actor,
    at: datetime,
) -> Decided:
    """Send it back; everything is kept. `items` are fields or slots to be handed in again.

    Refuses `review.reasons`, `review.message`, `review.message_personal`, `review.not_claimed`.
    """
    rules.check_words(Outcome.RETURN, reasons, message)
    row = on_desk(application_id, None, actor=actor, at=at)
    _decide(row, Outcome.RETURN, reasons, items, message, actor=actor, at=at)
    _vote_no(row, actor=actor, at=at)
    due = application_rules.correction_deadline(at)
    _close(row, returned_at=at, correction_due_at=due, profile_version=0)
    advance(row, "return", actor=actor, at=at, reasons=list(reasons), due=due.isoformat())
    by = f"{due.astimezone(SHANGHAI):%Y-%m-%d}"
    _tell(row, Event.RETURNED, reasons, actor=actor, at=at, due=by)
    return Decided(row.number, row.state)


@transaction.atomic
def reject(
    application_id: int, reasons: Sequence[str], *, message: str, actor: Actor, at: datetime
) -> Decided:
    """Decline for good (CPS 4.2.2); the applicant reads why and may apply again."""
    rules.check_words(Outcome.REJECT, reasons, message)
    row = on_desk(application_id, None, actor=actor, at=at)
    _decide(row, Outcome.REJECT, reasons, (), message, actor=actor, at=at)
    _vote_no(row, actor=actor, at=at)
    _close(row, decided_at=at, decided_by=actor.person_id)
    advance(row, "reject", actor=actor, at=at, reasons=list(reasons))
    close_order(row.pk, actor=actor, at=at)
    _tell(row, Event.REJECTED, reasons, actor=actor, at=at)
    return Decided(row.number, row.state)


# --- inside ------------------------------------------------------------------------------------


def _decide(
    row: Application,
    outcome: Outcome,
    reasons: Sequence[str] = (),
    items: Sequence[str] = (),
    message: str = "",
    *,
    actor: Actor,
    at: datetime,
) -> None:
    Decision.objects.create(
        application=row,
        round=row.round,
        reviewer_id=person(actor),
        outcome=outcome.value,
        reasons=list(reasons),
        items=list(items),
        message=message.strip(),
        at=at,
    )


def _approval_id(row: Application) -> int:
    assert row.approval_id is not None  # a submitted application has proposed
    return row.approval_id


def _vote_no(row: Application, *, actor: Actor, at: datetime) -> None:
    """A no needs no quorum: it counts also when the approval has ended by itself."""
    proposed = approval(_approval_id(row))
    if proposed.is_open:
        vote(proposed.id, grants=False, seen=proposed.digest, actor=actor, at=at)


def _close(row: Application, **columns: object) -> None:
    Application.objects.filter(pk=row.pk).update(
        claimed_by=None, claimed_until=None, approval_id=None, reviews_done=0, **columns
    )


def _tell(
    row: Application,
    event: Event,
    reasons: Sequence[str],
    *,
    actor: Actor,
    at: datetime,
    **blanks: str,
) -> None:
    """The applicant reads the coded reasons; the message waits on the status page (CPS 4.3.2)."""
    lines = [REASONS[reason] for reason in reasons]
    news = notices.News(row, str(row.round), blanks, lines)
    notices.notify(event, [news], actor=actor, at=at)
