"""What goes back to a subscriber (CPS-9.1.5), to the fen and to the day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anxin.kernel.errors import Refusal
from ra.fees import rules

ISSUED = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


def back(paid, used, life=YEAR):
    return rules.refund(paid, issued=ISSUED, ends=ISSUED + life, revoked=ISSUED + used)


def test_within_thirty_days_all_goes_back_and_a_second_later_not_all():
    """CPS-9.1.5"""
    assert back(20_000, 30 * DAY) == 20_000
    assert back(20_000, 30 * DAY + SECOND) == 20_000 - 20_000 * 31 // 365


@pytest.mark.parametrize(
    ("used", "fen"),
    [(100 * DAY, 26_500), (100 * DAY + SECOND, 26_400), (364 * DAY, 100), (365 * DAY, 0)],
)
def test_later_the_days_that_have_not_begun_go_back(used, fen):
    assert back(36_500, used) == fen


def test_less_than_a_fen_is_the_subscribers():
    assert back(100, 100 * DAY) == 73  # 27.39 fen were used


amounts = st.integers(0, rules.MOST)
seconds = st.integers(0, int(YEAR.total_seconds()) * 2)


@given(paid=amounts, used=seconds)
def test_never_less_than_nothing_nor_more_than_was_paid(paid, used):
    assert 0 <= back(paid, used * SECOND) <= paid


@given(paid=amounts, one=seconds, other=seconds)
def test_who_waits_longer_gets_no_more(paid, one, other):
    early, late = sorted((one, other))
    assert back(paid, late * SECOND) <= back(paid, early * SECOND)


@given(paid=amounts, used=st.integers(31, 364))
def test_the_rounding_is_less_than_one_fen_in_the_subscribers_favour(paid, used):
    exact = paid * (365 - used) / 365
    assert 0 <= back(paid, used * DAY) - exact < 1 + 1e-6


def test_an_agreement_costs_no_more_than_the_published_price():
    """CPS-9.1"""
    rules.check_agreed(10_000, 10_000)
    for agreed, published in ((10_001, 10_000), (1, None), (-1, 10_000)):
        with pytest.raises(Refusal) as refusal:
            rules.check_agreed(agreed, published)
        assert (refusal.value.rule, refusal.value.cps) == ("fees.above_published", "9.1.1")
    assert rules.amount(10_000, 8_000) == 8_000
    assert rules.amount(7_000, 8_000) == 7_000  # the list has become cheaper


def test_amounts_are_read_as_yuan():
    assert [rules.yuan(fen) for fen in (0, 5, 1234, 20_000)] == ["0.00", "0.05", "12.34", "200.00"]
