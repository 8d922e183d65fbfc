"""Profiles for pages: what is in force, what was, what is proposed, and how they differ."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from anxin.kernel.errors import Kind, Refusal
from audit.log import subject_of
from ca.profiles.documents import profile_from
from ca.profiles.models import ProfileVersion
from ca.profiles.queries import in_force
from ca.profiles.rules import CHANGE, Profile, State
from ca.profiling import rules
from ca.profiling.wording import FIELDS, KINDS, words
from ca.wording import PROFILES
from people.api import open_approvals, staff_names

Change = tuple[str, tuple[str, ...], tuple[str, ...]]  # field, taken away, added, in words


@dataclass(frozen=True, slots=True)
class Line:
    """One profile of the list; `since` null: as delivered. `pending`: a change is under way."""

    code: str
    name: str
    kind: str
    version: int
    since: datetime | None
    by: str
    offered: bool
    pending: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """`changes`: against the version before it; `approval_id` while it waits for a vote."""

    version: int
    state: str
    digest: str
    reason: str
    by: str
    proposed_at: datetime | None
    valid_from: date | None
    in_force_at: datetime | None
    replaced_at: datetime | None
    approval_id: int | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One version of a profile in words, and all the others beside it."""

    code: str
    name: str
    current: int
    shown: VersionLine
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    versions: tuple[VersionLine, ...]
    may_change: bool


def everything() -> list[Line]:
    """All profiles in force, in the order of pages."""
    rows = list(ProfileVersion.objects.filter(state__in=_CURRENT))
    names = staff_names({row.proposed_by for row in rows if row.proposed_by})
    now = {row.code: row for row in rows if row.state == State.IN_FORCE}
    pending = {row.code: row for row in rows if row.state != State.IN_FORCE}
    waiting = open_approvals(CHANGE, [subject_of(row) for row in pending.values()])
    return [_line(one, now[one.code], pending.get(one.code), names, waiting) for one in in_force()]


_CURRENT = (State.IN_FORCE, State.PROPOSED, State.AGREED)


def _line(
    one: Profile,
    row: ProfileVersion,
    next_one: ProfileVersion | None,
    names: dict[int, str],
    waiting: Collection[str],
) -> Line:
    counts = next_one is not None and (
        next_one.state == State.AGREED or subject_of(next_one) in waiting
    )
    return Line(
        code=one.code,
        name=str(PROFILES[one.code]),
        kind=str(KINDS[one.kind]),
        version=one.version,
        since=row.in_force_at,
        by=names.get(row.proposed_by or 0, ""),
        offered=one.offered,
        pending=next_one.state if next_one and counts else "",
    )


def page(code: str, version: int | None = None) -> Page:
    """Of the version in force, or just that one. Refuses `profiles.unknown`."""
    rows = list(ProfileVersion.objects.filter(code=code).order_by("version"))
    current = next((row for row in rows if row.state == State.IN_FORCE), None)
    shown = next((row for row in rows if row.version == version), None) if version else current
    if current is None or shown is None:
        raise unknown(f"{code} {version or ''}")
    names = staff_names({row.proposed_by for row in rows if row.proposed_by})
    waiting = open_approvals(CHANGE, [subject_of(row) for row in rows])
    lines = [_version(row, rows, names, subject_of(row) in waiting) for row in rows]
    said = words(profile_from(shown.document, shown.version))
    return Page(
        code=code,
        name=str(PROFILES[code]),
        current=current.version,
        shown=lines[rows.index(shown)],
        rows=tuple((str(FIELDS[field]), found) for field, found in said.items()),
        versions=tuple(reversed(lines)),
        may_change=not waiting and all(row.state != State.AGREED for row in rows),
    )


def version(code: str, number: int) -> Profile:
    """Whatever became of it. Refuses `profiles.unknown`."""
    row = ProfileVersion.objects.filter(code=code, version=number).first()
    if row is None:
        raise unknown(f"{code} {number}")
    return profile_from(row.document, number)


def compared(code: str, base: int, number: int) -> tuple[Change, ...]:
    """How one version differs from another, in words."""
    return _changes(version(code, base), version(code, number))


def unknown(what: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "profiles.unknown", f"no profile {what}")


def _version(
    row: ProfileVersion,
    rows: list[ProfileVersion],
    names: dict[int, str],
    waits: bool,  # noqa: FBT001
) -> VersionLine:
    kept = (State.IN_FORCE, State.REPLACED)
    older = [one for one in rows if one.version < row.version and one.state in kept]
    was = profile_from(older[-1].document, older[-1].version) if older else None
    return VersionLine(
        version=row.version,
        state=row.state,
        digest=row.digest,
        reason=row.reason,
        by=names.get(row.proposed_by or 0, ""),
        proposed_at=row.proposed_at,
        valid_from=row.valid_from,
        in_force_at=row.in_force_at,
        replaced_at=row.replaced_at,
        approval_id=row.approval_id if waits else None,
        changes=_changes(was, profile_from(row.document, row.version)) if was else (),
    )


def _changes(before: Profile, after: Profile) -> tuple[Change, ...]:
    found = rules.differences(words(before), words(after))
    return tuple((str(FIELDS[field]), gone, new) for field, gone, new in found)
