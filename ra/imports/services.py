"""Taking a file of applications in (CPS 4.1): piece by piece, each in one transaction.

Workers hold no data keys, so the staff site does it, one step for each request: the page asks for
the next until none is left. The import's row is locked meanwhile: two windows do not meet. Nor do
two files that name the same people: while drafts are made, their documents are locked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction

from anxin.kernel import canonical, locks
from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Refusal, Refusals
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from ca import api as ca
from kmc import api as kmc
from ra.applicants.kinds import Kind, kind_of
from ra.applicants.queries import index_of
from ra.applicants.rules import judge
from ra.applicants.services import numbered
from ra.applications import rules as application_rules
from ra.applications.models import Application
from ra.applications.queries import check_operator
from ra.blacklist import queries as blacklist
from ra.blacklist import rules as blacklist_rules
from ra.imports import headings, queries, rules, sheets
from ra.imports.models import Import, ImportChunk
from ra.intake import queries as intake_queries
from ra.intake import rules as intake_rules
from ra.intake import services as intake


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    """One row, looked at: its fields by code, and what is wrong with it."""

    line: int
    cells: Mapping[str, str]
    fields: Mapping[str, str]
    mark: bytes | None
    wrong: list[Refusal]


@transaction.atomic
def upload(profile: str, data: bytes, *, actor: Actor, at: datetime) -> str:
    """Seal the rows of a file, to be looked through; the number of the import.

    Refuses `applications.not_an_operator`, `profile.unknown`, `kinds.not_offered`, and `imports.*`
    for what is wrong with the file as a whole.
    """
    check_operator(actor)
    kind = kind_of(ca.profile(profile).code)
    lines = sheets.read(data)
    codes = rules.columns(next(lines, []), headings.known(kind), kind.title)
    batch = Import.objects.create(
        state=rules.State.CHECKING,
        number=numbered("IM", at),
        profile=profile,
        maker_id=application_rules.person(actor),
        data_key=kmc.new_data_key("ra.import", actor=actor, at=at),
        file_sm3=kmc.blind_index("ra.import", sheets.digest(data)).hex(),
        rows=0,
        opened_at=at,
    )
    batch.rows = _keep(batch, codes, lines)
    rules.check_rows(batch.rows)
    batch.save(update_fields=["rows"])
    record("ra.import", subject_of(batch), actor=actor, at=at, rows=batch.rows, profile=profile)
    return batch.number


@transaction.atomic
def go_on(number: str, *, actor: Actor, at: datetime) -> None:
    """The next pieces: looked through, or taken in as drafts. Refuses `imports.nothing_left`."""
    check_operator(actor)
    batch = queries.locked(number, actor)
    rules.check_goes_on(batch.state)
    if batch.state == rules.State.CHECKING:
        for chunk in _waiting(batch, "checked_at")[: rules.AT_ONCE]:
            _look_through(batch, chunk, at=at)
        if not _waiting(batch, "checked_at"):
            advance(batch, "check", actor=actor, at=at, wrong=_wrong(batch))
        return
    for chunk in _waiting(batch, "taken_at")[:1]:
        _take_in(batch, chunk, actor=actor, at=at)
    if not _waiting(batch, "taken_at"):
        advance(batch, "finish", actor=actor, at=at, wrong=_wrong(batch))


@transaction.atomic
def take(number: str, *, actor: Actor, at: datetime) -> None:
    """Begin to make drafts of the right rows. Refuses `imports.none_right`."""
    check_operator(actor)
    batch = queries.locked(number, actor)
    rules.STEPS.after("take", batch.state)
    rules.check_some_right(batch.rows - _wrong(batch))
    advance(batch, "take", actor=actor, at=at)


@transaction.atomic
def failures(number: str, *, actor: Actor, at: datetime) -> bytes:
    """The rows that cannot be taken in, as CSV to be mended and handed in again; each time noted.

    Refuses `imports.closed`.
    """
    batch = queries.locked(number, actor)
    rules.check_open(batch.state)
    record("ra.take_import_failures", subject_of(batch), actor=actor, at=at, rows=_wrong(batch))
    return sheets.write_csv(queries.failures(batch))


@transaction.atomic
def close(number: str, *, actor: Actor, at: datetime) -> None:
    """Shred what the file said (WP-6.4); drafts made of it stay."""
    _close(queries.locked(number, actor), "import closed", actor=actor, at=at)


@transaction.atomic
def close_forgotten(*, at: datetime) -> int:
    """Shred what nobody closed within `rules.FORGOTTEN` (WP-5.3b); how many.

    Named in `anxin/flows.py`: whenever somebody signs in. Workers destroy no keys.
    """
    rows = Import.objects.select_for_update(skip_locked=True).filter(
        state__in=rules.CLOSABLE, opened_at__lt=at - rules.FORGOTTEN
    )
    for batch in rows:
        _close(batch, "import forgotten", actor=SYSTEM, at=at)
    return len(rows)


def _close(batch: Import, reason: str, *, actor: Actor, at: datetime) -> None:
    advance(batch, "close", actor=actor, at=at)
    kmc.destroy_data_key(batch.data_key, reason=reason, actor=actor, at=at)


# --- inside ----------------------------------------------------------------------------------


def _keep(batch: Import, codes: Sequence[str], lines: Iterator[list[str]]) -> int:
    """Seal the rows chunk by chunk; how many. Never more than a chunk is in hand."""
    numbered = ((number, rules.cells(row, codes)) for number, row in enumerate(lines, 2))
    said = ({"line": number, "cells": cells} for number, cells in numbered if cells)
    count, number = 0, 0
    while rows := list(islice(said, rules.CHUNK)):
        count, number = count + len(rows), number + 1
        rules.check_rows(count)
        chunk = ImportChunk(batch=batch, number=number, size=len(rows))
        chunk.rows = kmc.seal(batch.data_key, chunk.context("rows"), canonical.encode(rows))
        chunk.save(force_insert=True)
    return count


def _waiting(batch: Import, column: str) -> list[ImportChunk]:
    rows = batch.chunks.filter(**{f"{column}__isnull": True})
    return list(rows.order_by("number")[: rules.AT_ONCE])


def _wrong(batch: Import) -> int:
    return sum(batch.chunks.values_list("wrong", flat=True))


def _look_through(batch: Import, chunk: ImportChunk, *, at: datetime) -> None:
    found = _judged_rows(batch, chunk, at=at)
    _compare(batch, chunk, found, at=at)
    chunk.marks = [one.mark for one in found if one.mark]
    _report(batch, chunk, found)
    chunk.checked_at = at
    chunk.save(update_fields=["marks", "report", "wrong", "checked_at"])


def _take_in(batch: Import, chunk: ImportChunk, *, actor: Actor, at: datetime) -> None:
    """Looked at once more: somebody may have applied, or been listed, since the dry run."""
    found = _judged_rows(batch, chunk, at=at)
    locks.wait_until_commit(locks.Work.ENTER_PEOPLE, [one.mark for one in found if one.mark])
    _compare(batch, chunk, found, at=at)
    for one in found:
        if not one.wrong:
            try:
                with transaction.atomic():
                    draft = _draft(batch, one, actor=actor, at=at)
            except Refusal as refusal:
                one.wrong.extend(refusal.items if isinstance(refusal, Refusals) else [refusal])
            else:
                chunk.applications.append(draft)
    _report(batch, chunk, found)
    chunk.taken_at = at
    chunk.save(update_fields=["applications", "report", "wrong", "taken_at"])
    made = list(chunk.applications)
    record("ra.import_rows", subject_of(batch), actor=actor, at=at, applications=made)


def _report(batch: Import, chunk: ImportChunk, found: Sequence[Found]) -> None:
    wrong = [[one.line, [_kept(refusal) for refusal in one.wrong]] for one in found if one.wrong]
    chunk.wrong = len(wrong)
    chunk.report = kmc.seal(batch.data_key, chunk.context("report"), canonical.encode(wrong))


def _kept(refusal: Refusal) -> dict[str, object]:
    return {
        "kind": refusal.kind.value,
        "rule": refusal.rule,
        "reason": refusal.reason,
        "cps": refusal.cps,
        "field": refusal.field,
        "details": {name: str(value) for name, value in refusal.details.items()},
    }


def _draft(batch: Import, one: Found, *, actor: Actor, at: datetime) -> int:
    """As an operator would type it: the same services, the same entries of the journal."""
    years = int(one.cells.get(rules.YEARS, "1"))
    draft = intake.open_draft(batch.profile, years=years, actor=actor, at=at)
    said = one.cells.get(rules.DISTINGUISHER, "")
    intake.save_draft(draft.id, one.fields, distinguisher=said, actor=actor, at=at)
    if request := one.cells.get(rules.REQUEST, ""):
        intake.attach_request(draft.id, request.encode(), actor=actor, at=at)
    return draft.id


# --- looking at rows -------------------------------------------------------------------------


def _judged_rows(batch: Import, chunk: ImportChunk, *, at: datetime) -> list[Found]:
    """The rows by themselves; one query."""
    kind = kind_of(batch.profile)
    (rows,) = queries.opened(batch, [chunk], "rows")
    return [_judged(row, kind, at=at) for row in rows]


def _compare(batch: Import, chunk: ImportChunk, found: list[Found], *, at: datetime) -> None:
    """With each other, with what is open, with the blacklist; three queries."""
    _note_twins(batch, chunk, found)
    asked = [(one.fields, "") for one in found]
    for one, kinds in zip(found, blacklist.hits_of(asked, at=at), strict=True):
        one.wrong.extend(blacklist_rules.hindrances(kinds))  # CPS 4.2.2


def _judged(row: Mapping[str, Any], kind: Kind, *, at: datetime) -> Found:
    cells: Mapping[str, str] = row["cells"]
    typed = {code: headings.meant(code, text) for code, text in cells.items()}
    fields, wrong = judge(typed, kind.fields, today=day_of(at))
    papers = [fields.get(code, "") for code in ("document_number", "agent_document_number")]
    wrong += _refused(_years, cells.get(rules.YEARS, "1"))
    said = cells.get(rules.DISTINGUISHER, "")
    wrong += _refused(intake_rules.distinguisher, said, papers)
    if request := cells.get(rules.REQUEST, ""):
        wrong += _refused(intake_queries.proven, request.encode())
    mark = None if wrong else index_of(fields)
    return Found(row["line"], cells, fields, mark, wrong)


def _note_twins(batch: Import, chunk: ImportChunk, found: Sequence[Found]) -> None:
    """The same document earlier in the file, or in an application that is open (CPS 4.2.1)."""
    marks = [one.mark for one in found if one.mark]
    before = batch.chunks.filter(number__lt=chunk.number, marks__overlap=marks)
    seen = {bytes(mark) for row in before.values_list("marks", flat=True) for mark in row}
    open_ones = Application.objects.filter(
        document_index__in=marks, profile=batch.profile, state__in=application_rules.UNDECIDED
    )
    applied = {bytes(mark or b"") for mark in open_ones.values_list("document_index", flat=True)}
    for one in found:
        if one.mark in seen:
            one.wrong.append(rules.wrong_row("twice", "this document stands above"))
        elif one.mark in applied:
            one.wrong.append(rules.wrong_row("open_already", "an application is open"))
        if one.mark:
            seen.add(one.mark)


def _years(text: str) -> int:
    if not text.isdecimal():
        raise rules.wrong_row("years", "not a number", field=rules.YEARS)
    return application_rules.check_days(int(text))


def _refused(check: Any, *arguments: object) -> list[Refusal]:
    try:
        check(*arguments)
    except Refusal as refusal:
        return refusal.items if isinstance(refusal, Refusals) else [refusal]
    return []
