"""Telling before the two days are over (CPS 4.2.3)."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from anxin.kernel.actors import SYSTEM
from anxin.kernel.jobs import announce
from audit.log import record_many, subject_of
from ra.applications import rules
from ra.applications.models import Application


@transaction.atomic
def raise_due(*, at: datetime) -> int:
    """Each submission that ends soon or has ended, once: entry and event; how many."""
    waiting = Application.objects.filter(
        state=rules.State.SUBMITTED,
        deadline_at__lte=rules.soon_until(at),
        alarmed_round__lt=F("round"),
    )
    rows = list(waiting.select_for_update(skip_locked=True).order_by("deadline_at", "pk"))
    told = []
    for row in rows:
        left = rules.sla(row.deadline_at, at=at)
        told.append((subject_of(row), {"round": row.round, "late": bool(left and left.late)}))
    Application.objects.filter(pk__in=[row.pk for row in rows]).update(alarmed_round=F("round"))
    if told:
        record_many("ra.deadline_near", told, actor=SYSTEM, at=at)
    for row in rows:
        announce("ra.deadline_near", application_id=row.pk)
    return len(rows)
