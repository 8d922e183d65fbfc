"""People by id, and what signing in needs to know of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from anxin.kernel import canonical
from anxin.kernel.errors import Kind, Refusal
from people.accounts import rules
from people.accounts.models import FormerPassword, OneTimeDevice, StaffMember


def staff_names(ids: Collection[int]) -> dict[int, str]:
    """Names for the pages; unknown ids are left out."""
    return dict(StaffMember.objects.filter(pk__in=list(ids)).values_list("pk", "name"))


def staff_numbers(ids: Collection[int]) -> dict[int, str]:
    """What tells two of one name apart; unknown ids are left out."""
    rows = StaffMember.objects.filter(pk__in=list(ids))
    return dict(rows.values_list("pk", "staff_number"))


@dataclass(frozen=True, slots=True)
class Named:
    id: int
    name: str
    number: str
    login: str


def staff_numbered(number: str) -> Named:
    """The person with this staff number; Refusal NOT_FOUND."""
    row = StaffMember.objects.filter(staff_number=number).first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "people.no_such_person", f"no person {number}")
    return Named(row.pk, row.name, row.staff_number, row.login)


def fingerprint(person_id: int, *also: str) -> str:
    """What an account says of a person, as one digest for those who agree to it.

    `also`: what else they are shown.
    """
    said = StaffMember.objects.values_list("login", "name", "staff_number", "office")
    return canonical.digest([*said.get(pk=person_id), *also])


def login_of(person_id: int) -> str:
    return StaffMember.objects.values_list("login", flat=True).get(pk=person_id)


def staff_matching(text: str) -> list[int]:
    """Ids of the people with this name, login or staff number."""
    return list(
        StaffMember.objects.filter(Q(name=text) | Q(login=text) | Q(staff_number=text))
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def former_hashes(person_id: int) -> list[str]:
    """The latest former password hashes, newest first."""
    found = FormerPassword.objects.filter(person=person_id).order_by("-pk")
    return list(found.values_list("hash", flat=True)[: rules.REMEMBERED])


@dataclass(frozen=True, slots=True)
class Profile:
    """What people see of themselves."""

    login: str
    name: str
    staff_number: str
    office: str
    language: str
    password_due_at: datetime


def profile(person_id: int) -> Profile:
    row = StaffMember.objects.get(pk=person_id)
    return Profile(
        login=row.login,
        name=row.name,
        staff_number=row.staff_number,
        office=row.office,
        language=row.language,
        password_due_at=row.password_changed_at + rules.PASSWORD_AGE,
    )


def last_step(person_id: int) -> int:
    """The time step of the last code a person's device gave, -1 before the first."""
    devices = OneTimeDevice.objects.filter(user=person_id, confirmed=True)
    return devices.values_list("last_step", flat=True).first() or -1


def passwords_due(*, at: datetime) -> list[tuple[int, datetime]]:
    """(person, changed at) of the passwords that are to be changed soon, or were to be."""
    people = StaffMember.objects.filter(
        is_active=True, password_changed_at__lte=rules.told_from(at=at)
    )
    return list(people.order_by("pk").values_list("pk", "password_changed_at"))
