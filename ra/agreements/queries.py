"""Agreements with other CAs, and those that two people are to put on record."""

from dataclasses import dataclass
from datetime import date, datetime

from anxin.kernel.actors import Actor
from anxin.kernel.workdays import day_of
from people.api import Waiting, waiting
from ra.agreements import rules
from ra.agreements.models import CaAgreement

ENTER = "ra.enter_ca_agreement"
SUBJECT = "ra.caagreement"  # of all proposals: one waits at a time


@dataclass(frozen=True, slots=True)
class Line:
    """`in_force` today."""

    ca_name: str
    number: str
    valid_from: date
    valid_until: date
    in_force: bool


@dataclass(frozen=True, slots=True)
class AgreementsPage:
    lines: tuple[Line, ...]
    waiting: Waiting


def page(actor: Actor, *, at: datetime) -> AgreementsPage:
    today = day_of(at)
    lines = tuple(
        Line(
            row.ca_name,
            row.number,
            row.valid_from,
            row.valid_until,
            row.valid_from <= today <= row.valid_until,
        )
        for row in CaAgreement.objects.order_by("-valid_until", "number")
    )
    return AgreementsPage(lines, waiting(ENTER, SUBJECT, actor))


def all_in_force(*, at: datetime) -> list[CaAgreement]:
    """For choosing one."""
    today = day_of(at)
    rows = CaAgreement.objects.filter(valid_from__lte=today, valid_until__gte=today)
    return list(rows.order_by("number"))


def in_force(number: str, *, at: datetime) -> CaAgreement:
    """Refuses `agreements.none`."""
    found = next((row for row in all_in_force(at=at) if row.number == number), None)
    if found is None:
        raise rules.none_in_force(number)
    return found
