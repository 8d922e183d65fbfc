"""Imports for their pages; what is sealed is opened for whoever handed it in, some at a time."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from kmc import api as kmc
from ra.applicants.kinds import Kind as Applicant
from ra.applicants.kinds import kind_of
from ra.applicants.rules import shown
from ra.imports import headings, rules
from ra.imports.models import Import, ImportChunk
from ra.imports.rules import State

PAGE = 50
PIECES = 4  # chunks with faults on one page of the report


@dataclass(frozen=True, slots=True)
class Line:
    """One import; `done` of `rows` in the phase it is in, `wrong` so far, `taken` drafts made."""

    number: str
    state: str
    profile: str
    rows: int
    done: int
    wrong: int
    taken: int
    opened_at: datetime

    @property
    def right(self) -> int:
        return self.rows - self.wrong

    @property
    def goes_on(self) -> bool:
        return self.state in rules.GOING_ON


@dataclass(frozen=True, slots=True)
class Fault:
    """One row that cannot be taken in: where it stands, whom it is about (masked), and why."""

    line: int
    shown: str
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class ImportView:
    """`after` continues the report, None at its end."""

    line: Line
    faults: tuple[Fault, ...]
    after: int | None


def unknown(number: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "imports.unknown", f"no import {number}", cps="1.4.2")


def mine(actor: Actor) -> QuerySet[Import]:
    """Nobody else's: a file is the word of whoever handed it in."""
    return Import.objects.filter(maker_id=actor.person_id or 0)


def locked(number: str, actor: Actor) -> Import:
    """Refuses `imports.unknown`."""
    row = mine(actor).select_for_update().filter(number=number).first()
    if row is None:
        raise unknown(number)
    return row


def imports(actor: Actor) -> list[Line]:
    """The latest 50; one query."""
    return [_line(row) for row in _counted(mine(actor)).order_by("-pk")[:PAGE]]


def view(number: str, actor: Actor, *, after: int = 0) -> ImportView:
    """One import with some of its faults. Refuses `imports.unknown`."""
    row = _counted(mine(actor)).filter(number=number).first()
    if row is None:
        raise unknown(number)
    closed = row.state == State.CLOSED
    found = [] if closed else list(faulty(row).filter(number__gt=after)[: PIECES + 1])
    faults = [_fault(kind_of(row.profile), *one) for one in _wrong_rows(row, found[:PIECES])]
    more = found[PIECES - 1].number if len(found) > PIECES else None
    return ImportView(_line(row), tuple(faults), more)


def faulty(row: Import) -> QuerySet[ImportChunk]:
    return row.chunks.filter(wrong__gt=0).order_by("number")


def failures(row: Import) -> Iterator[list[str]]:
    """The heading, and every row that cannot be taken in, as it came, with what is wrong last."""
    names = headings.of(kind_of(row.profile))
    yield [str(text) for text in names.values()]
    for chunk in faulty(row).iterator(chunk_size=1):
        for said, _wrong in _wrong_rows(row, [chunk]):
            yield [said["cells"].get(code, "") for code in names]


def opened(row: Import, chunks: Sequence[ImportChunk], what: str) -> list[list[Any]]:
    """One sealed part of each chunk; one query."""
    sealed = [(row.data_key, c.context(what), bytes(getattr(c, what) or b"")) for c in chunks]
    return [json.loads(plain) for plain in kmc.unseal_many(sealed)]


def refusal_of(kept: Mapping[str, Any]) -> Refusal:
    """A refusal as it was written down."""
    return Refusal(
        Kind(kept["kind"]),
        kept["rule"],
        kept["reason"],
        cps=kept["cps"],
        field=kept["field"],
        **kept["details"],
    )


def _wrong_rows(
    row: Import, chunks: Sequence[ImportChunk]
) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    rows, reports = opened(row, chunks, "rows"), opened(row, chunks, "report")
    for said, wrong in zip(rows, reports, strict=True):
        by_line = {one["line"]: one for one in said}
        yield from ((by_line[line], refusals) for line, refusals in wrong)


def _fault(kind: Applicant, said: Mapping[str, Any], wrong: list[Any]) -> Fault:
    name = said["cells"].get(kind.title, "")
    return Fault(said["line"], shown(kind.title, name), tuple(refusal_of(one) for one in wrong))


def _counted(rows: QuerySet[Import]) -> QuerySet[Any]:
    checked = Q(chunks__checked_at__isnull=False)
    taken = Q(chunks__taken_at__isnull=False)
    return rows.annotate(
        checked=Sum("chunks__size", filter=checked, default=0),
        gone_through=Sum("chunks__size", filter=taken, default=0),
        wrong=Sum("chunks__wrong", default=0),
        right_of_taken=Sum(F("chunks__size") - F("chunks__wrong"), filter=taken, default=0),
    )


def _line(row: Any) -> Line:
    checking = row.state in (State.CHECKING, State.CHECKED)
    return Line(
        number=row.number,
        state=row.state,
        profile=row.profile,
        rows=row.rows,
        done=row.checked if checking else row.gone_through,
        wrong=row.wrong,
        taken=row.right_of_taken,
        opened_at=row.opened_at,
    )
