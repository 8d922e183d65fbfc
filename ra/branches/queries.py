"""Which offices a person sees: their own and everything below it (CPS 1.4.2)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.api import Role, holders
from ra.branches import rules
from ra.branches.models import Authority, Office


@dataclass(frozen=True, slots=True)
class OfficeView:
    """`depth` is 0 at the top of the tree."""

    id: int
    code: str
    name: str
    kind: str
    depth: int
    state: str = rules.State.OPEN
    opened_at: datetime | None = None
    stopped_at: datetime | None = None
    successor: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What an office may do now; `ground` is the path of the office that has the authority."""

    office: OfficeView
    authority: rules.Authority | None
    ground: str
    authority_id: int | None = None


def unknown_office(code: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "branches.unknown", f"no office {code}", field="office")


def office(code: str) -> OfficeView:
    """Refuses `branches.unknown`."""
    row = Office.objects.filter(code=code).first()
    if row is None:
        raise unknown_office(code)
    return _view(row)


def seen_office(code: str, actor: Actor) -> OfficeView:
    """An office in this person's sight; the same refusal for others and for none (CPS 1.4.2)."""
    row = _seen(actor).filter(code=code).first()
    if row is None:
        raise unknown_office(code)
    return _view(row)


def locked(office_id: int, actor: Actor) -> Office:
    """The row, locked until the transaction ends. Refuses `branches.unknown`."""
    rows = _seen(actor).select_for_update(of=("self",))
    row = rows.filter(pk=office_id).first()
    if row is None:
        raise unknown_office(str(office_id))
    return row


def standing(office_id: int) -> Standing:
    """The office and the authority it works under: its own, or the nearest above it; 2 queries."""
    row = Office.objects.select_related("successor").get(pk=office_id)
    codes = row.path.strip("/").split("/")
    found = Authority.objects.filter(office__code__in=codes, ended_at__isnull=True)
    nearest = max(found.select_related("office"), key=lambda one: one.office.path, default=None)
    if nearest is None:
        return Standing(_view(row), None, row.path)
    return Standing(_view(row), terms(nearest), nearest.office.path, nearest.pk)


def terms(row: Authority) -> rules.Authority:
    return rules.Authority(
        row.agreement, tuple(row.profiles), row.quota, row.valid_from, row.valid_until
    )


def _seen(actor: Actor) -> QuerySet[Office]:
    rows = Office.objects.select_related("successor")
    return rows.filter(_below(actor, "path")) if actor.office else rows


def offices(actor: Actor) -> list[OfficeView]:
    """The offices this person sees, each behind the one it belongs to."""
    return [_view(row) for row in _seen(actor).order_by("path")]


def visible_ids(actor: Actor) -> list[int] | None:
    """Ids of the offices whose records this person sees; None: all (headquarters)."""
    if not actor.office:
        return None
    found = list(Office.objects.filter(_below(actor, "path")).values_list("pk", flat=True))
    if not found:
        raise unknown_office(actor.office)
    return found


def in_sight(actor: Actor) -> Q:
    """The same for single rows that have an `office`: a join, and no query of its own."""
    return _below(actor, "office__path") if actor.office else Q()


def who_sees(role: Role, paths: Collection[str], *, at: datetime) -> set[int]:
    """Ids of those in this role who see records of one of these offices."""
    people = holders(role, at=at) if paths else ()
    return {
        one.id
        for one in people
        if any(sees(Actor(one.id, one.name, office=one.office), path) for path in paths)
    }


def sees(actor: Actor, path: str) -> bool:
    """Whether records of the office at this path are this person's to see."""
    return not actor.office or f"/{actor.office}/" in path


def _below(actor: Actor, path: str) -> Q:
    """Codes are unique, so every path that names an office lies at or below it."""
    return Q(**{f"{path}__contains": f"/{actor.office}/"})


def intake_office(actor: Actor) -> OfficeView:
    """Where this person's applications belong. Refuses `branches.no_office` at headquarters."""
    if not actor.office:
        raise Refusal(
            Kind.FORBIDDEN, "branches.no_office", "applications belong to an office", cps="1.4.2"
        )
    return office(actor.office)


def check_works(office_id: int) -> None:
    """Refuses `branches.stopped` (CPS 5.8). It does not stop before this transaction ends."""
    row = Office.objects.select_for_update(no_key=True).get(pk=office_id)
    if row.state != rules.State.OPEN:
        raise rules.stopped()


def check_open(code: str) -> None:
    """Named in the settings, for people who are to work there; refuses also `branches.unknown`."""
    check_works(office(code).id)


def _view(row: Office) -> OfficeView:
    return OfficeView(
        id=row.pk,
        code=row.code,
        name=row.name,
        kind=row.kind,
        depth=row.path.count("/") - 2,
        state=row.state,
        opened_at=row.opened_at,
        stopped_at=row.stopped_at,
        successor=row.successor.code if row.successor else "",
    )
