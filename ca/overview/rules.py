"""What on the dashboard calls for somebody (CPS 2.2: before a limit is missed). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from ca.crl.rules import Freshness
from ca.custody.rules import ENDS_SOON, NEED
from ca.directory.rules import is_late
from ca.signing.rules import WAITING_TOO_LONG

REPORT_STALE = timedelta(seconds=60)  # nobody has heard of the signer for too long
RESPONDER_LATE = timedelta(days=45)  # renewed at 60 (`ca.hierarchy`): for two weeks it has failed


@dataclass(frozen=True, slots=True)
class Alarm:
    """`level` is bad or warn; `code` names its sentence in `ca/wording.py`, `details` fill it."""

    level: str
    code: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the alarms are decided from."""

    signer_heard_at: datetime | None
    signer_reachable: bool
    signer_unlocked: bool
    lists: tuple[tuple[str, str], ...]  # authority, freshness
    behind: tuple[str, ...]  # authorities whose lists the signer knows better than the database
    oldest_order: datetime | None
    refused_today: int
    responders: tuple[tuple[str, datetime], ...]  # authority, end of the responder's certificate
    directory_fault: str  # "": it answers, or there is none
    unpublished: int
    unpublished_since: datetime | None  # None: nothing waits, or there is no directory
    active_until: datetime | None  # None: not active, or nobody knows
    custodians: int | None  # how many could come; None: there is no custody set


def alarms(facts: Facts, *, at: datetime) -> Iterator[Alarm]:
    """The worst first."""
    yield from _signer_alarms(facts, at)
    yield from _custody_alarms(facts, at)
    yield from _list_alarms(facts)
    if facts.oldest_order and at - facts.oldest_order > WAITING_TOO_LONG:
        minutes = int((at - facts.oldest_order).total_seconds() // 60)
        yield Alarm("bad", "orders_wait", {"minutes": minutes})
    yield from _directory_alarms(facts, at)
    if facts.refused_today:
        yield Alarm("warn", "orders_refused", {"count": facts.refused_today})
    for authority, end in facts.responders:
        if end - at < RESPONDER_LATE:
            yield Alarm("warn", "responder_ends", {"authority": authority, "days": (end - at).days})


def _custody_alarms(facts: Facts, at: datetime) -> Iterator[Alarm]:
    if facts.custodians is not None and facts.custodians < NEED:
        yield Alarm("bad", "custodians_few", {"count": facts.custodians})
    left = facts.active_until - at if facts.active_until else None
    if left is not None and timedelta(0) < left <= ENDS_SOON:
        yield Alarm("warn", "activation_ends", {"hours": int(left.total_seconds() // 3600)})


def _list_alarms(facts: Facts) -> Iterator[Alarm]:
    for authority in facts.behind:
        yield Alarm("bad", "crl_behind", {"authority": authority})
    for authority, freshness in facts.lists:
        if freshness in (Freshness.OVER, Freshness.NONE):
            yield Alarm("bad", f"crl_{freshness}", {"authority": authority})
        elif freshness in (Freshness.SOON_OVER, Freshness.DUE):
            yield Alarm("warn", f"crl_{freshness}", {"authority": authority})


def _directory_alarms(facts: Facts, at: datetime) -> Iterator[Alarm]:
    since = facts.unpublished_since
    if since and is_late(since, at=at):
        hours = int((at - since).total_seconds() // 3600)
        yield Alarm("bad", "directory_waits", {"count": facts.unpublished, "hours": hours})
    if facts.directory_fault:
        yield Alarm("warn", "directory_down", {"fault": facts.directory_fault})


def _signer_alarms(facts: Facts, at: datetime) -> Iterator[Alarm]:
    heard = facts.signer_heard_at
    if heard is None or at - heard > REPORT_STALE:
        yield Alarm("bad", "signer_unheard", {})
    elif not facts.signer_reachable:
        yield Alarm("bad", "signer_unreachable", {})
    elif not facts.signer_unlocked:
        yield Alarm("bad", "signer_locked", {})
