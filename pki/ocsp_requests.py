"""OCSP requests (RFC 6960 4.1; RFC 2560 and GB/T 19713 alike). `pki.ocsp` is the door."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki import der, extensions, oids
from pki.errors import Malformed, Refused
from pki.extensions import Extension
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pki.certificates import Certificate

MAX_REQUEST_SIZE = 64 * 1024
NONCE_SIZES = range(1, 129)  # RFC 9654 2.1; RFC 8954 stopped at 32


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_HASHES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "sha1": (oids.SHA1, _sha1),
    "sha256": (oids.SHA256, _sha256),
    "sm3": (oids.SM3, sm3),
}
_HASH_NAMES = {oid: name for name, (oid, _) in _HASHES.items()}


@dataclass(frozen=True)
class CertId:
    """CertID: a certificate named by hashes of its issuer and its serial number.

    `hash_algorithm` is sha1, sha256, sm3, or the dotted OID of another one. `der` is as the client
    wrote it and goes back to him unchanged; two spellings of one CertID are equal.
    """

    hash_algorithm: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: int
    der: bytes = field(repr=False, compare=False)


def cert_id_for(issuer: Certificate, serial: int, hash_algorithm: str = "sha1") -> CertId:
    """How a client names the certificate `serial` of `issuer`; sha1 is what all clients know."""
    if hash_algorithm not in _HASHES:
        raise Refused("ocsp.hash", f"{hash_algorithm} does not name certificates here.")
    oid, digest = _HASHES[hash_algorithm]
    name_hash, key_hash = digest(issuer.body.subject), digest(issuer.public_key.key)
    encoded = der.sequence(
        der.sequence(der.oid(oid), der.NULL),
        der.octet_string(name_hash),
        der.octet_string(key_hash),
        der.integer(serial),
    )
    return CertId(hash_algorithm, name_hash, key_hash, serial, encoded)


def issued_by(cert_id: CertId, issuer: Certificate) -> bool:
    """Whether the CertID means a certificate of this CA; False for hashes we do not know."""
    known = cert_id.hash_algorithm in _HASHES
    return known and cert_id == cert_id_for(issuer, cert_id.serial, cert_id.hash_algorithm)


def read_cert_id(value: der.Value) -> CertId:
    """A CertID within a request or a response. Raises Malformed `der.*`, `ocsp.*`."""
    reader = value.enter()
    algorithm = reader.enter()
    oid = algorithm.oid()
    if algorithm.optional(der.NULL_TAG) not in (None, b""):
        raise Malformed("ocsp.hash_parameters", "Hash algorithms have NULL parameters or none.")
    algorithm.finish()
    name_hash, key_hash, serial = reader.octet_string(), reader.octet_string(), reader.integer()
    reader.finish()
    return CertId(_HASH_NAMES.get(oid, oid), name_hash, key_hash, serial, value.der)


@dataclass(frozen=True)
class Request:
    """What a client asks. A signature on the request is skipped: anybody may ask."""

    cert_ids: tuple[CertId, ...]
    nonce: bytes | None = None


def encode_request(cert_ids: Iterable[CertId], nonce: bytes | None = None) -> bytes:
    """OCSPRequest, unsigned."""
    asked = der.sequence(*(der.sequence(cert_id.der) for cert_id in cert_ids))
    return der.sequence(der.sequence(asked, nonce_extension(2, nonce)))


def parse_request(data: bytes) -> Request:
    """From DER. Raises Malformed or Refused `ocsp.*`: a responder answers `malformedRequest`."""
    if len(data) > MAX_REQUEST_SIZE:
        raise Refused("ocsp.too_large", "An OCSP request has at most 65536 octets.")
    with der.reading("ocsp", "The OCSP request"):
        outer = der.only(data)
        body = outer.enter()
        if (signature := outer.optional(0xA0)) is not None:
            der.only(signature)
        outer.finish()
        read_version(body)
        if (requestor := body.optional(0xA1)) is not None:
            der.Reader(requestor).any()
        asked, said = body.enter(), read_extensions(body.optional(0xA2))
        body.finish()
        cert_ids = tuple(_read_cert_ids(asked))
        nonce = nonce_in(said)
    if not cert_ids:
        raise Malformed("ocsp.empty", "The request asks for no certificate.")
    return Request(cert_ids, nonce)


def _read_cert_ids(reader: der.Reader) -> Iterator[CertId]:
    while reader:
        single = reader.enter()
        yield read_cert_id(single.value(der.SEQUENCE))
        refuse_critical(read_extensions(single.optional(0xA0)))
        single.finish()


# -- what requests and responses share ----------------------------------------------------------


def read_version(reader: der.Reader) -> None:
    version = reader.optional(0xA0)  # v1 is the default and left out; some write it
    if version not in (None, der.integer(0)):
        raise Malformed("ocsp.version", "OCSP has version 1.")


def read_extensions(content: bytes | None) -> tuple[Extension, ...]:
    if content is None:
        return ()
    said = extensions.read_all(der.only(content))
    if len({extension.oid for extension in said}) != len(said):
        raise Malformed("ocsp.extension_twice", "An extension stands twice.")
    return said


def refuse_critical(said: Iterable[Extension]) -> None:
    for extension in said:
        if extension.critical:
            raise Refused("ocsp.extension", f"Critical {extension.oid} is not understood.")


def nonce_in(said: tuple[Extension, ...]) -> bytes | None:
    """The nonce; every other critical extension is refused."""
    refuse_critical(extension for extension in said if extension.oid != oids.OCSP_NONCE)
    value = next((found.value for found in said if found.oid == oids.OCSP_NONCE), None)
    if value is None:
        return None
    nonce = der.only(value, der.OCTET_STRING).rest()
    if len(nonce) not in NONCE_SIZES:
        raise Malformed("ocsp.nonce", "A nonce has 1 to 128 octets (RFC 9654).")
    return nonce


def nonce_extension(tag: int, nonce: bytes | None) -> bytes:
    """Extensions under an explicit tag, or nothing."""
    if nonce is None:
        return b""
    said = Extension(oids.OCSP_NONCE, False, der.octet_string(nonce))
    return der.explicit(tag, extensions.encode_all((said,)))
