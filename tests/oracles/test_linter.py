"""pkilint is alive, and what we let pass is still there and nowhere else."""

import pytest

from tests.oracles.linter import ALLOWED
from tests.oracles.refusals import OracleRefused
from tests.support.pki import as_ca, certify, hierarchy


def test_every_allowed_finding_is_still_seen(pkilint):
    certificate = hierarchy("sm2").encryption.certificate.der
    seen = {
        ("certificate", f.code, f.message) for f in pkilint.findings("certificate", certificate)
    }
    assert seen == set(ALLOWED)
    assert all(len(reason) > 40 for reason in ALLOWED.values())


@pytest.mark.parametrize("who", ["root", "ca", "responder", "signing"])
def test_nothing_has_to_be_allowed_outside_encryption(pkilint, who):
    certificate = getattr(hierarchy("sm2"), who).certificate.der
    assert pkilint.findings("certificate", certificate) == []


def test_pkilint_sees_a_ca_without_key_usage(pkilint):
    tree = hierarchy("sm2")
    bad = certify(tree.ca.key, tree.ca.name, as_ca()[:1], issuer=tree.root)
    with pytest.raises(OracleRefused, match="ca_certificate_no_ku_extension"):
        pkilint.verify_certificate(bad.certificate.der)


@pytest.mark.parametrize("kind", ["certificate", "crl", "ocsp"])
def test_pkilint_refuses_what_it_cannot_read(pkilint, kind):
    with pytest.raises(OracleRefused):
        pkilint.findings(kind, b"\x30\x03\x02\x01\x00")
