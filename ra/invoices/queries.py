"""Invoices for the pages of finance and of the counter."""

import json
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import day_of
from kmc import api as kmc
from people.api import Role, staff_names
from ra.fees import queries as fees
from ra.invoices import rules
from ra.invoices.models import Invoice

PAGE = 100
ASKERS = frozenset({Role.OPERATOR, Role.FINANCE})


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """Without what is sealed."""

    number: str
    order: str
    masked_name: str
    state: str
    kind: str
    buyer: str
    fen: int
    online: bool
    asked_by: str
    asked_at: datetime
    paid_on: date | None
    issued_number: str
    issued_on: date | None
    red_number: str
    reversed_on: date | None
    reason: str


def check_asker(actor: Actor) -> None:
    """Refuses `invoices.not_yours`."""
    if not ASKERS & actor.roles:
        raise rules.not_yours()


def visible(actor: Actor) -> QuerySet[Invoice]:
    """Of orders in this person's sight (CPS 1.4.2)."""
    rows = Invoice.objects.select_related("order__application")
    return rows.filter(order__in=fees.visible(actor).values("pk"))


def locked(number: str, actor: Actor) -> Invoice:
    """The order first, then its invoice; Refusal `invoices.unknown`."""
    row = visible(actor).filter(number=number).first()
    if row is None:
        raise rules.unknown(number)
    order = fees.locked(row.order_id, actor)
    fresh = Invoice.objects.select_for_update(of=("self",)).get(pk=row.pk)
    fresh.order = order
    return fresh


def invoices(state: str, actor: Actor) -> list[InvoiceView]:
    """Those in this state, newest first; those that wait, oldest first. At most 100."""
    rows = visible(actor).filter(state=state)
    order = "pk" if state == rules.State.ASKED else "-pk"
    return _views(list(rows.order_by(order)[:PAGE]))


def invoice(number: str, actor: Actor) -> InvoiceView:
    """Refuses `invoices.unknown`, also for another office's."""
    rows = list(visible(actor).filter(number=number))
    if not rows:
        raise rules.unknown(number)
    return _views(rows)[0]


def of_order(order_number: str, actor: Actor) -> list[InvoiceView]:
    """Newest first."""
    return _views(list(visible(actor).filter(order__number=order_number).order_by("-pk")))


def details_of(row: Invoice) -> dict[str, str]:
    """Opened."""
    key = row.order.application.data_key
    return dict(json.loads(kmc.unseal(key, row.context(), bytes(row.details))))


def _views(rows: list[Invoice]) -> list[InvoiceView]:
    names = staff_names({row.asked_by for row in rows})
    return [
        InvoiceView(
            number=row.number,
            order=row.order.number,
            masked_name=row.order.application.masked_name,
            state=row.state,
            kind=row.kind,
            buyer=row.buyer,
            fen=row.fen,
            online=row.online,
            asked_by=names.get(row.asked_by, ""),
            asked_at=row.asked_at,
            paid_on=day_of(row.order.paid_at) if row.order.paid_at else None,
            issued_number=row.issued_number,
            issued_on=row.issued_on,
            red_number=row.red_number,
            reversed_on=row.reversed_on,
            reason=row.reason,
        )
        for row in rows
    ]
