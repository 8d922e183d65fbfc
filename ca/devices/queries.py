"""What the self-tests said, for the page of the devices and for the dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min

from ca.custody.queries import helper_places
from ca.devices import rules, wording
from ca.devices.models import SelfTest
from ca.devices.rules import State
from people.api import staff_names
from pki.signer.protocol import HOME

SHOWN = 20
_ABOUT = ("device", "key", "program")  # the order on the page


@dataclass(frozen=True, slots=True)
class CheckView:
    """`outcome` is passed, failed or absent; `advice` says what happened and what to do."""

    name: str
    outcome: str
    advice: str
    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class Part:
    about: str
    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True)
class TestView:
    """One self-test as the page shows it. `asked_by` "": the timetable."""

    id: int
    place: int
    state: str
    asked_by: str
    asked_at: datetime
    done_at: datetime | None
    advice: str  # why it was missed; "" otherwise
    custody_zh: str
    custody_en: str
    facts: tuple[tuple[str, str], ...]
    abilities: tuple[str, ...]
    parts: tuple[Part, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DevicesPage:
    """`devices`: of each signer the last test that is done; `waits`: one is on its way."""

    devices: tuple[TestView, ...]
    history: tuple[TestView, ...]
    waits: bool
    untested: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """For the dashboard. `untested`: places without one that passed for a day."""

    last: TestView | None
    failed: tuple[int, ...]
    untested: tuple[int, ...]


def page(*, at: datetime) -> DevicesPage:
    rows = list(SelfTest.objects.exclude(state=State.ASKED).order_by("-asked_at", "-pk")[:SHOWN])
    names = staff_names({row.asked_by for row in rows if row.asked_by})
    return DevicesPage(
        devices=tuple(_view(row, names) for row in _last_of_each()),
        history=tuple(_view(row, names) for row in rows),
        waits=SelfTest.objects.filter(state=State.ASKED).exists(),
        untested=_untested(at),
    )


def standing(*, at: datetime) -> Standing:
    last = _last_of_each()
    return Standing(
        last=_view(last[0], {}) if last else None,
        failed=tuple(row.place for row in last if row.state == State.FAILED),
        untested=_untested(at),
    )


def last_asked(place: int) -> datetime | None:
    found: datetime | None = SelfTest.objects.filter(place=place).aggregate(at=Max("asked_at"))[
        "at"
    ]
    return found


def passed_since(place: int) -> datetime | None:
    """When the last one passed; the first one's time if none ever did."""
    rows = SelfTest.objects.filter(place=place)
    passed: datetime | None = rows.filter(state=State.PASSED).aggregate(at=Max("done_at"))["at"]
    first: datetime | None = rows.aggregate(at=Min("asked_at"))["at"]
    return passed or first


def _places() -> list[int]:
    """Of the signers there are now: nobody waits for one that was taken out of service."""
    return [HOME, *helper_places()]


def _last_of_each() -> list[SelfTest]:
    done = SelfTest.objects.exclude(state=State.ASKED).filter(place__in=_places())
    return list(done.order_by("place", "-asked_at", "-pk").distinct("place"))


def _untested(at: datetime) -> tuple[int, ...]:
    return tuple(one for one in _places() if rules.is_untested(passed_since(one), at=at))


def _view(row: SelfTest, names: Mapping[int, str]) -> TestView:
    report = row.report
    custody = report.get("custody", {})
    checks = report.get("checks", [])
    parts = [Part(about, tuple(_checks(checks, about))) for about in _ABOUT]
    return TestView(
        id=row.pk,
        place=row.place,
        state=row.state,
        asked_by=names.get(row.asked_by or 0, ""),
        asked_at=row.asked_at,
        done_at=row.done_at,
        advice=str(wording.advice(row.fault)) if row.fault else "",
        custody_zh=custody.get("zh", ""),
        custody_en=custody.get("en", ""),
        facts=tuple(report.get("facts", {}).items()),
        abilities=tuple(report.get("abilities", ())),
        parts=tuple(part for part in parts if part.checks),
        failed=tuple(check["name"] for check in checks if check["outcome"] == "failed"),
    )


def _checks(checks: list[Mapping[str, str]], about: str) -> list[CheckView]:
    return [
        CheckView(
            name=check["name"],
            outcome=check["outcome"],
            advice=str(wording.advice(check["rule"])) if check["outcome"] == "failed" else "",
            rule=check["rule"],
            detail=check["reason"],
        )
        for check in checks
        if check["about"] == about
    ]
