"""Signature algorithms: their identifiers on the wire, and verification that names what is wrong.

SM2 signatures are written with NULL parameters, as the AnXin hierarchy has them; absent ones are
read as well (GB/T 20518 leaves it open, and both are in use).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki import der, oids
from pki.errors import BadSignature, Malformed, Refused
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from pki.publickeys import PublicKey
    from pki.sm import sm2

STRONG = frozenset(
    {
        "sm2-sm3",
        "rsa-sha256",
        "rsa-sha384",
        "rsa-sha512",
        "ecdsa-sha256",
        "ecdsa-sha384",
    }
)
_NAMES = {
    oids.SM2_WITH_SM3: "sm2-sm3",
    oids.RSA_WITH_SHA256: "rsa-sha256",
    oids.RSA_WITH_SHA384: "rsa-sha384",
    oids.RSA_WITH_SHA512: "rsa-sha512",
    oids.RSA_WITH_SM3: "rsa-sm3",
    oids.RSA_WITH_SHA1: "rsa-sha1",
    oids.RSA_WITH_MD5: "rsa-md5",
    oids.ECDSA_WITH_SHA256: "ecdsa-sha256",
    oids.ECDSA_WITH_SHA384: "ecdsa-sha384",
    oids.ECDSA_WITH_SHA1: "ecdsa-sha1",
}


def _written(dotted: str, name: str) -> bytes:
    # RFC 5758 3.2: ECDSA without parameters; RFC 4055 5: RSA with NULL
    return der.sequence(der.oid(dotted), b"" if name.startswith("ecdsa") else der.NULL)


_IDENTIFIERS = {name: _written(dotted, name) for dotted, name in _NAMES.items()}
_READ = {encoded: name for name, encoded in _IDENTIFIERS.items()} | {
    der.sequence(der.oid(dotted)): name for dotted, name in _NAMES.items()
}


def identifier(name: str) -> bytes:
    """The AlgorithmIdentifier we write for `sm2-sm3`, `rsa-sha256`, `ecdsa-sha256`, ..."""
    if name not in STRONG:
        raise Refused("signature.weak_algorithm", f"Nothing is signed with {name} any more.")
    return _IDENTIFIERS[name]


def parse_identifier(encoded: bytes) -> str:
    """The name of an AlgorithmIdentifier, old and weak ones included.

    Raises Refused `signature.unknown_algorithm`, Malformed `signature.parameters`.
    """
    if name := _READ.get(encoded):
        return name
    dotted = der.only(encoded).oid()
    if dotted in _NAMES:
        raise Malformed("signature.parameters", f"{_NAMES[dotted]} takes no such parameters.")
    raise Refused("signature.unknown_algorithm", f"Signature algorithm {dotted} is not used here.")


def default_algorithm(key_algorithm: str) -> str:
    """What a key of this kind signs with."""
    return {"sm2": "sm2-sm3", "rsa": "rsa-sha256", "ec-p384": "ecdsa-sha384"}.get(
        key_algorithm, "ecdsa-sha256"
    )


def fits(key_algorithm: str, signature_algorithm: str) -> bool:
    """Whether a key of this kind can make such a signature."""
    family = {"sm2": "sm2", "rsa": "rsa"}.get(key_algorithm, "ecdsa")
    return signature_algorithm.startswith(f"{family}-")


def verify(
    public_key: PublicKey,
    message: bytes,
    signature: bytes,
    algorithm: str,
    *,
    about: str = "signature",
) -> None:
    """Raises BadSignature; `about` is the first half of the rule code (`request.sm2_without_z`).

    Known wrong forms of SM2 are told by name: `sm2_raw_signature`, `sm2_without_z`, `sm2_empty_id`.
    Everything else is `<about>.bad_signature`.
    """
    if public_key.verify(message, signature, algorithm):
        return
    if algorithm == "sm2-sm3" and public_key.algorithm == "sm2":
        for rule, reason, holds in _WRONG_SM2:
            if holds(public_key.sm2, message, signature):
                raise BadSignature(f"{about}.{rule}", reason)
    raise BadSignature(f"{about}.bad_signature", "The signature does not belong to these bytes.")


_RAW_SIZE = 64


def _is_raw(key: sm2.PublicKey, message: bytes, signature: bytes) -> bool:
    if len(signature) != _RAW_SIZE:
        return False
    numbers = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    wrapped = der.sequence(*map(der.integer, numbers))
    digests = (key.digest(message), sm3(message), key.digest(message, b""))
    return any(key.verify_digest(digest, wrapped) for digest in digests)


def _is_without_z(key: sm2.PublicKey, message: bytes, signature: bytes) -> bool:
    return key.verify_digest(sm3(message), signature)


def _is_empty_id(key: sm2.PublicKey, message: bytes, signature: bytes) -> bool:
    return key.verify(message, signature, identity=b"")


_WRONG_SM2 = (
    (
        "sm2_raw_signature",
        "The SM2 signature is r and s side by side; GM/T 0009 wants a DER SEQUENCE.",
        _is_raw,
    ),
    (
        "sm2_without_z",
        "The SM2 signature was made over SM3(message) without Z; GM/T 0003 wants SM3(Z, message).",
        _is_without_z,
    ),
    (
        "sm2_empty_id",
        "The SM2 signature was made with an empty identity; GM/T 0009 wants 1234567812345678.",
        _is_empty_id,
    ),
)
