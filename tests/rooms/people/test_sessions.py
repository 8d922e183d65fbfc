"""Who is signed in stays so only as long as both factors count (CPS-5.2.3, WP-7.2)."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.core.management import call_command

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from people.api import Role, enrol_device
from people.models import StaffMember
from people.sessions.rules import AT_ONCE, browser_of
from people.sessions.services import make_room
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
                one.execute(
                    f"{act} people_staffsession{' DEFAULT VALUES' * (act == 'INSERT INTO')}"
                )


# --- how long, how many, and which --------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """What time it is for the gates: `clock.at(minutes)` from now."""
    start = datetime.now(UTC)

    class Clock:
        @staticmethod
        def at(minutes):
            moment = start + timedelta(minutes=minutes)
            monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    clock = Clock()
    clock.at(0)
    return clock


def lets_in(browser, **headers):
    return browser.get("/me/", headers=headers).status_code == 200


@pytest.mark.django_db
def test_who_does_nothing_for_half_an_hour_is_signed_out(clock):
    """WP-7.2: just inside and just outside."""
    patient, gone = signed_in(chen := hire("chen", Role.OPERATOR)), signed_in(chen)
    assert lets_in(patient)
    assert lets_in(gone)

    clock.at(29)
    assert lets_in(patient)
    clock.at(31)

    assert not lets_in(gone)
    assert lets_in(patient)


@pytest.mark.django_db
def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(clock):
    """WP-7.2"""
    browser = signed_in(hire("chen", Role.OPERATOR))
    assert lets_in(browser)

    clock.at(29)
    assert lets_in(browser, **{"X-Unattended": "1"})
    clock.at(31)

    assert not lets_in(browser)


@pytest.mark.django_db
def test_nobody_stays_signed_in_longer_than_a_day_s_work(clock):
    """WP-7.2: however busy they are."""
    browser = signed_in(hire("chen", Role.OPERATOR))

    for quarter in range(8 * 4):
        clock.at(15 * quarter)
        assert lets_in(browser)
    clock.at(8 * 60)

    assert not lets_in(browser)


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0"


@pytest.mark.django_db
def test_people_see_where_they_are_signed_in_and_end_it_there():
    """WP-7.2"""
    chen = hire("chen", Role.OPERATOR)
    here, there = signed_in(chen), signed_in(chen)
    there.get("/me/", headers={"User-Agent": EDGE}, REMOTE_ADDR="10.8.3.99")
    here.get("/me/", headers={"User-Agent": FIREFOX})

    page = here.get("/me/")
    listed = page.context["sessions"]
    assert {(one.browser, one.address, one.here) for one in listed} == {
        ("Firefox, Linux", "127.0.0.1", True),
        ("Edge, Windows", "10.8.3.99", False),
    }
    for browser in (here, there):
        assert browser.cookies["anxin-command"].value not in page.content.decode()
    (other,) = [one for one in listed if not one.here]
    here.post(f"/me/sessions/{other.id}/end/")

    assert not lets_in(there)
    assert lets_in(here)
    entry = Entry.objects.get(action="people.sessions_ended")
    assert (entry.actor_id, entry.subject) == (
        chen.person_id,
        f"people.staffmember:{chen.person_id}",
    )


@pytest.mark.django_db
def test_nobody_ends_another_person_s_session():
    """WP-7.2"""
    hers, his = (signed_in(hire(login, Role.OPERATOR)) for login in ("chen", "wu"))
    assert lets_in(hers)
    (session,) = hers.get("/me/").context["sessions"]

    refused = his.post(f"/me/sessions/{session.id}/end/")

    assert refused.status_code == 404
    assert lets_in(hers)
    assert not Entry.objects.filter(action="people.sessions_ended").exists()


@pytest.mark.django_db
def test_one_browser_too_many_ends_the_oldest(clock):
    """WP-7.2"""
    chen = hire("chen", Role.OPERATOR)
    browsers = [signed_in(chen) for _ in range(AT_ONCE + 1)]
    for minute, browser in enumerate(browsers):
        clock.at(minute)
        assert lets_in(browser)

    make_room(chen.person_id, actor=chen, at=HIRED)

    assert [lets_in(browser) for browser in browsers] == [False, *[True] * AT_ONCE]


@pytest.mark.parametrize(
    ("agent", "name"), [(FIREFOX, "Firefox, Linux"), (EDGE, "Edge, Windows"), ("curl/8", "")]
)
def test_browsers_are_called_by_their_family(agent, name):
    assert browser_of(agent) == name


@pytest.mark.django_db(transaction=True)
def test_the_staff_site_may_begin_and_end_sessions(connection_as):
    call_command("grant")
    with connection_as("staff") as one:
        one.execute(
            "INSERT INTO people_staffsession"
            " (session_key, session_data, expire_date, address, browser)"
            " VALUES ('k', '', now(), '', '')"
        )
        one.execute("UPDATE people_staffsession SET seen_at = now()")
        ended = one.execute("DELETE FROM people_staffsession WHERE expire_date <= now()")

        assert ended.rowcount == 1
