import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.journal.models import Entry
from ca.api import certificate, overview
from ca.crl.models import RevocationList
from ca.crl.services import issue_due_crls
from ca.custody import noting
from ca.hierarchy.models import CertificateAuthority
from ca.keeping import services as keeping
from ca.overview.models import SignerReport
from ca.overview.services import note_signer
from ca.signing.services import sweep_orders
from people.api import Role, keep_mail_address
from people.notices.models import StaffNotice
from tests.support import ca
from tests.support.people import hire, signed_in

HOUR = timedelta(hours=1)


def codes(at=None) -> set[str]:
    return {alarm.code for alarm in overview(at or ca.NOW).alarms}


def test_all_is_well_when_signer_and_lists_are_there(authorities):
    note_signer(at=ca.NOW)
    issue_due_crls(at=ca.NOW)

    seen = overview(ca.NOW)

    assert seen.alarms == ()
    assert seen.signer.reachable
    assert seen.signer.custody
    assert dict(seen.signer.signatures)["nmg-sm2"] > 0
    assert [view.code for view in seen.lists] == authorities


def test_figures_count_what_was_done(authorities):
    issued = [ca.issue(number) for number in range(3)]
    ca.revoke_it(issued[0].id)
    ca.put_on_order(9)

    seen = overview(ca.NOW)

    assert {code: count for code, _, count in seen.states} == {
        "ordered": 1,
        "planned": 0,
        "valid": 2,
        "held": 0,
        "revoked": 1,
        "refused": 0,
    }
    assert (seen.issued_today, seen.revoked_today, seen.waiting) == (3, 1, 1)
    assert (seen.answers_due, len(seen.days)) == (3, 30)
    assert {lane.label for lane in seen.lanes} >= {"rootca", "nmg-sm2", "nmg-sm2-ocsp"}


@pytest.mark.parametrize(("minutes", "alarmed"), [(5, False), (6, True)])
def test_orders_that_wait_too_long_are_an_alarm(authorities, minutes, alarmed):
    """CPS-4.3.1"""
    ca.put_on_order(at=ca.NOW - timedelta(minutes=minutes))

    assert ("orders_wait" in codes()) is alarmed


def test_an_archived_key_is_an_alarm_when_its_ten_years_are_over(authorities):
    """CPS-6.2.5: then it is destroyed, and nobody has to remember when."""
    keeping.note_archived("old-1", until=ca.NOW + HOUR, ceremony="KC-2026-001", at=ca.NOW)
    later = ca.NOW + HOUR

    assert "archives_over" not in codes(later - timedelta(seconds=1))
    (said,) = [one for one in overview(later).alarms if one.code == "archives_over"]
    assert "old-1" in said.text
    keeping.note_destroyed("old-1", ceremony="KC-2026-002", at=later)
    assert "archives_over" not in codes(later)


def test_lists_are_missed_before_relying_parties_miss_them(authorities):
    """CPS-2.2b"""
    assert "crl_none" in codes()
    issue_due_crls(at=ca.NOW - 21 * HOUR)
    assert "crl_soon_over" in codes()
    assert "crl_over" in codes(ca.NOW + 4 * HOUR)


def test_a_signer_nobody_heard_of_is_an_alarm(authorities):
    assert "signer_unheard" in codes()
    note_signer(at=ca.NOW)
    assert "signer_unheard" not in codes(ca.NOW + timedelta(seconds=60))
    assert "signer_unheard" in codes(ca.NOW + timedelta(seconds=61))


def test_losing_the_signer_is_written_down_once_and_so_is_its_return(authorities, settings):
    """CPS-5.4.1"""
    note_signer(at=ca.NOW)
    settings.SIGNER_SOCKET, home = "/nowhere/signer.sock", settings.SIGNER_SOCKET

    note_signer(at=ca.NOW)
    note_signer(at=ca.NOW)
    assert "signer_unreachable" in codes()
    settings.SIGNER_SOCKET = home
    note_signer(at=ca.NOW)

    entries = Entry.objects.filter(subject="ca.signer").order_by("pk")
    assert list(entries.values_list("action", flat=True)) == [
        "ca.signer_back",
        "ca.signer_lost",
        "ca.signer_back",
    ]
    assert SignerReport.objects.count() == 1


def test_a_responder_s_certificate_that_ends_soon_is_an_alarm(authorities):
    responder = CertificateAuthority.objects.get(code="nmg-sm2").responders.get()

    assert "responder_ends" in codes(responder.not_after - timedelta(days=44))
    assert "responder_ends" not in codes(responder.not_after - timedelta(days=46))


@pytest.fixture
def staff_site(settings):
    settings.ROOT_URLCONF = "anxin.urls_staff"


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.CA_ADMIN, 200),
        (Role.CA_OPERATOR, 200),
        (Role.SECURITY_ADMIN, 200),
        (Role.AUDITOR, 200),
        (Role.SUPPORT, 200),
        (Role.OPERATOR, 403),
        (Role.REVIEWER, 403),
    ],
)
def test_the_dashboard_is_for_those_who_run_or_watch_the_ca(authorities, staff_site, role, status):
    assert signed_in(hire("gu", role)).get("/ca/").status_code == status


def test_the_dashboard_shows_the_lists_and_their_demo_mark(authorities, staff_site):
    issue_due_crls(at=ca.NOW)

    page = signed_in(hire("gu", Role.CA_OPERATOR)).get("/ca/").content.decode()

    assert "nmg-sm2" in page
    assert "演示" in page
    assert '<span class="tag ok">有效</span>' in page


def test_an_operator_has_a_list_issued_at_once(authorities, staff_site):
    """CPS-2.2a"""
    ca_id = ca.authority().id
    issue_due_crls(at=ca.NOW - HOUR)
    operator = signed_in(hire("gu", Role.CA_OPERATOR))

    answer = operator.post(f"/ca/authorities/{ca_id}/crl/")

    assert (answer.status_code, answer["Location"]) == (302, "/ca/")
    assert issue_due_crls(at=ca.NOW) == 1
    assert RevocationList.objects.filter(ca_id=ca_id).count() == 2


@pytest.fixture
def sealed(authorities, signer):
    """The signer of these authorities; active again afterwards."""
    signer.client().lock()
    yield signer
    signer.activate()


def test_a_list_asked_for_while_the_keys_are_sealed_waits_and_the_page_says_so(sealed, staff_site):
    """CPS-2.2a"""
    address = f"/ca/authorities/{ca.authority().id}/crl/"
    operator = signed_in(hire("gu", Role.CA_OPERATOR))

    noting.note(at=ca.NOW)
    waits = operator.post(address, follow=True).content.decode()
    assert "密钥启用后几秒内签发" in waits
    assert "即可在本页看到新的编号" not in waits
    opened_anew(sealed)
    noting.note(at=ca.NOW)
    assert "即可在本页看到新的编号" in operator.post(address, follow=True).content.decode()
    assert issue_due_crls(at=ca.NOW) > 0


def test_the_last_trouble_of_a_signer_is_told_in_words(sealed, staff_site):
    """CPS-6.2.11"""
    ca.put_on_order()
    assert sweep_orders(at=ca.NOW, entropy=ca.entropy) == 0
    note_signer(at=ca.NOW)

    page = signed_in(hire("gu", Role.CA_OPERATOR)).get("/ca/").content.decode()

    assert "已封存，没有签名" in page
    assert "signer.sealed" not in page


@pytest.mark.parametrize("role", [Role.CA_ADMIN, Role.AUDITOR, Role.REVIEWER])
def test_nobody_else_has_a_list_issued(authorities, staff_site, role):
    ca_id = ca.authority().id

    answer = signed_in(hire("zhao", role)).post(f"/ca/authorities/{ca_id}/crl/")

    assert answer.status_code == 403
    assert not Entry.objects.filter(action="ca.request_crl").exists()


def test_the_dashboard_tells_what_was_signed_and_how_long_it_may_go_on(authorities, staff_site):
    """CPS-6.2.11"""
    ca.issue()
    note_signer(at=ca.NOW)

    seen = overview(ca.NOW).signer
    page = signed_in(hire("gu", Role.CA_OPERATOR)).get("/ca/").content.decode()

    (tally,) = [t for t in seen.counts if (t.label, t.kind) == ("nmg-sm2", "certificate")]
    assert tally.signed_ever >= tally.signed > 0
    assert seen.started_at <= seen.active_since < seen.active_until
    assert seen.signatures_left > 0
    assert seen.book[0] > 0
    assert seen.book[1][:16] in page
    assert "签名次数" in page


def test_a_device_that_does_not_sign_is_told_at_once_and_so_is_its_return(
    authorities, signer, staff_site
):
    """CPS-6.2.11: orders wait meanwhile, and are signed afterwards."""
    watcher = hire("ops", Role.CA_OPERATOR)
    keep_mail_address(watcher.person_id, "ops@example.com", actor=watcher, at=ca.NOW)
    note_signer(at=ca.NOW)
    order = ca.put_on_order()
    stored = signer.home / "software" / "nmg-sm2.key"
    kept = stored.read_bytes()
    stored.unlink()
    opened_anew(signer)
    try:
        assert sweep_orders(at=ca.NOW, entropy=ca.entropy) == 0
        note_signer(at=ca.NOW)
        note_signer(at=ca.NOW + HOUR)
    finally:
        stored.write_bytes(kept)
        opened_anew(signer)

    assert "signer_degraded" in codes(ca.NOW + HOUR)
    assert [label for label, _ in overview(ca.NOW).signer.failing] == ["nmg-sm2"]
    mails = StaffNotice.objects.filter(event="device_trouble")
    assert mails.count() == 1
    assert sweep_orders(at=ca.NOW, entropy=ca.entropy) == 1
    assert certificate(order).state == "valid"
    note_signer(at=ca.NOW + 2 * HOUR)
    assert "signer_degraded" not in codes(ca.NOW + 2 * HOUR)
    entries = Entry.objects.filter(subject="ca.signer").order_by("pk")
    assert list(entries.values_list("action", flat=True)) == [
        "ca.signer_back",
        "ca.signer_degraded",
        "ca.signer_healed",
    ]


def opened_anew(signer) -> None:
    signer.client().lock()
    signer.activate()


@pytest.fixture
def helper(authorities, signer, settings):
    """A second signer with the same keys."""
    with tempfile.TemporaryDirectory(prefix="anxin-helper-") as folder:
        one = signer.help_with(Path(folder) / "home").start()
        settings.HELPER_SOCKETS = (str(one.path),)
        yield one
        one.end()


def test_a_helper_that_does_not_sign_is_an_alarm_that_says_why(helper, staff_site):
    """CPS-6.2.11"""

    def troubles(at=ca.NOW) -> set[str]:
        note_signer(at=ca.NOW)
        return {code for code in codes(at) if code.startswith("helper")}

    assert troubles() == set()
    assert troubles(ca.NOW + timedelta(seconds=61)) == {"helper_away"}
    helper.client().lock()
    assert troubles() == {"helper_sealed"}
    (helper.home / "software" / "nmg-sm2.key").unlink()
    helper.activate()
    helper.client().self_test()
    assert troubles() == {"helper_degraded"}
    note_signer(at=datetime.now(UTC))
    page = signed_in(hire("gu", Role.CA_OPERATOR)).get("/ca/").content.decode()
    assert "协助签名服务 1 的设备有密钥不能签名" in page
    assert "设备异常" in page
    helper.kill()
    assert troubles() == {"helper_away"}
    stored = helper.home / "custody.json"
    stored.write_text(json.dumps(json.loads(stored.read_text()) | {"id": "0" * 32}))
    helper.launch().settled()
    assert troubles() == {"helper_other_set"}
    helper.kill()
    subjects = Entry.objects.filter(subject="ca.signer:1").order_by("pk")
    assert list(subjects.values_list("action", flat=True)) == [
        "ca.signer_back",
        "ca.signer_degraded",
        "ca.signer_lost",
        "ca.signer_back",
    ]
