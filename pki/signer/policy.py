"""What a key may put its name to. Pure: the bytes to be signed, what the signer knows, the time.

The signer reads the TBS itself and believes no caller: a certificate must be one that this CA may
issue, a list or an answer must be this issuer's own. Everything else about content is the linter's
business (`pki.lint`), on the other side of the socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pki import der, oids, revocations, signatures, timestamps
from pki.errors import Refused
from pki.signer.protocol import CA_CERTIFICATE, CERTIFICATE, CRL, OCSP, REQUEST, TIME_STAMP

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SKEW = timedelta(minutes=5)  # how far our clocks may be apart
MAX_ANSWER_LIFE = timedelta(days=1)  # no longer than a list (CPS 4.9.7)
MAX_ANSWERS = 256
# What a time stamp may say of its accuracy, and so how far its time may be from the signer's clock:
# ETSI EN 319 421 7.7.1, a second or better. CPS 6.8 wants a trusted source and names no figure.
MAX_ACCURACY = timedelta(seconds=1)
MIN_SERIAL, MAX_SERIAL = 8, 20  # octets; RFC 5280 4.1.2.2
MAX_TBS = 64 * 1024  # everything but revocation lists

_V2, _V3 = b"\x01", b"\x02\x01\x02"
_KEY_CERT_SIGN, _CRL_SIGN = 5, 6
_VERSION, _ATTRIBUTES = 0xA0, 0xA0
_BY_NAME, _BY_KEY = 0xA1, 0xA2
_PLAIN = (0x80, 0x82)  # good, unknown: RFC 6960 4.2.1
_REVOKED, _REASON = 0xA1, 0xA0
_NEXT_UPDATE, _ANSWER_EXTENSIONS = 0xA0, 0xA1
_CERTIFICATE_EXTENSIONS, _LIST_EXTENSIONS = 0xA3, 0xA0

_IDENTIFIERS = {
    name: {signatures.identifier(name)} for name in ("sm2-sm3", "rsa-sha256", "ecdsa-sha256")
}
_IDENTIFIERS["sm2-sm3"].add(der.sequence(der.oid(oids.SM2_WITH_SM3)))  # both forms are in use


def _content(dotted: str) -> bytes:
    return der.oid(dotted)[2:]


_BASIC_CONSTRAINTS, _KEY_USAGE = _content(oids.BASIC_CONSTRAINTS), _content(oids.KEY_USAGE)
_EXTENDED_KEY_USAGE = _content(oids.EXTENDED_KEY_USAGE)
_CRL_NUMBER = _content(oids.CRL_NUMBER)


@dataclass(frozen=True, slots=True)
class Authority:
    """What a key's installed certificate says about it."""

    subject: bytes  # DER
    not_before: datetime
    not_after: datetime
    is_ca: bool
    is_responder: bool
    is_stamper: bool = False  # for time stamps alone, critically (RFC 3161 2.3)


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything the policy may know about one key."""

    kinds: frozenset[str]
    algorithm: str  # as in pki.signatures
    spki: bytes
    key_identifier: bytes
    authority: Authority | None
    crl_life: timedelta
    responders: frozenset[bytes]  # SPKIs of all OCSP keys of this signer
    in_ceremony: bool
    stampers: frozenset[bytes] = frozenset()  # and of all its keys for time stamps
    subjects: frozenset[bytes] | None = None  # SPKIs that it may make CAs of now; None: any


def check(kind: str, tbs: bytes, terms: Terms, *, at: datetime) -> None:
    """Raises Refused `policy.*`, or Malformed (`der.*`, `crl.reason`) for bytes of another form.

    Time stamps are refused with `timestamp.*`, too.
    """
    if kind not in _CHECKS or kind not in terms.kinds:
        raise Refused("policy.kind", f"This key does not sign {kind}.")
    if kind != CRL and len(tbs) > MAX_TBS:
        raise Refused("policy.size", f"The bytes for {kind} are too many.")
    _CHECKS[kind](tbs, terms, at)


# -- certificates -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Certificate:
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    spki: bytes
    extensions: dict[bytes, bytes]


def _check_certificate(tbs: bytes, terms: Terms, _at: datetime) -> None:
    authority = _issuing(terms)
    wish = _read_certificate(tbs, terms)
    _check_issued_by(wish, authority)
    if _is_ca(wish.extensions):
        raise Refused("policy.ca", "The certificate would make a CA of its holder.")
    usage = _key_usage(wish.extensions)
    if not usage or usage & {_KEY_CERT_SIGN, _CRL_SIGN}:  # RFC 5280 6.3.3 (f): none means all
        raise Refused("policy.key_usage", "The certificate would let its holder sign for a CA.")
    purposes = _purposes(wish.extensions)
    if oids.OCSP_SIGNING in purposes and wish.spki not in terms.responders:
        raise Refused("policy.responder", "Only a key of this signer may answer in our name.")
    if oids.TIME_STAMPING in purposes and wish.spki not in terms.stampers:
        raise Refused("policy.stamper", "Only a key of this signer may stamp time in our name.")


def _check_ca_certificate(tbs: bytes, terms: Terms, _at: datetime) -> None:
    if not terms.in_ceremony:
        raise Refused("policy.ceremony", "CA certificates are signed in a ceremony only.")
    wish = _read_certificate(tbs, terms)
    if not _is_ca(wish.extensions) or _KEY_CERT_SIGN not in _key_usage(wish.extensions):
        raise Refused("policy.not_ca", "This is not the certificate of a CA.")
    if terms.subjects is not None and wish.spki not in terms.subjects:
        raise Refused("policy.subject", "The script of the ceremony names another key.")
    if wish.spki == terms.spki and wish.issuer == wish.subject:
        return  # a root names and limits itself
    _check_issued_by(wish, _issuing(terms))


def _check_issued_by(wish: _Certificate, authority: Authority) -> None:
    if wish.issuer != authority.subject:
        raise Refused("policy.issuer", "The issuer is not the subject of this key's certificate.")
    if wish.not_after < wish.not_before:
        raise Refused("policy.validity", "The certificate would end before it begins.")
    if wish.not_before < authority.not_before or wish.not_after > authority.not_after:
        raise Refused("policy.validity", "The certificate would outlive its issuer.")


def _issuing(terms: Terms) -> Authority:
    authority = _certified(terms)
    if not authority.is_ca:
        raise Refused("policy.not_ca", "The certificate of this key is not that of a CA.")
    return authority


def _certified(terms: Terms) -> Authority:
    if terms.authority is None:
        raise Refused("policy.no_certificate", "This key has no certificate yet.")
    return terms.authority


def _read_certificate(tbs: bytes, terms: Terms) -> _Certificate:
    reader = der.only(tbs)
    if reader.optional(_VERSION) != _V3:
        raise Refused("policy.version", "Certificates are of version 3.")
    _check_serial(reader.take(der.INTEGER))
    _check_algorithm(reader.value(der.SEQUENCE).der, terms)
    issuer = reader.value(der.SEQUENCE).der
    validity = reader.enter()
    not_before, not_after = validity.time(), validity.time()
    validity.finish()
    subject, spki = reader.value(der.SEQUENCE).der, reader.value(der.SEQUENCE).der
    extensions = _read_extensions(reader.take(_CERTIFICATE_EXTENSIONS))
    reader.finish()
    return _Certificate(issuer, subject, not_before, not_after, spki, extensions)


def _check_serial(content: bytes) -> None:
    if not MIN_SERIAL <= len(content) <= MAX_SERIAL or der.decode_integer(content) <= 0:
        raise Refused(
            "policy.serial",
            f"Serial numbers are positive and have {MIN_SERIAL} to {MAX_SERIAL} octets.",
        )


def _check_algorithm(identifier: bytes, terms: Terms) -> None:
    if identifier not in _IDENTIFIERS[terms.algorithm]:
        raise Refused("policy.algorithm", f"This key signs with {terms.algorithm} only.")


def _read_extensions(content: bytes) -> dict[bytes, bytes]:
    """Value by OID content; criticality does not matter here.

    An OID spelt in a longer way is not DER: some readers would know it, our tables would not.
    """
    found: dict[bytes, bytes] = {}
    reader = der.only(content)
    while reader:
        extension = reader.enter()
        oid = extension.take(der.OID)
        der.decode_oid(oid)
        if extension.peek() == der.BOOLEAN:
            extension.boolean()
        if oid in found:
            raise Refused("policy.extensions", "An extension occurs twice.")
        found[oid] = extension.octet_string()
        extension.finish()
    return found


def _is_ca(extensions: dict[bytes, bytes]) -> bool:
    value = extensions.get(_BASIC_CONSTRAINTS)
    reader = der.only(value) if value is not None else None
    return reader is not None and reader.peek() == der.BOOLEAN and reader.boolean()


def _key_usage(extensions: dict[bytes, bytes]) -> set[int]:
    value = extensions.get(_KEY_USAGE)
    if value is None:
        return set()
    octets, _ = der.decode_bit_string(der.Reader(value).take(der.BIT_STRING))
    return {bit for bit in range(8 * len(octets)) if octets[bit // 8] & 0x80 >> bit % 8}


def _purposes(extensions: dict[bytes, bytes]) -> list[str]:
    value = extensions.get(_EXTENDED_KEY_USAGE)
    reader = der.only(value) if value is not None else der.Reader(b"")
    purposes = []
    while reader:
        purposes.append(reader.oid())
    return purposes


def _check_request(tbs: bytes, terms: Terms, _at: datetime) -> None:
    """CertificationRequestInfo of RFC 2986 4.1, about this very key."""
    if not terms.in_ceremony:
        raise Refused("policy.ceremony", "Requests are signed in a ceremony only.")
    reader = der.only(tbs)
    if reader.integer() != 0:
        raise Refused("policy.version", "Requests are of version 1.")
    reader.value(der.SEQUENCE)  # the subject
    if reader.value(der.SEQUENCE).der != terms.spki:
        raise Refused("policy.request_key", "The request is for another key.")
    reader.take(_ATTRIBUTES)
    reader.finish()


# -- revocation lists ---------------------------------------------------------------------------


def _check_crl(tbs: bytes, terms: Terms, at: datetime) -> None:
    authority = _issuing(terms)
    reader = der.only(tbs)
    if reader.take(der.INTEGER) != _V2:
        raise Refused("policy.version", "Revocation lists are of version 2.")
    _check_algorithm(reader.value(der.SEQUENCE).der, terms)
    if reader.value(der.SEQUENCE).der != authority.subject:
        raise Refused("policy.issuer", "The issuer is not the subject of this key's certificate.")
    _check_times(reader.time(), reader.time(), longest=terms.crl_life, at=at)
    reader.optional(der.SEQUENCE)  # the entries
    if _CRL_NUMBER not in _read_extensions(reader.take(_LIST_EXTENSIONS)):
        raise Refused("policy.crl_number", "The list has no number.")
    reader.finish()


def place_of(tbs: bytes) -> tuple[int, datetime]:
    """Number and thisUpdate of a list that `check` has let through. Raises Malformed."""
    reader = _after_names(tbs)
    this_update = reader.time()
    reader.time()
    reader.optional(der.SEQUENCE)
    said = _read_extensions(reader.take(_LIST_EXTENSIONS))
    return der.Reader(said[_CRL_NUMBER]).integer(), this_update


def entries_of(tbs: bytes) -> bytes:
    """The entries of such a list, one after the other."""
    reader = _after_names(tbs)
    reader.time()
    reader.time()
    return reader.optional(der.SEQUENCE) or b""


def _after_names(tbs: bytes) -> der.Reader:
    reader = der.only(tbs)
    reader.take(der.INTEGER)
    reader.value(der.SEQUENCE)
    reader.value(der.SEQUENCE)
    return reader


def _check_times(
    this_update: datetime, next_update: datetime, *, longest: timedelta, at: datetime
) -> None:
    if this_update > at + SKEW:
        raise Refused("policy.this_update", "thisUpdate lies in the future.")
    if not timedelta(0) < next_update - this_update <= longest:
        raise Refused("policy.next_update", "nextUpdate is too late, or not after thisUpdate.")


# -- OCSP answers -------------------------------------------------------------------------------


def _check_ocsp(tbs: bytes, terms: Terms, at: datetime) -> None:
    """ResponseData of RFC 6960 4.2.1."""
    authority = _certified(terms)
    if not authority.is_responder:
        raise Refused("policy.responder", "The certificate of this key is not for OCSP.")
    reader = der.only(tbs)
    responder = reader.any()
    by_key = der.tlv(_BY_KEY, der.octet_string(terms.key_identifier))
    if responder.der not in (by_key, der.tlv(_BY_NAME, authority.subject)):
        raise Refused("policy.responder", "The answer names another responder.")
    if _generalized(reader) > at + SKEW:
        raise Refused("policy.produced_at", "producedAt lies in the future.")
    answers, count = reader.enter(), 0
    while answers:
        _check_answer(answers.enter(), at)
        count += 1
    if not 0 < count <= MAX_ANSWERS:
        raise Refused("policy.size", f"A response has 1 to {MAX_ANSWERS} answers.")
    _end_with_extensions(reader)


def _end_with_extensions(reader: der.Reader) -> None:
    content = reader.optional(_ANSWER_EXTENSIONS)
    if content is not None:
        _read_extensions(content)
    reader.finish()


def _generalized(reader: der.Reader) -> datetime:
    """The one form that RFC 6960 4.2.1 has for times."""
    return der.decode_time(der.GENERALIZED_TIME, reader.take(der.GENERALIZED_TIME))


def _check_answer(answer: der.Reader, at: datetime) -> None:
    answer.take(der.SEQUENCE)  # certID
    _check_status(answer.any(), at)
    this_update = _generalized(answer)
    content = answer.optional(_NEXT_UPDATE)
    if content is None:  # it would never go stale for a client (RFC 6960 4.2.2.1)
        raise Refused("policy.next_update", "An answer says until when it holds.")
    inner = der.Reader(content)
    next_update = _generalized(inner)
    inner.finish()
    _check_times(this_update, next_update, longest=MAX_ANSWER_LIFE, at=at)
    _end_with_extensions(answer)


def _check_status(status: der.Value, at: datetime) -> None:
    """Good and unknown say nothing more; revoked says since when, and perhaps why."""
    said = der.Reader(status.content)
    if status.tag == _REVOKED:
        if _generalized(said) > at + SKEW:
            raise Refused("policy.revoked_at", "revocationTime lies in the future.")
        reason = said.optional(_REASON)
        if reason is not None:
            code = der.only(reason, der.ENUMERATED).rest()
            revocations.reason_name(der.decode_integer(code))
    elif status.tag not in _PLAIN:
        raise Refused("policy.status", "An answer says good, revoked or unknown.")
    said.finish()


# -- time stamps --------------------------------------------------------------------------------


def _check_time_stamp(tbs: bytes, terms: Terms, at: datetime) -> None:
    """TSTInfo of RFC 3161 2.4.2: it says the time, and how exactly, that this signer's clock says.

    What is signed are attributes around it that name the certificate: `pki.timestamps`.
    """
    authority = _certified(terms)
    if not authority.is_stamper:
        raise Refused("policy.stamper", "The certificate of this key is not for time stamps.")
    stamp = timestamps.read(tbs)
    if stamp.accuracy is None or not timedelta(0) < stamp.accuracy <= MAX_ACCURACY:
        raise Refused(
            "policy.accuracy", "A time stamp says how exact it is: to a second or better."
        )
    if abs(stamp.at - at) > stamp.accuracy:
        raise Refused("policy.gen_time", "The signer's clock says another time.")
    if not authority.not_before <= stamp.at <= authority.not_after:
        raise Refused("policy.validity", "The certificate of this key is not valid at that time.")
    if stamp.ordering:
        raise Refused("policy.ordering", "Nobody keeps time stamps in order among signers.")


_CHECKS: dict[str, Callable[[bytes, Terms, datetime], None]] = {
    CERTIFICATE: _check_certificate,
    CA_CERTIFICATE: _check_ca_certificate,
    CRL: _check_crl,
    OCSP: _check_ocsp,
    REQUEST: _check_request,
    TIME_STAMP: _check_time_stamp,
}
