"""Who is listed, and whether an application has to do with them."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Func, IntegerField, OuterRef, Q, QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from kmc import api as kmc
from people.api import Approval, approval, may, staff_names
from ra.applicants.kinds import CREDIT_CODE
from ra.applicants.queries import document_index, phone_index
from ra.applicants.rules import mask, shown
from ra.blacklist import rules
from ra.blacklist.models import BlacklistEntry
from ra.blacklist.rules import State, Subject

PAGE = 100
_DOCUMENTS = {
    "document_number": "document_type",
    "agent_document_number": "agent_document_type",
}
_CODES = ("credit_code", "organization_code")
_PHONES = ("phone", "agent_phone")


# --- hits ------------------------------------------------------------------------------------


def index_of(kind: Subject, value: str, document_type: str = "") -> bytes:
    """The blind index by which applications are found, too."""
    match kind:
        case Subject.DOCUMENT:
            return document_index(document_type, value)
        case Subject.ORGANIZATION:
            return document_index(CREDIT_CODE, value)
        case Subject.PHONE:
            return phone_index(value)
        case Subject.KEY:
            return kmc.blind_index("ra.key", value)


def hits(fields: Mapping[str, str], fingerprint: str, *, at: datetime) -> list[str]:
    """Kinds of what is listed among applicant, agent and key at this time; one query."""
    found = hits_of([(fields, fingerprint)], at=at)
    return found[0]


def hits_of(
    applicants: Collection[tuple[Mapping[str, str], str]], *, at: datetime
) -> list[list[str]]:
    """The same for many at once, in their order; one query."""
    asked = [set(indexes(fields, fingerprint)) for fields, fingerprint in applicants]
    rows = _in_force(at).filter(index__in=list(set().union(*asked)))
    listed = {bytes(index): kind for index, kind in rows.values_list("index", "kind")}
    return [sorted({listed[index] for index in asked_for & listed.keys()}) for asked_for in asked]


def kinds_listed(at: datetime) -> ArraySubquery:
    """For pages: the same as a column of an application that was submitted; no query of its own."""
    place = Func(
        OuterRef("watched"), F("index"), function="array_position", output_field=IntegerField()
    )
    found = _in_force(at).annotate(place=place).filter(place__isnull=False)
    return ArraySubquery(found.values("kind"))


def hindrances(fields: Mapping[str, str], fingerprint: str, *, at: datetime) -> list[Refusal]:
    """Why this may not be approved (CPS 4.2.2); empty: nobody of it is listed."""
    return rules.hindrances(hits(fields, fingerprint, at=at))


def _in_force(at: datetime) -> QuerySet[BlacklistEntry]:
    rows = BlacklistEntry.objects.filter(state=State.LISTED)
    return rows.filter(Q(until__isnull=True) | Q(until__gte=day_of(at)))


def indexes(fields: Mapping[str, str], fingerprint: str) -> Iterator[bytes]:
    """Everything by which the blacklist may know an application."""
    for code, kind in _DOCUMENTS.items():
        if fields.get(code) and fields.get(kind):
            yield index_of(Subject.DOCUMENT, fields[code], fields[kind])
    for code in _CODES:
        if fields.get(code):
            yield index_of(Subject.ORGANIZATION, fields[code])
    for code in _PHONES:
        if fields.get(code):
            yield index_of(Subject.PHONE, fields[code])
    if fingerprint:
        yield index_of(Subject.KEY, fingerprint)


# --- pages -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One entry, its value masked. `counts`: applications are refused because of it today."""

    id: int
    state: str
    kind: str
    value: str
    cause: str
    until: date | None
    counts: bool
    maker: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class EntryView:
    """`seen` goes back with the vote on what is asked now: to list, or to lift.

    `why_not` is why this person may not decide it; empty when they may or nothing is asked.
    """

    line: Line
    paper: str
    asked: str  # "list", "lift" or ""
    seen: str
    may_decide: bool
    why_not: tuple[Refusal, ...]
    own: bool  # what is asked now, this person asked
    may_lift: bool  # ask for it
    decided_by: str
    decided_at: datetime | None
    lift_reason: str
    lift_maker: str
    lifted_by: str
    lifted_at: datetime | None


def unknown(entry_id: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "blacklist.unknown", f"no entry {entry_id}", cps="4.2.2")


def locked(entry_id: int) -> BlacklistEntry:
    """Refuses `blacklist.unknown`."""
    row = BlacklistEntry.objects.select_for_update().filter(pk=entry_id).first()
    if row is None:
        raise unknown(entry_id)
    return row


def entries(state: str = "", *, at: datetime) -> list[Line]:
    """The newest 100, of one state if given. Everybody at a counter sees them: masked, all CAs'."""
    rows: QuerySet[BlacklistEntry] = BlacklistEntry.objects.order_by("-pk")
    found = list((rows.filter(state=state) if state in set(State) else rows)[:PAGE])
    names = staff_names({row.maker_id for row in found})
    sealed = [(row.data_key, row.context(), bytes(row.sealed)) for row in found]
    opened = [json.loads(plain) for plain in kmc.unseal_many(sealed)]
    return [
        _line(row, said["value"], names, at=at) for row, said in zip(found, opened, strict=True)
    ]


def entry(entry_id: int, actor: Actor, *, at: datetime) -> EntryView:
    """Refuses `blacklist.unknown`."""
    row = BlacklistEntry.objects.filter(pk=entry_id).first()
    if row is None:
        raise unknown(entry_id)
    said = json.loads(kmc.unseal(row.data_key, row.context(), bytes(row.sealed)))
    asked, proposed = open_wish(row)
    reasons = tuple(may(actor, proposed.action, approval=proposed)) if proposed else ()
    lifting = row.state == State.LISTED and not proposed
    names = staff_names(
        {row.maker_id, *(n for n in (row.decided_by, row.lifted_by, row.lift_maker_id) if n)}
    )
    return EntryView(
        line=_line(row, said["value"], names, at=at),
        paper=said["paper"],
        asked=asked,
        seen=proposed.digest if proposed else "",
        may_decide=bool(proposed) and not reasons,
        why_not=reasons,
        own=bool(proposed and proposed.maker_id == actor.person_id),
        may_lift=lifting and not may(actor, "ra.lift_from_blacklist"),
        decided_by=names.get(row.decided_by or 0, ""),
        decided_at=row.decided_at,
        lift_reason=row.lift_reason,
        lift_maker=names.get(row.lift_maker_id or 0, ""),
        lifted_by=names.get(row.lifted_by or 0, ""),
        lifted_at=row.lifted_at,
    )


def open_wish(row: BlacklistEntry) -> tuple[str, Approval | None]:
    """What is asked about an entry now ("list", "lift" or ""), and the open approval."""
    wishes = {
        State.PROPOSED: ("list", row.approval_id),
        State.LISTED: ("lift", row.lift_approval_id),
    }
    asked, approval_id = wishes.get(State(row.state), ("", None))
    found = approval(approval_id) if approval_id else None
    return (asked, found) if found and found.is_open else ("", None)


def _line(row: BlacklistEntry, value: str, names: Mapping[int, str], *, at: datetime) -> Line:
    field = rules.FIELD_OF.get(Subject(row.kind), "")
    over = row.until is not None and row.until < day_of(at)
    return Line(
        id=row.pk,
        state=row.state,
        kind=row.kind,
        value=shown(field, value) if field else mask(value, 8, 8),
        cause=row.cause,
        until=row.until,
        counts=row.state == State.LISTED and not over,
        maker=names.get(row.maker_id, ""),
        proposed_at=row.proposed_at,
    )
