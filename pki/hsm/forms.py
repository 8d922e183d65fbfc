"""How devices hand out keys and signatures, and how we write them: SubjectPublicKeyInfo, DER."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pki import der, oids
from pki.errors import Malformed, TokenError

_COORDINATE = 32
_SHA256 = der.sequence(der.oid(oids.SHA256), der.NULL)  # RFC 8017 9.2, note 1
_SM2 = der.sequence(der.oid(oids.EC_PUBLIC_KEY), der.oid(oids.CURVE_SM2))


def digest_info(message: bytes) -> bytes:
    """DigestInfo of SHA-256 over `message` (RFC 8017 9.2)."""
    return der.sequence(_SHA256, der.octet_string(hashlib.sha256(message).digest()))


def padded(message: bytes, size: int) -> bytes:
    """EMSA-PKCS1-v1_5 with SHA-256, for devices that do the bare RSA operation only."""
    info = digest_info(message)
    return b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info


def sm2_spki(point: bytes) -> bytes:
    return der.sequence(_SM2, der.bit_string(point))


def rsa_spki(modulus: int, exponent: int) -> bytes:
    """Raises ValueError for numbers that make no key."""
    return _written(rsa.RSAPublicNumbers(exponent, modulus).public_key())


def p256_spki(point: bytes) -> bytes:
    return _written(ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))


def _written(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def signature_der(signature: bytes) -> bytes:
    """The pair r, s as a DER SEQUENCE. Devices give them bare, some vendors' in DER already."""
    try:
        pair = der.only(signature)
        pair.integer(), pair.integer()
        pair.finish()
    except Malformed:
        if len(signature) != 2 * _COORDINATE:
            raise TokenError(
                "token.signature", "The device's signature has no known form.", permanent=True
            ) from None
    else:
        return signature
    r, s = signature[:_COORDINATE], signature[_COORDINATE:]
    return der.sequence(*(der.integer(int.from_bytes(number, "big")) for number in (r, s)))
