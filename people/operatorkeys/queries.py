"""Operators' keys as frozen values."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from anxin.kernel.errors import Kind, Refusal
from people.operatorkeys.models import OperatorKey
from people.operatorkeys.rules import IN_USE, State
from people.trust.models import Appointment


@dataclass(frozen=True, slots=True)
class Key:
    id: int
    person_id: int
    fingerprint: str
    public_key: bytes
    state: str
    made_at: datetime
    active_from: datetime | None
    active_until: datetime | None
    warrant: int | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A key in use and whose it is, for a certificate. `warrant`: the approval that enrolled it."""

    person_id: int
    name: str
    number: str
    fingerprint: str
    public_key: bytes
    warrant: int
    is_active: bool


def in_use() -> list[Enrolled]:
    """The keys that are active or suspended, in the order in which they were put to use."""
    columns = ("person_id", "person__name", "person__staff_number", "fingerprint", "public_key")
    rows = OperatorKey.objects.filter(state__in=IN_USE).order_by("active_from", "pk")
    return [
        Enrolled(person_id, name, number, fingerprint, bytes(key), warrant, state == State.ACTIVE)
        for person_id, name, number, fingerprint, key, warrant, state in rows.values_list(
            *columns, "warrant_id", "state"
        )
    ]


def active(person_id: int | None, *, lock: bool = False) -> Key | None:
    """The key that signs this person's votes now; `lock`: and until the transaction ends."""
    rows = OperatorKey.objects.filter(person_id=person_id, state=State.ACTIVE)
    row = (rows.select_for_update() if lock else rows).first()
    return _view(row) if row else None


def had_one(person_id: int, *, at: datetime) -> bool:
    """Whether this person had a key in use at a time in the past."""
    lasted = Q(active_until__isnull=True) | Q(active_until__gt=at)
    return OperatorKey.objects.filter(lasted, person_id=person_id, active_from__lt=at).exists()


def keys_of(person_id: int) -> tuple[Key, ...]:
    """All there were, the latest first."""
    rows = OperatorKey.objects.filter(person_id=person_id).order_by("-pk")
    return tuple(_view(row) for row in rows)


def somebody_signs(roles: Collection[str]) -> bool:
    """Whether anybody who has one of these roles has a key in use."""
    people = Appointment.objects.filter(role__in=roles, until=None).values("person")
    return OperatorKey.objects.filter(person__in=people, state=State.ACTIVE).exists()


def proposed() -> set[int]:
    """Whose new key waits for others."""
    rows = OperatorKey.objects.filter(state=State.PROPOSED)
    return set(rows.values_list("person_id", flat=True))


def would_be_first(person_id: int | None, roles: Collection[str]) -> bool:
    """Whether this person has one of these roles, and nobody who has one has a key in use."""
    held = Appointment.objects.filter(role__in=roles, until=None, person=person_id)
    return held.exists() and not somebody_signs(roles)


def locked(key_id: int, person_id: int) -> OperatorKey:
    """A key of this person; Refusal NOT_FOUND."""
    rows = OperatorKey.objects.select_for_update().filter(pk=key_id, person_id=person_id)
    row = rows.first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "keys.unknown", f"no key {key_id} of {person_id}")
    return row


def _view(row: OperatorKey) -> Key:
    return Key(
        row.pk,
        row.person_id,
        row.fingerprint,
        bytes(row.public_key),
        row.state,
        row.made_at,
        row.active_from,
        row.active_until,
        row.warrant_id,
    )
