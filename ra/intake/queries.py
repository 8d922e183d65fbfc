"""What the counter sees of an application it is entering."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from ca import api as ca
from people.api import staff_names
from pki import requests
from pki.errors import PkiError
from pki.requests import Request
from ra.applicants import queries as applicants
from ra.applicants.hosts import of_server
from ra.applicants.kinds import Kind as Applicant
from ra.applicants.kinds import bearer, kind_of, offered
from ra.applicants.rules import by_proxy, judge, shown
from ra.applications import queries as applications
from ra.applications import quotas
from ra.applications import rules as application_rules
from ra.applications import said as words
from ra.applications import succession as successions
from ra.applications.models import Application
from ra.applications.queries import Content
from ra.blacklist import queries as blacklist
from ra.domains import queries as domains
from ra.domains.queries import ProofView
from ra.evidence import queries as evidence
from ra.evidence.queries import DocumentView
from ra.evidence.rules import missing, needed, slots
from ra.intake import rules
from ra.lookups import queries as lookups
from ra.lookups.queries import LookupView
from ra.lookups.rules import unpacked
from ra.verifications import queries as verifications
from ra.verifications.queries import VerificationView


@dataclass(frozen=True, slots=True)
class RequestView:
    """A certificate request, read: `subject` is what it says, not what will be certified."""

    algorithm: str
    bits: int
    fingerprint: str
    subject: str
    ignored: tuple[str, ...]  # OIDs of extensions it wishes for; the profile decides


@dataclass(frozen=True, slots=True)
class SlotView:
    """A place for documents; `needed` given what was typed so far."""

    code: str
    needed: bool
    documents: tuple[DocumentView, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """Why the application came back."""

    reasons: tuple[str, ...]
    items: tuple[str, ...]
    message: str
    at: datetime
    due_at: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True, repr=False)
class IntakeView:
    """One application at the counter.

    `fields` are as typed for the person who enters them while they may, masked for all others.
    `wrong` is what the rules say to it now: field, rule, clause; what is missing included.
    """

    id: int
    number: str
    state: str
    version: int
    profile: str
    years: int
    distinguisher: str
    fields: Mapping[str, str]
    proxy: bool
    slots: tuple[SlotView, ...]
    verifications: Mapping[str, VerificationView]  # by slot
    sources: tuple[str, ...]  # that can be asked
    lookups: tuple[LookupView, ...]
    said: tuple[words.Said, ...]  # with corrections that came in online
    names: tuple[ProofView, ...]  # of a server, and what proves them
    request: RequestView | None
    agreement_version: str
    agreement_how: str
    agreement_at: datetime | None
    wrong: tuple[Refusal, ...]
    editable: bool
    may_take_over: bool
    may_open_again: bool
    submitted_at: datetime | None
    deadline_at: datetime | None
    certificate_id: int | None
    returned: Return | None
    refusal: str  # the CA's, of an application that failed
    succession: successions.Succession | None


@dataclass(frozen=True, slots=True)
class MineView:
    """One line of what a person is entering; `held` of `needed` documents are there."""

    number: str
    state: str
    profile: str
    masked_name: str
    held: int
    needed: int
    at: datetime


def mine(actor: Actor, limit: int = 100) -> list[MineView]:
    """Drafts and returned applications of this person, newest first; two queries."""
    rows = applications.visible(actor).filter(
        maker_id=application_rules.person(actor), state__in=application_rules.EDITABLE
    )
    found = list(rows.order_by("-pk")[:limit])
    held = evidence.held_counts(row.pk for row in found)
    return [
        MineView(
            number=row.number,
            state=row.state,
            profile=row.profile,
            masked_name=row.masked_name,
            held=held.get(row.pk, 0),
            needed=row.slots_needed,
            at=row.returned_at or row.opened_at,
        )
        for row in found
    ]


def profiles() -> list[ca.Profile]:
    """Profiles on offer at a counter."""
    return [profile for profile in ca.profiles() if offered(profile.code)]


def kind_at(number: str, actor: Actor) -> Applicant:
    """What kind of applicant this is about. Refuses `applications.unknown`."""
    return kind_of(applications.by_number(number, actor).profile)


def proven(data: bytes) -> Request:
    """A request whose signature holds (CPS 3.2.1). Refuses by `pki`'s rules, field `request`."""
    try:
        request = requests.parse(data)
        requests.verify(request)
    except PkiError as error:
        raise Refusal(
            Kind.INVALID, error.rule, error.reason, cps="3.2.1", field="request", **error.details
        ) from error
    return request


def request_view(request: Request) -> RequestView:
    key = request.public_key
    return RequestView(
        algorithm=key.algorithm,
        bits=key.bits,
        fingerprint=key.fingerprint,
        subject=request.subject.text,
        ignored=tuple(extension.oid for extension in request.requested_extensions),
    )


def intake(number: str, actor: Actor, *, at: datetime) -> IntakeView:
    """Refuses `applications.unknown`; `wrong` tells what submitting would refuse."""
    row = applications.by_number(number, actor)
    content = _content_or_nothing(row)
    mine = row.maker_id == actor.person_id and row.state in application_rules.EDITABLE
    return IntakeView(
        id=row.pk,
        number=row.number,
        state=row.state,
        version=row.content_version,
        profile=row.profile,
        years=row.years,
        distinguisher=row.distinguisher,
        fields=_shown(content.fields, masked=not mine),
        proxy=by_proxy(content.fields),
        slots=_slots(row, content, actor),
        verifications=_verified(row),
        sources=lookups.sources(),
        lookups=_lookups(content),
        said=tuple(words.unpacked(content.said)),
        names=_names(row),
        request=request_view(requests.parse(content.request)) if content.request else None,
        agreement_version=row.agreement_version,
        agreement_how=row.agreement_how,
        agreement_at=row.agreement_at,
        wrong=tuple(all_wrong(row, content, at=at)) if mine else (),
        editable=mine,
        may_take_over=row.state in application_rules.EDITABLE and not mine,
        may_open_again=row.state in application_rules.ENDED and bool(content.fields),
        submitted_at=row.submitted_at,
        deadline_at=row.deadline_at,
        certificate_id=row.certificate_id,
        returned=_returned(row, at=at),
        refusal=_refusal(row),
        succession=successions.succession(row, content),
    )


def all_wrong(
    row: Application, content: Content, *, at: datetime, submitting: bool = False
) -> list[Refusal]:
    """Everything that stands between this dossier and its submission, the CA's word excepted."""
    kept, wrong = judge(content.fields, kind_of(row.profile).fields, today=day_of(at))
    wanted = applications.profile_of(row).evidence
    slots_needed = needed(wanted, kept, proxy=by_proxy(kept), signed=row.signed)
    held = evidence.held_slots(row.pk)
    wrong += missing(slots_needed, held)
    wrong += verifications.left(row.pk, [slot for slot in slots_needed if slot in held])
    if not {refusal.field for refusal in wrong} & set(kind_of(row.profile).hosts):
        wrong += domains.unproved(row.pk, of_server(kept), at=at)  # CPS 3.2.4
    wrong += rules.still_missing(
        request=bool(content.request), agreement=bool(row.agreement_version)
    )
    wrong += successions.hindrances(row, content, at=at)
    wrong += quotas.hindrances(row, at=at, submitting=submitting)
    return wrong or verifications.changed(row, kept)  # CPS 3.2.5


def check_order(row: Application, content: Content, *, at: datetime) -> None:
    """Asks the CA, field by field as the counter knows them.

    Before all that names the subject is there, the application's number stands in for it.
    """
    kind, fields = kind_of(row.profile), content.fields
    naming = [code for code in kind.certified if kind.fields[code].needed]
    if not all(fields.get(code) for code in naming):
        fields = dict.fromkeys(naming, row.number)
    order = applications.order_of(row, Content(fields, content.salt, content.request))
    try:
        ca.check_order(order, at=at)
    except Refusal as refusal:
        if refusal.rule == "name.taken":
            refusal.field = "distinguisher"
        raise


def automatic_checks(
    row: Application, content: Content, subscriber: int, *, at: datetime
) -> dict[str, str]:
    """What the machine notices: code of `rules.CHECKS` -> ok, warn, bad."""
    others = Application.objects.exclude(pk=row.pk)
    same_subject = others.filter(subscriber_id=subscriber)
    kind, party = kind_of(row.profile), bearer(content.fields)
    phones = others.filter(phone_index=applicants.phone_index(content.fields[kind.phone]))
    files = [digest for _, digest in applications.documents_of(row)]
    return rules.verdicts(
        request_name=requests.parse(content.request).subject.get("CN") or "",
        name=content.fields[kind.title],
        other_name=applicants.known_by_another_name(party),
        twins=same_subject.filter(state__in=application_rules.UNDECIDED).count(),
        same_files=evidence.elsewhere(files, subscriber, row.pk),
        phone_users=phones.exclude(subscriber_id=subscriber)
        .values("subscriber_id")
        .distinct()
        .count(),
        listed=bool(blacklist.hits(content.fields, row.key_fingerprint, at=at)),
    )


def _slots(row: Application, content: Content, actor: Actor) -> tuple[SlotView, ...]:
    held = evidence.documents(row.pk, actor.person_id)
    wanted, proxy = applications.profile_of(row).evidence, by_proxy(content.fields)
    asked = needed(wanted, content.fields, proxy=proxy, signed=row.signed)
    return tuple(
        SlotView(
            code=code,
            needed=code in asked,
            documents=tuple(document for document in held if document.slot == code),
        )
        for code in slots(row.profile)
    )


def _verified(row: Application) -> dict[str, VerificationView]:
    """A cancelled draft's data key is destroyed, and the references with it."""
    if row.state == application_rules.State.CANCELLED:
        return {}
    rows = verifications.current(row.pk)
    names = staff_names({one.officer_id for one in rows}) if rows else {}
    return {one.slot: one for one in verifications.views(row, rows, names)}


def _lookups(content: Content) -> tuple[LookupView, ...]:
    kept = unpacked(content.lookups)
    names = staff_names({one.officer_id for one in kept}) if kept else {}
    return lookups.views(kept, names)


def _names(row: Application) -> tuple[ProofView, ...]:
    return tuple(domains.proofs(row.pk).values()) if kind_of(row.profile).hosts else ()


def _shown(fields: Mapping[str, str], *, masked: bool) -> dict[str, str]:
    return {code: shown(code, text) if masked else text for code, text in fields.items()}


def _content_or_nothing(row: Application) -> Content:
    """A cancelled draft's data key is destroyed: there is nothing left to show."""
    try:
        return applications.content(row)
    except Refusal as refusal:
        if refusal.rule != "kmc.data_key_destroyed":
            raise
        return Content({}, "", b"")


def _refusal(row: Application) -> str:
    failed = row.state == application_rules.State.FAILED and row.certificate_id
    return ca.certificate(row.certificate_id).refusal if failed and row.certificate_id else ""


def _returned(row: Application, *, at: datetime) -> Return | None:
    last = row.decisions.filter(outcome="return").order_by("-round").first()
    if row.state != application_rules.State.RETURNED or last is None:
        return None
    return Return(
        tuple(last.reasons),
        tuple(last.items),
        last.message,
        last.at,
        row.correction_due_at,
        application_rules.is_overdue(row.state, row.correction_due_at, at=at),
    )
