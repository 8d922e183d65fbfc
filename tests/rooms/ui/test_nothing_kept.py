"""What pages leave behind, in browsers and in our own memory."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

PUBLIC = """
import django
django.setup()
from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
files = [SimpleUploadedFile(name, b"x") for name in "ab"]
request = RequestFactory().post("/status/", {"number": "1", "file": files[0]})
print(request.POST.get("number"), list(request.FILES))
request = RequestFactory().post("/check/", {"file": files})
request.takes_files = True
try:
    request.POST
except TooManyFilesSent:
    print("refused")
"""


@pytest.mark.parametrize("path", ["/me/", "/w/queue/", "/w/intake/", "/w/search/", "/nowhere/"])
def test_no_page_of_the_staff_site_is_kept_by_a_browser(chen, path):
    """WP-5.3, CPS-9.4"""
    assert "no-store" in chen.get(path)["Cache-Control"]


def test_a_refused_form_is_not_kept_either(chen):
    number = chen.post("/w/intake/", {"profile": "personal-sm2-sign"})["Location"]
    refused = chen.post(f"{number}agreement/", {"version": "none"})

    assert refused.status_code == 422
    assert "no-store" in refused["Cache-Control"]


def test_the_public_site_keeps_no_file_unasked():
    """Uploads stay in memory, before anybody has looked who sends them."""
    environment = os.environ | {"ANXIN_SITE": "public", "DJANGO_SETTINGS_MODULE": "anxin.settings"}
    said = subprocess.run(
        [sys.executable, "-c", PUBLIC],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.stdout == "1 []\nrefused\n", said.stderr
