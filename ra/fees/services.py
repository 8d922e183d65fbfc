"""Price lists, orders, payments, refunds (CPS 9.1). Lists and refunds take two people."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from audit.log import advance, advance_many, record, subject_of
from ca import api as ca
from people.api import Approval, Role, approval, propose, redeem
from ra.applications.models import Application
from ra.applications.rules import person
from ra.fees import queries, rules
from ra.fees.models import FeeAgreement, FeeOrder, FeePayment, FeePrice, FeeSchedule
from ra.fees.rules import Price, ScheduleState, State
from ra.notices import services as notices
from ra.notices.rules import Event

PUBLISH, AGREE, REFUND = "ra.publish_fees", "ra.agree_fee", "ra.refund_fee"
OPEN = "open"  # state of an approval that waits for votes


# --- prices ----------------------------------------------------------------------------------


@transaction.atomic
def propose_schedule(
    prices: Iterable[Price], *, valid_from: date, actor: Actor, at: datetime
) -> int:
    """A new price list, for a second person to publish; its id.

    Refuses `fees.price`, `no_prices`, `valid_from`, `proposed_already`.
    """
    _check_finance(actor)
    kept = rules.check_prices(prices, queries.profiles())
    _check_free(valid_from, at=at)
    _clear_undecided(actor, at)
    row = FeeSchedule(
        state=ScheduleState.PROPOSED,
        valid_from=valid_from,
        proposed_by=person(actor),
        proposed_at=at,
    )
    _insert(row)
    FeePrice.objects.bulk_create(
        [FeePrice(schedule=row, profile=p.profile, years=p.years, fen=p.fen) for p in kept]
    )
    row.approval_id = propose(
        PUBLISH, _schedule_payload(row), subject=subject_of(row), actor=actor, at=at
    ).id
    row.save(update_fields=["approval_id"])
    record("ra.propose_fees", subject_of(row), actor=actor, at=at, approval=row.approval_id)
    return row.pk


def _insert(row: FeeSchedule) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _proposed_already() from error


def _check_free(day: date, *, at: datetime) -> None:
    """A list counts from a day that is not over, and on which no other begins."""
    others = FeeSchedule.objects.filter(state=ScheduleState.PUBLISHED, valid_from=day)
    if day < queries.day(at) or others.exists():
        raise _refuse("valid_from", "a day without a price list of its own", field="valid_from")


def _clear_undecided(actor: Actor, at: datetime) -> None:
    """What waits is decided first; a list whose approval ended by itself makes room."""
    waiting = FeeSchedule.objects.select_for_update().filter(state=ScheduleState.PROPOSED).first()
    if waiting is None:
        return
    if waiting.approval_id and approval(waiting.approval_id).state == OPEN:
        raise _proposed_already()
    advance(waiting, "refuse", actor=actor, at=at)


def drop_schedule(
    approval: Approval, *, schedule_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: nobody publishes a list that was declined or taken back."""
    row = FeeSchedule.objects.select_for_update().get(pk=schedule_id)
    advance(row, "refuse", actor=actor, at=at, approval=approval.id)


def publish(
    approval: Approval, *, schedule_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction. What is redeemed is computed
    anew from the rows.
    """
    row = FeeSchedule.objects.select_for_update().get(pk=schedule_id)
    redeem(approval, PUBLISH, _schedule_payload(row), actor=actor, at=at)
    _check_free(row.valid_from, at=at)
    advance(row, "publish", actor=actor, at=at, valid_from=row.valid_from.isoformat())


def _schedule_payload(row: FeeSchedule) -> dict[str, object]:
    return {
        "schedule_id": row.pk,
        "valid_from": row.valid_from.isoformat(),
        "prices": dict(rules.by_field(queries.prices_of(row))),
    }


@transaction.atomic
def propose_agreement(
    subscriber_id: int,
    price: Price,
    *,
    valid_from: date,
    valid_until: date,
    actor: Actor,
    at: datetime,
) -> int:
    """A lower price for one subscriber, for a second person to agree; the approval's id.

    Refuses `fees.above_published` (CPS 9.1.1), `fees.valid_from`.
    """
    _check_finance(actor)
    _check_below(price, at=at)
    if not queries.day(at) <= valid_from <= valid_until:
        raise _refuse("valid_from", "from today on, and not backwards", field="valid_from")
    payload = {
        "subscriber_id": subscriber_id,
        "profile": price.profile,
        "years": price.years,
        "fen": price.fen,
        "valid_from": valid_from.isoformat(),
        "valid_until": valid_until.isoformat(),
    }
    subject = f"ra.subscriber:{subscriber_id}"
    return propose(AGREE, payload, subject=subject, actor=actor, at=at).id


def agree(
    approval: Approval,
    *,
    subscriber_id: int,
    profile: str,
    years: int,
    fen: int,
    valid_from: str,
    valid_until: str,
    actor: Actor,
    at: datetime,
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    stated = {
        "subscriber_id": subscriber_id,
        "profile": profile,
        "years": years,
        "fen": fen,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    redeem(approval, AGREE, stated, actor=actor, at=at)
    _check_below(Price(profile, years, fen), at=at)
    row = FeeAgreement.objects.create(
        **stated
        | {"valid_from": date.fromisoformat(valid_from)}
        | {"valid_until": date.fromisoformat(valid_until)},
        approval_id=approval.id,
    )
    record("ra.agree_fee", f"ra.feeagreement:{row.pk}", actor=actor, at=at, fen=fen)


def _check_below(price: Price, *, at: datetime) -> None:
    found = queries.published_price(price.profile, price.years, at=at)
    rules.check_agreed(price.fen, found[1] if found else None)


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
    row = queries.locked(order_id)
    rules.check_payment(fen, row.fen if row.state in rules.UNPAID else 0)
    try:
        with transaction.atomic():
            FeePayment.objects.create(
                order=row, fen=fen, method=method, receipt=number, taken_by=person(actor), at=at
            )
    except IntegrityError as error:
        raise _refuse("receipt_used", "this receipt is another's", field="receipt") from error
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
    row = queries.locked(order_id)
    if row.state == State.REFUND_ASKED and _is_over(row):
        advance(row, "decline_refund", actor=actor, at=at)
    rules.STEPS.after("ask_refund", row.state)
    asked = propose(REFUND, _refund_payload(row), subject=subject_of(row), actor=actor, at=at)
    FeeOrder.objects.filter(pk=row.pk).update(approval_id=asked.id)
    advance(row, "ask_refund", actor=actor, at=at)


def _is_over(row: FeeOrder) -> bool:
    return row.approval_id is not None and approval(row.approval_id).state != OPEN


def decline_refund(
    approval: Approval, *, order_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: finance looks at it again."""
    row = queries.locked(order_id)
    advance(row, "decline_refund", actor=actor, at=at, approval=approval.id)


def make_refund(
    approval: Approval, *, order_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    row = queries.locked(order_id)
    redeem(approval, REFUND, _refund_payload(row), actor=actor, at=at)
    advance(row, "refund", actor=actor, at=at, fen=row.refund)
    blanks = {"amount": rules.yuan(row.refund or 0)}
    news = notices.News(row.application, str(row.pk), blanks)
    notices.notify(Event.REFUND, [news], actor=actor, at=at)


def _refund_payload(row: FeeOrder) -> dict[str, object]:
    return {"order_id": row.pk, "number": row.application.number, "fen": row.refund}


def _proposed_already() -> Refusal:
    return Refusal(Kind.CONFLICT, "fees.proposed_already", "one list at a time", cps="9.1")


def _check_finance(actor: Actor) -> None:
    rules.check_finance(Role.FINANCE in actor.roles)


def _refuse(rule: str, reason: str, *, field: str) -> Refusal:
    return Refusal(Kind.INVALID, f"fees.{rule}", reason, cps="9.1", field=field)
