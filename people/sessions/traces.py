"""Where somebody was, forgotten in time (WP-5.3b); `anxin/keeping.py` has the table."""

from datetime import datetime
from typing import Any

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.log import record
from people.notices.services import forget_addresses, forget_mailboxes
from people.sessions import rules
from people.sessions.models import Alert, KnownBrowser


@transaction.atomic
def forget_traces(*, at: datetime) -> int:
    """Browsers and alerts of long ago, where mail went, and mailboxes of leavers; how many.

    Sessions that are over go with the next sign-in (`sessions.services.make_room`): only the staff
    site touches those.
    """
    gone: dict[str, Any] = {
        "browsers": _drop(KnownBrowser.objects.filter(last_seen__lte=at - rules.BROWSER_KEPT)),
        "alerts": _drop(Alert.objects.filter(at__lte=at - rules.ALERT_KEPT)),
        "addresses": forget_addresses(at=at),
        "mailboxes": forget_mailboxes(),
    }
    count: int = sum(gone.values())
    if count:
        record("people.traces_forgotten", "people.knownbrowser", actor=SYSTEM, at=at, **gone)
    return count


def _drop(rows: Any) -> int:
    """In the database alone: workers may not read what they drop."""
    return int(rows._raw_delete(rows.db))
