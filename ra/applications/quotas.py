"""Whether an office may hand an application in: its agreement, its quota (CPS 1.4.2)."""

from datetime import datetime

from anxin.kernel.errors import Refusal
from anxin.kernel.workdays import SHANGHAI, day_of
from ra.applications.models import Application
from ra.applications.rules import State
from ra.branches import rules
from ra.branches.models import Authority
from ra.branches.queries import Standing, standing

NOT_COUNTED = (State.REJECTED, State.CANCELLED)


def hindrances(row: Application, *, at: datetime, submitting: bool = False) -> list[Refusal]:
    """What the office's authority says against this application; empty: nothing.

    When it is being submitted, whoever takes the next place of a quota waits for this one.
    """
    found = standing(row.office_id)
    if submitting and found.authority and found.authority.quota is not None:
        Authority.objects.select_for_update().get(pk=found.authority_id or 0)
    count = 0 if row.round else used(found, at=at)  # what came back has its place already
    today = day_of(at)
    return rules.hindrances(found.office.state, found.authority, row.profile, count, today=today)


def used(found: Standing, *, at: datetime) -> int:
    """How many of this year's applications were handed in under this authority."""
    if found.authority is None or found.authority.quota is None:
        return 0
    year = at.astimezone(SHANGHAI).replace(
        month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    rows = Application.objects.filter(office__path__startswith=found.ground, submitted_at__gte=year)
    return rows.exclude(state__in=NOT_COUNTED).count()
