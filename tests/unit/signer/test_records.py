"""What the signer's own key puts its name under: the attributes of a signature, nothing else."""

from datetime import UTC, datetime

import pytest

from pki import certificates, der, names, oids, signatures
from pki.errors import PkiError
from pki.signer.calls import Call
from pki.signer.records import Records

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


CONTENT = attribute(oids.CONTENT_TYPE, der.oid(oids.CMS_DATA))
DIGEST = attribute(oids.MESSAGE_DIGEST, der.octet_string(bytes(32)))


@pytest.fixture
def home(tmp_path):
    return Records(tmp_path, now=lambda: NOW)


def call(*blobs: bytes) -> Call:
    return Call({"op": "sign_record"}, list(blobs), {}, lambda *_said, **_named: None)


def test_the_signature_holds_by_its_own_certificate(home):
    _, (certificate,) = home.certificate(call())
    attributes = der.set_of(CONTENT, DIGEST)

    _, (signature,) = home.sign(call(attributes))

    parsed = certificates.parse(certificate)
    signatures.verify(parsed.public_key, attributes, signature, "ecdsa-sha256", about="record")
    assert (parsed.is_ca, parsed.key_usage) == (False, {"digitalSignature", "nonRepudiation"})


def test_the_certificate_stays_the_same(tmp_path, home):
    again = Records(tmp_path, now=lambda: NOW.replace(year=2030))

    assert again.certificate(call()) == home.certificate(call())


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b'{"what":"anxin offer 1"}',
        der.sequence(CONTENT, DIGEST),
        der.set_of(CONTENT),
        der.set_of(DIGEST),
        der.set_of(CONTENT, DIGEST) + b"\0",
        der.set_of(CONTENT, DIGEST, DIGEST),
        der.set_of(CONTENT, attribute(oids.MESSAGE_DIGEST, der.octet_string(bytes(20)))),
        der.set_of(CONTENT, DIGEST, attribute(oids.CRL_NUMBER, der.integer(1))),
        der.set_of(attribute(oids.CONTENT_TYPE, der.oid(oids.CMS_SIGNED_DATA)), DIGEST),
        names.build([("CN", "anything")]).der,
        der.set_of(CONTENT, DIGEST, attribute(oids.SIGNING_TIME, bytes(5000))),
    ],
)
def test_nothing_else_is_signed(home, asked):
    """No offer to custodians, no certificate, no list."""
    with pytest.raises(PkiError):
        home.sign(call(asked))
