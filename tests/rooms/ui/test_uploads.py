"""Files over HTTP: whoever sends one is looked at before it is (WP-6.2/6.3, WP-7.2)."""

import io

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from ra.evidence.models import Document
from ra.evidence.rules import BODY, LIMIT
from tests.support import ra
from tests.support.people import signed_in


class Line(io.BytesIO):
    """What arrives from the browser; `taken` is how much of it was read."""

    taken = 0

    def read(self, size=-1, /):
        block = super().read(size)
        self.taken += len(block)
        return block


def body(data=b"", **fields):
    file = SimpleUploadedFile("a.png", data, "image/png")
    return encode_multipart(BOUNDARY, {**fields, "slot": "id_front", "file": file})


def send(browser, path, sent, length=None):
    """The answer, and the line it was sent on."""
    line = Line(sent)
    length = str(length or len(sent))
    more = {"wsgi.input": line, "CONTENT_TYPE": MULTIPART_CONTENT, "CONTENT_LENGTH": length}
    return browser.generic("POST", path, **more), line


def strict(browser):
    """As real browsers are treated: forged requests are found out."""
    browser.handler.enforce_csrf_checks = True
    return browser


@pytest.fixture
def address(chen):
    return chen.post("/w/intake/", {"profile": "personal-sm2-sign"})["Location"] + "documents/"


def test_a_strangers_file_is_not_read(address):
    answer, line = send(strict(Client()), address, body(bytes(LIMIT)))

    assert answer["Location"].startswith("/sign-in/")
    assert line.taken == 0


def test_a_file_from_somebody_who_enters_nothing_is_not_read(ren, address):
    answer, line = send(strict(ren), address, body(bytes(LIMIT)))

    assert answer.status_code == 403
    assert line.taken == 0


def test_more_than_three_files_worth_is_not_read(chen, address):
    answer, line = send(strict(chen), address, body(b"x"), length=BODY + 1)

    assert answer.status_code == 422
    assert "20 MB" in answer.content.decode()
    assert line.taken == 0


def test_a_file_that_is_too_large_is_told_so(chen, address):
    answer, _ = send(chen, address, body(bytes(LIMIT + 2)))

    assert answer.status_code == 422
    assert "20 MB" in answer.content.decode()


@pytest.mark.parametrize("path", ["/sign-in/", "/w/intake/", "/w/intake/check/", "/nowhere/"])
def test_a_file_that_no_page_asks_for_is_dropped_at_its_beginning(counter, path):
    for browser in (Client(), signed_in(counter.chen)):
        answer, line = send(strict(browser), path, body(bytes(LIMIT)))

        assert answer.status_code < 500
        assert line.taken < LIMIT / 10


def test_a_forged_upload_is_refused(chen, address):
    answer, _ = send(strict(chen), address, body(ra.picture()))

    assert answer.status_code == 403
    assert not Document.objects.exists()


def test_an_upload_from_our_own_page_is_taken(chen, address):
    strict(chen).get(address.removesuffix("documents/"))
    token = chen.cookies[settings.CSRF_COOKIE_NAME].value

    answer, _ = send(chen, address, body(ra.picture(), csrfmiddlewaretoken=token))

    assert answer.status_code == 302
    assert Document.objects.count() == 1
