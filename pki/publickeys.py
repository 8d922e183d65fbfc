"""Subject public keys: parse with suspicion, identify, verify.

Accepted: SM2, RSA from 2048 bits, P-256 and P-384, in exactly one encoding each.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pki import der, oids
from pki.errors import Malformed, Refused
from pki.sm import sm2
from pki.sm.sm3 import sm3

MIN_RSA_BITS = 2048  # CPS 6.1.5
LEGACY_RSA_BITS = 1024  # read, never certified again
MAX_RSA_BITS = 8192  # a larger key only costs us time
MIN_RSA_EXPONENT, MAX_RSA_EXPONENT_BITS = 65537, 256  # NIST SP 800-89 5.3.3
_SMALL_FACTORS = math.prod(n for n in range(3, 752, 2) if all(n % d for d in range(3, n, 2)))
_ROCA_PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)
_ROCA = {p: frozenset(pow(65537, k, p) for k in range(p)) for p in _ROCA_PRIMES}
_FERMAT_ROUNDS = 100
_TRIVIAL_MULTIPLES = 16  # k·G and -k·G up to here are keys anybody can guess

_EC_ALGORITHM = der.oid(oids.EC_PUBLIC_KEY)
_SM2_CURVE = der.oid(oids.CURVE_SM2)
_CURVES: dict[str, tuple[str, int, ec.EllipticCurve | None]] = {
    oids.CURVE_SM2: ("sm2", 32, None),
    oids.CURVE_P256: ("ec-p256", 32, ec.SECP256R1()),
    oids.CURVE_P384: ("ec-p384", 48, ec.SECP384R1()),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "md5": hashes.MD5(),  # noqa: S303 - to check old signatures; signatures.STRONG leaves it out
    "sha1": hashes.SHA1(),  # noqa: S303 - the same
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sm3": hashes.SM3(),
}


class _Verifier(Protocol):
    def __call__(self, message: bytes, signature: bytes, digest: str) -> bool: ...


@dataclass(frozen=True)
class PublicKey:
    """A checked public key. `algorithm` is sm2, rsa, ec-p256 or ec-p384; `spki` its one DER.

    `bits` is the size of the modulus or the field, `key` the content of the BIT STRING.
    """

    algorithm: str
    bits: int
    spki: bytes
    key: bytes
    _verifier: _Verifier = field(repr=False, compare=False)

    @property
    def kind(self) -> str:
        """As in pki.keys: sm2, rsa-2048, ec-p256."""
        return f"rsa-{self.bits}" if self.algorithm == "rsa" else self.algorithm

    @cached_property
    def fingerprint(self) -> str:
        """SM3 of the whole SPKI, hexadecimal."""
        return sm3(self.spki).hex()

    @cached_property
    def key_identifier(self) -> bytes:
        """SHA-1 of the BIT STRING's content (RFC 5280 4.2.1.2, method 1)."""
        return hashlib.sha1(self.key, usedforsecurity=False).digest()

    @property
    def sm2(self) -> sm2.PublicKey:
        """The SM2 key itself, for encryption and for digests. Raises Refused `key.not_sm2`."""
        if not isinstance(self._verifier, _Sm2Verifier):
            raise Refused("key.not_sm2", "This is not an SM2 key.")
        return self._verifier.key

    def verify(self, message: bytes, signature: bytes, signature_algorithm: str) -> bool:
        """Whether the signature holds under e.g. `sm2-sm3`; False if the key cannot do that."""
        family, _, digest = signature_algorithm.partition("-")
        own = {"sm2": "sm2", "rsa": "rsa"}.get(self.algorithm, "ecdsa")
        return family == own and self._verifier(message, signature, digest)


def parse(spki: bytes, *, legacy: bool = False) -> PublicKey:
    """A checked key from the DER of a SubjectPublicKeyInfo.

    `legacy` lets RSA from 1024 bits in, to read old certificates. Raises Malformed or Refused
    with rule `key.*`: trailing_bytes, not_der, unknown_algorithm, parameters, wrong_curve,
    explicit_parameters, compressed_point, point_at_infinity, point_off_curve, trivial_point,
    rsa_too_short, rsa_too_long, rsa_exponent, rsa_modulus, rsa_roca, rsa_close_primes.
    """
    if len(spki) > 2 * MAX_RSA_BITS:
        raise Refused("key.too_large", "The public key has more octets than any key of ours.")
    key = _parse(spki)
    least = LEGACY_RSA_BITS if legacy else MIN_RSA_BITS
    if key.algorithm == "rsa" and key.bits < least:
        raise Refused("key.rsa_too_short", f"RSA keys have at least {least} bits, not {key.bits}.")
    return key


@lru_cache(maxsize=1024)
def _parse(spki: bytes) -> PublicKey:
    with der.reading("key", "The public key"):
        reader = der.Reader(spki)
        inner = reader.enter()
        if reader:
            raise Malformed("key.trailing_bytes", "Bytes follow after the public key.")
        algorithm, key = inner.enter(), inner.bit_string()
        inner.finish()
        identifier = algorithm.oid()
        parameters = algorithm.any() if algorithm else None
        algorithm.finish()
    if identifier == oids.RSA_ENCRYPTION:
        return _rsa(spki, key, parameters)
    if identifier == oids.CURVE_SM2 and parameters and parameters.der == _SM2_CURVE:
        # OpenSSL 1.1.1 names the curve twice; the key goes on in the standard form
        spki = der.sequence(der.sequence(_EC_ALGORITHM, _SM2_CURVE), der.bit_string(key))
        identifier = oids.EC_PUBLIC_KEY
    if identifier == oids.EC_PUBLIC_KEY:
        return _elliptic(spki, key, parameters)
    raise Refused("key.unknown_algorithm", f"Keys of algorithm {identifier} are not used here.")


# -- elliptic curves ----------------------------------------------------------------------------


def _elliptic(spki: bytes, key: bytes, parameters: der.Value | None) -> PublicKey:
    algorithm, size, curve = _curve(parameters)
    _check_form(key, size)
    verifier: _Verifier = _Sm2Verifier(key) if curve is None else _EcVerifier(key, curve)
    if key[1 : 1 + size] in _trivial_points(algorithm):
        raise Refused("key.trivial_point", "The key is a small multiple of the base point.")
    return PublicKey(algorithm, 8 * size, spki, key, verifier)


def _curve(parameters: der.Value | None) -> tuple[str, int, ec.EllipticCurve | None]:
    if parameters is None or parameters.tag == der.NULL_TAG:
        raise Malformed("key.parameters", "The key does not name its curve.")
    if parameters.tag == der.SEQUENCE:
        raise Refused("key.explicit_parameters", "The curve is spelt out; it must be named.")
    if parameters.tag != der.OID:
        raise Malformed("key.parameters", "The key does not name its curve.")
    curve = der.decode_oid(parameters.content)
    if curve not in _CURVES:
        raise Refused("key.wrong_curve", f"Curve {curve} is not used here.")
    return _CURVES[curve]


def _check_form(key: bytes, size: int) -> None:
    form = key[:1]
    if form in (b"\x02", b"\x03"):
        raise Refused("key.compressed_point", "The point is compressed; it must be 04, X, Y.")
    if form in (b"\x06", b"\x07"):
        raise Refused("key.hybrid_point", "The point is in hybrid form; it must be 04, X, Y.")
    if form == b"\x00" or not any(key[1:]):
        raise Refused("key.point_at_infinity", "The point at infinity is no key.")
    if form != b"\x04" or len(key) != 1 + 2 * size:
        raise Malformed("key.point_form", "The point must be 04, X, Y in full length.")


class _Sm2Verifier:
    def __init__(self, point: bytes) -> None:
        self.key = sm2.PublicKey(point)

    def __call__(self, message: bytes, signature: bytes, digest: str) -> bool:
        return digest == "sm3" and self.key.verify(message, signature)


class _EcVerifier:
    def __init__(self, point: bytes, curve: ec.EllipticCurve) -> None:
        try:
            self._key = ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
        except ValueError:
            raise Malformed("key.point_off_curve", f"The point is not on {curve.name}.") from None

    def __call__(self, message: bytes, signature: bytes, digest: str) -> bool:
        if digest not in _HASHES:
            return False
        try:
            self._key.verify(signature, message, ec.ECDSA(_HASHES[digest]))
        except InvalidSignature:
            return False
        return True


@lru_cache
def _trivial_points(algorithm: str) -> frozenset[bytes]:
    """X of the first multiples of the base point; negatives have the same X."""
    if algorithm == "sm2":
        scalars = (k.to_bytes(32, "big") for k in range(1, _TRIVIAL_MULTIPLES + 1))
        return frozenset(sm2.PrivateKey.from_scalar(k).public.point[1:33] for k in scalars)
    curve, size = next((c, s) for name, s, c in _CURVES.values() if c and name == algorithm)
    numbers = (
        ec.derive_private_key(k, curve).public_key().public_numbers()
        for k in range(1, _TRIVIAL_MULTIPLES + 1)
    )
    return frozenset(number.x.to_bytes(size, "big") for number in numbers)


# -- RSA ----------------------------------------------------------------------------------------


def _rsa(spki: bytes, key: bytes, parameters: der.Value | None) -> PublicKey:
    if parameters is None or parameters.der != der.NULL:
        raise Malformed("key.parameters", "An RSA key has NULL parameters (RFC 3279 2.3.1).")
    with der.reading("key", "The RSA key"):
        reader = der.only(key)
        modulus, exponent = reader.integer(), reader.integer()
        reader.finish()
    _check_rsa(modulus, exponent)
    return PublicKey("rsa", modulus.bit_length(), spki, key, _RsaVerifier(modulus, exponent))


def _check_rsa(modulus: int, exponent: int) -> None:
    if exponent < MIN_RSA_EXPONENT or not exponent & 1:
        raise Refused("key.rsa_exponent", "The RSA exponent is even or below 65537.")
    if exponent.bit_length() > MAX_RSA_EXPONENT_BITS:
        raise Refused("key.rsa_exponent", "The RSA exponent has more than 256 bits.")
    if modulus.bit_length() > MAX_RSA_BITS:
        raise Refused("key.rsa_too_long", f"RSA keys have at most {MAX_RSA_BITS} bits.")
    if modulus.bit_length() < LEGACY_RSA_BITS:
        raise Refused("key.rsa_too_short", f"The RSA key has {modulus.bit_length()} bits only.")
    if not modulus & 1 or math.gcd(modulus, _SMALL_FACTORS) != 1:
        raise Refused("key.rsa_modulus", "The RSA modulus has a small factor.")
    if all(modulus % prime in residues for prime, residues in _ROCA.items()):
        raise Refused("key.rsa_roca", "The key was made by a library that makes weak ones (ROCA).")
    if _has_close_factors(modulus):
        raise Refused("key.rsa_close_primes", "The factors of the RSA modulus are close together.")


def _has_close_factors(modulus: int) -> bool:
    """Fermat's factorization succeeds at once (CVE-2022-26320)."""
    middle = math.isqrt(modulus) + 1
    squares = (number * number - modulus for number in range(middle, middle + _FERMAT_ROUNDS))
    return any(math.isqrt(square) ** 2 == square for square in squares)


class _RsaVerifier:
    def __init__(self, modulus: int, exponent: int) -> None:
        self._key = rsa.RSAPublicNumbers(exponent, modulus).public_key()

    def __call__(self, message: bytes, signature: bytes, digest: str) -> bool:
        if digest not in _HASHES:
            return False
        try:
            self._key.verify(signature, message, padding.PKCS1v15(), _HASHES[digest])
        except InvalidSignature:
            return False
        return True
