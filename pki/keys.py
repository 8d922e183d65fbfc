"""Private keys in software: make, sign, store as PKCS#8 and read back.

For tests, tools and the software token; keys of a CA in production live in a device.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from pki import der, oids, publickeys
from pki.errors import Malformed, Refused
from pki.signatures import default_algorithm
from pki.sm import sm2, sm4

if TYPE_CHECKING:
    from pki.publickeys import PublicKey

ITERATIONS = 600_000  # PBKDF2 with HMAC-SHA-256, OWASP 2023
_MAX_ITERATIONS = 10_000_000
_SALT_SIZE, _KEY_SIZE = 16, 16
_HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}
_SM2_ALGORITHM = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.CURVE_SM2))


class PrivateKey(Protocol):
    """What signs. `algorithm` is that of the public key, `signature_algorithm` what `sign` does."""

    algorithm: str
    signature_algorithm: str
    public: PublicKey

    def sign(self, message: bytes) -> bytes: ...


class Sm2Key:
    algorithm, signature_algorithm = "sm2", "sm2-sm3"

    def __init__(self, key: sm2.PrivateKey) -> None:
        self.key = key
        spki = der.sequence(_SM2_ALGORITHM, der.bit_string(key.public.point))
        self.public = publickeys.parse(spki)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def to_pkcs8(self) -> bytes:
        point = der.explicit(1, der.bit_string(self.key.public.point))
        inner = der.sequence(der.integer(1), der.octet_string(self.key.scalar), point)
        return der.sequence(der.integer(0), _SM2_ALGORITHM, der.octet_string(inner))


class _LibraryKey:
    """A key that `cryptography` holds."""

    def __init__(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self.key = key
        spki = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.public = publickeys.parse(spki)
        self.algorithm = self.public.algorithm
        self.signature_algorithm = default_algorithm(self.algorithm)
        self._hash = _HASHES[self.signature_algorithm.partition("-")[2]]

    def to_pkcs8(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), self._hash)
        return self.key.sign(message, ec.ECDSA(self._hash))


def generate(algorithm: str) -> PrivateKey:
    """A fresh key: sm2, rsa-2048, rsa-3072, rsa-4096, ec-p256 or ec-p384."""
    if algorithm == "sm2":
        return Sm2Key(sm2.PrivateKey.generate())
    if algorithm in ("rsa-2048", "rsa-3072", "rsa-4096"):
        size = int(algorithm.partition("-")[2])
        return _LibraryKey(rsa.generate_private_key(publickeys.MIN_RSA_EXPONENT, size))
    if algorithm in ("ec-p256", "ec-p384"):
        curve = ec.SECP256R1() if algorithm == "ec-p256" else ec.SECP384R1()
        return _LibraryKey(ec.generate_private_key(curve))
    raise Refused("key.unknown_algorithm", f"Keys of algorithm {algorithm} are not made here.")


def private_key_to_pkcs8(
    key: PrivateKey, passphrase: bytes | None = None, *, iterations: int = ITERATIONS
) -> bytes:
    """PKCS#8 DER; with a passphrase as PBES2: PBKDF2 with HMAC-SHA-256, then SM4-CBC."""
    if not isinstance(key, Sm2Key | _LibraryKey):
        raise Refused("key.not_exportable", "This private key does not leave its device.")
    plain = key.to_pkcs8()
    return plain if passphrase is None else _lock(plain, passphrase, iterations)


def parse_pkcs8(data: bytes, passphrase: bytes | None = None) -> PrivateKey:
    """Raises Malformed or Refused `key.*`; a wrong passphrase is `key.passphrase`."""
    with der.reading("key", "The private key"):
        if passphrase is not None:
            data = _unlock(data, passphrase)
        outer = der.only(data)
        version, algorithm = outer.integer(), outer.value(der.SEQUENCE)
        inner = outer.octet_string()
        if version not in (0, 1):
            raise Malformed("key.version", "PKCS#8 has the versions 0 and 1.")
        return _sm2_key(inner) if algorithm.der == _SM2_ALGORITHM else _library_key(data)


def _sm2_key(data: bytes) -> PrivateKey:
    """ECPrivateKey of RFC 5915; curve and point are optional, but must fit."""
    reader = der.only(data)
    version, scalar = reader.integer(), reader.octet_string()
    curve, point = reader.optional(0xA0), reader.optional(0xA1)
    reader.finish()
    if version != 1 or curve not in (None, der.oid(oids.CURVE_SM2)):
        raise Malformed("key.parameters", "The private key is of another version or curve.")
    key = sm2.PrivateKey.from_scalar(scalar)
    if point is not None and der.Reader(point).bit_string() != key.public.point:
        raise Malformed("key.mismatch", "The public point does not belong to the private key.")
    return Sm2Key(key)


def _library_key(data: bytes) -> PrivateKey:
    try:
        key = serialization.load_der_private_key(data, None)
    except (ValueError, TypeError) as problem:
        raise Malformed("key.not_der", "This is no PKCS#8 key.") from problem
    except UnsupportedAlgorithm as problem:
        raise Refused("key.unknown_algorithm", "No key of ours has this algorithm.") from problem
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Refused("key.unknown_algorithm", "Only SM2, RSA and P-256/P-384 keys are used here.")
    return _LibraryKey(key)


# -- PBES2 (RFC 8018) ---------------------------------------------------------------------------

_PRF_SHA256 = der.sequence(der.oid(oids.HMAC_SHA256), der.NULL)
_PRFS = {
    _PRF_SHA256: "sha256",
    der.sequence(der.oid(oids.HMAC_SM3)): "sm3",
    der.sequence(der.oid(oids.HMAC_SM3), der.NULL): "sm3",
}


def _lock(plain: bytes, passphrase: bytes, iterations: int) -> bytes:
    salt, iv = os.urandom(_SALT_SIZE), os.urandom(sm4.BLOCK)
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt, iterations, _KEY_SIZE)
    parameters = der.sequence(der.octet_string(salt), der.integer(iterations), _PRF_SHA256)
    scheme = der.sequence(
        der.oid(oids.PBES2),
        der.sequence(
            der.sequence(der.oid(oids.PBKDF2), parameters),
            der.sequence(der.oid(oids.SM4_CBC), der.octet_string(iv)),
        ),
    )
    return der.sequence(scheme, der.octet_string(sm4.encrypt_cbc(key, iv, plain)))


def _unlock(data: bytes, passphrase: bytes) -> bytes:
    outer = der.only(data)
    scheme, ciphertext = outer.enter(), outer.octet_string()
    if scheme.oid() != oids.PBES2:
        raise Refused("key.encryption", "Only PBES2 protects private keys here.")
    parameters = scheme.enter()
    derivation, cipher = parameters.enter(), parameters.enter()
    method, iv = cipher.oid(), cipher.octet_string()
    sizes = {oids.SM4_CBC: 16, oids.AES_256_CBC: 32}
    if method not in sizes or len(iv) != sm4.BLOCK:
        raise Refused("key.encryption", "Only SM4-CBC and AES-256-CBC protect private keys here.")
    key = _derive(derivation, passphrase, sizes[method])
    try:
        if method == oids.SM4_CBC:
            return sm4.decrypt_cbc(key, iv, ciphertext)
        return _decrypt_aes(key, iv, ciphertext)
    except (ValueError, Malformed):
        raise Malformed("key.passphrase", "The passphrase does not open this key.") from None


def _derive(derivation: der.Reader, passphrase: bytes, size: int) -> bytes:
    if derivation.oid() != oids.PBKDF2:
        raise Refused("key.encryption", "Only PBKDF2 turns passphrases into keys here.")
    parameters = derivation.enter()
    salt, iterations = parameters.octet_string(), parameters.integer()
    if parameters.peek() == der.INTEGER and parameters.integer() != size:
        raise Malformed("key.encryption", "The key length does not fit the cipher.")
    digest = _PRFS.get(parameters.value(der.SEQUENCE).der)
    if digest is None or not 1 <= iterations <= _MAX_ITERATIONS:
        raise Refused("key.encryption", "The parameters of PBKDF2 are out of bounds.")
    return hashlib.pbkdf2_hmac(digest, passphrase, salt, iterations, size)


def _decrypt_aes(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    decryptor, unpadder = Cipher(AES(key), CBC(iv)).decryptor(), PKCS7(128).unpadder()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    return unpadder.update(padded) + unpadder.finalize()
