"""Our certificates and requests, read by BouncyCastle, OpenSSL and pkilint (CPS-7.1)."""

import pytest

from pki import requests
from tests.oracles.refusals import OracleRefused
from tests.support.pki import ALGORITHMS, AT, Hierarchy, hierarchy

LINKS = [
    ("root", "root"),
    ("ca", "root"),
    ("responder", "ca"),
    ("signing", "ca"),
    ("encryption", "ca"),
]
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
every_link = pytest.mark.parametrize(("subject", "issuer"), LINKS)


def ders(tree: Hierarchy, *who: str) -> list[bytes]:
    return [getattr(tree, name).certificate.der for name in who]


def flipped(der: bytes) -> bytes:
    """The last bit of the signature's first number is another one; the form stays whole."""
    return der[:-40] + bytes((der[-40] ^ 1,)) + der[-39:]


@every_algorithm
@every_link
def test_bouncycastle_verifies_every_link(bouncycastle, algorithm, subject, issuer):
    facts = bouncycastle.verify_certificate(*ders(hierarchy(algorithm), subject, issuer))
    assert int(facts["serial"]) == getattr(hierarchy(algorithm), subject).certificate.serial


@every_algorithm
@every_link
def test_openssl_verifies_every_link_strictly(openssl, algorithm, subject, issuer):
    certificate, by = ders(hierarchy(algorithm), subject, issuer)
    assert "OK" in openssl.verify_certificate(certificate, by, at=AT)


@every_algorithm
def test_bouncycastle_builds_the_path_to_the_root(bouncycastle, algorithm):
    leaf, ca, root = ders(hierarchy(algorithm), "signing", "ca", "root")
    assert bouncycastle.verify_path([leaf, ca], root, at=AT) == {"length": "2"}
    with pytest.raises(OracleRefused, match="expired"):
        bouncycastle.verify_path([leaf, ca], root, at=AT.replace(year=2040))


@every_algorithm
def test_others_refuse_a_tampered_certificate(bouncycastle, openssl, algorithm):
    certificate, issuer = ders(hierarchy(algorithm), "signing", "ca")
    with pytest.raises(OracleRefused, match="SignatureException"):
        bouncycastle.verify_certificate(flipped(certificate), issuer)
    with pytest.raises(OracleRefused, match="certificate signature failure"):
        openssl.verify_certificate(flipped(certificate), issuer, at=AT)


@every_algorithm
@pytest.mark.parametrize("who", ["root", "ca", "responder", "signing", "encryption"])
def test_pkilint_has_nothing_beyond_the_known(pkilint, algorithm, who):
    pkilint.verify_certificate(*ders(hierarchy(algorithm), who))


@every_algorithm
def test_others_verify_a_request(bouncycastle, openssl, algorithm):
    holder = hierarchy(algorithm).signing
    request = requests.build(holder.name, holder.key)
    assert "王小明" in bouncycastle.verify_request(request)["subject"]
    assert "OK" in openssl.verify_request(request)
    for verifier in (bouncycastle, openssl):
        with pytest.raises(OracleRefused):
            verifier.verify_request(flipped(request))
