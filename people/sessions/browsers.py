"""Browsers a person is known at, and alerts about what others could have done (WP-7.2)."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record
from people.notices.rules import Event
from people.notices.services import tell
from people.sessions.models import Alert, KnownBrowser
from people.sessions.rules import Alarm, browser_of


@dataclass(frozen=True, slots=True)
class BrowserView:
    browser: str
    address: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class AlertView:
    kind: str
    browser: str
    address: str
    at: datetime


@transaction.atomic
def note_browser(
    person_id: int, token: str, *, user_agent: str, actor: Actor, at: datetime
) -> None:
    """Somebody signed in at the browser with this token; one never seen before is an alert.

    Not the very first browser of a person: there is nobody yet to be told.
    """
    words = browser_of(user_agent)
    theirs = KnownBrowser.objects.filter(person=person_id)
    row, is_new = theirs.get_or_create(
        person_id=person_id,
        token_hash=sha256(token.encode()).digest(),
        defaults={
            "browser": words,
            "address": actor.address,
            "first_seen": at,
            "last_seen": at,
        },
    )
    if not is_new:
        row.browser, row.address, row.last_seen = words, actor.address, at
        row.save(update_fields=["browser", "address", "last_seen"])
    elif theirs.exclude(pk=row.pk).exists():
        alert(person_id, Alarm.NEW_BROWSER, browser=words, actor=actor, at=at)


@transaction.atomic
def alert(person_id: int, kind: Alarm, *, browser: str = "", actor: Actor, at: datetime) -> None:
    """Tell a person of something; it stands on their page until they have said that they saw it."""
    row = Alert.objects.create(
        person_id=person_id, kind=kind, browser=browser, address=actor.address, at=at
    )
    subject = f"people.staffmember:{person_id}"
    record("people.alerted", subject, actor=actor, at=at, kind=kind)
    tell(Event.ALERT, [person_id], occasion=str(row.pk), actor=actor, at=at)


@transaction.atomic
def put_alerts_aside(*, actor: Actor, at: datetime) -> None:
    """The person has seen all of them."""
    waiting = Alert.objects.filter(person=actor.person_id, at__lte=at, seen_at__isnull=True)
    if seen := waiting.update(seen_at=at):
        subject = f"people.staffmember:{actor.person_id}"
        record("people.alerts_seen", subject, actor=actor, at=at, alerts=seen)


def alerts_of(person_id: int) -> list[AlertView]:
    """What the person has not seen yet, the latest first."""
    rows = Alert.objects.filter(person=person_id, seen_at__isnull=True).order_by("-at", "-pk")
    return [AlertView(row.kind, row.browser, row.address, row.at) for row in rows[:20]]


def browsers_of(person_id: int) -> list[BrowserView]:
    """Where this person has signed in, the latest first."""
    rows = KnownBrowser.objects.filter(person=person_id).order_by("-last_seen")
    return [
        BrowserView(row.browser, row.address, row.first_seen, row.last_seen) for row in rows[:20]
    ]
