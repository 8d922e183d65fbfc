"""A person's sessions. Their keys stay inside: whoever has one is signed in."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from people.sessions.models import StaffSession


@dataclass(frozen=True, slots=True)
class SessionView:
    """One browser. `id` names the session without giving away its key."""

    id: str
    browser: str
    address: str
    since: datetime
    seen_at: datetime
    here: bool


def sessions_of(person_id: int, *, here: str | None, at: datetime) -> list[SessionView]:
    """Where this person is signed in, the latest seen first; `here` is this browser's key."""
    rows = StaffSession.objects.filter(
        person=person_id, expire_date__gt=at, seen_at__isnull=False
    ).order_by("-seen_at", "-since")
    return [
        SessionView(
            public_id(row.pk), row.browser, row.address, row.since, row.seen_at, row.pk == here
        )
        for row in rows
        if row.since and row.seen_at
    ]


def public_id(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:16]
