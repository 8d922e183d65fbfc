"""What finance does: payments, waivers, agreed prices, the list of prices. One asks, one agrees."""

from playwright.sync_api import Page, expect

from tests.e2e import acts
from tests.e2e.windows import picture, see

FINANCE, AGREES, REVIEWER = "袁希", "高远", "沈佳"


def test_paid_waived_and_agreed(desk_of, submitted):
    """CPS-9.1, CPS-9.1.1"""
    finance, agrees, reviewer = desk_of(FINANCE), desk_of(AGREES), desk_of(REVIEWER)
    first, second = submitted(2)

    paid_to_the_fen(finance, first.number)
    reviewer.goto(f"/w/fees/{first.number}/")
    see(reviewer, "您不能做这一步")
    waived_by_two(finance, agrees, second.number)
    agreed_price(finance, agrees, first.number)
    prices_declined(finance, agrees)


def paid_to_the_fen(page: Page, number: str) -> None:
    page.goto("/w/fees/")
    see(page, "费用")
    page.get_by_role("link", name=number).click()
    see(page, number)
    page.get_by_label("收款金额（元）").fill("59.99")
    page.get_by_label("收据号").fill(f"SJ-{number}")
    acts.press(page, "记录收款")
    expect(page.get_by_role("alert")).to_be_visible()
    see(page, number)
    page.get_by_label("收款金额（元）").fill("60.00")
    acts.press(page, "记录收款")
    expect(page.get_by_text("已缴").first).to_be_visible()
    expect(page.get_by_role("button", name="记录收款")).to_have_count(0)
    picture(page, "fee-paid")


def waived_by_two(page: Page, agrees: Page, number: str) -> None:
    """CPS-9.1.1"""
    page.goto(f"/w/fees/{number}/")
    page.get_by_text("减免", exact=True).click()
    page.get_by_label("减免原因").select_option(label="订户困难")
    acts.press(page, "提请减免")
    expect(page.get_by_text("已提请减免，等另一人审批")).to_be_visible()
    see(page, number)
    acts.decide(agrees, "减免费用", number)
    page.goto(f"/w/fees/{number}/")
    expect(page.get_by_text("已减免").first).to_be_visible()


def prices_declined(page: Page, agrees: Page) -> None:
    """What the other one does not agree to is not published."""
    page.goto("/w/fees/schedule/")
    page.get_by_label("生效日期").fill(acts.day(40))
    acts.press(page, "提请审批")
    expect(page.get_by_role("status")).to_be_visible()
    see(page, "价目表")
    picture(page, "fee-schedule-asked")
    acts.decide(agrees, "公布价目表", acts.day(40), "不同意")
    page.goto("/w/fees/schedule/")
    expect(page.get_by_role("button", name="提请审批")).to_be_visible()


def agreed_price(finance: Page, agrees: Page, number: str) -> None:
    """Not above the published one."""
    finance.goto("/w/fees/agreements/")
    finance.get_by_label("受理编号").fill(number)
    finance.get_by_label("生效日期").fill(acts.day(2))
    finance.get_by_label("截止日期").fill(acts.day(300))
    finance.get_by_label("协议价（元）").fill("61.00")
    acts.press(finance, "提请审批")
    expect(finance.get_by_role("alert")).to_be_visible()
    see(finance, "协议价")
    finance.get_by_label("协议价（元）").fill("45.50")
    acts.press(finance, "提请审批")
    see(finance, "协议价")
    acts.decide(agrees, "协议价生效", FINANCE)
    finance.goto("/w/fees/agreements/")
    expect(finance.get_by_role("cell", name="45.50").first).to_be_visible()
    picture(finance, "fee-agreed")
