"""One's own page: where one is signed in, what one is told of, and a password of one's own."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import acts, hiring
from tests.e2e.test_access import ask
from tests.e2e.windows import picture, see

ASKS, AGREES, OUTSIDER = "唐书", "高远", "袁希"
NAME = "苍山"


def test_signed_in_at_two_browsers_and_out_at_one(desk_of, open_window, product):
    """WP-7.2, CPS-6.5.1"""
    asks, agrees, outsider = desk_of(ASKS), desk_of(AGREES), desk_of(OUTSIDER)
    here, there = (open_window(base_url=product.url("staff")) for _ in range(2))
    newcomer = hiring.hired(asks, agrees, here, NAME)
    hiring.signed_in_elsewhere(there, newcomer)
    expect(there.get_by_text("有新的安全提醒")).to_be_visible()

    told_and_acknowledged(here)
    ended_elsewhere(here, there, outsider)
    policy_of_passwords(here)


def told_and_acknowledged(page: Page) -> None:
    """WP-7.2: a browser never seen before is an alert."""
    page.goto("/me/")
    see(page, NAME)
    alerts = page.get_by_role("region", name="安全提醒")
    expect(alerts).to_contain_text("在一个没有见过的浏览器上登录")
    picture(page, "me-alert")
    acts.press(page, "是我本人，知道了")
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(alerts).to_have_count(0)


def ended_elsewhere(here: Page, there: Page, outsider: Page) -> None:
    """Only one's own; who is out learns it with the next click."""
    sessions = here.get_by_role("region", name="登录的浏览器")
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    address = sessions.locator("form").get_attribute("action")
    assert ask(outsider, "POST", address).status == 404
    here.reload()
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    sessions.get_by_role("button", name="在那里退出").click()
    expect(here.get_by_text("已在那里退出登录")).to_be_visible()
    expect(sessions.get_by_role("listitem")).to_have_count(1)
    see(here, NAME)
    picture(here, "me-one-session")
    there.get_by_role("link", name="修改密码").first.click()
    expect(there).to_have_url(re.compile("/sign-in/"))
    see(there, "登录")


def policy_of_passwords(page: Page) -> None:
    """CPS-6.5.1: too short, without digits, the one before; then a good one."""
    page.goto("/me/password/")
    for bad, said in (
        ("short-1", "10 个字符"),
        ("Only-letters-here", "数字"),
        (hiring.PASSWORD, "最近"),
    ):
        hiring.new_password(page, hiring.PASSWORD, bad)
        acts.press(page, "更换密码")
        expect(page.locator(".err").filter(has_text=said)).to_be_visible()
    see(page, "修改密码")
    picture(page, "password-refused")
    hiring.new_password(page, hiring.PASSWORD, "Rowan-Kestrel-31?")
    acts.press(page, "更换密码")
    expect(page.get_by_text("密码已更换")).to_be_visible()
