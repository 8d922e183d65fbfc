"""Two working days (CPS-4.2.3), by the calendar of China."""

from datetime import date, datetime, timedelta

import pytest

from anxin.kernel.workdays import SHANGHAI
from ra.applications.rules import (
    correction_deadline,
    deadline,
    sla,
)
from ra.applications.workcalendar import is_workday


def at(month, day, hour=10, minute=0, year=2026):
    return datetime(year, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        (at(11, 23, 10), at(11, 25, 10)),  # Monday to Wednesday
        (at(11, 20, 10), at(11, 24, 10)),  # Friday over a weekend
        (at(11, 21, 12), at(11, 24, 17, 30)),  # Saturday counts from Monday
        (at(11, 23, 22), at(11, 25, 17, 30)),  # after hours counts from the next morning
        (at(9, 30, 10), at(10, 9, 10)),  # National Day: eight days off
        (at(10, 9, 10), at(10, 12, 10)),  # Saturday the tenth is worked instead
        (at(2, 13, 10), at(2, 24, 10)),  # Spring Festival; the fourteenth is worked
    ],
)
def test_the_second_working_day_is_the_last(submitted, due):
    """CPS-4.2.3: golden weeks and the working Saturdays that pay for them."""
    assert deadline(submitted) == due


def test_a_day_nobody_has_announced_goes_by_the_week():
    """The calendar's data end with a year; the law's fixed holidays and weekends go on."""
    assert is_workday(date(2031, 10, 8))
    assert not is_workday(date(2031, 10, 1))
    assert not is_workday(date(2031, 5, 1))
    assert not is_workday(date(2031, 1, 4))  # a Saturday


def test_a_deadline_over_the_end_of_the_known_years_can_be_told():
    assert deadline(at(12, 31, 10)) == at(1, 5, 10, year=2027)


def test_corrections_have_five_working_days():
    assert correction_deadline(at(11, 20, 10)) == at(11, 27, 10)


@pytest.mark.parametrize(
    ("now", "left", "soon", "late"),
    [
        (at(11, 23, 10), timedelta(hours=18), False, False),
        (at(11, 25, 8, 30), timedelta(hours=1, minutes=30), True, False),
        (at(11, 25, 10), timedelta(0), True, False),
        (at(11, 25, 10, 30), -timedelta(minutes=30), False, True),
        (at(11, 26, 9), -timedelta(hours=8), False, True),
    ],
)
def test_the_alarm_comes_before_the_breach(now, left, soon, late):
    """CPS-4.2.3: working time, not the clock on the wall."""
    promise = sla(at(11, 25, 10), at=now)

    assert (promise.left, promise.soon, promise.late) == (left, soon, late)


def test_used_time_is_a_share_of_two_days():
    assert sla(at(11, 25, 10), at=at(11, 24, 10)).percent == 50
    assert sla(at(11, 25, 10), at=at(11, 30, 10)).percent == 100
    assert sla(None, at=at(11, 24)) is None
