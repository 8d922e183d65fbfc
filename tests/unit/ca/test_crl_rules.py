from datetime import UTC, datetime, timedelta

import pytest

from ca.crl import rules
from ca.crl.rules import Freshness, Standing
from ca.ocsp import rules as ocsp_rules

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def standing(age: timedelta, *, requested=None, unlisted=None) -> Standing:
    return Standing(AT - age, AT - age + rules.LIFETIME, requested, unlisted)


NOTHING = Standing(None, None, None, None)


@pytest.mark.parametrize(
    ("found", "due"),
    [
        (NOTHING, True),
        (standing(HOUR), False),
        (standing(12 * HOUR - SECOND), False),
        (standing(12 * HOUR), True),
        (standing(HOUR, requested=AT - SECOND), True),
        (standing(HOUR, requested=AT - 2 * HOUR), False),
        (standing(HOUR, requested=AT - HOUR + SECOND), True),
        (standing(HOUR, requested=AT - HOUR + SECOND / 2), False),  # this list is the answer
        (standing(2 * HOUR, unlisted=AT - HOUR), True),
        (standing(2 * HOUR, unlisted=AT - HOUR + SECOND), False),
    ],
)
def test_a_list_is_due_on_schedule_on_demand_or_for_a_revocation(found, due):
    """CPS-4.9.7/8"""
    assert rules.is_due(found, at=AT) is due


@pytest.mark.parametrize(
    ("found", "freshness"),
    [
        (NOTHING, Freshness.NONE),
        (standing(12 * HOUR), Freshness.FRESH),
        (standing(12 * HOUR + 6 * 60 * SECOND), Freshness.DUE),
        (standing(20 * HOUR), Freshness.DUE),
        (standing(20 * HOUR + SECOND), Freshness.SOON_OVER),
        (standing(24 * HOUR - SECOND), Freshness.SOON_OVER),
        (standing(24 * HOUR), Freshness.OVER),
    ],
)
def test_the_alarm_comes_before_the_limit(found, freshness):
    """CPS-2.2b"""
    assert rules.freshness(found, at=AT) is freshness


def test_there_is_a_margin_between_the_plan_and_the_ceiling():
    """CPS-4.9.7: never more than 24 hours, planned with room for trouble."""
    assert timedelta(hours=24) == rules.LIFETIME
    assert rules.PLANNED_EVERY + rules.SOON_OVER < rules.LIFETIME


def test_answers_are_renewed_well_before_they_end():
    """CPS-4.9.9"""
    assert timedelta() < ocsp_rules.RENEW_BEFORE < ocsp_rules.LIFETIME < rules.LIFETIME
    assert ocsp_rules.CACHE_SECONDS <= 60
