"""The steps of an authority's end as a table (CPS-5.7.3, CPS-5.8)."""

from datetime import UTC, date, datetime

import pytest

from anxin.kernel.actors import Actor
from ca.ceremonies.wording import KINDS as CEREMONIES
from ca.endings import kinds, rules
from ca.endings.kinds import STEPS, Doer, Kind, step_of
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
    assert [step.code for step in STEPS[kind] if step.final] == [kinds.REVOKE]
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


def test_a_service_stops_not_before_its_day():
    """CPS-5.8"""
    stop, states = step_of("termination", "stop"), {"successor": "done"}
    day = date(2026, 11, 20)

    rules.check_turn(stop, states, ends_on=day, at=AT)

    early = {"ends_on": date(2026, 11, 21), "at": AT}
    assert refused_by(rules.check_turn, stop, states, **early) == "endings.too_early"
    waits = {"successor": "waiting"}
    assert refused_by(rules.check_turn, stop, waits, ends_on=day, at=AT) == "endings.turn"


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "running"},
        {"kind": "export_request"},
        {"drill": True},
        {"later": False},
        {"state": "", "kind": ""},
    ],
)
def test_a_ceremony_counts_when_it_is_over_and_of_the_kind(wrong):
    right = {
        "state": "finished",
        "kind": "generate_root",
        "drill": False,
        "wanted_drill": False,
        "later": True,
    }
    step = step_of("compromise", "new_key")

    rules.check_ceremony(step, **right)

    assert refused_by(rules.check_ceremony, step, **(right | wrong)) == "endings.ceremony"


def test_a_day_lies_between_the_declaration_and_today():
    today = date(2026, 11, 20)
    given = {"since": date(2026, 11, 19), "at": AT, "cps": "5.8"}

    assert rules.check_day(today, **given) == today
    for wrong in (None, date(2026, 11, 18), date(2026, 11, 21)):
        assert refused_by(rules.check_day, wrong, **given) == "endings.day"
