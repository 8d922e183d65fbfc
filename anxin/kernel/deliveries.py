"""Messages on their way out: their states, and when to try again. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    DUE = "due"
    FAILED = "failed"  # the last try did; there will be another
    BY_HAND = "by_hand"  # nothing is configured that could send it
    GIVEN_UP = "given_up"
    SENT = "sent"


WAITING = (State.DUE, State.FAILED)
# The steps of every outbox; rows for `anxin.kernel.states.Steps`.
SENDING = (
    ("send", WAITING, State.SENT),
    ("fail", WAITING, State.FAILED),
    ("give_up", WAITING, State.GIVEN_UP),
    ("set_aside", WAITING, State.BY_HAND),
)

# Waiting time after the first, second ... failed try; then it is given up. The house's own terms.
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
LEASE = timedelta(minutes=5)  # how long a worker may be at one message before another tries
_PERMANENT = range(500, 600)  # SMTP replies that no other try will change, RFC 5321 4.2.1


def after_failure(tries: int, *, at: datetime) -> datetime | None:
    """When to try again after so many tries; None: not any more."""
    return at + BACK_OFF[tries - 1] if tries <= len(BACK_OFF) else None


def is_final(smtp_code: int) -> bool:
    return smtp_code in _PERMANENT
