"""What a version of a profile may say, just inside and just outside."""

from dataclasses import replace

import pytest

from anxin.kernel.errors import Refusal, Refusals
from ca.profiles.delivered import EVERYTHING, MEASURED, OPERATOR, PROFILES
from ca.profiles.rules import Publication
from ca.profiling import rules
from ca.wording import WORDING

PERSONAL, SERVER = PROFILES["personal-sm2-sign"], PROFILES["server-sm2-sign"]
ORGANIZATION = PROFILES["organization-sm2-sign"]


ARC = "1.3.6.1.4.1.32473.2"  # RFC 5612: for examples
OWN = f"{ARC}.1"


def faults(profile, *, arc=ARC, **changes):
    try:
        rules.check_profile(replace(profile, **changes), arc=arc)
    except Refusals as found:
        for one in found.items:
            assert str(WORDING[one.rule]) % {"cps": one.cps, **one.details}
        return {one.rule.removeprefix("profiles.") for one in found.items}
    return set()


@pytest.mark.parametrize("profile", EVERYTHING, ids=lambda one: one.code)
def test_what_the_product_is_delivered_with_may_be_said(profile):
    """CPS-1.5.1"""
    assert faults(profile) == set()


@pytest.mark.parametrize(
    ("years", "found"),
    [((1,), set()), ((5,), set()), ((6,), {"years"}), ((0, 1), {"years"}), ((), {"years"}),
     ((2, 1), {"years"}), ((1, 1), {"years"})],
)  # fmt: skip
def test_a_term_is_no_longer_than_key_and_issuer_last(years, found):
    """CPS-5.6, CPS-6.3.2"""
    assert faults(PERSONAL, years=years) == found


@pytest.mark.parametrize(
    ("profile", "attributes", "found"),
    [
        (PERSONAL, {**PERSONAL.attributes, "O": True}, set()),
        (PERSONAL, {**PERSONAL.attributes, "emailAddress": False}, set()),
        (PERSONAL, {**PERSONAL.attributes, "CN": False}, {"attribute_needed"}),
        (PERSONAL, {**PERSONAL.attributes, "OU": True}, {"attribute"}),
        (PERSONAL, {**PERSONAL.attributes, "title": False}, {"attribute"}),
        (ORGANIZATION, {"C": True, "O": True, "CN": True}, {"attribute_needed"}),
    ],
)
def test_what_names_somebody_stays_and_nothing_is_asked_that_nobody_fills_in(
    profile, attributes, found
):
    """CPS-3.1.1, CPS-3.1.2"""
    assert faults(profile, attributes=attributes) == found


@pytest.mark.parametrize(
    ("profile", "changes", "found"),
    [
        (PERSONAL, {"purposes": ("codeSigning", "smartCardLogon")}, set()),
        (PERSONAL, {"purposes": ()}, {"purposes"}),
        (PERSONAL, {"purposes": ("serverAuth",)}, {"purposes"}),
        (PERSONAL, {"purposes": ("timeStamping",)}, {"purposes"}),
        (SERVER, {"purposes": ("serverAuth",)}, set()),
        (SERVER, {"purposes": ("clientAuth",)}, {"purposes"}),
        (PERSONAL, {"key_usage": ("digitalSignature", "keyEncipherment")}, {"fixed"}),
        (PERSONAL, {"key_algorithm": "rsa"}, {"fixed"}),
        (PERSONAL, {"issuer": "anxin-rsa"}, {"fixed"}),
        (PERSONAL, {"policy": "1.01"}, {"fixed", "policy"}),
        (PERSONAL, {"code": "gold-card"}, {"fixed", "evidence"}),
    ],
)
def test_a_key_is_used_as_its_kind_of_certificate_says(profile, changes, found):
    """CPS-1.5.2, CPS-6.1.5, CPS-6.1.7"""
    assert faults(profile, **changes) == found


@pytest.mark.parametrize("profile", [MEASURED, OPERATOR], ids=lambda one: one.code)
def test_the_house_s_own_certificates_are_neither_published_nor_offered(profile):
    """CPS-4.4.2, CPS-5.2.3"""
    assert faults(profile, publication=Publication.GENERAL) == {"publication"}
    assert faults(profile, offered=True) == {"offered"}


@pytest.mark.parametrize(
    ("profile", "reviews", "found"),
    [(PERSONAL, 2, set()), (PERSONAL, 3, {"reviews"}), (PERSONAL, 0, {"reviews"}),
     (OPERATOR, 2, {"reviews"})],
)  # fmt: skip
def test_as_many_review_as_there_are_approvals_for(profile, reviews, found):
    """CPS-4.3.1"""
    assert faults(profile, reviews=reviews) == found


@pytest.mark.parametrize(
    ("profile", "changes", "found"),
    [
        (ORGANIZATION, {"extensions": (("taxation_number", "both"),)}, set()),
        (ORGANIZATION, {"extensions": (("taxation_number", "newest"),)}, {"extension"}),
        (ORGANIZATION, {"extensions": (("identity_code", "new"),)}, {"extension"}),
        (ORGANIZATION, {"extensions": (("taxation_number", "new"),) * 2}, {"extension"}),
        (PERSONAL, {"extensions": (("taxation_number", "new"),)}, {"extension"}),
        (PERSONAL, {"private": ((OWN, "甲" * 200),)}, set()),
        (PERSONAL, {"private": ((OWN, "甲" * 201),)}, {"private"}),
        (PERSONAL, {"private": ((f"{ARC}.01", "甲"),)}, {"private"}),
        (PERSONAL, {"private": (("1.2", "甲"),)}, {"private"}),
        (PERSONAL, {"private": ((OWN, ""),)}, {"private"}),
        (PERSONAL, {"private": ((OWN, "a\n"),)}, {"private"}),
        (PERSONAL, {"private": ((OWN, "a"),) * 2}, {"private"}),
        (PERSONAL, {"private": tuple((f"{ARC}.{n}", "a") for n in range(5))}, set()),
        (PERSONAL, {"private": tuple((f"{ARC}.{n}", "a") for n in range(6))}, {"private"}),
        (PERSONAL, {"private": ((ARC, "甲"),)}, {"private_arc"}),
        (PERSONAL, {"private": ((f"{ARC}1.1", "甲"),)}, {"private_arc"}),
        (PERSONAL, {"private": (("2.5.29.19", "甲"),)}, {"private_arc"}),
    ],
)
def test_extensions_are_known_or_somebody_s_own(profile, changes, found):
    """CPS-7.1.2-gb"""
    assert faults(profile, **changes) == found


@pytest.mark.parametrize("arc", ["2.5.29", "1.3.6.1.5.5.7.1", "1.2.156.10260.4.1", "2.5"])
def test_a_standard_s_arc_is_nobody_s_own(arc):
    """CPS-7.1.2-gb: whatever the settings say."""
    assert faults(PERSONAL, arc=arc, private=((f"{arc}.29", "甲"),)) == {"private_arc"}


def test_no_document_less_is_asked_for_than_the_cps_wants():
    """CPS-3.2.2, CPS-3.2.3"""
    by_all = tuple((code, "always") for code, _when in PERSONAL.evidence)
    seldom = (("application_form", "proxy"), *PERSONAL.evidence[1:])

    assert faults(PERSONAL, evidence=by_all) == set()
    for wrong in (PERSONAL.evidence[1:], seldom, (*PERSONAL.evidence, ("icp_record", "always"))):
        assert faults(PERSONAL, evidence=wrong) == {"evidence"}


def test_a_change_changes_something():
    with pytest.raises(Refusal, match="nothing changes"):
        rules.check_change(PERSONAL, replace(PERSONAL, version=2))
    rules.check_change(PERSONAL, replace(PERSONAL, reviews=2))


def test_differences_are_told_line_by_line():
    before = {"years": ("1", "2"), "issuer": ("nmg",), "private": ()}
    after = {"years": ("2", "3"), "issuer": ("nmg",), "private": ("1.2 a",)}

    assert rules.differences(before, after) == [
        ("years", ("1",), ("3",)),
        ("private", (), ("1.2 a",)),
    ]
