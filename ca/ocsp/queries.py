"""Looking answers up for clients, and finding those that are due."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from ca.hierarchy.rules import HASHES
from ca.issuing.models import Certificate
from ca.issuing.rules import ISSUED, State
from ca.ocsp import rules
from ca.revocation.rules import ON_HOLD
from pki import ocsp
from pki.errors import PkiError
from pki.ocsp import CertId

_ISSUED = [state.value for state in ISSUED]


@dataclass(frozen=True, slots=True)
class Answer:
    """An OCSPResponse. Times are None for refusals, which nobody may cache."""

    der: bytes
    produced_at: datetime | None = None
    next_update: datetime | None = None


def answer(request: bytes, *, at: datetime) -> Answer:
    """RFC 6960 2.3: a stored answer, or why there is none. Nothing is signed here.

    `unauthorized` for what we did not issue and for several certificates at once (RFC 5019 2.2.3),
    `tryLater` while an answer is being made.
    """
    try:
        asked = ocsp.parse_request(request)
    except PkiError:
        return Answer(ocsp.error_response("malformedRequest"))
    if len(asked.cert_ids) != 1 or asked.cert_ids[0].hash_algorithm not in HASHES:
        return Answer(ocsp.error_response("unauthorized"))
    return _stored(asked.cert_ids[0], at)


def _stored(asked: CertId, at: datetime) -> Answer:
    row = (
        Certificate.objects.filter(
            ca__hashes__algorithm=asked.hash_algorithm,
            ca__hashes__name_hash=asked.issuer_name_hash.hex(),
            ca__hashes__key_hash=asked.issuer_key_hash.hex(),
            serial=f"{asked.serial:x}",
            state__in=_ISSUED,
            not_after__gte=at,
        )
        .values_list(
            "state",
            "answer__state",
            f"answer__{asked.hash_algorithm}",
            "answer__produced_at",
            "answer__next_update",
        )
        .first()
    )
    if row is None:
        return Answer(ocsp.error_response("unauthorized"))
    state, said, der, produced_at, next_update = row
    true = der is not None and said == state and at < next_update
    if not true:
        return Answer(ocsp.error_response("tryLater"))
    return Answer(bytes(der), produced_at, next_update)


@dataclass(frozen=True, slots=True)
class Subject:
    """A certificate to be answered about, as it stood when it was read.

    `revoked_at` and `reason` are the same as in the list's entry (`ca.revocation.services`).
    """

    id: int
    ca_id: int
    serial: int
    state: str
    revoked_at: datetime | None
    reason: str | None


_COLUMNS = (
    "pk",
    "ca_id",
    "serial",
    "state",
    "held_at",
    "revocation__revoked_at",
    "revocation__reason",
)


def subjects(certificate_ids: list[int], *, at: datetime) -> list[Subject]:
    """Those of the certificates that are issued and have not expired."""
    rows = Certificate.objects.filter(
        pk__in=certificate_ids, state__in=_ISSUED, not_after__gte=at
    ).order_by("ca_id", "pk")
    return [
        Subject(
            pk,
            ca_id,
            int(serial, 16),
            state,
            held_at or revoked_at,
            ON_HOLD if state == State.HELD else reason,
        )
        for pk, ca_id, serial, state, held_at, revoked_at, reason in rows.values_list(*_COLUMNS)
    ]


def due(*, at: datetime) -> list[int]:
    """Certificates without answers first, then those whose answers lapse soon."""
    rows = Certificate.objects.filter(state__in=_ISSUED).values_list("pk", flat=True)
    found = list(rows.filter(answers_until__isnull=True)[: rules.BATCH])
    lapsing = rows.filter(answers_until__lt=at + rules.RENEW_BEFORE).order_by("answers_until")
    return found + list(lapsing[: rules.BATCH - len(found)])


def count_due(*, at: datetime) -> int:
    """How many certificates have no answer that could be served."""
    rows = Certificate.objects.filter(state__in=_ISSUED, not_after__gte=at)
    return rows.filter(Q(answers_until__isnull=True) | Q(answers_until__lte=at)).count()
