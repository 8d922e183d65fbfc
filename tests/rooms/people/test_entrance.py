"""The staff site's entrance, page by page (WP-7.2)."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from people.accounts import codes, demo
from people.accounts.models import StaffMember
from people.api import (
    Role,
    appoint,
    create_staff,
    dismiss,
    enrol_device,
    new_demo_account,
    write_demo_accounts,
)
from people.models import StaffSession
from tests.support.people import hire, in_order, signed_in

pytestmark = pytest.mark.django_db
PASSWORD, KEY = "qiyuan-Harbor-17", b"k" * 20
LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def staff_site(settings):
    settings.ROOT_URLCONF = "tests.rooms.people.urls"


@pytest.fixture
def shen():
    """The id of a reviewer with an account and a device."""
    now = datetime.now(UTC)
    person_id = create_staff(
        "shenjia",
        name="沈佳",
        staff_number="0312",
        office="RA00",
        password=PASSWORD,
        must_change_password=False,
        actor=SYSTEM,
        at=now,
    )
    enrol_device(person_id, KEY, actor=SYSTEM, at=now)
    in_order(person_id)
    appoint(person_id, Role.REVIEWER, actor=SYSTEM, at=now)
    return person_id


def code_now(after=-1):
    return codes.code(KEY, after=after, at=datetime.now(UTC))


def first_factor(client, login="shenjia", password=PASSWORD, **more):
    return client.post("/sign-in/", {"login": login, "password": password, **more})


def text_of(response):
    return response.content.decode()


def test_a_stranger_is_sent_to_the_entrance_and_back_again(shen):
    client = Client()

    sent = client.get("/queue/?view=mine")
    assert sent.headers["Location"] == "/sign-in/?next=%2Fqueue%2F%3Fview%3Dmine"
    page = client.get(sent.headers["Location"])
    assert 'name="next" value="/queue/?view=mine"' in text_of(page)
    asked = first_factor(client, next="/queue/?view=mine")
    assert asked.headers["Location"].startswith("/sign-in/code/?next=")
    let_in = client.post("/sign-in/code/", {"code": code_now(), "next": "/queue/?view=mine"})

    assert let_in.headers["Location"] == "/queue/?view=mine"
    assert text_of(client.get("/queue/")) == "hello 沈佳"


def test_the_password_alone_opens_nothing(shen):
    client = Client()
    first_factor(client)

    sent = client.get("/queue/")

    assert sent.headers["Location"].startswith("/sign-in/code/")


def test_a_session_whose_device_is_gone_opens_nothing(shen):
    client = Client()
    first_factor(client)
    client.post("/sign-in/code/", {"code": code_now()})
    enrol_device(shen, b"n" * 20, actor=SYSTEM, at=datetime.now(UTC))

    assert client.get("/queue/").headers["Location"].startswith("/sign-in/")


def test_the_session_is_a_new_one_after_each_factor(shen):
    """A session identifier planted before signing in is worth nothing afterwards."""
    client = Client()
    session = client.session
    session["planted"] = True
    session.save()
    seen = [client.cookies["anxin-command"].value]

    first_factor(client)
    seen.append(client.cookies["anxin-command"].value)
    client.post("/sign-in/code/", {"code": code_now()})
    seen.append(client.cookies["anxin-command"].value)

    assert len(set(seen)) == 3
    assert not StaffSession.objects.filter(session_key__in=seen[:2]).exists()
    assert "planted" not in client.session


def test_a_wrong_password_shows_the_form_again_and_says_no_more_than_it_must(shen):
    wrong = first_factor(Client(), password="wrong-Secret-1")
    unknown = first_factor(Client(), login="nobody", password="wrong-Secret-1")

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "登录名、密码或动态口令不对" in text_of(wrong)
    assert "wrong-Secret-1" not in text_of(wrong)
    assert text_of(wrong).replace("shenjia", "nobody").count("不对") == text_of(unknown).count(
        "不对"
    )


def test_a_wrong_code_shows_the_form_again(shen):
    client = Client()
    first_factor(client)

    refused = client.post("/sign-in/code/", {"code": "000000"})

    assert refused.status_code == 422
    assert "登录名、密码或动态口令不对" in text_of(refused)


def test_the_code_must_follow_the_password_within_five_minutes(shen):
    client = Client()
    first_factor(client)
    session = client.session
    late = datetime.now(UTC) - timedelta(minutes=5, seconds=1)
    session["sign_in"] = {**session["sign_in"], "at": late.isoformat()}
    session.save()

    sent = client.post("/sign-in/code/", {"code": code_now()})

    assert sent.headers["Location"].startswith("/sign-in/?")
    assert client.get("/queue/").headers["Location"].startswith("/sign-in/?")


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(shen, evil):
    client = Client()
    first_factor(client, next=evil)

    let_in = client.post("/sign-in/code/", {"code": code_now(), "next": evil})

    assert let_in.headers["Location"] == "/"


def test_a_page_of_another_role_is_refused_and_written_down():
    """CPS-5.2.3, CPS-5.4.1"""
    zhao = hire("zhao", Role.AUDITOR)

    refused = signed_in(zhao).get("/queue/")

    assert refused.status_code == 403
    entry = Entry.objects.get(action="site.refused")
    assert (entry.actor_id, entry.actor_roles, entry.subject) == (
        zhao.person_id, "auditor", "/queue/",
    )  # fmt: skip


def test_whoever_holds_incompatible_roles_gets_no_page_at_all():
    """CPS-5.2.4: at each act. The database's own check is taken away to let it happen."""
    person = hire("chen", Role.OPERATOR)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE people_appointment DROP CONSTRAINT one_duty_each")
        cursor.execute(
            "INSERT INTO people_appointment (person_id, role, duty, since)"
            " VALUES (%s, 'reviewer', 'subscriber_data', now())",
            [person.person_id],
        )

    for page in ("/queue/", "/canteen/", "/me/"):
        assert signed_in(person).get(page).status_code == 403


def test_a_role_counts_from_the_next_page_on():
    ren = hire("ren", Role.REVIEWER)
    client = signed_in(ren)
    assert client.get("/queue/").status_code == 200

    dismiss(ren.person_id, Role.REVIEWER, actor=SYSTEM, at=datetime.now(UTC))

    assert client.get("/queue/").status_code == 403


def test_a_closed_account_is_out_at_once():
    ren = hire("ren", Role.REVIEWER)
    client = signed_in(ren)

    StaffMember.objects.filter(pk=ren.person_id).update(is_active=False)

    assert client.get("/queue/").headers["Location"].startswith("/sign-in/")


def test_a_fragment_says_that_the_session_is_over_instead_of_showing_the_entrance():
    answer = Client().get("/queue/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert "登录已经失效" in text_of(answer)
    assert "<html" not in text_of(answer)


def test_who_has_signed_out_is_out(shen):
    client = signed_in(hire("ren", Role.REVIEWER))

    client.post("/sign-out/")

    assert client.get("/queue/").headers["Location"].startswith("/sign-in/")
    assert Entry.objects.filter(action="people.sign_out").exists()
    assert client.get("/sign-out/").status_code == 405


@pytest.mark.parametrize(
    "state", [{"must_change_password": True}, {"password_changed_at": LONG_AGO}]
)
def test_a_password_that_is_due_comes_before_all_work(state):
    """CPS-6.5.1, CPS-6.4"""
    ren = hire("ren", Role.REVIEWER)
    StaffMember.objects.filter(pk=ren.person_id).update(**state)
    client = signed_in(ren)

    assert client.get("/queue/").headers["Location"] == "/me/password/"
    assert client.get("/me/password/").status_code == 200


def test_a_changed_password_ends_all_other_sessions(shen):
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        first_factor(client)
        step = StaffMember.objects.get(pk=shen).onetimedevice_set.get().last_step
        client.post("/sign-in/code/", {"code": code_now(after=step)})
        assert client.get("/queue/").status_code == 200

    new = "harbor-Lantern-1"
    refused = here.post("/me/password/", {"old": PASSWORD, "new": new, "again": "other"})
    assert refused.status_code == 422
    assert "两次输入的新密码不一样" in text_of(refused)
    weak = here.post("/me/password/", {"old": PASSWORD, "new": "short-1", "again": "short-1"})
    assert "密码太短" in text_of(weak)
    here.post("/me/password/", {"old": PASSWORD, "new": new, "again": new})

    assert here.get("/queue/").status_code == 200
    assert elsewhere.get("/queue/").headers["Location"].startswith("/sign-in/")


def test_people_land_on_the_first_page_of_their_role():
    assert signed_in(hire("ren", Role.REVIEWER)).get("/").headers["Location"] == "/queue/"
    assert signed_in(hire("jiang", Role.AUDITOR)).get("/").headers["Location"] == "/me/"


def test_the_rail_shows_only_what_a_person_may_open():
    reviewer = text_of(signed_in(hire("ren", Role.REVIEWER)).get("/me/"))
    custodian = text_of(signed_in(hire("lu", Role.CUSTODIAN)).get("/me/"))

    nobody_yet = text_of(signed_in(hire("bai")).get("/me/"))

    assert 'href="/me/password/" title="修改密码"' in nobody_yet
    assert 'href="/queue/"' in reviewer
    assert 'href="/queue/"' not in custodian
    assert 'href="/me/" title="我的岗位" aria-current="page"' in custodian


def test_the_language_is_chosen_once_and_remembered(shen):
    client = Client()
    chosen = client.post("/language/", {"language": "en", "next": "/sign-in/"})
    assert chosen.headers["Location"] == "/sign-in/"
    assert chosen.cookies["anxin-command-language"].value == "en"
    assert client.post("/language/", {"language": "xx"}).status_code == 422

    client = signed_in(hire("ren", Role.REVIEWER))
    client.post("/language/", {"language": "en"})
    assert StaffMember.objects.get(login="ren").language == "en"


@pytest.mark.parametrize("before_the_password", [True, False])
def test_the_language_chosen_on_the_way_in_stays_with_the_person(shen, before_the_password):
    client = Client()
    steps = [lambda: client.post("/language/", {"language": "en"}), lambda: first_factor(client)]
    for step in steps if before_the_password else reversed(steps):
        step()

    let_in = client.post("/sign-in/code/", {"code": code_now()})

    assert let_in.cookies["anxin-command-language"].value == "en"
    assert StaffMember.objects.get(pk=shen).language == "en"
    assert Entry.objects.get(action="people.language_chosen").actor_id == shen


def test_what_another_person_chose_at_this_browser_does_not_stay_with_the_next(shen):
    client = Client()
    client.cookies["anxin-command-language"] = "en"
    first_factor(client)

    let_in = client.post("/sign-in/code/", {"code": code_now()})

    assert let_in.cookies["anxin-command-language"].value == "zh-hans"
    assert StaffMember.objects.get(pk=shen).language == "zh-hans"


# --- the demo ---------------------------------------------------------------------------------


@pytest.fixture
def demo_people(settings, tmp_path):
    """An installation in demo mode with one person in its file."""
    settings.HOME, settings.DEMO = tmp_path, True
    now = datetime.now(UTC)
    one = new_demo_account("jiangwan", "江晚", [Role.AUDITOR])
    person_id = create_staff(
        one.login,
        name=one.name,
        staff_number="0106",
        office="",
        password=one.password,
        must_change_password=False,
        actor=SYSTEM,
        at=now,
    )
    enrol_device(person_id, bytes.fromhex(one.key), actor=SYSTEM, at=now)
    in_order(person_id)
    appoint(person_id, Role.AUDITOR, actor=SYSTEM, at=now)
    write_demo_accounts([one])
    return one


def test_in_the_demo_three_clicks_let_a_person_in(demo_people):
    """A link, a button, a button; no script."""
    client = Client()
    listed = text_of(client.get("/sign-in/?next=/canteen/"))
    assert "江晚" in listed
    assert "审计员" in listed
    assert 'href="?next=%2Fcanteen%2F&amp;as=jiangwan"' in listed

    filled = client.get("/sign-in/?next=/canteen/&as=jiangwan").context["form"]
    given = {name: filled[name].value() for name in ("login", "password")}
    assert f'value="{demo_people.password}"' in str(filled["password"])
    code_page = client.post("/sign-in/", {**given, "next": "/canteen/"}, follow=True)
    code = code_page.context["form"]["code"].value()
    let_in = client.post("/sign-in/code/", {"code": code, "next": "/canteen/"}, follow=True)

    assert text_of(let_in) == "hello"


def test_the_demo_s_file_is_for_its_owner_alone_and_its_secrets_are_new_each_time(
    demo_people, settings
):
    file = settings.HOME / "demo-accounts.json"

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())[0]["password"] == demo_people.password
    another = new_demo_account("jiangwan", "江晚", [Role.AUDITOR])
    assert another.password != demo_people.password
    assert another.key != demo_people.key


def test_outside_a_demo_nothing_is_listed_or_filled_in_even_with_the_file_there(
    demo_people, settings
):
    settings.DEMO = False
    client = Client()

    for address in ("/sign-in/", "/sign-in/?as=jiangwan"):
        page = text_of(client.get(address))
        assert "江晚" not in page
        assert 'value="jiangwan"' not in page
        assert demo_people.password not in page
    code_page = first_factor(client, demo_people.login, demo_people.password)
    code_page = client.get(code_page.headers["Location"])
    assert code_page.context["form"]["code"].value() is None
    with pytest.raises(Exception, match="demo mode only"):
        write_demo_accounts([demo_people])
    with pytest.raises(Exception, match="demo mode only"):
        demo.current_code(demo_people, after=-1, at=datetime.now(UTC))


def test_a_production_process_fills_nothing_in(tmp_path):
    """The real settings of ANXIN_ENV=production, in a process of their own, with a file there."""
    (tmp_path / "secrets").mkdir()
    secret = tmp_path / "secrets" / "django-secret-key"
    secret.touch(0o600)
    secret.write_text("x" * 64)
    account = {"login": "jiangwan", "name": "江晚", "roles": ["auditor"]}
    secrets = {"password": "demo-Secret-1", "key": "00" * 20}
    (tmp_path / "demo-accounts.json").write_text(json.dumps([account | secrets]))
    program = """
import django
django.setup()
from django.conf import settings
settings.ROOT_URLCONF = "tests.rooms.people.urls"
settings.STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
settings.ALLOWED_HOSTS = ["testserver"]
from django.test import Client
assert settings.PRODUCTION and not settings.DEMO
for address in ("/sign-in/", "/sign-in/?as=jiangwan"):
    print(Client().get(address, secure=True).content.decode())
"""
    environment = {
        **os.environ,
        "ANXIN_ENV": "production",
        "ANXIN_SITE": "staff",
        "ANXIN_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "anxin.settings",
    }

    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert ran.stdout.count('name="password"') == 2
    for secret in ('value="jiangwan"', "江晚", "demo-Secret-1"):
        assert secret not in ran.stdout
