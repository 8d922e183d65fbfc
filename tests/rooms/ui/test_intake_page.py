"""The counter's page keeps its place, and says what it will ask for."""

import base64
import re

import pytest

from ra.applications.models import Application
from ra.intake.services import open_draft
from tests.support import ra
from tests.support.ra import AT


@pytest.fixture
def page(counter):
    """Address of a draft."""
    number = open_draft("personal-sm2-sign", actor=counter.chen, at=AT).number
    return f"/w/intake/{number}/"


def text(answer):
    return answer.content.decode()


def test_what_will_be_asked_for_is_marked(chen, page):
    marked = re.findall(r'<label for="id_(\w+)" class="req"', text(chen.get(page)))

    assert {"name", "document_type", "document_number", "phone"} <= set(marked)
    assert {"email", "organization", "agent_name", "distinguisher"}.isdisjoint(marked)


def test_a_draft_is_kept_without_what_is_marked(chen, page):
    answer = chen.post(f"{page}save/", {"email": "lin@example.com", "years": "1"})

    assert answer.status_code == 200
    assert 'value="lin@example.com"' in text(answer)


def test_after_a_step_the_page_opens_where_it_was(chen, page):
    body = base64.encodebytes(ra.request()).decode()
    kind = "CERTIFICATE REQUEST"
    pem = f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n"
    request = chen.post(f"{page}request/", {"request": pem})
    faulty = chen.post(f"{page}request/", {"request": "nothing"})
    agreement = chen.post(f"{page}agreement/", {"version": "2026-01", "how": "signed_on_paper"})

    assert request["Location"] == f"{page}#request"
    assert agreement["Location"] == f"{page}#agreement"
    assert f'action="{page}request/#request"' in text(faulty)


def test_an_accepted_agreement_folds_its_form(chen, page):
    def form():
        part = text(chen.get(page)).partition('id="agreement"')[2]
        return re.search(r"<details( open)?>", part)[1]

    assert form() == " open"
    chen.post(f"{page}agreement/", {"version": "2026-01", "how": "signed_on_paper"})
    assert form() is None


def test_a_removed_document_leaves_one_at_its_slot(counter, chen, page):
    document = ra.hold(Application.objects.get().pk, "id_back", counter.chen)

    answer = chen.post(f"{page}documents/{document}/remove/")

    assert answer["Location"] == f"{page}#slot-id_back"


def test_an_organization_is_asked_what_organizations_are_asked(counter, chen):
    """CPS-3.2.2, CPS-3.2.6: the page reads its fields and documents from the applicant's kind."""
    number = open_draft("organization-sm2-sign", actor=counter.chen, at=AT).number
    address = f"/w/intake/{number}/"
    answer = text(chen.post(f"{address}save/", ra.COMPANY | {"years": "2"}))

    marked = set(re.findall(r'<label for="id_(\w+)" class="req"', answer))
    assert {"legal_name", "credit_code", "agent_name", "agent_phone"} <= marked
    assert f'value="{ra.COMPANY["legal_name"]}"' in answer
    assert "id_distinguisher" not in answer
    assert "id_document_number" not in answer
    assert "营业执照或法人证书复印件（盖章）" in answer


def test_a_code_is_judged_while_it_is_typed(chen):
    """CPS-3.1.2"""
    good = ra.COMPANY["credit_code"]
    right = chen.post("/w/intake/check/", {"field": "credit_code", "value": good}).json()
    wrong = chen.post("/w/intake/check/", {"field": "credit_code", "value": good[:-1] + "0"}).json()

    assert (right["ok"], wrong["ok"]) == (True, False)
    assert "校验位不对" in wrong["sentence"]
