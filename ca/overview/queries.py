"""The figures of the CA's dashboard."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from anxin.kernel.workdays import SHANGHAI, midnight
from ca import wording
from ca.crl.queries import ListView, behind, list_views
from ca.custody.queries import standing
from ca.directory.queries import DirectoryView, directory
from ca.hierarchy.models import CertificateAuthority, Responder
from ca.hierarchy.queries import responder_ends
from ca.hierarchy.rules import State as AuthorityState
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING, State
from ca.ocsp.queries import count_due
from ca.overview import rules
from ca.overview.models import SignerReport
from ca.revocation.models import Revocation

DAYS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class AlarmView:
    """`level` is bad or warn, `text` a sentence for people."""

    level: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    issued: int
    revoked: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A certificate of the CA itself: how much of its life has gone, in percent."""

    label: str
    subject: str
    not_after: datetime
    used: int
    days_left: int
    demo: bool


@dataclass(frozen=True, slots=True)
class SignerView:
    """`signatures` are (key label, how many it ever made)."""

    at: datetime | None
    reachable: bool
    unlocked: bool
    custody: str
    custody_en: str
    signatures: tuple[tuple[str, int], ...]
    fault: str
    started_at: str


@dataclass(frozen=True, slots=True)
class Overview:
    at: datetime
    alarms: tuple[AlarmView, ...]
    issued_today: int
    revoked_today: int
    waiting: int
    oldest_order: datetime | None
    answers_due: int
    states: tuple[tuple[str, str, int], ...]  # code, name on screen, number
    lists: tuple[ListView, ...]
    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]
    signer: SignerView
    directory: DirectoryView


def overview(at: datetime) -> Overview:
    """Everything at one moment; days are those of China."""
    days, lists, signer, published = _days(at), tuple(list_views(at)), _signer(), directory()
    orders = Certificate.objects.filter(state__in=[state.value for state in WAITING])
    waiting = orders.aggregate(count=Count("pk"), oldest=Min("ordered_at"))
    due = count_due(at=at)
    kept = standing(at=at)
    stuck = behind([view.ca_id for view in lists])
    facts = rules.Facts(
        signer_heard_at=signer.at,
        signer_reachable=signer.reachable,
        signer_unlocked=signer.unlocked,
        lists=tuple((view.code, view.freshness) for view in lists),
        behind=tuple(view.code for view in lists if view.ca_id in stuck),
        oldest_order=waiting["oldest"],
        refused_today=_refused_today(at),
        responders=tuple(responder_ends().items()),
        directory_fault=published.fault if published.is_down else "",
        unpublished=published.waiting,
        unpublished_since=published.waiting_since if published.address else None,
        active_until=kept.until,
        custodians=kept.reachable,
    )
    return Overview(
        at=at,
        alarms=tuple(_alarm(alarm) for alarm in rules.alarms(facts, at=at)),
        issued_today=days[-1].issued,
        revoked_today=days[-1].revoked,
        waiting=waiting["count"],
        oldest_order=waiting["oldest"],
        answers_due=due,
        states=_states(),
        lists=lists,
        days=days,
        lanes=_lanes(at),
        signer=signer,
        directory=published,
    )


def _alarm(alarm: rules.Alarm) -> AlarmView:
    return AlarmView(alarm.level, alarm.code, str(wording.ALARMS[alarm.code]) % alarm.details)


def _days(at: datetime) -> tuple[Day, ...]:
    first = midnight(at) - timedelta(days=DAYS_SHOWN - 1)
    issued = _per_day(Certificate.objects.filter(settled_at__gte=first), "settled_at")
    revoked = _per_day(Revocation.objects.filter(revoked_at__gte=first), "revoked_at")
    shown = (first.date() + timedelta(days=number) for number in range(DAYS_SHOWN))
    return tuple(Day(day, issued.get(day, 0), revoked.get(day, 0)) for day in shown)


def _per_day(rows: Any, column: str) -> dict[date, int]:
    grouped = rows.annotate(day=TruncDate(column, tzinfo=SHANGHAI)).order_by().values("day")
    return {row["day"]: row["count"] for row in grouped.annotate(count=Count("pk"))}


def _refused_today(at: datetime) -> int:
    rows = Certificate.objects.filter(state=State.REFUSED, ordered_at__gte=midnight(at))
    return rows.count()


def _states() -> tuple[tuple[str, str, int], ...]:
    rows = Certificate.objects.order_by().values_list("state").annotate(count=Count("pk"))
    counts = dict(rows)
    names = wording.STATES
    return tuple((s.value, str(names[s.value]), counts.get(s.value, 0)) for s in State)


def _lanes(at: datetime) -> tuple[Lane, ...]:
    rows = CertificateAuthority.objects.filter(state=AuthorityState.ACTIVE).order_by("pk")
    lanes = [_lane(row.code, row, row.not_before, row.not_after, at) for row in rows]
    answering = Responder.objects.select_related("ca").filter(not_after__gte=at).order_by("pk")
    lanes += [_lane(r.key_label, r.ca, r.planned_at, r.not_after, at) for r in answering]
    return tuple(lanes)


def _lane(
    label: str, ca: CertificateAuthority, begins: datetime, ends: datetime, at: datetime
) -> Lane:
    used = round(100 * ((at - begins) / (ends - begins)))
    return Lane(label, ca.subject, ends, min(100, max(0, used)), (ends - at).days, ca.demo)


def _signer() -> SignerView:
    row = SignerReport.objects.filter(pk=SignerReport.ONLY).first()
    if row is None:
        return SignerView(None, False, False, "", "", (), "", "")
    report = row.report
    custody = report.get("custody", {})
    return SignerView(
        at=row.at,
        reachable=row.reachable,
        unlocked=bool(report.get("unlocked")),
        custody=custody.get("zh", ""),
        custody_en=custody.get("en", ""),
        signatures=tuple(_signatures(report.get("counters", {}))),
        fault=row.fault,
        started_at=report.get("started_at", ""),
    )


def _signatures(counters: dict[str, dict[str, dict[str, int]]]) -> Iterator[tuple[str, int]]:
    for label, kinds in counters.items():
        yield label, sum(counts.get("signed_ever", 0) for counts in kinds.values())
