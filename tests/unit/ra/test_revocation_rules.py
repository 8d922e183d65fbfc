"""Who may have a certificate revoked, why, and how late (CPS-4.9.1, CPS-4.9.4, CPS-3.4)."""

from datetime import UTC, datetime, timedelta

import pytest

from anxin.kernel.errors import Refusal
from ca.revocation.rules import REASONS
from ra.revocations import rules

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_each_of_the_seven_causes_has_its_question():
    """CPS-4.9.1"""
    assert len(rules.QUESTIONS) == 7
    assert set(rules.BY_CAUSE) == {str(cause) for cause in REASONS}


@pytest.mark.parametrize(
    ("cause", "hours", "late"),
    [
        ("key_at_risk", 8, False),
        ("key_at_risk", 8.01, True),
        ("own_wish", 48, False),
        ("own_wish", 48.01, True),
        ("content_wrong", 24, False),
    ],
)
def test_lateness_is_eight_hours_for_a_key_and_forty_eight_otherwise(cause, hours, late):
    """CPS-4.9.4: flagged, not refused."""
    question = rules.BY_CAUSE[cause]

    assert rules.is_late(question, discovered_at=NOON - hours * HOUR, asked_at=NOON) is late


@pytest.mark.parametrize(
    ("cause", "asker", "how", "discovered", "rule"),
    [
        ("boredom", "subscriber", "on_site", NOON, "cause"),
        ("obligations_broken", "subscriber", "on_site", NOON, "cause"),
        ("own_wish", "court", "not_needed", NOON, "cause"),
        ("own_wish", "neighbour", "on_site", NOON, "asker"),
        ("own_wish", "subscriber", "by_looks", NOON, "checked_how"),
        ("own_wish", "subscriber", "not_needed", NOON, "not_identified"),
        ("law_or_policy", "court", "on_site", NOON, "not_identified"),
        ("own_wish", "subscriber", "on_site", NOON + HOUR, "discovered"),
        ("own_wish", "subscriber", "on_site", NOON.replace(year=26), "discovered"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(cause, asker, how, discovered, rule):
    """CPS-3.4: holders are identified, the CA gives reasons."""
    with pytest.raises(Refusal) as refused:
        rules.check_request(cause, asker, how, discovered_at=discovered, asked_at=NOON)

    assert refused.value.rule == f"revocations.{rule}"
    assert refused.value.cps.startswith(("3.4", "4.9"))


def test_only_the_inside_may_blame_the_subscriber():
    asked = {question.cause for question in rules.questions_for("subscriber")}

    assert "obligations_broken" not in asked
    assert "key_at_risk" in asked


@pytest.mark.parametrize(
    ("check", "many"), [(rules.DESK.check_note, 1000), (rules.DESK.check_answer, 300)]
)
def test_words_are_neither_too_few_nor_too_many(check, many):
    """CPS-4.9.3: the sentence names the numbers of the rule."""
    assert check(" " + "因" * many) == "因" * many
    for text in ("因为 ", "因" * (many + 1)):
        with pytest.raises(Refusal) as refusal:
            check(text)
        assert (refusal.value.details["few"], refusal.value.details["many"]) == (4, many)
