"""Revocation requests for the pages of the counter and of the reviewers."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from ca import api as ca
from kmc import api as kmc
from people.api import Role, approval, staff_names
from ra.applications import queries as applications
from ra.branches.queries import visible_ids
from ra.revocations import rules
from ra.revocations.models import RevocationRequest

PAGE = 50


@dataclass(frozen=True, slots=True, repr=False)
class RequestView:
    """One request. `seen` goes back with the decision; `note` and `message`, why it was refused,
    are opened for the single page only.

    `reason` is the word of RFC 5280 the CRL will have; `term_hours` what CPS 4.9.4 allows.
    """

    id: int
    number: str
    state: str
    certificate: ca.CertificateView
    application: str  # number, "" when the certificate came from elsewhere
    masked_name: str
    cause: str
    reason: str
    term_hours: int
    asker: str
    checked_how: str
    discovered_at: datetime
    asked_at: datetime
    late: bool
    note: str
    maker: str
    decided_by: str
    decided_at: datetime | None
    message: str
    seen: str
    may_decide: bool


def unknown(what: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "revocations.unknown", f"no request {what}", cps="1.4.2")


def visible(actor: Actor) -> QuerySet[RevocationRequest]:
    """Requests taken in by the person's office and the offices below it; business roles only."""
    if not actor.roles & {Role.OPERATOR, Role.REVIEWER}:
        return RevocationRequest.objects.none()
    offices = visible_ids(actor)
    rows = RevocationRequest.objects.select_related("application")
    return rows if offices is None else rows.filter(office_id__in=offices)


def locked(request_id: int, actor: Actor) -> RevocationRequest:
    """Refuses `revocations.unknown`."""
    row = visible(actor).select_for_update(of=("self",)).filter(pk=request_id).first()
    if row is None:
        raise unknown(request_id)
    return row


def waiting(actor: Actor) -> list[RequestView]:
    """Open requests, oldest first (CPS 4.9.5: at once); at most 50."""
    rows = visible(actor).filter(state=rules.State.REQUESTED).order_by("asked_at", "pk")
    return _views(list(rows[:PAGE]), actor)


def decided(actor: Actor) -> list[RequestView]:
    """The latest 50 that are over."""
    rows = visible(actor).exclude(state=rules.State.REQUESTED).order_by("-pk")
    return _views(list(rows[:PAGE]), actor)


def of_certificate(certificate_id: int, actor: Actor) -> list[RequestView]:
    """All requests about one certificate, newest first."""
    return _views(list(visible(actor).filter(certificate_id=certificate_id).order_by("-pk")), actor)


def request(number: str, actor: Actor) -> RequestView:
    """One request with its note opened. Refuses `revocations.unknown`."""
    row = visible(actor).filter(number=number).first()
    if row is None:
        raise unknown(number)
    sealed = [(row.data_key, row.note_context(), bytes(row.note))]
    if row.answer is not None:
        sealed.append((row.data_key, row.answer_context(), bytes(row.answer)))
    note, message, *_ = [*map(bytes.decode, kmc.unseal_many(sealed)), ""]
    return replace(_views([row], actor)[0], note=note, message=message)


def revocable(certificate_id: int, actor: Actor) -> ca.CertificateView:
    """A valid certificate of this office. Refuses `revocations.not_valid`, and unknown ones."""
    view = ca.certificate(certificate_id)
    if not applications.visible(actor).filter(certificate_id=certificate_id).exists():
        raise applications.unknown(f"of certificate {certificate_id}")
    rules.check_revocable(view.state)
    return view


def _views(rows: list[RevocationRequest], actor: Actor) -> list[RequestView]:
    certificates = {view.id: view for view in ca.certificates(row.certificate_id for row in rows)}
    names = staff_names({row.maker_id for row in rows} | {row.decided_by or 0 for row in rows})
    return [_view(row, actor, certificates[row.certificate_id], names) for row in rows]


def _view(
    row: RevocationRequest,
    actor: Actor,
    certificate: ca.CertificateView,
    names: dict[int, str],
) -> RequestView:
    is_open = row.state == rules.State.REQUESTED
    return RequestView(
        id=row.pk,
        number=row.number,
        state=row.state,
        certificate=certificate,
        application=row.application.number if row.application else "",
        masked_name=row.application.masked_name if row.application else "",
        cause=row.cause,
        reason=ca.REASONS[ca.Cause(row.cause)],
        term_hours=int(rules.BY_CAUSE[row.cause].term.total_seconds()) // 3600,
        asker=row.asker,
        checked_how=row.checked_how,
        discovered_at=row.discovered_at,
        asked_at=row.asked_at,
        late=row.late,
        note="",
        maker=names.get(row.maker_id, ""),
        decided_by=names.get(row.decided_by or 0, ""),
        decided_at=row.decided_at,
        message="",
        seen=approval(row.approval_id).digest if is_open and row.approval_id else "",
        may_decide=is_open and Role.REVIEWER in actor.roles and row.maker_id != actor.person_id,
    )
