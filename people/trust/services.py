"""Appoint people to trusted roles and keep their files (CPS 5.2.1, 5.2.4, 5.3)."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import at_once
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import day_of
from audit.log import record
from people.notices.rules import Event
from people.notices.services import tell
from people.trust import queries, rules
from people.trust.models import Appointment, Finding, PersonnelFile
from people.trust.roles import DUTY_OF, Role, check_compatible, check_office
from people.trust.rules import Item, State


@transaction.atomic
def appoint(
    person_id: int, role: Role, *, warrant: int | None = None, actor: Actor, at: datetime
) -> int:
    """Give a person a role; returns the appointment's id. `warrant`: the spent approval.

    Refuses a role that CPS 5.2.4 keeps apart from one the person has, one they have already, one
    that is bound to an office for a person of none, a person who is not in order (CPS 5.3), and
    an act of one person alone.
    """
    rules.check_warrant(actor, warrant)
    _check_appointable(person_id, role, at=at)
    appointment = Appointment.objects.create(
        person_id=person_id,
        role=role,
        duty=DUTY_OF.get(role, ""),
        since=at,
        appointed_by_id=actor.person_id,
        warrant_id=warrant,
    )
    _record("people.appointed", person_id, actor=actor, at=at, role=role)
    return appointment.pk


def check_appointable(person_id: int, role: Role, *, at: datetime) -> None:
    """Refuses what `appoint` would refuse, before anybody is asked."""
    with transaction.atomic():
        _check_appointable(person_id, role, at=at)


def _check_appointable(person_id: int, role: Role, *, at: datetime) -> None:
    office = _lock(person_id)
    held = queries.roles_given(person_id)
    if role in held:
        raise Refusal(Kind.CONFLICT, "trust.appointed_already", f"is {role} already", cps="5.2.1")
    check_compatible({*held, role})
    check_office(role, office)
    rules.check_standing(queries.files([person_id]).get(person_id), role, at=at)


@transaction.atomic
def dismiss(
    person_id: int, role: Role, *, warrant: int | None = None, actor: Actor, at: datetime
) -> None:
    """End a person's appointment; what they did in that role stays theirs."""
    rules.check_warrant(actor, warrant)
    _lock(person_id)
    ended = Appointment.objects.filter(person=person_id, role=role, until__isnull=True).update(
        until=at, ended_by_id=actor.person_id
    )
    if not ended:
        raise Refusal(Kind.NOT_FOUND, "trust.not_appointed", f"is not {role}")
    _record("people.dismissed", person_id, actor=actor, at=at, role=role)
    at_once("people.role_ended", person_id=person_id, role=role, actor=actor, at=at)


def end_roles(person_id: int, *, actor: Actor, at: datetime) -> list[str]:
    """End all appointments of a person who leaves or moves; the caller writes it down."""
    _lock(person_id)
    roles = sorted(queries.roles_given(person_id))
    Appointment.objects.filter(person=person_id, until__isnull=True).update(
        until=at, ended_by_id=actor.person_id
    )
    return roles


@transaction.atomic
def open_file(
    person_id: int,
    *,
    engaged_on: date,
    contractor: bool = False,
    employer: str = "",
    escort_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> None:
    """Begin a person's file. Refuses a second one, and a contractor without escort (CPS 5.3.7)."""
    rules.check_keeper(actor, person_id)
    rules.check_day(engaged_on, at=at)
    if contractor:
        _check_escort(person_id, escort_id)
    _lock(person_id)
    file = PersonnelFile(
        person_id=person_id,
        state=State.IN_POST,
        engaged_on=engaged_on,
        contractor=contractor,
        employer=employer if contractor else "",
        escort_id=escort_id if contractor else None,
    )
    with guarded(Refusal(Kind.CONFLICT, "trust.file_already", "has a file already")):
        file.save(force_insert=True)
    _record(
        "people.file_opened",
        person_id,
        actor=actor,
        at=at,
        engaged_on=engaged_on.isoformat(),
        contractor=contractor,
        escort=file.escort_id,
    )


@transaction.atomic
def name_escort(person_id: int, escort_id: int, *, actor: Actor, at: datetime) -> None:
    """Another escort for a contractor, whose roles rest without one (CPS 5.3.7)."""
    rules.check_keeper(actor, person_id)
    file = queries.locked(person_id)
    rules.check_not_left(file.state)
    rules.check_contractor(contractor=file.contractor)
    _check_escort(person_id, escort_id)
    file.escort_id = escort_id
    file.save(update_fields=["escort"])
    _record("people.escort_named", person_id, actor=actor, at=at, escort=escort_id)


def _check_escort(person_id: int, escort_id: int | None) -> None:
    escort = queries.files([escort_id]).get(escort_id) if escort_id else None
    rules.check_escort(person_id, escort_id, escort)


@transaction.atomic
def note_finding(
    person_id: int,
    item: Item,
    *,
    passed: bool,
    on: date,
    version: str = "",
    reference: str = "",
    actor: Actor,
    at: datetime,
) -> None:
    """Write a result into a person's file: a check, a training, the probation, something read.

    Refuses one's own file, a day to come and the file of somebody who has left.
    """
    rules.check_keeper(actor, person_id)
    rules.check_day(on, at=at)
    file = queries.locked(person_id)
    rules.check_not_left(file.state)
    due = rules.due_after(item, on) if passed else None
    Finding.objects.create(
        file=file,
        item=item,
        passed=passed,
        on=on,
        due=due,
        version=version,
        reference=reference,
        noted_by_id=actor.person_id,
        noted_at=at,
    )
    _record(
        "people.finding_noted",
        person_id,
        actor=actor,
        at=at,
        item=item,
        passed=passed,
        on=on.isoformat(),
        due=due.isoformat() if due else "",
    )


@transaction.atomic
def note_lapses(*, at: datetime) -> int:
    """Write down what is about to lapse and what has lapsed, each once; how many (CPS 5.3.4)."""
    told = 0
    for row in queries.running_out(at=at):
        assert row.due is not None
        stage = rules.notice(row.due, at=at)
        raised = Finding.objects.filter(pk=row.pk, noticed__lt=stage).update(noticed=stage)
        if raised:
            action = "people.lapsed" if stage == rules.LAPSED else "people.lapse_ahead"
            due = row.due.isoformat()
            _record(action, row.file_id, actor=SYSTEM, at=at, item=row.item, due=due)
            _tell_of_lapse(row.file_id, stage, due, at=at)
        told += raised
    return told


def _tell_of_lapse(person_id: int, stage: int, due: str, *, at: datetime) -> None:
    """By mail: the person, and who keeps the files. What lapses on one day is one mail."""
    event = Event.LAPSED if stage == rules.LAPSED else Event.LAPSE_AHEAD
    tell(event, [person_id], occasion=f"{due}:{stage}", actor=SYSTEM, at=at)
    keepers = {one.id for one in queries.holders(Role.SECURITY_ADMIN, at=at)} - {person_id}
    today = day_of(at).isoformat()
    tell(Event.STAFF_LAPSES, keepers, occasion=today, actor=SYSTEM, at=at)


def check_may_open(person_id: int) -> None:
    """Refuses (CONFLICT) an account for somebody suspended or gone: that is undone otherwise."""
    if file := queries.files([person_id]).get(person_id):
        rules.STEPS.after("suspend", file.state)


def _lock(person_id: int) -> str:
    """One change of a person's roles at a time; the code of the person's office."""
    people = get_user_model().objects.select_for_update(no_key=True).filter(pk=person_id)
    office = people.values_list("office", flat=True).first()
    if office is None:
        raise Refusal(Kind.NOT_FOUND, "people.no_such_person", f"no person {person_id}")
    return str(office)


def _record(action: str, person_id: int, *, actor: Actor, at: datetime, **details: Any) -> None:
    record(action, f"people.staffmember:{person_id}", actor=actor, at=at, **details)
