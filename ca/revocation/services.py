"""Revoking, and putting on hold: the online status changes with this transaction, lists follow.

Out of a hold a certificate is released or revoked. A revocation out of a hold is dated back to the
day of the hold in lists and answers, as X.509 asks of a hold that becomes final: nobody should
rely on what was signed in between, and no list makes a certificate good again in passing.
"""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.batches import insert
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import announce
from anxin.kernel.rows import guarded
from audit.log import advance, advance_many
from ca.hierarchy.queries import issuer_by_id
from ca.issuing.models import Certificate
from ca.issuing.rules import ISSUED
from ca.revocation import rules
from ca.revocation.models import Hold, Revocation
from ca.revocation.rules import Cause
from people.api import spent
from pki.crls import Entry

log = logging.getLogger(__name__)


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
    revokes one. Refuses `revocation.*`, and CONFLICT for one that is neither valid nor on hold.
    """
    rules.check_warrant(*_approved(warrant), certificate_id)
    row = _certificate(certificate_id)
    revoke_row(row, reason, invalid_since=invalid_since, warrant=warrant, actor=actor, at=at)


@transaction.atomic
def end_replaced(successor: Certificate, *, at: datetime) -> None:
    """Revoke what a certificate that is valid from now on stands in for (CPS 4.8.1).

    One approval ordered the one and ends the other: `successor.warrant`. What has expired or was
    revoked meanwhile stays as it is.
    """
    row = Certificate.objects.select_for_update(of=("self",)).get(pk=successor.replaces_id or 0)
    over = row.not_after is None or at > row.not_after
    if over or "revoke" not in row.STEPS.verbs(row.state):
        return
    revoke_row(
        row,
        successor.ends,
        invalid_since=None,
        warrant=successor.warrant,
        actor=SYSTEM,
        at=at,
        successor=successor.pk,
    )


@transaction.atomic
def list_unissued(certificate_id: int, cause: Cause, *, at: datetime) -> None:
    """One that is planned and will never be issued: its signature may exist, so lists name it. The
    approval that ordered it answers for that; the caller refuses it in the same transaction.
    """
    row = _certificate(certificate_id)
    if row.not_after and at <= row.not_after:
        word = rules.reason_of(cause)
        _store(row, cause, word, invalid_since=None, warrant=row.warrant, at=at)


@transaction.atomic
def revoke_row(
    row: Certificate,
    cause: str,
    *,
    invalid_since: datetime | None,
    warrant: int,
    actor: Actor,
    at: datetime,
    even_ended: bool = False,
    **told: object,
) -> None:
    """For the rooms of this house, which answer for the warrant. `even_ended`: to say of its key
    what no list says any more.
    """
    word = rules.reason_of(cause)
    row.STEPS.after("revoke", row.state)
    if row.not_after and not even_ended:
        rules.check_times(row.not_after, invalid_since, at=at)
    _store(row, cause, word, invalid_since=invalid_since, warrant=warrant, at=at)
    Hold.objects.filter(certificate=row, ended_at__isnull=True).update(ended_at=at)
    Certificate.objects.filter(pk=row.pk).update(answers_until=None)  # what was answered is over
    advance(row, "revoke", actor=actor, at=at, cause=cause, reason=word, warrant=warrant, **told)
    announce("ca.status_changed", certificate_ids=[row.pk])


@transaction.atomic
def revoke_all(
    rows: Sequence[Certificate],
    why: rules.End,
    *,
    ending: int,
    invalid_since: datetime | None,
    at: datetime,
) -> None:
    """A batch of an authority that ends (CPS 5.7.3, 5.8); the caller has locked the rows and
    answers for the approval. One that is planned is listed and refused: its signature may exist.
    One whose revocation stands already, though it was not revoked, keeps that; the journal says so.
    """
    reason = rules.END_REASONS[why]
    since = invalid_since and whole(invalid_since)
    ids = [row.pk for row in rows]
    stood = set(Revocation.objects.filter(certificate__in=ids).values_list("pk", flat=True))
    fresh = [row for row in rows if row.serial and row.pk not in stood]
    insert([_ended(row, why, reason, ending=ending, since=since, at=at) for row in fresh])
    Hold.objects.filter(certificate__in=ids, ended_at__isnull=True).update(ended_at=at)
    Certificate.objects.filter(pk__in=ids).update(answers_until=None)
    told = {row.pk: {"cause": why, "reason": reason, "ending": ending} for row in rows}
    for one in stood:
        log.error("certificate %s had a revocation and was not revoked: read its entry", one)
        told[one]["stood"] = True
    over = []
    for state, group in groupby(sorted(rows, key=attrgetter("state")), attrgetter("state")):
        alike = list(group)
        issued = state in ISSUED
        over += [row.pk for row in alike if issued]
        advance_many(alike, "revoke" if issued else "refuse", actor=SYSTEM, at=at, details=told)
    if over:
        announce("ca.status_changed", certificate_ids=over)


def _ended(
    row: Certificate,
    why: rules.End,
    reason: str,
    *,
    ending: int,
    since: datetime | None,
    at: datetime,
) -> Revocation:
    return Revocation(
        certificate_id=row.pk,
        ca_id=row.ca_id,
        cause=why,
        reason=reason,
        revoked_at=at,
        invalid_since=since,
        ending_id=ending,
        not_after=_listed_until(row),
        entry=Entry(int(row.serial or "", 16), whole(row.held_at or at), reason, since).der,
    )


@transaction.atomic
def hold(certificate_id: int, *, cause: str, warrant: int, actor: Actor, at: datetime) -> None:
    """Not good from now on, and perhaps again later. `cause` is a HoldCause of CPS 4.9.12.

    `warrant` as for `revoke`. Refuses `hold.*`, and CONFLICT for a certificate that is not valid.
    """
    rules.check_hold_cause(cause)
    rules.check_hold_warrant(rules.HOLD_WARRANTS, *_approved(warrant), certificate_id)
    hold_row(_certificate(certificate_id), cause, warrant=warrant, actor=actor, at=at)


@transaction.atomic
def hold_row(row: Certificate, cause: str, *, warrant: int, actor: Actor, at: datetime) -> None:
    """For the rooms of this house, which answer for the warrant."""
    row.STEPS.after("hold", row.state)
    _store_hold(row, cause, warrant=warrant, at=at)
    Certificate.objects.filter(pk=row.pk).update(answers_until=None, held_at=at)
    advance(row, "hold", actor=actor, at=at, cause=cause, warrant=warrant)
    announce("ca.status_changed", certificate_ids=[row.pk])


@transaction.atomic
def release(certificate_id: int, *, warrant: int, actor: Actor, at: datetime) -> None:
    """Good again at once; the next list no longer names it (CPS 4.9.12 to 4.9.15).

    Refuses `hold.*`, and CONFLICT for a certificate that is not on hold.
    """
    rules.check_hold_warrant(rules.RELEASE_WARRANTS, *_approved(warrant), certificate_id)
    release_row(_certificate(certificate_id), warrant=warrant, actor=actor, at=at)


@transaction.atomic
def release_row(row: Certificate, *, warrant: int, actor: Actor, at: datetime) -> None:
    """For the rooms of this house, which answer for the warrant."""
    row.STEPS.after("release", row.state)
    assert row.not_after  # constraints of the table say so
    rules.check_hold_time(row.not_after, at=at)
    held = Hold.objects.filter(certificate=row, ended_at__isnull=True)
    with _once("hold.warrant_used", "4.9.14"):
        held.update(ended_at=at, release_warrant=warrant)
    advance(row, "release", actor=actor, at=at, warrant=warrant)
    Certificate.objects.filter(pk=row.pk).update(answers_until=None, held_at=None)
    announce("ca.status_changed", certificate_ids=[row.pk])


def _approved(warrant: int) -> tuple[str | None, str]:
    """What the approval was for, and about what."""
    found = spent([warrant]).get(warrant)
    return (found.action, found.subject) if found else (None, "")


def _certificate(certificate_id: int) -> Certificate:
    """Locked: an entry is dated by the hold there is."""
    row = Certificate.objects.select_for_update().filter(pk=certificate_id).first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "certificate.unknown", f"no certificate {certificate_id}")
    return row


def _store(
    row: Certificate,
    cause: str,
    reason: str,
    *,
    invalid_since: datetime | None,
    warrant: int,
    at: datetime,
) -> None:
    assert row.serial  # constraints of the table say so
    dated = whole(row.held_at or at)
    entry = Entry(int(row.serial, 16), dated, reason, invalid_since and whole(invalid_since))
    with _once("revocation.warrant_used", "4.9.3"):
        Revocation.objects.create(
            certificate=row,
            ca_id=row.ca_id,
            cause=cause,
            reason=reason,
            revoked_at=at,
            invalid_since=invalid_since,
            warrant=warrant,
            not_after=_listed_until(row),
            entry=entry.der,
        )


def _listed_until(row: Certificate) -> datetime:
    """What leaves a list is shown to the signer; what was never issued has nothing to show, and
    stays as long as there are lists.
    """
    assert row.not_after  # constraints of the table say so
    return row.not_after if row.state in ISSUED else issuer_by_id(row.ca_id).certificate.not_after


def _store_hold(row: Certificate, cause: str, *, warrant: int, at: datetime) -> None:
    assert row.not_after  # constraints of the table say so
    assert row.serial
    rules.check_hold_time(row.not_after, at=at)
    with _once("hold.warrant_used", "4.9.14"):
        Hold.objects.create(
            certificate=row,
            ca_id=row.ca_id,
            cause=cause,
            held_at=at,
            warrant=warrant,
            not_after=row.not_after,
            entry=Entry(int(row.serial, 16), whole(at), rules.ON_HOLD).der,
        )


def _once(rule: str, cps: str) -> AbstractContextManager[None]:
    """The tables let one approval do one thing."""
    reason = "done already, or this approval has done something else"
    return guarded(Refusal(Kind.CONFLICT, rule, reason, cps=cps))


def whole(moment: datetime) -> datetime:
    """RFC 5280 5.1.2.4: no fractions of a second."""
    return moment.replace(microsecond=0)
