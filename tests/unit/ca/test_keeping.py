"""What may be done with a CA key, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ca.keeping import rules
from ca.keeping.rules import Facts
from tests.support.refusals import refused_by

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = Facts("old-ca", "active", AT - DAY, copied=True, keep_until=None)
KEPT = replace(KEY, state="archived", keep_until=AT)


def ask(act: str, key: Facts | None = KEY, **said: object) -> None:
    rules.check(
        act, key, **({"label": "old-ca", "drill": False, "ending": "expired", "at": AT} | said)
    )


def test_an_expired_key_is_archived_and_destroyed_when_its_time_is_over():
    """CPS-6.2.5, CPS-6.2.10"""
    ask("archive")
    ask("archive", replace(KEY, valid_until=None))  # never certified
    ask("destroy", KEPT)
    assert refused_by(ask, "destroy", KEPT, at=AT - DAY) == "keeping.period"
    assert refused_by(ask, "destroy") == "keeping.period"


def test_a_key_in_force_ends_only_when_it_is_compromised():
    """CPS-6.2.5, CPS-5.7.3"""
    alive = replace(KEY, valid_until=AT + DAY)
    for act in rules.ENDING:
        assert refused_by(ask, act, alive) == "keeping.in_force"
        ask(act, alive, ending="compromise")


@pytest.mark.parametrize("act", ["backup", "restore", "archive"])
def test_nothing_is_done_with_a_key_that_has_ended(act):
    """CPS-6.2.5"""
    assert refused_by(ask, act, KEPT) == "keeping.over"
    assert refused_by(ask, "destroy", replace(KEPT, state="destroyed")) == "keeping.over"


def test_a_drill_ends_keys_of_drills_and_restores_any():
    drill = {"drill": True, "label": "drill-a", "ending": "drill"}
    for act in set(rules.Act) - {rules.Act.INITIALISE}:
        ask(act, replace(KEY, label="drill-a"), **drill)
    ask("restore", drill=True, ending="")
    for act in ("backup", "archive", "destroy"):
        assert refused_by(ask, act, drill=True, ending="drill") == "keeping.drill_key"
        assert refused_by(ask, act, label="drill-a") == "keeping.drill_key"


def test_a_device_is_not_taken_into_use_for_a_drill():
    """CPS-6.2.1"""
    assert refused_by(ask, "initialise", None, drill=True) == "keeping.device_drill"


def test_why_a_key_ends_is_said():
    for ending in ("", "drill", "boredom"):
        assert refused_by(ask, "archive", ending=ending) == "keeping.ending"


def test_what_nobody_knows_or_has_copied_is_not_restored():
    """CPS-6.2.3/4"""
    assert refused_by(ask, "backup", None) == "keeping.unknown_key"
    assert refused_by(ask, "restore", replace(KEY, copied=False)) == "keeping.no_copy"
    ask("initialise", None)
