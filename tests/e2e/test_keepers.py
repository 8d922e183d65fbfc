"""Who keeps the house: partners' keys, offices, people. One asks, another agrees."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import acts, hiring, people
from tests.e2e.windows import picture, see

ASKS, AGREES = "唐书", "高远"
OPERATOR = "陈越"


def test_a_partners_key_is_agreed_to_drawn_once_and_revoked(desk_of):
    """CPS-1.4.2"""
    asks, agrees, operator = desk_of(ASKS), desk_of(AGREES), desk_of(OPERATOR)
    name = f"栖原政务平台 {people.numbers(1)[0]}"

    asks.goto("/w/partner-keys/")
    see(asks, "接口密钥")
    acts.press(asks, "提请审批")
    expect(asks.get_by_role("alert")).to_be_visible()
    see(asks, "接口密钥")
    asks.get_by_label("对方系统名称").fill(name)
    asks.get_by_label("查询申请与证书").check()
    asks.get_by_label("密钥到期日").fill(acts.day(200))
    acts.press(asks, "提请审批")
    expect(asks.get_by_text("已提请，等另一人审批")).to_be_visible()
    picture(asks, "partner-key-asked")
    acts.decide(agrees, "批准接口密钥", name)
    drawn_by_who_agreed(asks, agrees, name)
    row = asks.get_by_role("row").filter(has_text=name)
    row.get_by_role("button", name="作废").click()

    expect(asks.get_by_text("已作废，不能再用")).to_be_visible()
    expect(row.get_by_role("button")).to_have_count(0)
    operator.goto("/w/partner-keys/")
    see(operator, "您不能做这一步")


def drawn_by_who_agreed(asks: Page, agrees: Page, name: str) -> None:
    """Whoever asked for it never holds it; it is shown once."""
    asks.goto("/w/partner-keys/")
    expect(asks.get_by_role("row").filter(has_text=name)).to_contain_text("待取出")
    expect(asks.get_by_role("button", name="取出密钥")).to_have_count(0)
    agrees.goto("/w/partner-keys/")
    row = agrees.get_by_role("row").filter(has_text=name)
    row.get_by_role("button", name="取出密钥").click()
    see(agrees, "接口密钥 PK")
    assert re.fullmatch(r"[\w+/]{43}=", agrees.locator(".codebox b").inner_text())
    picture(agrees, "partner-key-secret")
    agrees.get_by_role("link", name="完成").click()
    expect(row.get_by_role("button", name="取出密钥")).to_have_count(0)
    asks.goto("/w/partner-keys/")


def test_an_office_is_opened_renamed_and_stopped(desk_of):
    """CPS-1.4.2, CPS-5.8"""
    asks, agrees = desk_of(ASKS), desk_of(AGREES)
    code = f"NMG-{100 + people.numbers(1)[0]}"

    asks.goto("/w/offices/")
    see(asks, "注册机构")
    asks.get_by_label("机构代码").fill("小写")
    acts.press(asks, "设立")
    expect(asks.get_by_role("alert")).to_be_visible()
    asks.get_by_label("机构代码").fill(code)
    asks.get_by_label("机构名称").fill("松间受理点")
    asks.get_by_label("类型").select_option(label="受理点（LRA）")
    asks.get_by_label("上级机构").select_option(value="NMG")
    acts.press(asks, "设立")
    asks.goto(f"/w/offices/{code}/")
    see(asks, code)
    asks.get_by_label("机构名称").fill("松间受理点（河东）")
    acts.press(asks, "更名")
    see(asks, "松间受理点（河东）")
    asks.get_by_text("停止本机构").click()
    asks.get_by_label("接收").select_option(value="NMG-01")
    asks.locator("details").get_by_role("button", name="提请审批").click()
    expect(asks.get_by_text("等待审批").first).to_be_visible()
    see(asks, code)
    picture(asks, "office-stopping")
    acts.decide(agrees, "停止机构", code)

    agrees.goto(f"/w/offices/{code}/")
    expect(agrees.get_by_text("由 NMG-01 接收")).to_be_visible()
    see(agrees, "松间受理点（河东） " + code)


def test_a_newcomer_gets_in_by_two_and_is_out_by_one(desk_of, open_window, product):
    """CPS-5.2.3, CPS-5.3.6, WP-7.2: nobody can sign in for a newcomer; suspended is out at once."""
    asks, agrees = desk_of(ASKS), desk_of(AGREES)
    newcomer = open_window(base_url=product.url("staff"))

    asks.goto("/people/new/")
    acts.press(asks, "提请启用")
    expect(asks.get_by_role("alert")).to_be_visible()
    see(asks, "新建账号")
    file = hiring.hired(asks, agrees, newcomer, "白石").file
    newcomer.goto("/me/")
    see(newcomer, "白石")
    picture(newcomer, "me-newcomer")

    no_role_without_a_file(asks, file)
    asks.goto(file)
    asks.get_by_label("入职或合同开始日期").fill(acts.day(-3))
    acts.press(asks, "建立档案")
    see(asks, "白石")
    picture(asks, "person-new-file")
    acts.press(asks, "立即停职")
    expect(asks.get_by_text("停职").first).to_be_visible()
    newcomer.goto("/me/")
    expect(newcomer).to_have_url(re.compile("/sign-in/"))


def no_role_without_a_file(page: Page, file: str) -> None:
    """CPS-5.3.1: the simulator and the act say the same, and why."""
    page.goto(file)
    number = file.rstrip("/").rpartition("/")[2]
    page.goto(f"/people/matrix/?person={number}&role=support")
    expect(page.get_by_text("白石 不能担任")).to_be_visible()
    see(page, "岗位互斥")
    picture(page, "role-simulated")
