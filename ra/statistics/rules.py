"""Months of Chinese time, and figures that can be added up. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from functools import reduce

from anxin.kernel.workdays import SHANGHAI, day_of

MONTHS = 13  # that can be asked for: this one, and the year before it


@dataclass(frozen=True, slots=True)
class Month:
    """From midnight of its first day in Shanghai to midnight of the next month's."""

    first: date

    @property
    def code(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def starts(self) -> datetime:
        return datetime.combine(self.first, time(), SHANGHAI)

    @property
    def ends(self) -> datetime:
        after = (self.first + timedelta(days=31)).replace(day=1)
        return datetime.combine(after, time(), SHANGHAI)


def months(at: datetime) -> list[Month]:
    """Newest first."""
    first = day_of(at).replace(day=1)
    found = [Month(first)]
    while len(found) < MONTHS:
        found.append(Month((found[-1].first - timedelta(days=1)).replace(day=1)))
    return found


def month(code: str, at: datetime) -> Month:
    """The one of that code, `2026-11`; this month for whatever else is asked for."""
    found = months(at)
    return next((one for one in found if one.code == code), found[0])


@dataclass(frozen=True, slots=True)
class Figures:
    """What happened in a month; `waiting` and `overdue` are of now.

    `took` from the last submission to the decision, of all that were decided together.
    """

    opened: int = 0
    approved: int = 0
    rejected: int = 0
    late: int = 0
    took: timedelta = timedelta()
    returned: int = 0
    issued: int = 0
    revoked: int = 0
    waiting: int = 0
    overdue: int = 0

    @property
    def decided(self) -> int:
        return self.approved + self.rejected

    @property
    def in_time(self) -> float | None:
        """Percent decided within two working days (CPS 4.2.3), rounded down: 100 is all."""
        return (self.decided - self.late) * 1000 // self.decided / 10 if self.decided else None

    @property
    def hours(self) -> float | None:
        """Of all hours, from submission to decision on the average."""
        return round(self.took / self.decided / timedelta(hours=1), 1) if self.decided else None


def total(of: Iterable[Figures]) -> Figures:
    return reduce(_add, of, Figures())


def _add(one: Figures, other: Figures) -> Figures:
    return Figures(*(getattr(one, f.name) + getattr(other, f.name) for f in fields(Figures)))
