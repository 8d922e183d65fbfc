"""Somebody who has a telephone and nothing else: 360 pixels from applying to being paid back."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import acts, people
from tests.e2e.test_decisions import returned
from tests.e2e.windows import new_address, picture, see

OPERATOR, REVIEWER = "陈越", "沈佳"
OFFICE = "栖原受理点（演示）"


def test_a_certificates_life_by_phone(desk_of, phone, tmp_path):
    """CPS-3.4, CPS-4.1, CPS-4.1.2.4, CPS-4.2.2, CPS-4.3.1, CPS-4.4.1, CPS-4.9.14: online."""
    operator, reviewer = desk_of(OPERATOR), desk_of(REVIEWER)
    person = people.somebody()
    papers = people.papers(person, "sm2")

    receipt = applied(phone, person, people.request(person, "sm2", tmp_path), papers)
    number = taken_in(operator, receipt.number)
    acts.verify(operator)
    acts.submit(operator)
    returned(reviewer, number)
    correction = corrected(phone, receipt, papers)
    opened(operator, correction)

    expect(operator.get_by_text("手机号没有错，申请表重新签名。")).to_be_visible()
    operator.get_by_role("button", name="受理", exact=True).click()
    see(operator, number)
    acts.press(operator, "提交审核")
    see(operator, "已提交审核")
    acts.review(reviewer, number)
    codes = acts.issue_codes(operator, number)
    picked_up(phone, receipt, codes)
    invoiced(phone, operator)
    frozen(phone, operator, reviewer, receipt)
    thawed(phone, operator, reviewer, receipt)
    paid_back(phone, operator, reviewer, receipt)


def applied(page: Page, person, request: str, papers: dict[str, bytes]) -> acts.Receipt:
    """CPS-4.1: words, then photographs one by one; the code is shown once."""
    page.goto("/apply/")
    see(page, "网上申请证书")
    page.get_by_role("link", name=acts.SM2).click()
    acts.type_in(page, person)
    acts.press(page, "下一步：上传材料")
    expect(page.get_by_role("alert")).to_be_visible()
    see(page, "网上申请证书")
    picture(page, "phone-apply-wrong")
    page.get_by_label("证书请求（PKCS#10）").fill(request)
    page.get_by_label("受理点").select_option(label=OFFICE)
    page.get_by_label("我已阅读并同意订户协议").check()
    acts.press(page, "下一步：上传材料")
    see(page, "资料已保存")
    picture(page, "phone-apply-code")
    told = [row.inner_text() for row in page.locator("dl.kv dd").all()]
    page.get_by_role("link", name="下一步：上传材料").click()
    see(page, "上传材料")
    for slot, scan in papers.items():
        add(page, slot, scan)
    picture(page, "phone-apply-papers")
    handed_in(page)
    return acts.Receipt(*told)


def add(page: Page, slot: str, scan: bytes) -> None:
    field = page.locator(f"#file-{slot}")
    card = page.locator("section.card", has=field)
    field.set_input_files({"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": scan})
    card.get_by_role("button", name="上传").click()
    expect(page.locator("section.card", has=page.locator(f"#file-{slot}"))).to_contain_text(
        "已上传 1 个"
    )


def handed_in(page: Page) -> str:
    """Its number."""
    acts.press(page, "提交给受理点")
    see(page, "待受理")
    picture(page, "phone-apply-sent")
    return page.locator(".hero .no").inner_text().rpartition(" ")[2]


def opened(page: Page, number: str) -> None:
    page.goto("/w/online/")
    see(page, "网上提交")
    picture(page, "online-waiting")
    page.get_by_role("link", name=number).click()
    see(page, number)
    picture(page, "online-one")


def taken_in(page: Page, number: str) -> str:
    """CPS-4.3.1: the operator becomes the maker; the application's number."""
    opened(page, number)
    page.get_by_role("button", name="受理", exact=True).click()
    expect(page).to_have_url(re.compile(r"/w/intake/RA"))
    return page.url.rstrip("/").rpartition("/")[2]


def corrected(page: Page, receipt: acts.Receipt, papers: dict[str, bytes]) -> str:
    """CPS-4.2.2: what came back is answered where it is read; the correction's number."""
    acts.look_up(page, receipt)
    see(page, "请补正材料")
    page.get_by_role("link", name="上传补正").click()
    see(page, "上传补正")
    page.get_by_label("补正说明").fill("手机号没有错，申请表重新签名。")
    acts.press(page, "下一步：上传材料")
    see(page, "上传材料")
    add(page, "application_form", papers["application_form"])
    return handed_in(page)


def picked_up(page: Page, receipt: acts.Receipt, codes: acts.Codes) -> None:
    """CPS-4.4.1: the number of the first day is good to the last."""
    acts.look_up(page, receipt)
    see(page, "证书已签发")
    acts.pick_up(page, codes)
    see(page, "证书已领取")
    acts.look_up(page, receipt)
    see(page, "证书已领取")
    picture(page, "phone-doors")


def frozen(page: Page, operator: Page, reviewer: Page, receipt: acts.Receipt) -> None:
    """CPS-3.4, CPS-4.9.14: number and code ask; who found out who that is enters it."""
    number = asked(page, operator, "冻结证书", "出境三个月，请拨打预留手机号核实。")
    agreed(reviewer, f"/w/holds/{number}/", "确认冻结")
    acts.look_up(page, receipt)
    see(page, "证书已冻结")
    picture(page, "phone-frozen")
    expect(page.get_by_role("link", name="冻结证书")).to_have_count(0)


def thawed(page: Page, operator: Page, reviewer: Page, receipt: acts.Receipt) -> None:
    """CPS-4.9.15: who asked for it is home again."""
    number = asked(page, operator, "解冻证书", "已经回国，请拨打预留手机号核实。")
    agreed(reviewer, f"/w/holds/{number}/", "确认解冻")
    acts.look_up(page, receipt)
    see(page, "证书已领取")
    expect(page.get_by_role("link", name="解冻证书")).to_have_count(0)


def invoiced(page: Page, operator: Page) -> None:
    """CPS-9.1: nothing was paid yet, so the counter turns it down, and the telephone says why."""
    page.get_by_role("link", name="申请发票").click()
    see(page, "申请发票")
    acts.press(page, "提交给受理点")
    expect(page.get_by_role("alert")).to_be_visible()
    picture(page, "phone-ask-invoice")
    page.get_by_label("电子普通发票").check()
    page.get_by_label("个人", exact=True).check()
    page.get_by_label("抬头").fill("林知夏")
    page.get_by_label("邮箱").fill("lin@example.cn")
    acts.press(page, "提交给受理点")
    asked_for = page.locator(".plain li").filter(has_text="申请发票")
    expect(asked_for).to_contain_text("待受理")
    operator.goto("/w/online/")
    link = operator.get_by_role("row").filter(has_text="申请发票").get_by_role("link").last
    opened(operator, link.inner_text())
    operator.locator("summary", has_text="不受理").click()
    operator.get_by_label("不受理原因").select_option(label="没有可开票的费用")
    acts.press(operator, "不受理")
    page.reload()
    expect(asked_for).to_contain_text("没有可开票的费用")


def paid_back(page: Page, operator: Page, reviewer: Page, receipt: acts.Receipt) -> None:
    """CPS-9.1.5: what is not used any more ends, and its fee goes back."""
    number = asked(page, operator, "停用证书并退款", "单位已代办新证书，请拨打预留手机号核实。")
    place = f"/w/revocations/{number}/"
    reviewer.goto(place)
    tail = reviewer.locator("dd.mono").first.inner_text().split("证")[0].strip()[-4:]
    reviewer.get_by_label("输入证书序列号末四位").fill(tail)
    acts.press(reviewer, "确认吊销")
    expect(reviewer.get_by_text("证书已吊销，在线状态立即生效")).to_be_visible()
    acts.look_up(page, receipt)
    see(page, "证书已吊销")
    picture(page, "phone-revoked")
    expect(page.get_by_role("link", name="停用证书并退款")).to_have_count(0)


def elsewhere(page: Page) -> None:
    """Telephones move; one address begins few submissions in ten minutes."""
    page.context.set_extra_http_headers({"X-Forwarded-For": new_address()})


def asked(page: Page, operator: Page, what: str, note: str) -> str:
    """The number of the request that the counter made of it."""
    elsewhere(page)
    page.get_by_role("link", name=what).click()
    see(page, what)
    acts.press(page, "提交给受理点")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("情况说明").fill(note)
    picture(page, f"phone-ask-{page.url.rstrip('/').rpartition('/')[2]}")
    acts.press(page, "提交给受理点")
    expect(page.locator(".plain li").filter(has_text=what)).to_contain_text("待受理")
    operator.goto("/w/online/")
    link = operator.get_by_role("row").filter(has_text=what).get_by_role("link").last
    opened(operator, link.inner_text())
    expect(operator.get_by_text(note)).to_be_visible()
    operator.get_by_label("怎样核对提出人的身份").select_option(index=0)
    picture(operator, "online-asked")
    acts.press(operator, "身份已核实，提交审核")
    return operator.get_by_text("已提交，等另一人审核").inner_text().split()[0]


def agreed(page: Page, place: str, label: str) -> None:
    page.goto(place)
    acts.press(page, label)
    expect(page.get_by_text("已办理，在线状态立即生效")).to_be_visible()
