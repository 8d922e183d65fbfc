"""Certification requests (PKCS#10, RFC 2986; GM/T 0092): parse, check, and make.

Nothing but the name, the key and the proof of possession is taken from a request. Requested
extensions are shown, never obeyed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki import der, names, oids, pem, publickeys, signatures
from pki.errors import Malformed, PkiError, Refused
from pki.extensions import Extension, encode_all, read_all

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.keys import PrivateKey
    from pki.names import Name
    from pki.publickeys import PublicKey

MAX_SIZE = 16 * 1024


@dataclass(frozen=True)
class Request:
    """A parsed request; `verify` has yet to be asked. `body` is the part that was signed."""

    der: bytes
    body: bytes
    subject: Name
    public_key: PublicKey
    requested_extensions: tuple[Extension, ...]
    signature_algorithm: str
    signature: bytes


def parse(data: bytes) -> Request:
    """From PEM or DER. Missing attributes, version 1 and any string types are read as well.

    Raises Malformed or Refused: `request.*` (too_large, not_pem_or_der, trailing_bytes, not_der,
    version, attributes), `key.*` of `publickeys.parse`, `name.*`, `signature.*`.
    """
    if len(data) > MAX_SIZE:
        raise Refused("request.too_large", "A request has at most 16384 octets.")
    encoded = pem.to_der(data, "CERTIFICATE REQUEST", area="request")
    with der.reading("request", "The request"):
        reader = der.Reader(encoded)
        outer = reader.enter()
        if reader:
            raise Malformed("request.trailing_bytes", "Bytes follow after the request.")
        body, algorithm = outer.value(der.SEQUENCE), outer.value(der.SEQUENCE)
        signature = outer.bit_string()
        outer.finish()
        subject, spki, extensions = _read_body(body.enter())
        return Request(
            encoded,
            body.der,
            names.parse(subject),
            publickeys.parse(spki),
            extensions,
            signatures.parse_identifier(algorithm.der),
            signature,
        )


def _read_body(reader: der.Reader) -> tuple[bytes, bytes, tuple[Extension, ...]]:
    """(subject, SPKI, requested extensions) of a CertificationRequestInfo."""
    if reader.integer() not in (0, 1):  # v1 is 0; some middleware writes 1
        raise Malformed("request.version", "PKCS#10 requests have version 0.")
    subject, spki = reader.value(der.SEQUENCE), reader.value(der.SEQUENCE)
    attributes = reader.optional(0xA0)  # absent in many real requests
    reader.finish()
    return subject.der, spki.der, _read_attributes(der.Reader(attributes or b""))


def _read_attributes(reader: der.Reader) -> tuple[Extension, ...]:
    seen: dict[str, tuple[Extension, ...]] = {}
    while reader:
        attribute = reader.enter()
        kind, values = attribute.oid(), attribute.enter(der.SET)
        attribute.finish()
        if kind in seen:
            raise Malformed("request.attributes", f"Attribute {kind} stands twice.")
        seen[kind] = _read_extensions(values) if kind == oids.EXTENSION_REQUEST else ()
    return seen.get(oids.EXTENSION_REQUEST, ())


def _read_extensions(values: der.Reader) -> tuple[Extension, ...]:
    extensions = read_all(values.enter())
    values.finish()
    if len({extension.oid for extension in extensions}) != len(extensions):
        raise Malformed("request.attributes", "An extension is asked for twice.")
    return extensions


def verify(request: Request) -> None:
    """Proof of possession and policy (CPS 3.2.1).

    Raises Refused `request.weak_signature`, `request.algorithm_mismatch`, `request.ca_requested`;
    BadSignature `request.bad_signature`, or `request.sm2_without_z`, `request.sm2_empty_id`,
    `request.sm2_raw_signature` for the known wrong ways to sign.
    """
    key, algorithm = request.public_key, request.signature_algorithm
    if algorithm not in signatures.STRONG:
        raise Refused("request.weak_signature", f"{algorithm} proves nothing any more.")
    if not signatures.fits(key.algorithm, algorithm):
        raise Refused(
            "request.algorithm_mismatch", f"An {key.algorithm} key does not sign with {algorithm}."
        )
    signatures.verify(key, request.body, request.signature, algorithm, about="request")
    if asks_for_ca(request):
        raise Refused("request.ca_requested", "A subscriber's request asks for a CA certificate.")


def asks_for_ca(request: Request) -> bool:
    """Whether basic constraints or key usage of a CA are wished for, however spelt."""
    for extension in request.requested_extensions:
        try:
            if extension.oid == oids.BASIC_CONSTRAINTS and _constraints_ask(extension.value):
                return True
            if extension.oid == oids.KEY_USAGE and _usage_asks(extension.value):
                return True
        except PkiError:
            return True  # an unreadable wish is taken for the worst one
    return False


def _constraints_ask(value: bytes) -> bool:
    reader = der.only(value)
    return reader.peek() == der.BOOLEAN and reader.boolean()


def _usage_asks(value: bytes) -> bool:
    octets, _ = der.decode_bit_string(der.only(value, der.BIT_STRING).rest())
    return bool(octets and octets[0] & 0b0000_0110)  # keyCertSign, cRLSign


def build(subject: Name, key: PrivateKey, extensions: Iterable[Extension] = ()) -> bytes:
    """A signed request in DER."""
    body = encode_body(subject, key.public, extensions)
    return assemble(body, key.signature_algorithm, key.sign(body))


def encode_body(subject: Name, key: PublicKey, extensions: Iterable[Extension] = ()) -> bytes:
    """The CertificationRequestInfo, which is what gets signed."""
    wishes = tuple(extensions)
    attribute = der.sequence(der.oid(oids.EXTENSION_REQUEST), der.set_of(encode_all(wishes)))
    attributes = der.explicit(0, attribute if wishes else b"")
    return der.sequence(der.integer(0), subject.der, key.spki, attributes)


def assemble(body: bytes, algorithm: str, signature: bytes) -> bytes:
    """The request; `algorithm` as in `pki.signatures`."""
    return der.sequence(body, signatures.identifier(algorithm), der.bit_string(signature))
