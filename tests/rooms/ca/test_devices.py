"""Self-tests of the devices: asked for by people and by the timetable, told in plain words."""

import json
import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.core.management import call_command

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ca.api import overview
from ca.devices import queries, services
from ca.devices.models import SelfTest
from ca.keys.models import CustodyReport
from people.api import Role, keep_mail_address
from people.notices.models import StaffNotice
from tests.signer.conftest import hsm_signer, new_signer, short_dir, softhsm  # noqa: F401 -- fixtures
from tests.support.people import hire, signed_in

NOW = datetime(2026, 10, 9, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def states() -> list[str]:
    return list(SelfTest.objects.order_by("pk").values_list("state", flat=True))


def alarms(at) -> set[str]:
    return {alarm.code for alarm in overview(at).alarms} & {"device_failed", "device_untested"}


@pytest.fixture
def staff_site(settings):
    settings.ROOT_URLCONF = "anxin.urls_staff"


@pytest.fixture
def watcher(signer, transactional_db):
    """Somebody who is told by mail."""
    actor = hire("ops", Role.CA_OPERATOR)
    keep_mail_address(actor.person_id, "ops@example.com", actor=actor, at=NOW)
    return actor


def mails() -> list[str]:
    rows = StaffNotice.objects.filter(event="device_trouble").order_by("pk")
    return list(rows.values_list("occasion", flat=True))


def test_the_timetable_has_the_device_tested_every_six_hours(authorities):
    """CPS-6.2.11"""
    made = [services.test_devices(at=NOW + hours * HOUR) for hours in (0, 1, 5.99, 6, 11.99, 12)]

    assert made == [1, 0, 0, 1, 0, 1]
    assert states() == ["passed"] * 3
    row = SelfTest.objects.latest("pk")
    assert row.asked_by is None
    tested = {check["name"] for check in row.report["checks"] if check["about"] == "key"}
    assert tested >= {"nmg-sm2", "nmg-sm2-ocsp"}
    entries = Entry.objects.filter(action="ca.selftest.pass")
    assert entries.count() == 3


def test_somebody_has_it_tested_at_once_and_is_named(authorities, staff_site):
    """CPS-6.2.11"""
    services.test_devices(at=NOW)
    browser = signed_in(actor := hire("ops", Role.CA_OPERATOR))

    answer = browser.post("/ca/devices/test/")
    twice = browser.post("/ca/devices/test/")

    assert (answer.status_code, twice.status_code) == (302, 409)
    assert services.test_devices(at=NOW + HOUR) == 1
    row = SelfTest.objects.latest("pk")
    assert (row.state, row.asked_by) == ("passed", actor.person_id)
    page = browser.get("/ca/devices/").content.decode()
    assert "nmg-sm2-ocsp" in page
    assert actor.name in page


def test_the_page_says_what_a_token_is_can_do_and_answers(
    hsm_signer,  # noqa: F811
    transactional_db,
    settings,
    staff_site,
):
    """CPS-6.2.11"""
    one = hsm_signer().start()
    one.client().generate("issuing", "rsa-2048", ["certificate"])
    settings.SIGNER_SOCKET = str(one.path)

    services.test_devices(at=NOW)

    page = signed_in(hire("ops", Role.CA_OPERATOR)).get("/ca/devices/").content.decode()
    facts = dict(re.findall(r'<dt>([^<]*)</dt><dd class="mono">([^<]*)</dd>', page))
    assert facts.keys() == {"制造商", "型号", "序列号", "固件版本", "令牌标签", "插槽"}
    assert facts["令牌标签"] == "lab"
    assert re.match(r"0x[0-9a-f]+ SoftHSM slot", facts["插槽"])
    (mechanisms,) = re.findall(r'<p class="mono xs">([^<]*)</p>', page)
    assert {"ECDSA", "RSA_PKCS", "SHA256"} <= set(mechanisms.split(" · "))
    rows = re.findall(r"<tr><td[^>]*>([^<]*)</td><td><span[^>]*>([^<]*)</span>", page)
    answers = {"SHA-256", "随机数", "SM3", "SM4", "SM2 签名", "SM2 验签", "issuing"}
    assert {(name, "通过") for name in answers} <= set(rows)


def test_one_that_was_asked_for_is_made_although_its_worker_died(authorities):
    services.ask(actor=SYSTEM, at=NOW)
    with pytest.raises(Refusal) as refusal:
        services.ask(actor=SYSTEM, at=NOW)

    assert refusal.value.rule == "device.asked_already"
    assert services.test_devices(at=NOW + HOUR) == 1
    assert states() == ["passed"]


def test_a_sealed_signer_is_told_on_the_page_and_after_a_day_to_people(watcher, signer, staff_site):
    """CPS-6.2.11"""
    signer.client().lock()
    try:
        for hours in (0, 6, 12, 18, 23.9):
            services.test_devices(at=NOW + hours * HOUR)
        assert set(states()) == {"missed"}
        assert (alarms(NOW + 23.9 * HOUR), mails()) == (set(), [])

        services.test_devices(at=NOW + DAY)
        services.test_devices(at=NOW + DAY + HOUR)
    finally:
        signer.activate()

    assert alarms(NOW + DAY) == {"device_untested"}
    assert mails() == ["untested 0 2026-10-10"]
    assert SelfTest.objects.latest("pk").fault == "signer.sealed"
    page = signed_in(watcher).get("/ca/devices/").content.decode()
    assert "签名服务是封存的" in page
    services.test_devices(at=NOW + DAY + 6 * HOUR)
    assert alarms(NOW + DAY + 7 * HOUR) == set()


def test_a_signer_out_of_reach_costs_a_test_and_is_told(watcher, settings):
    settings.SIGNER_SOCKET = "/nowhere/signer.sock"

    services.test_devices(at=NOW)

    row = SelfTest.objects.get()
    assert (row.state, row.fault) == ("missed", "signer.unreachable")


def opened_anew(signer) -> None:
    signer.client().lock()
    signer.activate()


def test_a_device_that_lost_a_key_is_an_alarm_with_plain_words(watcher, signer, staff_site):
    """CPS-6.2.11"""
    key = signer.client().generate("lost-key", "sm2", ["certificate"])
    stored = signer.home / "software" / f"{key.label}.key"
    kept = stored.read_bytes()
    stored.unlink()
    opened_anew(signer)
    try:
        services.test_devices(at=NOW)
    finally:
        stored.write_bytes(kept)
        opened_anew(signer)

    assert states() == ["failed"]
    assert alarms(NOW) == {"device_failed"}
    assert mails() == [f"self-test {SelfTest.objects.get().pk}"]
    (found,) = queries.page(at=NOW).devices
    assert found.failed == ("lost-key",)
    entry = Entry.objects.get(action="ca.selftest.fail")
    assert json.loads(entry.details)["failed"] == ["lost-key"]
    page = signed_in(watcher).get("/ca/devices/").content.decode()
    assert "设备里没有这把密钥" in page


@pytest.mark.parametrize(
    ("role", "seen", "asked"),
    [
        (Role.CA_OPERATOR, 200, 302),
        (Role.CA_ADMIN, 200, 302),
        (Role.SECURITY_ADMIN, 200, 302),
        (Role.SUPPORT, 200, 403),
        (Role.AUDITOR, 200, 403),
        (Role.OPERATOR, 403, 403),
        (Role.CUSTODIAN, 403, 403),
    ],
)
def test_the_page_is_for_those_who_run_or_watch_the_ca(authorities, staff_site, role, seen, asked):
    browser = signed_in(hire("gu", role))

    assert browser.get("/ca/devices/").status_code == seen
    assert browser.post("/ca/devices/test/").status_code == asked


def test_the_staff_site_s_role_asks_for_tests_and_notes_no_results(authorities, connection_as):
    """CPS-6.2.11"""
    call_command("grant")
    columns = "(state, place, asked_at, done_at, report, fault)"
    insert = f"INSERT INTO ca_selftest {columns} VALUES (%s, 0, %s, %s, '{{}}', '')"
    with connection_as("staff") as one:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="notes no results"):
            one.execute(insert, ["passed", NOW, NOW])
        one.rollback()
        with one.transaction(force_rollback=True):
            assert one.execute(insert, ["asked", NOW, None]).rowcount == 1


def test_a_signer_that_was_taken_out_of_service_is_missed_by_nobody(transactional_db):
    """CPS-6.2.11: its tests stay in the history."""
    long_ago = NOW - 2 * DAY
    for place in (0, 1):
        SelfTest.objects.create(
            state="missed", place=place, asked_at=long_ago, done_at=long_ago, fault="signer.sealed"
        )

    assert queries.page(at=NOW).untested == (0,)
    assert [test.place for test in queries.page(at=NOW).devices] == [0]
    assert len(queries.page(at=NOW).history) == 2
    CustodyReport.objects.create(pk=2, at=NOW)
    assert queries.page(at=NOW).untested == (0, 1)
