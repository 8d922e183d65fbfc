import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from anxin.kernel.proxies import networks
from ca.crl.services import issue_due_crls
from ca.directory.models import DirectoryEntry
from ca.hierarchy.models import CertificateAuthority
from ca.issuing import checking
from ca.issuing.rules import CHECKED
from pki import certificates, crls, pem
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


# --- a certificate in one's hand ---------------------------------------------------------------


def hand_in(visitor, data: bytes, name="card.cer"):
    return visitor.post("/certificates/check/", {"file": SimpleUploadedFile(name, data)})


def said(answer) -> str:
    return answer.content.decode()


def test_a_certificate_in_hand_gets_a_verdict(visitor):
    """CPS-4.5.2: issuer, validity, revocation and usage, in words."""
    good, bad, held = (ca.issue(number) for number in (1, 2, 3))
    ca.revoke_it(bad.id)
    ca.hold_it(held.id)

    trusted = said(hand_in(visitor, good.parsed.der))
    pasted = visitor.post(
        "/certificates/check/", {"text": pem.write("CERTIFICATE", good.parsed.der).decode()}
    )

    for page in (trusted, said(pasted)):
        assert "证书有效" in page
        assert "由本机构签发，签名和证书链正确" in page
        assert "数字签名" in page
    assert "证书已吊销" in said(hand_in(visitor, bad.parsed.der))
    assert "密钥失密" in said(hand_in(visitor, bad.parsed.der))
    assert "证书已冻结" in said(hand_in(visitor, held.parsed.der))
    assert "证书有效" in said(hand_in(visitor, ca.authority().certificate.der))


def test_a_certificate_with_one_byte_changed_is_not_ours(visitor):
    """CPS-4.5.2: neither its name nor its dates are taken for anything."""
    forged = bytearray(ca.issue().parsed.der)
    forged[-1] ^= 1

    page = said(hand_in(visitor, bytes(forged)))

    assert "证书不是本机构签发" in page
    assert "没有通过本机构证书链的验证" in page
    assert "在有效期内" not in page


def test_what_we_signed_and_never_registered_is_nobodys(visitor):
    """CPS-4.5.2: of a responder, say; it proves no subscriber's identity."""
    issued = ca.issue()
    DirectoryEntry.objects.all().delete()
    ca.row(issued.id).delete()

    assert "证书不是订户证书" in said(hand_in(visitor, issued.parsed.der))


@pytest.mark.parametrize(
    "data", [b"not a certificate", bytes(2000), b"", b"\x30\x82\x01\x00" + bytes(256)]
)
def test_what_is_no_certificate_is_told_so(visitor, data):
    """CPS-4.5.2"""
    answer = hand_in(visitor, data)

    assert answer.status_code == 422
    assert "证书" in said(answer)
    assert "证书有效" not in said(answer)


def test_more_than_a_certificate_is_not_looked_at(visitor):
    page = hand_in(visitor, b"\x30" + bytes(CHECKED))

    assert page.status_code == 422
    assert "64 KB" in said(page)


def test_an_upload_counts_as_looking_up(visitor):
    der = ca.issue().parsed.der

    assert {hand_in(visitor, der).status_code for _ in range(30)} == {200}
    assert hand_in(visitor, der).status_code == 429


def test_the_check_needs_no_more_than_the_public_role(authorities, connection_as):
    """CPS-2.3: the columns it asks for are those that are public."""
    call_command("grant")
    issued = ca.issue()

    with CaptureQueriesContext(connection) as captured, connection_as("public") as one:
        found = checking.of_file(issued.parsed.der, at=ca.NOW)
        assert len(captured)
        for asked in captured:
            one.execute(asked["sql"])

    assert (found.verdict, found.published) == ("valid", True)
