"""Appoint people to trusted roles and end appointments (CPS 5.2.1, 5.2.4)."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from audit.log import record
from people.trust import queries, rules
from people.trust.models import Appointment
from people.trust.rules import Role


@transaction.atomic
def appoint(person_id: int, role: Role, *, actor: Actor, at: datetime) -> int:
    """Give a person a role; returns the appointment's id.

    Refuses a role that CPS 5.2.4 keeps apart from one the person has, one they have already, and
    one that is bound to an office for a person of none.
    """
    rules.check_office(role, _lock(person_id))
    held = queries.roles_of(person_id)
    if role in held:
        raise Refusal(Kind.CONFLICT, "trust.appointed_already", f"is {role} already", cps="5.2.1")
    rules.check_compatible({*held, role})
    appointment = Appointment.objects.create(
        person_id=person_id,
        role=role,
        duty=rules.DUTY_OF.get(role, ""),
        since=at,
        appointed_by_id=actor.person_id,
    )
    _record("people.appointed", person_id, role, actor=actor, at=at)
    return appointment.pk


@transaction.atomic
def dismiss(person_id: int, role: Role, *, actor: Actor, at: datetime) -> None:
    """End a person's appointment; what they did in that role stays theirs."""
    _lock(person_id)
    ended = Appointment.objects.filter(person=person_id, role=role, until__isnull=True).update(
        until=at, ended_by_id=actor.person_id
    )
    if not ended:
        raise Refusal(Kind.NOT_FOUND, "trust.not_appointed", f"is not {role}")
    _record("people.dismissed", person_id, role, actor=actor, at=at)


def _lock(person_id: int) -> str:
    """One change of a person's roles at a time; the code of the person's office."""
    people = get_user_model().objects.select_for_update().filter(pk=person_id)
    office = people.values_list("office", flat=True).first()
    if office is None:
        raise Refusal(Kind.NOT_FOUND, "people.no_such_person", f"no person {person_id}")
    return str(office)


def _record(action: str, person_id: int, role: Role, *, actor: Actor, at: datetime) -> None:
    record(action, f"people.staffmember:{person_id}", actor=actor, at=at, role=role)
