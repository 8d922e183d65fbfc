"""Custody as auditors take it home: what `python -m pki verify custody` proves without this system.

Names and public keys, signatures and times; nothing that opens anything.
"""

from datetime import datetime
from typing import Any

from anxin.kernel.errors import Kind, Refusal
from ca.ceremonies.queries import certificate_of
from ca.custody import queries
from ca.custody.models import (
    Activation,
    BroughtShare,
    CustodySet,
    Drill,
    Seat,
    StopOrder,
)
from ca.keys.models import CustodyReport
from people.api import vote_records
from pki import custody_records
from pki.signer.protocol import HOME


def record() -> dict[str, Any]:
    """Refuses (CONFLICT) `custody.no_book`: nobody has heard of the signer's book yet."""
    report = CustodyReport.objects.filter(pk=queries.number_of(HOME)).first()
    if report is None or not report.book:
        raise Refusal(Kind.CONFLICT, "custody.no_book", "the signer was not heard", cps="6.2.2")
    sets = CustodySet.objects.prefetch_related("seats").order_by("pk")
    activations = Activation.objects.prefetch_related("shares__seat").order_by("pk")
    stops = list(StopOrder.objects.order_by("pk"))
    asked = [*(row.approval_id for row in sets), *(row.approval_id for row in stops)]
    approvals = {one for one in asked if one is not None}
    return {
        "format": custody_records.RECORD,
        "identity": report.report["identity"],
        "sets": [_set(row) for row in sets],
        "activations": [_activation(row) for row in activations],
        "drills": [_drill(row) for row in Drill.objects.select_related("seat").order_by("pk")],
        "stops": [_stop(row) for row in stops],
        "votes": [
            one | {"certificate": certificate_of(one, even_lost=False)}
            for one in vote_records(approvals)
        ],
        "book": report.book,
    }


def _set(row: CustodySet) -> dict[str, Any]:
    return {
        "id": row.pk,
        "code": row.code,
        "signer": row.signer,
        "state": row.state,
        "approval": row.approval_id,
        "drafted_by": row.drafted_by,
        "drafted_at": _time(row.drafted_at),
        "handed_out_at": _time(row.handed_out_at),
        "in_force_at": _time(row.in_force_at),
        "seats": [_seat(one) for one in sorted(row.seats.all(), key=lambda one: one.number)],
    }


def _seat(row: Seat) -> dict[str, Any]:
    return {
        "number": row.number,
        "person": row.person_id,
        "name": row.name,
        "state": row.state,
        "key": _hex(row.key),
        "transport": _hex(row.transport),
        "check": row.check_value,
        "statement": row.statement,
        "signature": _hex(row.signature),
        "receipt": _hex(row.receipt),
        "received_at": _time(row.received_at),
    }


def _activation(row: Activation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "set": row.set_id,
        "place": row.place,
        "purpose": row.purpose,
        "ceremony": row.ceremony,
        "hours": row.hours,
        "signatures": row.signatures,
        "state": row.state,
        "reason": row.reason,
        "asked_by": row.asked_by,
        "asked_at": _time(row.asked_at),
        "offered_at": _time(row.offered_at),
        "active_at": _time(row.active_at),
        "ended_at": _time(row.ended_at),
        "statement": row.statement,
        "signature": _hex(row.signature),
        "shares": [_share(one) for one in sorted(row.shares.all(), key=lambda one: one.pk)],
    }


def _share(row: BroughtShare) -> dict[str, Any]:
    return {
        "number": row.seat.number,
        "person": row.seat.person_id,
        "state": row.state,
        "digest": row.digest,
        "signature": _hex(row.signature),
        "brought_at": _time(row.brought_at),
        "settled_at": _time(row.settled_at),
        "fault": row.fault,
    }


def _drill(row: Drill) -> dict[str, Any]:
    return {
        "id": row.pk,
        "set": row.seat.set_id,
        "number": row.seat.number,
        "state": row.state,
        "challenge": row.challenge,
        "asked_at": _time(row.asked_at),
        "proved_at": _time(row.proved_at),
        "signature": _hex(row.signature),
    }


def _stop(row: StopOrder) -> dict[str, Any]:
    return {
        "id": row.pk,
        "how": row.how,
        "reason": row.reason,
        "state": row.state,
        "ordered_by": row.ordered_by,
        "approval": row.approval_id,
        "ordered_at": _time(row.ordered_at),
        "done_at": _time(row.done_at),
    }


def _hex(octets: bytes | memoryview | None) -> str:
    return bytes(octets or b"").hex()


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
