"""Making OCSP answers ahead of the questions: read -> sign -> store, if it is still true."""

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from django.db import transaction

from ca.hierarchy.queries import Answering, issuer_by_id, responder_of
from ca.hierarchy.rules import HASHES, Issuer
from ca.issuing.models import Certificate
from ca.issuing.rules import State
from ca.keys import services as keys
from ca.ocsp import queries, rules
from ca.ocsp.models import StatusAnswer
from ca.ocsp.queries import Subject
from pki import ocsp, signatures
from pki.errors import PkiError
from pki.signer.protocol import OCSP

log = logging.getLogger(__name__)
MOST_BATCHES = 50  # of one sweep


def sweep_status(*, at: datetime) -> int:
    """Make every answer that is missing or lapses soon; about how many certificates."""
    made = 0
    for _ in range(MOST_BATCHES):
        batch = queries.due(at=at)
        done = answer_status(batch, at=at)
        made += done
        if len(batch) < rules.BATCH or not done:
            break
    return made


def answer_status(certificate_ids: Sequence[int], *, at: datetime) -> int:
    """Make the answers about these certificates; about how many they were stored.

    About expired certificates nothing is answered any more.
    """
    at = at.replace(microsecond=0)
    subjects = queries.subjects(list(certificate_ids), at=at)
    _forget_expired(set(certificate_ids) - {subject.id for subject in subjects}, at=at)
    done = 0
    for ca_id, group in groupby(subjects, key=lambda subject: subject.ca_id):
        done += _answer(ca_id, list(group), at=at)
    return done


def _answer(ca_id: int, subjects: list[Subject], *, at: datetime) -> int:
    issuer, responder = issuer_by_id(ca_id), responder_of(ca_id, at=at)
    if responder is None:
        log.error("%s has no OCSP responder; %s answers wait", issuer.code, len(subjects))
        return 0
    tbs = [
        _response_data(issuer, responder, subject, name, at=at)
        for subject in subjects
        for name in HASHES
    ]
    try:
        signed = keys.sign(responder.key_label, OCSP, tbs, by=responder.certificate.public_key)
    except PkiError as error:  # nobody was asked, or nobody could answer: the sweep comes back
        log.error("%s: %s answers wait: %s", issuer.code, len(subjects), error)  # noqa: TRY400
        return 0
    if refused := [answer for answer in signed if isinstance(answer, PkiError)]:
        log.error("%s: no answers about %s: %s", issuer.code, len(subjects), refused[0])
        return 0
    responses = [_response(responder, *pair) for pair in zip(tbs, signed, strict=True)]
    return _store(subjects, responses, at=at)


def _response_data(
    issuer: Issuer, responder: Answering, subject: Subject, name: str, *, at: datetime
) -> bytes:
    single = ocsp.Single(
        cert_id=ocsp.cert_id_for(issuer.certificate, subject.serial, name),
        status="good" if subject.state == State.VALID else "revoked",
        this_update=at,
        next_update=at + rules.LIFETIME,
        revoked_at=subject.revoked_at,
        reason=subject.reason,
    )
    key = responder.certificate.public_key
    return ocsp.encode_response_data(key.key_identifier, at, [single])


def _response(responder: Answering, data: bytes, signed: bytes | PkiError) -> bytes:
    assert isinstance(signed, bytes)
    key = responder.certificate.public_key
    algorithm = signatures.default_algorithm(key.algorithm)
    return ocsp.assemble_response(data, signed, algorithm, [responder.certificate.der])


@transaction.atomic
def _store(subjects: list[Subject], responses: list[bytes], *, at: datetime) -> int:
    """Only what is still true: what changed meanwhile is answered about anew."""
    ids = [subject.id for subject in subjects]
    locked = Certificate.objects.filter(pk__in=ids).order_by("pk")
    rows = locked.select_for_update(no_key=True, of=("self",)).values_list("pk", "state")
    states = dict(rows)
    size, until = len(HASHES), at + rules.LIFETIME
    answers = [
        StatusAnswer(
            certificate_id=subject.id,
            state=subject.state,
            produced_at=at,
            next_update=until,
            **dict(zip(HASHES, responses[place * size : place * size + size], strict=True)),
        )
        for place, subject in enumerate(subjects)
        if states.get(subject.id) == subject.state
    ]
    StatusAnswer.objects.bulk_create(
        answers,
        update_conflicts=True,
        unique_fields=["certificate"],
        update_fields=["state", "produced_at", "next_update", *HASHES],
    )
    stored = [answer.certificate_id for answer in answers]
    Certificate.objects.filter(pk__in=stored).update(answers_until=until)
    return len(stored)


@transaction.atomic
def _forget_expired(certificate_ids: set[int], *, at: datetime) -> None:
    """CPS 4.11: service about a certificate ends with its validity."""
    expired = Certificate.objects.filter(pk__in=certificate_ids, not_after__lt=at)
    ids = list(expired.values_list("pk", flat=True))
    StatusAnswer.objects.filter(pk__in=ids).delete()
    Certificate.objects.filter(pk__in=ids).update(answers_until=rules.NEVER)
