"""Codes and handing over (CPS 4.3.1, 4.3.2, 4.4.1).

`pick_up` and `status_of` are the public site's. They run under a database role that reads plain
columns, counts tries and records acceptance, and can do nothing else.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from anxin.kernel import codes as told
from anxin.kernel.actors import APPLICANT, SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from audit.log import advance, advance_many, record
from ca import api as ca
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.rules import State as ApplicationState
from ra.handover import queries, rules, tries
from ra.handover.models import DownloadCredential, StatusAccess
from ra.handover.queries import PUBLIC_COLUMNS, StatusView
from ra.notices import services as notices
from ra.notices.rules import Event

SWEEP = 500
REFUSED = "refused"  # a certificate's state: there will never be one
MOVING = frozenset({"valid", "held", "revoked"})  # states of a certificate that is there


@dataclass(frozen=True, slots=True, repr=False)
class DownloadCodes:
    """Told once. The reference number is no secret, the authorisation code is."""

    reference: str
    authorisation_code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PickedUp:
    """The certificate, DER; `accepted_at` is when it counted as accepted (CPS 4.4.1)."""

    number: str
    certificate: ca.CertificateView
    der: bytes
    accepted_at: datetime


# --- staff -----------------------------------------------------------------------------------


def issue_access_code(application_id: int, *, actor: Actor, at: datetime) -> str:
    """A new code for the status page; part of submitting, or of replacing a lost receipt."""
    application = applications.locked(application_id, actor)
    code = _access_code()
    StatusAccess.objects.update_or_create(
        application=application,
        defaults={
            "number": application.number,
            "code_hash": queries.hashed(rules.ACCESS, application.number, code),
            "tries": 0,
            "locked_until": None,
        },
    )
    record("ra.issue_access_code", _subject(application.pk), actor=actor, at=at)
    return code


def first_access_code(application_id: int, *, actor: Actor, at: datetime) -> str:
    """A code for somebody who has none; "" for who was told one before."""
    if StatusAccess.objects.filter(application_id=application_id).exists():
        return ""
    return issue_access_code(application_id, actor=actor, at=at)


def bind_access(number: str, application_id: int) -> None:
    """Number and code that were told before lead to this application from now on."""
    StatusAccess.objects.filter(number=number).update(application_id=application_id)


@transaction.atomic
def renew_access_code(application_id: int, *, actor: Actor, at: datetime) -> str:
    """The receipt was lost: a new code, told once; the old one is void."""
    applications.check_operator(actor)
    application = applications.locked(application_id, actor)
    if application.round == 0:
        raise Refusal(Kind.CONFLICT, "handover.not_submitted", "nothing to look up yet")
    return issue_access_code(application_id, actor=actor, at=at)


@transaction.atomic
def issue_download_codes(application_id: int, *, actor: Actor, at: datetime) -> DownloadCodes:
    """Both codes, told once, to be handed over face to face (CPS 4.3.1).

    Refuses `handover.no_certificate` before the certificate is there or after its revocation, and
    `handover.replace_first` when there were others and nobody has agreed to their replacement.
    """
    applications.check_operator(actor)
    application = applications.locked(application_id, actor)
    rules.check_codes_due(application.state, application.certificate_state)
    last = queries.last_credential(application.pk)
    agreed = last is not None and last.warrant is not None
    rules.check_first_or_agreed(issued=last is not None, agreed=agreed)
    code = told.code_from(
        secrets.token_bytes(rules.AUTHORISATION_LENGTH), rules.AUTHORISATION_LENGTH
    )
    credential = _new_credential(application, code, actor=actor, at=at)
    record(
        "ra.issue_download_codes",
        _subject(application.pk),
        actor=actor,
        at=at,
        credential=credential.pk,
    )
    return DownloadCodes(credential.reference, code, credential.expires_at)


# --- workers ---------------------------------------------------------------------------------


@transaction.atomic
def hand_over(certificate_ids: Sequence[int], *, at: datetime) -> int:
    """Applications whose certificates are there become `issued`; how many did.

    Done twice it does nothing. What was revoked meanwhile is issued and known to be revoked.
    """
    waiting = {
        row.certificate_id: row
        for row in Application.objects.select_for_update(skip_locked=True).filter(
            certificate_id__in=list(certificate_ids), state=ApplicationState.APPROVED
        )
    }
    found = {view.id: view for view in ca.certificates(list(filter(None, waiting)))}
    ready = [row for key, row in waiting.items() if key in found and found[key].der]
    for row in ready:
        row.issued_at = at
        row.certificate_state = found[row.certificate_id or 0].state
        row.certificate_state_at = found[row.certificate_id or 0].revoked_at or at
    advance_many(
        ready,
        "hand_over",
        actor=SYSTEM,
        at=at,
        details={row.pk: {"certificate": row.certificate_id} for row in ready},
        columns=("issued_at", "certificate_state", "certificate_state_at"),
    )
    news = [notices.News(row, str(row.certificate_id)) for row in ready]
    notices.notify(Event.ISSUED, news, actor=SYSTEM, at=at)
    return len(ready)


@transaction.atomic
def fail(certificate_ids: Sequence[int], *, at: datetime) -> int:
    """Applications whose orders the CA has refused for good become `failed`; how many did.

    The counter sees why, and has them corrected or withdraws them (CPS 4.2.2).
    """
    refused = [view.id for view in ca.certificates(certificate_ids) if view.state == REFUSED]
    waiting = Application.objects.select_for_update(skip_locked=True)
    rows = list(waiting.filter(certificate_id__in=refused, state=ApplicationState.APPROVED))
    for row in rows:
        row.certificate_state, row.certificate_state_at = REFUSED, at
    advance_many(
        rows,
        "fail",
        actor=SYSTEM,
        at=at,
        details={row.pk: {"certificate": row.certificate_id} for row in rows},
        columns=("certificate_state", "certificate_state_at"),
    )
    return len(rows)


def sweep_issued(*, at: datetime) -> int:
    """What nobody rang for: certificates that are there, or refused for good; old codes.

    All approved applications, a batch at a time: those that go on waiting hold up nobody.
    """
    waiting = Application.objects.filter(state=ApplicationState.APPROVED).order_by("pk")
    count, last = 0, 0
    while batch := list(waiting.filter(pk__gt=last).values_list("pk", "certificate_id")[:SWEEP]):
        keys = [key for _, key in batch if key]
        count += hand_over(keys, at=at) + fail(keys, at=at)
        last, _ = batch[-1]
    expire_codes(at=at)
    return count


@transaction.atomic
def expire_codes(*, at: datetime) -> int:
    """Download credentials nobody used in thirty days."""
    late = DownloadCredential.objects.select_for_update(skip_locked=True).filter(
        state=rules.State.OPEN, expires_at__lte=at, application__isnull=False
    )[:SWEEP]
    rows = list(late)
    advance_many(rows, "expire", actor=SYSTEM, at=at)
    return len(rows)


@transaction.atomic
def note_status(certificate_ids: Sequence[int], *, at: datetime) -> None:
    """Copy what became of certificates to where the status page may look (CPS 4.9.3)."""
    found = {view.id: view for view in ca.certificates(certificate_ids) if view.state in MOVING}
    for view in found.values():
        changed = Application.objects.filter(certificate_id=view.id).exclude(certificate_state="")
        changed.exclude(certificate_state=view.state).update(
            certificate_state=view.state,
            certificate_state_at=view.revoked_at or view.held_at or at,
        )
    revoked = [view.id for view in found.values() if view.state == "revoked"]
    told = Application.objects.filter(certificate_id__in=revoked)
    news = [
        notices.News(row, str(row.certificate_id))
        for row in told.only("id", "number", "masked_name", "certificate_id")
    ]
    notices.notify(Event.REVOKED, news, actor=SYSTEM, at=at)


def sweep_status(*, at: datetime) -> int:
    """What nobody rang for: certificates revoked, held or released by workers; how many."""
    standing = Application.objects.filter(certificate_state__in=MOVING - {"revoked"}).order_by("pk")
    count, last = 0, 0
    columns = ("pk", "certificate_id", "certificate_state")
    while batch := list(standing.filter(pk__gt=last).values_list(*columns)[:SWEEP]):
        now = ca.states(key for _, key, _ in batch if key)
        moved = [key for _, key, noted in batch if key and now.get(key, noted) != noted]
        if moved:
            note_status(moved, at=at)
        count += len(moved)
        last = batch[-1][0]
    return count


# --- the public site -------------------------------------------------------------------------


def pick_up(reference: str, code: str, *, address: str = "", at: datetime) -> PickedUp:
    """The certificate for both codes, once; taking it is accepting it (CPS 4.4.1).

    Refuses `handover.no_match` alike for an unknown reference, a wrong code, a locked, used or
    expired credential. A wrong try is counted although the answer is no; the fifth locks for good.
    With the right code: `handover.certificate_over` once the certificate was revoked.
    """
    actor = _applicant(address)
    with transaction.atomic():
        credential = tries.credential(reference)
        if credential is None or not tries.opens(credential, code, at=at):
            if credential is not None:
                tries.wrong_code(credential, actor=actor, at=at)
            picked = None
        else:
            picked = _accept(credential, actor=actor, at=at)
    if picked is None:
        raise rules.no_match()
    return picked


def status_of(number: str, code: str, *, address: str = "", at: datetime) -> StatusView:
    """How an application stands, for number and access code.

    Refuses as `let_in` does.
    """
    return queries.status(let_in(number, code, address=address, at=at))


def let_in(number: str, code: str, *, address: str = "", at: datetime) -> str:
    """The number as it is printed, for a code that fits it.

    Refuses `handover.no_match` alike for an unknown number, a wrong code, and during the pause of
    fifteen minutes after five wrong ones.
    """
    actor = _applicant(address)
    with transaction.atomic():
        access = tries.access(number)
        fits = access is not None and tries.lets_in(access, code, at=at)
        if access is not None and not fits:
            tries.wrong_access(access, actor=actor, at=at)
        elif access is not None and access.tries:
            StatusAccess.objects.filter(pk=access.pk).update(tries=0)
    if not fits:
        raise rules.no_match()
    return rules.number_as_printed(number)


def new_access(number: str) -> str:
    """A code, told once, for something that was sent and is no application yet."""
    code = _access_code()
    StatusAccess.objects.create(number=number, code_hash=queries.hashed(rules.ACCESS, number, code))
    return code


# --- inside ----------------------------------------------------------------------------------


def _access_code() -> str:
    return told.code_from(secrets.token_bytes(rules.ACCESS_LENGTH), rules.ACCESS_LENGTH)


def _new_credential(
    application: Application, code: str, *, actor: Actor, at: datetime
) -> DownloadCredential:
    """Random references may meet; then another one is drawn."""
    while True:
        reference = rules.reference_from(secrets.token_bytes(16))
        try:
            with transaction.atomic():
                return DownloadCredential.objects.create(
                    state=rules.State.OPEN,
                    application=application,
                    certificate_id=application.certificate_id,
                    reference=reference,
                    code_hash=queries.hashed(rules.DOWNLOAD, reference, code),
                    issued_by=actor.person_id,
                    issued_at=at,
                    expires_at=at + rules.VALID_FOR,
                )
        except IntegrityError as error:
            if "reference" not in str(error):
                raise


def _accept(row: DownloadCredential, *, actor: Actor, at: datetime) -> PickedUp:
    application = Application.objects.only(*PUBLIC_COLUMNS).get(pk=row.application_id or 0)
    certificate = ca.certificate(row.certificate_id or 0)
    rules.check_valid(certificate.state)
    DownloadCredential.objects.filter(pk=row.pk).update(used_at=at)
    advance(row, "use", actor=actor, at=at)
    accepted_at = application.accepted_at or at
    if application.state == ApplicationState.ISSUED:
        Application.objects.filter(pk=application.pk).update(accepted_at=at)
        advance(application, "accept", actor=actor, at=at, how="download", credential=row.pk)
    return PickedUp(application.number, certificate, certificate.der, accepted_at)


def _applicant(address: str) -> Actor:
    return Actor(APPLICANT.person_id, APPLICANT.name, address=address)


def _subject(application_id: int) -> str:
    return f"ra.application:{application_id}"
