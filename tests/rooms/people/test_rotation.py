"""A post passes to somebody else on a day that was planned for it (CPS-5.3.5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from people.api import Role, keep_mail_address
from people.models import Appointment, StaffNotice
from people.personnel import services as personnel
from people.trust.rotation import note_rotations, plan_rotation
from people.trust.services import dismiss
from tests.support.people import hire, signed_in
from tests.support.refusals import refused_by

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
CHEN = "/people/of/S-chen/"


@pytest.fixture(autouse=True)
def staff_site(settings):
    settings.ROOT_URLCONF = "tests.rooms.people.urls"


@pytest.fixture
def chen():
    return hire("chen", Role.OPERATOR).person_id


@pytest.fixture
def lu():
    return hire("lu").person_id


def planned(person_id, keeper, on, relief=None):
    plan_rotation(person_id, Role.OPERATOR, on=on, relief_id=relief, actor=keeper, at=AT)


def entries():
    found = Entry.objects.filter(action__startswith="people.rotation").order_by("pk")
    return list(found.values_list("action", "subject"))


def test_a_keeper_plans_when_a_post_passes_on_and_to_whom(chen, lu, tang):
    """CPS-5.3.5: by the work there is, so post by post; a plan that is dropped is gone."""
    planned(chen, tang, TODAY + DAY, lu)
    post = Appointment.objects.get(person=chen)
    planned(chen, tang, None)

    assert (post.rotates_on, post.relief_id) == (TODAY + DAY, lu)
    assert Appointment.objects.get(person=chen).rotates_on is None
    assert entries() == [("people.rotation_planned", f"people.staffmember:{chen}")] * 2


def test_what_cannot_be_planned_is_refused(chen, lu, tang):
    """CPS-5.3.5"""
    one = {"actor": tang, "at": AT}
    on = TODAY + DAY
    personnel.leave(lu, actor=tang, at=AT)

    assert [
        refused_by(plan_rotation, chen, Role.OPERATOR, on=TODAY, **one),
        refused_by(plan_rotation, chen, Role.OPERATOR, on=None, relief_id=chen, **one),
        refused_by(plan_rotation, chen, Role.OPERATOR, on=on, relief_id=chen, **one),
        refused_by(plan_rotation, chen, Role.OPERATOR, on=on, relief_id=lu, **one),
        refused_by(plan_rotation, chen, Role.REVIEWER, on=on, **one),
        refused_by(plan_rotation, tang.person_id, Role.SECURITY_ADMIN, on=on, **one),
        refused_by(plan_rotation, chen, Role.OPERATOR, on=on, actor=hire("wen"), at=AT),
    ] == [
        "trust.rotation_past",
        "trust.rotation_day",
        "trust.relief",
        "trust.relief",
        "trust.not_appointed",
        "trust.own_file",
        "trust.not_a_keeper",
    ]
    assert entries() == []


def test_it_is_told_a_month_before_a_week_before_and_when_the_day_has_passed(chen, lu, tang):
    """CPS-5.3.5: each once; the role stays until two people end it."""
    for person_id in (chen, lu, tang.person_id):
        keep_mail_address(person_id, f"{person_id}@ca.example.cn", actor=SYSTEM, at=AT)
    planned(chen, tang, TODAY + 60 * DAY, lu)

    days = [0, 29, 30, 31, 53, 54, 60, 61, 62]
    told = {day: note_rotations(at=AT + day * DAY) for day in days}

    assert [day for day, count in told.items() if count] == [30, 53, 61]
    assert [action for action, _ in entries()][1:] == [
        "people.rotation_ahead",
        "people.rotation_ahead",
        "people.rotation_late",
    ]
    mails = StaffNotice.objects.filter(event__contains="rotation")
    assert set(mails.values_list("person_id", "event")) == {
        (chen, "rotation"),
        (lu, "rotation"),
        (tang.person_id, "staff_rotations"),
    }
    assert Appointment.objects.get(person=chen).until is None


def test_nothing_is_told_of_a_post_that_was_given_up(chen, tang):
    planned(chen, tang, TODAY + DAY)
    dismiss(chen, Role.OPERATOR, actor=SYSTEM, at=AT)

    assert note_rotations(at=AT) == 0


def test_a_new_day_is_told_of_anew(chen, tang):
    planned(chen, tang, TODAY + DAY)
    first = note_rotations(at=AT)
    planned(chen, tang, TODAY + 2 * DAY)

    assert (first, note_rotations(at=AT)) == (1, 1)


def test_the_plan_is_made_and_shown_on_the_page_of_the_person(tang):
    """CPS-5.3.5"""
    soon = datetime.now(UTC).date() + 20 * DAY
    chen, _lu = hire("chen", Role.OPERATOR), hire("lu")
    keeper = signed_in(tang)

    wrong = keeper.post(f"{CHEN}rotation/", {"post": "operator", "on": "2020-01-01"})
    keeper.post(f"{CHEN}rotation/", {"post": "operator", "on": soon, "relief": "S-lu"})

    assert wrong.status_code == 422
    assert "轮换日期要在今天以后" in wrong.content.decode()
    said = f"{soon} 轮换，由 Lu 接任"
    assert said in keeper.get(CHEN).content.decode()
    assert "快到轮换日期" in keeper.get("/people/").content.decode()
    assert said in signed_in(chen).get("/me/").content.decode()


def test_an_outsider_plans_nothing(tang):
    hire("chen", Role.OPERATOR)
    given = {"post": "operator", "on": datetime.now(UTC).date() + 20 * DAY}

    assert signed_in(hire("wen", Role.REVIEWER)).post(f"{CHEN}rotation/", given).status_code == 403
    assert Appointment.objects.filter(rotates_on__isnull=False).count() == 0


def test_nobody_takes_over_from_themselves_by_sql_either(chen):
    with pytest.raises(Exception, match="another_takes_over_on_a_day"), connection.cursor() as one:
        one.execute(
            "UPDATE people_appointment SET rotates_on = '2027-01-01', relief_id = person_id"
        )


@pytest.mark.django_db(transaction=True)
def test_the_worker_notes_what_was_told_and_plans_nothing(connection_as):
    hire("chen", Role.OPERATOR)
    call_command("grant")
    with connection_as("worker") as one:
        one.execute("UPDATE people_appointment SET rotation_told = 1")
        with pytest.raises(Exception, match="permission denied"):
            one.execute("UPDATE people_appointment SET rotates_on = NULL")
