"""The signer's name under records that others read with ordinary programs (PAdES, RFC 5652).

Signed by the signer's identity key (docs/decisions/0013), also while it is sealed: such a signature
says which house a record comes from, and gives nobody anything. What it signs are the signed
attributes of CMS and nothing else; neither an offer to custodians nor a certificate begins so.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pki import certificates, der, durable, extensions, names, oids, publickeys
from pki.certificates import Plan
from pki.errors import Refused
from pki.signer import custodyset

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from pki.signer.calls import Call
    from pki.signer.protocol import Header

LIFE = timedelta(days=30 * 365)  # as long as records of ceremonies are read
MOST = 4096  # octets of attributes
DIGEST = 32
_ALLOWED = frozenset(
    {oids.CONTENT_TYPE, oids.MESSAGE_DIGEST, oids.SIGNING_TIME, oids.SIGNING_CERTIFICATE_V2}
)


class Records:
    """Certificate and signatures of the identity key in `home`."""

    def __init__(self, home: Path, *, now: Callable[[], datetime]) -> None:
        self._key = custodyset.identity(home / "identity.key")
        path = home / "identity.cer"
        if not path.exists():
            durable.replace(path, _own_certificate(self._key, at=now()))
        self._certificate = path.read_bytes()

    def certificate(self, _call: Call) -> tuple[Header, list[bytes]]:
        """Self-signed, DER."""
        return {}, [self._certificate]

    def sign(self, call: Call) -> tuple[Header, list[bytes]]:
        """ECDSA with SHA-256 over the attributes. Raises as `check` does."""
        attributes = call.only_blob()
        check(attributes)
        call.log("record_signed", of=hashlib.sha256(attributes).hexdigest())
        return {}, [self._key.sign(attributes, ec.ECDSA(hashes.SHA256()))]


def check(attributes: bytes) -> None:
    """Raises Refused `record.attributes` for what are no attributes of a detached signature,
    Malformed `der.*`.
    """
    found: dict[str, Any] = {}
    if len(attributes) > MOST:
        raise Refused("record.attributes", f"At most {MOST} octets of attributes are signed.")
    reader = der.only(attributes, der.SET)
    while reader:
        attribute = reader.enter()
        kind = attribute.oid()
        values = attribute.take(der.SET)
        attribute.finish()
        if kind not in _ALLOWED or kind in found:
            raise Refused("record.attributes", f"Attribute {kind} is not signed here.")
        found[kind] = values
    content = der.oid(oids.CMS_DATA)
    digest = found.get(oids.MESSAGE_DIGEST, b"")
    whole = digest.startswith(bytes((der.OCTET_STRING, DIGEST))) and len(digest) == DIGEST + 2
    if found.get(oids.CONTENT_TYPE) != content or not whole:
        raise Refused("record.attributes", "Content type and a digest of 32 octets are signed.")


def _own_certificate(key: ec.EllipticCurvePrivateKey, *, at: datetime) -> bytes:
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public = publickeys.parse(spki)
    name = names.build(
        [("C", "CN"), ("CN", f"AnXin signer {hashlib.sha256(spki).hexdigest()[:16]}")]
    )
    begin = at.replace(microsecond=0)
    plan = Plan(
        serial=certificates.serial_from(hashlib.sha256(b"serial" + spki).digest()[:16]),
        issuer=name.der,
        subject=name,
        public_key=public,
        not_before=begin,
        not_after=begin + LIFE,
        signature_algorithm="ecdsa-sha256",
        extensions=(
            extensions.subject_key_identifier(public.key_identifier),
            extensions.key_usage(("digitalSignature", "nonRepudiation")),
            extensions.basic_constraints(ca=False),
        ),
    )
    tbs = certificates.encode(plan)
    return certificates.assemble(tbs, key.sign(tbs, ec.ECDSA(hashes.SHA256())))
