"""What the staff's pages show, refuse and keep, as browsers without script see it."""

import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ra.applications.models import Application
from tests.support.people import signed_in
from tests.support.ra import FIELDS, draft, look_through, picture, submitted

NUMBER = FIELDS["document_number"]
NUMBER2 = "330199198807120012"


def text(response):
    return response.content.decode()


def number_of(application_id):
    return Application.objects.get(pk=application_id).number


def is_clean(response):
    """No style, handler or script of its own, and the policy that forbids them."""
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    page = text(response)
    assert not re.search(r"\sstyle=|\son[a-z]+=\"", page)
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)


@pytest.mark.parametrize(
    "path",
    [
        "/w/queue/",
        "/w/queue/?view=all",
        "/w/intake/",
        "/w/handover/",
        "/w/revocations/",
        "/w/search/?q=RA",
        "/me/",
        "/me/password/",
    ],
)
def test_an_operators_pages_are_drawn_in_chinese_and_clean(chen, path):
    response = chen.get(path)

    assert response.status_code == 200
    assert response.headers["Content-Language"] == "zh-hans"
    is_clean(response)


def test_a_draft_is_opened_from_the_list_and_drawn(chen):
    opened = chen.post("/w/intake/", {"profile": "personal-sm2-sign"})
    page = chen.get(opened["Location"])

    assert page.status_code == 200
    assert 'id="slot-id_front"' in text(page)
    is_clean(page)


def test_a_refused_submission_keeps_what_was_typed_and_links_to_each_fault(counter, chen):
    """CPS-3.2.3"""
    number = number_of(draft(counter.chen))
    wrong = FIELDS | {"document_number": NUMBER[:17] + "9", "years": "1"}

    answer = chen.post(f"/w/intake/{number}/submit/", wrong)

    page = text(answer)
    assert answer.status_code == 422
    assert 'role="alert"' in page
    assert '<a href="#id_document_number">' in page
    assert f'value="{NUMBER[:17]}9"' in page
    assert 'aria-invalid="true"' in page
    assert "校验位" in page
    assert Application.objects.get(number=number).state == "draft"


def test_a_complete_draft_is_submitted_and_its_code_told_once(counter, chen):
    """CPS-4.1"""
    number = number_of(draft(counter.chen))

    answer = chen.post(f"/w/intake/{number}/submit/", FIELDS | {"years": "1"})

    code = re.search(r'name="access_code" value="([0-9A-Z-]+)"', text(answer)).group(1)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert code not in text(chen.get(f"/w/intake/{number}/"))


@pytest.mark.parametrize(
    ("value", "ok", "said"), [(NUMBER, True, "校验码正确"), (NUMBER[:17] + "9", False, "校验位")]
)
def test_a_field_is_judged_while_it_is_typed(chen, value, ok, said):
    asked = {"field": "document_number", "value": value, "document_type": "resident_id"}

    verdict = chen.post("/w/intake/check/", asked).json()

    assert verdict["ok"] is ok
    assert said in verdict["sentence"]


def test_a_draft_saves_itself_and_says_when(counter, chen):
    number = number_of(draft(counter.chen))
    version = Application.objects.get(number=number).content_version
    typed = FIELDS | {"years": "2", "content_version": str(version)}

    kept = chen.post(f"/w/intake/{number}/save/", typed, headers={"Accept": "application/json"})

    assert kept.json()["version"] == version + 1
    assert "已存草稿" in kept.json()["sentence"]


def test_saving_over_somebody_elses_version_keeps_what_was_typed(counter, chen):
    number = number_of(draft(counter.chen))
    typed = FIELDS | {"name": "林知秋", "years": "1", "content_version": "1"}

    answer = chen.post(f"/w/intake/{number}/save/", typed)

    assert answer.status_code == 409
    assert 'value="林知秋"' in text(answer)


def test_a_file_that_is_no_document_is_refused_in_words(counter, chen):
    """CPS-3.2.3"""
    number = number_of(draft(counter.chen))
    file = SimpleUploadedFile("a.pdf", b"not a document", content_type="application/pdf")
    sent = {"slot": "id_front", "file": file}

    answer = chen.post(
        f"/w/intake/{number}/documents/", sent, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 422
    assert "没有收下" in answer.json()["reason"]


def test_a_reviewer_cannot_upload(counter, ren):
    number = number_of(draft(counter.chen))
    file = SimpleUploadedFile("a.png", picture(), content_type="image/png")

    answer = ren.post(f"/w/intake/{number}/documents/", {"slot": "id_front", "file": file})

    assert answer.status_code == 403
    assert "岗位" in text(answer)


def test_the_queue_answers_htmx_with_rows_alone(counter, ren):
    _, told = submitted(counter)

    rows = text(ren.get("/w/queue/", headers={"HX-Request": "true"}))

    assert told.number in rows
    assert "<html" not in rows


def test_claiming_from_the_queue_opens_the_case(counter, ren):
    """CPS-4.2.3"""
    _, told = submitted(counter)

    answer = ren.post("/w/queue/next/")

    assert answer["Location"] == f"/w/cases/{told.number}/"
    page = text(ren.get(answer["Location"]))
    assert "我已领取" in page
    assert "通过并签发" in page


def test_a_nul_is_no_way_past_the_journal(ren):
    """CPS-5.4.1: nothing is looked for, nothing fails, nothing is refused unseen."""
    assert ren.post("/w/intake/RA20261120-0001%00/save/").status_code == 404
    assert ren.get("/w/queue/?peek=%00").status_code == 400
    found = ren.post("/w/search/", "q=%00", content_type="application/x-www-form-urlencoded")
    assert found.status_code == 400


def test_who_does_nothing_is_warned_in_time(ren):
    """WP-7.2: the page says when, and the words say how long."""
    page = text(ren.get("/w/queue/"))

    assert 'data-after="1680"' in page
    assert "2 分钟后将退出登录" in page


def test_numbers_are_masked_until_somebody_says_why(counter, ren):
    """WP-5.3a"""
    _, told = submitted(counter)
    ren.post(f"/w/cases/{told.number}/claim/")

    page = text(ren.get(f"/w/cases/{told.number}/"))
    asked = {"field": "document_number", "reason": "compare_document"}
    revealed = text(ren.post(f"/w/cases/{told.number}/reveal/", asked))
    without = ren.post(f"/w/cases/{told.number}/reveal/", asked | {"reason": ""})

    assert NUMBER not in page
    assert NUMBER in revealed
    assert without.status_code == 422
    assert NUMBER not in text(without)


def test_a_verdict_comes_back_as_the_part_that_changed(counter, ren):
    """CPS-4.2.1"""
    _, told = submitted(counter)
    ren.post(f"/w/cases/{told.number}/claim/")
    version = Application.objects.get(number=told.number).content_version
    sent = {"item": "name", "verdict": "differs", "seen": version}

    part = text(ren.post(f"/w/cases/{told.number}/verdict/", sent, headers={"HX-Request": "true"}))

    assert 'id="facts"' in part
    assert 'id="decide"' in part
    assert "1 项不一致" in part
    assert "<html" not in part
    ticked = re.search(r'<input[^>]*value="A03"[^>]*>', part).group()
    assert "checked" in ticked, "the mismatch ticks its reason"


def test_the_main_button_says_why_it_is_off(counter, ren):
    _, told = submitted(counter)
    ren.post(f"/w/cases/{told.number}/claim/")

    page = text(ren.get(f"/w/cases/{told.number}/"))

    assert 'aria-disabled="true"' in page
    assert "还有 3 份材料没有打开看过" in page


def test_approving_needs_all_of_it_and_goes_on_to_the_next(counter, ren):
    """CPS-4.3.1"""
    first, told = submitted(counter)
    _, second = submitted(
        counter, 2, fields=FIELDS | {"name": "方沐辰", "document_number": NUMBER2}
    )
    ren.post(f"/w/cases/{told.number}/claim/")
    early = ren.post(f"/w/cases/{told.number}/approve/", {"seen": "0" * 64})

    ren.post(f"/w/cases/{told.number}/release/")
    seen = look_through(first, counter.ren, at=datetime.now(UTC))
    answer = ren.post(f"/w/cases/{told.number}/approve/", {"seen": seen})

    assert early.status_code == 409
    assert Application.objects.get(pk=first).state == "approved"
    assert answer["Location"] == f"/w/cases/{second.number}/"


def test_a_return_without_a_reason_is_refused_at_the_field(counter, ren):
    """CPS-4.2.2"""
    _, told = submitted(counter)
    ren.post(f"/w/cases/{told.number}/claim/")

    answer = ren.post(f"/w/cases/{told.number}/return/", {"message": "请重新拍摄国徽面"})

    assert answer.status_code == 422
    assert "请重新拍摄国徽面" in text(answer)


def test_a_message_with_a_telephone_in_it_is_refused(counter, ren):
    """CPS-9.3"""
    _, told = submitted(counter)
    ren.post(f"/w/cases/{told.number}/claim/")
    sent = {"reasons": ["A01"], "message": "请致电 13800002607"}

    answer = ren.post(f"/w/cases/{told.number}/return/", sent)

    assert answer.status_code == 422
    assert "请删去" in text(answer)


def test_a_return_reaches_the_operator_with_its_reasons(counter, chen, ren):
    """CPS-4.2.2"""
    _, told = submitted(counter)
    ren.post(f"/w/cases/{told.number}/claim/")
    ren.post(
        f"/w/cases/{told.number}/return/", {"reasons": ["A01"], "message": "国徽面反光，请重拍"}
    )

    page = text(chen.get(f"/w/intake/{told.number}/"))

    assert "国徽面反光，请重拍" in page
    assert "A01" in page


def test_another_offices_case_is_not_there(counter):
    """CPS-1.4.2"""
    _, told = submitted(counter)

    answer = signed_in(counter.zhou).get(f"/w/cases/{told.number}/")

    assert answer.status_code == 404
    assert "没有找到" in text(answer)


def test_a_lost_session_answers_a_fragment_with_a_way_back(client, db):
    answer = client.get("/w/queue/", headers={"HX-Request": "true"})

    assert answer.status_code == 401
    assert "重新登录" in text(answer)
    assert "<html" not in text(answer)
