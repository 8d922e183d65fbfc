"""Staff for tests: people with roles, and a browser that is signed in as one of them."""

from datetime import UTC, datetime

from django.test import Client

from anxin.kernel.actors import SYSTEM, Actor
from people.accounts.models import OneTimeDevice, StaffMember
from people.api import Role, appoint

HIRED = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def hire(login: str, *roles: Role, office: str = "RA00") -> Actor:
    """A person who holds these roles; cannot sign in by password (see `signed_in`)."""
    person = StaffMember.objects.create(
        login=login,
        name=login.title(),
        staff_number=f"S-{login}",
        office=office,
        password="!",  # no password matches
        password_changed_at=datetime.now(UTC),
        must_change_password=False,
    )
    for role in roles:
        appoint(person.pk, role, actor=SYSTEM, at=HIRED)
    return Actor(person.pk, person.name, frozenset(roles), "127.0.0.1", office)


def signed_in(actor: Actor) -> Client:
    """A browser in which this person has passed both factors."""
    client = Client()
    person = StaffMember.objects.get(pk=actor.person_id)
    device, _ = OneTimeDevice.objects.get_or_create(user=person, defaults={"sealed_key": b""})
    client.force_login(person)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
    return client
