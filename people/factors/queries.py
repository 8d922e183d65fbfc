"""What waits for a person, and what they have, for pages."""

from dataclasses import dataclass
from datetime import datetime

from people.accounts.models import OneTimeDevice
from people.factors.models import Enrolment, RecoveryCode, SecurityKey
from people.factors.rules import Factor, State


@dataclass(frozen=True, slots=True)
class KeyView:
    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person can prove themselves with, and what waits to be fetched, by factor."""

    has_device: bool
    keys: tuple[KeyView, ...]
    codes_left: int
    waiting: dict[str, datetime]  # until when


def factors_of(person_id: int, *, at: datetime) -> Factors:
    """Four queries."""
    open_ones = Enrolment.objects.filter(person=person_id, state=State.OPEN, expires_at__gt=at)
    left = RecoveryCode.objects.filter(user=person_id, confirmed=True, used_at__isnull=True)
    return Factors(
        has_device=has_device(person_id),
        keys=tuple(
            KeyView(row.pk, row.name, row.added_at, row.used_at)
            for row in SecurityKey.objects.filter(user=person_id, confirmed=True).order_by("pk")
        ),
        codes_left=left.count(),
        waiting=dict(open_ones.values_list("factor", "expires_at")),
    )


def has_device(person_id: int) -> bool:
    return bool(OneTimeDevice.objects.filter(user=person_id, confirmed=True).exists())


def has_to_enrol(person_id: int, *, at: datetime) -> bool:
    """Whether a device is to be enrolled before this person can sign in with one."""
    open_ones = Enrolment.objects.filter(
        person=person_id, factor=Factor.DEVICE, state=State.OPEN, expires_at__gt=at
    )
    return not has_device(person_id) and open_ones.exists()


def waiting(person_id: int, factor: Factor, *, at: datetime) -> Enrolment | None:
    """What was agreed to and is to be fetched in time; locked in a transaction."""
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("device")
    return rows.filter(person=person_id, factor=factor, state=State.OPEN, expires_at__gt=at).first()


def subject_of(person_id: int) -> str:
    """What approvals and the journal call a person."""
    return f"people.staffmember:{person_id}"
