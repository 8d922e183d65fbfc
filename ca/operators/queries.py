"""How the certificate of an operator's key stands; named in `anxin/flows.py`."""

from dataclasses import dataclass
from datetime import datetime

from ca.issuing.models import Certificate
from ca.issuing.rules import Verdict, verdict
from ca.profiles.rules import OPERATOR


@dataclass(frozen=True, slots=True)
class Standing:
    """`serial` in hexadecimal; `good`: valid at the time that was asked about."""

    serial: str
    not_after: datetime
    good: bool


def standing(warrant: int, *, at: datetime) -> Standing | None:
    """Of the certificate that this approval ordered; None: there is none yet."""
    rows = Certificate.objects.filter(warrant=warrant, profile=OPERATOR, der__isnull=False)
    row = rows.first()
    if row is None or row.serial is None or row.not_before is None or row.not_after is None:
        return None
    found = verdict(row.state, row.not_before, row.not_after, at=at)
    return Standing(row.serial, row.not_after, found is Verdict.VALID)
