"""Freezing and unfreezing, as browsers without script see it (CPS-4.9.14)."""

import re

import pytest

from people.api import Role
from ra.applications.models import Application
from tests.support.people import hire, signed_in
from tests.support.ra import issued

ASKED = {
    "asker": "subscriber",
    "cause": "own_wish",
    "checked_how": "on_site",
    "document": "冻结申请表 2026-031，2026-11-20",
    "note": "近期出境，暂不使用",
}


def text(response):
    return response.content.decode()


@pytest.fixture
def certificate(live_counter):
    return Application.objects.get(pk=issued(live_counter)).certificate_id


def agree(page, reviewer):
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', text(reviewer.get(page))).group(1)
    return reviewer.post(f"{page}agree/", {"seen": seen}, follow=True)


def test_a_certificate_is_frozen_and_unfrozen_from_its_own_page(certificate, live_counter):
    """CPS-4.9.14"""
    chen, ren = signed_in(live_counter.chen), signed_in(live_counter.ren)
    own = f"/w/certificates/{certificate}/"
    assert "申请冻结" in text(chen.get(own))
    assert "为什么冻结" in text(chen.get(f"{own}freeze/"))

    page = chen.post(f"{own}freeze/", ASKED)["Location"]
    waiting = text(chen.get(page))
    agree(page, ren)
    frozen = text(chen.get(own))
    form = text(chen.get(f"{own}unfreeze/"))
    again = chen.post(f"{own}unfreeze/", ASKED)["Location"]
    agree(again, ren)

    assert "需要另一人审核" in waiting
    assert "已冻结" in frozen
    assert "申请解冻" in frozen
    assert "由订户本人提出冻结" in form
    assert "已冻结" not in text(chen.get(own))
    assert page.split("/")[-2] in text(ren.get("/w/holds/"))


def test_papers_that_are_missing_are_named_at_their_field(certificate, live_counter):
    """CPS-4.9.14"""
    chen = signed_in(live_counter.chen)

    answer = chen.post(
        f"/w/certificates/{certificate}/freeze/", ASKED | {"checked_how": "sealed_letter"}
    )

    assert answer.status_code == 422
    assert "必须核对身份" in text(answer)


def test_a_refusal_is_read_on_the_page_of_the_request(certificate, live_counter):
    chen, ren = signed_in(live_counter.chen), signed_in(live_counter.ren)
    page = chen.post(f"/w/certificates/{certificate}/freeze/", ASKED)["Location"]

    seen = re.search(r'name="seen" value="([0-9a-f]+)"', text(ren.get(page))).group(1)

    short = ren.post(f"{page}refuse/", {"seen": seen, "message": "不"})
    ren.post(f"{page}refuse/", {"seen": seen, "message": "提出人不是订户本人"})

    assert short.status_code == 422
    assert "提出人不是订户本人" in text(chen.get(page))


@pytest.mark.parametrize("path", ["/w/holds/", "/w/holds/FZ20261120-0001/"])
def test_people_of_other_trades_are_turned_away(live_counter, path):
    """CPS-5.2.1"""
    assert signed_in(hire("wu", Role.AUDITOR)).get(path).status_code == 403


def test_operators_do_not_agree_and_reviewers_do_not_ask(certificate, live_counter):
    """CPS-5.2.2"""
    chen, ren = signed_in(live_counter.chen), signed_in(live_counter.ren)
    page = chen.post(f"/w/certificates/{certificate}/freeze/", ASKED)["Location"]

    assert chen.post(f"{page}agree/").status_code == 403
    assert ren.get(f"/w/certificates/{certificate}/freeze/").status_code == 403
