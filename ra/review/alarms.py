"""Telling before the two days are over (CPS 4.2.3)."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from anxin.kernel.actors import SYSTEM
from anxin.kernel.workdays import SHANGHAI
from audit.log import record_many, subject_of
from people.api import Role, StaffEvent, tell_staff
from ra.applications import rules
from ra.applications.models import Application
from ra.branches.queries import who_sees


@transaction.atomic
def raise_due(*, at: datetime) -> int:
    """Each submission that ends soon or has ended, once: entry and mail; how many."""
    waiting = Application.objects.filter(
        state=rules.State.SUBMITTED,
        deadline_at__lte=rules.soon_until(at),
        alarmed_round__lt=F("round"),
    )
    rows = list(
        waiting.select_for_update(skip_locked=True, of=("self",))
        .order_by("deadline_at", "pk")
        .select_related("office")
    )
    told = []
    for row in rows:
        left = rules.sla(row.deadline_at, at=at)
        told.append((subject_of(row), {"round": row.round, "late": bool(left and left.late)}))
    Application.objects.filter(pk__in=[row.pk for row in rows]).update(alarmed_round=F("round"))
    if told:
        record_many("ra.deadline_near", told, actor=SYSTEM, at=at)
    people = who_sees(Role.REVIEWER, {row.office.path for row in rows}, at=at)
    hour = f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H}"  # one mail, however many there are
    tell_staff(StaffEvent.DEADLINE_NEAR, people, occasion=hour, actor=SYSTEM, at=at)
    return len(rows)
