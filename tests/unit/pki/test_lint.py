"""The linter: for every rule a certificate just inside and one just outside (CPS-7.1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import der, lint
from pki.errors import LintError
from pki.extensions import Extension
from pki.lint import ProfileRules
from tests.support.pki import ALGORITHMS, hierarchy
from tests.unit.pki.lint_bodies import CA, COUNTRY, SM2, Case, body, name
from tests.unit.pki.lint_cases import CASES, CLEAN, FURTHER


def broken_rules(case: Case) -> set[str]:
    profile = ProfileRules(case.kind, case.required, case.purposes, case.names, case.private)
    try:
        lint.check_certificate_tbs(case.tbs, issuer=case.issuer, profile_rules=profile)
    except LintError as refusal:
        return {finding.rule for finding in refusal.findings}
    return set()


def test_every_rule_has_its_two_cases():
    assert {rule.__name__ for rule in lint.RULES} == CASES.keys()
    assert len(lint.RULES) == len(CASES)
    assert all(rule.__doc__ for rule in lint.RULES)


@pytest.mark.parametrize("rule", CASES)
def test_just_outside_the_rule_is_found(rule):
    assert f"lint.{rule}" in broken_rules(CASES[rule][0])


@pytest.mark.parametrize("rule", CASES)
def test_just_inside_the_rule_is_clean(rule):
    assert broken_rules(CASES[rule][1]) == set()


@pytest.mark.parametrize("title", FURTHER)
def test_other_ways_to_break_a_rule_are_found(title):
    assert f"lint.{title.partition(',')[0]}" in broken_rules(FURTHER[title])


@pytest.mark.parametrize("title", CLEAN)
def test_what_we_issue_is_clean(title):
    assert broken_rules(CLEAN[title]) == set()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_hierarchies_of_all_algorithms_are_clean(algorithm):
    people = hierarchy(algorithm)

    assert broken_rules(Case(people.root.certificate.tbs, "root", None)) == set()
    assert broken_rules(Case(people.ca.certificate.tbs, "ca", people.root.certificate)) == set()
    signing = people.signing.certificate.tbs
    assert broken_rules(Case(signing, "signing", people.ca.certificate)) == set()


def test_all_findings_come_at_once():
    found = broken_rules(Case(body(version=1, serial=b"\x05", usage=None, subject=name(COUNTRY))))

    assert {
        "lint.version",
        "lint.serial_size",
        "lint.key_usage_encoding",
        "lint.key_usage_kind",
        "lint.subject_common_name",
    } == found


def test_there_is_no_profile_of_another_kind():
    with pytest.raises(ValueError, match="everything"):
        ProfileRules("everything")


TBS = SM2.signing.certificate.tbs


@given(st.binary(max_size=100))
def test_noise_is_no_certificate(noise):
    for data in (noise, der.sequence(noise)):
        assert broken_rules(Case(data)) == {"lint.not_der"}


@given(st.integers(0, len(TBS)), st.integers(0, len(TBS)), st.binary(max_size=6))
def test_a_body_with_a_piece_replaced_is_judged_without_an_accident(start, end, piece):
    assert isinstance(broken_rules(Case(TBS[:start] + piece + TBS[end:])), set)


@pytest.mark.parametrize("extension", SM2.signing.certificate.extensions, ids=lambda e: e.oid)
def test_an_unreadable_extension_is_never_clean(extension):
    broken = Extension(extension.oid, extension.critical, b"\x30\x05")
    others = (e for e in SM2.signing.certificate.extensions if e != extension)

    assert broken_rules(Case(body(first=(broken, *others), usage=None)))


def test_the_first_finding_stands_for_all():
    with pytest.raises(LintError) as caught:
        lint.check_certificate_tbs(
            body(version=1), issuer=CA, profile_rules=ProfileRules("signing")
        )

    assert caught.value.rule == "lint.version"
    assert caught.value.findings == (("lint.version", "The version is not 3."),)
