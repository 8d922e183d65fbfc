"""How long a sign-in lasts, how many a person has at once, and what a browser is called (WP-7.2).

The lengths are those NIST SP 800-63B asks for two factors, the day a shorter one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal

IDLE = timedelta(minutes=30)  # from the last thing a person did, WP-7.2
WARNED = timedelta(minutes=2)  # before idle time is over
LENGTH = timedelta(hours=8)  # from the one-time code, whatever the person does, WP-7.2
PROOF = timedelta(minutes=15)  # a second factor counts for decisions that long, WP-7.2
AT_ONCE = 5  # browsers a person is signed in with; one more ends the oldest, WP-7.2
NOTED_EVERY = timedelta(minutes=1)  # how exactly it is known when somebody was last seen

PROOF_OLD = "sessions.proof_old"  # the rule whose refusal asks for a code in place

BROWSER_KEPT = timedelta(days=365)  # how long a browser keeps the token by which it is known
ALERT_KEPT = timedelta(days=180)  # WP-5.3b; the journal keeps that there was one
TOKEN_SIZE = 32  # bytes


class Alarm(StrEnum):
    """What a person is told of, WP-7.2."""

    NEW_BROWSER = "new_browser"
    RECOVERY_USED = "recovery_used"
    DEVICE_ENROLLED = "device_enrolled"
    KEY_ADDED = "key_added"
    PASSWORD_RENEWED = "password_renewed"  # noqa: S105 -- no password
    CEREMONY = "ceremony_unproved"  # what is asked of a worker was not agreed to (CPS 5.2.2)
    PARTNER_KEY = "partner_key"  # a machine acts in their name from now on (CPS 1.4.2)


# Most say they are another as well, so the first that fits counts.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "MicroMessenger": "WeChat",
    "QQBrowser": "QQ",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "OpenHarmony": "HarmonyOS",
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A person at a browser: since when, last seen when, from where."""

    since: datetime
    seen: datetime
    address: str
    browser: str


def ends_at(since: datetime, seen: datetime) -> datetime:
    """When a session is over if nobody does anything more."""
    return min(seen + IDLE, since + LENGTH)


def is_worth_noting(seen: datetime, *, at: datetime) -> bool:
    return at - seen >= NOTED_EVERY


def browser_of(user_agent: str) -> str:
    """Family and system, such as `Firefox, Linux`; empty for a program nobody knows."""
    names = [
        next((name for mark, name in table.items() if mark in user_agent), "")
        for table in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, names))


def too_many(keys: Sequence[str]) -> Sequence[str]:
    """Those to be ended, of a person's sessions from the newest to the oldest."""
    return keys[AT_ONCE:]


def check_proved(actor: Actor, *, at: datetime) -> None:
    """Refuses (FORBIDDEN) somebody whose last code or key is too old to decide anything."""
    if actor.proved_at is None or at - actor.proved_at > PROOF:
        raise Refusal(
            Kind.FORBIDDEN,
            PROOF_OLD,
            "show the second factor again",
            cps="5.2.3",
            minutes=PROOF // timedelta(minutes=1),
        )


def session_unknown() -> Refusal:
    return Refusal(Kind.NOT_FOUND, "sessions.unknown", "no such session of this person")
