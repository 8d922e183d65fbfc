"""Who is signed in stays so only as long as both factors count (CPS-5.2.3, WP-7.2)."""

import psycopg
import pytest
from django.core.management import call_command

from anxin.kernel.actors import SYSTEM
from people.api import Role, enrol_device
from people.models import StaffMember
from tests.support.people import HIRED, hire, signed_in


@pytest.mark.django_db
def test_a_lost_device_takes_its_sessions_along():
    chen = hire("chen", Role.OPERATOR)
    browser = signed_in(chen)
    before = browser.get("/me/")

    enrol_device(chen.person_id, b"n" * 20, actor=SYSTEM, at=HIRED)

    assert before.status_code == 200
    assert browser.get("/me/")["Location"].startswith("/sign-in/")


@pytest.mark.django_db
def test_a_closed_account_takes_its_sessions_along():
    chen = hire("chen", Role.OPERATOR)
    browser = signed_in(chen)

    StaffMember.objects.filter(pk=chen.person_id).update(is_active=False)

    assert browser.get("/me/")["Location"].startswith("/sign-in/")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ["worker", "public"])
def test_only_the_staff_site_signs_anybody_in(connection_as, role):
    call_command("grant")
    with connection_as(role) as one:
        for act in ("SELECT * FROM", "DELETE FROM", "INSERT INTO"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                one.execute(f"{act} django_session{' DEFAULT VALUES' * (act == 'INSERT INTO')}")
