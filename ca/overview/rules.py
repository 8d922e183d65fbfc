"""What on the dashboard calls for somebody (CPS 2.2: before a limit is missed). Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ca.crl.rules import Freshness
from ca.custody.register import resplit_by
from ca.custody.rules import ENDS_SOON, NEED
from ca.directory.rules import is_late
from ca.hierarchy.life import urgency
from ca.signing.rules import WAITING_TOO_LONG

REPORT_STALE = timedelta(seconds=60)  # nobody has heard of the signer for too long
RESPONDER_LATE = timedelta(days=45)  # renewed at 60 (`ca.hierarchy`): for two weeks it has failed


@dataclass(frozen=True, slots=True)
class Alarm:
    """`level` is bad or warn; `code` names its sentence in `ca/wording.py`, `details` fill it."""

    level: str
    code: str
    details: dict[str, object]


class Condition(StrEnum):
    """How a signer is, as far as the journal is concerned."""

    LOST = "lost"  # does not answer
    WELL = "well"  # sealed or active
    DEGRADED = "degraded"  # its device does not sign with some key


def condition(reachable: bool, report: Mapping[str, object]) -> Condition:  # noqa: FBT001
    if not reachable:
        return Condition.LOST
    return Condition.DEGRADED if report.get("failing") else Condition.WELL


def changes(before: Condition | None, now: Condition) -> list[str]:
    """What the journal is told, as verbs; None: the first report."""
    if before == now:
        return []
    if now == Condition.LOST:
        return ["lost"]
    back = ["back"] if before in {None, Condition.LOST} else []
    if now == Condition.DEGRADED:
        return [*back, "degraded"]
    return back or ["healed"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the alarms are decided from."""

    signer_heard_at: datetime | None
    signer_reachable: bool
    signer_unlocked: bool
    failing: tuple[str, ...]  # keys that the home signer's device does not sign with
    helpers: tuple[tuple[int, str], ...]  # those that do not sign: place, and why
    stops_wait: tuple[int, ...]  # signers that an order to seal the keys has not reached
    stops_refused: int  # orders of the last day that nobody's signature proved
    lists: tuple[tuple[str, str], ...]  # authority, freshness
    behind: tuple[str, ...]  # authorities whose lists the signer knows better than the database
    oldest_order: datetime | None
    refused_today: int
    unproved: tuple[str, ...]  # versions of profiles that orders wait for: no votes prove them
    replaced: int  # certificates that were replaced and not revoked with that
    responders: tuple[tuple[str, datetime], ...]  # authority, end of the responder's certificate
    stops: tuple[tuple[str, datetime], ...]  # authority that issues, from when on nothing
    directory_fault: str  # "": it answers, or there is none
    unpublished: int
    unpublished_since: datetime | None  # None: nothing waits, or there is no directory
    active_until: datetime | None  # None: not active, or nobody knows
    custodians: int | None  # how many could come; None: there is no custody set
    devices_failed: int  # last self-tests that did not pass
    devices_untested: int  # no self-test passed for a day
    drills_overdue: int
    custodians_away: tuple[datetime, ...]  # since when
    archives_over: tuple[str, ...]  # archived keys that were kept long enough
    operators_end: int  # keys of staff whose certificates end soon, or have ended


def alarms(facts: Facts, *, at: datetime) -> Iterator[Alarm]:
    """The worst first."""
    yield from _signer_alarms(facts, at)
    yield from _device_alarms(facts)
    yield from _custody_alarms(facts, at)
    yield from _list_alarms(facts)
    if facts.oldest_order and at - facts.oldest_order > WAITING_TOO_LONG:
        minutes = int((at - facts.oldest_order).total_seconds() // 60)
        yield Alarm("bad", "orders_wait", {"minutes": minutes})
    if facts.unproved:
        yield Alarm("bad", "profiles_unproved", {"profiles": ", ".join(facts.unproved)})
    if facts.replaced:
        yield Alarm("bad", "replaced_stand", {"count": facts.replaced})
    yield from _directory_alarms(facts, at)
    if facts.refused_today:
        yield Alarm("warn", "orders_refused", {"count": facts.refused_today})
    for authority, end in facts.responders:
        if end - at < RESPONDER_LATE:
            yield Alarm("warn", "responder_ends", {"authority": authority, "days": (end - at).days})
    yield from _life_alarms(facts, at)


def _life_alarms(facts: Facts, at: datetime) -> Iterator[Alarm]:
    """CPS 5.6: a rollover wants time; CPS 6.2.5: after ten years a key is destroyed;
    CPS 5.2.3: who puts keys to use needs a certificate.
    """
    for authority, stops in facts.stops:
        if code := urgency(stops, at=at):
            level = "warn" if code in ("issuing_ends", "issuing_ends_soon") else "bad"
            yield Alarm(level, code, {"authority": authority, "day": f"{stops:%Y-%m-%d}"})
    if facts.archives_over:
        yield Alarm("warn", "archives_over", {"keys": ", ".join(facts.archives_over)})
    if facts.operators_end:
        yield Alarm("warn", "operators_end", {"count": facts.operators_end})


def _device_alarms(facts: Facts) -> Iterator[Alarm]:
    """CPS 6.2.11."""
    if facts.devices_failed:
        yield Alarm("bad", "device_failed", {})
    if facts.devices_untested:
        yield Alarm("bad", "device_untested", {})


def _custody_alarms(facts: Facts, at: datetime) -> Iterator[Alarm]:
    if facts.custodians is not None and facts.custodians < NEED:
        yield Alarm("bad", "custodians_few", {"count": facts.custodians})
    if facts.drills_overdue:
        yield Alarm("warn", "drills_overdue", {"count": facts.drills_overdue})
    for since in facts.custodians_away:
        level = "bad" if at >= resplit_by(since) else "warn"
        yield Alarm(level, "custodian_away", {"day": f"{resplit_by(since):%Y-%m-%d}"})
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
    elif facts.failing:
        yield Alarm("bad", "signer_degraded", {"keys": ", ".join(facts.failing)})
    for place, why in facts.helpers:
        yield Alarm("warn", f"helper_{why}", {"place": place})
    if facts.stops_wait:
        places = "、".join(map(str, facts.stops_wait))
        yield Alarm("bad", "stop_waits", {"places": places})
    if facts.stops_refused:
        yield Alarm("bad", "stop_refused", {"count": facts.stops_refused})
