"""Codes in place of lost ones, and certificates in place of others: what the counter does later."""

import re
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

from anxin.demo.cast import Person
from tests.e2e import acts, people
from tests.e2e.windows import picture, see

OPERATOR, REVIEWER, OUTSIDER = "陈越", "沈佳", "袁希"


def test_one_subscribers_certificates_follow_each_other(desk_of, phone, product, tmp_path, openssl):
    """CPS-3.3.2, CPS-4.3.1, CPS-4.6, CPS-4.7, CPS-4.8"""
    operator, reviewer, outsider = desk_of(OPERATOR), desk_of(REVIEWER), desk_of(OUTSIDER)
    person = people.somebody()
    number = acts.enter(operator, person, tmp_path).number
    acts.review(reviewer, number)

    picked_up_with_new_codes(operator, reviewer, outsider, phone, number)
    first = certificate_of(operator, number)
    too_early(operator, first)
    outsider.goto(f"{first}renew/")
    see(outsider, "您不能做这一步")
    reviewer.goto(f"{first}renew/")
    see(reviewer, "您不能做这一步")
    soon_over(product, first)

    second = renewed(operator, reviewer, first, person)
    third = re_keyed(operator, reviewer, second, person, tmp_path)
    fourth = modified(operator, reviewer, third, person)

    keys = [key_of(operator, one, openssl, tmp_path) for one in (first, second, third, fourth)]
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert [state_of(operator, one) for one in (first, second, third, fourth)] == [
        *("有效", "有效", "已吊销", "有效")
    ]
    nothing_follows_a_revocation(operator, third)


# --- other codes -----------------------------------------------------------------------------


def picked_up_with_new_codes(
    page: Page, other: Page, outsider: Page, phone: Page, number: str
) -> None:
    """CPS-4.3.1: the old ones end when it is asked for, the new ones take two people."""
    old = acts.issue_codes(page, number)
    page.get_by_role("link", name="完成").click()
    page.locator("summary", has_text="补发参考号和授权码").click()
    page.get_by_label("补发原因").select_option(label="授权码可能被他人看到")
    page.get_by_label("怎样核对领取人的身份").select_option(label="现场核验原件")
    picture(page, "codes-replace")
    acts.press(page, "作废原凭证并申请补发")
    expect(page.get_by_text("补发等另一人审批", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="生成参考号和授权码")).to_have_count(0)
    see(page, number)
    picture(page, "codes-asked")
    page.get_by_role("link", name="查看审批").click()
    expect(page.get_by_role("button", name="同意", exact=True)).to_have_count(0)
    picture(page, "codes-approval-own")
    outsider.goto(f"/w/handover/{number}/")
    see(outsider, "您不能做这一步")
    refused(phone, old)
    acts.decide(other, "补发下载凭证", number)

    page.goto(f"/w/handover/{number}/")
    expect(page.get_by_text("补发已获同意，可以生成一次")).to_be_visible()
    new = acts.issue_codes(page, number)
    assert new.reference != old.reference
    refused(phone, old)
    acts.pick_up(phone, new)
    see(phone, "证书已领取")
    page.goto(f"/w/handover/{number}/")
    expect(page.get_by_text(f"凭参考号 {new.reference} 领取")).to_be_visible()
    expect(page.get_by_text("补发参考号和授权码")).to_have_count(0)


def refused(phone: Page, codes: acts.Codes) -> None:
    acts.pick_up(phone, codes)
    expect(phone.get_by_role("alert")).to_contain_text("号码和代码对不上")


# --- certificates in place of others ---------------------------------------------------------


def certificate_of(page: Page, number: str) -> str:
    """Its page, below the staff site."""
    page.goto(f"/w/handover/{number}/")
    page.get_by_role("link", name="证书详情").click()
    see(page, "有效")
    return page.url


def too_early(page: Page, certificate: str) -> None:
    """CPS-4.6: the rule stands where the button would be, with its clause."""
    page.goto(certificate)
    page.get_by_role("link", name="更新和变更").click()
    see(page, "更新和变更")
    expect(page.get_by_text("到期前 90 天起才能办理").first).to_contain_text("CPS 4.6.1")
    expect(page.get_by_role("button", name="证书更新（原密钥）")).to_have_count(0)
    picture(page, "renew-too-early")


def soon_over(product, certificate: str) -> None:
    """Ten months go by for this one certificate."""
    with product.database() as connection:
        connection.execute(
            "UPDATE ca_certificate SET not_before = not_before - interval '300 days',"
            " not_after = not_after - interval '300 days' WHERE id = %s",
            [id_of(certificate)],
        )


def id_of(certificate: str) -> int:
    return int(certificate.rstrip("/").rpartition("/")[2])


def renewed(page: Page, reviewer: Page, before: str, person: Person) -> str:
    """CPS-4.6: the old key and the old words; the old certificate stays until its end."""
    number = begun(page, before, "证书更新（原密钥）")
    expect(page.get_by_label("姓名", exact=True)).to_have_value(person.name)
    expect(page.locator("#request").get_by_text("私钥持有已验证")).to_be_visible()
    brought(page, person)
    see(page, number)
    picture(page, "renewal-entered")
    handed_in(page, number)
    acts.claim(reviewer, number)
    expect(reviewer.get_by_role("heading", level=1)).to_contain_text("证书更新（原密钥）")
    expect(reviewer.locator("[data-row=name]")).to_contain_text("已核实")
    see(reviewer, "个人签名证书")
    picture(reviewer, "renewal-review")
    return approved(page, reviewer, number)


def re_keyed(page: Page, reviewer: Page, before: str, person: Person, folder: Path) -> str:
    """CPS-4.7: the old key is refused by its rule; with another one it goes on."""
    number = begun(page, before, "密钥更新（新密钥），其他原因")
    brought(page, person)
    acts.hand_in_request(page, (folder / f"{person.document_number}.csr").read_text())
    acts.press(page, "提交审核")
    wrong = page.get_by_role("alert").get_by_text("密钥更新必须使用新的公钥")
    expect(wrong).to_contain_text("CPS 4.7.1")
    see(page, number)
    picture(page, "re-key-old-key")
    another(page, person, folder)
    handed_in(page, number)
    acts.claim(reviewer, number)
    return approved(page, reviewer, number)


def another(page: Page, person: Person, folder: Path) -> None:
    """A request with a new key in place of the one that is there."""
    page.locator("summary", has_text="换一个请求").click()
    before = page.locator("#request dd.mono").first.inner_text()
    (folder / "second").mkdir()
    acts.hand_in_request(page, people.request(person, "sm2", folder / "second"))
    expect(page.locator("#request dd.mono").first).not_to_have_text(before)


def modified(page: Page, reviewer: Page, before: str, person: Person) -> str:
    """CPS-4.8: other words for the same holder; the old certificate ends with the new one."""
    number = begun(page, before, "证书变更")
    expect(page.get_by_text("新证书生效时原证书同时吊销")).to_be_visible()
    brought(page, person)
    acts.press(page, "提交审核")
    wrong = page.get_by_role("alert").get_by_text("证书中的信息没有变化，不需要变更")
    expect(wrong).to_contain_text("CPS 4.8.1")
    renamed = replace(person, name=f"{person.name}安")
    page.get_by_label("姓名", exact=True).fill(renamed.name)
    acts.press(page, "保存草稿")
    expect(page.get_by_text("已存草稿")).to_be_visible()
    acts.verify(page)
    see(page, number)
    picture(page, "modification-entered")
    handed_in(page, number)
    acts.claim(reviewer, number)
    expect(reviewer.locator("ins").filter(has_text=renamed.name)).to_be_visible()
    picture(reviewer, "modification-review")
    return approved(page, reviewer, number)


def begun(page: Page, certificate: str, what: str) -> str:
    """From the certificate's page; the application's number."""
    page.goto(certificate)
    page.get_by_role("link", name="更新和变更").click()
    page.get_by_role("button", name=re.compile(rf"办理\s*{what}")).click()
    expect(page.get_by_text("已从原申请带入资料")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/w/intake/RA"))
    return page.url.rstrip("/").rpartition("/")[2]


def brought(page: Page, person: Person) -> None:
    """Who comes with a card proves it anew, as at the first registration."""
    for slot, scan in people.papers(person, "sm2").items():
        acts.upload(page, slot, f"{slot}.jpg", scan)
    acts.accept_agreement(page)
    acts.verify(page)


def handed_in(page: Page, number: str) -> None:
    acts.press(page, "提交审核")
    see(page, "已提交审核")
    expect(page.get_by_text(number).first).to_be_visible()


def approved(page: Page, reviewer: Page, number: str) -> str:
    """The new certificate's page."""
    acts.look_through(reviewer)
    acts.approve(reviewer)
    acts.await_certificate(page, number)
    return certificate_of(page, number)


def key_of(page: Page, certificate: str, openssl, folder: Path) -> str:
    """As OpenSSL reads it from the file that the page gives."""
    pem = page.request.get(f"{certificate}file.pem").body()
    path = folder / f"{id_of(certificate)}.pem"
    path.write_bytes(pem)
    return openssl.run("x509", "-in", str(path), "-noout", "-pubkey")


def state_of(page: Page, certificate: str) -> str:
    page.goto(certificate)
    picture(page, f"successor-{id_of(certificate)}")
    return page.locator("h1 .tag").inner_text()


def nothing_follows_a_revocation(page: Page, certificate: str) -> None:
    """CPS-3.3.2"""
    page.goto(certificate)
    expect(page.get_by_text("吊销原因")).to_be_visible()
    page.get_by_role("link", name="更新和变更").click()
    see(page, "更新和变更")
    expect(page.get_by_text("CPS 3.3.2").first).to_be_visible()
    expect(page.get_by_role("button", name="办理")).to_have_count(0)
    picture(page, "renew-after-revocation")
