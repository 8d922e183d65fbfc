"""Requests against certificates for the pages of the counter and of the reviewers."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from ca import api as ca
from kmc import api as kmc
from people.api import Role, staff_names, standing
from ra.applications import queries as applications
from ra.branches.queries import in_sight, visible_ids
from ra.requests.models import CertificateRequest
from ra.requests.rules import State

PAGE = 50


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class RequestView:
    """One request. On its own page only: `seen`, which goes back with the decision, and what is
    sealed: `note` and `message`, why it was refused.
    """

    id: int
    number: str
    state: str
    certificate: ca.CertificateView
    application: str  # number, "" when the certificate came from elsewhere
    masked_name: str
    cause: str
    asker: str
    checked_how: str
    asked_at: datetime
    maker: str
    decided_by: str
    decided_at: datetime | None
    may_decide: bool
    note: str = ""
    message: str = ""
    seen: str = ""


Row = TypeVar("Row", bound=CertificateRequest)
View = TypeVar("View", bound=RequestView)


@dataclass(frozen=True, slots=True)
class Register(Generic[Row, View]):
    """The requests of one desk; `view` adds its own to what every request has."""

    model: type[Row]
    view: Callable[[Row, dict[str, Any]], View]

    def visible(self, actor: Actor) -> QuerySet[Row]:
        """Taken in by the person's office and the offices below it; business roles only."""
        rows = self._for_business(actor)
        offices = visible_ids(actor)
        return rows if offices is None else rows.filter(office_id__in=offices)

    def in_view(self, actor: Actor) -> QuerySet[Row]:
        """The same for looking up single ones: the office is joined, not asked for before."""
        return self._for_business(actor).filter(in_sight(actor))

    def _for_business(self, actor: Actor) -> QuerySet[Row]:
        rows = self.model._default_manager.select_related("application")
        return rows if actor.roles & {Role.OPERATOR, Role.REVIEWER} else rows.none()

    def approvals_seen(self, approval_ids: Collection[int], actor: Actor) -> int:
        """How many of these approvals are about requests in this person's sight."""
        return self.visible(actor).filter(approval_id__in=approval_ids).count()

    def locked(self, request_id: int, actor: Actor) -> Row:
        """Refuses `*.unknown`."""
        row = self.in_view(actor).select_for_update(of=("self",)).filter(pk=request_id).first()
        if row is None:
            raise self.model.DESK.unknown(request_id)
        return row

    def waiting(self, actor: Actor) -> list[View]:
        """Open requests, oldest first (CPS 4.9.5: at once); at most 50."""
        rows = self.visible(actor).filter(state=State.REQUESTED).order_by("asked_at", "pk")
        return self._about_theirs(rows[:PAGE], actor)

    def decided(self, actor: Actor) -> list[View]:
        """The latest 50 that are over."""
        rows = self.visible(actor).exclude(state=State.REQUESTED).order_by("-pk")
        return self._about_theirs(rows[:PAGE], actor)

    def of_certificate(self, certificate: ca.CertificateView, actor: Actor) -> list[View]:
        """All requests about one certificate, newest first."""
        rows = list(self.in_view(actor).filter(certificate_id=certificate.id).order_by("-pk"))
        return self._views(rows, {certificate.id: certificate}, actor)

    def of_applications(self, application_ids: Collection[int], actor: Actor) -> list[View]:
        """The latest 50 about certificates of these applications."""
        rows = self.visible(actor).filter(application_id__in=application_ids).order_by("-pk")
        return self._about_theirs(rows[:PAGE], actor)

    def request(self, number: str, actor: Actor) -> View:
        """One request with its papers opened. Refuses `*.unknown`."""
        row = self.in_view(actor).filter(number=number).first()
        if row is None:
            raise self.model.DESK.unknown(number)
        sealed = [(row.data_key, row.context(row.PAPERS), bytes(getattr(row, row.PAPERS)))]
        if row.answer is not None:
            sealed.append((row.data_key, row.context("answer"), bytes(row.answer)))
        papers, message, *_ = [*map(bytes.decode, kmc.unseal_many(sealed)), ""]
        is_open = row.state == State.REQUESTED and row.approval_id is not None
        seen = standing(row.approval_id or 0).digest if is_open else ""
        (view,) = self._about_theirs([row], actor)
        opened: dict[str, Any] = {**row.words(papers), "message": message, "seen": seen}
        return replace(view, **opened)

    def _about_theirs(self, found: Iterable[Row], actor: Actor) -> list[View]:
        rows = list(found)
        about = {view.id: view for view in ca.certificates(row.certificate_id for row in rows)}
        return self._views(rows, about, actor)

    def _views(
        self, rows: Collection[Row], about: Mapping[int, ca.CertificateView], actor: Actor
    ) -> list[View]:
        names = staff_names({row.maker_id for row in rows} | {row.decided_by or 0 for row in rows})
        return [
            self.view(row, _shared(row, about[row.certificate_id], names, actor)) for row in rows
        ]


def certificate_at_hand(certificate_id: int, actor: Actor) -> ca.CertificateView:
    """A certificate of this office. Refuses `applications.unknown`, whether or not there is one."""
    if not applications.visible(actor).filter(certificate_id=certificate_id).exists():
        raise applications.unknown(f"of certificate {certificate_id}")
    return ca.certificate(certificate_id)


def _shared(
    row: CertificateRequest, certificate: ca.CertificateView, names: dict[int, str], actor: Actor
) -> dict[str, Any]:
    another = Role.REVIEWER in actor.roles and row.maker_id != actor.person_id
    return {
        "id": row.pk,
        "number": row.number,
        "state": row.state,
        "certificate": certificate,
        "application": row.application.number if row.application else "",
        "masked_name": row.application.masked_name if row.application else "",
        "cause": row.cause,
        "asker": row.asker,
        "checked_how": row.checked_how,
        "asked_at": row.asked_at,
        "maker": names.get(row.maker_id, ""),
        "decided_by": names.get(row.decided_by or 0, ""),
        "decided_at": row.decided_at,
        "may_decide": another and row.state == State.REQUESTED,
    }
