"""Offices for their pages: the tree, one office, how it kept its terms week by week."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, F, Q
from django.db.models.functions import TruncWeek

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import SHANGHAI, day_of
from people.api import Role, Waiting, may, waiting
from ra.applications.models import Application
from ra.applications.quotas import used
from ra.applications.rules import ENDED, State
from ra.branches import queries as branches
from ra.branches.models import Authority, Office
from ra.branches.queries import OfficeView, Standing
from ra.branches.services import GRANT

STOP = "ra.stop_office"
WEEKS = 12
ADMINISTRATORS = frozenset({Role.SECURITY_ADMIN, Role.CA_ADMIN})


@dataclass(frozen=True, slots=True)
class Week:
    """Applications by the week (its Monday) in which they were last handed in (CPS 4.2.3).

    `late` counts those still undecided after their term, too.
    """

    monday: date
    received: int = 0
    in_time: int = 0
    late: int = 0
    returned: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One office of the list; `open` applications are waiting for somebody to act."""

    office: OfficeView
    agreement: str
    valid_until: date | None
    open: int


@dataclass(frozen=True, slots=True)
class OfficePage:
    """`standing.authority` may be another office's: `ground_code`. `left` of the quota, if any."""

    office: OfficeView
    standing: Standing
    ground_code: str
    in_force: bool
    used: int
    left: int | None
    open: int
    weeks: tuple[Week, ...]
    below: tuple[OfficeView, ...]
    waiting: tuple[Waiting, ...]
    administers: bool
    may_propose: bool


def lines(actor: Actor) -> list[Line]:
    """The offices this person sees, each behind the one it belongs to; three queries."""
    found = branches.offices(actor)
    ids = [office.id for office in found]
    granted = Authority.objects.filter(office_id__in=ids, ended_at__isnull=True)
    authorities = {row.office_id: row for row in granted}
    unsettled = Application.objects.filter(office_id__in=ids).exclude(state__in=_AT_REST)
    counts = dict(unsettled.values_list("office_id").annotate(n=Count("pk")))
    return [
        Line(
            office,
            authorities[office.id].agreement if office.id in authorities else "",
            authorities[office.id].valid_until if office.id in authorities else None,
            counts.get(office.id, 0),
        )
        for office in found
    ]


_AT_REST = (*ENDED, State.ACCEPTED)


def page(code: str, actor: Actor, *, at: datetime) -> OfficePage:
    """Refuses `branches.unknown`, also for an office out of this person's sight."""
    office = branches.seen_office(code, actor)
    standing, path = branches.standing(office.id), path_of(office.id)
    count, today = used(standing, at=at), day_of(at)
    terms = standing.authority
    unsettled = Application.objects.filter(office__path__startswith=path)
    inside = [one for one in branches.offices(actor) if one.id != office.id]
    below_ids = set(Office.objects.filter(path__startswith=path).values_list("pk", flat=True))
    return OfficePage(
        office=office,
        standing=standing,
        ground_code=standing.ground.strip("/").rpartition("/")[2] if terms else "",
        in_force=terms is not None and terms.valid_from <= today <= terms.valid_until,
        used=count,
        left=max(terms.quota - count, 0) if terms and terms.quota is not None else None,
        open=unsettled.exclude(state__in=_AT_REST).count(),
        weeks=weeks(path, at=at),
        below=tuple(one for one in inside if one.id in below_ids),
        waiting=_waiting(office.id, actor),
        administers=bool(actor.roles & ADMINISTRATORS),
        may_propose=not may(actor, GRANT),
    )


def path_of(office_id: int) -> str:
    return Office.objects.values_list("path", flat=True).get(pk=office_id)


def weeks(path: str, *, at: datetime, count: int = WEEKS) -> tuple[Week, ...]:
    """The latest weeks of the offices at and below a path, oldest first; one query."""
    today = day_of(at)
    monday = today - timedelta(days=today.weekday())
    first = monday - timedelta(weeks=count - 1)
    begins = datetime(first.year, first.month, first.day, tzinfo=SHANGHAI)
    rows = (
        Application.objects.filter(office__path__startswith=path, submitted_at__gte=begins)
        .annotate(week=TruncWeek("submitted_at", tzinfo=SHANGHAI))
        .values_list("week")
        .annotate(
            received=Count("pk"),
            in_time=Count("pk", filter=Q(decided_at__lte=F("deadline_at"))),
            late=Count("pk", filter=_late(at)),
            returned=Count("pk", filter=Q(returned_at__isnull=False)),
        )
    )
    found = {week.date(): Week(week.date(), *counts) for week, *counts in rows}
    days = (first + timedelta(weeks=n) for n in range(count))
    return tuple(found.get(day, Week(day)) for day in days)


def _late(at: datetime) -> Q:
    """Decided after the term, or waiting beyond it; what went back or away is not waiting."""
    still = Q(state=State.SUBMITTED, decided_at__isnull=True, deadline_at__lt=at)
    return still | Q(decided_at__gt=F("deadline_at"))


def successors(office_id: int, actor: Actor) -> list[OfficeView]:
    """Offices in sight that could take over: working, and not the one itself."""
    return [one for one in branches.offices(actor) if one.id != office_id and one.state == "open"]


def _waiting(office_id: int, actor: Actor) -> tuple[Waiting, ...]:
    found = [waiting(action, f"ra.office:{office_id}", actor) for action in (GRANT, STOP)]
    return tuple(one for one in found if one.approval)
