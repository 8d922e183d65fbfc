"""Which days are worked in China (CPS 4.2.3). Pure.

`chinesecalendar` knows what the State Council has announced; it raises beyond that, and knows
nothing of the year after next. Until its next edition, ANNOUNCED takes the notice of the day, and
for days nobody has spoken of yet the fixed dates of the holidays law and the weekends hold.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache

import chinese_calendar

SATURDAY = 5

# State Council notice -> is it worked? Overrides everything else.
ANNOUNCED: Mapping[date, bool] = {}

# 全国年节及纪念日放假办法 (2024), art. 2: those that follow the sun; month, day
FIXED = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@cache
def is_workday(day: date) -> bool:
    """Whether the office is open on that day."""
    if day in ANNOUNCED:
        return ANNOUNCED[day]
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < SATURDAY and (day.month, day.day) not in FIXED
