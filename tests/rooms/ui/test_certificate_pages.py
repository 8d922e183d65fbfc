"""Handing over, looking up and revoking, as browsers without script see it."""

import re

from ra.applications.models import Application
from tests.support.people import signed_in
from tests.support.ra import issued

ASKED = {
    "asker": "subscriber",
    "cause": "key_at_risk",
    "discovered_at": "2026-11-20T09:00",
    "checked_how": "on_site",
    "note": "持证件到场，介质丢失",
}


def text(response):
    return response.content.decode()


def test_download_codes_are_shown_once(live_counter):
    """CPS-4.3.1"""
    chen = signed_in(live_counter.chen)
    number = Application.objects.get(pk=issued(live_counter)).number

    page = text(chen.post(f"/w/handover/{number}/codes/"))

    code = re.search(r'name="authorisation_code" value="([0-9A-Z-]+)"', page).group(1)
    assert code not in text(chen.get(f"/w/handover/{number}/"))


def test_a_certificate_is_found_by_its_serial_number(live_counter):
    chen = signed_in(live_counter.chen)
    row = Application.objects.get(pk=issued(live_counter))
    page = text(chen.get(f"/w/certificates/{row.certificate_id}/"))
    serial = re.search(r"序列号</dt><dd class=\"mono\">([0-9a-f ]+)", page).group(1)
    assert "，第 1 版</dd>" in page

    found = chen.get("/w/search/", {"q": serial.upper()})

    assert found["Location"] == f"/w/certificates/{row.certificate_id}/"


def test_revoking_wants_the_end_of_the_serial_number(live_counter):
    """CPS-4.9.3"""
    chen, ren = signed_in(live_counter.chen), signed_in(live_counter.ren)
    row = Application.objects.get(pk=issued(live_counter))
    page = chen.post(f"/w/certificates/{row.certificate_id}/revoke/", ASKED)["Location"]
    shown = text(ren.get(page))
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', shown).group(1)
    serial = re.search(r"序列号</dt><dd class=\"mono\">([0-9a-f ]+)", shown).group(1)
    tail = serial.replace(" ", "")[-4:]
    wrong = "0000" if tail != "0000" else "1111"

    ren.post(f"{page}revoke/", {"seen": seen, "tail": wrong})
    still = text(ren.get(page))
    ren.post(f"{page}revoke/", {"seen": seen, "tail": tail})

    assert "待审核" in still
    assert "已吊销" in text(ren.get(page))


def test_who_entered_a_revocation_is_told_that_another_decides(live_counter):
    """CPS-4.9.3"""
    chen = signed_in(live_counter.chen)
    row = Application.objects.get(pk=issued(live_counter))

    page = text(chen.post(f"/w/certificates/{row.certificate_id}/revoke/", ASKED, follow=True))

    assert "需要另一人审核" in page
    assert "确认吊销" not in page
