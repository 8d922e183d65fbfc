"""How the certificate of an operator's key stands."""

from dataclasses import dataclass
from datetime import datetime

from ca.issuing.models import Certificate
from ca.issuing.rules import State, Verdict, verdict
from ca.operators.rules import NOTICE
from ca.profiles.rules import OPERATOR
from people.api import OperatorKey, operator_keys


@dataclass(frozen=True, slots=True)
class Standing:
    """`serial` in hexadecimal; `good`: valid at the time that was asked about."""

    serial: str
    not_after: datetime
    good: bool


def standing(warrant: int, *, at: datetime) -> Standing | None:
    """Of the certificate that this approval ordered; None: there is none yet. Named in
    `anxin/flows.py`.
    """
    rows = Certificate.objects.filter(warrant=warrant, profile=OPERATOR, der__isnull=False)
    row = rows.first()
    if row is None or row.serial is None or row.not_before is None or row.not_after is None:
        return None
    found = verdict(row.state, row.not_before, row.not_after, at=at)
    return Standing(row.serial, row.not_after, found is Verdict.VALID)


def ending(*, at: datetime) -> list[OperatorKey]:
    """Keys that sign and whose certificates end soon, or have ended."""
    rows = Certificate.objects.filter(profile=OPERATOR, state=State.VALID)
    soon = set(rows.filter(not_after__lte=at + NOTICE).values_list("warrant", flat=True))
    return [key for key in operator_keys() if key.is_active and key.warrant in soon]
