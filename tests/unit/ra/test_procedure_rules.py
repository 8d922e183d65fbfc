"""Which procedure is for whom, and what it may change (CPS 4.6 to 4.8), without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from anxin.kernel.errors import Refusal
from ca.api import Cause
from ra.applications import procedures
from ra.applications.procedures import WAYS, WINDOW, Procedure, way_of

END = datetime(2027, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
CHANGED = way_of("modification", "changed")
SAME = {"same_words": True, "same_key": True, "same_holder": True}


def rules(found):
    return [(one.rule, one.cps) for one in found]


@pytest.mark.parametrize("family", ["scenario", "cloud"])
def test_scenario_and_cloud_certificates_are_not_modified(family):
    """CPS-4.8: none for scenario; cloud as a new application."""
    found = procedures.hindrances(CHANGED, f"{family}-sm2-sign", END, at=END - DAY)

    assert rules(found) == [(f"procedures.{family}", "4.8.1")]


@pytest.mark.parametrize("way", WAYS.values(), ids=lambda way: f"{way.procedure}-{way.occasion}")
def test_only_what_is_about_to_expire_waits_for_its_window(way):
    """CPS-4.6, CPS-4.7, CPS-4.8"""
    early = procedures.hindrances(way, "personal-sm2-sign", END, at=END - WINDOW - DAY)
    in_time = procedures.hindrances(way, "personal-sm2-sign", END, at=END - WINDOW)

    waits = way.occasion == "expiring"
    assert [one.rule for one in early] == (["procedures.too_early"] if waits else [])
    assert in_time == []


def test_every_end_of_an_old_certificate_has_a_cause_of_the_cps():
    """CPS-4.7, CPS-4.8"""
    causes = {way.ends for way in WAYS.values()} - {""}

    assert causes <= set(Cause)
    assert {way.ends for way in WAYS.values() if way.procedure == Procedure.RENEWAL} == {""}
    assert procedures.ends("new", "") == ""


@pytest.mark.parametrize(
    ("procedure", "occasion", "changes", "rule"),
    [
        ("renewal", "expiring", {}, None),
        ("renewal", "expiring", {"same_words": False}, "words_changed"),
        ("renewal", "expiring", {"same_key": False}, "key_changed"),
        ("renewal", "expiring", {"same_key": None}, None),
        ("re_key", "other", {"same_key": False}, None),
        ("re_key", "other", {}, "key_kept"),
        ("re_key", "damaged", {"same_key": False, "same_words": False}, "words_changed"),
        ("modification", "changed", {"same_words": False}, None),
        ("modification", "changed", {"same_words": False, "same_key": False}, None),
        ("modification", "changed", {"same_key": False}, "nothing_changed"),
        ("modification", "changed", {"same_words": False, "same_holder": False}, "another_holder"),
    ],
)
def test_each_procedure_changes_what_it_is_for_and_nothing_else(procedure, occasion, changes, rule):
    """CPS-4.6, CPS-4.7, CPS-4.8"""
    found = procedures.differences(way_of(procedure, occasion), **(SAME | changes))

    assert [one.rule for one in found] == ([f"procedures.{rule}"] if rule else [])


def test_a_signature_stands_for_papers_only_while_the_key_is_trusted():
    """CPS-3.3.1"""
    at = END - DAY
    week = procedures.SIGNED_WITHIN

    procedures.check_signed(way_of("re_key", "other"), at - week, at=at)
    for way, signed_at, rule in (
        (way_of("re_key", "suspected"), at, "procedures.counter_only"),
        (CHANGED, at, "procedures.counter_only"),
        (way_of("renewal", "expiring"), None, "procedures.signed_when"),
        (way_of("renewal", "expiring"), at - week - DAY, "procedures.signed_when"),
        (way_of("renewal", "expiring"), at + DAY, "procedures.signed_when"),
    ):
        with pytest.raises(Refusal) as refusal:
            procedures.check_signed(way, signed_at, at=at)
        assert refusal.value.rule == rule
