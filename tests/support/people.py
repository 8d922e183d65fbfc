"""Staff for tests: people with roles, and a browser that is signed in as one of them."""

from datetime import UTC, date, datetime

from django.test import Client

from anxin.kernel.actors import SYSTEM, Actor
from people.accounts.models import OneTimeDevice, StaffMember
from people.api import Item, Role, appoint
from people.models import Finding, PersonnelFile
from people.sessions import store
from people.trust.roles import OF_HEADQUARTERS
from people.trust.rules import State

LONG_AGO = date(2020, 1, 6)
HIRED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
JUST_NOW = datetime.max.replace(tzinfo=UTC)  # a second factor shown so late is never too old


def hire(login: str, *roles: Role, office: str | None = None) -> Actor:
    """A person who holds these roles; cannot sign in by password (see `signed_in`).

    `office` None: of headquarters who has a role that only they have.
    """
    if office is None:
        office = "" if OF_HEADQUARTERS & {*roles} else "RA00"
    person = StaffMember.objects.create(
        login=login,
        name=login.title(),
        staff_number=f"S-{login}",
        office=office,
        password="!",  # no password matches
        password_changed_at=datetime.now(UTC),
        must_change_password=False,
    )
    in_order(person.pk)
    for role in roles:
        appoint(person.pk, role, actor=SYSTEM, at=HIRED)
    return Actor(person.pk, person.name, frozenset(roles), "127.0.0.1", office, JUST_NOW)


def in_order(person_id: int, *, engaged_on: date = LONG_AGO) -> None:
    """A file in which nothing is missing or lapses, whatever the time."""
    file = PersonnelFile.objects.create(
        person_id=person_id, state=State.IN_POST, engaged_on=engaged_on
    )
    Finding.objects.bulk_create(
        Finding(file=file, item=item, passed=True, on=HIRED.date(), noted_at=HIRED) for item in Item
    )


def signed_in(actor: Actor) -> Client:
    """A browser in which this person has passed both factors."""
    client = Client()
    person = StaffMember.objects.get(pk=actor.person_id)
    device, _ = OneTimeDevice.objects.get_or_create(user=person, defaults={"sealed_key": b""})
    client.force_login(person)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    store.prove(session, at=JUST_NOW)
    session.save()
    return client
