"""A reviewer's key, made in her browser, enrolled by two others, and the decisions it signs."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import acts
from tests.e2e.windows import picture, see

OWNER, ASKS, AGREES = "何鸣", "唐书", "高远"
ENROL = "启用操作员密钥"


@pytest.fixture
def staff_number(product) -> str:
    with product.database() as connection:
        query = "SELECT staff_number FROM people_staffmember WHERE name = %s"
        return connection.execute(query, [OWNER]).fetchone()[0]


def test_a_decision_is_signed_by_the_key_in_this_browser_and_in_no_other(
    desk_of, product, submitted, staff_number
):
    """CPS-5.2.2, CPS-5.2.3"""
    owner, asks, agrees = desk_of(OWNER), desk_of(ASKS), desk_of(AGREES)
    elsewhere = desk_of(OWNER)
    (receipt,) = submitted()
    file = f"/people/of/{staff_number}/"
    made(owner)
    asks.goto(file)
    acts.press(asks, "提请启用")
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
    asks.goto(file)
    acts.press(asks, "吊销密钥")
    expect(asks.get_by_text("密钥已吊销，以后的审批不能再用它签名。")).to_be_visible()


def made(page: Page) -> None:
    page.goto("/me/key/")
    see(page, "操作员密钥")
    acts.press(page, "生成密钥")
    expect(page.get_by_text("密钥已登记")).to_be_visible()
    expect(page.get_by_text("待启用")).to_be_visible()
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
    dialog = acts.ask_for(page, "不予受理")
    dialog.get_by_label("未能通过身份核验").check()
    dialog.get_by_label("给申请人的说明").fill("请到发证机关更换证件后再来。")
    dialog.get_by_role("button", name="不予受理").click()
    expect(dialog.get_by_text("这个浏览器里没有您的操作员密钥")).to_be_visible()
    picture(page, "no-key-here")
