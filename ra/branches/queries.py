"""Which offices a person sees: their own and everything below it (CPS 1.4.2)."""

from dataclasses import dataclass

from django.db.models import Q

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from ra.branches.models import Office


@dataclass(frozen=True, slots=True)
class OfficeView:
    """`depth` is 0 at the top of the tree."""

    id: int
    code: str
    name: str
    kind: str
    depth: int


def unknown_office(code: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "branches.unknown", f"no office {code}", field="office")


def office(code: str) -> OfficeView:
    """Refuses `branches.unknown`."""
    row = Office.objects.filter(code=code).first()
    if row is None:
        raise unknown_office(code)
    return _view(row)


def offices(actor: Actor) -> list[OfficeView]:
    """The offices this person sees, each behind the one it belongs to."""
    rows = Office.objects.order_by("path")
    if actor.office:
        rows = rows.filter(_below(actor, "path"))
    return [_view(row) for row in rows]


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


def _view(row: Office) -> OfficeView:
    return OfficeView(row.pk, row.code, row.name, row.kind, row.path.count("/") - 2)
