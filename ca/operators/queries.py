"""How the certificate of an operator's key stands; named in `anxin/flows.py`."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from ca.issuing.models import Certificate
from ca.issuing.rules import Verdict, verdict
from ca.profiles.rules import OPERATOR


@dataclass(frozen=True, slots=True)
class Standing:
    """`serial` in hexadecimal; `good`: valid at the time that was asked about."""

    serial: str
    not_after: datetime
    good: bool


def certificates(warrant: int) -> QuerySet[Certificate]:
    """What this approval ordered, and what has renewed that for the same key, in order."""
    first = Certificate.objects.filter(warrant=warrant, profile=OPERATOR)
    return Certificate.objects.filter(
        profile=OPERATOR,
        holder__in=first.values("holder"),
        public_key__in=first.values("public_key"),
    ).order_by("pk")


def standing(warrant: int, *, at: datetime) -> Standing | None:
    """Of the key that this approval put to use, by its last certificate; None: none yet."""
    row = certificates(warrant).filter(der__isnull=False).last()
    if row is None or row.serial is None or row.not_before is None or row.not_after is None:
        return None
    found = verdict(row.state, row.not_before, row.not_after, at=at)
    return Standing(row.serial, row.not_after, found is Verdict.VALID)
