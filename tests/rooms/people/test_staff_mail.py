"""Staff are told by mail that something waits for them, and where; never what it says."""

from datetime import UTC, datetime, timedelta

import pytest

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from anxin.kernel.deliveries import BACK_OFF
from audit.journal.models import Entry
from people.accounts import reminders
from people.accounts.models import StaffMember
from people.accounts.rules import PASSWORD_AGE
from people.api import Role, StaffEvent, keep_mail_address, tell_staff
from people.approvals import services as approvals
from people.approvals import telling
from people.approvals.rules import OPEN_FOR
from people.models import Finding, Mailbox, StaffNotice
from people.notices import services
from people.personnel import services as personnel
from people.sessions import store
from people.sessions.browsers import note_browser
from people.trust.services import note_lapses
from tests.support import post
from tests.support.people import hire, signed_in

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail(settings):
    with post.mail_server() as server:
        settings.MAIL_HOST, settings.MAIL_PORT, settings.MAIL_TLS = "127.0.0.1", server.port, False
        settings.STAFF_URL = "https://ra.example.cn"
        yield server


def with_mail(actor):
    keep_mail_address(actor.person_id, f"{actor.name.lower()}@ca.example.cn", actor=SYSTEM, at=AT)
    return actor


@pytest.fixture
def tang(tang):
    return with_mail(tang)


@pytest.fixture
def gao(gao):
    return with_mail(gao)


@pytest.fixture
def newcomer():
    return with_mail(hire("bai"))


def asked(tang, newcomer):
    role = Role.FINANCE
    return personnel.propose_appointment(newcomer.person_id, role, actor=tang, at=AT)


def told(event):
    rows = StaffNotice.objects.filter(event=event).order_by("person__login")
    return list(rows.values_list("person__login", flat=True))


def test_who_can_decide_is_told_and_nobody_else(tang, gao, newcomer, mail):
    """CPS-5.2.2: one approval mechanism, with notice by mail."""
    asked(tang, newcomer)

    telling.tell_checkers(at=AT)
    assert services.send_due(at=AT) == 1

    [(to, message)] = mail.received
    assert to == "gao@ca.example.cn"
    assert "有一项审批等您决定" in message["Subject"]
    said = message.get_content()
    assert "https://ra.example.cn/approvals/" in said
    assert "An approval needs you" in said
    assert [word for word in ("Bai", "Tang", "finance", "财务") if word in said] == []


def test_they_are_told_once_however_often_the_worker_looks(tang, gao, newcomer):
    asked(tang, newcomer)

    assert [telling.tell_checkers(at=AT), telling.tell_checkers(at=LATER)] == [1, 0]
    assert told(StaffEvent.APPROVAL_WAITS) == ["gao"]


def test_who_asked_is_told_what_became_of_it(tang, gao, newcomer):
    approval = asked(tang, newcomer)

    approvals.vote(approval.id, grants=True, seen=approval.digest, actor=gao, at=AT)

    assert told(StaffEvent.APPROVAL_DECIDED) == ["tang"]


def test_who_takes_back_what_they_asked_for_is_not_told_so(tang, newcomer):
    approval = asked(tang, newcomer)

    approvals.withdraw(approval.id, reason="no need", actor=tang, at=AT)

    assert told(StaffEvent.APPROVAL_DECIDED) == []


def test_who_asked_is_told_when_nobody_decided_in_time(tang, newcomer):
    asked(tang, newcomer)

    approvals.expire(at=AT + OPEN_FOR)

    assert told(StaffEvent.APPROVAL_EXPIRED) == ["tang"]


def test_applications_have_a_queue_and_no_mail():
    silent = {name for name, duty in DUTIES.items() if not duty.mailed}

    assert silent == {"ra.approve_application", "ra.approve_application_twice"}


def test_a_browser_never_seen_before_is_told_of_by_mail(newcomer):
    """WP-7.2"""
    for token in ("first", "second"):
        note_browser(newcomer.person_id, token, user_agent="", actor=newcomer, at=AT)

    assert told(StaffEvent.ALERT) == ["bai"]


def test_who_is_about_to_lose_a_role_is_told_and_who_keeps_the_files(tang, newcomer):
    """CPS-5.3.4: with notice before."""
    file = Finding.objects.filter(file=newcomer.person_id)
    for item in ("pki_basics", "duties"):
        file.filter(item=item).update(due=AT.date() + timedelta(days=20))

    note_lapses(at=AT)

    assert told(StaffEvent.LAPSE_AHEAD) == ["bai"]
    assert told(StaffEvent.STAFF_LAPSES) == ["tang"]


def test_a_password_that_has_to_be_changed_soon_is_told_of_twice(newcomer):
    """CPS-6.5.1"""
    StaffMember.objects.filter(pk=newcomer.person_id).update(password_changed_at=AT)
    ends = AT + PASSWORD_AGE

    counts = [
        reminders.tell_of_passwords(at=ends - timedelta(days=days)) for days in (15, 14, 13, 3, 2)
    ]

    assert counts == [0, 1, 0, 1, 0]


def test_another_address_is_told_to_the_one_before(newcomer, mail):
    keep_mail_address(newcomer.person_id, "else@ca.example.cn", actor=newcomer, at=AT)

    services.send_due(at=AT)

    [(to, message)] = mail.received
    assert to == "bai@ca.example.cn"
    assert "您的通知邮箱已更换" in message["Subject"]
    assert "example" not in Entry.objects.get(action="people.notify").details


def test_a_server_that_is_busy_is_asked_again_and_one_that_says_never_is_not(newcomer, gao, mail):
    mail.answers += ["451 later", "550 nobody of that name"]
    people = [newcomer.person_id, gao.person_id]
    tell_staff(StaffEvent.ALERT, people, occasion="1", actor=SYSTEM, at=AT)

    assert services.send_due(at=AT) == 0
    first, second = StaffNotice.objects.order_by("pk")
    assert (first.state, first.error, first.due_at) == ("failed", "smtp 451", AT + BACK_OFF[0])
    assert (second.state, second.error) == ("given_up", "smtp 550")
    assert services.send_due(at=AT + BACK_OFF[0]) == 1


def test_without_a_mail_server_nothing_is_lost_and_nothing_waits(newcomer):
    tell_staff(StaffEvent.ALERT, [newcomer.person_id], occasion="1", actor=SYSTEM, at=AT)

    services.send_due(at=AT)

    assert StaffNotice.objects.get().state == "by_hand"


def test_who_is_suspended_gets_no_mail(gao, newcomer):
    """CPS-5.3.6"""
    personnel.suspend(newcomer.person_id, personnel.Cause.SUSPECTED, actor=gao, at=AT)
    tell_staff(StaffEvent.ALERT, [newcomer.person_id], occasion="1", actor=SYSTEM, at=AT)

    assert told(StaffEvent.ALERT) == []


def test_people_change_their_own_address_and_see_what_was_sent(newcomer):
    window = signed_in(newcomer)
    tell_staff(StaffEvent.ALERT, [newcomer.person_id], occasion="1", actor=SYSTEM, at=AT)

    answer = window.post("/me/mail/", {"address": "new@ca.example.cn"})
    page = window.get("/me/mail/").content.decode()

    assert answer.status_code == 302
    assert Mailbox.objects.get(pk=newcomer.person_id).address == "new@ca.example.cn"
    assert "您的账号有安全提醒" in page


def test_an_address_is_not_changed_without_a_second_factor_of_this_hour(newcomer):
    """WP-7.2"""
    window = signed_in(newcomer)
    session = window.session
    store.prove(session, at=LONG_AGO)
    session.save()

    answer = window.post("/me/mail/", {"address": "new@ca.example.cn"})

    assert answer.status_code == 403
    assert Mailbox.objects.get(pk=newcomer.person_id).address == "bai@ca.example.cn"


@pytest.mark.parametrize("address", ["nobody", "a@b@c.cn", "a@ca.example.cn\nBcc: x@y.cn"])
def test_what_is_no_address_is_not_kept(newcomer, address):
    answer = signed_in(newcomer).post("/me/mail/", {"address": address})

    assert answer.status_code == 422
    assert Mailbox.objects.get(pk=newcomer.person_id).address == "bai@ca.example.cn"
