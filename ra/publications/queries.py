"""What is published, what was, and which agreement people agree to now (CPS 2.1, 4.1.2.4)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.workdays import day_of
from audit.log import subject_of
from people.api import open_approvals, staff_names
from ra.publications.models import Publication
from ra.publications.rules import PUBLISH, SUCCEED, TEXT, Kind, State


@dataclass(frozen=True, slots=True)
class Line:
    """`current`: in force, and no later one is. `text`: it can be read on a page."""

    id: int
    kind: str
    version: str
    title: str
    digest: str
    valid_from: date
    state: str
    is_text: bool
    current: bool
    approval_id: int | None
    proposed_by: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """One version with its file."""

    line: Line
    body: bytes
    media: str

    @property
    def text(self) -> str:
        return self.body.decode("utf-8-sig") if self.line.is_text else ""


def unknown(what: object) -> Refusal:
    return Refusal(Why.NOT_FOUND, "publications.unknown", f"nothing published as {what}", cps="2.1")


def public(at: datetime) -> list[Line]:
    """Every version whose day has come, newest first, kind by kind."""
    rows = _published(at)
    return [line for kind in Kind for line in _lines(rows.filter(kind=kind))]


def published(kind: str, version: str, at: datetime) -> Published:
    """For everybody. Refuses `publications.unknown`, also before its day."""
    rows = _published(at).filter(kind=kind)
    line = next((one for one in _lines(rows) if one.version == version), None)
    if line is None:
        raise unknown(f"{kind} {version}")
    return _with_file(line)


def one(publication_id: int) -> Published:
    """For staff, whatever its state. Refuses `publications.unknown`."""
    rows = Publication.objects.filter(pk=publication_id)
    if not (found := _lines(rows)):
        raise unknown(publication_id)
    return _with_file(found[0])


def everything(at: datetime) -> list[Line]:
    """For staff: what waits for the committee and what is published; newest first."""
    rows = list(_light(Publication.objects.exclude(state=State.REFUSED)))
    current = {line.id for line in public(at) if line.current}
    waiting = open_approvals(PUBLISH, [subject_of(row) for row in rows])
    names = staff_names({row.proposed_by for row in rows})
    return [
        _line(row, row.pk in current, names)
        for row in rows
        if row.state == State.PUBLISHED or subject_of(row) in waiting
    ]


def agreement(at: datetime) -> str:
    """The version of the subscriber agreement in force; "" before any was published."""
    rows = _published(at).filter(kind=Kind.AGREEMENT)
    return next(iter(rows.values_list("version", flat=True)), "")


def _published(at: datetime) -> QuerySet[Publication]:
    today = day_of(at)
    rows = Publication.objects.filter(state=State.PUBLISHED, valid_from__lte=today)
    return rows.order_by("-valid_from", "-pk")


def _light(rows: QuerySet[Publication]) -> QuerySet[Publication]:
    return rows.defer("body").order_by("-valid_from", "-pk")


def _lines(rows: QuerySet[Publication]) -> list[Line]:
    """Of one kind, newest first."""
    found = _light(rows)
    return [
        _line(row, row.kind not in SUCCEED or place == 0, {}) for place, row in enumerate(found)
    ]


def _line(row: Publication, current: bool, names: dict[int, str]) -> Line:  # noqa: FBT001
    return Line(
        id=row.pk,
        kind=row.kind,
        version=row.version,
        title=row.title,
        digest=row.digest,
        valid_from=row.valid_from,
        state=row.state,
        is_text=row.media == TEXT,
        current=current and row.state == State.PUBLISHED,
        approval_id=row.approval_id,
        proposed_by=names.get(row.proposed_by, ""),
    )


def _with_file(line: Line) -> Published:
    row = Publication.objects.only("body", "media").get(pk=line.id)
    return Published(line, bytes(row.body), row.media)
