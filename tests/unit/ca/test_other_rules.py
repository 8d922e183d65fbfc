from datetime import UTC, datetime, timedelta

import pytest

from anxin.kernel.errors import Refusal
from ca import wording
from ca.crl.rules import Freshness
from ca.hierarchy import rules as hierarchy
from ca.issuing import rules as issuing
from ca.issuing.rules import Order, State, Verdict
from ca.overview import rules as overview
from ca.overview.rules import Facts
from ca.profiles.delivered import PROFILES
from ca.revocation import rules as revocation
from ca.signing import rules as signing
from pki import crls, keys
from pki.errors import Malformed, Refused, TokenError

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SM2 = keys.generate("sm2").public


@pytest.mark.parametrize(
    ("state", "begins", "ends", "verdict"),
    [
        (State.VALID, AT, AT, Verdict.VALID),
        (State.VALID, AT + DAY, AT + 2 * DAY, Verdict.NOT_YET),
        (State.VALID, AT - 2 * DAY, AT - DAY, Verdict.EXPIRED),
        (State.REVOKED, AT - DAY, AT + DAY, Verdict.REVOKED),
        (State.REVOKED, AT - 2 * DAY, AT - DAY, Verdict.REVOKED),
    ],
)
def test_a_relying_party_is_told_one_thing(state, begins, ends, verdict):
    """CPS-4.5.2"""
    assert issuing.verdict(state, begins, ends, at=AT) is verdict


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"subject": (("C", "CN"), ("CN", " "))}, "order.subject"),
        ({"subject": ()}, "order.subject"),
        ({"subject": (("C", "CN"), ("CN", "王" * 65))}, "order.subject"),
        ({"subject": (("C", "中国"), ("CN", "王小明"))}, "order.subject"),
        ({"public_key": b""}, "order.key"),
        ({"public_key": SM2.spki + b"\x00"}, "order.key"),
    ],
)
def test_an_order_that_cannot_be_read_is_refused_with_the_field_at_fault(change, rule):
    """CPS-1.5.2, CPS-6.1.6"""
    fields = {
        "profile": "personal-sm2-sign",
        "subject": (("C", "CN"), ("CN", "王小明")),
        "public_key": SM2.spki,
        "days": 365,
        "holder": "subscriber:1",
    }
    profile = PROFILES["personal-sm2-sign"]
    assert issuing.read(Order(**fields), profile).key.spki == SM2.spki

    with pytest.raises(Refusal) as refused:
        issuing.read(Order(**(fields | change)), profile)

    assert refused.value.rule == rule
    assert refused.value.field
    assert str(wording.WORDING[rule]) % {"cps": "", **refused.value.details}


@pytest.mark.parametrize(
    ("action", "reviews", "enough"),
    [
        ("ra.approve_application", 1, True),
        ("ra.approve_application", 2, False),
        ("ra.approve_application_twice", 2, True),
        ("ra.approve_application_twice", 1, True),
        ("ra.revoke_certificate", 1, False),
        (None, 1, False),
    ],
)
def test_a_signature_takes_as_many_reviewers_as_the_profile_says(action, reviews, enough):
    """CPS-4.3.1"""
    profile = next(p for p in PROFILES.values() if p.reviews == reviews)
    if enough:
        issuing.check_warrant(action, profile)
    else:
        with pytest.raises(Refusal, match="does not order"):
            issuing.check_warrant(action, profile)


def test_the_warrants_stand_for_the_votes_in_the_duties():
    """CPS-4.3.1: what the CA counts on is what the map says."""
    from anxin.duties import DUTIES

    for action, reviews in {**issuing.WARRANTS, **issuing.OPERATOR_WARRANTS}.items():
        assert DUTIES[action].votes == reviews
    assert set(DUTIES) >= revocation.WARRANTS


@pytest.mark.parametrize(
    ("error", "final"),
    [
        (Refused("policy.ca", ""), True),
        (Malformed("der.length", ""), True),
        (TokenError("token.gone", "", permanent=True), True),
        (TokenError("token.busy", "", permanent=False), False),
    ],
)
def test_only_a_final_no_ends_an_order(error, final):
    assert signing.is_final(error) is final


def test_causes_reasons_and_words_go_together():
    """CPS-4.9.1"""
    assert set(revocation.REASONS) == set(revocation.Cause)
    assert set(revocation.REASONS.values()) <= set(crls.REASONS)
    assert set(wording.CAUSES) == set(revocation.Cause)
    reasons = [*revocation.REASONS.values(), *revocation.END_REASONS.values()]
    assert set(wording.REASONS) == {*reasons, revocation.NEVER_USED}


def test_every_code_has_its_word_on_screen():
    assert set(wording.STATES) == set(State)
    assert set(wording.FRESHNESS) == set(Freshness)
    assert set(wording.VERDICTS) == set(Verdict)


def test_nobody_founds_an_authority_that_outlives_its_key():
    """CPS-6.3.2"""
    for blueprint in (*hierarchy.DEMO_HIERARCHY, hierarchy.BENCH):
        hierarchy.check_term(blueprint.years, blueprint.longest(SM2))
    middle = hierarchy.DEMO_HIERARCHY[1]
    with pytest.raises(Refusal) as refused:
        hierarchy.check_term(16, middle.longest(SM2))
    assert refused.value.cps == "6.3.2"


def test_superiors_are_founded_before_their_subordinates():
    known = set()
    for blueprint in (*hierarchy.DEMO_HIERARCHY, hierarchy.BENCH):
        assert blueprint.parent is None or blueprint.parent in known
        known.add(blueprint.code)


def facts(**changes) -> Facts:
    well = {
        "signer_heard_at": AT,
        "signer_reachable": True,
        "signer_unlocked": True,
        "lists": (("nmg-sm2", "fresh"),),
        "behind": (),
        "oldest_order": None,
        "refused_today": 0,
        "unproved": (),
        "replaced": 0,
        "responders": (("nmg-sm2", AT + 365 * DAY),),
        "directory_fault": "",
        "unpublished": 0,
        "unpublished_since": None,
        "active_until": AT + 30 * DAY,
        "custodians": 3,
        "drills_overdue": 0,
        "custodians_away": (),
        "stops": (("nmg-sm2", AT + 400 * DAY),),
        "failing": (),
        "helpers": (),
        "stops_wait": (),
        "stops_refused": 0,
        "archives_over": (),
        "operators_end": 0,
        "devices_failed": 0,
        "devices_untested": 0,
    }
    return Facts(**(well | changes))


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"custodians": None, "active_until": None}, []),
        ({"custodians": 2}, []),
        ({"custodians": 1}, ["custodians_few"]),
        ({"drills_overdue": 1}, ["drills_overdue"]),
        ({"custodians_away": (AT - 30 * DAY,)}, ["custodian_away"]),
        ({"active_until": AT + DAY}, ["activation_ends"]),
        ({"active_until": AT + DAY + timedelta(seconds=1)}, []),
        ({"active_until": AT}, []),
        ({}, []),
        ({"signer_heard_at": None}, ["signer_unheard"]),
        ({"signer_reachable": False, "signer_unlocked": False}, ["signer_unreachable"]),
        ({"signer_unlocked": False}, ["signer_locked"]),
        ({"failing": ("a", "b")}, ["signer_degraded"]),
        ({"failing": ("a",), "signer_unlocked": False}, ["signer_locked"]),
        ({"helpers": ((1, "away"), (2, "sealed"))}, ["helper_away", "helper_sealed"]),
        ({"stops_wait": (1, 2)}, ["stop_waits"]),
        ({"stops_refused": 1}, ["stop_refused"]),
        ({"archives_over": ("old-1", "old-2")}, ["archives_over"]),
        ({"operators_end": 1}, ["operators_end"]),
        ({"devices_failed": 1}, ["device_failed"]),
        ({"devices_untested": 1}, ["device_untested"]),
        ({"lists": (("a", "over"), ("b", "none"))}, ["crl_over", "crl_none"]),
        ({"lists": (("a", "soon_over"), ("b", "due"))}, ["crl_soon_over", "crl_due"]),
        ({"behind": ("a",)}, ["crl_behind"]),
        ({"oldest_order": AT - timedelta(minutes=5)}, []),
        ({"oldest_order": AT - timedelta(minutes=5, seconds=1)}, ["orders_wait"]),
        ({"refused_today": 1}, ["orders_refused"]),
        ({"unproved": ("a 2", "b 3")}, ["profiles_unproved"]),
        ({"replaced": 1}, ["replaced_stand"]),
        ({"unpublished": 1, "unpublished_since": AT - timedelta(hours=19, minutes=59)}, []),
        ({"unpublished": 1, "unpublished_since": AT - timedelta(hours=20)}, ["directory_waits"]),
        ({"directory_fault": "no"}, ["directory_down"]),
        ({"responders": (("a", AT + 45 * DAY),)}, []),
        ({"responders": (("a", AT + 44 * DAY),)}, ["responder_ends"]),
    ],
)
def test_whatever_calls_for_somebody_is_an_alarm_with_a_sentence(change, codes):
    """CPS-2.2b"""
    alarms = list(overview.alarms(facts(**change), at=AT))

    assert [alarm.code for alarm in alarms] == codes
    for alarm in alarms:
        assert str(wording.ALARMS[alarm.code]) % alarm.details


def test_the_journal_is_told_of_a_signer_s_changes_and_of_nothing_else():
    """CPS-6.2.11"""
    lost = overview.condition(False, {})
    well = overview.condition(True, {"failing": {}})
    degraded = overview.condition(True, {"failing": {"a": {}}})

    assert overview.changes(None, well) == ["back"]
    assert overview.changes(None, degraded) == ["back", "degraded"]
    assert overview.changes(None, lost) == ["lost"]
    assert overview.changes(well, degraded) == ["degraded"]
    assert overview.changes(degraded, well) == ["healed"]
    assert overview.changes(degraded, lost) == ["lost"]
    assert overview.changes(lost, degraded) == ["back", "degraded"]
    assert overview.changes(lost, well) == ["back"]
    for same in (lost, well, degraded):
        assert overview.changes(same, same) == []
