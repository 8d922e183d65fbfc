"""Signed data (CMS, RFC 5652; GM/T 0010): one signer, content inside, attributes signed.

What a subscriber sends who has a request signed by the key of an older certificate (CPS 3.3.1).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki import der, oids, pem, signatures
from pki.errors import BadSignature, Malformed, Refused
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from pki.certificates import Certificate
    from pki.keys import PrivateKey

MAX_SIZE = 64 * 1024
_SIGNED_DATA = frozenset({oids.CMS_SIGNED_DATA, oids.GM_SIGNED_DATA})
_DATA = frozenset({oids.CMS_DATA, oids.GM_DATA})
_DIGESTS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    oids.SM3: ("sm3", sm3),
    oids.SHA256: ("sha256", lambda content: hashlib.sha256(content).digest()),
    oids.SHA384: ("sha384", lambda content: hashlib.sha384(content).digest()),
    oids.SHA512: ("sha512", lambda content: hashlib.sha512(content).digest()),
}
# How signers name what they signed with: the key's own algorithm, or key and digest together
_BY_KEY = {oids.RSA_ENCRYPTION: "rsa", oids.SM2_SIGNATURE: "sm2"}


@dataclass(frozen=True)
class SignedData:
    """A parsed signature; `verify` has yet to be asked.

    `signer_issuer` is the DER of a name. `attributes` is what was signed, `signed_at` one of them.
    """

    der: bytes
    content: bytes
    signer_issuer: bytes
    signer_serial: int
    algorithm: str
    attributes: bytes
    signed_at: datetime | None
    signature: bytes


def parse(data: bytes) -> SignedData:
    """From PEM or DER. Raises Malformed or Refused `cms.*`, `signature.*`.

    `cms.not_der` also for BER with indefinite lengths, as streaming signers write it.
    """
    if len(data) > MAX_SIZE:
        raise Refused("cms.too_large", "A signed request has at most 65536 octets.")
    label = "PKCS7" if b"-----BEGIN PKCS7-----" in data else "CMS"
    encoded = pem.to_der(data, label, area="cms")
    with der.reading("cms", "The signed data"):
        outer = der.only(encoded)
        if outer.oid() not in _SIGNED_DATA:
            raise Malformed("cms.kind", "This is CMS, but no signed data.")
        inner = der.only(outer.take(0xA0))
        outer.finish()
        inner.integer()
        inner.take(der.SET)
        content = _content(inner.enter())
        inner.optional(0xA0)  # certificates: ours is looked up, not believed
        inner.optional(0xA1)
        signers = inner.enter(der.SET)
        inner.finish()
        signer = signers.enter()
        if signers:
            raise Refused("cms.signers", "One signer is expected, not several.")
        return _read(encoded, content, signer)


def _content(reader: der.Reader) -> bytes:
    if reader.oid() not in _DATA:
        raise Malformed("cms.kind", "What was signed is no plain data.")
    if not reader:
        raise Refused("cms.detached", "The request is not inside; sign it without detaching.")
    inner = der.Reader(reader.take(0xA0))
    reader.finish()
    content = inner.octet_string()
    inner.finish()
    return content


def _read(encoded: bytes, content: bytes, signer: der.Reader) -> SignedData:
    signer.integer()
    if signer.peek() != der.SEQUENCE:
        raise Refused("cms.signer", "The signer is to be named by issuer and serial number.")
    name = signer.enter()
    issuer, serial = name.value(der.SEQUENCE).der, name.integer()
    name.finish()
    digest = signer.enter().oid()
    if digest not in _DIGESTS:
        raise Refused("cms.digest", f"Digest {digest} is not used here.")
    attributes = signer.optional(0xA0)
    if attributes is None:
        raise Refused("cms.attributes", "Signed attributes are missing.")
    key_or_both = signer.value(der.SEQUENCE)
    signature = signer.octet_string()
    word, compute = _DIGESTS[digest]
    return SignedData(
        der=encoded,
        content=content,
        signer_issuer=issuer,
        signer_serial=serial,
        algorithm=_algorithm(key_or_both, word),
        attributes=der.tlv(der.SET, attributes),  # RFC 5652 5.4: signed under its own tag
        signed_at=_check_attributes(attributes, compute(content)),
        signature=signature,
    )


def _algorithm(identifier: der.Value, digest: str) -> str:
    family = _BY_KEY.get(identifier.enter().oid())
    found = f"{family}-{digest}" if family else signatures.parse_identifier(identifier.der)
    if found not in signatures.STRONG or not found.endswith(f"-{digest}"):
        raise Refused("cms.weak_signature", f"{found} over {digest} proves nothing here.")
    return found


def _check_attributes(attributes: bytes, digest: bytes) -> datetime | None:
    """When it was signed. Raises `cms.attributes`, `cms.digest_differs`."""
    reader, found = der.Reader(attributes), {}
    while reader:
        attribute = reader.enter()
        kind, values = attribute.oid(), attribute.enter(der.SET)
        attribute.finish()
        if kind in found:
            raise Malformed("cms.attributes", f"Attribute {kind} stands twice.")
        found[kind] = values
    if oids.CONTENT_TYPE not in found or oids.MESSAGE_DIGEST not in found:
        raise Refused("cms.attributes", "Content type or message digest are not signed.")
    if found[oids.CONTENT_TYPE].oid() not in _DATA:
        raise Refused("cms.attributes", "The content type that was signed is another one.")
    if found[oids.MESSAGE_DIGEST].octet_string() != digest:
        raise BadSignature("cms.digest_differs", "Something else was signed than what is inside.")
    return found[oids.SIGNING_TIME].time() if oids.SIGNING_TIME in found else None


def verify(signed: SignedData, certificate: Certificate) -> None:
    """Whether this certificate's key has signed; the certificate itself is not judged.

    Raises Refused `cms.other_signer`, `cms.algorithm_mismatch`; BadSignature `cms.*`.
    """
    named = (signed.signer_issuer, signed.signer_serial)
    if named != (certificate.body.issuer, certificate.serial):
        raise Refused("cms.other_signer", "Another certificate's key is said to have signed.")
    key = certificate.public_key
    if not signatures.fits(key.algorithm, signed.algorithm):
        reason = f"An {key.algorithm} key does not sign with {signed.algorithm}."
        raise Refused("cms.algorithm_mismatch", reason)
    signatures.verify(key, signed.attributes, signed.signature, signed.algorithm, about="cms")


def build(content: bytes, key: PrivateKey, certificate: Certificate, *, at: datetime) -> bytes:
    """Signed data in DER: SM2 keys as GM/T 0010 has it, others as RFC 5652 has it."""
    if key.public.spki != certificate.public_key.spki:
        raise Refused("key.other", "The certificate has another public key.")
    kind = oids.GM_DATA if key.algorithm == "sm2" else oids.CMS_DATA
    when = attribute(oids.SIGNING_TIME, der.time(at))
    attributes = signed_attributes(kind, content, key.signature_algorithm, when)
    return assemble(kind, content, attributes, key.sign(attributes), certificate)


def signed_attributes(kind: str, content: bytes, algorithm: str, *more: bytes) -> bytes:
    """What is signed for content of this type (RFC 5652 5.4); `more` besides type and digest."""
    _, compute = digest_of(algorithm)
    return der.set_of(
        attribute(oids.CONTENT_TYPE, der.oid(kind)),
        attribute(oids.MESSAGE_DIGEST, der.octet_string(compute(content))),
        *more,
    )


def assemble(
    kind: str,
    content: bytes,
    attributes: bytes,
    signature: bytes,
    certificate: Certificate,
    *,
    sent: Iterable[bytes] = (),
) -> bytes:
    """Signed data in DER. `attributes` as they were signed by the certificate's key with its
    default algorithm; `sent`: certificates (DER) that go with it.
    """
    algorithm = signatures.default_algorithm(certificate.public_key.algorithm)
    digest_identifier = der.sequence(der.oid(digest_of(algorithm)[0]))
    signer = der.sequence(
        der.integer(1),
        der.sequence(certificate.body.issuer, der.integer(certificate.serial)),
        digest_identifier,
        der.implicit(0, der.only(attributes, der.SET).rest(), constructed=True),
        signatures.identifier(algorithm),
        der.octet_string(signature),
    )
    enclosed = der.only(der.set_of(*sent), der.SET).rest()
    signed = der.sequence(
        der.integer(1 if kind in _DATA else 3),  # RFC 5652 5.1
        der.set_of(digest_identifier),
        der.sequence(der.oid(kind), der.explicit(0, der.octet_string(content))),
        der.implicit(0, enclosed, constructed=True) if enclosed else b"",
        der.set_of(signer),
    )
    outer = oids.GM_SIGNED_DATA if kind == oids.GM_DATA else oids.CMS_SIGNED_DATA
    return der.sequence(der.oid(outer), der.explicit(0, signed))


def attribute(kind: str, value: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.set_of(value))


def digest_of(algorithm: str) -> tuple[str, Callable[[bytes], bytes]]:
    """OID and function of the digest that a signature algorithm names."""
    word = algorithm.partition("-")[2]
    return next((dotted, compute) for dotted, (name, compute) in _DIGESTS.items() if name == word)
