"""X.509 certificates (RFC 5280, GB/T 20518): plan -> bytes to sign -> certificate; parse, verify.

Writing knows one form. Reading takes what real hierarchies hold, except that the two algorithm
identifiers must be the same byte for byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pki import der, extension_values, names, oids, pem, publickeys, signatures
from pki.errors import BadSignature, Malformed, Refused
from pki.extensions import Extension, encode_all, read_all
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from datetime import datetime

    from pki.names import Name
    from pki.publickeys import PublicKey

MAX_SERIAL_OCTETS, MIN_SERIAL_OCTETS = 20, 16  # RFC 5280 4.1.2.2; CPS 7.1
_VERSION_3 = der.explicit(0, der.integer(2))
UNDERSTOOD = frozenset(
    {
        oids.SUBJECT_KEY_IDENTIFIER,
        oids.KEY_USAGE,
        oids.SUBJECT_ALT_NAME,
        oids.BASIC_CONSTRAINTS,
        oids.CRL_DISTRIBUTION_POINTS,
        oids.CERTIFICATE_POLICIES,
        oids.AUTHORITY_KEY_IDENTIFIER,
        oids.EXTENDED_KEY_USAGE,
        *oids.NATIONAL_IDENTITY.keys(),
        *oids.NATIONAL_IDENTITY.values(),
    }
)  # may be critical


@dataclass(frozen=True)
class Plan:
    """All that a certificate will say. `issuer` is the DER of the CA's subject, as it stands there.

    Times are aware and in whole seconds.
    """

    serial: int
    issuer: bytes
    subject: Name
    public_key: PublicKey
    not_before: datetime
    not_after: datetime
    signature_algorithm: str
    extensions: tuple[Extension, ...]


def serial_from(entropy: bytes) -> int:
    """A positive serial number of exactly as many octets as `entropy` has, 16 to 20 (CPS 7.1).

    The top bit is cleared and the next one set; all others are the caller's randomness.
    """
    if not MIN_SERIAL_OCTETS <= len(entropy) <= MAX_SERIAL_OCTETS:
        raise Refused("certificate.serial", "A serial number has 16 to 20 octets.")
    top = 8 * len(entropy) - 1
    return int.from_bytes(entropy, "big") & ~(1 << top) | 1 << (top - 1)


def encode(plan: Plan) -> bytes:
    """The TBSCertificate. Raises Refused `certificate.serial`, `certificate.time`."""
    if not 0 < plan.serial < 1 << (8 * MAX_SERIAL_OCTETS - 1):
        raise Refused("certificate.serial", "A serial number is positive and has 20 octets.")
    for moment in (plan.not_before, plan.not_after):
        if moment.tzinfo is None or moment.microsecond:
            raise Refused("certificate.time", "Times have a zone and no fractions of a second.")
    return der.sequence(
        _VERSION_3,
        der.integer(plan.serial),
        signatures.identifier(plan.signature_algorithm),
        plan.issuer,
        der.sequence(der.time(plan.not_before), der.time(plan.not_after)),
        plan.subject.der,
        plan.public_key.spki,
        der.explicit(3, encode_all(plan.extensions)),
    )


def assemble(tbs: bytes, signature: bytes) -> bytes:
    """The certificate; its outer algorithm identifier is a copy of the inner one."""
    with der.reading("certificate", "The certificate"):
        reader = der.only(tbs)
        reader.optional(0xA0)
        reader.take(der.INTEGER)
        return der.sequence(tbs, reader.value(der.SEQUENCE).der, der.bit_string(signature))


@dataclass(frozen=True)
class Body:
    """A TBSCertificate as read. `algorithm`, `issuer`, `subject`, `spki` are raw DER.

    `serial_octets` is the INTEGER's content, `validity_tags` the types of the two times.
    """

    der: bytes
    version: int
    serial_octets: bytes
    algorithm: bytes
    issuer: bytes
    not_before: datetime
    not_after: datetime
    validity_tags: tuple[int, int]
    subject: bytes
    spki: bytes
    unique_ids: bool
    extensions: tuple[Extension, ...]
    extensions_der: bytes

    @cached_property
    def serial(self) -> int:
        return int.from_bytes(self.serial_octets, "big", signed=True)

    def extension(self, oid: str) -> Extension | None:
        return next((e for e in self.extensions if e.oid == oid), None)


def parse_tbs(tbs: bytes) -> Body:
    """Raises Malformed `certificate.not_der`, `certificate.version`."""
    with der.reading("certificate", "The certificate"):
        reader = der.only(tbs)
        tagged = reader.optional(0xA0)
        version = 1 if tagged is None else der.Reader(tagged).integer() + 1
        serial = reader.take(der.INTEGER)
        der.decode_integer(serial)
        algorithm, issuer = reader.value(der.SEQUENCE).der, reader.value(der.SEQUENCE).der
        validity = reader.enter()
        before, after = validity.any(), validity.any()
        validity.finish()
        subject, spki = reader.value(der.SEQUENCE).der, reader.value(der.SEQUENCE).der
        unique = [reader.optional(tag) for tag in (0x81, 0x82)] != [None, None]
        wrapped = reader.optional(0xA3)
        reader.finish()
        if not 1 <= version <= 3:  # noqa: PLR2004 - X.509 knows three
            raise Malformed("certificate.version", "There is no such version of X.509.")
        return Body(
            der=tbs,
            version=version,
            serial_octets=serial,
            algorithm=algorithm,
            issuer=issuer,
            not_before=der.decode_time(before.tag, before.content),
            not_after=der.decode_time(after.tag, after.content),
            validity_tags=(before.tag, after.tag),
            subject=subject,
            spki=spki,
            unique_ids=unique,
            extensions=() if wrapped is None else read_all(der.only(wrapped)),
            extensions_der=wrapped or b"",
        )


@dataclass(frozen=True)
class Certificate:
    """A parsed certificate; `verify` has yet to be asked."""

    der: bytes
    body: Body
    signature_algorithm: str
    signature: bytes

    @property
    def tbs(self) -> bytes:
        return self.body.der

    @property
    def serial(self) -> int:
        return self.body.serial

    @cached_property
    def issuer(self) -> Name:
        return names.parse(self.body.issuer)

    @cached_property
    def subject(self) -> Name:
        return names.parse(self.body.subject)

    @property
    def not_before(self) -> datetime:
        return self.body.not_before

    @property
    def not_after(self) -> datetime:
        return self.body.not_after

    @property
    def extensions(self) -> tuple[Extension, ...]:
        return self.body.extensions

    @cached_property
    def public_key(self) -> PublicKey:
        """Raises Malformed or Refused `key.*`; RSA from 1024 bits is read."""
        return publickeys.parse(self.body.spki, legacy=True)

    @cached_property
    def fingerprint_sm3(self) -> str:
        return sm3(self.der).hex()

    @cached_property
    def fingerprint_sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    @cached_property
    def key_identifier(self) -> bytes | None:
        """The subject key identifier as the certificate states it."""
        found = self.body.extension(oids.SUBJECT_KEY_IDENTIFIER)
        return extension_values.subject_key_identifier(found.value) if found else None

    @cached_property
    def authority_key_identifier(self) -> bytes | None:
        found = self.body.extension(oids.AUTHORITY_KEY_IDENTIFIER)
        return extension_values.authority_key_identifier(found.value) if found else None

    @cached_property
    def key_usage(self) -> frozenset[str] | None:
        """None where the certificate has no such extension, and so no limit."""
        found = self.body.extension(oids.KEY_USAGE)
        return extension_values.key_usage(found.value) if found else None

    @cached_property
    def basic_constraints(self) -> extension_values.BasicConstraints:
        found = self.body.extension(oids.BASIC_CONSTRAINTS)
        if found is None:
            return extension_values.BasicConstraints(ca=False, path_length=None)
        return extension_values.basic_constraints(found.value)

    @property
    def is_ca(self) -> bool:
        return self.basic_constraints.ca


def parse(data: bytes) -> Certificate:
    """From PEM or DER. Raises Malformed `certificate.*`: not_pem_or_der, trailing_bytes, not_der,
    version, algorithm_mismatch; and `signature.*` for an unknown algorithm. Extensions, names and
    the key are read when asked for.
    """
    encoded = pem.to_der(data, "CERTIFICATE", area="certificate")
    with der.reading("certificate", "The certificate"):
        reader = der.Reader(encoded)
        outer = reader.enter()
        if reader:
            raise Malformed("certificate.trailing_bytes", "Bytes follow after the certificate.")
        body = parse_tbs(outer.value(der.SEQUENCE).der)
        algorithm, signature = outer.value(der.SEQUENCE).der, outer.bit_string()
        outer.finish()
        if algorithm != body.algorithm:
            raise Malformed(
                "certificate.algorithm_mismatch", "Inner and outer signature algorithm differ."
            )
        return Certificate(encoded, body, signatures.parse_identifier(algorithm), signature)


def verify(
    certificate: Certificate,
    issuer: Certificate,
    at: datetime | None = None,
    *,
    legacy: bool = False,
) -> None:
    """One link of a path, and both validities if `at` is given. Raises BadSignature with rule
    `certificate.*`: wrong_issuer, issuer_not_ca, path_length, unknown_critical_extension,
    not_yet_valid, expired, weak_signature, weak_key, bad_signature, sm2_without_z, ... `legacy`
    lets SHA-1 and RSA-1024 pass.
    """
    for rule, holds, reason in _link_rules(certificate, issuer, legacy=legacy):
        if not holds:
            raise BadSignature(f"certificate.{rule}", reason)
    if at is not None:
        for one in (certificate, issuer):
            check_validity(one, at)
    signatures.verify(
        issuer.public_key,
        certificate.tbs,
        certificate.signature,
        certificate.signature_algorithm,
        about="certificate",
    )


def _link_rules(
    certificate: Certificate, issuer: Certificate, *, legacy: bool
) -> tuple[tuple[str, bool, str], ...]:
    wanted, own = certificate.authority_key_identifier, issuer.key_identifier
    same_name = certificate.body.issuer == issuer.body.subject or (
        certificate.issuer.key == issuer.subject.key
    )
    path_ends = certificate.is_ca and issuer.basic_constraints.path_length == 0
    self_issued = certificate.body.subject == certificate.body.issuer
    known = all(
        e.oid in UNDERSTOOD for c in (certificate, issuer) for e in c.extensions if e.critical
    )
    strong = legacy or certificate.signature_algorithm in signatures.STRONG
    short = issuer.public_key.algorithm == "rsa" and (
        issuer.public_key.bits < publickeys.MIN_RSA_BITS
    )
    usage = issuer.key_usage
    return (
        ("wrong_issuer", same_name, "The issuer's name is another one."),
        ("wrong_issuer", None in (wanted, own) or wanted == own, "The key identifiers differ."),
        ("issuer_not_ca", issuer.is_ca, "The issuer's certificate is not that of a CA."),
        (
            "issuer_not_ca",
            usage is None or "keyCertSign" in usage,
            "The issuer's key does not certify.",
        ),
        ("path_length", self_issued or not path_ends, "The issuer may not certify another CA."),
        ("unknown_critical_extension", known, "A critical extension is not understood."),
        ("weak_signature", strong, f"{certificate.signature_algorithm} proves nothing any more."),
        ("weak_key", legacy or not short, "The issuer's RSA key is too short."),
    )


def check_validity(certificate: Certificate, at: datetime) -> None:
    """Raises BadSignature `certificate.not_yet_valid` or `certificate.expired`."""
    if at < certificate.not_before:
        raise BadSignature("certificate.not_yet_valid", "The certificate is not valid yet.")
    if at > certificate.not_after:
        raise BadSignature("certificate.expired", "The certificate has expired.")
