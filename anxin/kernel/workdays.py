"""Chinese days; working time for the two-day promise (CPS 4.2.3). Pure; the calendar comes in."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = time(8, 30), time(17, 30)
DAY = timedelta(hours=9)
EARLIEST = datetime(2000, 1, 1, tzinfo=SHANGHAI)  # nothing of the house is older: a year mistyped

IsWorkday = Callable[[date], bool]


def day_of(at: datetime) -> date:
    """The day in China."""
    return at.astimezone(SHANGHAI).date()


def midnight(at: datetime) -> datetime:
    """When that day began."""
    return datetime.combine(day_of(at), time(), SHANGHAI)


def _opening(day: date) -> datetime:
    return datetime.combine(day, OPENS, SHANGHAI)


def _closing(day: date) -> datetime:
    return datetime.combine(day, CLOSES, SHANGHAI)


def _next_opening(moment: datetime, is_workday: IsWorkday) -> datetime:
    day = moment.date()
    if is_workday(day) and moment < _closing(day):
        return max(moment, _opening(day))
    day += timedelta(days=1)
    while not is_workday(day):
        day += timedelta(days=1)
    return _opening(day)


def add_workdays(start: datetime, days: int, is_workday: IsWorkday) -> datetime:
    """The instant `days` whole working days of working time after `start`."""
    return add_working_time(start, DAY * days, is_workday)


def add_working_time(start: datetime, left: timedelta, is_workday: IsWorkday) -> datetime:
    """The instant so much working time after `start`."""
    moment = _next_opening(start.astimezone(SHANGHAI), is_workday)
    while left > _closing(moment.date()) - moment:
        left -= _closing(moment.date()) - moment
        moment = _next_opening(_closing(moment.date()), is_workday)
    return moment + left


def working_time(start: datetime, end: datetime, is_workday: IsWorkday) -> timedelta:
    """Working time from `start` to `end`; negative when `end` lies before `start`."""
    if end < start:
        return -working_time(end, start, is_workday)
    total = timedelta()
    moment, end = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
    while moment.date() <= end.date():
        day = moment.date()
        if is_workday(day):
            total += max(min(end, _closing(day)) - max(moment, _opening(day)), timedelta())
        moment = datetime.combine(day + timedelta(days=1), time(), SHANGHAI)
    return total
