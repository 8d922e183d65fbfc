"""Orders, payments, refunds (CPS 9.1). Refunds take two people."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.rows import guarded
from audit.log import advance, advance_many, record, subject_of
from ca import api as ca
from people.api import Approval, Role, propose, redeem, standing
from ra.applications.models import Application
from ra.applications.rules import person
from ra.fees import queries, rules
from ra.fees.models import FeeOrder, FeePayment
from ra.fees.rules import State
from ra.notices import services as notices
from ra.notices.rules import Event

REFUND = "ra.refund_fee"


# --- orders ----------------------------------------------------------------------------------


def open_order(application: Application, *, actor: Actor, at: datetime) -> None:
    """What the application costs, at the price of the day; part of submitting.

    What the price list does not name costs nothing. Handed in again it costs the same, and for
    another term what that costs, as long as nothing was paid: `fees.paid_for_another_term`.
    """
    years = application.days // 365
    found = queries.published_price(application.profile, years, at=at)
    row = _of(application.pk)
    if row.days == application.days if row else not found:
        return
    agreed = queries.agreement(application.subscriber_id or 0, application.profile, years, at=at)
    asked = {
        "agreement": agreed,
        "days": application.days,
        "fen": rules.amount(found[1], agreed.fen if agreed else None) if found else 0,
        "due_at": at + rules.TERM,
    } | ({"schedule": found[0]} if found else {})
    if row is None:
        row = FeeOrder.objects.create(
            state=State.OPEN, application=application, opened_at=at, **asked
        )
        record("ra.open_fee_order", subject_of(row), actor=actor, at=at, fen=row.fen)
    else:
        rules.check_same_term(row.state, row.fen)
        FeeOrder.objects.filter(pk=row.pk).update(**asked)
        advance(row, "reprice", actor=actor, at=at, fen=asked["fen"], days=application.days)
    if asked["fen"] == 0:
        advance(row, "pay", actor=actor, at=at)


def close_order(application_id: int, *, actor: Actor, at: datetime) -> None:
    """The application came to nothing: nothing is owed, what was paid goes back."""
    row = _of(application_id)
    if row and row.state in rules.UNPAID:
        advance(row, "void", actor=actor, at=at)
    elif row and row.state == State.PAID and row.fen:
        _owe_back(row, row.fen, actor=actor, at=at)


def note_revoked(application_id: int, cause: str, *, actor: Actor, at: datetime) -> None:
    """A certificate was revoked on request: what CPS 9.1.5 gives back becomes due."""
    row = _of(application_id)
    if row is None or row.state != State.PAID or cause not in rules.REFUNDED_CAUSES:
        return
    certificate = ca.certificate(row.application.certificate_id or 0)
    assert certificate.not_before  # it was valid until now
    assert certificate.not_after
    fen = rules.refund(
        row.fen, issued=certificate.not_before, ends=certificate.not_after, revoked=at
    )
    if fen:
        _owe_back(row, fen, actor=actor, at=at)


def _of(application_id: int) -> FeeOrder | None:
    rows = FeeOrder.objects.select_for_update(of=("self",)).select_related("application")
    return rows.filter(application_id=application_id).first()


def _owe_back(row: FeeOrder, fen: int, *, actor: Actor, at: datetime) -> None:
    FeeOrder.objects.filter(pk=row.pk).update(refund=fen, refund_at=at)
    advance(row, "owe_back", actor=actor, at=at, fen=fen)


@transaction.atomic
def take_payment(
    order_id: int, fen: int, *, method: str, receipt: str, actor: Actor, at: datetime
) -> None:
    """Money came in. Refuses `fees.payment` unless it is the whole, `method`, `receipt`."""
    _check_finance(actor)
    rules.check_method(method)
    number = rules.check_receipt(receipt)
    row = queries.locked(order_id, actor)
    rules.check_payment(fen, row.fen if row.state in rules.UNPAID else 0)
    with guarded(rules.refuse("receipt_used", "this receipt is another's", field="receipt")):
        FeePayment.objects.create(
            order=row, fen=fen, method=method, receipt=number, taken_by=person(actor), at=at
        )
    FeeOrder.objects.filter(pk=row.pk).update(paid_at=at)
    advance(row, "pay", actor=actor, at=at, fen=fen, method=method, receipt=number)


@transaction.atomic
def note_arrears(*, at: datetime) -> int:
    """Orders nobody paid in time; how many (CPS 9.1)."""
    late = FeeOrder.objects.select_for_update(skip_locked=True).filter(
        state=State.OPEN, due_at__lt=at
    )
    rows = list(late[:500])
    advance_many(rows, "remind", actor=SYSTEM, at=at)
    return len(rows)


# --- refunds ---------------------------------------------------------------------------------


@transaction.atomic
def ask_refund(order_id: int, *, actor: Actor, at: datetime) -> None:
    """Ask a second person to agree to a refund that is due (CPS 9.1.5)."""
    _check_finance(actor)
    row = queries.locked(order_id, actor)
    if row.state == State.REFUND_ASKED and _is_over(row):
        advance(row, "decline_refund", actor=actor, at=at)
    rules.STEPS.after("ask_refund", row.state)
    asked = propose(REFUND, _refund_payload(row), subject=subject_of(row), actor=actor, at=at)
    FeeOrder.objects.filter(pk=row.pk).update(approval_id=asked.id)
    advance(row, "ask_refund", actor=actor, at=at)


def _is_over(row: FeeOrder) -> bool:
    return row.approval_id is not None and not standing(row.approval_id).is_open


def decline_refund(
    approval: Approval, *, order_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: finance looks at it again."""
    row = queries.locked(order_id, actor)
    advance(row, "decline_refund", actor=actor, at=at, approval=approval.id)


def make_refund(
    approval: Approval, *, order_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    row = queries.locked(order_id, actor)
    redeem(approval, REFUND, _refund_payload(row), actor=actor, at=at)
    advance(row, "refund", actor=actor, at=at, fen=row.refund)
    blanks = {"amount": rules.yuan(row.refund or 0)}
    news = notices.News(row.application, str(row.pk), blanks)
    notices.notify(Event.REFUND, [news], actor=actor, at=at)


def _refund_payload(row: FeeOrder) -> dict[str, object]:
    return {"order_id": row.pk, "number": row.application.number, "fen": row.refund}


def _check_finance(actor: Actor) -> None:
    rules.check_finance(Role.FINANCE in actor.roles)
