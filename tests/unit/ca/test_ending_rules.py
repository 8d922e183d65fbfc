"""The steps of an authority's end as a table (CPS-5.7.3, CPS-5.8)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from anxin.kernel.actors import Actor
from ca.ceremonies.wording import KINDS as CEREMONIES
from ca.endings import kinds, rules
from ca.endings.kinds import STEPS, Doer, Kind, step_of
from ca.endings.rules import Ended, Held, Left, Progress
from ca.endings.wording import DOERS, RULES
from ca.endings.wording import STEPS as WORDS
from tests.support.refusals import refused_by

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EVERY = [(kind, step) for kind in Kind for step in STEPS[kind]]


@pytest.mark.parametrize(("kind", "step"), EVERY, ids=lambda one: getattr(one, "code", str(one)))
def test_every_step_has_words_and_waits_for_steps_of_its_own_run(kind, step):
    codes = [one.code for one in STEPS[kind]]

    assert step.code in WORDS
    assert step.code in RULES
    assert step.doer in DOERS
    assert set(step.needs) <= set(codes[: codes.index(step.code)])
    assert step.ceremonies <= CEREMONIES.keys() | {"generate_subordinate"}
    assert bool(step.ceremonies) == (step.doer is Doer.CEREMONY)


@pytest.mark.parametrize("kind", Kind)
def test_a_run_ends_with_its_report_and_revokes_by_hand(kind):
    assert STEPS[kind][-1].code == kinds.REPORT
    assert step_of(kind, kinds.REVOKE).by_hand


def test_what_the_system_begins_by_itself():
    """CPS-5.7.3: no certificate is revoked before somebody says so."""
    states = dict.fromkeys(kinds.codes("compromise", external=True), "waiting")

    assert rules.begins("compromise", states) == ["stop", "tell_subscribers"]
    assert rules.begins("compromise", states | {"stop": "done"}) == ["tell_subscribers"]
    after = states | {"revoke": "done", "tell_subscribers": "done", "stop": "done"}
    assert rules.begins("compromise", after) == ["lists", "answers"]


def test_only_who_was_certified_elsewhere_asks_elsewhere():
    assert kinds.EXTERNAL not in kinds.codes("compromise", external=False)
    assert kinds.EXTERNAL in kinds.codes("compromise", external=True)


def test_those_affected_are_told_ninety_days_ahead():
    """CPS-5.8"""
    rules.check_notice_given(date(2027, 2, 18), at=AT)

    assert refused_by(rules.check_notice_given, date(2027, 2, 17), at=AT) == "endings.too_soon"


def test_who_runs_it():
    """CPS-5.2.1"""
    for role in ("operator", "policy_member", "auditor", "custodian"):
        actor = Actor(7, "x", frozenset({role}))
        assert refused_by(rules.check_runner, actor, cps="5.8") == "endings.role"
    assert rules.check_runner(Actor(7, "x", frozenset({"ca_admin"})), cps="5.8") == 7


TOLD = dict.fromkeys(("tell_ministry", "tell_public", "tell_subscribers", "successor"), "done")


def run_of(states: dict[str, str] | None = None, **days: date) -> Progress:
    return Progress("termination", TOLD | (states or {}), days, date(2026, 11, 20))


def test_a_service_stops_not_before_its_day():
    """CPS-5.8"""
    stop = step_of("termination", "stop")

    rules.check_turn(stop, run_of(), at=AT)

    early = AT - timedelta(days=1)
    assert refused_by(rules.check_turn, stop, run_of(), at=early) == "endings.too_early"
    for code in TOLD:
        waits = run_of({code: "waiting"})
        assert refused_by(rules.check_turn, stop, waits, at=AT) == "endings.turn"


@pytest.mark.parametrize(
    ("code", "days"), [("tell_public", 90), ("tell_subscribers", 90), ("tell_ministry", 60)]
)
def test_a_service_stops_once_those_affected_have_had_their_days(code, days):
    """CPS-5.8: just inside, and just outside."""
    stop, told = step_of("termination", "stop"), date(2026, 11, 20) - timedelta(days=days)

    rules.check_turn(stop, run_of(**{code: told}), at=AT)

    late = run_of(**{code: told + timedelta(days=1)})
    assert refused_by(rules.check_turn, stop, late, at=AT) == "endings.too_early"


RIGHT = Held("generate_root", "finished", False, "new", "", AT)
ROOT = Ended("old", "line", "root")


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "running"},
        {"kind": "export_request"},
        {"kind": "generate_subordinate"},
        {"kind": "rollover", "follows": "another"},
        {"drill": True},
        {"drafted_at": AT - timedelta(seconds=1)},
    ],
)
def test_a_ceremony_counts_when_it_is_over_and_of_the_kind(wrong):
    """CPS-5.7.3"""
    step, how = step_of("compromise", "new_key"), {"since": AT, "drill": False}

    rules.check_ceremony(step, RIGHT, ROOT, **how)
    rules.check_ceremony(step, replace(RIGHT, kind="rollover", follows="line"), ROOT, **how)

    other = replace(RIGHT, **wrong)
    assert refused_by(rules.check_ceremony, step, other, ROOT, **how) == "endings.ceremony"
    assert refused_by(rules.check_ceremony, step, None, ROOT, **how) == "endings.ceremony"


def test_a_key_is_put_away_only_in_a_ceremony_about_it():
    """CPS-5.8"""
    step, how = step_of("termination", "keys"), {"since": AT, "drill": False}
    away = replace(RIGHT, kind="archive")

    rules.check_ceremony(step, replace(away, key="old"), ROOT, **how)

    assert refused_by(rules.check_ceremony, step, away, ROOT, **how) == "endings.ceremony"


@pytest.mark.parametrize("left", Left)
def test_a_run_is_over_when_nothing_stands(left):
    """CPS-5.8"""
    rules.check_nothing_stands(set())

    assert refused_by(rules.check_nothing_stands, {left}) == f"endings.left_{left}"


def test_a_day_lies_between_the_declaration_and_today():
    today = date(2026, 11, 20)
    given = {"since": date(2026, 11, 19), "at": AT, "cps": "5.8"}

    assert rules.check_day(today, **given) == today
    for wrong in (None, date(2026, 11, 18), date(2026, 11, 21)):
        assert refused_by(rules.check_day, wrong, **given) == "endings.day"
