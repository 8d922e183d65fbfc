"""Telling the counter of what holders asked for and nobody looked at (CPS 4.9.5, 9.1)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from anxin.kernel.actors import SYSTEM
from anxin.kernel.workdays import SHANGHAI
from audit.log import record_many, subject_of
from people.api import Role, StaffEvent, tell_staff
from ra.branches.queries import who_sees
from ra.online import rules
from ra.online.models import Submission


@transaction.atomic
def raise_due(*, at: datetime) -> int:
    """Each request that waits too long, and again each day: entry and mail; how many."""
    late = Q(alarmed_at__isnull=True, handed_in_at__lte=at - rules.ALARM_AFTER)
    again = Q(alarmed_at__lte=at - rules.ALARM_AGAIN)
    waiting = Submission.objects.filter(
        late | again, state=rules.State.WAITING, purpose__in=rules.ASKED
    )
    rows = list(
        waiting.select_for_update(skip_locked=True, of=("self",))
        .defer("sealed")
        .select_related("office")
        .order_by("handed_in_at", "pk")
    )
    Submission.objects.filter(pk__in=[row.pk for row in rows]).update(alarmed_at=at)
    if rows:
        told = [(subject_of(row), {"purpose": row.purpose}) for row in rows]
        record_many("ra.request_waits", told, actor=SYSTEM, at=at)
    people = who_sees(Role.OPERATOR, {row.office.path for row in rows}, at=at)
    hour = f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H}"
    tell_staff(StaffEvent.REQUEST_WAITS, people, occasion=hour, actor=SYSTEM, at=at)
    return len(rows)
