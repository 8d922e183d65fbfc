"""Disclosure cases for their pages; what is sealed is opened for the single page only."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from kmc import api as kmc
from people.api import Role, approval, may, staff_names
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.branches.queries import visible_ids
from ra.disclosures import rules
from ra.disclosures.models import DisclosureCase
from ra.evidence.queries import held_slots

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: nothing sealed is on it."""

    number: str
    state: str
    application: str
    masked_name: str
    basis: str
    maker: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class CaseView:
    """`seen` goes back with the vote; `taken_by`, `identified`: who has the extract now."""

    line: Line
    dated: date
    ground: rules.Ground
    fields: tuple[str, ...]
    slots: tuple[str, ...]
    seen: str
    may_decide: bool
    own: bool
    decided_by: str
    decided_at: datetime | None
    message: str
    extract_sm3: str
    produced_at: datetime | None
    handed_over_at: datetime | None
    taken_by: str
    identified: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What could be asked for of an application: codes of fields and of slots that hold papers."""

    application_id: int
    number: str
    masked_name: str
    fields: tuple[str, ...]
    slots: tuple[str, ...]


def unknown(what: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "disclosures.unknown", f"no case {what}", cps="1.4.2")


def visible(actor: Actor) -> QuerySet[DisclosureCase]:
    """Cases about applications of the person's office and those below it; business roles only."""
    if not actor.roles & {Role.OPERATOR, Role.REVIEWER}:
        return DisclosureCase.objects.none()
    rows = DisclosureCase.objects.select_related("application")
    offices = visible_ids(actor)
    return rows if offices is None else rows.filter(application__office_id__in=offices)


def approvals_seen(approval_ids: Collection[int], actor: Actor) -> int:
    """How many of these approvals are about cases in this person's sight."""
    return visible(actor).filter(approval_id__in=approval_ids).count()


def locked(number: str, actor: Actor) -> DisclosureCase:
    """Refuses `disclosures.unknown`."""
    row = visible(actor).select_for_update(of=("self",)).filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def cases(actor: Actor) -> list[Line]:
    """The latest 50, newest first; two queries."""
    rows = list(visible(actor).order_by("-pk")[:PAGE])
    names = staff_names({row.maker_id for row in rows})
    return [_line(row, names) for row in rows]


def case(number: str, actor: Actor) -> CaseView:
    """One case, opened. Refuses `disclosures.unknown`."""
    row = visible(actor).filter(number=number).first()
    if row is None:
        raise unknown(number)
    names = staff_names({row.maker_id, row.decided_by or 0})
    proposed = approval(row.approval_id) if row.approval_id else None
    waits = proposed is not None and row.state == rules.State.ASKED
    taken = _opened(row, "taken")
    return CaseView(
        line=_line(row, names),
        dated=row.dated,
        ground=rules.Ground(**_opened(row, "ground")),
        fields=tuple(row.fields),
        slots=tuple(row.slots),
        seen=proposed.digest if proposed and waits else "",
        may_decide=bool(proposed and waits and not may(actor, proposed.action, approval=proposed)),
        own=row.maker_id == actor.person_id,
        decided_by=names.get(row.decided_by or 0, ""),
        decided_at=row.decided_at,
        message=_opened(row, "answer").get("message", ""),
        extract_sm3=row.extract_sm3,
        produced_at=row.produced_at,
        handed_over_at=row.handed_over_at,
        taken_by=taken.get("taken_by", ""),
        identified=taken.get("identified", ""),
    )


def scope(number: str, actor: Actor) -> Scope:
    """Refuses `applications.unknown`, also for an application of another office."""
    row = applications.by_number(number, actor)
    return Scope(row.pk, row.number, row.masked_name, *items_of(row))


def items_of(row: Application) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(fields that say something, slots that hold documents)."""
    fields = applications.content(row).fields
    said = tuple(code for code, text in fields.items() if text)
    return said, tuple(sorted(held_slots(row.pk)))


def _opened(row: DisclosureCase, what: str) -> dict[str, str]:
    sealed = getattr(row, what)
    if sealed is None:
        return {}
    plain: dict[str, str] = json.loads(kmc.unseal(row.data_key, row.context(what), bytes(sealed)))
    return plain


def _line(row: DisclosureCase, names: dict[int, str]) -> Line:
    return Line(
        number=row.number,
        state=row.state,
        application=row.application.number,
        masked_name=row.application.masked_name,
        basis=row.basis,
        maker=names.get(row.maker_id, ""),
        asked_at=row.asked_at,
    )
