"""No list is signed that breaks RFC 5280 or goes back behind the one before (CPS-7.2)."""

import pytest

from pki import crls, der, oids
from pki.certificates import Certificate
from pki.crls import Entry
from pki.errors import LintError
from pki.extensions import Extension
from pki.lint.lists import RULES, check_crl_tbs
from tests.support.pki import AT, DAY, as_subscriber, certify, hierarchy

TREE = hierarchy("sm2")
CA = TREE.ca


def tbs(entries=(), *, number=7, issuer=CA.name, this=AT, until=AT + DAY, **other) -> bytes:
    key_id, algorithm = other.get("key_id", CA.key_id), other.get("algorithm", "sm2-sm3")
    more = other.get("more", ())
    return crls.encode(issuer, number, this, until, entries, key_id, algorithm, more=more)


def findings(
    body: bytes, *, issuer: Certificate = CA.certificate, previous: int | None = 6
) -> set[str]:
    try:
        check_crl_tbs(body, issuer=issuer, previous_number=previous)
    except LintError as refusal:
        return {finding.rule.removeprefix("lint.") for finding in refusal.findings}
    return set()


def test_a_sound_list_passes():
    entries = [Entry(1, AT - DAY, "keyCompromise"), Entry(2, AT, "certificateHold"), Entry(3, AT)]
    assert findings(tbs(entries)) == set()
    assert findings(tbs(), previous=None) == set()
    assert findings(tbs([Entry(2, AT, "removeFromCRL")], more=[crls.delta_indicator(5)])) == set()


CERTIFIES_ONLY = certify(CA.key, CA.name, as_subscriber("keyCertSign"), issuer=TREE.root)
NOWHERE = Extension(oids.ISSUING_DISTRIBUTION_POINT, True, der.sequence(der.implicit(1, b"\xff")))
BROKEN = {
    "crl_issuer": lambda: findings(tbs(issuer=TREE.root.name)),
    "crl_authority_key": lambda: findings(tbs(key_id=b"k" * 20)),
    "crl_algorithm": lambda: findings(tbs(algorithm="ecdsa-sha256")),
    "crl_issuer_usage": lambda: findings(tbs(), issuer=CERTIFIES_ONLY.certificate),
    "crl_number": lambda: findings(tbs(number=2**160)),
    "crl_number_grows": lambda: findings(tbs(number=6)),
    "crl_delta_base": lambda: findings(tbs(more=[crls.delta_indicator(7)])),
    "crl_next_update": lambda: findings(tbs(until=AT)),
    "crl_outlives_issuer": lambda: findings(tbs(this=AT + 400 * DAY, until=AT + 401 * DAY)),
    "crl_extensions": lambda: findings(tbs(more=[Extension("1.2.3.4", False, der.NULL)])),
    "crl_scope": lambda: findings(tbs(more=[NOWHERE])),
    "crl_serials": lambda: findings(tbs([Entry(0, AT), Entry(2**159, AT)])),
    "crl_serial_twice": lambda: findings(tbs([Entry(5, AT), Entry(5, AT - DAY)])),
    "crl_future_revocation": lambda: findings(tbs([Entry(5, AT + DAY / 2)])),
    "crl_reasons": lambda: findings(tbs([Entry(5, AT, "removeFromCRL")])),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_each_rule_finds_its_own_mistake_alone(rule):
    assert BROKEN[rule]() == {rule}


def test_every_rule_has_a_mistake_here():
    assert {rule.__name__ for rule in RULES} == BROKEN.keys()


@pytest.mark.parametrize(
    "wrong",
    [
        Extension(oids.DELTA_CRL_INDICATOR, False, der.integer(5)),
        Extension(oids.FRESHEST_CRL, True, der.sequence()),
    ],
)
def test_criticality_is_as_the_standard_has_it(wrong):
    assert findings(tbs(more=[wrong])) == {"crl_extensions"}


def test_an_unspecified_reason_is_left_out():
    spelt = Extension(oids.CRL_REASON, False, der.enumerated(0)).der
    entry = der.sequence(der.integer(5), der.time(AT), der.sequence(spelt))
    assert findings(tbs([entry])) == {"crl_reasons"}


def test_a_number_that_is_not_one_is_a_finding():
    bare = Extension(oids.DELTA_CRL_INDICATOR, True, der.NULL)
    assert findings(tbs(more=[bare])) >= {"crl_delta_base"}


def test_what_cannot_be_read_is_not_signed():
    assert findings(b"nonsense") == {"crl.not_der"}
    assert findings(tbs([b"\x30\x80"])) == {"crl.not_der"}


def test_all_mistakes_are_told_at_once():
    assert findings(tbs([Entry(5, AT + DAY, "removeFromCRL")], number=3)) == {
        "crl_number_grows",
        "crl_future_revocation",
        "crl_reasons",
    }
