"""What offices did in a month: how much, how well, how fast (CPS 4.2.3)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db.models import Aggregate, Count, F, Q, QuerySet, Sum

from anxin.kernel.actors import Actor
from ra.applications.models import Application
from ra.applications.rules import State
from ra.branches import queries as branches
from ra.branches.queries import OfficeView
from ra.review.models import Decision
from ra.review.rules import Outcome
from ra.statistics import rules
from ra.statistics.rules import Figures, Month

Key = tuple[int, str]  # office, profile
_APPROVED = (State.APPROVED, State.ISSUED, State.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Report:
    """Each office with everything below it; each profile; all together."""

    month: Month
    offices: tuple[tuple[OfficeView, Figures], ...]
    profiles: tuple[tuple[str, Figures], ...]
    total: Figures


def report(month: Month, actor: Actor, *, at: datetime) -> Report:
    """Of the offices in this person's sight; six counts over one month's rows."""
    offices = branches.offices(actor)
    found = _figures(month, [office.id for office in offices], at)
    return Report(
        month,
        tuple(
            (office, rules.total(found[key] for key in found if key[0] in below))
            for office, below in _with_below(offices)
        ),
        tuple(
            (profile, rules.total(found[key] for key in found if key[1] == profile))
            for profile in sorted({profile for _, profile in found})
        ),
        rules.total(found.values()),
    )


def _with_below(offices: list[OfficeView]) -> list[tuple[OfficeView, set[int]]]:
    """They come in the order of the tree, so what is below follows, and lies deeper."""
    found = []
    for place, office in enumerate(offices):
        ids = {office.id}
        for one in offices[place + 1 :]:
            if one.depth <= office.depth:
                break
            ids.add(one.id)
        found.append((office, ids))
    return found


def _figures(month: Month, offices: list[int], at: datetime) -> dict[Key, Figures]:
    rows = Application.objects.filter(office_id__in=offices)
    within = (month.starts, month.ends - timedelta(microseconds=1))
    decided = rows.filter(decided_at__range=within, state__in=[*_APPROVED, State.REJECTED])
    sent_back = Decision.objects.filter(at__range=within, outcome=Outcome.RETURN)
    revoked = rows.filter(certificate_state="revoked", certificate_state_at__range=within)
    counts = (
        _by_key(rows.filter(opened_at__range=within), opened=Count("pk")),
        _by_key(
            decided,
            approved=Count("pk", filter=Q(state__in=_APPROVED)),
            rejected=Count("pk", filter=Q(state=State.REJECTED)),
            late=Count("pk", filter=Q(decided_at__gt=F("deadline_at"))),
            took=Sum(F("decided_at") - F("submitted_at"), default=timedelta()),
        ),
        _by_key(
            sent_back.filter(application__office_id__in=offices),
            "application__",
            returned=Count("pk"),
        ),
        _by_key(rows.filter(issued_at__range=within), issued=Count("pk")),
        _by_key(revoked, revoked=Count("pk")),
        _by_key(
            rows.filter(state=State.SUBMITTED),
            waiting=Count("pk"),
            overdue=Count("pk", filter=Q(deadline_at__lt=at)),
        ),
    )
    found: defaultdict[Key, Figures] = defaultdict(Figures)
    for key, numbers in chain.from_iterable(counts):
        found[key] = replace(found[key], **numbers)
    return dict(found)


def _by_key(
    rows: QuerySet[Any], path: str = "", **counts: Aggregate
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """One query: the counts of each office and profile that has any."""
    office, profile = f"{path}office_id", f"{path}profile"
    for line in rows.order_by().values(office, profile).annotate(**counts):
        yield (line.pop(office), line.pop(profile)), line
