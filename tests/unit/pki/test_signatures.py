"""Signatures: one way to write the algorithm, and a name for every known wrong way to sign."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given
from hypothesis import strategies as st

from pki import der, keys, oids, signatures
from pki.sm.sm3 import sm3
from tests.unit.pki.refusing import rule_of

SM2, RSA, P256 = (keys.generate(algorithm) for algorithm in ("sm2", "rsa-2048", "ec-p256"))
MESSAGE = b"message"


def raw(signature: bytes) -> bytes:
    reader = der.only(signature)
    return b"".join(reader.integer().to_bytes(32, "big") for _ in "rs")


@pytest.mark.parametrize("key", [SM2, RSA, P256], ids=["sm2", "rsa", "ec"])
def test_a_signature_holds_for_its_message_alone(key):
    signature = key.sign(MESSAGE)

    signatures.verify(key.public, MESSAGE, signature, key.signature_algorithm)
    assert (
        rule_of(signatures.verify, key.public, b"other", signature, key.signature_algorithm)
        == "signature.bad_signature"
    )


@pytest.mark.parametrize(
    ("signature", "rule"),
    [
        (SM2.key.sign_digest(sm3(MESSAGE)), "sm2_without_z"),
        (SM2.key.sign(MESSAGE, b""), "sm2_empty_id"),
        (raw(SM2.sign(MESSAGE)), "sm2_raw_signature"),
        (raw(SM2.key.sign_digest(sm3(MESSAGE))), "sm2_raw_signature"),
        (raw(SM2.key.sign(MESSAGE, b"")), "sm2_raw_signature"),
        (SM2.key.sign(MESSAGE, b"ALICE123@YAHOO.COM"), "bad_signature"),
        (SM2.sign(b"other"), "bad_signature"),
        (SM2.sign(MESSAGE) + b"\x00", "bad_signature"),
        (bytes(64), "bad_signature"),
        (b"\xff" * 64, "bad_signature"),
        (b"", "bad_signature"),
    ],
    ids=range(11),
)
def test_every_wrong_way_to_sign_with_sm2_is_refused_by_name(signature, rule):
    arguments = (SM2.public, MESSAGE, signature, "sm2-sm3")

    assert rule_of(signatures.verify, *arguments) == f"signature.{rule}"
    assert rule_of(signatures.verify, *arguments, about="request") == f"request.{rule}"


@pytest.mark.parametrize("number", [0, 1, -1])
def test_an_sm2_signature_with_zero_or_negative_numbers_does_not_hold(number):
    r = der.only(SM2.sign(MESSAGE)).integer()
    for pair in ((number, r), (r, number), (r, -r)):
        signature = der.sequence(*map(der.integer, pair))
        assert rule_of(signatures.verify, SM2.public, MESSAGE, signature, "sm2-sm3") == (
            "signature.bad_signature"
        )


def test_a_key_does_not_verify_with_the_algorithm_of_another():
    for key, algorithm in ((SM2, "rsa-sha256"), (RSA, "sm2-sm3"), (P256, "sm2-sm3")):
        rule = rule_of(signatures.verify, key.public, MESSAGE, key.sign(MESSAGE), algorithm)
        assert rule == "signature.bad_signature"
    for key, algorithm in ((SM2, "sm2-sha256"), (RSA, "rsa-none"), (P256, "ecdsa-none")):
        assert not key.public.verify(MESSAGE, key.sign(MESSAGE), algorithm)


@pytest.mark.parametrize(
    ("digest", "algorithm"),
    [
        (hashes.SHA1(), "rsa-sha1"),
        (hashes.SHA384(), "rsa-sha384"),
        (hashes.SHA512(), "rsa-sha512"),
    ],
    ids=["sha1", "sha384", "sha512"],
)
def test_other_digests_are_verified_too(digest, algorithm):
    signature = RSA.key.sign(MESSAGE, padding.PKCS1v15(), digest)

    signatures.verify(RSA.public, MESSAGE, signature, algorithm)


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("sm2-sm3", "300c06082a811ccf550183750500"),
        ("rsa-sha256", "300d06092a864886f70d01010b0500"),
        ("ecdsa-sha256", "300a06082a8648ce3d040302"),
    ],
)
def test_an_algorithm_is_written_in_one_form(name, encoded):
    assert signatures.identifier(name) == bytes.fromhex(encoded)
    assert signatures.parse_identifier(bytes.fromhex(encoded)) == name


def test_sm2_without_parameters_is_read_as_well():
    assert signatures.parse_identifier(bytes.fromhex("300a06082a811ccf55018375")) == "sm2-sm3"


@pytest.mark.parametrize("name", ["rsa-sha1", "rsa-md5", "ecdsa-sha1", "rsa-sm3", "nothing"])
def test_nothing_is_signed_with_a_weak_algorithm(name):
    assert rule_of(signatures.identifier, name) == "signature.weak_algorithm"


def test_old_algorithms_are_still_told_by_name():
    encoded = der.sequence(der.oid(oids.RSA_WITH_SHA1), der.NULL)

    assert signatures.parse_identifier(encoded) == "rsa-sha1"


def test_foreign_algorithms_and_parameters_are_refused():
    pss = der.sequence(der.oid("1.2.840.113549.1.1.10"))
    odd = der.sequence(der.oid(oids.SM2_WITH_SM3), der.integer(1))

    assert rule_of(signatures.parse_identifier, pss) == "signature.unknown_algorithm"
    assert rule_of(signatures.parse_identifier, odd) == "signature.parameters"


@given(st.binary(max_size=100))
def test_no_noise_is_a_signature_of_any_key(noise):
    for key in (SM2, RSA, P256):
        arguments = (key.public, MESSAGE, noise, key.signature_algorithm)
        assert rule_of(signatures.verify, *arguments) == "signature.bad_signature"
