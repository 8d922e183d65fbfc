"""What finance does after a payment: invoices, red letters, money that goes back (CPS 9.1)."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import acts
from tests.e2e.windows import picture, see

OPERATOR, REVIEWER, FINANCE, AGREES = "陈越", "沈佳", "袁希", "高远"


def test_invoiced_reversed_and_paid_back(desk_of, submitted, phone):
    """CPS-9.1, CPS-9.1.5"""
    operator, reviewer = desk_of(OPERATOR), desk_of(REVIEWER)
    finance, agrees = desk_of(FINANCE), desk_of(AGREES)
    (receipt,) = submitted()

    paid(finance, receipt.number)
    invoice = asked_for(operator, receipt.number)
    issued(finance, invoice)
    operator.goto(f"/w/invoices/{invoice}/")
    see(operator, "您不能做这一步")
    acts.reject(reviewer, receipt.number, "证件照片与到场人不是同一人。")
    not_while_it_is_invoiced(finance, receipt.number)
    red_letter(finance, invoice)
    paid_back(finance, agrees, receipt.number)
    told(operator, phone, receipt)


def paid(page: Page, number: str) -> None:
    page.goto(f"/w/fees/{number}/")
    page.get_by_label("收款金额（元）").fill("60.00")
    page.get_by_label("收据号").fill(f"SJ-{number}")
    acts.press(page, "记录收款")
    expect(page.get_by_text("已缴费").first).to_be_visible()


def asked_for(page: Page, number: str) -> str:
    """CPS-9.1: at the counter, for whoever has paid; the number of what was asked for."""
    page.goto(f"/w/invoices/for/{number}/")
    acts.press(page, "提交给财务")
    expect(page.get_by_role("alert")).to_be_visible()
    see(page, "申请发票")
    picture(page, "invoice-wrong")
    page.get_by_label("电子普通发票").check()
    page.get_by_role("radio", name="个人").check()
    page.get_by_label("抬头").fill("林知夏")
    page.get_by_label("邮箱").fill("lin@example.cn")
    acts.press(page, "提交给财务")
    said = page.get_by_role("status").filter(has_text="已提交，等财务开具")
    expect(said).to_be_visible()
    expect(page.get_by_role("button", name="提交给财务")).to_have_count(0)
    see(page, "申请发票")
    picture(page, "invoice-asked")
    return said.inner_text().split()[0]


def issued(page: Page, invoice: str) -> None:
    """The number of the tax authority's system is noted once, and a wrong one not at all."""
    page.goto("/w/invoices/")
    see(page, "发票")
    page.get_by_role("link", name=invoice).click()
    page.get_by_label("发票号码", exact=True).fill("12")
    page.get_by_label("开票日期", exact=True).fill(paid_on(page))
    acts.press(page, "记录已开具")
    expect(page.get_by_role("alert")).to_be_visible()
    see(page, invoice)
    picture(page, "invoice-number-wrong")
    page.get_by_label("发票号码", exact=True).fill(f"26{digits(invoice)}")
    acts.press(page, "记录已开具")
    expect(page.get_by_text("已记录。")).to_be_visible()
    see(page, invoice)
    picture(page, "invoice-issued")


def not_while_it_is_invoiced(page: Page, number: str) -> None:
    """CPS-9.1.5: no money goes back for which an invoice is out."""
    page.goto("/w/fees/?view=refunds")
    page.get_by_role("link", name=number).click()
    expect(page.get_by_text("待退款")).to_be_visible()
    expect(page.get_by_text("先记录红字发票，再提请退款")).to_be_visible()
    expect(page.get_by_role("button", name="提请退款")).to_have_count(0)
    see(page, number)
    picture(page, "refund-invoiced")


def red_letter(page: Page, invoice: str) -> None:
    page.get_by_role("link", name="已开具的发票").click()
    see(page, "发票")
    page.get_by_role("link", name=invoice).click()
    page.get_by_label("红字发票号码").fill(f"27{digits(invoice)}")
    page.get_by_label("红字发票开票日期").fill(paid_on(page))
    acts.press(page, "记录红字发票")
    expect(page.get_by_text("已记录。")).to_be_visible()
    expect(page.get_by_text("现在没有需要您办理的")).to_be_visible()
    see(page, invoice)
    picture(page, "invoice-reversed")


def paid_back(page: Page, agrees: Page, number: str) -> None:
    """CPS-9.1.5: who asks for it does not agree to it."""
    page.goto(f"/w/fees/{number}/")
    acts.press(page, "提请退款")
    expect(page.get_by_text("退款待审批")).to_be_visible()
    see(page, number)
    picture(page, "refund-asked")
    page.goto("/approvals/")
    page.get_by_role("row").filter(has_text=number).get_by_role("link", name="退还费用").click()
    see(page, "退还费用")
    expect(page.get_by_role("button", name="同意", exact=True)).to_have_count(0)
    picture(page, "refund-own")
    acts.decide(agrees, "退还费用", number)
    page.goto(f"/w/fees/{number}/")
    expect(page.get_by_text("已退款")).to_be_visible()
    expect(page.get_by_text("退款日期")).to_be_visible()
    see(page, number)
    picture(page, "refund-made")


def told(operator: Page, phone: Page, receipt: acts.Receipt) -> None:
    """CPS-4.3.2: in a notice, and wherever somebody asks how things stand."""
    operator.goto(f"/w/notices/of/{receipt.number}/")
    expect(operator.get_by_role("table").get_by_role("link", name="退款")).to_be_visible()
    picture(operator, "notices-of-refund")
    acts.look_up(phone, receipt)
    see(phone, "不予批准")
    expect(phone.get_by_text("退款日期")).to_be_visible()
    picture(phone, "phone-refunded")


def paid_on(page: Page) -> str:
    """A day that fits: in China it may be another one by now, or still another one here."""
    return page.locator("dt:has-text('缴费日期') + dd").inner_text().strip()


def digits(number: str) -> str:
    return re.sub(r"\D", "", number)[-16:]
