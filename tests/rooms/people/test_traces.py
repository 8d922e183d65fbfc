"""Where somebody was is forgotten in time, and seen by nobody else (WP-5.3b)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from people.api import Role, StaffEvent, keep_mail_address, tell_staff
from people.models import Alert, KnownBrowser, StaffNotice, StaffSession
from people.notices.models import Mailbox
from people.notices.rules import ADDRESS_KEPT
from people.personnel.services import leave
from people.sessions.browsers import note_browser
from people.sessions.rules import ALERT_KEPT, BROWSER_KEPT
from people.sessions.services import make_room
from people.sessions.traces import forget_traces
from tests.support.people import hire, signed_in

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def staff_site(settings):
    settings.ROOT_URLCONF = "tests.rooms.people.urls"


@pytest.fixture
def chen():
    chen = hire("chen", Role.OPERATOR)
    for token in ("first", "second"):
        note_browser(chen.person_id, token, user_agent="Firefox/ Linux", actor=chen, at=AT)
    return chen


def test_browsers_and_alerts_are_forgotten_after_their_time_and_not_before(chen):
    """WP-5.3b: the journal keeps that there was an alert."""
    early = forget_traces(at=AT + ALERT_KEPT - SECOND)
    alerts = forget_traces(at=AT + ALERT_KEPT)
    assert (early, alerts, Alert.objects.count()) == (0, 1, 0)
    assert KnownBrowser.objects.count() == 2

    forget_traces(at=AT + BROWSER_KEPT)

    assert not KnownBrowser.objects.exists()
    assert Entry.objects.filter(action="people.alerted").count() == 1
    noted = Entry.objects.filter(action="people.traces_forgotten").order_by("pk")
    assert '"alerts":1' in noted[0].details
    assert '"browsers":2' in noted[1].details


def test_where_mail_went_is_forgotten_but_not_of_mail_that_waits(chen):
    """WP-5.3b: that it went, and when, stays."""
    keep_mail_address(chen.person_id, "chen@ca.example.cn", actor=SYSTEM, at=AT)
    for occasion in ("sent", "waiting"):
        tell_staff(StaffEvent.ALERT, [chen.person_id], occasion=occasion, actor=SYSTEM, at=AT)
    StaffNotice.objects.filter(occasion="sent").update(state="sent", sent_at=AT)

    forget_traces(at=AT + ADDRESS_KEPT - SECOND)
    before = StaffNotice.objects.exclude(to="").count()
    forget_traces(at=AT + ADDRESS_KEPT)

    kept = dict(StaffNotice.objects.values_list("occasion", "to"))
    assert before == 2
    assert kept == {"sent": "", "waiting": "chen@ca.example.cn"}
    assert StaffNotice.objects.get(occasion="sent").sent_at == AT


def test_mailboxes_are_forgotten_of_who_has_left_and_of_nobody_else(chen, in_role):
    """WP-5.3b, WP-8.2"""
    tang, lu = hire("tang", Role.SECURITY_ADMIN), hire("lu")
    for one in (chen, lu):
        keep_mail_address(one.person_id, f"{one.name}@ca.example.cn", actor=SYSTEM, at=AT)
    leave(chen.person_id, actor=tang, at=AT)

    with in_role("worker"):
        forget_traces(at=AT)

    assert list(Mailbox.objects.values_list("person_id", flat=True)) == [lu.person_id]
    assert '"mailboxes":1' in Entry.objects.get(action="people.traces_forgotten").details


def test_a_session_that_is_over_goes_with_the_next_sign_in_of_anybody(chen):
    """WP-5.3b"""
    signed_in(chen)
    over = StaffSession.objects.get().expire_date
    other = hire("lu")

    make_room(other.person_id, actor=other, at=over - SECOND)
    before = StaffSession.objects.count()
    make_room(other.person_id, actor=other, at=over)

    assert (before, StaffSession.objects.count()) == (1, 0)


def test_nobody_sees_where_others_were(chen):
    """WP-5.3b: not even who keeps the personnel files."""
    KnownBrowser.objects.update(address="203.0.113.77")
    keeper = signed_in(hire("tang", Role.SECURITY_ADMIN))

    own = signed_in(chen).get("/me/").content.decode()
    pages = [keeper.get(page).content.decode() for page in ("/people/of/S-chen/", "/people/")]

    assert "203.0.113.77" in own
    assert not any("203.0.113.77" in page for page in pages)


@pytest.mark.django_db(transaction=True)
def test_the_worker_drops_them_and_reads_no_more_than_their_age(chen, connection_as):
    """WP-5.3b"""
    call_command("grant")
    with connection_as("worker") as one:
        one.execute("DELETE FROM people_alert WHERE at <= now()")
        for table, column in (
            ("people_alert", "address"),
            ("people_knownbrowser", "token_hash"),
        ):
            with pytest.raises(Exception, match="permission denied"):
                one.execute(f"SELECT {column} FROM {table}")
    assert not Alert.objects.exists()
