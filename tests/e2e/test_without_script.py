"""The core path in a browser that runs no script: links and forms do all of it."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import acts

REVIEWER, OPERATOR = "何鸣", "林安"


def test_from_the_queue_to_the_certificate_without_script(
    product, open_window, open_phone, desk_of, submitted
):
    staff = {"base_url": product.url("staff"), "java_script_enabled": False}
    reviewer, operator = open_window(**staff), desk_of(OPERATOR, java_script_enabled=False)
    subscriber = open_phone(java_script_enabled=False)
    (receipt,) = submitted()

    acts.sign_in(reviewer, REVIEWER)
    reviewer.goto("/w/queue/?view=waiting")
    reviewer.get_by_role("link", name=receipt.number).click()
    acts.press(reviewer, "领取")
    look_through(reviewer, receipt.number)
    acts.approve(reviewer)
    codes = handed_over(operator, receipt.number)
    acts.look_up(subscriber, receipt)
    expect(subscriber.get_by_role("heading", level=1)).to_have_text("证书已签发")
    acts.pick_up(subscriber, codes)

    expect(subscriber.get_by_role("heading", level=1)).to_have_text("证书已领取")


def look_through(page: Page, number: str) -> None:
    """Every document's page is loaded by its link; then one button after the other."""
    case = f"/w/cases/{number}/"
    for link in [one.get_attribute("href") for one in page.locator("a[data-document]").all()]:
        page.goto(case + link)
        expect(page.locator("[data-image]")).to_have_js_property("complete", True)
    page.goto(case)
    expect(page.locator("[data-mark]:visible")).to_have_count(3)
    for reveal in [
        row.get_by_role("link", name="查看完整").get_attribute("href")
        for row in page.locator("[data-unseen]").all()
    ]:
        page.goto(reveal)
        acts.press(page, "查看")
        expect(page.locator(".codebox b")).to_be_visible()
    page.goto(case)
    judged = page.get_by_role("link", name="字段核对")
    count = page.locator(".yn button.y").count()
    for number_of_field in range(count):
        page.locator(".yn button.y").nth(number_of_field).click()
        expect(judged).to_contain_text(f"{number_of_field + 1}/{count}")
    page.get_by_role("link", name="先看证书预览").click()
    page.wait_for_load_state()
    expect(page.get_by_text("证书内容摘要（SM3）")).to_be_visible()
    for box in page.locator(".clist [role=checkbox]").all():
        box.click()
        expect(box).to_be_checked()


def handed_over(page: Page, number: str) -> acts.Codes:
    """Without script nothing comes by itself: the page is opened until the certificate is there."""
    page.goto(f"/w/handover/{number}/")
    while page.get_by_text("正在签发").count():
        page.reload()
    return acts.issue_codes(page, number)


def test_an_application_is_entered_without_script(desk_of, tmp_path):
    from tests.e2e import people

    page = desk_of("陈越", java_script_enabled=False)
    person = people.somebody()
    acts.open_draft(page)
    acts.type_in(page, person)
    acts.press(page, "保存草稿")
    expect(page.get_by_text("已存草稿")).to_be_visible()
    for slot, picture in people.papers(person, "sm2").items():
        place = page.locator(f"#slot-{slot}")
        file = {"name": f"{slot}.jpg", "mimeType": "image/jpeg", "buffer": picture}
        place.locator("input[type=file]").set_input_files(file)
        place.get_by_role("button", name="上传").click()
        expect(page.locator(f"#slot-{slot} [data-uploads] img")).to_have_count(1)
    acts.verify(page)
    acts.accept_agreement(page)
    acts.hand_in_request(page, people.request(person, "sm2", tmp_path))

    receipt = acts.submit(page)

    assert re.fullmatch(r"RA\d{8}-\d{4}", receipt.number)
    assert receipt.access_code
