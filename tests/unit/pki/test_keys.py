"""Private keys in software: stored, read back, and refused when they do not fit."""

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from pki import der, keys, oids, signatures
from pki.sm import sm2, sm4
from tests.unit.pki.refusing import rule_of

ALGORITHMS = ("sm2", "rsa-2048", "ec-p256", "ec-p384")
SM2 = keys.generate("sm2")
FAST = 1000  # iterations


def sm2_pkcs8(inner: bytes, version: int = 0) -> bytes:
    algorithm = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.CURVE_SM2))
    return der.sequence(der.integer(version), algorithm, der.octet_string(inner))


def ec_private_key(scalar: bytes, *more: bytes, version: int = 1) -> bytes:
    return der.sequence(der.integer(version), der.octet_string(scalar), *more)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("passphrase", [None, b"", "口令".encode()])
def test_a_stored_key_comes_back(algorithm, passphrase):
    key = keys.generate(algorithm)

    stored = keys.private_key_to_pkcs8(key, passphrase, iterations=FAST)

    again = keys.parse_pkcs8(stored, passphrase)
    assert again.public == key.public
    assert key.public.verify(b"message", again.sign(b"message"), key.signature_algorithm)


@pytest.mark.parametrize("algorithm", ["sm2", "rsa-2048", "ec-p256"])
def test_openssl_opens_a_stored_key(algorithm, tmp_path):
    key = keys.generate(algorithm)
    path = tmp_path / "key.der"
    path.write_bytes(keys.private_key_to_pkcs8(key, b"passphrase", iterations=FAST))

    command = ["openssl", "pkey", "-inform", "DER", "-passin", "pass:passphrase", "-pubout"]
    shown = subprocess.run(
        [*command, "-outform", "DER", "-in", path], check=True, capture_output=True
    )

    assert shown.stdout == key.public.spki


def test_openssl_s_sm2_keys_are_read(tmp_path):
    pem, stored = tmp_path / "key.pem", tmp_path / "key.der"
    make = ["genpkey", "-algorithm", "SM2", "-out", pem]
    lock = ["pkcs8", "-topk8", "-v2", "sm4-cbc", "-passout", "pass:passphrase"]
    for command in (make, [*lock, "-in", pem, "-outform", "DER", "-out", stored]):
        subprocess.run(["openssl", *command], check=True, capture_output=True)

    key = keys.parse_pkcs8(stored.read_bytes(), b"passphrase")

    assert key.algorithm == "sm2"
    assert key.public.verify(b"message", key.sign(b"message"), "sm2-sm3")


def test_a_key_under_aes_256_is_read():
    stored = ec.derive_private_key(2317, ec.SECP256R1()).private_bytes(
        Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"passphrase")
    )

    assert keys.parse_pkcs8(stored, b"passphrase").algorithm == "ec-p256"


@pytest.mark.parametrize("parameters", [b"", der.NULL])
def test_a_key_under_hmac_sm3_is_read(parameters):
    import hashlib

    derived = hashlib.pbkdf2_hmac("sm3", b"passphrase", b"salt", FAST, 16)
    plain = keys.private_key_to_pkcs8(SM2)
    prf = der.sequence(der.oid(oids.HMAC_SM3), parameters)
    stored = encrypted(prf=prf, ciphertext=sm4.encrypt_cbc(derived, bytes(16), plain))

    assert keys.parse_pkcs8(stored, b"passphrase").public == SM2.public


def encrypted(
    *,
    scheme: str = oids.PBES2,
    derivation: str = oids.PBKDF2,
    iterations: int = FAST,
    length: bytes = b"",
    prf: bytes = der.sequence(der.oid(oids.HMAC_SHA256), der.NULL),
    cipher: str = oids.SM4_CBC,
    iv: bytes = bytes(16),
    ciphertext: bytes = bytes(16),
) -> bytes:
    derive = der.sequence(der.octet_string(b"salt"), der.integer(iterations), length, prf)
    parameters = der.sequence(
        der.sequence(der.oid(derivation), derive),
        der.sequence(der.oid(cipher), der.octet_string(iv)),
    )
    return der.sequence(der.sequence(der.oid(scheme), parameters), der.octet_string(ciphertext))


@pytest.mark.parametrize(
    ("stored", "rule"),
    [
        (encrypted(), "key.passphrase"),
        (encrypted(ciphertext=b"short"), "key.passphrase"),
        (encrypted(cipher=oids.AES_256_CBC), "key.passphrase"),
        (encrypted(scheme="1.2.840.113549.1.12.1.3"), "key.encryption"),
        (encrypted(derivation="1.3.6.1.4.1.11591.4.11"), "key.encryption"),
        (encrypted(iterations=0), "key.encryption"),
        (encrypted(iterations=10_000_001), "key.encryption"),
        (encrypted(prf=der.sequence(der.oid(oids.SHA1))), "key.encryption"),
        (encrypted(cipher="1.2.840.113549.3.7"), "key.encryption"),
        (encrypted(iv=bytes(8)), "key.encryption"),
        (encrypted(length=der.integer(32)), "key.encryption"),
        (b"\x30", "key.not_der"),
    ],
)
def test_a_wrong_passphrase_and_foreign_schemes_are_refused(stored, rule):
    assert rule_of(keys.parse_pkcs8, stored, b"passphrase") == rule


def test_a_key_is_not_opened_with_another_passphrase():
    stored = keys.private_key_to_pkcs8(SM2, b"right", iterations=FAST)

    assert rule_of(keys.parse_pkcs8, stored, b"wrong") in ("key.passphrase", "key.not_der")
    assert rule_of(keys.parse_pkcs8, stored) == "key.not_der"


SCALAR = bytes(31) + b"\x11"
OTHER_POINT = der.explicit(1, der.bit_string(SM2.public.key))
OWN_POINT = der.explicit(1, der.bit_string(sm2.PrivateKey.from_scalar(SCALAR).public.point))


def test_curve_and_point_beside_the_scalar_may_be_absent():
    curve = der.explicit(0, der.oid(oids.CURVE_SM2))
    for more in ((), (curve,), (OWN_POINT,), (curve, OWN_POINT)):
        key = keys.parse_pkcs8(sm2_pkcs8(ec_private_key(SCALAR, *more)))
        assert key.public.key == sm2.PrivateKey.from_scalar(SCALAR).public.point


@pytest.mark.parametrize(
    ("stored", "rule"),
    [
        (b"", "key.not_der"),
        (sm2_pkcs8(b""), "key.not_der"),
        (sm2_pkcs8(ec_private_key(SCALAR), version=2), "key.version"),
        (sm2_pkcs8(ec_private_key(SCALAR, version=0)), "key.parameters"),
        (
            sm2_pkcs8(ec_private_key(SCALAR, der.explicit(0, der.oid(oids.CURVE_P256)))),
            "key.parameters",
        ),
        (sm2_pkcs8(ec_private_key(SCALAR[1:])), "key.scalar_out_of_range"),
        (
            sm2_pkcs8(ec_private_key((sm2.ORDER - 1).to_bytes(32, "big"))),
            "key.scalar_out_of_range",
        ),
        (sm2_pkcs8(ec_private_key(sm2.ORDER.to_bytes(32, "big"))), "key.scalar_out_of_range"),
        (sm2_pkcs8(ec_private_key(SCALAR, OTHER_POINT)), "key.mismatch"),
        (
            der.sequence(
                der.integer(0),
                der.sequence(der.oid(oids.RSA_ENCRYPTION), der.NULL),
                der.octet_string(b""),
            ),
            "key.not_der",
        ),
        (
            ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).private_bytes(
                Encoding.DER, PrivateFormat.PKCS8, NoEncryption()
            ),
            "key.unknown_algorithm",
        ),
    ],
    ids=range(11),
)
def test_what_is_no_private_key_of_ours_is_refused(stored, rule):
    assert rule_of(keys.parse_pkcs8, stored) == rule


def test_only_known_algorithms_are_made():
    assert rule_of(keys.generate, "rsa-1024") == "key.unknown_algorithm"


def test_a_key_in_a_device_is_not_stored():
    class InDevice:
        algorithm, signature_algorithm = "sm2", "sm2-sm3"
        public = SM2.public

        def sign(self, message: bytes) -> bytes:
            return SM2.sign(message)

    assert rule_of(keys.private_key_to_pkcs8, InDevice()) == "key.not_exportable"


@pytest.mark.parametrize(
    ("algorithm", "signs_with"),
    [
        ("sm2", "sm2-sm3"),
        ("rsa-2048", "rsa-sha256"),
        ("ec-p256", "ecdsa-sha256"),
        ("ec-p384", "ecdsa-sha384"),
    ],
)
def test_each_kind_of_key_has_its_way_to_sign(algorithm, signs_with):
    key = keys.generate(algorithm)

    assert key.signature_algorithm == signs_with
    assert signatures.fits(key.algorithm, signs_with)


@given(st.binary(max_size=120))
def test_any_bytes_are_a_private_key_or_refused(noise):
    for data in (noise, sm2_pkcs8(noise), encrypted(ciphertext=noise, iterations=1)):
        for passphrase in (None, b"passphrase"):
            assert rule_of(keys.parse_pkcs8, data, passphrase).partition(".")[0] == "key"
