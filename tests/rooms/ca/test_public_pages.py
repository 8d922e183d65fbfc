import pytest
from django.test import Client

from anxin.kernel.proxies import networks
from ca.crl.services import issue_due_crls
from ca.hierarchy.models import CertificateAuthority
from pki import certificates, crls
from tests.support import ca


@pytest.fixture
def visitor(authorities, settings) -> Client:
    settings.ROOT_URLCONF = "anxin.urls_public"
    return Client()


def test_every_address_in_a_certificate_answers(visitor):
    """CPS-2.1, CPS-6.1.4: what we print into certificates can be fetched."""
    issue_due_crls(at=ca.NOW)
    issuer = ca.authority()
    addresses = issuer.addresses

    certificate = visitor.get(addresses.certificate.removeprefix("http://127.0.0.1:8001"))
    listed = visitor.get(addresses.crl.removeprefix("http://127.0.0.1:8001"))

    assert certificate["Content-Type"] == "application/pkix-cert"
    assert certificate.content == issuer.certificate.der
    assert listed["Content-Type"] == "application/pkix-crl"
    crls.verify(crls.parse(listed.content), issuer.certificate, ca.NOW)
    assert not certificate.cookies
    assert not listed.cookies
    again = visitor.get("/crl/nmg-sm2.crl", headers={"If-None-Match": listed["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_ca_certificate_comes_as_pem_too(visitor):
    """CPS-6.1.4"""
    text = visitor.get("/ca/rootca.pem").content

    assert certificates.parse(text).der == ca.authority("rootca").certificate.der


def test_the_repository_shows_fingerprints_and_says_what_is_for_show(visitor):
    """CPS-6.1.4, CPS-2.1"""
    issue_due_crls(at=ca.NOW)
    page = visitor.get("/certificates/").content.decode()

    for code in ("rootca", "anxin-sm2", "nmg-sm2", "anxin-rsa"):
        found = ca.authority(code).certificate
        sm3, sha = found.fingerprint_sm3, found.fingerprint_sha256
        assert " ".join(sm3[at : at + 4] for at in range(0, 64, 4)) in page
        assert " ".join(sha[at : at + 4] for at in range(0, 64, 4)) in page
    assert page.count("请勿信任") == CertificateAuthority.objects.count()


@pytest.mark.parametrize("path", ["/ca/nobody.cer", "/crl/nobody.crl", "/crl/nmg-sm2.crl"])
def test_what_is_not_there_is_not_found(visitor, path):
    assert visitor.get(path).status_code == 404


def test_a_relying_party_gets_a_verdict(visitor):
    """CPS-4.5.2, CPS-2.3"""
    good, bad = ca.issue(1), ca.issue(2)
    ca.revoke_it(bad.id)

    def ask(serial):
        return visitor.get("/certificates/check/", {"serial": serial}).content.decode()

    serial = f"{good.parsed.serial:X}"
    spelt = ":".join(serial[at : at + 2] for at in range(0, 32, 2))
    assert "证书有效" in ask(spelt)
    assert "不可否认" in ask(spelt)
    assert "证书已吊销" in ask(f"{bad.parsed.serial:x}")
    assert "密钥失密" in ask(f"{bad.parsed.serial:x}")
    assert "没有找到" in ask("4711")


def test_a_published_certificate_can_be_fetched_by_its_number(visitor):
    """CPS-4.4.2"""
    issued = ca.issue()

    answer = visitor.get(f"/certificates/{issued.parsed.serial:x}.cer")

    assert answer.content == issued.parsed.der


def test_an_order_is_not_to_be_seen_from_outside(visitor):
    ca.put_on_order()

    assert visitor.get("/certificates/.cer").status_code == 404
    assert "没有找到" in visitor.get("/certificates/check/", {"serial": "0"}).content.decode()


def test_one_address_looks_up_thirty_serial_numbers_a_minute(visitor, settings):
    serial = f"{ca.issue().parsed.serial:x}"

    def look_up(path="/certificates/check/", **named):
        return visitor.get(path, {"serial": serial}, **named).status_code

    assert {look_up() for _ in range(30)} == {200}
    assert (look_up(), look_up(f"/certificates/{serial}.cer")) == (429, 429)
    assert visitor.get("/certificates/check/").status_code == 200  # the empty form
    assert look_up(REMOTE_ADDR="198.51.100.7") == 200
    forged = {"X-Forwarded-For": "198.51.100.8"}
    assert look_up(headers=forged) == 429
    settings.TRUSTED_PROXIES = networks("127.0.0.1")
    assert look_up(headers=forged) == 200
