"""CPS-4.2.3: two working days, counted in Chinese working time."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from anxin.kernel.workdays import DAY, SHANGHAI, add_workdays, working_time


def weekdays(day: date) -> bool:
    return day.weekday() < 5


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


def test_two_working_days_from_a_monday_morning_end_on_wednesday_at_the_same_time() -> None:
    assert add_workdays(local(2026, 11, 16, 10), 2, weekdays) == local(2026, 11, 18, 10)


def test_a_weekend_does_not_count() -> None:
    assert add_workdays(local(2026, 11, 20, 16), 2, weekdays) == local(2026, 11, 24, 16)


def test_what_comes_in_at_night_counts_from_the_next_opening() -> None:
    assert add_workdays(local(2026, 11, 16, 23), 1, weekdays) == local(2026, 11, 17, 17, 30)


def test_what_comes_in_before_opening_counts_from_opening() -> None:
    assert add_workdays(local(2026, 11, 17, 3), 2, weekdays) == local(2026, 11, 18, 17, 30)


def test_working_time_left_over_a_weekend() -> None:
    left = working_time(local(2026, 11, 20, 17), local(2026, 11, 23, 9), weekdays)

    assert left == timedelta(hours=1)


def test_overdue_is_negative() -> None:
    assert working_time(local(2026, 11, 17, 10), local(2026, 11, 17, 9), weekdays) == timedelta(
        hours=-1
    )


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)), st.integers(1, 5))
def test_the_deadline_lies_exactly_that_much_working_time_ahead(start: datetime, days: int) -> None:
    start = start.replace(tzinfo=SHANGHAI)

    deadline = add_workdays(start, days, weekdays)

    assert working_time(start, deadline, weekdays) == DAY * days
