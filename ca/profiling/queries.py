"""Profiles for pages: what is in force, what was, what is proposed, and how they differ."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from anxin.kernel.errors import Kind, Refusal
from audit.log import subject_of
from ca.profiles.documents import profile_from
from ca.profiles.models import ProfileVersion
from ca.profiles.naming import NAMES
from ca.profiles.queries import in_force, profile
from ca.profiles.rules import CHANGE, Profile, State
from ca.profiling import rules
from ca.profiling.wording import FIELDS, KINDS, words
from people.api import open_approvals, staff_names

Change = tuple[str, tuple[str, ...], tuple[str, ...]]  # field, taken away, added, in words


@dataclass(frozen=True, slots=True)
class Line:
    """One profile of the list. `pending`: state of a change, or of a new one, under way."""

    code: str
    name: str
    kind: str
    version: int
    since: datetime | None
    delivered: bool
    by: str
    offered: bool
    retired: bool
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
    is_basis: bool


def everything() -> list[Line]:
    """All profiles in force, in the order of pages."""
    rows = list(ProfileVersion.objects.filter(state__in=_CURRENT))
    names = staff_names({row.proposed_by for row in rows if row.proposed_by})
    now = {row.code: row for row in rows if row.state == State.IN_FORCE}
    pending = {row.code: row for row in rows if row.state != State.IN_FORCE}
    waiting = open_approvals(CHANGE, [subject_of(row) for row in pending.values()])
    lines = [_line(now[one.code], pending.get(one.code), names, waiting) for one in in_force()]
    new = [row for row in pending.values() if row.code not in now and _counts(row, waiting)]
    lines += [_line(row, row, names, waiting) for row in new]
    return sorted(lines, key=lambda line: [*map(str, KINDS.values())].index(line.kind))


_CURRENT = (State.IN_FORCE, State.PROPOSED, State.AGREED)


def _counts(row: ProfileVersion, waiting: Collection[str]) -> bool:
    """It may still come into force."""
    return row.state == State.AGREED or subject_of(row) in waiting


def _line(
    row: ProfileVersion,
    next_one: ProfileVersion | None,
    names: dict[int, str],
    waiting: Collection[str],
) -> Line:
    one = profile_from(row.document, row.version)
    return Line(
        code=one.code,
        name=str(NAMES[one.code]),
        kind=str(KINDS[one.kind]),
        version=one.version,
        since=row.in_force_at,
        delivered=row.proposed_by is None,
        by=names.get(row.proposed_by or 0, ""),
        offered=one.offered and row.state == State.IN_FORCE,
        retired=one.retired,
        pending=next_one.state if next_one and _counts(next_one, waiting) else "",
    )


def page(code: str, version: int | None = None) -> Page:
    """Of the version in force, or just that one; of a new one that never was, the last.

    Refuses `profiles.unknown`.
    """
    rows = list(ProfileVersion.objects.filter(code=code).order_by("version"))
    current = next((row for row in rows if row.state == State.IN_FORCE), None)
    last = current or (rows[-1] if rows else None)
    shown = next((row for row in rows if row.version == version), None) if version else last
    if shown is None:
        raise unknown(f"{code} {version or ''}")
    names = staff_names({row.proposed_by for row in rows if row.proposed_by})
    waiting = open_approvals(CHANGE, [subject_of(row) for row in rows])
    lines = [_version(row, rows, names, subject_of(row) in waiting) for row in rows]
    one = profile_from(shown.document, shown.version)
    now = profile_from(current.document, current.version) if current else None
    return Page(
        code=code,
        name=str(NAMES[code]),
        current=current.version if current else 0,
        shown=lines[rows.index(shown)],
        rows=tuple((str(FIELDS[field]), found) for field, found in words(one).items()),
        versions=tuple(reversed(lines)),
        may_change=now is not None
        and not now.retired
        and not any(_counts(row, waiting) for row in rows),
        is_basis=rules.is_basis(one),
    )


def version(code: str, number: int) -> Profile:
    """Whatever became of it. Refuses `profiles.unknown`."""
    row = ProfileVersion.objects.filter(code=code, version=number).first()
    if row is None:
        raise unknown(f"{code} {number}")
    return profile_from(row.document, number)


def compared(code: str, base: int, number: int) -> tuple[Change, ...]:
    """How one version differs from another, in words; from none (0): all it says."""
    after = version(code, number)
    if not base:
        return tuple((str(FIELDS[field]), (), said) for field, said in words(after).items())
    return _changes(version(code, base), after)


def basis(code: str) -> Profile:
    """What another profile may be drawn from, in force. Refuses `profiles.unknown`."""
    found = profile(code)
    if not rules.is_basis(found):
        raise unknown(code)
    return found


def others(pk: int) -> list[Profile]:
    """What all other profiles say that count or may come to, with the names they have on screen."""
    rows = ProfileVersion.objects.exclude(state=State.DROPPED).exclude(pk=pk)
    found = [profile_from(row.document, row.version) for row in rows]
    return [replace(one, titles=one.titles or (("", str(NAMES[one.code])),)) for one in found]


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
