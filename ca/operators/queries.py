"""How the certificate of an operator's key stands."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.errors import Kind, Refusal
from ca.hierarchy.queries import issuer_for
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING, State, Verdict, verdict
from ca.operators import proving, rules
from ca.profiles.queries import profile
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
    soon = set(rows.filter(not_after__lte=at + rules.NOTICE).values_list("warrant", flat=True))
    return [key for key in operator_keys() if key.is_active and key.warrant in soon]


def hindrances(keys: Collection[OperatorKey], *, at: datetime) -> dict[int, Refusal]:
    """By person, why the key in use has no certificate that counts; left out: it has one.

    `operators.ordered`, `ended`, `unproved`, `waits`, `hierarchy.not_active`.
    """
    rows = Certificate.objects.filter(profile=OPERATOR, warrant__in=[key.warrant for key in keys])
    there = {row.warrant: row for row in rows}
    found = {key.person_id: _hindrance(key, there.get(key.warrant), at=at) for key in keys}
    return {person_id: why for person_id, why in found.items() if why is not None}


def _hindrance(key: OperatorKey, row: Certificate | None, *, at: datetime) -> Refusal | None:
    if row is not None and row.not_before and row.not_after:
        good = verdict(row.state, row.not_before, row.not_after, at=at) is Verdict.VALID
        return None if good else Refusal(Kind.CONFLICT, "operators.ended", row.state, cps="5.2.3")
    try:
        proving.check(
            warrant=key.warrant,
            key=key.public_key,
            holder=rules.holder(key.person_id),
            requester=rules.requester(key.person_id),
            number=key.number,
            order=row.pk if row else None,
            at=at,
        )
        issuer_for(profile(OPERATOR).issuer)
    except Refusal as why:
        return why
    except (ValueError, ArithmeticError, RecursionError, TypeError, KeyError) as why:
        reason = f"the enrolment cannot be read: {type(why).__name__}"  # a row of somebody else's
        return Refusal(Kind.FORBIDDEN, proving.RULE, reason, cps="5.2.3")
    if row is not None and row.state not in WAITING:
        return Refusal(Kind.CONFLICT, "operators.ended", row.state, cps="5.2.3")
    return Refusal(Kind.NOT_READY, "operators.ordered", "not signed yet", cps="5.2.3")
