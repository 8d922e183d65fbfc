"""The public site: plain, constant, and without a way to the staff's."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from audit.journal.models import Entry
from ca.api import LISTED_AT_LATEST
from ra.applications.models import Application
from ra.handover.rules import ASKED
from ra.handover.services import issue_download_codes
from tests.support.ra import AT, issued, submitted

pytestmark = pytest.mark.urls("anxin.urls_public")

PAGES = ("/", "/status/", "/pick-up/", "/revocation/", "/certificates/", "/certificates/check/")


@pytest.fixture
def visitor(settings, db):
    settings.SITE = "public"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    return Client()


def text(response):
    return response.content.decode()


def without_token(response):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text(response))


@pytest.mark.parametrize("path", PAGES)
def test_no_public_page_leads_to_the_staff_site(visitor, path):
    """CPS-2.3"""
    page = text(visitor.get(path))

    assert not re.search(r'"/(w|ca|audit|sign-in|me)/', page)
    assert "<script" not in page


def test_a_wrong_code_and_an_unknown_number_get_the_same_answer(counter, visitor):
    """CPS-4.3.1"""
    _, told = submitted(counter)

    wrong = visitor.post("/status/", {"number": told.number, "code": "AAAA-AAAA"})
    unknown = visitor.post("/status/", {"number": "RA20990101-0001", "code": "AAAA-AAAA"})

    assert wrong.status_code == unknown.status_code == 422
    same = without_token(unknown).replace("RA20990101-0001", told.number)
    assert without_token(wrong) == same


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/status/", {"number": "RA20990101-0001", "code": "AAAA-AAAA"}),
        ("/pick-up/", {"reference": "0123456789", "code": "AAAA-AAAA-AAAA-AAAA"}),
    ],
)
def test_one_line_tries_no_more_than_ten_codes_a_minute(counter, visitor, path, given):
    """CPS-4.3.1: whatever number is tried, and from whichever address of one IPv6 network."""
    tried = [
        visitor.post(path, given, REMOTE_ADDR=f"2001:db8:1:2::{last}").status_code
        for last in range(1, ASKED.most + 1)
    ]
    entries = Entry.objects.count()

    stopped = visitor.post(path, given, REMOTE_ADDR="2001:db8:1:2:ffff::1")
    elsewhere = visitor.post(path, given, REMOTE_ADDR="2001:db8:1:3::1")

    assert set(tried) == {422}
    assert stopped.status_code == 429
    assert "操作太频繁" in text(stopped)
    assert elsewhere.status_code == 422
    assert Entry.objects.count() == entries + 1  # of the other line's try


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/certificates/%00.cer", 404),
        ("/ca/%00.cer", 404),
        ("/crl/%00.crl", 404),
        ("/certificates/check/?serial=%00", 400),
        ("/status/?number=%00", 400),
    ],
)
def test_a_nul_is_answered_like_any_other_nonsense(visitor, path, status):
    assert visitor.get(path).status_code == status


def test_a_nul_in_a_form_is_no_failure_of_ours(visitor):
    answer = visitor.post(
        "/status/", "number=%00&code=x", content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 400


def test_numbers_on_the_pages_come_from_the_rules(visitor):
    """CPS-4.9.3, CPS-4.9.4"""
    page = text(visitor.get("/revocation/"))

    assert f"CRL 在 {LISTED_AT_LATEST // timedelta(hours=1)} 小时内发布" in page


def test_the_right_code_opens_the_progress_page(counter, visitor):
    """CPS-4.3.2"""
    _, told = submitted(counter)

    answer = visitor.post("/status/", {"number": told.number, "code": told.access_code})
    page = text(visitor.get(answer["Location"]))

    assert "正在审核" in page
    assert "林*夏" in page
    assert "林知夏" not in page


def test_the_progress_page_is_closed_to_who_has_shown_no_code(visitor):
    assert visitor.get("/status/current/")["Location"] == "/status/"
    assert visitor.get("/pick-up/done/")["Location"] == "/pick-up/"
    assert visitor.get("/pick-up/certificate.pem")["Location"] == "/pick-up/"


def test_a_certificate_is_picked_up_once(live_counter, visitor):
    """CPS-4.4.1"""
    application_id = issued(live_counter)
    codes = issue_download_codes(application_id, actor=live_counter.chen, at=AT)
    given = {"reference": codes.reference, "code": codes.authorisation_code}

    done = visitor.post("/pick-up/", given)
    page = text(visitor.get(done["Location"]))
    file = visitor.get("/pick-up/certificate.pem").content
    again = Client().post("/pick-up/", given)

    assert "证书已领取" in page
    assert file.startswith(b"-----BEGIN CERTIFICATE-----")
    assert Application.objects.get(pk=application_id).state == "accepted"
    assert again.status_code == 422


def test_the_language_is_chosen_and_not_led_astray(visitor, settings):
    answer = visitor.post("/language/", {"language": "en", "next": "https://elsewhere.example/"})

    assert answer["Location"] == "/"
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
