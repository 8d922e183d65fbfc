"""What the public site shows of an application; reads only columns that site may read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel import codes as told
from anxin.kernel.actors import Actor
from anxin.kernel.secret_files import secret
from people.api import open_approvals, staff_names, subjects
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.handover import rules
from ra.handover.models import DownloadCredential, StatusAccess

# `anxin/grants.py` gives the public site these columns and no others.
PUBLIC_COLUMNS = (
    "id",
    "number",
    "state",
    "profile",
    "days",
    "masked_name",
    "office",
    "round",
    "opened_at",
    "submitted_at",
    "deadline_at",
    "returned_at",
    "correction_due_at",
    "decided_at",
    "issued_at",
    "accepted_at",
    "certificate_id",
    "certificate_state",
    "certificate_state_at",
)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened: submitted, returned, resubmitted, approved, issued, accepted,

    rejected, cancelled, revoked.
    """

    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StatusView:
    """`reasons` and `items` are codes; they and `message` speak of the last return or rejection.

    `reference` is there while a download credential waits to be used.
    """

    number: str
    masked_name: str
    profile: str
    days: int
    state: str
    office: str
    submitted_at: datetime | None
    deadline_at: datetime | None
    correction_due_at: datetime | None
    reasons: tuple[str, ...]
    items: tuple[str, ...]
    message: str
    reference: str
    codes_expire_at: datetime | None
    certificate_state: str
    history: tuple[Step, ...]


def approvals_seen(approval_ids: Collection[int], actor: Actor) -> int:
    """How many of these approvals are about applications in this person's sight."""
    ids = [int(subject.rpartition(":")[2]) for subject in subjects(approval_ids).values()]
    return applications.visible(actor).filter(pk__in=ids).count()


def status(number: str) -> StatusView:
    """For whoever has shown the access code before (a signed session). Refuses `no_match`."""
    row = (
        Application.objects.filter(status_access__number=number)
        .select_related("office")
        .only(*PUBLIC_COLUMNS, "office__name")
        .first()
    )
    if row is None:
        raise rules.no_match()
    return _view(row)


def _view(row: Application) -> StatusView:
    told = (
        row.decisions.exclude(outcome="approve")
        .order_by("round", "at")
        .values("round", "outcome", "reasons", "items", "message", "at")
    )
    answers = list(told)
    last = answers[-1] if answers and row.state in {"returned", "rejected"} else None
    credential = (
        DownloadCredential.objects.filter(application_id=row.pk, state=rules.State.OPEN)
        .values("reference", "expires_at")
        .first()
    )
    return StatusView(
        number=row.number,
        masked_name=row.masked_name,
        profile=row.profile,
        days=row.days,
        state=row.state,
        office=row.office.name,
        submitted_at=row.submitted_at,
        deadline_at=row.deadline_at if row.state == "submitted" else None,
        correction_due_at=row.correction_due_at if row.state == "returned" else None,
        reasons=tuple(last["reasons"]) if last else (),
        items=tuple(last["items"]) if last else (),
        message=last["message"] if last else "",
        reference=credential["reference"] if credential else "",
        codes_expire_at=credential["expires_at"] if credential else None,
        certificate_state=row.certificate_state,
        history=_history(row, [(answer["outcome"], answer["at"]) for answer in answers]),
    )


def _history(row: Application, answers: list[tuple[str, datetime]]) -> tuple[Step, ...]:
    words = {"return": "returned", "reject": "rejected"}
    steps = [(words[outcome], at) for outcome, at in answers]
    approved = row.decided_at if row.state in {"approved", "failed", "issued", "accepted"} else None
    revoked = row.certificate_state_at if row.certificate_state == "revoked" else None
    steps += [
        (what, at)
        for what, at in (
            ("resubmitted" if row.round > 1 else "submitted", row.submitted_at),
            ("approved", approved),
            ("issued", row.issued_at),
            ("accepted", row.accepted_at),
            ("revoked", revoked),
        )
        if at
    ]
    return tuple(Step(what, at) for what, at in sorted(steps, key=lambda step: step[1]))


def hashed(purpose: str, name: str, code: str) -> bytes:
    """What is kept of a code; needs the secret `code-pepper`."""
    return told.fingerprint(secret("code-pepper"), purpose, name, code)


def has_application(number: str) -> bool:
    """Whether there is an application behind this number yet (or only what was sent online)."""
    return StatusAccess.objects.filter(number=number, application_id__isnull=False).exists()


def is_access_code(application_id: int, code: str) -> bool:
    """Whether this is the code that was told; for printing it on a receipt."""
    row = StatusAccess.objects.filter(application_id=application_id).first()
    return row is not None and told.fits(
        bytes(row.code_hash), hashed(rules.ACCESS, row.number, code)
    )


def is_authorisation_code(application_id: int, reference: str, code: str) -> bool:
    """The same for the code of an open download credential."""
    rows = DownloadCredential.objects.filter(application_id=application_id, reference=reference)
    row = rows.filter(state=rules.State.OPEN).first()
    return row is not None and told.fits(
        bytes(row.code_hash), hashed(rules.DOWNLOAD, reference, code)
    )


@dataclass(frozen=True, slots=True)
class PickUp:
    """With which reference number the certificate was fetched, and who had handed that out."""

    reference: str
    at: datetime
    handed_out_by: str


@dataclass(frozen=True, slots=True)
class NextCodes:
    """`may_issue`: the first pair, or one that was agreed to; `asked`: the open approval's id."""

    issued: bool
    may_issue: bool
    asked: int | None


@dataclass(frozen=True, slots=True)
class Codes:
    """Those for picking up: `reference` waits to be used, "" if none does; `used`: None before."""

    reference: str
    next: NextCodes
    used: PickUp | None


def last_credential(application_id: int) -> DownloadCredential | None:
    """The one issued last, whatever became of it."""
    rows = DownloadCredential.objects.filter(application_id=application_id)
    return rows.order_by("-pk").first()


def codes_of(application_id: int) -> Codes:
    """What became of those that were issued, and how others can be had now."""
    rows = list(DownloadCredential.objects.filter(application_id=application_id).order_by("pk"))
    subject = f"ra.application:{application_id}"
    asked = open_approvals(rules.REPLACE, [subject]).get(subject)
    may_issue = not rows or rows[-1].warrant is not None
    waiting = [row.reference for row in rows if row.state == rules.State.OPEN]
    return Codes(
        waiting[0] if waiting else "",
        NextCodes(bool(rows), may_issue, asked.id if asked else None),
        next((_pick_up(row, row.used_at) for row in rows if row.used_at), None),
    )


def _pick_up(row: DownloadCredential, at: datetime) -> PickUp:
    names = staff_names({row.issued_by or 0})
    return PickUp(row.reference, at, names.get(row.issued_by or 0, ""))
