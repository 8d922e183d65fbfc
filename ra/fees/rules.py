"""Fees (CPS 9.1): prices, orders, refunds. Amounts are whole fen, times aware. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from ra.applications.rules import TERMS


class ScheduleState(StrEnum):
    PROPOSED = "proposed"
    PUBLISHED = "published"
    REFUSED = "refused"


SCHEDULE_STEPS = Steps(
    ("publish", [ScheduleState.PROPOSED], ScheduleState.PUBLISHED),
    ("refuse", [ScheduleState.PROPOSED], ScheduleState.REFUSED),
)


class State(StrEnum):
    OPEN = "open"
    PAID = "paid"
    ARREARS = "arrears"
    VOID = "void"  # the application came to nothing
    WAIVED = "waived"  # two people let it go
    REFUND_DUE = "refund_due"
    REFUND_ASKED = "refund_asked"  # proposed, a second person decides
    REFUNDED = "refunded"


STEPS = Steps(
    ("pay", [State.OPEN, State.ARREARS], State.PAID),
    ("remind", [State.OPEN], State.ARREARS),
    ("reprice", [State.OPEN, State.ARREARS, State.PAID], State.OPEN),  # another term is wanted
    ("void", [State.OPEN, State.ARREARS], State.VOID),
    ("waive", [State.OPEN, State.ARREARS], State.WAIVED),
    ("owe_back", [State.PAID], State.REFUND_DUE),
    ("ask_refund", [State.REFUND_DUE], State.REFUND_ASKED),
    ("decline_refund", [State.REFUND_ASKED], State.REFUND_DUE),
    ("refund", [State.REFUND_ASKED], State.REFUNDED),
)
UNPAID = (State.OPEN, State.ARREARS)
REFUNDS = (State.REFUND_DUE, State.REFUND_ASKED)
GOING_BACK = (*REFUNDS, State.REFUNDED)


class Method(StrEnum):
    CASH = "cash"
    TRANSFER = "transfer"
    ONLINE = "online"


class Service(StrEnum):
    """What is paid for: a certificate by one of the procedures, or download codes once more."""

    NEW = "new"
    RENEWAL = "renewal"
    RE_KEY = "re_key"
    MODIFICATION = "modification"
    CODES = "codes"


class WaiverCause(StrEnum):
    """Why a fee is let go (CPS 9.1.1: reductions for groups of subscribers)."""

    OUR_FAULT = "our_fault"
    REDUCTION = "reduction"
    HARDSHIP = "hardship"


NO_TERM = (0,)  # of codes
TERM = timedelta(days=30)  # to pay an order; the house's own
FULL_REFUND = timedelta(days=30)  # CPS 9.1.5, since the certificate was issued
MOST = 100_000_000  # fen; a higher price is a slip of the pen
RECEIPT_MOST = 40  # characters
_DAY = timedelta(days=1)

# CPS 9.1.5: who wants no more, or was wronged, has money back; who broke the agreement has not.
REFUNDED_CAUSES = frozenset(
    {"own_wish", "affiliation_ended", "content_wrong", "key_at_risk", "wrongly_issued"}
)


@dataclass(frozen=True, slots=True)
class Price:
    profile: str
    years: int
    fen: int
    service: str = Service.NEW


def terms(service: str) -> tuple[int, ...]:
    return NO_TERM if service == Service.CODES else TERMS


def check_prices(prices: Iterable[Price], profiles: Iterable[str]) -> tuple[Price, ...]:
    """Refuses `fees.price` (field as in the form) and `fees.no_prices`."""
    offered, kept = frozenset(profiles), tuple(prices)
    if not kept:
        raise Refusal(Kind.INVALID, "fees.no_prices", "no price at all", cps="9.1.1")
    for price in kept:
        named = price.profile in offered and price.service in set(Service)
        if not named or price.years not in terms(price.service) or not 0 <= price.fen <= MOST:
            raise Refusal(
                Kind.INVALID,
                "fees.price",
                "no such price",
                cps="9.1.1",
                field=field_of(price.profile, price.service, price.years),
            )
    return kept


def field_of(profile: str, service: str, years: int) -> str:
    return f"{profile}.{service}.{years}"


def check_agreed(agreed: int, published: int | None) -> None:
    """CPS 9.1.1: an agreement never asks for more than the published price."""
    if agreed < 0 or published is None or agreed > published:
        raise Refusal(
            Kind.INVALID,
            "fees.above_published",
            "above the published price",
            cps="9.1.1",
            field="fen",
        )


def amount(published: int, agreed: int | None) -> int:
    """What is asked for: the agreement's price, unless the published one has become lower."""
    return published if agreed is None else min(agreed, published)


def priced_as(prices: Iterable[Price], profile: str, service: str) -> str:
    """The service whose prices count: a procedure without any costs what a new one costs."""
    own = any(price.profile == profile and price.service == service for price in prices)
    return service if own or service == Service.CODES else Service.NEW


def check_offered(prices: Iterable[Price], profile: str, service: str, years: int) -> int | None:
    """The fen asked for; None for what costs nothing, because no term of it has a price.

    Refuses a term without a price beside terms that have one: it is not offered, it is not free.
    """
    known = {
        price.years: price.fen
        for price in prices
        if (price.profile, price.service) == (profile, service)
    }
    if known and years not in known:
        raise Refusal(
            Kind.INVALID,
            "fees.not_offered",
            f"no price for {years} years",
            cps="9.1",
            field="years",
        )
    return known.get(years)


def check_sold(priced: bool, *, added: bool) -> None:  # noqa: FBT001 -- one question
    """What came with the product may be free; what was `added` has no price by mistake."""
    if added and not priced:
        raise Refusal(Kind.CONFLICT, "fees.no_price", "no price yet", cps="9.1.1", field="profile")


def check_same_term(state: str, fen: int) -> None:
    """Refuses another term for an application whose own was paid."""
    if state not in UNPAID and fen:
        raise Refusal(
            Kind.CONFLICT,
            "fees.paid_for_another_term",
            "its fee was paid for another term",
            cps="9.1",
            field="years",
        )


def check_payment(fen: int, missing: int) -> None:
    """Orders are paid once and in full."""
    if fen != missing or not missing:
        raise Refusal(
            Kind.INVALID, "fees.payment", f"{missing} fen are missing", cps="9.1", field="fen"
        )


def check_method(method: str) -> None:
    if method not in set(Method):
        raise Refusal(Kind.INVALID, "fees.method", f"no {method}", cps="9.1", field="method")


def check_receipt(receipt: str) -> str:
    text = receipt.strip()
    if not 1 <= len(text) <= RECEIPT_MOST:
        raise Refusal(
            Kind.INVALID,
            "fees.receipt",
            f"1 to {RECEIPT_MOST} characters",
            cps="9.1",
            field="receipt",
            most=RECEIPT_MOST,
        )
    return text


def check_waiver(state: str, cause: str) -> None:
    """Refuses `fees.nothing_to_waive`, `fees.waiver_cause`."""
    if state not in UNPAID:
        raise Refusal(Kind.CONFLICT, "fees.nothing_to_waive", f"it is {state}", cps="9.1")
    if cause not in set(WaiverCause):
        raise refuse("waiver_cause", f"no {cause}", field="cause")


def check_finance(is_finance: bool) -> None:  # noqa: FBT001 -- one question
    if not is_finance:
        raise Refusal(Kind.FORBIDDEN, "fees.not_finance", "finance does this", cps="9.1")


def check_headquarters(*, at_office: bool) -> None:
    """The price list is the CA's own."""
    if at_office:
        raise Refusal(Kind.FORBIDDEN, "fees.headquarters", "not an office's to do", cps="9.1")


def refund(paid: int, *, issued: datetime, ends: datetime, revoked: datetime) -> int:
    """What goes back, CPS 9.1.5: all within 30 days, then by the days that are not used.

    A day that has begun is used. What was used is rounded down to the fen: in the subscriber's
    favour, by less than one fen.
    """
    if revoked - issued <= FULL_REFUND:
        return paid
    if revoked >= ends:
        return 0
    whole, used = _begun(ends - issued), _begun(revoked - issued)
    return paid - paid * used // whole


def _begun(span: timedelta) -> int:
    """Days, the last of which may only have begun."""
    return -(-span // _DAY)


def kept(state: str, fen: int, refund: int | None) -> int:
    """What was paid and stays with us: as much as an invoice may name."""
    if state == State.PAID:
        return fen
    return fen - (refund or 0) if state in GOING_BACK else 0


def check_not_invoiced(invoiced: int, kept_after: int) -> None:
    """Refuses (CONFLICT) money back while an invoice names it: a red-letter invoice comes first."""
    if invoiced > kept_after:
        raise Refusal(
            Kind.CONFLICT, "fees.invoiced", f"{invoiced} fen are on an invoice", cps="9.1.5"
        )


def yuan(fen: int) -> str:
    """1234 -> 12.34"""
    return f"{fen // 100}.{fen % 100:02}"


def by_field(prices: Iterable[Price]) -> Mapping[str, int]:
    return {field_of(price.profile, price.service, price.years): price.fen for price in prices}


def refuse(rule: str, reason: str, *, field: str) -> Refusal:
    return Refusal(Kind.INVALID, f"fees.{rule}", reason, cps="9.1", field=field)
