"""Who is in order for which role (CPS-5.3.1 to CPS-5.3.7), by the day."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from people.trust.roles import Role
from people.trust.rules import (
    GRADE_OF,
    ITEMS,
    LAPSED,
    PROBATION,
    File,
    Finding,
    Grade,
    Item,
    State,
    due_after,
    later,
    notice,
    standing,
)

ENGAGED = date(2024, 1, 31)
TODAY = date(2026, 11, 20)
NEEDED = [item for item, demand in ITEMS.items() if demand.needed]


def noon(day):
    return datetime.combine(day, time(4), UTC)  # noon in Shanghai


def file(**changed):
    found = Finding(passed=True, on=date(2026, 3, 1), due=None)
    whole = File(
        state=State.IN_POST,
        engaged_on=ENGAGED,
        contractor=False,
        escorted=False,
        office="",
        findings=dict.fromkeys(Item, found),
    )
    return replace(whole, **changed)


def with_finding(item, **changed):
    whole = file()
    findings = dict(whole.findings)
    findings[item] = replace(findings[item], **changed)
    return replace(whole, findings=findings)


def rules_of(one, role=Role.OPERATOR, day=TODAY):
    return [(gap.rule, gap.cps) for gap in standing(one, role, at=noon(day))]


def test_a_person_whose_file_is_whole_is_in_order_for_every_role():
    assert {role: rules_of(file(), role) for role in Role} == {role: [] for role in Role}


def test_a_partner_s_people_have_the_roles_of_a_counter_and_no_others():
    """CPS-5.2.1: who acts on everybody is of headquarters."""
    agency = file(office="RA01")

    refused = {role for role in Role if rules_of(agency, role)}

    assert refused == {
        Role.CA_ADMIN,
        Role.SECURITY_ADMIN,
        Role.CA_OPERATOR,
        Role.CUSTODIAN,
        Role.AUDITOR,
    }
    assert rules_of(agency, Role.AUDITOR) == [("trust.headquarters", "5.2.1")]


@pytest.mark.parametrize("item", NEEDED)
def test_nobody_is_in_order_without_a_needed_item(item):
    """CPS-5.3.2, CPS-5.3.3"""
    findings = {other: found for other, found in file().findings.items() if other != item}

    assert rules_of(file(findings=findings)) == [(f"trust.{item}", ITEMS[item].cps)]


@pytest.mark.parametrize("item", NEEDED)
def test_a_failed_item_is_none(item):
    """CPS-5.3.2: what was found last counts."""
    assert rules_of(with_finding(item, passed=False)) == [(f"trust.{item}", ITEMS[item].cps)]


def test_what_people_have_read_is_kept_and_nobody_s_condition():
    """CPS-5.3.8"""
    findings = {item: found for item, found in file().findings.items() if item in NEEDED}

    assert set(file().findings) - set(findings) == {Item.CPS_READ, Item.MANUALS_READ}
    assert rules_of(file(findings=findings)) == []


def test_a_training_counts_until_its_last_day_and_not_after():
    """CPS-5.3.4: just inside and just outside, by the calendar of Shanghai."""
    one = with_finding(Item.EMERGENCIES, due=TODAY)

    assert rules_of(one, day=TODAY) == []
    assert rules_of(one, day=date(2026, 11, 21)) == [("trust.emergencies", "5.3.3")]
    before_midnight = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
    after_midnight = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    assert standing(one, Role.OPERATOR, at=before_midnight) == []
    assert standing(one, Role.OPERATOR, at=after_midnight) != []


@pytest.mark.parametrize("role", list(Role))
def test_the_probation_is_as_long_as_the_post_is_weighty(role):
    """CPS-5.3.1: 3 months, key posts 6, core posts 12; assessed on the day it ends, not before."""
    months = {Grade.GENERAL: 3, Grade.KEY: 6, Grade.CORE: 12}[GRADE_OF[role]]
    ends = later(ENGAGED, months)
    day_before = date.fromordinal(ends.toordinal() - 1)

    assert PROBATION[GRADE_OF[role]] == months
    assert rules_of(with_finding(Item.PROBATION, on=ends), role) == []
    assert rules_of(with_finding(Item.PROBATION, on=day_before), role) == [
        ("trust.probation", "5.3.1")
    ]


@pytest.mark.parametrize(
    ("state", "rule"), [(State.SUSPENDED, "trust.suspended"), (State.LEFT, "trust.left")]
)
def test_who_is_suspended_or_gone_is_in_order_for_nothing(state, rule):
    """CPS-5.3.6, WP-8.2"""
    assert rules_of(file(state=state)) == [(rule, "5.3.6")]


def test_who_has_no_file_is_in_order_for_nothing():
    """CPS-5.3.2"""
    assert rules_of(None) == [("trust.no_file", "5.3.2")]


def test_a_contractor_needs_an_escort():
    """CPS-5.3.7"""
    assert rules_of(file(contractor=True)) == [("trust.escort", "5.3.7")]
    assert rules_of(file(contractor=True, escorted=True)) == []


@pytest.mark.parametrize(
    ("day", "stage"),
    [
        (date(2026, 10, 20), 0),
        (date(2026, 10, 21), 1),
        (date(2026, 11, 12), 1),
        (date(2026, 11, 13), 2),
        (date(2026, 11, 20), 2),
        (date(2026, 11, 21), LAPSED),
    ],
)
def test_notice_is_given_a_month_and_a_week_before(day, stage):
    """CPS-5.3.4"""
    assert notice(TODAY, at=noon(day)) == stage


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_end_on_a_day_that_exists(day, months, then):
    assert later(day, months) == then


def test_checks_training_and_reading_have_their_own_terms():
    """CPS-5.3.2, CPS-5.3.4, CPS-5.3.8"""
    day = date(2026, 3, 1)

    assert due_after(Item.IDENTITY, day) == date(2029, 3, 1)
    assert due_after(Item.RECOVERY, day) == date(2027, 3, 1)
    assert due_after(Item.PROBATION, day) is None
    assert due_after(Item.CPS_READ, day) is None
