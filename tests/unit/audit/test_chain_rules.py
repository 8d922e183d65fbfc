"""A link covers its place, its predecessor and every column (CPS-5.4.4)."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from audit.journal.rules import GENESIS, Content, Fault, check, seal

CONTENT = Content(
    id=11,
    xid=900,
    at=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    actor_id=7,
    actor_name="陈越",
    actor_roles="operator",
    address="10.8.3.21",
    action="ra.application.submit",
    subject="ra.application:17",
    outcome="done",
    details='{"from":"draft","to":"submitted"}',
)
LINK = seal(1, GENESIS, CONTENT)


def fault_of(link, content, *, seq=1, previous=GENESIS):
    broken = check(link, content, seq=seq, previous=previous)
    return broken and broken.fault


def test_an_untouched_link_holds():
    assert check(LINK, CONTENT, seq=1, previous=GENESIS) is None


@pytest.mark.parametrize("name", [field.name for field in fields(Content)])
def test_no_column_can_change_unnoticed(name):
    value = getattr(CONTENT, name)
    other = {
        int: lambda: value + 1,
        str: lambda: value + "x",
        datetime: lambda: value + timedelta(microseconds=1),
    }[type(value)]()

    assert fault_of(LINK, replace(CONTENT, **{name: other})) is Fault.CHANGED


def test_a_link_holds_at_its_own_place_only():
    assert fault_of(LINK, CONTENT, seq=2) is Fault.MISSING
    assert fault_of(replace(LINK, seq=2), CONTENT, seq=2) is Fault.CHANGED
    assert fault_of(LINK, CONTENT, previous="1" * 64) is Fault.REORDERED
    assert fault_of(replace(LINK, previous="1" * 64), CONTENT, previous="1" * 64) is Fault.CHANGED


def test_a_link_without_its_entry_says_so():
    assert fault_of(LINK, None) is Fault.MISSING


def test_the_same_instant_in_another_time_zone_is_the_same_entry():
    elsewhere = CONTENT.at.astimezone()

    assert seal(1, GENESIS, replace(CONTENT, at=elsewhere)) == LINK
