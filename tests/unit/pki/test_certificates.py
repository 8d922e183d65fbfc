"""Certificates: the bytes of other encoders, and reading whatever comes (CPS-7.1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import algos, core
from asn1crypto import keys as asn1crypto_keys
from asn1crypto import x509 as asn1crypto_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from hypothesis import given
from hypothesis import strategies as st

from pki import certificates, der, describing, oids, pem, signatures
from pki.sm.sm3 import sm3
from tests.support.pki import ALGORITHMS, AT, hierarchy
from tests.unit.pki.planning import SUBJECT, plan_for
from tests.unit.pki.refusing import rule_of

SM2 = hierarchy("sm2")
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


@pytest.mark.parametrize("algorithm", ["rsa-2048", "ec-p256"])
def test_cryptography_builds_the_same_bytes(algorithm):
    plan, people = plan_for(algorithm), hierarchy(algorithm)
    place = x509.UniformResourceIdentifier("http://crl.example.cn/crl1.crl")
    built = (
        x509.CertificateBuilder()
        .serial_number(plan.serial)
        .issuer_name(x509.load_der_x509_certificate(people.ca.certificate.der).subject)
        .subject_name(x509.Name([x509.NameAttribute(oid, text) for _, text, oid in SUBJECT]))
        .public_key(people.signing.key.key.public_key())
        .not_valid_before(plan.not_before)
        .not_valid_after(plan.not_after)
    )
    for extension, critical in (
        (x509.AuthorityKeyIdentifier(people.ca.key_id, None, None), False),
        (x509.SubjectKeyIdentifier(people.signing.key_id), False),
        (x509.KeyUsage(True, True, *[False] * 7), True),
        (
            x509.ExtendedKeyUsage(
                [x509.ObjectIdentifier(o) for o in (oids.CLIENT_AUTH, oids.EMAIL_PROTECTION)]
            ),
            False,
        ),
        (x509.BasicConstraints(ca=False, path_length=None), False),
        (
            x509.CRLDistributionPoints([x509.DistributionPoint([place], None, None, None)]),
            False,
        ),
        (
            x509.UnrecognizedExtension(
                x509.ObjectIdentifier(oids.ORGANIZATION_CODE), b"\x13\x09123456789"
            ),
            False,
        ),
    ):
        built = built.add_extension(extension, critical=critical)

    theirs = built.sign(people.ca.key.key, hashes.SHA256()).tbs_certificate_bytes

    assert certificates.encode(plan) == theirs


@each_algorithm
def test_asn1crypto_builds_the_same_bytes(algorithm):
    plan = plan_for(algorithm)
    identifier = signatures.identifier(plan.signature_algorithm)
    theirs = asn1crypto_x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": plan.serial,
            "signature": algos.SignedDigestAlgorithm.load(identifier),
            "issuer": asn1crypto_x509.Name.load(plan.issuer),
            "validity": {
                "not_before": asn1crypto_x509.Time(
                    name="utc_time", value=core.UTCTime(plan.not_before)
                ),
                "not_after": asn1crypto_x509.Time(
                    name="general_time", value=core.GeneralizedTime(plan.not_after)
                ),
            },
            "subject": asn1crypto_x509.Name.build(
                {
                    "country_name": "CN",
                    "organization_name": "晨星有限公司",
                    "common_name": "王小明",
                }
            ),
            "subject_public_key_info": asn1crypto_keys.PublicKeyInfo.load(plan.public_key.spki),
            "extensions": [
                {
                    "extn_id": extension.oid,
                    "critical": extension.critical,
                    "extn_value": core.ParsableOctetString(extension.value),
                }
                for extension in plan.extensions
            ],
        }
    )

    assert certificates.encode(plan) == theirs.dump(force=True)


@each_algorithm
def test_what_was_planned_is_what_the_certificate_says(algorithm):
    plan, issuer = plan_for(algorithm), hierarchy(algorithm).ca
    tbs = certificates.encode(plan)

    certificate = certificates.parse(certificates.assemble(tbs, issuer.key.sign(tbs)))

    assert certificate.tbs == tbs
    assert certificate.serial == plan.serial
    assert certificate.issuer.der == plan.issuer
    assert certificate.subject == plan.subject
    assert certificate.not_before == plan.not_before
    assert certificate.not_after == plan.not_after
    assert certificate.public_key == plan.public_key
    assert certificate.extensions == plan.extensions
    assert certificate.signature_algorithm == plan.signature_algorithm
    assert certificate.key_usage == {"digitalSignature", "nonRepudiation"}
    assert not certificate.is_ca
    certificates.verify(certificate, issuer.certificate, AT)


def test_pem_and_der_are_the_same_certificate():
    data = SM2.signing.certificate.der

    assert certificates.parse(pem.write("CERTIFICATE", data)) == certificates.parse(data)


def test_a_certificate_is_known_by_two_digests():
    import hashlib

    certificate = SM2.signing.certificate

    assert certificate.fingerprint_sm3 == sm3(certificate.der).hex()
    assert certificate.fingerprint_sha256 == hashlib.sha256(certificate.der).hexdigest()


def test_absent_parameters_of_the_signature_are_read_where_both_places_agree():
    absent = der.sequence(der.oid(oids.SM2_WITH_SM3))
    written = signatures.identifier("sm2-sm3")
    body = der.only(SM2.signing.certificate.tbs).rest().replace(written, absent)
    tbs = der.sequence(body)

    certificate = certificates.parse(certificates.assemble(tbs, SM2.ca.key.sign(tbs)))

    certificates.verify(certificate, SM2.ca.certificate)
    differing = der.sequence(tbs, written, der.bit_string(b""))
    assert rule_of(certificates.parse, differing) == "certificate.algorithm_mismatch"


DATA = SM2.signing.certificate.der
TBS = SM2.signing.certificate.tbs


def around(tbs: bytes) -> bytes:
    return der.sequence(tbs, signatures.identifier("sm2-sm3"), der.bit_string(b""))


def with_version(number: int) -> bytes:
    return around(der.sequence(der.explicit(0, der.integer(number)), der.only(TBS).rest()[5:]))


PARSING = {
    "nothing": (b"", "certificate.not_pem_or_der"),
    "text": (b"certificate", "certificate.not_pem_or_der"),
    "a request's label": (
        pem.write("CERTIFICATE REQUEST", DATA),
        "certificate.not_pem_or_der",
    ),
    "trailing byte": (DATA + b"\x00", "certificate.trailing_bytes"),
    "cut off": (DATA[:-1], "certificate.not_der"),
    "no body": (around(der.sequence()), "certificate.not_der"),
    "version 4": (with_version(3), "certificate.version"),
    "version 0": (with_version(-1), "certificate.version"),
    "unknown algorithm": (
        der.sequence(
            der.sequence(
                der.only(TBS)
                .rest()
                .replace(signatures.identifier("sm2-sm3"), der.sequence(der.oid("1.2.3")))
            ),
            der.sequence(der.oid("1.2.3")),
            der.bit_string(b""),
        ),
        "signature.unknown_algorithm",
    ),
}


@pytest.mark.parametrize("name", PARSING)
def test_what_is_no_certificate_is_refused_by_its_own_rule(name):
    data, rule = PARSING[name]

    assert rule_of(certificates.parse, data) == rule


def test_a_certificate_of_version_1_is_read():
    body = der.only(TBS)
    body.optional(0xA0)
    fields = [body.any().der for _ in range(6)]

    assert certificates.parse(around(der.sequence(*fields))).body.version == 1


@pytest.mark.parametrize("octets", [16, 17, 20])
@pytest.mark.parametrize("filling", [b"\x00", b"\xff"])
def test_a_serial_number_has_as_many_octets_as_its_entropy(octets, filling):
    serial = certificates.serial_from(octets * filling)

    assert len(der.integer(serial)) == 2 + octets
    assert serial > 0


@pytest.mark.parametrize("octets", [15, 21])
def test_a_serial_number_of_another_size_is_not_made(octets):
    assert rule_of(certificates.serial_from, bytes(octets)) == "certificate.serial"


def test_different_entropy_makes_different_serial_numbers():
    ends = {certificates.serial_from(bytes(15) + bytes([last])) for last in range(256)}

    assert len(ends) == 256


BEIJING = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"serial": 0}, "certificate.serial"),
        ({"serial": -1}, "certificate.serial"),
        ({"serial": 1 << 159}, "certificate.serial"),
        ({"not_before": datetime(2026, 1, 1)}, "certificate.time"),
        ({"not_after": datetime(2027, 1, 1, 0, 0, 0, 1, tzinfo=UTC)}, "certificate.time"),
        ({"signature_algorithm": "rsa-sha1"}, "signature.weak_algorithm"),
        ({"serial": (1 << 159) - 1}, ""),
        ({"not_before": datetime(2026, 1, 1, tzinfo=BEIJING)}, ""),
    ],
)
def test_a_plan_that_cannot_be_written_is_refused(change, rule):
    assert rule_of(certificates.encode, replace(plan_for("sm2"), **change)) == rule


def test_nothing_is_assembled_around_bytes_that_are_no_body():
    assert rule_of(certificates.assemble, b"\x30\x00", b"") == "certificate.not_der"


CA = SM2.ca.certificate
AREAS = ("certificate", "signature", "name", "key", "der", "pem")


def read_it_all(data: bytes) -> None:
    certificate = certificates.parse(data)
    describing.describe(certificate)
    certificates.verify(certificate, CA, AT)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_certificate_or_refused(noise):
    for data in (noise, der.sequence(noise), around(noise), around(der.sequence(noise))):
        assert rule_of(read_it_all, data).partition(".")[0] in AREAS


@given(st.integers(0, len(DATA)), st.integers(0, len(DATA)), st.binary(max_size=8))
def test_a_certificate_with_a_piece_replaced_is_refused(start, end, piece):
    data = DATA[:start] + piece + DATA[end:]

    if data != DATA:
        assert rule_of(read_it_all, data).partition(".")[0] in AREAS
