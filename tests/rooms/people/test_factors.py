"""What people prove themselves with is handed out by two, fetched once (CPS-5.2.3, CPS-6.4)."""

import re
from base64 import b32decode
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.accounts import codes
from people.accounts.models import OneTimeDevice, StaffMember
from people.api import Role, enrol_device, keep_mail_address, open_approvals, vote
from people.factors import services
from people.factors.models import Enrolment, RecoveryCode
from people.factors.rules import Factor, password_from
from people.models import StaffSession
from people.notices.queries import addresses
from people.personnel import newcomers
from people.personnel import services as personnel
from people.personnel.rules import Cause
from people.sessions import store
from people.sessions.browsers import alerts_of
from tests.support.people import hire, in_order, signed_in

pytestmark = pytest.mark.django_db
HERE, KEY = "10.8.3.21", b"k" * 20
SECOND = timedelta(seconds=1)
PASSWORD = "qiyuan-Harbor-17"
PASSWORD_HASH = make_password(PASSWORD)


@pytest.fixture(autouse=True)
def staff_site(settings):
    settings.ROOT_URLCONF = "tests.rooms.people.urls"


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def tang():
    """Who asks."""
    return hire("tang", Role.SECURITY_ADMIN)


@pytest.fixture
def gao():
    """Who agrees."""
    return hire("gao", Role.CA_ADMIN)


@pytest.fixture
def wen(now):
    """Somebody at work, with a device."""
    wen = hire("wen", Role.REVIEWER)
    enrol_device(wen.person_id, KEY, actor=wen, at=now)
    return wen


def agreed(asked, gao, at):
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=at)


def given(person_id, factor, tang, gao, at):
    asked = services.propose_enrolment(person_id, factor, actor=tang, at=at)
    agreed(asked, gao, at)


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value.rule


def acts():
    return list(Entry.objects.order_by("pk").values_list("action", flat=True))


def text_of(response):
    return response.content.decode()


# --- a newcomer -----------------------------------------------------------------------------------


@pytest.fixture
def newcomer(tang, gao, now):
    """The id of somebody whose account two people agreed to."""
    asked = newcomers.propose_account(
        "lanxi", name="兰溪", staff_number="0400", office="", actor=tang, at=now
    )
    person_id = StaffMember.objects.get(login="lanxi").pk
    assert not StaffMember.objects.get(pk=person_id).is_active
    agreed(asked, gao, now)
    in_order(person_id)
    return person_id


def sign_in(client, login, password):
    return client.post("/sign-in/", {"login": login, "password": password})


def test_a_newcomer_comes_in_with_what_two_people_handed_over(newcomer, tang, gao, now):
    """CPS-5.2.3, CPS-6.4, WP-7.2: and the password is changed at once."""
    password = services.draw_password(newcomer, actor=tang, at=now)
    code = services.draw_code(newcomer, actor=gao, at=now)
    client = Client()

    sent = sign_in(client, "lanxi", password)
    assert client.get(sent["Location"])["Location"].startswith("/sign-in/device/")
    page = text_of(client.post("/sign-in/device/", {"enrolment": code.lower()}))
    key = b32decode(re.search(r"data-secret>([A-Z2-7]+)<", page)[1])
    assert "<svg" in page
    let_in = client.post(
        "/sign-in/device/", {"first": "1", "code": codes.code(key, after=-1, at=datetime.now(UTC))}
    )

    assert let_in.status_code == 302
    assert client.get("/me/")["Location"] == "/me/password/"
    device = OneTimeDevice.objects.get(user=newcomer, confirmed=True)
    assert bytes(key) not in bytes(device.sealed_key)
    assert set(Enrolment.objects.values_list("factor", "state")) == {
        ("password", "used"),
        ("device", "used"),
    }
    assert {"people.account_opened", "people.initial_password_drawn"} <= set(acts())
    assert {"people.enrolment_code_drawn", "people.device_enrolled"} <= set(acts())


def test_a_key_is_shown_once_and_a_wrong_first_code_enrols_nothing(newcomer, tang, gao, now):
    password = services.draw_password(newcomer, actor=tang, at=now)
    code = services.draw_code(newcomer, actor=gao, at=now)
    client = Client()
    sign_in(client, "lanxi", password)
    client.post("/sign-in/device/", {"enrolment": code})

    wrong = client.post("/sign-in/device/", {"first": "1", "code": "abcdef"})

    assert wrong.status_code == 422
    assert "data-secret" not in text_of(wrong)
    assert not OneTimeDevice.objects.filter(user=newcomer, confirmed=True).exists()
    assert StaffMember.objects.get(pk=newcomer).failed_tries == 1


def test_a_wrong_enrolment_code_counts_like_a_wrong_password(newcomer, tang, gao, now):
    """WP-7.2"""
    services.draw_code(newcomer, actor=gao, at=now)
    for _ in range(5):
        rule = refused(services.begin_device, newcomer, "0000-0000", address=HERE, at=now)
        assert rule == "sign_in.refused"
    code = services.draw_code(newcomer, actor=gao, at=now)

    assert refused(services.begin_device, newcomer, code, address=HERE, at=now) == "sign_in.refused"
    assert not OneTimeDevice.objects.filter(user=newcomer).exists()


def test_no_code_opens_anything_before_it_was_drawn(newcomer, now):
    assert refused(services.begin_device, newcomer, "", address=HERE, at=now) == "sign_in.refused"


def test_a_code_drawn_again_ends_the_one_before(newcomer, gao, now):
    first = services.draw_code(newcomer, actor=gao, at=now)
    second = services.draw_code(newcomer, actor=gao, at=now)

    assert refused(services.begin_device, newcomer, first, address=HERE, at=now)
    assert len(services.begin_device(newcomer, second, address=HERE, at=now)) == 20


def test_neither_of_the_two_has_both_halves(newcomer, tang, gao, now):
    """CPS-5.2.4, CPS-6.4: who could sign in for a newcomer would need the other's half."""
    assert refused(services.draw_password, newcomer, actor=gao, at=now) == "factors.not_yours"
    assert refused(services.draw_code, newcomer, actor=tang, at=now) == "factors.not_yours"


def test_a_password_is_drawn_once(newcomer, tang, now):
    """CPS-6.4"""
    services.draw_password(newcomer, actor=tang, at=now)

    assert refused(services.draw_password, newcomer, actor=tang, at=now) == "factors.not_granted"


def test_what_nobody_fetches_in_a_week_is_void(newcomer, tang, gao, now):
    week = timedelta(days=7)
    assert refused(services.draw_code, newcomer, actor=gao, at=now + week) == "factors.not_granted"
    assert services.draw_code(newcomer, actor=gao, at=now + week - SECOND)


def test_who_opens_an_account_says_where_its_mail_goes_and_another_agrees(tang, gao, now):
    """CPS-5.2.2: the address is on the page of who agrees, and part of what is agreed to."""
    client = signed_in(tang)
    given = {"name": "兰溪", "staff_number": "0400", "login": "lanxi"}
    wrong = client.post("/people/new/", {**given, "address": "lanxi"})
    client.post("/people/new/", {**given, "address": "lanxi@ca.example.cn"})
    person = StaffMember.objects.get(login="lanxi")
    asked = open_approvals("people.open_account", [f"people.staffmember:{person.pk}"])
    [approval] = asked.values()

    page = text_of(signed_in(gao).get(f"/approvals/{approval.id}/"))
    keep_mail_address(person.pk, "else@ca.example.cn", actor=tang, at=now)

    assert wrong.status_code == 422
    assert "lanxi@ca.example.cn" in page
    assert refused(agreed, approval, gao, now) == "approval.other_act"
    assert not StaffMember.objects.get(pk=person.pk).is_active


def test_mail_goes_to_a_newcomer_once_the_account_is_open(tang, gao, now):
    asked = newcomers.propose_account(
        "lanxi",
        name="兰溪",
        staff_number="0400",
        office="",
        address="lanxi@ca.example.cn",
        actor=tang,
        at=now,
    )
    person = StaffMember.objects.get(login="lanxi").pk
    shut = addresses([person])
    agreed(asked, gao, now)

    assert shut == {}
    assert addresses([person]) == {person: "lanxi@ca.example.cn"}
    assert "people.mailbox_kept" in acts()


def test_nobody_signs_in_before_two_agreed(tang, now):
    """CPS-5.2.3"""
    newcomers.propose_account("mi", name="米", staff_number="1", office="", actor=tang, at=now)
    person = StaffMember.objects.get(login="mi")

    assert not person.is_active
    assert not person.has_usable_password()
    assert refused(services.draw_password, person.pk, actor=tang, at=now) == "factors.not_granted"


def test_an_account_that_was_refused_can_be_asked_for_again(tang, gao, now):
    asked = newcomers.propose_account(
        "mi", name="米", staff_number="1", office="", actor=tang, at=now
    )
    vote(asked.id, grants=False, seen=asked.digest, actor=gao, at=now)
    person = StaffMember.objects.get(login="mi")

    agreed(newcomers.propose_opening(person.pk, actor=tang, at=now), gao, now)

    assert StaffMember.objects.get(pk=person.pk).is_active
    assert (
        refused(newcomers.propose_opening, person.pk, actor=tang, at=now) == "people.account_open"
    )


def test_an_account_changed_after_it_was_shown_is_not_opened(tang, gao, now):
    """CPS-5.2.2"""
    asked = newcomers.propose_account(
        "mi", name="米", staff_number="1", office="", actor=tang, at=now
    )
    StaffMember.objects.filter(login="mi").update(office="NMG")

    with pytest.raises(Refusal) as refusal:
        agreed(asked, gao, now)

    assert refusal.value.rule == "approval.other_act"


def test_who_is_suspended_comes_back_by_reinstatement_alone(wen, tang, now):
    personnel.suspend(wen.person_id, Cause.SUSPECTED, actor=tang, at=now)

    rule = refused(newcomers.propose_opening, wen.person_id, actor=tang, at=now)

    assert rule == "state.no_such_step"


def test_the_page_asks_for_an_account(tang):
    browser = signed_in(tang)
    typed = {"name": "米兰", "staff_number": "0401", "login": "milan", "office": ""}

    assert "新建账号" in text_of(browser.get("/people/"))
    assert browser.get("/people/new/").status_code == 200
    assert browser.post("/people/new/", typed)["Location"] == "/people/of/0401/"
    again = browser.post("/people/new/", typed)
    assert (again.status_code, "已被使用" in text_of(again)) == (422, True)
    assert "待审批：启用账号" in text_of(browser.get("/people/of/0401/"))


def test_only_who_hands_over_sees_the_button_and_the_secret(newcomer, tang, gao):
    """CPS-6.4"""
    tangs, gaos = signed_in(tang), signed_in(gao)

    assert "取出初始密码" in text_of(tangs.get("/people/of/0400/"))
    assert "取出登记码" not in text_of(tangs.get("/people/of/0400/"))
    assert "取出登记码" in text_of(gaos.get("/people/of/0400/"))
    assert re.search(
        r"<b>[0-9A-Z]{4}(-[0-9A-Z]{4}){3}</b>", text_of(gaos.post("/people/of/0400/factor/code/"))
    )
    assert re.search(
        r"<b>[A-Za-z]{14}-\d\d</b>", text_of(tangs.post("/people/of/0400/factor/password/"))
    )
    assert gaos.post("/people/of/0400/factor/password/").status_code == 403


def test_an_initial_password_is_within_the_policy():
    """CPS-6.5.1"""
    assert re.fullmatch(r"[A-Za-z]{14}-\d\d", password_from(bytes(range(16))))


# --- a lost device --------------------------------------------------------------------------------


def test_a_lost_device_is_dead_as_soon_as_two_agreed(wen, tang, gao, now):
    """CPS-5.2.3"""
    browser = signed_in(wen)
    assert browser.get("/me/").status_code == 200

    given(wen.person_id, Factor.DEVICE, tang, gao, now)

    assert browser.get("/me/")["Location"].startswith("/sign-in/")
    assert not OneTimeDevice.objects.filter(user=wen.person_id, confirmed=True).exists()
    assert not StaffSession.objects.filter(person=wen.person_id).exists()


def test_the_next_device_is_enrolled_by_its_person_and_told_to_them(wen, tang, gao, now):
    """CPS-5.2.3, WP-7.2"""
    given(wen.person_id, Factor.DEVICE, tang, gao, now)
    code = services.draw_code(wen.person_id, actor=gao, at=now)
    key = services.begin_device(wen.person_id, code, address=HERE, at=now)

    device = services.finish_device(
        wen.person_id, codes.code(key, after=-1, at=now), address=HERE, at=now
    )

    assert (device.user_id, device.confirmed) == (wen.person_id, True)
    assert [one.kind for one in alerts_of(wen.person_id)] == ["device_enrolled"]
    assert refused(services.begin_device, wen.person_id, code, address=HERE, at=now)


def test_a_forgotten_password_is_dead_as_soon_as_two_agreed(wen, tang, gao, now):
    given(wen.person_id, Factor.PASSWORD, tang, gao, now)

    assert not StaffMember.objects.get(pk=wen.person_id).has_usable_password()


def test_nobody_asks_about_themselves(tang, now):
    rule = refused(services.propose_enrolment, tang.person_id, Factor.KEY, actor=tang, at=now)

    assert rule == "trust.own_file"


def test_a_leaver_gets_nothing_that_was_agreed_to(wen, tang, gao, now):
    """WP-8.2"""
    given(wen.person_id, Factor.RECOVERY, tang, gao, now)

    personnel.leave(wen.person_id, actor=tang, at=now)

    assert Enrolment.objects.get().state == "ended"
    assert refused(services.propose_enrolment, wen.person_id, Factor.KEY, actor=tang, at=now) == (
        "people.account_closed"
    )


# --- recovery codes -------------------------------------------------------------------------------


@pytest.fixture
def ten(wen, tang, gao, now):
    """The recovery codes of a person."""
    given(wen.person_id, Factor.RECOVERY, tang, gao, now)
    return services.fetch_recovery_codes(actor=wen, at=now)


def test_ten_codes_are_shown_once_to_their_person(wen, tang, gao, now):
    """CPS-5.2.3, WP-7.2"""
    given(wen.person_id, Factor.RECOVERY, tang, gao, now)
    browser = signed_in(wen)
    assert "领取备用码" in text_of(browser.get("/me/"))

    page = text_of(browser.post("/me/recovery-codes/"))

    made = re.findall(r">([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})<", page)
    assert len(set(made)) == 10
    kept = [bytes(row.code_hash) for row in RecoveryCode.objects.all()]
    assert len(kept) == 10
    assert not any(code.encode() in hashed for code in made for hashed in kept)
    assert browser.post("/me/recovery-codes/").status_code == 409
    assert "领取备用码（" not in text_of(browser.get("/me/"))


def test_no_codes_without_two_people(wen, now):
    assert refused(services.fetch_recovery_codes, actor=wen, at=now) == "factors.not_granted"


def test_a_code_lets_its_person_in_once_and_is_told(wen, ten, now):
    """WP-7.2"""
    device = services.check_recovery_code(wen.person_id, ten[0].lower(), address=HERE, at=now)

    assert device.user_id == wen.person_id
    assert [one.kind for one in alerts_of(wen.person_id)] == ["recovery_used"]
    again = refused(services.check_recovery_code, wen.person_id, ten[0], address=HERE, at=now)
    assert again == "sign_in.refused"
    assert services.check_recovery_code(wen.person_id, ten[1], address=HERE, at=now)


def test_a_code_is_its_persons_alone(wen, ten, now):
    other = hire("shen", Role.REVIEWER)

    rule = refused(services.check_recovery_code, other.person_id, ten[0], address=HERE, at=now)

    assert rule == "sign_in.refused"


def test_newer_codes_end_the_older(wen, ten, tang, gao, now):
    given(wen.person_id, Factor.RECOVERY, tang, gao, now)
    services.fetch_recovery_codes(actor=wen, at=now)

    assert refused(services.check_recovery_code, wen.person_id, ten[0], address=HERE, at=now)


def test_a_recovery_code_signs_in_at_the_page_but_decides_nothing_later(wen, ten, now):
    """WP-7.2: the prompt before a decision wants the device or a key."""
    StaffMember.objects.filter(pk=wen.person_id).update(password=PASSWORD_HASH)
    client = Client()
    sign_in(client, "wen", PASSWORD)

    let_in = client.post("/sign-in/code/", {"code": ten[0]})
    session = client.session
    store.prove(session, at=now - timedelta(hours=1))
    session.save()
    asked = client.post(
        "/me/recovery-codes/",
        f"proof-code={ten[1]}",
        content_type="application/x-www-form-urlencoded",
    )

    assert let_in.status_code == 302
    assert client.get("/me/").status_code == 200
    assert (asked.status_code, "再次证明" in text_of(asked)) == (422, True)
    assert RecoveryCode.objects.filter(used_at__isnull=True).count() == 9


# --- browsers -------------------------------------------------------------------------------------


def come_in(client, wen, agent, after=-1):
    sign_in(client, "wen", PASSWORD)
    device = OneTimeDevice.objects.get(user=wen.person_id, confirmed=True)
    shown = codes.code(KEY, after=max(after, device.last_step), at=datetime.now(UTC))
    return client.post("/sign-in/code/", {"code": shown}, headers={"User-Agent": agent})


def test_a_browser_never_seen_before_is_told_but_the_first(wen):
    """WP-7.2"""
    StaffMember.objects.filter(pk=wen.person_id).update(password=PASSWORD_HASH)
    office, elsewhere = Client(), Client()

    come_in(office, wen, "Mozilla/5.0 (X11; Linux) Firefox/140.0")
    assert alerts_of(wen.person_id) == []
    come_in(elsewhere, wen, "Mozilla/5.0 (iPhone) Safari/605")

    (told,) = alerts_of(wen.person_id)
    assert (told.kind, told.browser) == ("new_browser", "Safari, iOS")
    assert "people.alerted" in acts()
    assert "在一个没有见过的浏览器上登录" in text_of(office.get("/me/"))


def test_a_known_browser_is_known_again_by_its_cookie(wen):
    """WP-7.2"""
    StaffMember.objects.filter(pk=wen.person_id).update(password=PASSWORD_HASH)
    office, elsewhere = Client(), Client()
    come_in(office, wen, "Mozilla/5.0 (X11; Linux) Firefox/140.0")
    come_in(elsewhere, wen, "Mozilla/5.0 (iPhone) Safari/605")
    OneTimeDevice.objects.update(last_step=-1)
    elsewhere.post("/sign-out/")

    come_in(elsewhere, wen, "Mozilla/5.0 (iPhone) Safari/605")

    assert len(alerts_of(wen.person_id)) == 1
    assert wen_browsers(wen) == 2


def wen_browsers(wen):
    return StaffMember.objects.get(pk=wen.person_id).browsers.count()


def test_alerts_stay_until_they_were_seen(wen):
    StaffMember.objects.filter(pk=wen.person_id).update(password=PASSWORD_HASH)
    come_in(Client(), wen, "Mozilla/5.0 (X11; Linux) Firefox/140.0")
    client = Client()
    come_in(client, wen, "Mozilla/5.0 (iPhone) Safari/605")
    assert "安全提醒" in text_of(client.get("/me/"))

    client.post("/me/alerts/seen/")

    assert alerts_of(wen.person_id) == []
    assert acts()[-1] == "people.alerts_seen"
