"""Numbers on receipts: how they are printed and how people type them."""

from datetime import UTC, datetime

import pytest

from anxin.kernel.numbers import day_of, heading, number_in, printed
from anxin.kernel.workdays import SHANGHAI


def test_numbers_begin_with_the_day_in_china():
    late_in_london = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)

    assert printed(heading("RA", late_in_london), 7) == "RA20261120-0007"
    assert printed("RA20261120", 12345) == "RA20261120-12345"


@pytest.mark.parametrize("typed", ["RA20261120-0007", " ra20261120 0007", "ra202611200007"])
def test_a_number_is_known_however_it_is_typed(typed):
    assert number_in(typed) == "RA20261120-0007"


@pytest.mark.parametrize("typed", ["", "RA2026", "20261120-0007", "RA20261120-7"])
def test_anything_else_is_no_number(typed):
    assert number_in(typed) == ""


def test_the_day_of_a_number_is_a_day_of_china():
    assert day_of("RA20261120-0007") == datetime(2026, 11, 20, tzinfo=SHANGHAI)
    assert day_of("RA20261340-0007") is None
