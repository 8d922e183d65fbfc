"""What holds of a certificate, request, list, OCSP exchange, key or signed data, and of records of
votes, ceremonies and custody, in sentences.

A check that does not hold raises PkiError with the rule's code. Pure: the moment is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pki import (
    ceremonies,
    certificates,
    cms,
    crls,
    custody_records,
    extension_values,
    inspection,
    keys,
    ocsp,
    oids,
    publickeys,
    requests,
    votes,
)
from pki.errors import BadSignature, Malformed, PkiError, Refused
from pki.signer import book

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pki.certificates import Certificate
    from pki.publickeys import PublicKey

_PROBE = b"Does the private key belong to the public one?"


class Missing(PkiError):
    """The question cannot be answered without another file."""


@dataclass(frozen=True)
class Question:
    """Contents of the files at hand, PEM or DER, and the moment for which is asked."""

    content: bytes
    at: datetime
    issuer: bytes | None = None
    key: bytes | None = None
    data: bytes | None = None
    passphrase: bytes | None = None


class Verdict:
    """`holds`: what was found to be so, one sentence each; `facts`: what else is worth knowing."""

    def __init__(self) -> None:
        self.holds: list[str] = []
        self.facts: dict[str, Any] = {}


def verify(kind: str, question: Question) -> Verdict:
    """`kind` is one of KINDS. Raises PkiError: `Missing` and `Malformed` where nothing can be said.

    `issuer` is the CA's certificate, `key` a private or public key that must be the file's own,
    `data` what the file is about: a certificate to look up in a list, the request that a response
    answers, a certificate or request that a key must belong to.
    """
    verdict = Verdict()
    if kind in _IN_JSON:  # which says itself what it is
        KINDS[kind](question.content, question, verdict)
        return verdict
    found = inspection.recognise(question.content)
    if found.kind not in {kind, f"encrypted-{kind}"}:
        raise Malformed("file.other_kind", f"The file holds a {found.kind}, not a {kind}.")
    KINDS[kind](found.content, question, verdict)
    return verdict


def _certificate(content: bytes, question: Question, verdict: Verdict) -> None:
    certificate = certificates.parse(content)
    self_issued = certificate.body.issuer == certificate.body.subject
    issuer = certificate if self_issued and question.issuer is None else _issuer(question)
    certificates.verify(certificate, issuer, question.at)
    verdict.holds += [
        f"The certificate was issued by {issuer.subject.text}.",
        f"Both certificates are valid at {question.at.isoformat()}.",
    ]
    _compare(certificate.public_key, question.key, question, verdict)


def _request(content: bytes, question: Question, verdict: Verdict) -> None:
    request = requests.parse(content)
    requests.verify(request)
    verdict.holds.append("The request was signed with its own private key.")
    _compare(request.public_key, question.key, question, verdict)


def _cms(content: bytes, question: Question, verdict: Verdict) -> None:
    """A request that the key of an older certificate has signed (CPS 3.3.1)."""
    signed = cms.parse(content)
    if question.data is None:
        raise Missing("file.signer_needed", "The certificate of the key that signed is needed.")
    signer = _certificate_in(question.data)
    cms.verify(signed, signer)
    request = requests.parse(signed.content)
    requests.verify(request)
    same = request.public_key.spki == signer.public_key.spki
    verdict.holds += [
        f"The request was signed by the key of certificate {signer.serial:X}.",
        "The request was signed with its own private key.",
        "It asks for the same key." if same else "It asks for another key.",
    ]
    verdict.facts = {"signed_at": signed.signed_at and signed.signed_at.isoformat()}


def _crl(content: bytes, question: Question, verdict: Verdict) -> None:
    crl, issuer = crls.parse(content), _issuer(question)
    crls.verify(crl, issuer, question.at)
    verdict.holds += [
        f"The list was signed by {issuer.subject.text}.",
        f"The list is in force at {question.at.isoformat()}.",
    ]
    verdict.facts = {"number": crl.number, "entry_count": len(crl.entries)}
    if question.data is not None:
        _look_up(crl, issuer, _certificate_in(question.data), verdict)


def _look_up(
    crl: crls.RevocationList, issuer: Certificate, subject: Certificate, verdict: Verdict
) -> None:
    certificates.verify(subject, issuer)
    _check_scope(crl, subject)
    entry = crl.by_serial.get(subject.serial)
    if entry is not None:
        since = f"{entry.revoked_at.isoformat()} ({entry.reason or 'no reason given'})"
        raise Refused("crl.revoked", f"The certificate is revoked since {since}.")
    verdict.holds.append(f"Certificate {subject.serial:X} is not in the list.")


def _check_scope(crl: crls.RevocationList, subject: Certificate) -> None:
    """Silence only counts in a complete list that speaks about this certificate."""
    scope = crls.scope_of(crl)
    points = subject.body.extension(oids.CRL_DISTRIBUTION_POINTS)
    own = extension_values.distribution_points(points.value) if points else ()
    if crl.base_number is not None:
        raise Refused("crl.delta", "A delta alone says nothing about the other certificates.")
    if scope.only_cas > subject.is_ca or scope.only_users > (not subject.is_ca):
        raise Refused("crl.other_scope", "The list is not about certificates of this kind.")
    if scope.places and not set(scope.places) & set(own):
        raise Refused("crl.other_scope", "The certificate belongs to another partial list.")


def _ocsp_request(content: bytes, question: Question, verdict: Verdict) -> None:
    request = ocsp.parse_request(content)
    verdict.holds.append("The request is well formed.")
    verdict.facts = {"serials": [f"{each.serial:X}" for each in request.cert_ids]}
    if question.issuer is None:
        return
    issuer = _issuer(question)
    if not all(ocsp.issued_by(cert_id, issuer) for cert_id in request.cert_ids):
        raise Refused("ocsp.other_issuer", "The request asks about another CA's certificate.")
    verdict.holds.append(f"All of it is about certificates of {issuer.subject.text}.")


def _ocsp_response(content: bytes, question: Question, verdict: Verdict) -> None:
    response, issuer = ocsp.parse_response(content), _issuer(question)
    asked = None if question.data is None else _ocsp_question(question.data)
    signer = ocsp.verify_response(response, issuer, question.at, request=asked)
    verdict.holds += [
        f"The response was signed by {signer.subject.text}.",
        f"That responder may speak for {issuer.subject.text}.",
        f"The response is in force at {question.at.isoformat()}.",
    ]
    if asked is not None:
        verdict.holds += ["The response answers this request.", *_nonce(response, asked)]
    singles = response.basic.singles if response.basic else ()
    verdict.facts = {"answers": [inspection.describe_single(single) for single in singles]}


def _nonce(response: ocsp.Response, asked: ocsp.Request) -> list[str]:
    if asked.nonce is None:
        return []
    if ocsp.answers_nonce(response, asked):
        return ["The response carries the request's nonce: it was made for this request."]
    return ["The nonce was not answered: the response was signed ahead (RFC 9654 2.1, RFC 5019 4)."]


def _ocsp_question(data: bytes) -> ocsp.Request:
    return ocsp.parse_request(_of_kind(data, "ocsp-request"))


def _key(content: bytes, question: Question, verdict: Verdict) -> None:
    key = keys.parse_pkcs8(content, _passphrase(content, question))
    if not key.public.verify(_PROBE, key.sign(_PROBE), key.signature_algorithm):
        raise BadSignature("key.mismatch", "The public key does not verify what the key signs.")
    verdict.holds.append("The key signs, and its public key verifies.")
    verdict.facts = {"algorithm": key.algorithm, "fingerprint_sm3": key.public.fingerprint}
    _compare(key.public, question.data, question, verdict)


def _compare(own: PublicKey, other: bytes | None, question: Question, verdict: Verdict) -> None:
    if other is None:
        return
    found = inspection.recognise(other)
    if _public_half(found, question).spki != own.spki:
        raise Refused("key.other", f"The {found.kind} has another public key.")
    verdict.holds.append(f"The {found.kind} has the same public key.")


def _public_half(found: inspection.Found, question: Question) -> PublicKey:
    if found.kind in {"key", "encrypted-key"}:
        return keys.parse_pkcs8(found.content, _passphrase(found.content, question)).public
    if found.kind == "certificate":
        return certificates.parse(found.content).public_key
    if found.kind == "request":
        return requests.parse(found.content).public_key
    if found.kind == "public-key":
        return publickeys.parse(found.content, legacy=True)
    raise Malformed("file.other_kind", f"There is no public key in a {found.kind}.")


def _passphrase(content: bytes, question: Question) -> bytes | None:
    """The passphrase if this key needs one, whatever was given for another key."""
    if inspection.recognise(content).kind != "encrypted-key":
        return None
    if question.passphrase is None:
        raise Missing("key.passphrase_needed", "The key is encrypted; its passphrase is needed.")
    return question.passphrase


def _issuer(question: Question) -> Certificate:
    if question.issuer is None:
        raise Missing("file.issuer_needed", "This cannot be verified without its CA's certificate.")
    return _certificate_in(question.issuer)


def _certificate_in(data: bytes) -> Certificate:
    return certificates.parse(_of_kind(data, "certificate"))


def _of_kind(data: bytes, kind: str) -> bytes:
    found = inspection.recognise(data)
    if found.kind != kind:
        raise Malformed("file.other_kind", f"A {kind} is needed here, not a {found.kind}.")
    return found.content


def _vote(content: bytes, _question: Question, verdict: Verdict) -> None:
    records = votes.read(content)
    signed = votes.check_all(records)
    verdict.holds += [
        "Every payload is the one its digest says.",
        "Every signature is its voter's, over the decision, the comment and the payload.",
        "Every key that signed was agreed to by a vote for it.",
    ]
    verdict.facts = {"votes": len(records), "signed": signed}


def _ceremony(content: bytes, question: Question, verdict: Verdict) -> None:
    """With `issuer` it is proved whose the keys are, too."""
    issuer = None if question.issuer is None else _certificate_in(question.issuer)
    found = ceremonies.check(ceremonies.read(content), issuer)
    verdict.holds += [
        "Two people or more agreed to this script, each signed with a key of their own.",
        "The ceremony followed this script, and no other.",
        "No line of the transcript is missing or changed.",
        "Everybody who was asked has confirmed every finished step with a key of their own.",
        _ENDS[found.end],
    ]
    if found.drill:
        verdict.holds.append("It was a drill, which proves nothing of any key or copy in use.")
    if issuer is not None:
        verdict.holds.append(
            f"Every key was certified for its person by {issuer.subject.text} when it signed."
        )
    verdict.facts = {
        "ceremony": found.number,
        "of": found.kind,
        "drill": found.drill,
        "end": found.end,
        "lines": found.lines,
        "attestations": found.attestations,
        "head": found.head,
        "voters": list(found.voters),
        "keys": found.keys,  # whose they are, without `issuer` only somebody can say who knows them
        "people": {who: f"{one.name}, {one.number}" for who, one in found.people.items()},
        "not_checked": [_WHOSE if issuer is None else _ENROLLED],
    }


def _book(content: bytes, _question: Question, verdict: Verdict) -> None:
    head = book.check(content)
    verdict.holds += ["No line of the signer's book is missing or changed, up to this end."]
    verdict.facts = {"lines": head.number, "head": head.digest}


def _custody(content: bytes, question: Question, verdict: Verdict) -> None:
    """With `data`, the signer's whole book, the extract in the record is found in it; with `issuer`
    it is said whose keys have voted.
    """
    record = custody_records.read(content)
    issuer = None if question.issuer is None else _certificate_in(question.issuer)
    found = custody_records.check(record, issuer)
    verdict.holds += [
        "Every share was handed out by this signer, and its custodian signed the receipt.",
        "Two shares were brought for every activation, each signed by its custodian.",
        "Another person agreed to every set, and one in force gave way by two of its shares.",
        "What was received, brought, activated and sealed stands in the signer's book.",
    ]
    if question.data is not None:
        custody_records.check_whole(record, question.data)
        verdict.holds.append("Every line of the extract stands in this book, and none is left out.")
    if issuer is not None:
        who = f"with a key that {issuer.subject.text} certified for them"
        verdict.holds.append(f"Who agreed signed {who}, but for what is `uncertified`.")
    verdict.facts = {
        "signer": found.signer,  # to be compared with the fingerprint of share files
        **found.counts,
        "adopted": found.adopted,
        "unrecorded": found.unrecorded,
        **({} if issuer is None else {"uncertified": found.uncertified}),
        "not_checked": _unproved_in(found, question),
        "book": {"from": found.book_begins, "until": found.book_ends, "head": found.head},
    }


def _unproved_in(found: custody_records.Facts, question: Question) -> list[str]:
    """What a record of custody leaves to its reader, one sentence each."""
    left = [
        "That this is your signer: compare `signer` with the fingerprint in a share file.",
        "Whose the keys of custodians and voters are: compare names with the minutes.",
        "What an officer signed under a stop, and the books of signers that help.",
    ]
    if question.data is None:
        left.append("Whether the extract leaves lines out: give the signer's book with --data.")
    if found.adopted:
        left.append(
            "How the shares of `adopted` sets were handed out: the signer alone knows them."
        )
    if found.unrecorded:
        left.append("What `unrecorded` lines of the book were: the record knows nothing of them.")
    return left


_WHOSE = "Whose the keys are: compare `keys` with the minutes, or give the CA with --issuer."
_ENROLLED = "Who put the keys to use, before the ceremony: their certificates stand for that."
_ENDS = {
    "finished": "Every step was finished.",
    "aborted": "Two people ended it early.",
    "cancelled": "Its host cancelled it before it was opened.",
}
_IN_JSON = frozenset({"vote", "ceremony", "book", "custody"})
KINDS: dict[str, Callable[[bytes, Question, Verdict], None]] = {
    "certificate": _certificate,
    "request": _request,
    "crl": _crl,
    "ocsp-request": _ocsp_request,
    "ocsp-response": _ocsp_response,
    "key": _key,
    "cms": _cms,
    "vote": _vote,
    "ceremony": _ceremony,
    "book": _book,
    "custody": _custody,
}
