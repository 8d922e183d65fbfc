"""Who has an address, and what was sent there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from people.notices.models import Mailbox, StaffNotice

PAGE = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail, for the page of whom it went to."""

    event: str
    state: str
    made_at: datetime
    sent_at: datetime | None
    error: str


def address_of(person_id: int) -> str:
    """Empty for who has none."""
    rows = Mailbox.objects.filter(pk=person_id)
    return rows.values_list("address", flat=True).first() or ""


def addresses(person_ids: Collection[int]) -> dict[int, str]:
    """Of those who have one, and an account that is open."""
    rows = Mailbox.objects.filter(pk__in=list(person_ids), person__is_active=True)
    return dict(rows.values_list("pk", "address"))


def latest(person_id: int) -> list[Sent]:
    """What was sent to a person, the latest first; at most 20."""
    rows = StaffNotice.objects.filter(person=person_id).order_by("-pk")[:PAGE]
    return [Sent(row.event, row.state, row.made_at, row.sent_at, row.error) for row in rows]
