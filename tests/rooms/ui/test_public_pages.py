"""The public site: plain, constant, and without a way to the staff's."""

import re

import pytest
from django.test import Client

from ra.applications.models import Application
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
