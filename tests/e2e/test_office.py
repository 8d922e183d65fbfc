"""What offices do around applications: publish, tell people, count, and destroy what is old."""

import csv
import io

from playwright.sync_api import Page, expect

from tests.e2e import acts, people
from tests.e2e.test_decisions import returned
from tests.e2e.windows import picture, see
from tests.support.waiting import until

OPERATOR, REVIEWER, ASKS, AGREES, COMMITTEE = "陈越", "沈佳", "唐书", "高远", "邵霆"
FINANCE, MACHINES = "袁希", "魏澜"
KEPT_OUT = "您不能做这一步"


def test_the_committee_publishes_a_new_agreement(desk_of, phone, product):
    """CPS-2.1, CPS-2.3"""
    asks, decides, outsider = desk_of(ASKS), desk_of(COMMITTEE), desk_of(FINANCE)
    version = f"9-{people.numbers(1)[0]:03}"
    title = f"电子认证服务订户协议 {version}（演示）"
    outsider.goto("/w/publications/")
    see(outsider, KEPT_OUT)

    proposed(asks, version, title)
    nobody_reads(phone, version)
    acts.decide(decides, "公布文件", version)
    decides.goto("/w/publications/")
    expect(decides.get_by_role("row").filter(has_text=version)).to_contain_text("已公布")
    nobody_reads(phone, version)
    its_day_comes(product)
    everybody_reads(phone, title)


def proposed(page: Page, version: str, title: str) -> None:
    """CPS-2.3: whoever hands it in does not agree to it."""
    page.goto("/w/publications/")
    see(page, "信息发布")
    acts.press(page, "提请审批")
    expect(page.get_by_role("alert")).to_be_visible()
    see(page, "信息发布")
    picture(page, "publication-wrong")
    page.get_by_label("类别").select_option(label="订户协议")
    page.get_by_role("textbox", name="版本").fill(version)
    page.get_by_role("textbox", name="标题").fill(title)
    page.get_by_label("生效日期").fill(acts.day(40))
    text = "第一条 订户妥善保管私钥。\n\n第二条 私钥可能泄露时，立即申请吊销。".encode()
    file = {"name": "agreement.txt", "mimeType": "text/plain", "buffer": text}
    page.get_by_label("文件（PDF 或文本）").set_input_files(file)
    acts.press(page, "提请审批")
    expect(page.get_by_text("已提请，由安全策略委员会委员审批")).to_be_visible()
    picture(page, "publication-proposed")
    page.goto("/approvals/")
    page.get_by_role("row").filter(has_text=version).get_by_role("link", name="公布文件").click()
    see(page, "公布文件")
    expect(page.get_by_role("button", name="同意", exact=True)).to_have_count(0)
    picture(page, "publication-own")


def nobody_reads(page: Page, version: str) -> None:
    """Not before it is agreed to, and not before its day."""
    page.goto(f"/publications/agreement/{version}/")
    see(page, "没有找到")


def its_day_comes(product) -> None:
    """Weeks go by for all versions alike."""
    with product.database() as connection:
        connection.execute(
            "UPDATE ra_publication SET valid_from = valid_from - 60 WHERE kind = 'agreement'"
        )


def everybody_reads(page: Page, title: str) -> None:
    """CPS-2.1: in either language around it, and the version before it as well."""
    page.goto("/publications/")
    see(page, "业务规则与订户协议")
    picture(page, "phone-publications")
    page.get_by_role("link", name=title).click()
    see(page, title)
    expect(page.get_by_text("立即申请吊销")).to_be_visible()
    acts.press(page, "English")
    expect(page.get_by_role("heading", name="Content")).to_be_visible()
    see(page, title)
    expect(page.get_by_text("立即申请吊销")).to_be_visible()
    picture(page, "phone-agreement-english")
    acts.press(page, "简体中文")
    page.get_by_role("link", name="全部版本").click()
    page.get_by_role("link", name="电子认证服务订户协议（演示）").click()
    expect(page.get_by_text("这是历史版本")).to_be_visible()
    see(page, "电子认证服务订户协议（演示）")
    picture(page, "phone-agreement-before")


def test_somebody_wants_no_more_messages_and_is_told_in_person(desk_of, submitted):
    """CPS-4.3.2, CPS-9.4.1"""
    operator, reviewer, outsider = desk_of(OPERATOR), desk_of(REVIEWER), desk_of(FINANCE)
    (receipt,) = submitted()
    for path in (f"/w/consents/{receipt.number}/", f"/w/notices/of/{receipt.number}/"):
        outsider.goto(path)
        see(outsider, KEPT_OUT)

    sent_again(operator, receipt.number)
    reviewer.goto(f"/w/consents/{receipt.number}/")
    expect(reviewer.get_by_role("button", name="记录撤回")).to_have_count(0)
    withdrawn(operator, receipt.number)
    returned(reviewer, receipt.number)
    told_by_letter(operator, receipt.number)


def sent_again(page: Page, number: str) -> None:
    """What did not go out by itself is asked to go once more, and then told at the counter."""
    page.goto(f"/w/notices/of/{number}/")
    see(page, "订户通知")
    page.get_by_role("table").get_by_role("link", name="已受理").click()
    again = page.get_by_role("button", name="重新发送")

    def not_gone_out() -> bool:
        page.reload()
        return again.count() == 1

    until(not_gone_out, "a worker that has no gateway")
    see(page, number)
    picture(page, "notice-by-hand")
    again.click()
    expect(page.get_by_text("已排队，稍后发送")).to_be_visible()
    acts.press(page, "已当面告知")
    expect(page.get_by_text("已记录。")).to_be_visible()
    expect(page.locator("dt:has-text('方式') + dd")).to_have_text("当面告知")
    see(page, number)
    picture(page, "notice-told")


def withdrawn(page: Page, number: str) -> None:
    """CPS-9.4.1"""
    page.goto(f"/w/consents/{number}/")
    see(page, "个人信息同意记录")
    page.get_by_label("怎样撤回").select_option(label="书面撤回")
    acts.press(page, "记录撤回")
    expect(page.get_by_text("已记录撤回，以后由受理点当面或写信告知")).to_be_visible()
    expect(page.get_by_role("button", name="记录撤回")).to_have_count(0)
    see(page, "个人信息同意记录")
    picture(page, "consent-withdrawn")
    page.goto(f"/w/notices/of/{number}/")
    page.get_by_role("table").get_by_role("link", name="已受理").click()
    expect(page.get_by_role("button", name="重新发送")).to_have_count(0)
    see(page, number)


def told_by_letter(page: Page, number: str) -> None:
    """CPS-4.3.2: what a worker cannot send waits for the counter."""
    page.goto("/w/notices/")
    see(page, "订户通知")
    picture(page, "notices-by-hand")
    page.get_by_role("row").filter(has_text=number).get_by_role("link").click()
    see(page, number)
    acts.press(page, "已寄出信函")
    expect(page.get_by_text("已记录。")).to_be_visible()
    expect(page.get_by_role("button", name="已寄出信函")).to_have_count(0)
    page.goto("/w/notices/")
    expect(page.get_by_role("row").filter(has_text=number)).to_have_count(0)


def test_figures_of_offices_on_the_page_and_in_a_file(desk_of):
    """CPS-1.4.2, CPS-4.2.3"""
    head, operator, outsider = desk_of(ASKS), desk_of(OPERATOR), desk_of(MACHINES)
    outsider.goto("/w/statistics/")
    see(outsider, KEPT_OUT)
    operator.goto("/w/statistics/")
    see(operator, "业务统计")
    expect(operator.get_by_role("rowheader").filter(has_text="NMG-01")).to_be_visible()

    head.goto("/w/statistics/")
    see(head, "业务统计")
    picture(head, "statistics-of-all")
    offices = head.get_by_role("region", name="各机构").get_by_role("rowheader")
    with head.expect_download() as started:
        head.get_by_role("link", name="下载表格").click()
    rows = list(csv.reader(io.StringIO(started.value.path().read_text("utf-8-sig"))))
    assert [f"{name}\n{code}" for code, name, *_ in rows[1:]] == [
        text for text in offices.all_inner_texts() if "\n" in text
    ]
    months = head.get_by_label("月份")
    (month,) = months.select_option(index=12)
    acts.press(head, "查看")
    see(head, f"业务统计 {month}")
    first = head.get_by_role("region", name="各机构").get_by_role("cell").first
    expect(first).to_have_text("0")
    picture(head, "statistics-of-nothing")


def test_what_was_kept_long_enough_is_destroyed_by_two(desk_of, submitted, product):
    """CPS-3.2.2, CPS-3.2.3"""
    asks, agrees, outsider = desk_of(ASKS), desk_of(AGREES), desk_of(OPERATOR)
    reviewer = desk_of(REVIEWER)
    (receipt,) = submitted()
    acts.reject(reviewer, receipt.number, "证件照片与到场人不是同一人。")
    six_years_go_by(product, receipt.number)
    outsider.goto("/w/retention/")
    see(outsider, KEPT_OUT)

    asked_to_destroy(asks, receipt.number)
    agreed_to(agrees, receipt.number)
    asks.goto("/w/retention/")
    expect(asks.get_by_text(receipt.number)).to_have_count(0)
    reviewer.goto(f"/w/cases/{receipt.number}/")
    see(reviewer, "没有")
    picture(reviewer, "case-destroyed")


def six_years_go_by(product, number: str) -> None:
    with product.database() as connection:
        connection.execute(
            "UPDATE ra_application SET opened_at = opened_at - '6 years'::interval,"
            " submitted_at = submitted_at - '6 years'::interval,"
            " decided_at = decided_at - '6 years'::interval WHERE number = %s",
            [number],
        )


def asked_to_destroy(page: Page, number: str) -> None:
    page.goto("/w/retention/")
    see(page, "资料到期销毁")
    picture(page, "retention-due")
    page.get_by_label(f"销毁 {number}").check()
    acts.press(page, "提请销毁")
    expect(page.get_by_text("已提请，等另一人审批")).to_be_visible()
    see(page, "资料到期销毁")
    picture(page, "retention-asked")
    page.goto("/approvals/")
    page.get_by_role("link", name="销毁到期资料").click()
    see(page, "销毁到期资料")
    expect(page.get_by_role("button", name="同意", exact=True)).to_have_count(0)


def agreed_to(page: Page, number: str) -> None:
    page.goto("/w/retention/")
    page.get_by_role("link", name="去审批").click()
    see(page, "销毁到期资料")
    expect(page.get_by_text(number)).to_be_visible()
    picture(page, "retention-approval")
    page.get_by_label("意见").fill("已逐件核对保存期")
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.get_by_text("审批通过，已生效")).to_be_visible()
