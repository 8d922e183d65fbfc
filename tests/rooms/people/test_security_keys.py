"""Security keys: enrolled when two agreed, used in place of a code (CPS-5.2.3, WP-7.2)."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.accounts.models import StaffMember
from people.api import Role, vote
from people.factors import keys, services
from people.factors.keys import Party
from people.factors.rules import KEYS_AT_MOST, Factor
from people.sessions import store
from people.sessions.browsers import alerts_of
from tests.support.people import hire, signed_in
from tests.support.security_key import SecurityKey, challenge_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SITE, HERE = Party("testserver", "http://testserver"), "10.8.3.21"
PASSWORD = "qiyuan-Harbor-17"
PASSWORD_HASH = make_password(PASSWORD)
CHALLENGE = b"c" * 32


@pytest.fixture(autouse=True)
def staff_site(settings):
    settings.ROOT_URLCONF = "tests.rooms.people.urls"


@pytest.fixture
def two():
    return hire("tang", Role.SECURITY_ADMIN), hire("gao", Role.CA_ADMIN)


@pytest.fixture
def wen():
    wen = hire("wen", Role.REVIEWER)
    StaffMember.objects.filter(pk=wen.person_id).update(password=PASSWORD_HASH)
    return wen


def allow(wen, two, at=AT):
    tang, gao = two
    asked = services.propose_enrolment(wen.person_id, Factor.KEY, actor=tang, at=at)
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=at)


@pytest.fixture
def key(wen, two):
    """A key that is enrolled."""
    allow(wen, two)
    key = SecurityKey()
    add(wen, key)
    return key


def add(wen, key, answer=None, at=AT, **more):
    named = {"challenge": CHALLENGE, "party": SITE, "name": "蓝色的"} | more
    keys.add_key(answer or key.create(CHALLENGE), **named, actor=wen, at=at)


def show(wen, answer, **more):
    named = {"challenge": CHALLENGE, "party": SITE, "address": HERE, "at": AT} | more
    return keys.check_key(wen.person_id, answer, **named)


def rule_of(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value.rule


def question_on(page):
    return unescape(re.search(r'data-question="([^"]+)"', page.content.decode())[1])


def test_a_key_is_enrolled_on_ones_own_page_after_two_agreed(wen, two):
    """CPS-5.2.3"""
    allow(wen, two, at=datetime.now(UTC))
    browser = signed_in(wen)
    made = SecurityKey().create(challenge_of(question_on(browser.get("/me/keys/"))))

    done = browser.post("/me/keys/", {"name": "蓝色的", "answer": made})

    assert done["Location"] == "/me/keys/"
    assert "蓝色的" in browser.get("/me/keys/").content.decode()
    assert [one.kind for one in alerts_of(wen.person_id)] == ["key_added"]
    assert Entry.objects.filter(action="people.key_added").exists()


def test_nobody_enrols_a_key_alone(wen):
    """CPS-5.2.3"""
    page = signed_in(wen).get("/me/keys/")

    assert "data-question" not in page.content.decode()
    assert rule_of(add, wen, SecurityKey()) == "factors.not_granted"


def test_one_agreement_is_one_key(wen, key):
    assert rule_of(add, wen, SecurityKey(id=b"another")) == "factors.not_granted"


def test_a_person_has_no_more_keys_than_the_rule_says(wen, two):
    for number in range(KEYS_AT_MOST):
        allow(wen, two)
        add(wen, SecurityKey(id=bytes([number]) * 16))
    allow(wen, two)

    assert rule_of(add, wen, SecurityKey()) == "factors.too_many_keys"


def test_an_answer_to_another_question_or_site_enrols_nothing(wen, two):
    allow(wen, two)
    key = SecurityKey()
    wrong = [
        key.create(b"x" * 32),
        SecurityKey(origin="http://evil.example").create(CHALLENGE),
        SecurityKey(site="evil.example").create(CHALLENGE),
        key.get(CHALLENGE),
        "{}",
        "no JSON",
    ]

    assert {rule_of(add, wen, key, answer) for answer in wrong} == {"factors.key_unknown"}


def test_a_key_is_one_persons(wen, key, two):
    other = hire("shen", Role.REVIEWER)
    allow(other, two)

    assert rule_of(add, other, key) == "factors.key_unknown"
    assert rule_of(show, other, key.get(CHALLENGE)) == "sign_in.refused"


def test_an_old_proof_enrols_no_key(wen, two):
    """WP-7.2"""
    allow(wen, two)
    stale = type(wen)(wen.person_id, wen.name, wen.roles, proved_at=AT - timedelta(hours=1))

    assert rule_of(add, stale, SecurityKey()) == "sessions.proof_old"


def test_a_key_is_shown_in_place_of_a_code(wen, key):
    """WP-7.2"""
    device = show(wen, key.get(CHALLENGE))

    assert (device.user_id, device.confirmed, device.sign_count) == (wen.person_id, True, 1)


@pytest.mark.parametrize("what", ["question", "site", "copy", "stranger", "nothing asked"])
def test_an_answer_that_proves_nothing_counts_like_a_wrong_password(wen, key, what):
    """WP-7.2; a copy of a key answers with a count that was used."""
    show(wen, key.get(CHALLENGE))
    if what == "copy":
        key.count = 0
    if what == "site":
        key.origin = "http://evil.example"
    if what == "stranger":
        key = SecurityKey(count=5)
    answer = key.get(b"x" * 32 if what == "question" else CHALLENGE)
    challenge = b"" if what == "nothing asked" else CHALLENGE

    assert rule_of(show, wen, answer, challenge=challenge) == "sign_in.refused"
    assert StaffMember.objects.get(pk=wen.person_id).failed_tries == 1


def test_a_person_signs_in_with_a_key(wen, key):
    """WP-7.2"""
    client = Client()
    client.post("/sign-in/", {"login": "wen", "password": PASSWORD})
    question = question_on(client.get("/sign-in/code/"))

    answer = key.get(challenge_of(question))
    done = client.post("/sign-in/code/", {"code": "", "answer": answer})

    assert done.status_code == 302
    assert client.get("/queue/").content.decode() == "hello Wen"


def test_an_answer_counts_once(wen, key):
    """WP-7.2"""
    first, second = Client(), Client()
    for client in (first, second):
        client.post("/sign-in/", {"login": "wen", "password": PASSWORD})
    answer = key.get(challenge_of(question_on(first.get("/sign-in/code/"))))
    second.get("/sign-in/code/")

    assert first.post("/sign-in/code/", {"answer": answer}).status_code == 302
    assert second.post("/sign-in/code/", {"answer": answer}).status_code == 422


def test_a_key_proves_it_again_before_a_decision(wen, key, two):
    """WP-7.2"""
    tang, gao = two
    allow(gao, (tang, hire("gu", Role.CA_ADMIN)))
    gaos = SecurityKey(id=b"the key of gao")
    add(gao, gaos)
    asked = services.propose_enrolment(
        wen.person_id, Factor.RECOVERY, actor=tang, at=datetime.now(UTC)
    )
    browser = signed_in(gao)
    session = browser.session
    store.prove(session, at=datetime.now(UTC) - timedelta(hours=1))
    session.save()
    typed = {"seen": asked.digest, "grants": "yes"}
    place = f"/approvals/{asked.id}/decide/"

    page = browser.post(place, typed)
    answer = gaos.get(challenge_of(question_on(page)))
    done = browser.post(
        place,
        urlencode(typed | {"proof-code": "", "proof-answer": answer}),
        content_type="application/x-www-form-urlencoded",
    )

    assert page.status_code == 403
    assert done["Location"] == "/approvals/"


def test_a_key_that_was_ended_opens_nothing(wen, key):
    browser = signed_in(wen)
    (row,) = StaffMember.objects.get(pk=wen.person_id).securitykey_set.all()

    done = browser.post(f"/me/keys/{row.pk}/end/")

    assert done["Location"] == "/me/keys/"
    assert rule_of(show, wen, key.get(CHALLENGE)) == "sign_in.refused"
    assert Entry.objects.filter(action="people.key_ended").exists()


def test_nobody_ends_anothers_key(wen, key):
    (row,) = StaffMember.objects.get(pk=wen.person_id).securitykey_set.all()

    answer = signed_in(hire("shen", Role.REVIEWER)).post(f"/me/keys/{row.pk}/end/")

    assert answer.status_code == 404
    assert show(wen, key.get(CHALLENGE))


def test_a_new_device_in_place_of_a_lost_one_ends_the_keys_too(wen, key, two):
    """CPS-5.2.3"""
    tang, gao = two
    asked = services.propose_enrolment(wen.person_id, Factor.DEVICE, actor=tang, at=AT)
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)

    assert rule_of(show, wen, key.get(CHALLENGE)) == "sign_in.refused"


def test_no_browser_is_asked_for_a_key_under_a_bare_address(wen, key, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    page = signed_in(wen).get("/me/keys/", headers={"Host": "127.0.0.1:8000"})

    assert "IP 地址" in page.content.decode()
