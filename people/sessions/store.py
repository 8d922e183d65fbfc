"""Django's database sessions, in a table where a person's can be found (settings.SESSION_ENGINE).

The session itself is the source: `store` copies to columns what has to be found, and says when
the row is over. A row that is over is not loaded any more.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from people.sessions import rules
from people.sessions.models import StaffSession
from people.sessions.rules import Visit

_VISIT, _PROVED = "visit", "proved"


class SessionStore(DatabaseStore):
    """Sessions as rows of `StaffSession`."""

    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    def create_model_instance(self, data: dict[str, Any]) -> StaffSession:
        row = cast("StaffSession", super().create_model_instance(data))
        row.person_id = data.get(SESSION_KEY)
        if visit := _read(data.get(_VISIT)):
            row.since, row.seen_at = visit.since, visit.seen
            row.address, row.browser = visit.address, visit.browser
            row.expire_date = rules.ends_at(visit.since, visit.seen)
        return row


def prove(session: SessionBase, *, at: datetime) -> None:
    """The person at this browser has just shown a second factor."""
    session[_PROVED] = at.isoformat()


def proved_at(session: SessionBase) -> datetime | None:
    """When that last was."""
    kept = session.get(_PROVED)
    return datetime.fromisoformat(kept) if kept else None


def note(session: SessionBase, *, address: str, user_agent: str, at: datetime) -> None:
    """Somebody did something at this browser: the idle time begins anew."""
    visit = _read(session.get(_VISIT))
    if visit is None:
        visit = Visit(at, at, address, rules.browser_of(user_agent))
    elif rules.is_worth_noting(visit.seen, at=at):
        visit = replace(visit, seen=at, address=address)
    else:
        return
    session[_VISIT] = [
        visit.since.isoformat(),
        visit.seen.isoformat(),
        visit.address,
        visit.browser,
    ]


def _read(kept: list[str] | None) -> Visit | None:
    if kept is None:
        return None
    since, seen, address, browser = kept
    return Visit(datetime.fromisoformat(since), datetime.fromisoformat(seen), address, browser)
