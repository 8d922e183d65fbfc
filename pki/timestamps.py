"""Time stamps (RFC 3161, GM/T 0033): what one says, what is signed for it, the token itself.

A token is signed data of RFC 5652 with its object identifiers for SM2 keys as well, as national
authorities write theirs; only digest and signature are then those of GM/T 0006.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pki import cms, der, oids, signatures
from pki.errors import Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.certificates import Certificate

# Octets of the digests that are stamped. SHA-1 proves nothing any more (RFC 3161 2.4.2).
SIZES = {oids.SM3: 32, oids.SHA256: 32, oids.SHA384: 48, oids.SHA512: 64}
MAX_SERIAL = 20  # octets
MAX_NONCE = 32  # octets, as of one for OCSP

_SECOND, _MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
_MILLIS, _MICROS = 0x80, 0x81
_SECONDS, _THOUSAND = range(2**31), range(1000)
_TIME = re.compile(rb"(\d{14})(?:\.(\d{1,6}))?Z")


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """TSTInfo of RFC 3161 2.4.2. `imprint`: MessageImprint in DER, as the request has it."""

    policy: str
    imprint: bytes
    serial: int
    at: datetime
    accuracy: timedelta | None = None
    ordering: bool = False
    nonce: int | None = None


def imprint(digest: str, value: bytes) -> bytes:
    """MessageImprint of the digest with this OID."""
    return der.sequence(der.sequence(der.oid(digest)), der.octet_string(value))


def encode(stamp: TimeStamp) -> bytes:
    return der.sequence(
        der.integer(1),
        der.oid(stamp.policy),
        stamp.imprint,
        der.integer(stamp.serial),
        _time(stamp.at),
        b"" if stamp.accuracy is None else _accuracy(stamp.accuracy),
        der.TRUE if stamp.ordering else b"",
        b"" if stamp.nonce is None else der.integer(stamp.nonce),
    )


def read(data: bytes) -> TimeStamp:
    """Neither `tsa` nor extensions are known. Raises Malformed `der.*`, `timestamp.not_der`,
    Refused `timestamp.*`.
    """
    reader = der.only(data)
    if reader.integer() != 1:
        raise Refused("timestamp.version", "Time stamps are of version 1.")
    stamp = TimeStamp(
        policy=reader.oid(),
        imprint=reader.value(der.SEQUENCE).der,
        serial=reader.integer(),
        at=_read_time(reader.take(der.GENERALIZED_TIME)),
        accuracy=_read_accuracy(reader.enter()) if reader.peek() == der.SEQUENCE else None,
        ordering=reader.boolean() if reader.peek() == der.BOOLEAN else False,
        nonce=reader.integer() if reader.peek() == der.INTEGER else None,
    )
    if reader:
        raise Refused("timestamp.more", "A time stamp has neither a name nor extensions here.")
    _check_imprint(stamp.imprint)
    _check_size("serial", stamp.serial, MAX_SERIAL, least=1)
    _check_size("nonce", stamp.nonce or 0, MAX_NONCE)
    if encode(stamp) != data:  # defaults written out, zeros at the end of a fraction
        raise Malformed("timestamp.not_der", "The time stamp has a shorter encoding.")
    return stamp


def signed_attributes(data: bytes, certificate: bytes, algorithm: str) -> bytes:
    """What is signed for a TSTInfo: its digest, and whose key signs (RFC 3161 2.4.2, RFC 5816)."""
    signer = cms.attribute(
        oids.SIGNING_CERTIFICATE_V2,
        der.sequence(der.sequence(_certificate_id(certificate, algorithm))),
    )
    return cms.signed_attributes(oids.TST_INFO, data, algorithm, signer)


def assemble(
    data: bytes, signature: bytes, certificate: Certificate, *, sent: Iterable[bytes] = ()
) -> bytes:
    """The token. `signature`: over `signed_attributes`, by the certificate's key with its default
    algorithm. `sent`: certificates (DER) that go with it.
    """
    algorithm = signatures.default_algorithm(certificate.public_key.algorithm)
    attributes = signed_attributes(data, certificate.der, algorithm)
    return cms.assemble(oids.TST_INFO, data, attributes, signature, certificate, sent=sent)


def _certificate_id(certificate: bytes, algorithm: str) -> bytes:
    """ESSCertIDv2 of RFC 5035 4; SHA-256 is its default and stays unsaid."""
    dotted, compute = cms.digest_of(algorithm)
    named = b"" if dotted == oids.SHA256 else der.sequence(der.oid(dotted))
    return der.sequence(named, der.octet_string(compute(certificate)))


def _check_imprint(encoded: bytes) -> None:
    reader = der.only(encoded)
    algorithm = reader.enter()
    size, parameters = SIZES.get(algorithm.oid()), algorithm.rest()
    if size is None:
        raise Refused("timestamp.digest", "SM3, SHA-256, SHA-384 and SHA-512 are stamped.")
    if parameters not in (b"", der.NULL) or len(reader.octet_string()) != size:
        raise Refused("timestamp.imprint", "The imprint is not one of its digest.")
    reader.finish()


def _check_size(what: str, number: int, octets: int, *, least: int | None = None) -> None:
    if number.bit_length() >= 8 * octets or (least is not None and number < least):
        raise Refused(f"timestamp.{what}", f"The {what} is out of range: {octets} octets.")


def _time(moment: datetime) -> bytes:
    """Fractions without zeros at the end (RFC 3161 2.4.2)."""
    fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
    return der.tlv(
        der.GENERALIZED_TIME, f"{moment.astimezone(UTC):%Y%m%d%H%M%S}{fraction}Z".encode()
    )


def _read_time(content: bytes) -> datetime:
    found = _TIME.fullmatch(content)
    if found is None:
        raise Malformed("der.time", "The time is not in the form of RFC 3161.")
    whole, fraction = found[1], found[2] or b"0"
    second = der.decode_time(der.GENERALIZED_TIME, whole + b"Z")
    return second.replace(microsecond=int(fraction.ljust(6, b"0")))


def _accuracy(within: timedelta) -> bytes:
    seconds, rest = divmod(within, _SECOND)
    millis, micros = divmod(rest // _MICROSECOND, 1000)
    return der.sequence(
        der.integer(seconds) if seconds else b"",
        der.implicit(0, der.integer(millis)[2:]) if millis else b"",
        der.implicit(1, der.integer(micros)[2:]) if micros else b"",
    )


def _read_accuracy(reader: der.Reader) -> timedelta:
    seconds = reader.integer() if reader.peek() == der.INTEGER else 0
    parts = (reader.optional(tag) for tag in (_MILLIS, _MICROS))
    millis, micros = (0 if part is None else der.decode_integer(part) for part in parts)
    reader.finish()
    if not (seconds in _SECONDS and millis in _THOUSAND and micros in _THOUSAND):
        raise Refused("timestamp.accuracy", "The accuracy is out of range.")
    return timedelta(seconds=seconds, milliseconds=millis, microseconds=micros)
