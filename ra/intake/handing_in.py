"""Handing in to the reviewers (CPS 4.2.3, 4.3.1): the two working days begin."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal, Refusals
from audit.log import advance, record, subject_of
from ca import api as ca
from people.api import propose
from ra.applicants import rules as identity
from ra.applicants.kinds import bearer, kind_of
from ra.applicants.services import find_or_enter
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications.models import Application
from ra.applications.queries import Content
from ra.blacklist import queries as blacklist
from ra.consents.queries import stands
from ra.consents.rules import Purpose
from ra.domains import services as domains
from ra.evidence.rules import needed
from ra.fees import services as fees
from ra.handover.services import first_access_code
from ra.intake import queries
from ra.intake.services import editable
from ra.notices import services as notices
from ra.notices.rules import Event
from ra.verifications.queries import current

_SUBMITTED = [
    "profile_version", "reviews_needed", "subscriber", "checks", "content_digest", "approval_id",
    "round", "submitted_at", "deadline_at", "reviews_done", "correction_due_at",
    "certificate_id", "certificate_state", "certificate_state_at", "watched",
]  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Submitted:
    """`access_code` is told here once and kept nowhere; empty when the applicant has it already.

    `asked_by` is the number that goes with it: of what was sent in online, if that came first.
    """

    number: str
    access_code: str
    asked_by: str
    deadline_at: datetime


@transaction.atomic
def submit(application_id: int, *, actor: Actor, at: datetime) -> Submitted:
    """Hand a complete application to the reviewers (CPS 4.3.1); the two days begin (CPS 4.2.3).

    Refuses everything that is wrong at once (Refusals, each with its field): identity, documents,
    request, agreement, and what the CA says to the order.
    """
    row = editable(application_id, actor)
    profile = _as_in_force(row)
    content = applications.content(row)
    wrong = queries.all_wrong(row, content, at=at, submitting=True)
    if wrong:
        raise Refusals(wrong)
    queries.proven(content.request)
    row.subscriber_id = find_or_enter(kind_of(row.profile), content.fields, actor=actor, at=at)
    queries.check_order(row, content, at=at)
    domains.ask_for_claimed(row.pk, content.fields, actor=actor, at=at)  # CPS 3.2.4
    row.watched = sorted(blacklist.indexes(content.fields, row.key_fingerprint))
    row.checks = queries.automatic_checks(row, content, row.subscriber_id, at=at)
    _propose(row, content, actor=actor, at=at)
    row.submitted_at, row.deadline_at = at, application_rules.deadline(at)
    row.round, row.reviews_done, row.correction_due_at = row.round + 1, 0, None
    row.certificate_id, row.certificate_state, row.certificate_state_at = None, "", None
    proxy = identity.by_proxy(content.fields)
    asked = needed(profile.evidence, content.fields, proxy=proxy, signed=row.signed)
    row.save(update_fields=_SUBMITTED)
    advance(
        row, "submit", actor=actor, at=at, **_accepted(row, content, asked, issuer=profile.issuer)
    )
    fees.open_order(row, actor=actor, at=at)
    _tell_received(row, content, actor=actor, at=at)
    code = first_access_code(row.pk, actor=actor, at=at)
    asked_by = applications.numbers_told([row.pk]).get(row.pk, row.number)
    return Submitted(row.number, code, asked_by, row.deadline_at)


@transaction.atomic
def propose_again(application_id: int, *, actor: Actor, at: datetime) -> None:
    """Ask the reviewers anew when the approval ended by itself, undecided for too long.

    A new round: whoever had agreed before has to look again.
    """
    row = applications.locked(application_id, actor)
    application_rules.check_own(row.maker_id, actor.person_id)
    if row.state != application_rules.State.SUBMITTED:
        raise Refusal(Kind.CONFLICT, "intake.not_submitted", f"it is {row.state}")
    _propose(row, applications.content(row), actor=actor, at=at)
    row.reviews_done, row.round = 0, row.round + 1
    row.save(update_fields=["content_digest", "approval_id", "reviews_done", "round"])
    record("ra.propose_again", subject_of(row), actor=actor, at=at, approval=row.approval_id)


# --- inside ------------------------------------------------------------------------------------


def _as_in_force(row: Application) -> ca.Profile:
    """From here on this version of the profile counts: what is reviewed is what is issued."""
    profile = ca.on_offer(row.profile)
    row.profile_version, row.reviews_needed = profile.version, profile.reviews
    return profile


def _propose(row: Application, content: Content, *, actor: Actor, at: datetime) -> None:
    row.content_digest = applications.content_digest(row, content, at=at)
    proposed = propose(
        application_rules.ACTIONS[row.reviews_needed],
        {"application_id": row.pk, "digest": row.content_digest},
        subject=subject_of(row),
        actor=actor,
        at=at,
    )
    row.approval_id = proposed.id


def _accepted(
    row: Application, content: Content, slots: list[str], *, issuer: str
) -> dict[str, object]:
    """CPS 5.4.1 of RAs: which documents, where their copies lie, who accepted them, how each was
    verified, which RA and CA. Their numbers stay sealed in the dossier.
    """
    return {
        "round": row.round,
        "office": row.office_id,
        "profile": row.profile,
        "document_type": bearer(content.fields).document_type,
        "profile_version": row.profile_version,
        "issuer": issuer,
        "slots": slots,
        "documents": applications.copies_of(row),
        "verified": {one.slot: [one.method, one.result] for one in current(row.pk)},
        "subscriber": row.subscriber_id,
        "digest": row.content_digest,
        "deadline": row.deadline_at.isoformat() if row.deadline_at else "",
    }


def _tell_received(row: Application, content: Content, *, actor: Actor, at: datetime) -> None:
    if stands(row.pk, Purpose.NOTICES):
        notices.keep_contact(row.pk, content.fields)
    notices.notify(Event.RECEIVED, [notices.News(row, str(row.round))], actor=actor, at=at)
