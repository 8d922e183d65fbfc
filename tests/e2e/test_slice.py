"""One certificate's life, from the counter to the list of revoked ones, by the people it takes."""

import hashlib
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pypdfium2
from cryptography import x509
from playwright.sync_api import Page, expect

from tests.e2e import acts, people
from tests.e2e.elsewhere import Others, Subscribed, hexadecimal
from tests.e2e.windows import download, picture, see
from tests.support.waiting import until

OPERATOR, OTHER_OPERATOR = "陈越", "林安"
REVIEWER, SECOND_REVIEWER = "沈佳", "何鸣"


def test_from_the_counter_to_the_list_of_revoked_certificates(
    product, desk_of, phone, tmp_path, others
):
    """CPS-4.1, CPS-4.2.1, CPS-4.3.1, CPS-4.4.1, CPS-4.9.3, CPS-4.9.7, CPS-4.9.9, CPS-5.4.4"""
    operator, reviewer = desk_of(OPERATOR), desk_of(REVIEWER)
    person = people.somebody()

    receipt = entered_at_the_counter(operator, person, tmp_path)
    kept_out_of_his_own_work(operator, receipt)
    preview = reviewed_by_another(reviewer, receipt)
    codes = handed_over(operator, receipt)
    certificate = picked_up_by_phone(phone, receipt, codes)

    assert preview.items() >= certificate.says(others.openssl).items()
    assert certificate.days() == 365
    verified_by_others(certificate, others)
    assert online_status(certificate, others) == "good"

    number = revocation_asked_for(operator, receipt, certificate)
    revocation_agreed(reviewer, number, certificate)

    until(lambda: online_status(certificate, others).startswith("revoked"))
    listed_on_demand(desk_of("魏澜"), certificate, others)
    written_down(desk_of("江晚"), product, receipt)


def entered_at_the_counter(page: Page, person, folder) -> acts.Receipt:
    """CPS-4.1.2, CPS-3.2.3: wrong numbers are told while they are typed; nothing is missing."""
    page.goto("/w/intake/")
    see(page, "受理录入")
    acts.open_draft(page)
    see(page, "受理录入 RA")
    number = page.get_by_label("证件号码", exact=True)
    last = person.document_number[-1]
    number.fill(person.document_number[:-1] + ("1" if last != "1" else "2"))
    expect(page.get_by_text("证件号码的校验位不对，可能输错了一位")).to_be_visible()
    number.fill(person.document_number)
    expect(page.get_by_text("校验码正确")).to_be_visible()

    acts.press(page, "提交审核")
    see(page, "受理录入 RA")
    expect(page.get_by_role("alert").get_by_text("还不能提交")).to_be_visible()

    acts.fill_in(page, person, folder)
    picture(page, "intake")
    receipt = acts.submit(page)
    see(page, "已提交审核")
    picture(page, "intake-submitted")
    assert receipt.number in text_of(receipt_pdf(page))
    return receipt


def receipt_pdf(page: Page) -> bytes:
    """What the button for the receipt opens in a tab of its own."""
    form = page.locator("form[action$='.pdf']")
    fields = {box.get_attribute("name"): box.input_value() for box in form.locator("input").all()}
    answer = page.request.post(
        form.evaluate("form => form.action"), form=fields, headers={"Referer": page.url}
    )
    assert answer.headers["content-type"] == "application/pdf"
    return answer.body()


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def kept_out_of_his_own_work(page: Page, receipt: acts.Receipt) -> None:
    """CPS-4.3.1: he may look at what he entered, no more."""
    page.goto(f"/w/cases/{receipt.number}/")
    expect(page.get_by_text(receipt.number)).to_be_visible()
    expect(page.get_by_role("button", name="领取")).to_have_count(0)
    expect(page.get_by_role("button", name="通过")).to_have_count(0)

    refused = post(page, f"/w/cases/{receipt.number}/claim/")

    assert refused.status == 403
    assert "您不能做这一步" in refused.text()


def post(page: Page, path: str):
    """As a form on the page would."""
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    return page.request.post(
        path, form={"csrfmiddlewaretoken": token}, headers={"Referer": page.url}
    )


def reviewed_by_another(page: Page, receipt: acts.Receipt) -> dict[str, str]:
    """CPS-4.2.1: the queue, the papers, every field, the exact content; the preview's lines."""
    page.goto("/w/queue/")
    see(page, "待办队列")
    picture(page, "queue")
    page.get_by_role("link", name=receipt.number).click()
    acts.press(page, "领取")
    expect(page.get_by_text("我已领取")).to_be_visible()
    see(page, "个人签名证书")
    button = page.get_by_role("button", name="通过并签发")
    expect(button).to_have_attribute("aria-disabled", "true")
    picture(page, "review")
    acts.look_through(page)
    picture(page, "review-done")
    page.get_by_role("link", name="证书预览").click()
    rows = page.locator("table:has-text('颁发者') tr")
    expect(rows.first).to_be_visible()
    preview = dict(row.locator("th,td").all_inner_texts() for row in rows.all())
    see(page, "个人签名证书")
    picture(page, "review-preview")
    acts.approve(page)
    return preview


def handed_over(page: Page, receipt: acts.Receipt) -> acts.Codes:
    """CPS-4.3.1, CPS-4.3.2: nobody does anything, the certificate is there; two codes for it."""
    acts.await_certificate(page, receipt.number)
    see(page, receipt.number)
    picture(page, "handover")
    codes = acts.issue_codes(page, receipt.number)
    see(page, "下载凭证")
    picture(page, "handover-codes")
    assert codes.reference in text_of(receipt_pdf(page))
    return codes


def picked_up_by_phone(page: Page, receipt: acts.Receipt, codes: acts.Codes) -> Subscribed:
    """CPS-4.3.1, CPS-4.4.1: how it stands, wrong codes, the certificate."""
    page.goto("/")
    see(page, "数字证书服务")
    picture(page, "phone-home")
    answers = set()
    for wrong in (
        acts.Receipt(receipt.number, "0000-0000"),
        acts.Receipt("RA20260101-9999", receipt.access_code),
    ):
        acts.look_up(page, wrong)
        answers.add(page.get_by_role("alert").inner_text())
        see(page, "查询办理进度")
    assert len(answers) == 1
    acts.look_up(page, receipt)
    see(page, "证书已签发")
    expect(page.get_by_text(codes.reference)).to_be_visible()
    picture(page, "phone-status")

    acts.pick_up(page, acts.Codes(codes.reference, "0000-0000-0000-0000"))
    expect(page.get_by_role("alert")).to_have_text(answers.pop())
    see(page, "领取证书")
    acts.pick_up(page, codes)
    see(page, "证书已领取")
    picture(page, "phone-picked-up")
    der = download(page, "下载证书 DER")
    assert Subscribed(der).serial == hexadecimal(
        page.locator("dt:has-text('序列号') + dd").inner_text()
    )
    return Subscribed(der)


def verified_by_others(certificate: Subscribed, others: Others) -> None:
    """CPS-7.1: from the certificate up to the root, by the addresses that stand in it."""
    at = datetime.now(UTC)
    path = [certificate.der]
    while Subscribed(path[-1]).read.issuer != Subscribed(path[-1]).read.subject:
        path.append(Subscribed(path[-1]).issuer())
    for lower, upper in pairwise(path):
        others.openssl.verify_certificate(lower, upper, at=at)
        others.bouncycastle.verify_certificate(lower, upper)
    assert len(path) == 4
    others.bouncycastle.verify_crl(certificate.crl(), path[1])
    others.bouncycastle.verify_path(path[:-1], path[-1], at=at)


def online_status(certificate: Subscribed, others: Others) -> str:
    """What the responder says to OpenSSL's question, read and verified by BouncyCastle."""
    question, answer = certificate.ocsp_answer(others.openssl)
    facts = others.bouncycastle.verify_ocsp(answer, certificate.issuer(), question)
    assert facts["delegated"] == "true"
    serial, _, status = facts["statuses"].partition(":")
    assert int(serial, 0) == certificate.serial
    return status


def revocation_asked_for(page: Page, receipt: acts.Receipt, certificate: Subscribed) -> str:
    """CPS-4.9.1, CPS-4.9.3: questions lead to the cause; the request's number."""
    page.goto(f"/w/search/?q={certificate.serial:x}")
    see(page, "有效")
    picture(page, "certificate")
    page.get_by_role("link", name="申请吊销").click()
    see(page, "申请吊销")
    page.get_by_label("介质丢失").check()
    now = datetime.now(UTC) + timedelta(hours=7)
    page.get_by_label("何时发现").fill(f"{now:%Y-%m-%dT%H:%M}")
    page.get_by_label("提交的书面资料").fill("订户到柜台说明介质丢失，已核对身份证原件。")
    picture(page, "revocation-ask")
    acts.press(page, "提交吊销申请")
    see(page, "吊销申请")
    expect(page.get_by_text("需要另一人审核")).to_be_visible()
    return page.url.rstrip("/").rpartition("/")[2]


def revocation_agreed(page: Page, number: str, certificate: Subscribed) -> None:
    """CPS-4.9.3: the other person confirms which one, by its last four digits."""
    page.goto("/w/revocations/")
    see(page, "吊销申请")
    picture(page, "revocations")
    page.get_by_role("link", name=number).click()
    see(page, f"吊销申请 {number}")
    picture(page, "revocation")
    tail = page.get_by_label("输入证书序列号末四位")
    tail.fill("zzzz")
    acts.press(page, "确认吊销")
    expect(page.get_by_text("序列号末四位不符")).to_be_visible()
    tail.fill(f"{certificate.serial:x}"[-4:])
    acts.press(page, "确认吊销")
    expect(page.get_by_text("证书已吊销，在线状态立即生效")).to_be_visible()


def listed_on_demand(page: Page, certificate: Subscribed, others: Others) -> None:
    """CPS-4.9.7: the CA operator wants a list now, and it says so."""
    see(page, "CA 总览")
    picture(page, "dashboard")
    row = page.get_by_role("row").filter(has_text="nmg-sm2")
    row.get_by_role("button", name="立即签发").click()
    expect(page.get_by_text("已要求立即签发 CRL")).to_be_visible()

    until(lambda: listed(certificate) is not None)

    entry = listed(certificate)
    reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    facts = others.bouncycastle.look_up(certificate.crl(), certificate.serial)
    others.bouncycastle.verify_crl(certificate.crl(), certificate.issuer())
    assert reason is x509.ReasonFlags.key_compromise
    assert (facts["listed"], facts["reason"]) == ("yes", "KEY_COMPROMISE")


def listed(certificate: Subscribed) -> x509.RevokedCertificate | None:
    found = x509.load_der_x509_crl(certificate.crl())
    return found.get_revoked_certificate_by_serial_number(certificate.serial)


def written_down(page: Page, product, receipt: acts.Receipt) -> None:
    """CPS-5.4.1, CPS-5.4.4: who did what, each entry with its proof; the chain holds."""
    with product.database() as connection:
        query = "SELECT id FROM ra_application WHERE number = %s"
        (key,) = connection.execute(query, [receipt.number]).fetchone()
    page.goto("/audit/")
    see(page, "审计日志")
    picture(page, "audit")
    page.get_by_label("对象").fill(f"ra.application:{key}")
    acts.press(page, "查询")
    told = page.locator("table.tbl tbody").inner_text()
    for word in (
        "提交审核",
        "领取申请",
        "判定字段",
        "审核通过",
        "订户接受证书",
        OPERATOR,
        REVIEWER,
    ):
        assert word in told, word
    entry = page.get_by_role("row").filter(has_text="审核通过")
    entry.get_by_role("link").click()
    expect(page.get_by_text("重算一致", exact=True)).to_be_visible()
    picture(page, "audit-entry")
    proved_by_sm3(page)
    acts.press(page, "全量校验")
    expect(page.get_by_text("全量校验已经开始")).to_be_visible()
    verified = product.manage("verify_journal")
    assert verified.stdout.startswith("intact: "), verified


def proved_by_sm3(page: Page) -> None:
    """The digest on the screen is the SM3 of the text on the screen."""
    text = page.locator("pre.json").last.text_content()
    shown = page.locator(".proof code").nth(1).inner_text()
    assert re.sub(r"\s", "", shown) == hashlib.new("sm3", text.encode()).hexdigest()
