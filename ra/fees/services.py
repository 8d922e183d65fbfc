"""Orders, payments, refunds (CPS 9.1). Refunds take two people."""

from datetime import datetime
from typing import Any

from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.rows import guarded
from audit.log import advance, advance_many, record, subject_of
from ca import api as ca
from people.api import Approval, propose, redeem, standing
from ra.applications.models import Application
from ra.applications.rules import person
from ra.fees import queries, rules
from ra.fees.models import FeeOrder, FeePayment
from ra.fees.rules import Service, State
from ra.notices import services as notices
from ra.notices.rules import Event

REFUND = "ra.refund_fee"


# --- orders ----------------------------------------------------------------------------------


def open_order(application: Application, *, actor: Actor, at: datetime) -> None:
    """What the application costs, at the price of the day; part of submitting.

    What the price list does not name costs nothing. Handed in again it costs the same, and for
    another term what that costs, as long as nothing was paid: `fees.paid_for_another_term`.
    """
    row = _of(application.pk)
    years = application.years
    price = _price(application, application.procedure, years, at=at)
    if row.days == application.days if row else not price:
        return
    asked = {"days": application.days, "due_at": at + rules.TERM} | (price or _NOTHING)
    if row is None:
        row = _open(application, application.procedure, asked, actor=actor, at=at)
    else:
        rules.check_same_term(row.state, row.fen)
        FeeOrder.objects.filter(pk=row.pk).update(**asked)
        advance(row, "reprice", actor=actor, at=at, fen=asked["fen"], days=application.days)
    if asked["fen"] == 0:
        advance(row, "pay", actor=actor, at=at)


_NOTHING = {"agreement": None, "fen": 0}


def open_codes_order(application: Application, *, actor: Actor, at: datetime) -> None:
    """Download codes once more (CPS 4.3.1), where the price list asks for something."""
    price = _price(application, Service.CODES, 0, at=at)
    if price and price["fen"]:
        asked = {"days": 0, "due_at": at + rules.TERM} | price
        _open(application, Service.CODES, asked, actor=actor, at=at)


def _price(
    application: Application, service: str, years: int, *, at: datetime
) -> dict[str, Any] | None:
    """By which list and agreement, and how much; None: it costs nothing."""
    found = queries.published_price(application.profile, years, service, at=at)
    if found is None:
        return None
    agreed = queries.agreement(application, {service, found.service}, years, at=at)
    fen = rules.amount(found.fen, agreed.fen if agreed else None)
    return {"schedule": found.schedule, "agreement": agreed, "fen": fen}


def _open(
    application: Application, service: str, asked: dict[str, Any], *, actor: Actor, at: datetime
) -> FeeOrder:
    number = application.number
    if service == Service.CODES:
        before = FeeOrder.objects.filter(application=application, service=service).count()
        number = f"{number}-R{before + 1}"
    row = FeeOrder.objects.create(
        state=State.OPEN,
        application=application,
        service=service,
        number=number,
        opened_at=at,
        **asked,
    )
    record("ra.open_fee_order", subject_of(row), actor=actor, at=at, fen=row.fen, service=service)
    return row


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
    return rows.filter(application_id=application_id).exclude(service=Service.CODES).first()


def _owe_back(row: FeeOrder, fen: int, *, actor: Actor, at: datetime) -> None:
    FeeOrder.objects.filter(pk=row.pk).update(refund=fen, refund_at=at)
    advance(row, "owe_back", actor=actor, at=at, fen=fen)


@transaction.atomic
def take_payment(
    order_id: int, fen: int, *, method: str, receipt: str, actor: Actor, at: datetime
) -> None:
    """Money came in. Refuses `fees.payment` unless it is the whole, `method`, `receipt`."""
    queries.check_finance(actor)
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
    queries.check_finance(actor)
    row = queries.locked(order_id, actor)
    if row.state == State.REFUND_ASKED and _is_over(row):
        advance(row, "decline_refund", actor=actor, at=at)
    rules.STEPS.after("ask_refund", row.state)
    rules.check_not_invoiced(row.invoiced, queries.kept(row))
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
    rules.check_not_invoiced(row.invoiced, queries.kept(row))
    FeeOrder.objects.filter(pk=row.pk).update(refunded_at=at)
    advance(row, "refund", actor=actor, at=at, fen=row.refund)
    blanks = {"amount": rules.yuan(row.refund or 0)}
    news = notices.News(row.application, str(row.pk), blanks)
    notices.notify(Event.REFUND, [news], actor=actor, at=at)


def note_invoiced(row: FeeOrder, fen: int) -> None:
    """How much of a locked order an issued invoice names; the caller writes it down."""
    FeeOrder.objects.filter(pk=row.pk).update(invoiced=fen)


def _refund_payload(row: FeeOrder) -> dict[str, object]:
    return {"order_id": row.pk, "number": row.number, "fen": row.refund}
