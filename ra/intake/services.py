"""Entering an application (CPS 4.1, 4.3.1): draft, request, agreement.

Documents are taken in by `ra.evidence.services.add_evidence`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from ca import api as ca
from kmc import api as kmc
from people.api import approval, withdraw
from ra.applicants import rules as identity
from ra.applicants.kinds import kind_of
from ra.applicants.services import numbered
from ra.applications import queries as applications
from ra.applications import rules as application_rules
from ra.applications.models import Application, Dossier
from ra.applications.queries import Content
from ra.applications.said import Said, packed, unpacked
from ra.branches.queries import check_works, intake_office
from ra.branches.queries import office as office_of
from ra.consents import services as consents
from ra.consents.rules import Purpose
from ra.domains import services as domains
from ra.fees import services as fees
from ra.fees.queries import check_sold
from ra.intake import dossiers, queries, rules
from ra.intake.queries import RequestView
from ra.publications import queries as publications


@dataclass(frozen=True, slots=True)
class Draft:
    """A new application: its id for services, its number for people."""

    id: int
    number: str


@dataclass(frozen=True, slots=True)
class Saved:
    """The draft's new version, and what is wrong with it so far."""

    version: int
    wrong: tuple[Refusal, ...]


@transaction.atomic
def open_draft(
    profile: str,
    *,
    years: int = 1,
    office: str = "",
    channel: application_rules.Channel = application_rules.Channel.COUNTER,
    actor: Actor,
    at: datetime,
) -> Draft:
    """An empty application of this profile, at the person's own office.

    `office` is for headquarters, who have none. Refuses `applications.not_an_operator`,
    `profile.unknown`, `profile.not_offered`, `kinds.not_offered`, `branches.no_office`,
    `fees.no_price`.
    """
    applications.check_operator(actor)
    offered = ca.on_offer(profile)
    kind_of(profile)  # there is somebody to apply for it
    check_sold(profile, at=at)
    place = intake_office(actor) if actor.office or not office else office_of(office)
    check_works(place.id)
    key = kmc.new_data_key("ra.application", actor=actor, at=at)
    row = Application.objects.create(
        state=application_rules.State.DRAFT,
        number=numbered("RA", at),
        profile=offered.code,
        days=application_rules.check_days(years),
        office_id=place.id,
        maker_id=application_rules.person(actor),
        channel=channel,
        data_key=key,
        reviews_needed=offered.reviews,
        opened_at=at,
    )
    dossier = Dossier(application=row)
    dossiers.seal_identity(dossier, key, {}, secrets.token_hex(16))
    dossier.save(force_insert=True)
    record("ra.open_draft", subject_of(row), actor=actor, at=at, number=row.number, profile=profile)
    return Draft(row.pk, row.number)


@transaction.atomic
def open_again(application_id: int, *, actor: Actor, at: datetime) -> Draft:
    """A new draft from the words of a rejected or cancelled application (CPS 4.2.2).

    Whoever entered those words is a maker of the new one, too (CPS 4.3.1). Refuses
    `applications.not_an_operator`, `intake.not_over`, `kmc.data_key_destroyed`.
    """
    applications.check_operator(actor)
    old = applications.locked(application_id, actor)
    if old.state not in application_rules.ENDED:
        raise Refusal(Kind.CONFLICT, "intake.not_over", f"{old.number} is {old.state}", cps="4.2.2")
    content = applications.content(old)
    office = "" if actor.office else old.office.code
    draft = open_draft(old.profile, years=old.years, office=office, actor=actor, at=at)
    save_draft(draft.id, content.fields, distinguisher=old.distinguisher, actor=actor, at=at)
    before = sorted(old.makers - {application_rules.person(actor)})
    Application.objects.filter(pk=draft.id).update(former_makers=before)
    record("ra.open_again", subject_of(old), actor=actor, at=at, new=draft.number)
    return draft


@transaction.atomic
def take_over(application_id: int, *, actor: Actor, at: datetime) -> None:
    """Go on entering what another operator began; neither of both may check it (CPS 4.3.1).

    Refuses `applications.not_an_operator`, `not_editable`, `yours_already`.
    """
    applications.check_operator(actor)
    row = applications.locked(application_id, actor)
    application_rules.check_editable(row.state)
    application_rules.check_anothers(row.maker_id, actor.person_id)
    before = row.maker_id
    row.former_makers = sorted(row.makers)
    row.maker_id = application_rules.person(actor)
    row.decided_by = None  # of a failed one: the next round is another's, `Decision` keeps it
    _changed(row, "maker_id", "former_makers", "decided_by")
    record("ra.take_over", subject_of(row), actor=actor, at=at, before=before)


@transaction.atomic
def save_draft(
    application_id: int,
    values: Mapping[str, str],
    *,
    years: int | None = None,
    distinguisher: str | None = None,
    seen: int | None = None,
    actor: Actor,
    at: datetime,
) -> Saved:
    """Keep what was typed, right or wrong, and say what is wrong (CPS 3.2.3).

    `values` replaces all fields. `seen` is the version of the page: refuses
    `applications.content_changed` when another page was saved meanwhile.
    """
    row = editable(application_id, actor)
    if seen is not None:
        application_rules.check_version(row.content_version, seen)
    content = applications.content(row)
    asked = kind_of(row.profile).fields
    fields = rules.typed(values, asked)
    kept, wrong = identity.judge(fields, asked, today=day_of(at))
    columns, more_wrong = dossiers.set_columns(row, years, distinguisher, kept)
    if dict(content.fields) != kept or columns:
        dossiers.keep_fields(row, kept, content.salt, wrong)
        if not {refusal.field for refusal in wrong} & set(kind_of(row.profile).hosts):
            domains.follow(row.pk, kept, actor=actor, at=at)  # CPS 3.2.4
        _changed(row, *columns)
        record("ra.save_draft", subject_of(row), actor=actor, at=at, version=row.content_version)
    return Saved(row.content_version, tuple(wrong + more_wrong))


@transaction.atomic
def attach_request(application_id: int, data: bytes, *, actor: Actor, at: datetime) -> RequestView:
    """Take a PKCS#10 request, PEM or DER, in (CPS 3.2.1).

    Refuses with the rule of `pki` (field `request`), and what the CA refuses: `key.certified`,
    `key.of_an_authority`, `name.taken` (field `distinguisher`), `profile.*`.
    """
    row = editable(application_id, actor)
    request = queries.proven(data)
    content = applications.content(row)
    queries.check_order(row, Content(content.fields, content.salt, request.der), at=at)
    dossier = row.dossier
    dossier.request = kmc.seal(row.data_key, dossier.request_context(), request.der)
    dossier.save(update_fields=["request"])
    row.key_fingerprint = request.public_key.fingerprint
    _changed(row, "key_fingerprint")
    record(
        "ra.attach_request",
        subject_of(row),
        actor=actor,
        at=at,
        key=row.key_fingerprint,
        algorithm=request.public_key.algorithm,
    )
    return queries.request_view(request)


@transaction.atomic
def accept_agreement(
    application_id: int,
    version: str,
    *,
    how: str,
    by_message: bool = False,
    agreed_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """The applicant has agreed to the subscriber agreement (CPS 4.1.2.4), just now or before.

    By it to how private data is handled (CPS 9.4.1), and, where that was asked, to be told things
    `by_message`. `agreed_at`: when they did so by themselves, on the public site.
    """
    row = editable(application_id, actor)
    when = agreed_at or at
    application_rules.check_agreement(version, how, in_force=publications.agreement(when))
    agreed = [Purpose.PRIVACY, Purpose.NOTICES] if by_message else [Purpose.PRIVACY]
    by_themselves = agreed_at is not None
    consents.give(
        row.pk, agreed, version=version, how=how, noted=not by_themselves, actor=actor, at=when
    )
    row.agreement_version, row.agreement_how, row.agreement_at = version, how, when
    _changed(row, "agreement_version", "agreement_how", "agreement_at")
    record(
        "ra.accept_agreement",
        subject_of(row),
        actor=actor,
        at=at,
        version=version,
        how=how,
        by_message=by_message,
    )


@transaction.atomic
def keep_said(application_id: int, words: Said, *, actor: Actor, at: datetime) -> None:
    """What came with a correction stays with the application, under its key (CPS 4.2.2)."""
    row = editable(application_id, actor)
    kept = [*unpacked(applications.content(row).said), words]
    row.dossier.said = kmc.seal(row.data_key, row.dossier.said_context(), packed(kept))
    row.dossier.save(update_fields=["said"])
    record("ra.keep_words", subject_of(row), actor=actor, at=at, submission=words.number)


@transaction.atomic
def cancel(application_id: int, *, reason: str, actor: Actor, at: datetime) -> None:
    """The applicant wants no more, or has not corrected in time. `reason` is a code.

    What was never submitted is shredded at once: nobody has a use for it (WP-6.4).
    """
    rules.check_cancel_reason(reason)
    row = applications.locked(application_id, actor)
    application_rules.check_own(row.maker_id, actor.person_id)
    overdue = application_rules.is_overdue(row.state, row.correction_due_at, at=at)
    rules.check_not_corrected(reason, overdue=overdue)
    was_submitted = row.state == application_rules.State.SUBMITTED
    advance(row, "cancel", actor=actor, at=at, reason=reason)
    fees.close_order(row.pk, actor=actor, at=at)
    Application.objects.filter(pk=row.pk).update(claimed_by=None, claimed_until=None)
    if was_submitted and row.approval_id and approval(row.approval_id).is_open:
        withdraw(row.approval_id, reason="application cancelled", actor=actor, at=at)
    if row.round == 0:
        kmc.destroy_data_key(row.data_key, reason="draft cancelled", actor=actor, at=at)


# --- inside ----------------------------------------------------------------------------------


def editable(application_id: int, actor: Actor) -> Application:
    """Locked, for its maker alone. Refuses `applications.not_yours`, `not_editable`."""
    applications.check_operator(actor)
    row = applications.locked(application_id, actor)
    application_rules.check_own(row.maker_id, actor.person_id)
    application_rules.check_editable(row.state)
    row.profile_version = 0  # until it is handed in again, what is in force counts
    return row


def _changed(row: Application, *columns: str) -> None:
    row.content_version += 1
    row.save(update_fields=["content_version", *columns])
