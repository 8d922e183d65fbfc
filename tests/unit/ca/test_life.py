"""How long authorities issue and how old their keys grow (CPS-5.6, CPS-6.3.2)."""

from datetime import UTC, datetime, timedelta

import pytest

from ca.hierarchy import life
from ca.profiles.queries import longest_days

END = datetime(2040, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def test_an_authority_stops_one_longest_term_before_its_end():
    """CPS-5.6"""
    assert longest_days("nmg-sm2") == 5 * 365
    assert life.stops(END, longest_days("nmg-sm2")) == END - 1825 * DAY


def test_a_superior_stops_before_a_subordinate_would_be_born_too_old():
    """CPS-5.6, 1: one that could issue no certificate of the longest term is not begun."""
    assert longest_days("") == 5 * 365
    assert longest_days("rootca") == 0


@pytest.mark.parametrize(
    ("state", "succeeded", "after", "wanted"),
    [
        ("planned", False, -DAY, "planned"),
        ("active", False, -SECOND, "issuing"),
        ("active", False, timedelta(), "ended"),
        ("active", True, -DAY, "ended"),
        ("retired", True, DAY, "retired"),
    ],
)
def test_the_phases_of_a_life(state, succeeded, after, wanted):
    assert life.phase(state, END, succeeded=succeeded, at=END + after) == wanted


@pytest.mark.parametrize(
    ("left", "wanted"),
    [
        (360 * DAY + SECOND, ""),
        (360 * DAY, "issuing_ends"),
        (180 * DAY + SECOND, "issuing_ends"),
        (180 * DAY, "issuing_ends_soon"),
        (90 * DAY + SECOND, "issuing_ends_soon"),
        (90 * DAY, "issuing_ends_now"),
        (SECOND, "issuing_ends_now"),
        (timedelta(), "issuing_over"),
    ],
)
def test_who_begins_a_rollover_is_told_in_time(left, wanted):
    """CPS-5.6"""
    assert life.urgency(END, at=END - left) == wanted


@pytest.mark.parametrize(
    ("succeeded", "last", "listed", "wanted"),
    [
        (True, None, None, True),  # it never issued anything
        (False, None, None, False),  # the only one of its name
        (True, END - DAY, None, False),
        (True, END - DAY, END - DAY, False),  # one list more comes after the last end
        (True, END - DAY, END - DAY + SECOND, True),
        (True, END + DAY, END - DAY, False),
    ],
)
def test_an_old_key_signs_lists_until_its_last_certificate_has_ended(
    succeeded, last, listed, wanted
):
    """CPS-5.6"""
    found = life.may_retire(
        at=END, ends=END + 9 * DAY, succeeded=succeeded, last=last, listed=listed
    )
    assert found is wanted


def test_an_authority_retires_with_its_own_certificate():
    beyond = END + SECOND
    assert life.may_retire(at=beyond, ends=END, succeeded=False, last=None, listed=None)
    assert not life.may_retire(at=END, ends=END, succeeded=False, last=None, listed=None)
