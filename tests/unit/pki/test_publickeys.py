"""Public keys: one encoding each, and none that is weak (CPS-6.1.5, CPS-6.1.6)."""

import hashlib
import math

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pki import der, keys, oids, publickeys
from pki.errors import Refused
from pki.sm import sm2
from pki.sm.sm3 import sm3
from tests.unit.pki.refusing import rule_of

KEY = keys.Sm2Key(sm2.PrivateKey.from_scalar(bytes(30) + b"\x23\x17")).public
POINT = KEY.key
EC, SM2_CURVE = der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.CURVE_SM2)
PRIME = 2**2048 - 1942289  # odd, 2048 bits, without a factor below 752


def spki(point: bytes = POINT, *, algorithm: bytes = EC, parameters: bytes = SM2_CURVE) -> bytes:
    return der.sequence(der.sequence(algorithm, parameters), der.bit_string(point))


def rsa_spki(modulus: int = PRIME, exponent: int = 65537, parameters: bytes = der.NULL) -> bytes:
    key = der.sequence(der.integer(modulus), der.integer(exponent))
    return der.sequence(der.sequence(der.oid(oids.RSA_ENCRYPTION), parameters), der.bit_string(key))


@pytest.mark.parametrize(
    ("made", "algorithm", "bits"),
    [
        ("sm2", "sm2", 256),
        ("ec-p256", "ec-p256", 256),
        ("ec-p384", "ec-p384", 384),
        ("rsa-2048", "rsa", 2048),
    ],
)
def test_the_keys_in_use_are_told_apart(made, algorithm, bits):
    key = keys.generate(made).public

    assert publickeys.parse(key.spki) == key
    assert (key.kind, key.algorithm, key.bits) == (made, algorithm, bits)


def test_a_key_is_known_by_sm3_of_its_whole_and_sha1_of_its_bits():
    assert KEY.fingerprint == sm3(KEY.spki).hex()
    assert KEY.key_identifier == hashlib.sha1(POINT).digest()


def test_an_sm2_key_is_91_octets_of_one_form():
    assert KEY.spki == bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200") + POINT


def test_a_key_that_names_its_curve_twice_goes_on_in_the_standard_form():
    twice = spki(algorithm=SM2_CURVE)

    assert publickeys.parse(twice).spki == KEY.spki


def elsewhere(curve: ec.EllipticCurve) -> bytes:
    key = ec.derive_private_key(2317, curve).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


FIELD = der.sequence(der.oid("1.2.840.10045.1.1"), der.integer(7))
EXPLICIT = der.sequence(der.integer(1), FIELD)
BASE = sm2.PrivateKey.from_scalar((1).to_bytes(32, "big")).public.point
NEGATIVE = sm2.PrivateKey.from_scalar((sm2.ORDER - 2).to_bytes(32, "big")).public.point
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
MINUS_Y = (P - int.from_bytes(BASE[33:], "big")).to_bytes(32, "big")


BAD = {
    "nothing": (b"", "key.not_der"),
    "text": (b"not a key", "key.not_der"),
    "cut off": (spki()[:-1], "key.not_der"),
    "trailing byte": (spki() + b"\x00", "key.trailing_bytes"),
    "huge": (bytes(20000), "key.too_large"),
    "Ed25519": (spki(algorithm=der.oid("1.3.101.112"), parameters=b""), "key.unknown_algorithm"),
    "no parameters": (spki(parameters=b""), "key.parameters"),
    "NULL parameters": (spki(parameters=der.NULL), "key.parameters"),
    "strange parameters": (spki(parameters=der.integer(1)), "key.parameters"),
    "explicit parameters": (spki(parameters=EXPLICIT), "key.explicit_parameters"),
    "secp256k1": (elsewhere(ec.SECP256K1()), "key.wrong_curve"),
    "P-521": (elsewhere(ec.SECP521R1()), "key.wrong_curve"),
    "compressed, even": (spki(b"\x02" + POINT[1:33]), "key.compressed_point"),
    "compressed, odd": (spki(b"\x03" + POINT[1:33]), "key.compressed_point"),
    "hybrid": (spki(b"\x06" + POINT[1:]), "key.hybrid_point"),
    "infinity": (spki(b"\x00"), "key.point_at_infinity"),
    "all zero": (spki(b"\x04" + bytes(64)), "key.point_at_infinity"),
    "empty": (spki(b""), "key.point_at_infinity"),
    "without 04": (spki(b"\x05" + POINT[1:]), "key.point_form"),
    "too short": (spki(POINT[:-1]), "key.point_form"),
    "too long": (spki(POINT + b"\x00"), "key.point_form"),
    "off the curve": (spki(POINT[:-1] + bytes([POINT[-1] ^ 1])), "key.point_off_curve"),
    "x = p": (spki(b"\x04" + P.to_bytes(32, "big") + POINT[33:]), "key.point_off_curve"),
    "SM2 named P-256": (spki(parameters=der.oid(oids.CURVE_P256)), "key.point_off_curve"),
    "P-256 named SM2": (
        spki(publickeys.parse(elsewhere(ec.SECP256R1())).key),
        "key.point_off_curve",
    ),
    "G": (spki(BASE), "key.trivial_point"),
    "-G": (spki(b"\x04" + BASE[1:33] + MINUS_Y), "key.trivial_point"),
    "-2G": (spki(NEGATIVE), "key.trivial_point"),
    "RSA without NULL": (rsa_spki(parameters=b""), "key.parameters"),
    "RSA-2047": (rsa_spki(modulus=PRIME >> 1 | 1), "key.rsa_too_short"),
    "RSA-1023": (rsa_spki(modulus=1 << 1022 | 1), "key.rsa_too_short"),
    "RSA-8193": (rsa_spki(modulus=1 << 8192 | 1), "key.rsa_too_long"),
    "RSA, e = 3": (rsa_spki(exponent=3), "key.rsa_exponent"),
    "RSA, e = 65535": (rsa_spki(exponent=65535), "key.rsa_exponent"),
    "RSA, e even": (rsa_spki(exponent=65538), "key.rsa_exponent"),
    "RSA, e huge": (rsa_spki(exponent=1 << 256 | 1), "key.rsa_exponent"),
    "RSA, e negative": (rsa_spki(exponent=-65537), "key.rsa_exponent"),
    "RSA, n even": (rsa_spki(modulus=PRIME - 1), "key.rsa_modulus"),
    "RSA, n = 751...": (rsa_spki(modulus=751 * (PRIME // 751 | 1)), "key.rsa_modulus"),
    "RSA, no numbers": (
        der.sequence(der.sequence(der.oid(oids.RSA_ENCRYPTION), der.NULL), der.bit_string(b"0")),
        "key.not_der",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_every_bad_key_is_refused_by_its_own_rule(name):
    data, rule = BAD[name]

    assert rule_of(publickeys.parse, data) == rule


def test_the_base_points_of_the_other_curves_are_refused_too():
    for curve in (ec.SECP256R1(), ec.SECP384R1()):
        key = ec.derive_private_key(16, curve).public_key()
        data = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert rule_of(publickeys.parse, data) == "key.trivial_point"


def test_the_first_multiple_beyond_the_list_is_a_key():
    point = sm2.PrivateKey.from_scalar((17).to_bytes(32, "big")).public.point

    assert publickeys.parse(spki(point)).key == point


def test_rsa_is_2048_bits_or_more_and_old_keys_are_only_read():
    short = rsa_spki(modulus=PRIME >> 1 | 1)

    assert publickeys.parse(rsa_spki()).bits == 2048
    assert publickeys.parse(short, legacy=True).bits == 2047
    assert rule_of(publickeys.parse, short) == "key.rsa_too_short"


def test_a_modulus_with_the_mark_of_roca_is_refused():
    step = 2 * math.prod(publickeys._ROCA_PRIMES)
    start = pow(65537, 5, step)  # odd, and a power of 65537 modulo each of the primes
    modulus = next(
        n
        for n in range(start + (1 << 2047) // step * step + step, 1 << 2048, step)
        if math.gcd(n, publickeys._SMALL_FACTORS) == 1
    )

    assert rule_of(publickeys.parse, rsa_spki(modulus=modulus)) == "key.rsa_roca"


def test_a_modulus_of_two_close_factors_is_refused():
    lower = (1 << 1024) - 105  # prime
    distant = lower - (1 << 600)
    near = next(n for n in range(lower - 2, 0, -2) if math.gcd(n, publickeys._SMALL_FACTORS) == 1)
    far = next(n for n in range(distant, 0, -2) if math.gcd(n, publickeys._SMALL_FACTORS) == 1)

    close = rsa_spki(modulus=lower * near)
    assert rule_of(publickeys.parse, close) == "key.rsa_close_primes"
    assert rule_of(publickeys.parse, rsa_spki(modulus=lower * far)) == ""


def test_the_smallest_exponent_is_65537():
    assert publickeys.parse(rsa_spki(exponent=65537)).algorithm == "rsa"


def test_only_an_sm2_key_is_used_as_one():
    assert KEY.sm2.point == POINT
    with pytest.raises(Refused, match=r"key\.not_sm2"):
        _ = keys.generate("ec-p256").public.sm2


@given(st.binary(max_size=200))
@example(spki())
@settings(max_examples=200)
def test_any_bytes_are_a_key_or_refused(noise):
    candidates = (noise, spki(noise), spki(parameters=noise), spki(b"\x04" + noise[:64].ljust(64)))
    for data in candidates:
        assert rule_of(publickeys.parse, data).partition(".")[0] in ("", "key")
