"""Revoking: the online status changes with this transaction, lists and answers follow."""

from datetime import datetime

from django.db import IntegrityError, transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import announce
from audit.log import advance
from ca.issuing.models import Certificate
from ca.revocation import rules
from ca.revocation.models import Revocation
from people.api import spent
from pki.crls import Entry


@transaction.atomic
def revoke(
    certificate_id: int,
    *,
    reason: str,
    invalid_since: datetime | None,
    warrant: int,
    actor: Actor,
    at: datetime,
) -> None:
    """Effective at once (CPS 4.9.5). `reason` is a Cause of CPS 4.9.1.

    `warrant` is the approval that was spent on exactly this certificate (`rules.subject_of`); it
    revokes one. Refuses `revocation.*`, and CONFLICT for a certificate that is not valid.
    """
    word = rules.reason_of(reason)
    approved = spent([warrant]).get(warrant)
    rules.check_warrant(
        approved.action if approved else None,
        approved.subject if approved else "",
        certificate_id,
    )
    row = Certificate.objects.filter(pk=certificate_id).first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "certificate.unknown", f"no certificate {certificate_id}")
    row.STEPS.after("revoke", row.state)
    _store(row, reason, word, invalid_since=invalid_since, warrant=warrant, at=at)
    Certificate.objects.filter(pk=row.pk).update(answers_until=None)  # what was answered is over
    advance(row, "revoke", actor=actor, at=at, cause=reason, reason=word, warrant=warrant)
    announce("ca.status_changed", certificate_ids=[row.pk])


def _store(
    row: Certificate,
    cause: str,
    reason: str,
    *,
    invalid_since: datetime | None,
    warrant: int,
    at: datetime,
) -> None:
    assert row.not_after  # constraints of the table say so
    assert row.serial
    rules.check_times(row.not_after, invalid_since, at=at)
    entry = Entry(int(row.serial, 16), _whole(at), reason, invalid_since and _whole(invalid_since))
    try:
        with transaction.atomic():
            Revocation.objects.create(
                certificate=row,
                ca_id=row.ca_id,
                cause=cause,
                reason=reason,
                revoked_at=at,
                invalid_since=invalid_since,
                warrant=warrant,
                not_after=row.not_after,
                entry=entry.der,
            )
    except IntegrityError as error:
        raise Refusal(
            Kind.CONFLICT,
            "revocation.warrant_used",
            "revoked already, or this approval has revoked something else",
            cps="4.9.3",
        ) from error


def _whole(moment: datetime) -> datetime:
    """RFC 5280 5.1.2.4: no fractions of a second."""
    return moment.replace(microsecond=0)
