"""Looking people up without leaving their names and numbers in addresses (WP-5.3, CPS 9.4)."""

import re

import pytest

from tests.support import ra
from tests.support.people import signed_in
from tests.support.ra import FIELDS


def test_what_is_looked_for_never_stands_in_an_address(chen):
    """Addresses stay in browsers' histories and in the logs of whatever stands in front."""
    page = chen.get("/w/search/").content.decode()

    fields = re.findall(r'<form[^>]*action="/w/search/"[^>]*>', page)
    assert len(fields) == page.count('name="q"') == 2
    assert all('method="post"' in field for field in fields)


@pytest.mark.parametrize("field", ["name", "document_number", "phone"])
def test_an_applicant_is_found_by_what_was_posted(counter, field):
    _, told = ra.submitted(counter)

    found = signed_in(counter.chen).post("/w/search/", {"q": FIELDS[field]})

    assert told.number in found.content.decode()
    assert "no-store" in found["Cache-Control"]
