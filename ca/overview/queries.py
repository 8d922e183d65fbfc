"""The figures of the CA's dashboard."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from anxin.kernel.workdays import SHANGHAI, midnight
from ca import wording
from ca.crl.queries import ListView, behind, list_views
from ca.custody.queries import refused_stops, standing
from ca.devices import queries as devices
from ca.directory.queries import DirectoryView, directory
from ca.hierarchy.models import CertificateAuthority, Responder
from ca.hierarchy.queries import issuing_until, responder_ends
from ca.hierarchy.rules import State as AuthorityState
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING, State
from ca.keeping.queries import kept_long_enough
from ca.keys import queries as stops
from ca.ocsp.queries import count_due
from ca.operators.queries import ending
from ca.overview import rules
from ca.overview.models import SignerReport
from ca.revocation.models import Revocation
from ca.signing import queries as signing

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
class Tally:
    """What one key did of one kind: since the signer's start, and ever."""

    label: str
    kind: str
    signed: int
    refused: int
    signed_ever: int
    refused_ever: int


@dataclass(frozen=True, slots=True)
class SignerView:
    """A signer as it said last. `failing`: keys its device does not sign with, and why.

    `book`: how many lines, and the digest of the last (docs/decisions/0003).
    """

    place: int
    at: datetime | None
    reachable: bool
    unlocked: bool
    custody: str
    custody_en: str
    counts: tuple[Tally, ...]
    fault: str
    started_at: datetime | None
    ceremony: str  # for which it is active
    active_since: datetime | None
    active_until: datetime | None
    signatures_left: int
    failing: tuple[tuple[str, str], ...]
    last_error: Mapping[str, str] | None
    last_error_at: datetime | None
    book: tuple[int, str]
    set_code: str  # of the shares that open it

    @property
    def signatures(self) -> tuple[tuple[str, int], ...]:
        """Key label, how many it ever made."""
        made: dict[str, int] = {}
        for one in self.counts:
            made[one.label] = made.get(one.label, 0) + one.signed_ever
        return tuple(made.items())


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
    helpers: tuple[SignerView, ...]
    directory: DirectoryView
    tested: devices.TestView | None


def overview(at: datetime) -> Overview:
    """Everything at one moment; days are those of China."""
    days, lists, published = _days(at), tuple(list_views(at)), directory()
    signer, *helpers = _signers()
    places = [one.place for one in helpers]
    orders = Certificate.objects.filter(state__in=[state.value for state in WAITING])
    waiting = orders.aggregate(count=Count("pk"), oldest=Min("ordered_at"))
    due = count_due(at=at)
    kept, tested = standing(at=at), devices.standing(at=at)
    stuck = behind([view.ca_id for view in lists])
    facts = rules.Facts(
        signer_heard_at=signer.at,
        signer_reachable=signer.reachable,
        signer_unlocked=signer.unlocked,
        failing=tuple(label for label, _ in signer.failing),
        helpers=tuple((one.place, why) for one in helpers if (why := _trouble(one, signer, at))),
        stops_wait=tuple(one for one in stops.places_due() if one in (0, *places)),
        stops_refused=refused_stops(at=at),
        lists=tuple((view.code, view.freshness) for view in lists),
        behind=tuple(view.code for view in lists if view.ca_id in stuck),
        oldest_order=waiting["oldest"],
        refused_today=_refused_today(at),
        unproved=tuple(signing.unproved(at=at)),
        replaced=len(signing.replaced_and_good(at=at)),
        responders=tuple(responder_ends().items()),
        stops=tuple(issuing_until().items()),
        directory_fault=published.fault if published.is_down else "",
        unpublished=published.waiting,
        unpublished_since=published.waiting_since if published.address else None,
        active_until=kept.until,
        custodians=kept.reachable,
        devices_failed=len(tested.failed),
        devices_untested=len(tested.untested),
        drills_overdue=kept.overdue,
        custodians_away=kept.away,
        archives_over=kept_long_enough(at=at),
        operators_end=len(ending(at=at)),
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
        helpers=tuple(helpers),
        directory=published,
        tested=tested.last,
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


def _signers() -> list[SignerView]:
    """The home signer first, heard of or not."""
    rows = {row.pk: row for row in SignerReport.objects.all()}
    home = rows.pop(SignerReport.HOME, None)
    others = [_signer(row, number - SignerReport.HOME) for number, row in sorted(rows.items())]
    return [_signer(home, 0), *others]


def _signer(row: SignerReport | None, place: int) -> SignerView:
    report = row.report if row else {}
    custody, activation = report.get("custody", {}), report.get("activation", {})
    error, (lines, digest) = report.get("last_error"), report.get("book", (0, ""))
    return SignerView(
        place=place,
        at=row.at if row else None,
        reachable=bool(row and row.reachable),
        unlocked=bool(report.get("unlocked")),
        custody=custody.get("zh", ""),
        custody_en=custody.get("en", ""),
        counts=tuple(_counts(report.get("counters", {}))),
        fault=row.fault if row else "",
        started_at=_moment(report.get("started_at")),
        ceremony=activation.get("ceremony", ""),
        active_since=_moment(activation.get("since")),
        active_until=_moment(activation.get("until")),
        signatures_left=activation.get("signatures_left", 0),
        failing=tuple(
            (label, said["reason"]) for label, said in sorted(report.get("failing", {}).items())
        ),
        last_error=error,
        last_error_at=_moment(error["at"]) if error else None,
        book=(lines, digest),
        set_code=activation.get("set", ""),
    )


def _trouble(one: SignerView, home: SignerView, at: datetime) -> str:
    """Why a signer that helps does not, or must not; "" if all is well."""
    if not one.reachable or one.at is None or at - one.at > rules.REPORT_STALE:
        return "away"
    if one.set_code and home.set_code and one.set_code != home.set_code:
        return "other_set"
    if not one.unlocked:
        return "sealed"
    return "degraded" if one.failing else ""


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _counts(counters: dict[str, dict[str, dict[str, int]]]) -> Iterator[Tally]:
    for label, kinds in counters.items():
        for kind, said in kinds.items():
            numbers = ("signed", "refused", "signed_ever", "refused_ever")
            yield Tally(label, kind, *(said.get(name, 0) for name in numbers))
