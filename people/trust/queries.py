"""Who holds which trusted role, and what their files say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.trust import rules
from people.trust.models import Appointment, Finding, PersonnelFile


def roles_of(person_id: int, *, at: datetime) -> frozenset[str]:
    """The roles a person holds and is in order for at this time (CPS 5.3); others rest.

    One query, because every page asks. Without a file nobody has a role.
    """
    open_ones = Appointment.objects.filter(person=OuterRef("pk"), until__isnull=True)
    row = _files([person_id]).annotate(held=ArraySubquery(open_ones.values("role"))).first()
    if row is None:
        return frozenset()
    file = _view(row)
    return frozenset(role for role in row.held if not rules.standing(file, role, at=at))


def acting(person_id: int, *, address: str, at: datetime) -> Actor:
    """A person in whose name a machine acts, with the roles that count at this time.

    None of them once the account is closed.
    """
    columns = ("person__name", "person__office", "person__is_active")
    name, office, is_active = PersonnelFile.objects.values_list(*columns).get(pk=person_id)
    roles = roles_of(person_id, at=at) if is_active else frozenset()
    return Actor(person_id, name, roles, address, office)


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has a role and is in order for it."""

    id: int
    name: str
    office: str


def holders(role: str, *, at: datetime) -> list[Holder]:
    """Who may act in this role at this time, by name; two queries."""
    open_ones = Appointment.objects.filter(role=role, until__isnull=True)
    columns = ("person_id", "person__name", "person__office")
    people = [Holder(*found) for found in open_ones.order_by("person__name").values_list(*columns)]
    kept = files([person.id for person in people])
    return [one for one in people if not rules.standing(kept.get(one.id), role, at=at)]


def held_at(role: str, *, at: datetime) -> set[int]:
    """Who was appointed to a role at a time in the past; whether it rested then is not kept."""
    lasted = Q(until__isnull=True) | Q(until__gt=at)
    rows = Appointment.objects.filter(lasted, role=role, since__lte=at)
    return set(rows.values_list("person", flat=True))


def roles_given(person_id: int) -> frozenset[str]:
    """The roles of a person, also those that rest."""
    held = Appointment.objects.filter(person=person_id, until__isnull=True)
    return frozenset(held.values_list("role", flat=True))


def is_filled(role: str, *, at: datetime) -> bool:
    """Whether somebody holds this role and is in order for it."""
    held = Appointment.objects.filter(role=role, until__isnull=True)
    return any(role in roles_of(pk, at=at) for pk in held.values_list("person", flat=True))


@dataclass(frozen=True, slots=True)
class Given:
    """One appointment that has not ended; `relief`: the name of who takes over (CPS 5.3.5)."""

    role: str
    since: datetime
    rotates_on: date | None = None
    relief: str = ""


def appointments(person_ids: Collection[int]) -> dict[int, list[Given]]:
    """Open appointments by person."""
    rows = Appointment.objects.filter(person__in=list(person_ids), until__isnull=True)
    columns = ("person_id", "role", "since", "rotates_on", "relief__name")
    found: dict[int, list[Given]] = {}
    for person_id, role, since, on, relief in rows.order_by("role").values_list(*columns):
        found.setdefault(person_id, []).append(Given(role, since, on, relief or ""))
    return found


def files(person_ids: Collection[int]) -> dict[int, rules.File]:
    """Files by person, with the latest finding of each item; one query."""
    return {row.pk: _view(row) for row in _files(person_ids)}


def _files(person_ids: Collection[int]) -> QuerySet[Any]:
    findings = Finding.objects.filter(file=OuterRef("pk")).order_by("item", "-on", "-pk")
    words = JSONObject(item="item", passed="passed", on="on", due="due")
    found = ArraySubquery(findings.distinct("item").values(words=words))
    in_post = PersonnelFile.objects.filter(state=rules.State.IN_POST, contractor=False)
    return PersonnelFile.objects.filter(pk__in=list(person_ids)).annotate(
        found=found,
        escorted=Exists(in_post.filter(pk=OuterRef("escort"))),
        office=F("person__office"),
    )


def _view(row: Any) -> rules.File:
    return rules.File(
        state=row.state,
        engaged_on=row.engaged_on,
        contractor=row.contractor,
        escorted=row.escorted,
        office=row.office,
        findings={
            one["item"]: rules.Finding(
                one["passed"],
                date.fromisoformat(one["on"]),
                date.fromisoformat(one["due"]) if one["due"] else None,
            )
            for one in row.found
        },
    )


def latest(person_ids: Collection[int]) -> QuerySet[Finding]:
    """The latest finding of each item in these files."""
    rows = Finding.objects.filter(file__in=list(person_ids))
    return rows.order_by("file", "item", "-on", "-pk").distinct("file", "item")


def locked(person_id: int) -> PersonnelFile:
    """A person's file, for a change; Refusal NOT_FOUND."""
    row = PersonnelFile.objects.select_for_update().filter(pk=person_id).first()
    if row is None:
        raise Refusal(Kind.NOT_FOUND, "trust.no_file", f"no file of {person_id}", cps="5.3.2")
    return row


def running_out(*, at: datetime) -> list[Finding]:
    """The latest findings of people in post about which somebody has to be told now."""
    people = PersonnelFile.objects.filter(state=rules.State.IN_POST)
    return [
        row
        for row in latest(list(people.values_list("pk", flat=True)))
        if row.passed
        and row.due is not None
        and rules.ITEMS[rules.Item(row.item)].needed
        and rules.notice(row.due, at=at) > row.noticed
    ]


@dataclass(frozen=True, slots=True)
class Rotating:
    """A post about whose rotation somebody has to be told now."""

    id: int
    person_id: int
    role: str
    rotates_on: date
    relief_id: int | None


def rotating(*, at: datetime) -> list[Rotating]:
    """Posts of people in post that pass on soon, or should have (CPS 5.3.5)."""
    planned = Appointment.objects.filter(
        until__isnull=True, rotates_on__isnull=False, person__file__state=rules.State.IN_POST
    ).order_by("rotates_on", "pk")
    return [
        Rotating(row.pk, row.person_id, row.role, row.rotates_on, row.relief_id)
        for row in planned
        if row.rotates_on and rules.notice(row.rotates_on, at=at) > row.rotation_told
    ]
