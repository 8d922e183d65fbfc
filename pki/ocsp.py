"""Online certificate status (RFC 6960; CPS 7.3): requests, responses and their verification.

A response is built in two steps, so that a device can sign in between: `encode_response_data`
makes what is signed, `assemble_response` puts the signature around it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pki import certificates, der, extension_values, names, oids, revocations, signatures
from pki.errors import BadSignature, Malformed, Refused
from pki.ocsp_requests import (
    CertId,
    Request,
    cert_id_for,
    encode_request,
    issued_by,
    nonce_extension,
    nonce_in,
    parse_request,
    read_cert_id,
    read_extensions,
    read_version,
    refuse_critical,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from pki.certificates import Certificate
    from pki.names import Name

__all__ = [
    "BasicResponse",
    "CertId",
    "Request",
    "Response",
    "Single",
    "assemble_response",
    "cert_id_for",
    "encode_request",
    "encode_response_data",
    "error_response",
    "issued_by",
    "parse_request",
    "parse_response",
    "verify_response",
]

STATUSES = {  # OCSPResponseStatus, RFC 6960 4.2.1
    "successful": 0,
    "malformedRequest": 1,
    "internalError": 2,
    "tryLater": 3,
    "sigRequired": 5,
    "unauthorized": 6,
}
_STATUS_NAMES = {code: name for name, code in STATUSES.items()}
_PLAIN = {"good": der.implicit(0, b""), "unknown": der.implicit(2, b"")}
_PLAIN_NAMES = {encoded: name for name, encoded in _PLAIN.items()}


class Single(NamedTuple):
    """The status of one certificate: good, unknown, or revoked with its moment.

    `reason` is a name of `revocations.REASONS`; `unspecified` is left out of the answer.
    """

    cert_id: CertId
    status: str
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None


# -- writing ------------------------------------------------------------------------------------


def encode_response_data(
    responder_key_hash: bytes,
    produced_at: datetime,
    singles: Iterable[Single],
    nonce: bytes | None = None,
) -> bytes:
    """The ResponseData to be signed. The hash is SHA-1 of the responder's key: `key_identifier`."""
    return der.sequence(
        der.explicit(2, der.octet_string(responder_key_hash)),
        der.generalized_time(produced_at),
        der.sequence(*map(_encode_single, singles)),
        nonce_extension(1, nonce),
    )


def _encode_single(single: Single) -> bytes:
    until = single.next_update
    return der.sequence(
        single.cert_id.der,
        _encode_status(single),
        der.generalized_time(single.this_update),
        b"" if until is None else der.explicit(0, der.generalized_time(until)),
    )


def _encode_status(single: Single) -> bytes:
    if (single.status == "revoked") == (single.revoked_at is None):
        raise Refused("ocsp.status", "Revoked certificates, and no others, have a moment.")
    if single.revoked_at is None:
        if single.status not in _PLAIN:
            raise Refused("ocsp.status", "A status is good, revoked or unknown.")
        return _PLAIN[single.status]
    code = revocations.reason_code(single.reason or "unspecified")
    reason = der.explicit(0, der.enumerated(code)) if code else b""
    revoked = der.generalized_time(single.revoked_at) + reason
    return der.implicit(1, revoked, constructed=True)


def assemble_response(
    tbs: bytes, signature: bytes, algorithm: str, certificates: Iterable[bytes] = ()
) -> bytes:
    """The OCSPResponse around a signature over `tbs`, with the responder's certificate (DER)."""
    sent = b"".join(certificates)
    basic = der.sequence(
        tbs,
        signatures.identifier(algorithm),
        der.bit_string(signature),
        der.explicit(0, der.sequence(sent)) if sent else b"",
    )
    inner = der.sequence(der.oid(oids.OCSP_BASIC), der.octet_string(basic))
    return der.sequence(der.enumerated(STATUSES["successful"]), der.explicit(0, inner))


def error_response(status: str) -> bytes:
    """An unsigned refusal: malformedRequest, internalError, tryLater, sigRequired, unauthorized."""
    if status not in STATUSES or status == "successful":
        raise Refused("ocsp.status", f"{status} is no refusal of a responder.")
    return der.sequence(der.enumerated(STATUSES[status]))


# -- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BasicResponse:
    """What a responder signed. It names itself by the hash of its key or by its name."""

    tbs: bytes = field(repr=False)
    responder: bytes | Name
    produced_at: datetime
    singles: tuple[Single, ...]
    nonce: bytes | None
    signature_algorithm: str
    signature: bytes = field(repr=False)
    certificates: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True)
class Response:
    """`status` is a key of STATUSES; `basic` is there exactly if it is `successful`."""

    status: str
    basic: BasicResponse | None = None


def parse_response(data: bytes) -> Response:
    """From DER. Raises Malformed or Refused `ocsp.*`, `crl.reason`, `name.*`, `signature.*`."""
    with der.reading("ocsp", "The OCSP response"):
        outer = der.only(data)
        code = der.decode_integer(outer.take(der.ENUMERATED))
        body = outer.optional(0xA0)
        outer.finish()
        if code not in _STATUS_NAMES:
            raise Malformed("ocsp.status", f"There is no OCSP status {code}.")
        if (body is None) == (code == STATUSES["successful"]):
            raise Malformed("ocsp.status", "A successful response, and no other, has a body.")
        return Response(_STATUS_NAMES[code], None if body is None else _read_basic(body))


def _read_basic(body: bytes) -> BasicResponse:
    wrapper = der.only(body)
    if (kind := wrapper.oid()) != oids.OCSP_BASIC:
        raise Refused("ocsp.type", f"Response type {kind} is not understood.")
    reader = der.only(wrapper.octet_string())
    wrapper.finish()
    tbs, algorithm = reader.value(der.SEQUENCE), reader.value(der.SEQUENCE)
    signature, sent = reader.bit_string(), reader.optional(0xA0)
    reader.finish()
    data = tbs.enter()
    read_version(data)
    responder, produced_at, singles = _read_responder(data.any()), _read_time(data), data.enter()
    said = read_extensions(data.optional(0xA1))
    data.finish()
    return BasicResponse(
        tbs.der,
        responder,
        produced_at,
        tuple(_read_singles(singles)),
        nonce_in(said),
        signatures.parse_identifier(algorithm.der),
        signature,
        tuple(_read_certificates(sent)),
    )


def _read_responder(value: der.Value) -> bytes | Name:
    if value.tag == 0xA1:  # noqa: PLR2004 - byName [1]
        return names.parse(value.content)
    if value.tag != 0xA2:  # noqa: PLR2004 - byKey [2]
        raise Malformed("ocsp.responder", "The responder gives neither its name nor its key.")
    return der.only(value.content, der.OCTET_STRING).rest()


def _read_time(reader: der.Reader) -> datetime:
    return der.decode_time(der.GENERALIZED_TIME, reader.take(der.GENERALIZED_TIME))


def _read_certificates(content: bytes | None) -> Iterator[bytes]:
    reader = der.Reader(b"") if content is None else der.only(content)
    while reader:
        yield reader.value(der.SEQUENCE).der


def _read_singles(reader: der.Reader) -> Iterator[Single]:
    while reader:
        single = reader.enter()
        cert_id = read_cert_id(single.value(der.SEQUENCE))
        status, revoked_at, reason = _read_status(single.any())
        this_update, until = _read_time(single), der.Reader(single.optional(0xA0) or b"")
        next_update = _read_time(until) if until else None
        until.finish()
        refuse_critical(read_extensions(single.optional(0xA1)))
        single.finish()
        yield Single(cert_id, status, this_update, next_update, revoked_at, reason)


def _read_status(value: der.Value) -> tuple[str, datetime | None, str | None]:
    if value.der in _PLAIN_NAMES:
        return _PLAIN_NAMES[value.der], None, None
    if value.tag != 0xA1:  # noqa: PLR2004 - revoked [1]
        raise Malformed("ocsp.status", "A status is good, revoked or unknown.")
    reader = value.enter()
    revoked_at, said = _read_time(reader), reader.optional(0xA0)
    reader.finish()
    if said is None:
        return "revoked", revoked_at, None
    code = der.only(said, der.ENUMERATED).rest()
    return "revoked", revoked_at, revocations.reason_name(der.decode_integer(code))


# -- verifying ----------------------------------------------------------------------------------


def verify_response(
    response: Response,
    issuer: Certificate,
    at: datetime | None = None,
    *,
    request: Request | None = None,
) -> Certificate:
    """Who signed, if the signer may speak for `issuer` about every certificate in the response.

    With `at` all validities are checked, with `request` that this is the answer to it; a nonce may
    be left unanswered (RFC 9654 2.1), see `answers_nonce`. Raises
    BadSignature `ocsp.*`: not_successful, unknown_responder, responder_purpose, responder_check,
    other_issuer, not_yet_valid, stale, other_nonce, not_answered, weak_signature, bad_signature,
    sm2_without_z, ...; `certificate.*` about the responder's certificate.
    """
    basic = response.basic
    if basic is None:
        raise BadSignature("ocsp.not_successful", f"The responder answered {response.status}.")
    signer = _signer(basic, issuer)
    if signer != issuer:
        _check_delegate(signer, issuer, at)
    if basic.signature_algorithm not in signatures.STRONG:
        raise BadSignature("ocsp.weak_signature", "The signature proves nothing any more.")
    signatures.verify(
        signer.public_key, basic.tbs, basic.signature, basic.signature_algorithm, about="ocsp"
    )
    for single in basic.singles:
        _check_single(single, issuer, at)
    if request is not None:
        _check_answer(basic, request)
    return signer


def answers_nonce(response: Response, request: Request) -> bool:
    """Whether the request's nonce came back: then the response was made for this very request."""
    basic = response.basic
    return basic is not None and request.nonce is not None and basic.nonce == request.nonce


def _signer(basic: BasicResponse, issuer: Certificate) -> Certificate:
    sent = (certificates.parse(encoded) for encoded in basic.certificates)
    for candidate in (issuer, *sent):
        if basic.responder == candidate.public_key.key_identifier:
            return candidate
        if not isinstance(basic.responder, bytes) and basic.responder.key == candidate.subject.key:
            return candidate
    raise BadSignature("ocsp.unknown_responder", "The responder's certificate is not there.")


def _check_delegate(signer: Certificate, issuer: Certificate, at: datetime | None) -> None:
    """RFC 6960 4.2.2.2: issued directly by the CA in question, for this purpose."""
    certificates.verify(signer, issuer, at)
    purposes = signer.body.extension(oids.EXTENDED_KEY_USAGE)
    if purposes is None or oids.OCSP_SIGNING not in extension_values.extended_key_usage(
        purposes.value
    ):
        raise BadSignature("ocsp.responder_purpose", "The responder may not answer for this CA.")
    if signer.key_usage is not None and "digitalSignature" not in signer.key_usage:
        raise BadSignature("ocsp.responder_purpose", "The responder's key may not sign.")
    if signer.body.extension(oids.OCSP_NO_CHECK) is None:
        raise BadSignature("ocsp.responder_check", "The responder's own status is not known.")


def _check_single(single: Single, issuer: Certificate, at: datetime | None) -> None:
    until = single.next_update
    if not issued_by(single.cert_id, issuer):
        raise BadSignature("ocsp.other_issuer", "The answer is about another CA's certificate.")
    if at is not None and at < single.this_update:
        raise BadSignature("ocsp.not_yet_valid", "The answer is from the future.")
    if at is not None and until is not None and at > until:
        raise BadSignature("ocsp.stale", "The answer is out of date.")


def _check_answer(basic: BasicResponse, request: Request) -> None:
    # An answer that was signed before the question carries none; another one is a replay.
    if request.nonce is not None and basic.nonce not in (None, request.nonce):
        raise BadSignature("ocsp.other_nonce", "The response answers another nonce.")
    if not {single.cert_id for single in basic.singles}.issuperset(request.cert_ids):
        raise BadSignature("ocsp.not_answered", "A certificate asked about is missing.")
