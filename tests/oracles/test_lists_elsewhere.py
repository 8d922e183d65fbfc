"""Our revocation lists, read by BouncyCastle, OpenSSL and pkilint (CPS-7.2)."""

from datetime import timedelta

import pytest

from pki import crls, keys, pem
from pki.crls import Entry
from tests.oracles.refusals import OracleRefused
from tests.support.pki import ALGORITHMS, AT, CRL_PLACE, DAY, hierarchy, revocation_list

every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
EARLIER = AT - timedelta(hours=3)
JAVA_REASONS = {
    "keyCompromise": "KEY_COMPROMISE",
    "cACompromise": "CA_COMPROMISE",
    "affiliationChanged": "AFFILIATION_CHANGED",
    "superseded": "SUPERSEDED",
    "cessationOfOperation": "CESSATION_OF_OPERATION",
    "certificateHold": "CERTIFICATE_HOLD",
    "privilegeWithdrawn": "PRIVILEGE_WITHDRAWN",
    "aACompromise": "AA_COMPROMISE",
    "unspecified": "none",
}


def some_entries() -> list[Entry]:
    return [
        Entry(
            1000 + place, EARLIER - place * DAY, reason, EARLIER - 40 * DAY if place % 2 else None
        )
        for place, reason in enumerate([*JAVA_REASONS, None])
    ]


@every_algorithm
def test_others_verify_a_list(bouncycastle, openssl, pkilint, algorithm):
    ca = hierarchy(algorithm).ca
    crl, issuer = revocation_list(ca, some_entries()), ca.certificate.der
    facts = bouncycastle.verify_crl(crl, issuer)
    assert facts == {"entries": "10", "number": "7", "version": "2"}
    assert "Serial Number: 03E8" in openssl.verify_crl(crl, issuer)
    pkilint.verify_crl(crl)


@every_algorithm
def test_others_verify_an_empty_list(bouncycastle, openssl, pkilint, algorithm):
    ca = hierarchy(algorithm).ca
    crl, issuer = revocation_list(ca), ca.certificate.der
    assert bouncycastle.verify_crl(crl, issuer)["entries"] == "0"
    assert "No Revoked Certificates" in openssl.verify_crl(crl, issuer)
    pkilint.verify_crl(crl)


@every_algorithm
def test_others_refuse_a_tampered_list_and_another_issuer(bouncycastle, openssl, algorithm):
    tree = hierarchy(algorithm)
    crl, issuer = revocation_list(tree.ca, some_entries()), tree.ca.certificate.der
    bad = crl.replace(Entry(1001, EARLIER - DAY, None).der[2:10], Entry(1002, AT).der[2:10], 1)
    assert bad != crl
    for verifier in (bouncycastle, openssl):
        with pytest.raises(OracleRefused):
            verifier.verify_crl(bad, issuer)
        with pytest.raises(OracleRefused):
            verifier.verify_crl(crl, tree.root.certificate.der)


def test_others_read_every_reason_and_moment(bouncycastle):
    crl = revocation_list(hierarchy("sm2").ca, some_entries())
    for entry in some_entries():
        assert bouncycastle.look_up(crl, entry.serial) == {
            "listed": "yes",
            "reason": JAVA_REASONS[entry.reason or "unspecified"],
            "at": f"{entry.revoked_at:%Y-%m-%dT%H:%M:%SZ}",
        }
    assert bouncycastle.look_up(crl, 4711) == {"listed": "no"}


@every_algorithm
def test_a_path_ends_at_a_revoked_certificate(bouncycastle, algorithm):
    tree = hierarchy(algorithm)
    path, root = [tree.signing.certificate.der, tree.ca.certificate.der], tree.root.certificate.der
    arl, empty = revocation_list(tree.root), revocation_list(tree.ca)
    bouncycastle.verify_path(path, root, at=AT, crls=[arl, empty])
    revoked = Entry(tree.signing.certificate.serial, EARLIER, "keyCompromise")
    with pytest.raises(OracleRefused, match="keyCompromise"):
        bouncycastle.verify_path(path, root, at=AT, crls=[arl, revocation_list(tree.ca, [revoked])])


def test_others_read_a_delta_and_a_partition(bouncycastle, openssl, pkilint):
    ca = hierarchy("sm2").ca
    unfrozen = Entry(1005, EARLIER, "removeFromCRL")
    more = [crls.delta_indicator(6), crls.issuing_distribution_point(CRL_PLACE, only_users=True)]
    crl = revocation_list(ca, [unfrozen], more=more)
    assert bouncycastle.look_up(crl, 1005)["reason"] == "REMOVE_FROM_CRL"
    text = openssl.verify_crl(crl, ca.certificate.der)
    assert "X509v3 Delta CRL Indicator: critical" in text
    assert CRL_PLACE in text
    assert "Only User Certificates" in text
    pkilint.verify_crl(crl)


CONFIGURATION = """
[ca]
default_ca = our
[our]
database = {folder}/index
crlnumber = {folder}/number
default_md = sha256
crl_extensions = said
[said]
authorityKeyIdentifier = keyid:always
"""


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
def test_we_verify_a_list_by_openssl(openssl, tmp_path, algorithm):
    ca = hierarchy(algorithm).ca
    (tmp_path / "configuration").write_text(CONFIGURATION.format(folder=tmp_path))
    (tmp_path / "number").write_text("1F\n")
    (tmp_path / "index").write_text(
        "R\t300101000000Z\t260520080000Z,keyCompromise\t0A0B\tunknown\t/CN=x\n"
        "R\t300101000000Z\t260521080000Z\t0A0C\tunknown\t/CN=y\n"
    )
    key = pem.write("PRIVATE KEY", keys.private_key_to_pkcs8(ca.key))
    (tmp_path / "ca.key").write_bytes(key)
    (tmp_path / "ca.pem").write_bytes(pem.write("CERTIFICATE", ca.certificate.der))
    openssl.run(
        *("ca", "-gencrl", "-config", str(tmp_path / "configuration")),
        *("-keyfile", str(tmp_path / "ca.key"), "-cert", str(tmp_path / "ca.pem")),
        *("-crl_lastupdate", "20260601080000Z", "-crl_nextupdate", "20260602080000Z"),
        *("-out", str(tmp_path / "list.pem")),
    )
    crl = crls.parse(pem.to_der((tmp_path / "list.pem").read_bytes(), "X509 CRL", area="crl"))
    crls.verify(crl, ca.certificate, AT)
    assert crl.number == 0x1F
    assert crl.entries == (
        Entry(0x0A0B, AT - 12 * DAY, "keyCompromise"),
        Entry(0x0A0C, AT - 11 * DAY),
    )
