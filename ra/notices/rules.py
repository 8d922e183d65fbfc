"""Telling applicants (CPS 4.3.2): events, channels, states. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.deliveries import SENDING, State
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps

STEPS = Steps(
    *SENDING,
    ("tell", [State.BY_HAND, State.GIVEN_UP, State.DUE, State.FAILED], State.SENT),
    ("resend", [State.SENT, State.BY_HAND, State.GIVEN_UP], State.DUE),
)
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
    INVOICED = "invoiced"  # CPS 9.1
    COMPROMISE = "compromise"  # CPS 5.7.3: the key of whoever issued the certificate
    TERMINATION = "termination"  # CPS 5.8


class Channel(StrEnum):
    """CPS 4.3.2: e-mail, message, letter, face to face."""

    MAIL = "mail"
    SMS = "sms"
    LETTER = "letter"
    ON_SITE = "on_site"


BY_PEOPLE = (Channel.LETTER, Channel.ON_SITE)

REMINDERS = (60, 30, 15, 7)  # days before a certificate ends


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


def is_resendable(state: str, channel: str) -> bool:
    """Where there is an address to send it to."""
    return channel not in BY_PEOPLE and "resend" in STEPS.verbs(state)


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
