"""Telling applicants (CPS 4.3.2): events, channels, states, and when to try again. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps


class State(StrEnum):
    DUE = "due"
    FAILED = "failed"  # the last try did; there will be another
    BY_HAND = "by_hand"  # nothing is configured that could send it
    GIVEN_UP = "given_up"
    SENT = "sent"


STEPS = Steps(
    ("send", [State.DUE, State.FAILED], State.SENT),
    ("fail", [State.DUE, State.FAILED], State.FAILED),
    ("give_up", [State.DUE, State.FAILED], State.GIVEN_UP),
    ("set_aside", [State.DUE, State.FAILED], State.BY_HAND),
    ("tell", [State.BY_HAND, State.GIVEN_UP, State.DUE, State.FAILED], State.SENT),
    ("resend", [State.SENT, State.BY_HAND, State.GIVEN_UP], State.DUE),
)
WAITING = (State.DUE, State.FAILED)
FOR_PEOPLE = (State.FAILED, State.BY_HAND, State.GIVEN_UP)  # what the counter looks after


class Event(StrEnum):
    """What is told, with the clause that asks for it."""

    RECEIVED = "received"
    RETURNED = "returned"
    REJECTED = "rejected"  # CPS 4.2.2
    ISSUED = "issued"  # CPS 4.3.2
    EXPIRING = "expiring"  # CPS 4.6.1
    REVOKED = "revoked"  # CPS 4.9.3
    FROZEN = "frozen"  # CPS 4.9.14
    UNFROZEN = "unfrozen"  # CPS 4.9.14
    REFUND = "refund"  # CPS 9.1.5


class Channel(StrEnum):
    """CPS 4.3.2: e-mail, message, letter, face to face."""

    MAIL = "mail"
    SMS = "sms"
    LETTER = "letter"
    ON_SITE = "on_site"


BY_PEOPLE = (Channel.LETTER, Channel.ON_SITE)

# Waiting time after the first, second ... failed try; then it is given up. The house's own terms.
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
)
LEASE = timedelta(minutes=5)  # how long a worker may be at one notice before another tries
REMINDERS = (60, 30, 15, 7)  # days before a certificate ends
_PERMANENT = range(500, 600)  # SMTP replies that no other try will change, RFC 5321 4.2.1


def channel_for(contact: Mapping[str, str]) -> Channel:
    """By e-mail if there is an address, else by telephone, else by letter."""
    if contact.get("email"):
        return Channel.MAIL
    return Channel.SMS if contact.get("phone") else Channel.LETTER


def address_in(contact: Mapping[str, str], channel: str) -> str:
    """Where the message goes; empty for what people hand over."""
    return {Channel.MAIL: contact.get("email", ""), Channel.SMS: contact.get("phone", "")}.get(
        Channel(channel), ""
    )


def after_failure(tries: int, *, at: datetime) -> datetime | None:
    """When to try again after so many tries; None: not any more."""
    return at + BACK_OFF[tries - 1] if tries <= len(BACK_OFF) else None


def is_final(smtp_code: int) -> bool:
    return smtp_code in _PERMANENT


def reminder(not_after: datetime, *, at: datetime) -> int | None:
    """Which reminder is due: the smallest number of days that has begun. None: none is."""
    left = not_after - at
    if left <= timedelta():
        return None
    return min((days for days in REMINDERS if left <= timedelta(days=days)), default=None)


def check_by_people(how: str) -> Channel:
    """Refuses a way that people cannot tell somebody by."""
    if how not in BY_PEOPLE:
        raise Refusal(
            Kind.INVALID, "notices.how", f"nobody tells by {how}", cps="4.3.2", field="how"
        )
    return Channel(how)


def check_operator(is_operator: bool) -> None:  # noqa: FBT001 -- one question
    if not is_operator:
        raise Refusal(Kind.FORBIDDEN, "notices.not_an_operator", "operators tell", cps="4.3.2")
