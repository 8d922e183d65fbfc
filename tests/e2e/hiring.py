"""Somebody new, let in by two: with a password and a device that the tests know."""

import re
from base64 import b32decode
from dataclasses import dataclass
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from people.accounts import codes
from tests.e2e import acts, people
from tests.e2e.windows import see

PASSWORD = "Staple-Heron-57!"
STEP = 30  # seconds that a code counts, RFC 6238


@dataclass(frozen=True)
class Newcomer:
    """`used`: the step of the code that was shown last."""

    login: str
    file: str
    key: bytes
    used: int


def hired(asks: Page, agrees: Page, page: Page, name: str) -> Newcomer:
    """An account asked for and agreed to; `page` is the newcomer's, signed in afterwards."""
    number = f"08{people.numbers(1)[0]:03}"
    login, file = f"new{number}", f"/people/of/{number}/"
    asks.goto("/people/new/")
    asks.get_by_label("姓名").fill(name)
    asks.get_by_label("工号").fill(number)
    asks.get_by_label("登录名").fill(login)
    acts.press(asks, "提请启用")
    see(asks, name)
    acts.decide(agrees, "启用账号", login)
    password = _drawn(asks, file, name, "取出初始密码")
    enrolment = _drawn(agrees, file, name, "取出登记码")
    return Newcomer(login, file, *_entered(page, login, password, enrolment))


def _drawn(page: Page, file: str, name: str, label: str) -> str:
    page.goto(file)
    see(page, name)
    acts.press(page, label)
    see(page, label.removeprefix("取出"))
    return page.locator(".codebox b").inner_text()


def _entered(page: Page, login: str, password: str, enrolment: str) -> tuple[bytes, int]:
    """With what two people handed over; the first thing to do is a password of one's own."""
    shown_password(page, login, password)
    see(page, "登记动态口令器")
    page.get_by_label("登记码").fill(enrolment)
    acts.press(page, "下一步：扫描密钥")
    key = b32decode(re.sub(r"\s", "", page.locator("[data-secret]").inner_text()))
    see(page, "登记动态口令器")
    at = datetime.now(UTC)
    code = codes.code(key, after=0, at=at)
    page.get_by_label(re.compile("数字|口令|验证码")).last.fill(code)
    acts.press(page, "完成登记并登录")
    see(page, "修改密码")
    new_password(page, password, PASSWORD)
    acts.press(page, "更换密码")
    expect(page.get_by_text("密码已更换")).to_be_visible()
    return key, int(at.timestamp()) // STEP


def shown_password(page: Page, login: str, password: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    acts.press(page, "下一步")


def new_password(page: Page, old: str, new: str) -> None:
    page.get_by_label("现在的密码").fill(old)
    page.get_by_label("新密码", exact=True).fill(new)
    page.get_by_label("再输一次新密码").fill(new)


def signed_in_elsewhere(page: Page, one: Newcomer) -> None:
    """At another browser, with the next code of the device."""
    shown_password(page, one.login, PASSWORD)
    code = codes.code(one.key, after=one.used, at=datetime.now(UTC))
    page.get_by_label("动态口令").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("button", name="退出登录", exact=True)).to_be_visible()
