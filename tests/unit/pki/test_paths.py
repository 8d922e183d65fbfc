"""One certificate vouches for the next, link by link (CPS-7.1)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki import certificates, der, extensions, keys, names, oids, publickeys, signatures
from pki.certificates import Plan
from pki.sm.sm3 import sm3
from tests.support.pki import ALGORITHMS, AT, DAY, Hierarchy, Holder, as_ca, certify, hierarchy
from tests.unit.pki.planning import WANG, plan_for
from tests.unit.pki.refusing import rule_of

SM2 = hierarchy("sm2")
TBS = SM2.signing.certificate.tbs
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)


@each_algorithm
def test_every_link_of_a_path_holds(algorithm):
    people = hierarchy(algorithm)
    links = [
        (people.root, people.root),
        (people.ca, people.root),
        (people.signing, people.ca),
        (people.encryption, people.ca),
        (people.responder, people.ca),
    ]
    for lower, upper in links:
        certificates.verify(lower.certificate, upper.certificate, AT)


def resigned(holder: Holder, signature: bytes) -> certificates.Certificate:
    return certificates.parse(certificates.assemble(holder.certificate.tbs, signature))


def raw(signature: bytes) -> bytes:
    reader = der.only(signature)
    return b"".join(reader.integer().to_bytes(32, "big") for _ in "rs")


def critical(oid: str) -> extensions.Extension:
    return extensions.Extension(oid, True, der.printable("1"))


def under(people: Hierarchy, *said: extensions.Extension) -> certificates.Certificate:
    return certify(keys.generate("ec-p256"), WANG, said, issuer=people.ca).certificate


CA, ROOT, SIGNING = SM2.ca.certificate, SM2.root.certificate, SM2.signing.certificate
NAMESAKE = certify(keys.generate("sm2"), SM2.ca.name, as_ca()).certificate
NO_SIGNER = certify(
    SM2.ca.key, SM2.ca.name, (extensions.basic_constraints(True), extensions.key_usage(["cRLSign"]))
).certificate
E_SIGN = SM2.ca.key.key
VERIFYING = {
    "another CA": (SIGNING, ROOT, "certificate.wrong_issuer"),
    "a namesake": (SIGNING, NAMESAKE, "certificate.wrong_issuer"),
    "an end entity": (
        certify(keys.generate("sm2"), WANG, (), issuer=SM2.signing).certificate,
        SIGNING,
        "certificate.issuer_not_ca",
    ),
    "a CA for lists alone": (SIGNING, NO_SIGNER, "certificate.issuer_not_ca"),
    "a CA below path length 0": (
        certify(keys.generate("sm2"), WANG, as_ca(), issuer=SM2.ca).certificate,
        CA,
        "certificate.path_length",
    ),
    "something critical": (
        under(SM2, critical("1.2.3.4")),
        CA,
        "certificate.unknown_critical_extension",
    ),
    "forged": (
        resigned(SM2.signing, keys.generate("sm2").sign(TBS)),
        CA,
        "certificate.bad_signature",
    ),
    "without Z": (
        resigned(SM2.signing, E_SIGN.sign_digest(sm3(TBS))),
        CA,
        "certificate.sm2_without_z",
    ),
    "with an empty identity": (
        resigned(SM2.signing, E_SIGN.sign(TBS, b"")),
        CA,
        "certificate.sm2_empty_id",
    ),
    "r and s bare": (
        resigned(SM2.signing, raw(E_SIGN.sign(TBS))),
        CA,
        "certificate.sm2_raw_signature",
    ),
}


@pytest.mark.parametrize("name", VERIFYING)
def test_a_broken_link_is_refused_by_its_own_rule(name):
    lower, upper, rule = VERIFYING[name]

    assert rule_of(certificates.verify, lower, upper, AT) == rule


@pytest.mark.parametrize("oid", [*oids.NATIONAL_IDENTITY, *oids.NATIONAL_IDENTITY.values()])
def test_critical_national_extensions_are_understood(oid):
    certificates.verify(under(SM2, critical(oid)), CA, AT)


def test_a_certificate_is_valid_from_its_first_to_its_last_second():
    second = timedelta(seconds=1)

    for at, rule in (
        (SIGNING.not_before - second, "certificate.not_yet_valid"),
        (SIGNING.not_before, ""),
        (SIGNING.not_after, ""),
        (SIGNING.not_after + second, "certificate.expired"),
    ):
        assert rule_of(certificates.verify, SIGNING, CA, at) == rule


def test_an_expired_issuer_does_not_vouch():
    short = certify(
        SM2.ca.key, SM2.ca.name, as_ca(), issuer=SM2.root, not_after=AT - DAY
    ).certificate

    assert rule_of(certificates.verify, SIGNING, short, AT) == "certificate.expired"
    certificates.verify(SIGNING, short)


def test_an_issuer_s_name_in_other_string_types_is_the_same_name():
    printable = names.parse(
        der.sequence(
            *(
                der.set_of(der.sequence(der.oid(oid), der.printable(text)))
                for oid, text in ((oids.COUNTRY, "CN"), (oids.COMMON_NAME, "Test CA"))
            )
        )
    )
    issuer = certify(SM2.ca.key, names.build([("C", "CN"), ("CN", "TEST CA")]), as_ca())
    tbs = certificates.encode(replace(plan_for("sm2"), issuer=printable.der))
    certificate = certificates.parse(certificates.assemble(tbs, SM2.ca.key.sign(tbs)))

    certificates.verify(certificate, issuer.certificate, AT)


def test_sha_1_is_verified_for_old_certificates_only():
    people = hierarchy("rsa-2048")
    sha1 = der.sequence(der.oid(oids.RSA_WITH_SHA1), der.NULL)
    written = signatures.identifier("rsa-sha256")
    tbs = der.sequence(der.only(people.signing.certificate.tbs).rest().replace(written, sha1))
    signature = people.ca.key.key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    old = certificates.parse(certificates.assemble(tbs, signature))

    issuer = people.ca.certificate
    assert rule_of(certificates.verify, old, issuer) == "certificate.weak_signature"
    certificates.verify(old, issuer, AT, legacy=True)


def test_rsa_1024_vouches_for_old_certificates_only():
    short = rsa.generate_private_key(65537, 1024)
    spki = short.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    name = names.build([("C", "CN"), ("CN", "旧根")])
    plan = Plan(
        serial=certificates.serial_from(bytes(16)),
        issuer=name.der,
        subject=name,
        public_key=publickeys.parse(spki, legacy=True),
        not_before=AT - DAY,
        not_after=AT + DAY,
        signature_algorithm="rsa-sha256",
        extensions=as_ca(),
    )
    tbs = certificates.encode(plan)
    signature = short.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
    old = certificates.parse(certificates.assemble(tbs, signature))

    assert rule_of(certificates.verify, old, old, AT) == "certificate.weak_key"
    certificates.verify(old, old, AT, legacy=True)
