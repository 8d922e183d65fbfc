"""When revocation lists are due, and what a new one may not lose. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.states import Steps

# CPS 4.9.7, 4.9.8: a list at least every 24 hours, and no longer on its way than that
LIFETIME = timedelta(hours=24)
# Half of it is the margin: a night of trouble is survived without a gap.
PLANNED_EVERY = timedelta(hours=12)
LISTED_AT_LATEST = timedelta(hours=24)  # CPS 4.9.3, 4.9.5: from revocation to list
LISTED_WITHIN = timedelta(hours=1)  # our own aim
SOON_OVER = timedelta(hours=4)  # CPS 2.2: alarm before a limit is missed
A_SECOND = timedelta(seconds=1)
# A list on demand is to be seen soon, so caches ask again after this many seconds.
CACHE_SECONDS = 60


class State(StrEnum):
    PLANNED = "planned"  # the number is taken
    PUBLISHED = "published"
    ABANDONED = "abandoned"  # never published; its number is not used again


STEPS = Steps(
    ("publish", [State.PLANNED], State.PUBLISHED),
    ("abandon", [State.PLANNED], State.ABANDONED),
    ("adopt", [State.PLANNED, State.ABANDONED], State.PUBLISHED),  # after a restore
)


# The signer knows a later list than the database does: it was restored. Trying again would only
# count the numbers up until one passes, and that list would have forgotten revocations.
BEHIND = "policy.crl_number_back"


class Freshness(StrEnum):
    """How a list stands: what the dashboard colours."""

    FRESH = "fresh"
    DUE = "due"  # past its planned successor
    SOON_OVER = "soon_over"
    OVER = "over"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about an authority's lists; None where there is nothing yet."""

    this_update: datetime | None
    next_update: datetime | None
    requested_at: datetime | None
    oldest_unlisted: datetime | None


def is_due(standing: Standing, *, at: datetime) -> bool:
    """Whether a new list is to be issued now: on schedule, on demand, or for what changed."""
    last = standing.this_update
    if last is None:
        return True
    # A list's time has whole seconds: the one that answers a request may look older than it.
    asked = standing.requested_at is not None and standing.requested_at >= last + A_SECOND
    unlisted = standing.oldest_unlisted
    waited = unlisted is not None and at - unlisted >= LISTED_WITHIN
    return asked or waited or at - last >= PLANNED_EVERY


def freshness(standing: Standing, *, at: datetime) -> Freshness:
    """CPS 2.2: told before a limit is missed."""
    if standing.this_update is None or standing.next_update is None:
        return Freshness.NONE
    left = standing.next_update - at
    if left <= timedelta():
        return Freshness.OVER
    if left < SOON_OVER:
        return Freshness.SOON_OVER
    late = at - standing.this_update > PLANNED_EVERY + timedelta(minutes=5)
    return Freshness.DUE if late else Freshness.FRESH
