"""A reviewer's key, made in her browser, enrolled by two others, and the decisions it signs."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import acts
from tests.e2e.windows import picture, see
from tests.support.waiting import until

OWNER, LOGIN, ASKS, AGREES = "何鸣", "heming", "唐书", "高远"
ENROL = "启用操作员密钥"


@pytest.fixture
def staff_number(product) -> str:
    with product.database() as connection:
        query = "SELECT staff_number FROM people_staffmember WHERE name = %s"
        return connection.execute(query, [OWNER]).fetchone()[0]


def test_a_decision_is_signed_by_the_key_in_this_browser_and_in_no_other(
    desk_of, product, submitted, staff_number, enrolling
):
    """CPS-5.2.2, CPS-5.2.3"""
    owner, asks, agrees = desk_of(OWNER), desk_of(ASKS), desk_of(AGREES)
    made(agrees)
    made(asks)
    enrolling("gaoyuan", "tangshu")  # who asks and who agrees sign, too
    elsewhere = desk_of(OWNER)
    (receipt,) = submitted()
    file = f"/people/of/{staff_number}/"
    made(owner)
    asks.goto(file)
    acts.press(asks, "提请启用")
    expect(asks.get_by_text("已提请启用密钥")).to_be_visible()
    agreed_to(agrees)

    without_key(elsewhere, receipt.number)
    owner.goto(f"/w/cases/{receipt.number}/")
    acts.look_through(owner)
    acts.approve(owner)

    with product.database() as connection:
        query = (
            "SELECT v.grants, length(v.signature), v.statement FROM people_vote v"
            " JOIN people_staffmember p ON p.id = v.checker_id"
            " WHERE p.name = %s AND v.key_id IS NOT NULL"
        )
        ((grants, length, statement),) = connection.execute(query, [OWNER]).fetchall()
    assert (grants, length) == (True, 64)
    assert '"action":"ra.approve_application"' in statement
    certified(product)
    with_certificate(owner)
    code_alone(elsewhere)
    asks.goto(file)
    acts.press(asks, "吊销密钥")
    expect(asks.get_by_text("密钥已吊销，以后的审批不能再用它签名。")).to_be_visible()


def made(page: Page) -> None:
    page.goto("/me/key/")
    see(page, "操作员密钥")
    acts.press(page, "生成密钥")
    expect(page.get_by_text("密钥已登记")).to_be_visible()
    expect(page.get_by_text("待启用", exact=True)).to_be_visible()
    picture(page, "my-key-made")


def agreed_to(page: Page) -> None:
    page.goto("/approvals/")
    see(page, "待我审批")
    picture(page, "approvals")
    page.get_by_role("link", name=ENROL).click()
    see(page, ENROL)
    page.get_by_label("意见").fill("已当面核对指纹")
    picture(page, "approval")
    page.get_by_role("button", name="同意", exact=True).click()
    expect(page.get_by_text("审批通过，已生效")).to_be_visible()


def without_key(page: Page, number: str) -> None:
    """At another browser the form stays where it is, and says why."""
    acts.claim(page, number)
    dialog = acts.ask_for(page, "不予批准")
    dialog.get_by_label("未能通过身份核验").check()
    dialog.get_by_label("给申请人的说明").fill("请到发证机关更换证件后再来。")
    dialog.get_by_role("button", name="不予批准").click()
    expect(dialog.get_by_text("这个浏览器里没有您的操作员密钥")).to_be_visible()
    picture(page, "no-key-here")


def certified(product) -> None:
    """The CA has made a certificate for the key."""

    def there() -> bool:
        query = (
            "SELECT 1 FROM ca_certificate c JOIN people_staffmember p"
            " ON c.holder = 'staff:' || p.id"
            " WHERE p.name = %s AND profile = 'operator-p256' AND c.state = 'valid'"
        )
        with product.database() as connection:
            return connection.execute(query, [OWNER]).fetchone() is not None

    until(there, "a certificate for the operator's key")


def at_the_second_factor(page: Page) -> None:
    page.context.clear_cookies()
    page.goto(f"/sign-in/?as={LOGIN}")
    page.get_by_role("button", name="下一步：动态口令").click()
    see(page, "动态口令")


def with_certificate(page: Page) -> None:
    """CPS-5.2.3: the browser that has the key signs in without a code."""
    page.goto("/me/key/")
    expect(page.get_by_text("有效期至")).to_be_visible()
    picture(page, "my-key-certified")
    at_the_second_factor(page)
    button = page.get_by_role("button", name="用操作员证书")
    expect(button).to_be_visible()
    picture(page, "sign-in-certificate")
    button.click()
    page.wait_for_url(re.compile("/w/queue/"))
    page.goto("/me/")
    see(page, OWNER)


def code_alone(page: Page) -> None:
    """Another browser is offered nothing: the key is not there."""
    at_the_second_factor(page)
    expect(page.get_by_label("动态口令")).to_be_visible()
    expect(page.get_by_role("button", name="用操作员证书")).to_be_hidden()
