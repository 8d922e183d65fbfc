"""What people do in their windows, click by click. Labels are those on the screen."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from anxin.demo.cast import Person
from pki import shares
from tests.e2e import people
from tests.e2e.windows import see

SM2, RSA = "个人签名证书（SM2）", "个人签名证书（RSA）"
ALGORITHMS = {SM2: "sm2", RSA: "rsa-2048"}


@dataclass(frozen=True)
class Receipt:
    """What the applicant is handed at the counter."""

    number: str
    access_code: str


@dataclass(frozen=True)
class Codes:
    """What the subscriber is handed to pick up the certificate."""

    reference: str
    authorisation_code: str


@dataclass(frozen=True)
class Held:
    """A share file as it lies on a custodian's USB stick."""

    path: Path
    passphrase: str

    def opened(self) -> shares.ShareFile:
        return shares.open_file(self.path.read_text(), self.passphrase)


def press(page: Page | Locator, label: str) -> None:
    """What the press leads to is there whole: a click waits only until it begins to arrive."""
    button = page.get_by_role("button", name=label)
    button.click()
    button.page.wait_for_load_state()


# --- everybody -------------------------------------------------------------------------------


def sign_in(page: Page, name: str) -> None:
    """As a person of the demo: the page fills in password and code."""
    page.goto("/")
    page.get_by_role("link", name=name).click()
    press(page, "下一步：动态口令")
    expect(page.get_by_label("动态口令")).to_have_value(re.compile(r"\d{6}"))
    press(page, "登录")
    expect(page.get_by_role("button", name="退出登录")).to_be_visible()


def prove_when_asked(page: Page) -> None:
    """Who signed in a quarter of an hour ago gives a code in between; the page fills it in."""
    asked = page.get_by_role("heading", name="请再次证明是您本人")
    page.add_locator_handler(asked, lambda: press(page, "验证并继续"))


# --- the counter -----------------------------------------------------------------------------


def open_draft(page: Page, profile: str = SM2) -> str:
    """A new application; its number."""
    page.goto("/w/intake/")
    page.get_by_label("证书模板").select_option(label=profile)
    press(page, "开始录入")
    expect(page).to_have_url(re.compile(r"/w/intake/RA"))
    return page.url.rstrip("/").rpartition("/")[2]


def type_in(page: Page, person: Person) -> None:
    page.get_by_label("姓名", exact=True).fill(person.name)
    page.get_by_label("证件号码", exact=True).fill(person.document_number)
    page.get_by_label("手机号", exact=True).fill(person.phone)
    page.get_by_label("电子邮箱").fill(person.email)


def upload(page: Page, slot: str, name: str, picture: bytes) -> None:
    place = page.locator(f"#slot-{slot}")
    held = place.locator("[data-uploads] img").count()
    file = {"name": name, "mimeType": "image/jpeg", "buffer": picture}
    place.locator("input[type=file]").set_input_files(file)
    expect(page.locator(f"#slot-{slot} [data-uploads] img")).to_have_count(held + 1)


def verify(page: Page) -> None:
    """Every document was looked at in the original."""
    place = page.locator("#verified")
    choices = place.locator("select[name$='.method']").all()
    for choice in choices:
        choice.select_option("on_site")
    press(page, "记录核验")
    expect(place.locator("tbody th .l2")).to_have_count(len(choices))


def accept_agreement(page: Page) -> None:
    page.get_by_label("同意用短信和电子邮件告知办理情况").check()
    press(page, "记录接受")
    expect(page.locator("#agreement").get_by_text("已接受")).to_be_visible()


def hand_in_request(page: Page, pem: str) -> None:
    page.get_by_role("textbox", name="证书请求（PKCS#10）").fill(pem)
    press(page, "读取并验证")
    expect(page.locator("#request").get_by_text("私钥持有已验证")).to_be_visible()


def fill_in(page: Page, person: Person, folder: Path, profile: str = SM2) -> None:
    """Everything that an application needs."""
    type_in(page, person)
    for slot, picture in people.papers(person, ALGORITHMS[profile]).items():
        upload(page, slot, f"{slot}.jpg", picture)
    accept_agreement(page)
    verify(page)
    hand_in_request(page, people.request(person, ALGORITHMS[profile], folder))


def submit(page: Page) -> Receipt:
    press(page, "提交审核")
    expect(page.get_by_role("heading", level=1)).to_contain_text("已提交审核")
    boxes = page.locator(".codebox b").all_inner_texts()
    return Receipt(*boxes) if len(boxes) == 2 else Receipt(boxes[0], "")


def enter(page: Page, person: Person, folder: Path, profile: str = SM2) -> Receipt:
    """An application from the empty form to the receipt."""
    open_draft(page, profile)
    fill_in(page, person, folder, profile)
    return submit(page)


# --- review ----------------------------------------------------------------------------------


def claim(page: Page, number: str) -> None:
    page.goto(f"/w/cases/{number}/")
    press(page, "领取")
    expect(page.get_by_text("我已领取")).to_be_visible()


def look_through(page: Page) -> None:
    """Open every document, agree to every field, tick the whole list."""
    for link in page.locator("a[data-document]").all():
        link.click()
        expect(link.locator("[data-mark]")).to_be_visible()
    agree_to_fields(page)
    open_preview(page)
    for box in page.locator(".clist [role=checkbox]").all():
        box.click()
        expect(box).to_be_checked()


def open_preview(page: Page) -> None:
    """Look at what the certificate will contain, and come back."""
    tabs = page.locator("[data-tabs]")
    tabs.get_by_role("link", name="证书预览").click()
    expect(page.get_by_text("证书内容摘要（SM3）")).to_be_visible()
    tabs.get_by_role("link", name="字段核对").click()
    expect(page.locator(".yn").first).to_be_visible()


def reveal(page: Page) -> None:
    """Every masked value that nothing else speaks for."""
    unseen = page.locator("[data-unseen]")
    for left in range(unseen.count(), 0, -1):
        unseen.first.get_by_role("link", name="查看完整").click()
        dialog = page.get_by_role("dialog", name="查看完整")
        dialog.get_by_role("button", name="查看", exact=True).click()
        expect(dialog.locator("[data-revealed] b")).to_be_visible()
        expect(unseen).to_have_count(left - 1)
        dialog.get_by_role("button", name="关闭").last.click()


def agree_to_fields(page: Page) -> None:
    """One after the other; each is saved before the next."""
    reveal(page)
    for button in page.locator(".yn button.y").all():
        with page.expect_response(re.compile("/verdict/")):
            button.click()


def ask_for(page: Page, label: str) -> Locator:
    """The dialog behind a button of the case; before the scripts run it would be a page."""
    expect(page.locator("[data-viewer].armed")).to_be_visible()
    page.locator("#decide").get_by_role("link", name=label).click()
    return page.get_by_role("dialog", name=label)


def approve(page: Page, label: str = "通过并签发") -> None:
    expect(page.locator("#why")).to_have_text("全部核对完，可以通过")
    press(page, label)
    expect(page.get_by_text("已办结这一步")).to_be_visible()


def review(page: Page, number: str, label: str = "通过并签发") -> None:
    claim(page, number)
    look_through(page)
    approve(page, label)


def reject(page: Page, number: str, message: str) -> None:
    claim(page, number)
    dialog = ask_for(page, "不予批准")
    dialog.get_by_label("未能通过身份核验").check()
    dialog.get_by_label("给申请人的说明").fill(message)
    press(dialog, "不予批准")
    expect(page.get_by_text(f"{number} 已办结这一步")).to_be_visible()


# --- handing over ----------------------------------------------------------------------------


def await_certificate(page: Page, number: str) -> None:
    """The page of an approved application; it tells by itself when the certificate is there."""
    page.goto(f"/w/handover/{number}/")
    expect(page.get_by_text("证书已签发，等待领取")).to_be_visible()


def issue_codes(page: Page, number: str) -> Codes:
    await_certificate(page, number)
    press(page, "生成参考号和授权码")
    expect(page.get_by_role("heading", level=1)).to_contain_text("下载凭证")
    return Codes(*page.locator(".codebox b").all_inner_texts())


def look_up(page: Page, receipt: Receipt) -> None:
    page.goto("/status/")
    page.get_by_label("编号", exact=True).fill(receipt.number)
    page.get_by_label("查询码").fill(receipt.access_code)
    press(page, "查询")


def pick_up(page: Page, codes: Codes) -> None:
    page.goto("/pick-up/")
    page.get_by_label("参考号").fill(codes.reference)
    page.get_by_label("授权码").fill(codes.authorisation_code)
    press(page, "领取证书")


# --- two people ------------------------------------------------------------------------------


def decide(page: Page, action: str, about: str, label: str = "同意") -> None:
    """What waits for this person: `action` as the inbox names it, `about` what."""
    page.goto("/approvals/")
    row = page.get_by_role("row").filter(has_text=about)
    row.get_by_role("link", name=action).click()
    see(page, action)
    expect(page.get_by_text(about).first).to_be_visible()
    page.get_by_label("意见").fill("已核对提请的内容")
    page.get_by_role("button", name=label, exact=True).click()
    expect(page.get_by_role("status")).to_be_visible()


def day(days: int) -> str:
    """So many days from now, as a field takes it; not 0, which is another day in China."""
    return f"{datetime.now(UTC).date() + timedelta(days=days)}"
