"""Asking for an invoice, and noting what the tax authority's system made of it (CPS 9.1).

There is no interface to that system: finance issues there and notes number and day here.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from kmc import api as kmc
from ra.applicants.services import numbered
from ra.applications.rules import person
from ra.fees import queries as fees
from ra.fees import services as orders
from ra.fees.rules import yuan
from ra.invoices import queries, rules
from ra.invoices.models import Invoice
from ra.notices import services as notices
from ra.notices.rules import Event


@transaction.atomic
def ask(
    order_number: str,
    kind: str,
    buyer: str,
    details: Mapping[str, str],
    *,
    online: bool = False,
    actor: Actor,
    at: datetime,
) -> str:
    """For all that was paid and stays with us; the request's number.

    Refuses `invoices.*` of the details by field, `invoices.nothing_paid`,
    `invoices.asked_already`, `fees.unknown`.
    """
    queries.check_asker(actor)
    kept = rules.check_details(kind, buyer, details)
    order = fees.locked(fees.order(order_number, actor).id, actor)
    fen = fees.kept(order)
    rules.check_amount(fen)
    row = Invoice(
        state=rules.State.ASKED,
        number=numbered("FP", at),
        order=order,
        kind=kind,
        buyer=buyer,
        fen=fen,
        online=online,
        asked_by=person(actor),
        asked_at=at,
    )
    row.details = kmc.seal(order.application.data_key, row.context(), canonical.encode(kept))
    with guarded(rules.asked_already()):
        row.save(force_insert=True)
    record("ra.ask_invoice", subject_of(row), actor=actor, at=at, number=row.number, fen=fen)
    return row.number


@transaction.atomic
def open_details(number: str, *, actor: Actor, at: datetime) -> dict[str, str]:
    """What finance types into the tax authority's system; each time noted (WP-5.3a)."""
    fees.check_finance(actor)
    row = queries.locked(number, actor)
    record("ra.open_invoice", subject_of(row), actor=actor, at=at, number=number)
    return queries.details_of(row)


@transaction.atomic
def note_issued(number: str, issued_number: str, on: date, *, actor: Actor, at: datetime) -> None:
    """It was issued there. Refuses more than is kept of the order, and a number of another."""
    fees.check_finance(actor)
    row = queries.locked(number, actor)
    rules.STEPS.after("issue", row.state)
    rules.check_another(row.asked_by, person(actor))
    rules.check_still(row.fen, fees.kept(row.order))
    text = rules.check_number(issued_number, field="issued_number")
    paid_on = day_of(row.order.paid_at or row.order.opened_at)
    rules.check_day(on, since=paid_on, today=day_of(at))
    with guarded(rules.number_used("issued_number")):
        Invoice.objects.filter(pk=row.pk).update(issued_number=text, issued_on=on)
    orders.note_invoiced(row.order, row.fen)
    advance(row, "issue", actor=actor, at=at, number=number, invoice=text, fen=row.fen)
    blanks = {"invoice": text, "amount": yuan(row.fen)}
    news = notices.News(row.order.application, number, blanks)
    notices.notify(Event.INVOICED, [news], actor=actor, at=at)


@transaction.atomic
def note_reversed(number: str, red_number: str, on: date, *, actor: Actor, at: datetime) -> None:
    """A red-letter invoice took it back: money may go back, or another one be asked for."""
    fees.check_finance(actor)
    row = queries.locked(number, actor)
    rules.STEPS.after("reverse", row.state)
    text = rules.check_number(red_number, field="red_number")
    rules.check_day(on, since=row.issued_on or on, today=day_of(at))
    with guarded(rules.number_used("red_number")):
        Invoice.objects.filter(pk=row.pk).update(red_number=text, reversed_on=on)
    orders.note_invoiced(row.order, 0)
    advance(row, "reverse", actor=actor, at=at, number=number, red=text)


@transaction.atomic
def decline(number: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """None is issued; another may be asked for."""
    fees.check_finance(actor)
    rules.check_reason(reason)
    row = queries.locked(number, actor)
    rules.STEPS.after("decline", row.state)
    Invoice.objects.filter(pk=row.pk).update(reason=reason)
    advance(row, "decline", actor=actor, at=at, number=number, reason=reason)
