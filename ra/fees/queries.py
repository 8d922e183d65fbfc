"""Prices and orders, for services, the pages of finance, and the public price list."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from audit.log import subject_of
from ca import api as ca
from people.api import Approval, Role, open_approvals, staff_names
from ra.applications.models import Application
from ra.applications.rules import DAYS_OF_A_YEAR
from ra.branches.queries import visible_ids
from ra.fees import rules
from ra.fees.models import FeeAgreement, FeeOrder, FeePayment, FeeSchedule
from ra.fees.rules import Price, ScheduleState, Service, State

PAGE = 100
WAIVE = "ra.waive_fee"


@dataclass(frozen=True, slots=True)
class Published:
    """A price in fen, and the service it is the price of."""

    schedule: FeeSchedule
    service: str
    fen: int


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """`rows`: profile, service, its price in fen for each of its `rules.terms`, None without one.

    `approval_id` of a list that waits for a second person.
    """

    id: int
    state: str
    valid_from: date
    rows: tuple[tuple[str, str, tuple[int | None, ...]], ...]
    proposed_by: str = ""
    approval_id: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentView:
    fen: int
    method: str
    receipt: str
    taken_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """`missing` is what is still to be paid, `refund` what goes back; fen.

    `approval_id` of a refund, or of a waiver, that waits for a second person.
    """

    id: int
    number: str
    masked_name: str
    profile: str
    service: str
    years: int
    state: str
    fen: int
    missing: int
    opened_at: datetime
    due_at: datetime
    refund: int | None
    refunded_at: datetime | None
    payments: tuple[PaymentView, ...]
    approval_id: int | None
    kept: int = 0  # paid, and not to go back
    invoiced: int = 0  # of that, on an issued invoice


@dataclass(frozen=True, slots=True)
class RefundView:
    """What goes back, or went: fen, since when it is due, and when it was paid out."""

    state: str
    fen: int
    since: datetime
    paid_out_at: datetime | None


def unknown(what: object) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "fees.unknown", f"no fee order {what}", cps="9.1")


def check_finance(actor: Actor) -> None:
    rules.check_finance(Role.FINANCE in actor.roles)


def makes_price_lists(actor: Actor) -> bool:
    """Finance of the CA itself."""
    return Role.FINANCE in actor.roles and not actor.office


# --- prices ----------------------------------------------------------------------------------


def in_force(at: datetime) -> FeeSchedule | None:
    published = FeeSchedule.objects.filter(
        state=ScheduleState.PUBLISHED, valid_from__lte=day_of(at)
    )
    return published.order_by("-valid_from").first()


def published_price(
    profile: str, years: int, service: str = Service.NEW, *, at: datetime
) -> Published | None:
    """None for what costs nothing. Refuses a term that has no price while others of this profile
    have, `fees.not_offered`, and `fees.no_price` as `check_sold` does.
    """
    schedule = in_force(at)
    prices = prices_of(schedule) if schedule else []
    counts = rules.priced_as(prices, profile, service)
    fen = rules.check_offered(prices, profile, counts, years)
    if fen is None and service != Service.CODES:
        check_sold(profile, at=at)
    return None if schedule is None or fen is None else Published(schedule, counts, fen)


def check_sold(profile: str, *, at: datetime) -> None:
    """Refuses (CONFLICT) `fees.no_price`: what the CA has added is for sale when it has a price."""
    schedule = in_force(at)
    priced = {price.profile for price in prices_of(schedule)} if schedule else set()
    rules.check_sold(profile in priced, added=bool(ca.profile(profile).basis))


def agreement(
    application: Application, services: Collection[str], years: int, *, at: datetime
) -> FeeAgreement | None:
    """The subscriber's latest that counts today for one of these services."""
    today = day_of(at)
    rows = FeeAgreement.objects.filter(
        subscriber_id=application.subscriber_id or 0,
        profile=application.profile,
        service__in=services,
        years=years,
        valid_from__lte=today,
        valid_until__gte=today,
    )
    return rows.order_by("-pk").first()


def schedule(at: datetime) -> ScheduleView | None:
    """The price list in force; what the public site shows (CPS 2.1, 9.1)."""
    row = in_force(at)
    return _schedule(row) if row else None


def proposed() -> ScheduleView | None:
    """The price list that waits for a second person."""
    row = FeeSchedule.objects.filter(state=ScheduleState.PROPOSED).first()
    if row is None:
        return None
    who = staff_names({row.proposed_by}).get(row.proposed_by, "")
    return _schedule(row, who, row.approval_id)


def prices_of(row: FeeSchedule) -> list[Price]:
    rows = row.prices.order_by("profile", "years")
    return [Price(one.profile, one.years, one.fen, one.service) for one in rows]


def _schedule(row: FeeSchedule, who: str = "", approval_id: int | None = None) -> ScheduleView:
    prices = prices_of(row)
    known = rules.by_field(prices)
    priced = {(price.profile, price.service) for price in prices}
    return ScheduleView(
        id=row.pk,
        state=row.state,
        valid_from=row.valid_from,
        rows=tuple(
            (code, service.value, _line(code, service, known))
            for code in profiles()
            for service in Service
            if (code, service) in priced
        ),
        proposed_by=who,
        approval_id=approval_id,
    )


def _line(code: str, service: str, known: Mapping[str, int]) -> tuple[int | None, ...]:
    terms = rules.terms(service)
    return tuple(known.get(rules.field_of(code, service, years)) for years in terms)


def known_prices(at: datetime) -> dict[str, int]:
    """Field of the form -> fen, of the list in force."""
    row = in_force(at)
    return dict(rules.by_field(prices_of(row))) if row else {}


def profiles() -> list[str]:
    return [profile.code for profile in ca.profiles()]


# --- orders ----------------------------------------------------------------------------------


def visible(actor: Actor) -> QuerySet[FeeOrder]:
    """Orders of the person's office and the offices below it (CPS 1.4.2)."""
    rows, offices = FeeOrder.objects.select_related("application"), visible_ids(actor)
    return rows if offices is None else rows.filter(application__office_id__in=offices)


def locked(order_id: int, actor: Actor) -> FeeOrder:
    """Refuses `fees.unknown`, also for an order of another office."""
    row = visible(actor).select_for_update(of=("self",)).filter(pk=order_id).first()
    if row is None:
        raise unknown(order_id)
    return row


def check_sight(number: str, actor: Actor) -> None:
    """Refuses `fees.unknown`, also for an order of another office."""
    if not visible(actor).filter(number=number).exists():
        raise unknown(number)


def kept(row: FeeOrder) -> int:
    """Fen that were paid and stay with us."""
    return rules.kept(row.state, row.fen, row.refund)


def orders(which: str, actor: Actor) -> list[OrderView]:
    """`unpaid`, `refunds` or all others' latest; at most 100."""
    rows = visible(actor)
    match which:
        case "unpaid":
            rows = rows.filter(state__in=rules.UNPAID).order_by("due_at")
        case "refunds":
            rows = rows.filter(state__in=rules.REFUNDS).order_by("refund_at")
        case _:
            rows = rows.order_by("-pk")
    return _orders(rows[:PAGE])


def order(number: str, actor: Actor) -> OrderView:
    """By its number. Refuses `fees.unknown`, also for another office's."""
    found = _orders(visible(actor).filter(number=number))
    if not found:
        raise unknown(number)
    return found[0]


def refund_of(number: str) -> RefundView | None:
    """Of this application, for who has applied; reads only columns that the public site may."""
    rows = FeeOrder.objects.filter(number=number, state__in=rules.GOING_BACK)
    row = rows.only("state", "refund", "refund_at", "refunded_at").first()
    if row is None or row.refund_at is None:
        return None
    return RefundView(row.state, row.refund or 0, row.refund_at, row.refunded_at)


def of_applications(application_ids: Collection[int], actor: Actor) -> list[OrderView]:
    """What these applications cost, newest first."""
    return _orders(visible(actor).filter(application_id__in=application_ids).order_by("-pk"))


def _orders(rows: Iterable[FeeOrder]) -> list[OrderView]:
    found = list(rows)
    payments = list(FeePayment.objects.filter(order__in=found).order_by("pk"))
    names = staff_names({payment.taken_by for payment in payments})
    waivers = open_approvals(WAIVE, [subject_of(row) for row in found])
    return [
        _order(
            row,
            [one for one in payments if one.order_id == row.pk],
            names,
            waivers.get(subject_of(row)),
        )
        for row in found
    ]


def _order(
    row: FeeOrder, payments: list[FeePayment], names: dict[int, str], waiver: Approval | None
) -> OrderView:
    return OrderView(
        id=row.pk,
        number=row.number,
        masked_name=row.application.masked_name,
        profile=row.application.profile,
        service=row.service,
        years=row.days // DAYS_OF_A_YEAR,
        state=row.state,
        fen=row.fen,
        missing=row.fen if row.state in rules.UNPAID else 0,
        opened_at=row.opened_at,
        due_at=row.due_at,
        refund=row.refund,
        refunded_at=row.refunded_at,
        kept=kept(row),
        invoiced=row.invoiced,
        payments=tuple(
            PaymentView(one.fen, one.method, one.receipt, names.get(one.taken_by, ""), one.at)
            for one in payments
        ),
        approval_id=waiver.id
        if waiver
        else row.approval_id
        if row.state == State.REFUND_ASKED
        else None,
    )
