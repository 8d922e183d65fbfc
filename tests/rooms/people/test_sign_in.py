"""Two factors, lock-out, passwords, and a journal of it all (CPS-5.4.1, CPS-6.5.1, WP-7.2)."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal, Refusals
from audit.journal.models import Entry
from people.accounts import codes
from people.accounts.devices import check_code
from people.accounts.models import OneTimeDevice, StaffMember
from people.accounts.services import change_password, check_password
from people.api import create_staff, enrol_device
from tests.support.people import hire

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PASSWORD, KEY = "qiyuan-Harbor-17", b"k" * 20
HERE = "10.8.3.21"


@pytest.fixture
def chen():
    """The id of somebody with an account and a device."""
    person_id = create_staff(
        "chenyue",
        name="陈越",
        staff_number="0309",
        office="RA00",
        password=PASSWORD,
        must_change_password=False,
        actor=SYSTEM,
        at=AT,
    )
    enrol_device(person_id, KEY, actor=SYSTEM, at=AT)
    return person_id


def code_at(at, after=-1):
    return codes.code(KEY, after=after, at=at)


def try_password(password, login="chenyue", at=AT):
    return check_password(login, password, address=HERE, at=at)


def try_code(person_id, code, at=AT):
    return check_code(person_id, code, address=HERE, at=at)


def tries():
    entries = Entry.objects.filter(
        action__in=("people.password_checked", "people.sign_in")
    ).order_by("pk")
    return [
        (e.outcome, json.loads(e.details)["factor"], json.loads(e.details)["why"]) for e in entries
    ]


def test_both_factors_together_let_a_person_in(chen):
    """WP-7.2"""
    assert try_password(PASSWORD) == chen
    device = try_code(chen, code_at(AT))

    assert device.user_id == chen
    assert tries() == [("done", "password", ""), ("done", "code", "")]
    last = Entry.objects.order_by("-pk").first()
    assert (last.actor_id, last.actor_name, last.address) == (chen, "陈越", HERE)


def test_every_failure_gets_the_same_answer(chen):
    """Neither a login nor an account's state can be found out."""
    hire("closed")
    StaffMember.objects.filter(login="closed").update(is_active=False)
    answers = []
    for login, password in [("chenyue", "wrong"), ("nobody", PASSWORD), ("closed", PASSWORD)]:
        with pytest.raises(Refusal) as refused:
            try_password(password, login=login)
        answers.append((refused.value.kind, refused.value.rule, refused.value.reason))

    assert len(set(answers)) == 1
    assert [why for _, _, why in tries()] == ["wrong", "unknown login", "closed"]


def test_a_failed_try_names_nobody_and_writes_no_password_down(chen):
    with pytest.raises(Refusal):
        try_password("wrong-Secret-1")
    with pytest.raises(Refusal):
        try_password(PASSWORD, login="wrong-Secret-1")

    entries = list(Entry.objects.filter(outcome="refused"))
    assert len(entries) == 2
    for entry in entries:
        assert (entry.actor_id, entry.actor_name) == (None, "anonymous")
        assert "wrong-Secret-1" not in f"{entry.subject}{entry.details}"


def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(chen):
    """WP-7.2"""
    for _ in range(5):
        with pytest.raises(Refusal):
            try_password("wrong")

    with pytest.raises(Refusal):
        try_password(PASSWORD, at=AT + timedelta(minutes=15) - timedelta(seconds=1))
    assert try_password(PASSWORD, at=AT + timedelta(minutes=15)) == chen
    assert [why for _, _, why in tries()] == [
        "wrong", "wrong", "wrong", "wrong", "wrong, now locked", "locked", "",
    ]  # fmt: skip


def test_wrong_codes_count_as_well_and_a_right_password_does_not_wipe_them_out(chen):
    """Who knows the password must not have endless tries at the code."""
    for _ in range(5):
        assert try_password(PASSWORD) == chen
        with pytest.raises(Refusal):
            try_code(chen, "000000")

    with pytest.raises(Refusal):
        try_password(PASSWORD)
    with pytest.raises(Refusal):
        try_code(chen, code_at(AT))


def test_both_factors_together_wipe_wrong_tries_out(chen):
    for minute in range(3):
        at = AT + timedelta(minutes=minute)
        for _ in range(4):
            with pytest.raises(Refusal):
                try_password("wrong", at=at)
        try_password(PASSWORD, at=at)
        assert try_code(chen, code_at(at), at=at)


def test_a_code_counts_once(chen):
    try_code(chen, code_at(AT))

    with pytest.raises(Refusal):
        try_code(chen, code_at(AT))


def test_a_person_without_a_device_does_not_get_in():
    person = hire("new").person_id

    with pytest.raises(Refusal):
        try_code(person, "000000")


def test_a_new_device_takes_the_place_of_the_last(chen):
    enrol_device(chen, b"n" * 20, actor=SYSTEM, at=AT)

    with pytest.raises(Refusal):
        try_code(chen, code_at(AT))
    assert try_code(chen, codes.code(b"n" * 20, after=-1, at=AT))
    assert OneTimeDevice.objects.filter(user=chen, confirmed=True).count() == 1


def test_a_device_s_key_is_nowhere_in_the_database(chen):
    """CPS-5.2.3: sealed, and bound to this device."""
    sealed = bytes(OneTimeDevice.objects.get(user=chen).sealed_key)
    assert KEY not in sealed
    assert len(sealed) > len(KEY)

    other = create_staff(
        "linan",
        name="林安",
        staff_number="0310",
        office="RA00",
        password=PASSWORD,
        actor=SYSTEM,
        at=AT,
    )
    enrol_device(other, b"o" * 20, actor=SYSTEM, at=AT)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_onetimedevice SET sealed_key = %s", [sealed])
    with pytest.raises(Refusal):
        try_code(other, code_at(AT))


def test_passwords_are_kept_as_argon2(chen):
    assert StaffMember.objects.get(pk=chen).password.startswith("argon2$argon2id$")


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("short-1", ["password.too_short"]),
        ("longenough", ["password.no_digit", "password.no_special"]),
        ("P@ssw0rd123!", []),
    ],
)
def test_a_weak_password_is_refused_with_everything_that_is_wrong(chen, password, rules):
    """CPS-6.5.1"""
    if not rules:
        change_password(chen, old=PASSWORD, new=password, actor=SYSTEM, at=AT)
        assert try_password(password) == chen
        return
    with pytest.raises(Refusals) as refused:
        change_password(chen, old=PASSWORD, new=password, actor=SYSTEM, at=AT)
    assert [item.rule for item in refused.value.items] == rules
    assert {item.field for item in refused.value.items} == {"new"}


def test_the_last_five_passwords_do_not_come_back(chen):
    """CPS-6.5.1"""
    used = [PASSWORD] + [f"harbor-Lantern-{number}" for number in range(5)]
    for old, new in pairwise(used):
        change_password(chen, old=old, new=new, actor=SYSTEM, at=AT)

    for former in used[1:]:
        with pytest.raises(Refusals) as refused:
            change_password(chen, old=used[-1], new=former, actor=SYSTEM, at=AT)
        assert [item.rule for item in refused.value.items] == ["password.used_before"]
    change_password(chen, old=used[-1], new=used[0], actor=SYSTEM, at=AT)


def test_who_does_not_know_the_old_password_does_not_set_a_new_one(chen):
    with pytest.raises(Refusal) as refused:
        change_password(chen, old="wrong", new="harbor-Lantern-1", actor=SYSTEM, at=AT)

    assert (refused.value.rule, refused.value.field) == ("password.wrong", "old")
    assert try_password(PASSWORD) == chen
    assert tries()[0] == ("refused", "old password", "wrong")


def test_two_people_never_share_a_login(chen):
    with pytest.raises(Refusal) as refused:
        create_staff(
            "chenyue",
            name="陈跃",
            staff_number="0999",
            office="RA00",
            password=PASSWORD,
            actor=SYSTEM,
            at=AT,
        )

    assert refused.value.rule == "people.login_taken"
