"""A request signed by the key of an older certificate (CPS-3.3.1), by our tool and by OpenSSL."""

import base64
import subprocess
from datetime import UTC, datetime

import pytest

from pki import certificates, cms, der, keys, names, oids, pem, requests
from tests.support.pki import hierarchy
from tests.unit.pki.refusing import rule_of

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
TREES = {algorithm: hierarchy(algorithm) for algorithm in ("sm2", "rsa-2048")}
each_tree = pytest.mark.parametrize("tree", TREES.values(), ids=["sm2", "rsa"])
NAME = names.build([("C", "CN"), ("CN", "王小明")])
REQUEST = requests.build(NAME, keys.generate("sm2"))


def signed(tree=TREES["sm2"], content=REQUEST):
    return cms.build(content, tree.signing.key, tree.signing.certificate, at=AT)


def patched(encoded, before, after):
    assert encoded.count(before) >= 1
    return encoded.replace(before, after, 1)


@each_tree
def test_the_old_key_signs_and_its_certificate_tells(tree):
    """CPS-3.3.1"""
    found = cms.parse(signed(tree))

    cms.verify(found, tree.signing.certificate)

    assert found.content == REQUEST
    assert found.signed_at == AT
    assert found.signer_serial == tree.signing.certificate.serial


@pytest.mark.parametrize("label", ["CMS", "PKCS7"])
def test_it_is_read_from_pem_under_both_names(label):
    assert cms.parse(pem.write(label, signed())).content == REQUEST


def test_another_certificate_has_not_signed():
    found = cms.parse(signed())

    assert rule_of(cms.verify, found, TREES["sm2"].ca.certificate) == "cms.other_signer"


def test_a_changed_request_and_a_changed_signature_are_noticed():
    """CPS-3.3.1"""
    whole = signed()
    certificate = TREES["sm2"].signing.certificate
    last = patched(whole, whole[-4:], bytes(4))

    assert rule_of(cms.parse, patched(whole, REQUEST[-8:], bytes(8))) == "cms.digest_differs"
    assert rule_of(cms.verify, cms.parse(last), certificate) == "cms.bad_signature"


def test_a_stolen_date_is_noticed():
    """CPS-3.3.1: the day is one of the things that were signed."""
    certificate = TREES["sm2"].signing.certificate
    later = patched(signed(), b"261122010000Z", b"271122010000Z")

    found = cms.parse(later)

    assert found.signed_at == AT.replace(year=2027)
    assert rule_of(cms.verify, found, certificate) == "cms.bad_signature"


def test_what_cannot_be_read_or_is_no_signature_is_refused_by_name():
    whole = signed()

    assert rule_of(cms.parse, b"hello") == "cms.not_pem_or_der"
    assert rule_of(cms.parse, whole[:-1]) == "cms.not_der"
    assert rule_of(cms.parse, whole + b"\0") == "cms.not_der"
    assert rule_of(cms.parse, b"\x30" * (cms.MAX_SIZE + 1)) == "cms.too_large"
    enveloped = patched(
        whole, der.oid(oids.GM_SIGNED_DATA), der.oid(oids.GM_SIGNED_DATA[:-1] + "3")
    )
    assert rule_of(cms.parse, enveloped) == "cms.kind"
    sha1 = patched(whole, der.oid(oids.SM3), der.oid(oids.SM3[:-1] + "2"))
    assert cms.parse(sha1).content == REQUEST  # only named in the list of digests
    twice = sha1.replace(der.oid(oids.SM3), der.oid(oids.SM3[:-1] + "2"))
    assert rule_of(cms.parse, twice) == "cms.digest"


def test_only_the_owner_of_the_certificate_can_sign_with_it():
    stranger = keys.generate("sm2")

    rule = rule_of(cms.build, REQUEST, stranger, TREES["sm2"].signing.certificate, at=AT)

    assert rule == "key.other"


# --- what OpenSSL makes and thinks of it ---------------------------------------------------------


@pytest.fixture
def desk(tmp_path):
    """An RSA subscriber's key, certificate and next request in a folder."""
    tree = TREES["rsa-2048"]
    key = keys.private_key_to_pkcs8(tree.signing.key)
    (tmp_path / "old.key").write_bytes(pem.write("PRIVATE KEY", key))
    (tmp_path / "old.cer").write_bytes(pem.write("CERTIFICATE", tree.signing.certificate.der))
    (tmp_path / "new.csr").write_bytes(REQUEST)
    return tmp_path


SIGN = "cms -sign -binary -in new.csr -signer old.cer -inkey old.key"


def openssl(desk, command):
    arguments = ["openssl", *command.split()]
    return subprocess.run(arguments, cwd=desk, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", ["DER", "PEM"])
def test_openssl_signs_as_the_document_says(desk, form):
    """CPS-3.3.1: the command of docs/journeys/renewal.md."""
    openssl(desk, f"{SIGN} -nodetach -md sha256 -outform {form} -out renewal.p7m")

    found = cms.parse((desk / "renewal.p7m").read_bytes())
    cms.verify(found, certificates.parse(TREES["rsa-2048"].signing.certificate.der))

    assert found.content == REQUEST
    assert found.signed_at is not None


def test_openssl_verifies_what_our_tool_signs(desk):
    (desk / "renewal.p7m").write_bytes(signed(TREES["rsa-2048"]))

    content = openssl(
        desk, "cms -verify -binary -noverify -inform DER -in renewal.p7m -certfile old.cer"
    )

    assert content == REQUEST


def test_a_stream_of_unknown_length_is_refused(desk):
    streamed = openssl(desk, f"{SIGN} -nodetach -stream -outform DER")

    assert rule_of(cms.parse, streamed) == "cms.not_der"


def test_a_signature_without_the_request_inside_is_refused(desk):
    detached = openssl(desk, f"{SIGN} -outform PEM")

    assert rule_of(cms.parse, detached) == "cms.detached"
    assert base64.b64encode(REQUEST[:30]) not in detached


def test_a_signature_without_signed_attributes_is_refused(desk):
    bare = openssl(desk, f"{SIGN} -nodetach -noattr -outform DER")

    assert rule_of(cms.parse, bare) == "cms.attributes"


def test_a_signer_named_by_key_identifier_is_refused(desk):
    by_key = openssl(desk, f"{SIGN} -nodetach -keyid -outform DER")

    assert rule_of(cms.parse, by_key) == "cms.signer"
