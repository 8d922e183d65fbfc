"""What reviewers decide, and what comes of it for everybody else."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import acts
from tests.e2e.windows import examine, picture, see

OPERATOR = "林安"  # who entered what `submitted` makes
FIRST, SECOND = "沈佳", "何鸣"
RSA = "personal-rsa-sign"


def test_returned_for_correction_corrected_and_approved(desk_of, submitted, phone):
    """CPS-4.2.1, CPS-4.2.2: the applicant reads why; everything else is kept."""
    operator, reviewer = desk_of(OPERATOR), desk_of(FIRST)
    (receipt,) = submitted()

    returned(reviewer, receipt.number)
    acts.look_up(phone, receipt)
    see(phone, "请补正材料")
    expect(phone.get_by_text("请改填本人使用的手机号")).to_be_visible()
    picture(phone, "phone-returned")
    corrected(operator, receipt.number)
    acts.review(reviewer, receipt.number)

    acts.await_certificate(operator, receipt.number)
    acts.look_up(phone, receipt)
    see(phone, "证书已签发")


def returned(page: Page, number: str) -> None:
    acts.claim(page, number)
    with page.expect_response(re.compile("/verdict/")):
        page.get_by_role("button", name="手机号不一致").click()
    expect(page.locator("#why")).to_contain_text("1 项不一致")
    dialog = acts.ask_for(page, "退回补正")
    dialog.get_by_label("联系方式有误").check()
    dialog.get_by_label("给申请人的说明").fill("手机号是空号，请改填本人使用的手机号。")
    expect(dialog.locator("[data-message-preview]")).to_contain_text("联系方式有误")
    examine(page)
    picture(page, "review-return")
    dialog.get_by_role("button", name="退回").click()
    expect(page.get_by_text(f"{number} 已办结这一步")).to_be_visible()


def corrected(page: Page, number: str) -> None:
    page.goto(f"/w/intake/{number}/")
    see(page, "受理录入 RA")
    expect(page.get_by_text("请改填本人使用的手机号")).to_be_visible()
    picture(page, "intake-returned")
    page.get_by_label("手机号", exact=True).fill("19900009999")
    acts.press(page, "提交审核")
    expect(page.get_by_text(f"申请人仍用编号 {number} 和原来的查询码查看进度")).to_be_visible()


def test_rejected_for_good(desk_of, submitted, phone):
    """CPS-4.2.2: reasons for the applicant, and nothing left to edit or to approve."""
    operator, reviewer = desk_of(OPERATOR), desk_of(FIRST)
    (receipt,) = submitted()

    acts.claim(reviewer, receipt.number)
    dialog = acts.ask_for(reviewer, "不予批准")
    dialog.get_by_label("未能通过身份核验").check()
    dialog.get_by_label("给申请人的说明").fill("证件照片与到场人不是同一人。")
    examine(reviewer)
    picture(reviewer, "review-reject")
    dialog.get_by_role("button", name="不予批准").click()
    expect(reviewer.get_by_text(f"{receipt.number} 已办结这一步")).to_be_visible()

    acts.look_up(phone, receipt)
    see(phone, "不予批准")
    expect(phone.get_by_text("证件照片与到场人不是同一人")).to_be_visible()
    picture(phone, "phone-rejected")
    operator.goto(f"/w/intake/{receipt.number}/")
    expect(operator.get_by_text("这件申请现在不能修改")).to_be_visible()
    expect(operator.get_by_role("button", name="提交审核")).to_have_count(0)


def test_an_rsa_certificate_takes_two_reviewers(desk_of, submitted, openssl, product):
    """CPS-4.3.1: the second one checks without seeing what the first one found."""
    first, second = desk_of(FIRST), desk_of(SECOND)
    (receipt,) = submitted(1, RSA)

    acts.review(first, receipt.number, "通过并送复核")
    first.goto(f"/w/cases/{receipt.number}/")
    expect(first.get_by_role("button", name="领取")).to_have_count(0)
    expect(first.get_by_text("复核须由另一人进行")).to_be_visible()
    second.goto("/w/queue/?view=second")
    see(second, "待办队列")
    acts.claim(second, receipt.number)
    expect(second.get_by_text("已审 1 / 2")).to_be_visible()
    expect(second.locator(".yn button[aria-pressed=true]")).to_have_count(0)
    acts.look_through(second)
    acts.approve(second)

    operator = desk_of(OPERATOR)
    acts.await_certificate(operator, receipt.number)
    operator.get_by_role("link", name="证书详情").click()
    see(operator, "有效")
    with operator.expect_download() as started:
        operator.get_by_role("link", name="DER").click()
    issuer = operator.request.get(product.url("public", "/ca/anxin-rsa.cer")).body()
    at = datetime.now(UTC)
    openssl.verify_certificate(started.value.path().read_bytes(), issuer, at=at)


def test_only_one_of_two_reviewers_gets_an_application(desk_of, submitted):
    """CPS-4.2.1: nobody works twice; the slower one is told."""
    quick, slow = desk_of(FIRST), desk_of(SECOND)
    (receipt,) = submitted()
    for page in (quick, slow):
        page.goto(f"/w/cases/{receipt.number}/")

    acts.press(quick, "领取")
    acts.press(slow, "领取")

    expect(quick.get_by_text("我已领取")).to_be_visible()
    see(slow, "它刚刚发生了变化")
    expect(slow.get_by_text("另一位审核员正在办理这件申请")).to_be_visible()
    slow.goto(f"/w/cases/{receipt.number}/")
    expect(slow.locator("#why")).to_contain_text(f"{FIRST} 正在办理")


def test_a_reviewer_works_by_keys_alone(desk_of, submitted):
    page = desk_of(FIRST)
    (receipt,) = submitted()
    page.goto(f"/w/cases/{receipt.number}/")
    page.keyboard.press("c")
    expect(page.get_by_text("我已领取")).to_be_visible()

    for key in "123":
        page.keyboard.press(key)
        document = page.locator("a[data-document]").nth(int(key) - 1)
        expect(document.locator("[data-mark]")).to_be_visible()
    judged = page.get_by_role("link", name="字段核对")
    expect(judged).to_contain_text("0/5")
    page.locator("[data-row]").first.focus()
    for count in range(1, 6):
        if page.locator("[data-row].on[data-unseen]").count():
            reveal_by_keys(page)
        page.keyboard.press("y")
        expect(judged).to_contain_text(f"{count}/5")
    page.locator("[data-tabs]").get_by_role("link", name="证书预览").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("证书内容摘要（SM3）")).to_be_visible()
    for box in page.get_by_role("checkbox").and_(page.locator(".box")).all():
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_be_checked()
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text(f"{receipt.number} 已办结这一步")).to_be_visible()


def reveal_by_keys(page):
    """A masked value is looked at before it is agreed to: the same key asks for it."""
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    expect(page.locator("[data-revealed] b")).to_be_visible()
    expect(page.locator("[data-row].on[data-unseen]")).to_have_count(0)
    page.keyboard.press("Escape")


def test_who_is_signed_out_already_is_not_told_otherwise(desk_of):
    """WP-7.2: the warning goes only when the server has taken note."""
    page = desk_of(FIRST)
    page.goto("/w/queue/")
    warning = page.locator("#idle")
    warning.evaluate("one => one.removeAttribute('hidden')")

    page.route("**/me/", lambda route: route.fulfill(status=302, headers={"Location": "/sign-in/"}))
    with page.expect_response(re.compile("/sign-in/")):
        acts.press(page, "继续使用")
    expect(warning).to_be_visible()
    page.unroute("**/me/")
    acts.press(page, "继续使用")

    expect(warning).to_be_hidden()


def test_typing_in_a_box_moves_nothing(desk_of):
    """WCAG 2.1.4; Chinese input passes through letters."""
    page = desk_of(FIRST)
    page.goto("/w/queue/?view=waiting")
    chosen = page.locator("tr.on").get_attribute("id")

    page.get_by_role("searchbox").or_(page.get_by_label("全局搜索")).first.focus()
    page.keyboard.type("jjjcn")

    assert page.locator("tr.on").get_attribute("id") == chosen
    expect(page).to_have_url(re.compile("view=waiting"))


def test_what_was_typed_survives_another_window(desk_of):
    """CPS-4.2.1: a page that is behind overwrites nothing and loses nothing."""
    here, there = desk_of("陈越"), desk_of("陈越")
    number = acts.open_draft(here)
    there.goto(f"/w/intake/{number}/")

    here.get_by_label("姓名", exact=True).fill("左思源")
    acts.press(here, "保存草稿")
    expect(here.get_by_text("已存草稿")).to_be_visible()
    there.get_by_label("姓名", exact=True).fill("左思远")
    there.keyboard.press("Control+s")
    expect(there.get_by_text("这件申请在别处改过")).to_be_visible()
    acts.press(there, "保存草稿")

    expect(there.get_by_role("alert").first).to_be_visible()
    expect(there.get_by_label("姓名", exact=True)).to_have_value("左思远")
    see(there, "受理录入 RA")


def test_a_verdict_on_a_field_costs_no_press(desk_of):
    """CPS-3.2.3: the line under a field moves a button only when nobody holds it down."""
    page = desk_of("陈越")
    acts.open_draft(page)
    number = page.get_by_label("证件号码", exact=True)
    button = page.get_by_role("button", name="保存草稿")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 4)
    number.press_sequentially("31")

    with page.expect_response(re.compile("/check/")):
        page.mouse.down()  # leaves the field: the server is asked
    page.evaluate("fetch(location.href).then((answer) => answer.text())")  # the line had its time
    page.mouse.up()

    expect(page).to_have_url(re.compile("/save/#draft"))  # what saves by itself leaves the page be


@pytest.mark.parametrize("path", ["/w/queue/?view=mine", "/w/queue/?view=done_today"])
def test_an_empty_list_says_so(desk_of, submitted, path):
    page = desk_of(SECOND)
    page.goto(path)
    see(page, "待办队列")
