"""Invoices (发票) for fees that were paid (CPS 9.1): what one needs, and how it goes. Pure.

The tax authority's system issues them; here it is kept who asked for which, and its number. Amounts
are whole fen.
"""

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal, Refusals
from anxin.kernel.states import Steps
from ra.applicants.numbers import credit_fault
from ra.applicants.rules import is_email


class State(StrEnum):
    ASKED = "asked"
    ISSUED = "issued"  # in the tax authority's system
    REVERSED = "reversed"  # by a red-letter invoice 红字发票
    DECLINED = "declined"


STEPS = Steps(
    ("issue", [State.ASKED], State.ISSUED),
    ("decline", [State.ASKED], State.DECLINED),
    ("reverse", [State.ISSUED], State.REVERSED),
)
LIVE = (State.ASKED, State.ISSUED)  # one of an order


class Type(StrEnum):
    ORDINARY = "ordinary"  # electronic ordinary invoice 电子普通发票
    SPECIAL = "special"  # for deducting VAT 增值税专用发票


class Buyer(StrEnum):
    PERSON = "person"
    ORGANIZATION = "organization"


class Reason(StrEnum):
    """Why none is issued."""

    DETAILS = "details"
    AMOUNT = "amount"
    ELSEWHERE = "elsewhere"  # invoiced already, in another way


TITLE_MOST = 100
LINE_MOST = 120
NEEDED: tuple[str, ...] = ("title", "email")
OF_ORGANIZATIONS: tuple[str, ...] = ("tax_number",)
OF_SPECIAL: tuple[str, ...] = ("address", "phone", "bank", "account")  # as registered for VAT
DETAILS = (*NEEDED, *OF_ORGANIZATIONS, *OF_SPECIAL)
_ACCOUNT = re.compile(r"[0-9]{8,32}")
_NUMBER = re.compile(r"[0-9]{8,20}")  # 8 digits on the older ones, 20 on fully digital ones


def check_details(kind: str, buyer: str, typed: Mapping[str, str]) -> dict[str, str]:
    """What is kept, without spaces around it; of no use to this type: left out.

    Refuses (Refusals) all that is wrong at once, by field.
    """
    if kind not in set(Type) or buyer not in set(Buyer):
        raise _refuse("kind", f"no {kind} for a {buyer}", field="kind")
    if kind == Type.SPECIAL and buyer != Buyer.ORGANIZATION:
        raise _refuse("special_for_organizations", "a person deducts nothing", field="kind")
    wanted = NEEDED
    if buyer == Buyer.ORGANIZATION:
        wanted += OF_ORGANIZATIONS
    if kind == Type.SPECIAL:
        wanted += OF_SPECIAL
    kept = {name: typed.get(name, "").strip() for name in wanted}
    kept |= {"tax_number": kept["tax_number"].upper()} if "tax_number" in kept else {}
    wrong = [fault for name, text in kept.items() if (fault := _fault(name, text))]
    if wrong:
        raise Refusals(wrong)
    return kept


def _fault(name: str, text: str) -> Refusal | None:
    most = TITLE_MOST if name == "title" else LINE_MOST
    if not 2 <= len(text) <= most:  # noqa: PLR2004 -- one character names nobody
        return _refuse("missing", f"no {name}", field=name, most=most)
    if name == "tax_number" and credit_fault(text):
        return _refuse("tax_number", credit_fault(text), field=name)
    if name == "email" and not is_email(text):
        return _refuse("email", "no address", field=name)
    if name == "account" and not _ACCOUNT.fullmatch(text.replace(" ", "")):
        return _refuse("account", "no account", field=name)
    return None


def check_amount(fen: int) -> None:
    """Refuses (CONFLICT) an invoice for nothing."""
    if not fen:
        raise Refusal(Kind.CONFLICT, "invoices.nothing_paid", "nothing is kept of it", cps="9.1")


def check_another(asked_by: int, person_id: int) -> None:
    """Who says for whom it is does not say as well that it was issued (CPS 5.2.4)."""
    if asked_by == person_id:
        raise Refusal(Kind.FORBIDDEN, "invoices.own", "asked for by the same person", cps="5.2.4")


def check_still(fen: int, kept: int) -> None:
    """Refuses (CONFLICT) an invoice for more than was paid and stays with us."""
    if fen > kept:
        raise Refusal(Kind.CONFLICT, "invoices.amount", f"{fen} fen asked, {kept} kept", cps="9.1")


def check_number(number: str, *, field: str) -> str:
    text = number.strip()
    if not _NUMBER.fullmatch(text):
        raise _refuse("number", "8 to 20 digits", field=field)
    return text


def check_day(on: date, *, since: date, today: date) -> None:
    """Refuses (INVALID) a day before what it is about, and one to come."""
    if not since <= on <= today:
        raise _refuse("day", f"{on} is not from {since} to {today}", field="on")


def check_reason(reason: str) -> None:
    if reason not in set(Reason):
        raise _refuse("reason", f"no {reason}", field="reason")


def number_used(field: str) -> Refusal:
    return _refuse("number_used", "this number is another's", field=field)


def asked_already() -> Refusal:
    return Refusal(Kind.CONFLICT, "invoices.asked_already", "there is one", cps="9.1")


def unknown(number: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "invoices.unknown", f"no invoice {number}", cps="9.1")


def not_yours() -> Refusal:
    return Refusal(Kind.FORBIDDEN, "invoices.not_yours", "neither counter nor finance", cps="9.1")


def _refuse(rule: str, reason: str, *, field: str, **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"invoices.{rule}", reason, cps="9.1", field=field, **details)
