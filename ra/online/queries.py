"""Submissions: for the public site plain columns only, for the counter the rest, opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from kmc import api as kmc
from ra.applicants.kinds import Kind as Applicant
from ra.applicants.kinds import kind_of
from ra.applicants.rules import shown
from ra.applications.models import Application
from ra.branches import rules as branch_rules
from ra.branches.models import Office
from ra.branches.queries import unknown_office, visible_ids
from ra.handover.rules import no_match
from ra.intake.queries import profiles
from ra.invoices.rules import DETAILS as INVOICE_DETAILS
from ra.online import rules
from ra.online.models import Submission, SubmissionFile

# `anxin/grants.py` gives the public site these columns and no others.
PLAIN = (
    "id", "state", "number", "profile", "office", "application", "purpose", "worded", "slots",
    "network", "reason", "opened_at", "handed_in_at",
)  # fmt: skip
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class FileView:
    slot: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class SubmissionView:
    """As its sender sees it; `slots` are (code, the files that are there)."""

    number: str
    state: str
    profile: str
    office: str
    purpose: str
    slots: tuple[tuple[str, tuple[FileView, ...]], ...]
    reason: str
    opened_at: datetime
    handed_in_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """What was sealed inwards."""

    fields: Mapping[str, str]
    years: int
    request: str
    message: str
    agreement: str
    agreed_at: str
    details: Mapping[str, str] = field(default_factory=dict)  # cause, occasion, ...; of an invoice
    by_message: bool = False  # they want to be told things so (CPS 9.4.1)


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """As the counter sees it."""

    view: SubmissionView
    opened: Opened
    application: str  # number of what it is about

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Masked: whole values are for whoever has taken it in."""
        return [(code, shown(code, text)) for code, text in self.opened.fields.items()]

    @property
    def invoice(self) -> dict[str, str]:
        """What an invoice is to say, by field."""
        return {
            name: text for name in INVOICE_DETAILS if (text := self.opened.details.get(name, ""))
        }

    @property
    def discovered_at(self) -> datetime | None:
        said = self.opened.details.get("discovered_at")
        return datetime.fromisoformat(said) if said else None

    @property
    def agreed_at(self) -> datetime | None:
        return datetime.fromisoformat(self.opened.agreed_at) if self.opened.agreed_at else None


def unknown(number: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "online.unknown", f"no submission {number}", cps="1.4.2")


# --- the public site -------------------------------------------------------------------------


def offices() -> list[tuple[str, str]]:
    """(code, name) of those that work."""
    rows = Office.objects.filter(state=branch_rules.State.OPEN).order_by("name")
    return list(rows.values_list("code", "name"))


def applicant(profile: str) -> Applicant:
    """Who applies for it here. Refuses `online.profile` what no counter offers."""
    if profile not in {one.code for one in profiles()}:
        raise rules.refuse("profile", f"no {profile} online", cps="1.5.1", field="profile")
    return kind_of(profile)


def open_office(code: str) -> int:
    """Its id. Refuses `branches.unknown`."""
    row = Office.objects.filter(code=code, state=branch_rules.State.OPEN)
    found = row.values_list("pk", flat=True).first()
    if found is None:
        raise unknown_office(code)
    return found


def submission(number: str) -> SubmissionView:
    """For whoever has shown the access code or sent it a moment ago. Refuses `online.unknown`."""
    row = plain(number)
    return _view(row, list(row.files.order_by("pk").values("slot", "kind", "size")))


def issued(number: str) -> Application:
    """The application behind a number that was shown with its code, with its certificate's state.

    Refuses `handover.no_match`.
    """
    return _known(status_access__number=number)


def of_certificate(certificate_id: int) -> Application:
    """The application a certificate came of. Refuses `handover.no_match`."""
    return _known(certificate_id=certificate_id)


def _known(**which: object) -> Application:
    columns = ("id", "number", "profile", "office", "certificate_id", "certificate_state")
    row = Application.objects.only(*columns).filter(**which).first()
    if row is None:
        raise no_match()
    return row


def asked_of(application_number: str) -> list[SubmissionView]:
    """What was asked online of its certificate, newest first."""
    rows = Submission.objects.select_related("office").only(*PLAIN, "office__name")
    asked = rows.filter(application__number=application_number, purpose__in=rules.ASKED)
    return [_view(row, []) for row in asked.order_by("-pk")[:MOST_SHOWN]]


def plain(number: str) -> Submission:
    """The row with the columns of the public site. Refuses `online.unknown`."""
    rows = Submission.objects.select_related("office").only(*PLAIN, "office__name")
    row = rows.filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def _view(row: Submission, files: Sequence[Mapping[str, Any]]) -> SubmissionView:
    held = [FileView(one["slot"], one["kind"], one["size"]) for one in files]
    return SubmissionView(
        number=row.number,
        state=row.state,
        profile=row.profile,
        office=row.office.name,
        purpose=row.purpose,
        slots=tuple((slot, tuple(one for one in held if one.slot == slot)) for slot in row.slots),
        reason=row.reason,
        opened_at=row.opened_at,
        handed_in_at=row.handed_in_at,
    )


# --- the counter -----------------------------------------------------------------------------


def visible(actor: Actor) -> QuerySet[Submission]:
    """Those handed in to an office in this person's sight."""
    found = visible_ids(actor)
    rows = Submission.objects.exclude(state=rules.State.OPEN)
    return rows if found is None else rows.filter(office_id__in=found)


def waiting(actor: Actor, limit: int = 100) -> list[SubmissionView]:
    """What cannot wait (CPS 4.9.5), then the longest waiting first."""
    rows = visible(actor).filter(state=rules.State.WAITING).select_related("office")
    urgent = ExpressionWrapper(Q(purpose__in=rules.URGENT), output_field=BooleanField())
    ordered = rows.defer("sealed").annotate(urgent=urgent)
    return [_view(row, []) for row in ordered.order_by("-urgent", "handed_in_at", "pk")[:limit]]


def opened(number: str, actor: Actor) -> Waiting:
    """One that waits, opened. Refuses `online.unknown`, `kmc.seal_broken`."""
    rows = visible(actor).filter(number=number, state=rules.State.WAITING)
    row = rows.select_related("office", "application").first()
    if row is None:
        raise unknown(number)
    files = list(row.files.order_by("pk").values("slot", "kind", "size"))
    application = row.application.number if row.application else ""
    return Waiting(_view(row, files), words(row), application)


def words(row: Submission) -> Opened:
    return Opened(**json.loads(kmc.open_inwards(row.context(), bytes(row.sealed))))


def file_of(row: Submission, file: SubmissionFile) -> bytes:
    return kmc.open_inwards(SubmissionFile.context(row.number, file.slot), bytes(file.sealed))
