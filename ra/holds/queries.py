"""Requests to freeze and to unfreeze, for the pages of the counter and of the reviewers."""

import json
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
from ra.holds import rules
from ra.holds.models import HoldRequest

PAGE = 50


@dataclass(frozen=True, slots=True, repr=False)
class HoldView:
    """One request. `seen` goes back with the decision; `document`, `note` and `message`, why it
    was refused, are opened for the single page only.
    """

    id: int
    number: str
    act: str
    state: str
    certificate: ca.CertificateView
    application: str
    masked_name: str
    cause: str
    asker: str
    checked_how: str
    asked_at: datetime
    document: str
    note: str
    maker: str
    decided_by: str
    decided_at: datetime | None
    message: str
    seen: str
    may_decide: bool


def unknown(what: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "holds.unknown", f"no request {what}", cps="1.4.2")


def visible(actor: Actor) -> QuerySet[HoldRequest]:
    """Requests taken in by the person's office and the offices below it; business roles only."""
    if not actor.roles & {Role.OPERATOR, Role.REVIEWER}:
        return HoldRequest.objects.none()
    offices = visible_ids(actor)
    rows = HoldRequest.objects.select_related("application")
    return rows if offices is None else rows.filter(office_id__in=offices)


def locked(request_id: int, actor: Actor) -> HoldRequest:
    """Refuses `holds.unknown`."""
    row = visible(actor).select_for_update(of=("self",)).filter(pk=request_id).first()
    if row is None:
        raise unknown(request_id)
    return row


def waiting(actor: Actor) -> list[HoldView]:
    """Open requests, oldest first; at most 50."""
    rows = visible(actor).filter(state=rules.State.REQUESTED).order_by("asked_at", "pk")
    return _views(list(rows[:PAGE]), actor)


def decided(actor: Actor) -> list[HoldView]:
    """The latest 50 that are over."""
    rows = visible(actor).exclude(state=rules.State.REQUESTED).order_by("-pk")
    return _views(list(rows[:PAGE]), actor)


def of_certificate(certificate_id: int, actor: Actor) -> list[HoldView]:
    """All requests about one certificate, newest first."""
    return _views(list(visible(actor).filter(certificate_id=certificate_id).order_by("-pk")), actor)


def request(number: str, actor: Actor) -> HoldView:
    """One request with its papers opened. Refuses `holds.unknown`."""
    row = visible(actor).filter(number=number).first()
    if row is None:
        raise unknown(number)
    sealed = [(row.data_key, row.papers_context(), bytes(row.papers))]
    if row.answer is not None:
        sealed.append((row.data_key, row.answer_context(), bytes(row.answer)))
    papers, message, *_ = [*map(bytes.decode, kmc.unseal_many(sealed)), ""]
    return replace(_views([row], actor)[0], **json.loads(papers), message=message)


def certificate_for(act: str, certificate_id: int, actor: Actor) -> ca.CertificateView:
    """A certificate of this office that can be frozen, or unfrozen. Refuses `holds.not_now`."""
    view = ca.certificate(certificate_id)
    if not applications.visible(actor).filter(certificate_id=certificate_id).exists():
        raise applications.unknown(f"of certificate {certificate_id}")
    rules.check_state(act, view.state)
    return view


def freeze_of(certificate_id: int) -> HoldRequest:
    """The request by which a frozen certificate was frozen. Refuses `holds.unknown`."""
    done = HoldRequest.objects.filter(state=rules.State.DONE, act=rules.Act.FREEZE)
    row = done.filter(certificate_id=certificate_id).order_by("-pk").first()
    if row is None:
        raise unknown(f"that froze certificate {certificate_id}")
    return row


def frozen_by(certificate_id: int) -> str:
    """Who asked for the freeze that is in force, as a code of `rules.Asker`."""
    return freeze_of(certificate_id).asker


def _views(rows: list[HoldRequest], actor: Actor) -> list[HoldView]:
    certificates = {view.id: view for view in ca.certificates(row.certificate_id for row in rows)}
    names = staff_names({row.maker_id for row in rows} | {row.decided_by or 0 for row in rows})
    return [_view(row, actor, certificates[row.certificate_id], names) for row in rows]


def _view(
    row: HoldRequest, actor: Actor, certificate: ca.CertificateView, names: dict[int, str]
) -> HoldView:
    is_open = row.state == rules.State.REQUESTED
    return HoldView(
        id=row.pk,
        number=row.number,
        act=row.act,
        state=row.state,
        certificate=certificate,
        application=row.application.number,
        masked_name=row.application.masked_name,
        cause=row.cause,
        asker=row.asker,
        checked_how=row.checked_how,
        asked_at=row.asked_at,
        document="",
        note="",
        maker=names.get(row.maker_id, ""),
        decided_by=names.get(row.decided_by or 0, ""),
        decided_at=row.decided_at,
        message="",
        seen=approval(row.approval_id).digest if is_open and row.approval_id else "",
        may_decide=is_open and Role.REVIEWER in actor.roles and row.maker_id != actor.person_id,
    )
