"""Letting a fee go (CPS 9.1.1): finance asks, a second person agrees."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import advance, record, subject_of
from people.api import Approval, propose, redeem
from ra.fees import queries, rules
from ra.fees.models import FeeOrder
from ra.fees.queries import WAIVE


@transaction.atomic
def ask_waiver(order_id: int, cause: str, *, actor: Actor, at: datetime) -> None:
    """Refuses `fees.nothing_to_waive`, `fees.waiver_cause`; one waits at a time."""
    queries.check_finance(actor)
    row = queries.locked(order_id, actor)
    rules.check_waiver(row.state, cause)
    asked = propose(WAIVE, _payload(row, cause), subject=subject_of(row), actor=actor, at=at)
    record("ra.ask_waiver", subject_of(row), actor=actor, at=at, approval=asked.id, cause=cause)


def waive(
    approval: Approval, *, order_id: int, cause: str, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction. What was paid or changed in
    between is not let go.
    """
    row = queries.locked(order_id, actor)
    redeem(approval, WAIVE, _payload(row, cause), actor=actor, at=at)
    rules.check_waiver(row.state, cause)
    FeeOrder.objects.filter(pk=row.pk).update(waiver_id=approval.id)
    advance(row, "waive", actor=actor, at=at, fen=row.fen, cause=cause)


def _payload(row: FeeOrder, cause: str) -> dict[str, object]:
    return {"order_id": row.pk, "number": row.number, "fen": row.fen, "cause": cause}
