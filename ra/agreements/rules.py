"""Agreements with other CAs (CPS 3.2.7). Pure."""

import re
from dataclasses import dataclass
from datetime import date

from anxin.kernel.errors import Kind, Refusal

_NUMBER = re.compile(r"[\w\-/.()（）〔〕]{3,40}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What an agreement says; both days are included."""

    ca_name: str
    number: str
    valid_from: date
    valid_until: date


def check(terms: Terms) -> None:
    """Refuses `agreements.name`, `number`, `term`, each with its field."""
    if not 2 <= len(terms.ca_name) <= 60:  # noqa: PLR2004 -- as the column
        raise _refuse("name", "the name of the other CA", "ca_name")
    if not _NUMBER.fullmatch(terms.number):
        raise _refuse("number", "the number of the agreement", "number")
    if terms.valid_until < terms.valid_from:
        raise _refuse("term", "it ends before it begins", "valid_until")


def taken(number: str) -> Refusal:
    return Refusal(
        Kind.CONFLICT,
        "agreements.taken",
        f"{number} is on record",
        cps="3.2.7",
        field="number",
    )


def none_in_force(number: str) -> Refusal:
    """Nobody believes what another CA has verified without one (CPS 3.2.7)."""
    return Refusal(
        Kind.INVALID,
        "agreements.none",
        f"no agreement {number} is in force",
        cps="3.2.7",
        field="agreement",
    )


def _refuse(rule: str, reason: str, field: str) -> Refusal:
    return Refusal(Kind.INVALID, f"agreements.{rule}", reason, cps="3.2.7", field=field)
