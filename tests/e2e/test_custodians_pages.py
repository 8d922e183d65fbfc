"""A share on paper and back, and a demo activated in two clicks, in browsers."""

import json
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from pki import shares
from tests.e2e import acts
from tests.e2e.acts import Held
from tests.e2e.test_custody import HOST, stopped
from tests.e2e.test_custody import Custodian as At
from tests.e2e.windows import picture, see

FIRST, SECOND, THIRD = "陆辰", "白舟", "许宁"
ANEW = "山上 的 云 走得 很慢"


def by_command(held: Held, folder: Path) -> dict[str, str]:
    """What the command line makes of the same file."""
    (folder / "pass").write_text(held.passphrase)
    command = ("custodian", "words", held.path, "--passphrase-file", folder / "pass")
    ran = subprocess.run(
        [sys.executable, "-m", "pki", *map(str, command)], capture_output=True, check=True
    )
    return json.loads(ran.stdout)


def test_a_browsers_paper_is_the_command_lines_and_opens_again(desk_of, share_files, tmp_path):
    """CPS-6.2.8: words are shown in the page alone; what is typed becomes a share file."""
    page, own = desk_of(FIRST), share_files[FIRST]
    page.goto("/ca/custody/")
    page.get_by_role("link", name="纸质备份").click()
    see(page, "份额的纸质备份")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(f"{one.method} {one.url} {one.post_data}"))

    shown(page, share_files[SECOND].path, share_files[SECOND].passphrase)
    expect(page.get_by_text("这是别人的份额文件")).to_be_visible()
    shown(page, own.path, "不是这个口令 不是这个口令")
    expect(page.get_by_text("口令不对，或文件被改动")).to_be_visible()
    shown(page, own.path, own.passphrase)

    said = by_command(own, tmp_path)
    words = page.locator("[data-paper-shown] [data-of=share_words]")
    expect(words).to_have_text(said["share_words"])
    for name, text in said.items():
        on_paper = page.locator(f"[data-paper-shown] [data-of={name}]").inner_text()
        assert on_paper.replace(" ", "") == text.replace(" ", ""), name
    picture(page, "custody-words")
    page.emulate_media(media="print")
    picture(page, "custody-words-printed")
    for hidden in (page.get_by_label("您的份额文件"), page.get_by_role("button", name="打印")):
        expect(hidden).to_be_hidden()
    page.emulate_media(media="screen")
    left = page.evaluate(
        "() => { dispatchEvent(new Event('pagehide'));"
        " return document.querySelector('[data-paper-shown]').innerText; }"
    )
    for name in ("share_words", "key_words"):  # one character alone may stand in a label, too
        assert said[name].replace(" ", "")[:4] not in left.replace(" ", "")
    expect(words).to_be_hidden()

    typed(page, said["share_words"][:-1], said["key_words"])
    expect(page.get_by_text("字不对：有错字或漏字")).to_be_visible()
    other = by_command(share_files[SECOND], tmp_path)
    typed(page, other["share_words"], said["key_words"])
    expect(page.get_by_text("这些字不属于您现行的这份份额")).to_be_visible()
    with page.expect_download() as started:
        typed(page, said["share_words"].replace(" ", ""), said["key_words"])
    expect(page.get_by_text("字是对的，份额文件已下载")).to_be_visible()
    assert page.get_by_label("份额的字").input_value() == ""
    path = tmp_path / "again.json"
    started.value.save_as(path)
    assert [one for one in sent if "/ca/custody" in one] == []
    again, before = shares.open_file(path.read_text(), ANEW), own.opened()
    assert shares.private_of(again.key) == shares.private_of(before.key)
    assert (again.share, again.set_id, again.signer) == (before.share, before.set_id, before.signer)
    proved(page, path)


def shown(page: Page, path: Path, passphrase: str) -> None:
    page.get_by_label("您的份额文件").set_input_files(path)
    page.get_by_label("份额文件的口令").fill(passphrase)
    acts.press(page, "打开并显示字")


def typed(page: Page, share: str, key: str) -> None:
    page.get_by_label("我已把上面的指纹").check()
    page.get_by_label("份额的字").fill(share)
    page.get_by_label("保管密钥的字").fill(key)
    page.get_by_label("新文件的口令").fill(ANEW)
    page.get_by_label("再输入一次口令").fill(ANEW)
    acts.press(page, "核对并保存份额文件")


def proved(page: Page, path: Path) -> None:
    """The restored file is as good as the first one."""
    page.goto("/ca/custody/")
    acts.press(page, "演练")
    page.get_by_label("您的份额文件").set_input_files(path)
    page.get_by_label("份额文件的口令").fill(ANEW)
    acts.press(page, "打开文件并证明")
    expect(page.get_by_text("演练通过")).to_be_visible()


def test_two_clicks_activate_a_demo(desk_of, product):
    """CPS-6.2.8: one of each of two custodians; what the signer gets are two shares."""
    host, one, two = desk_of(HOST), desk_of(FIRST), desk_of(SECOND)
    stopped(At(THIRD, desk_of(THIRD)), host)
    one.goto("/ca/custody/")
    two.goto("/ca/custody/")
    see(one, "密钥保管与启用")
    picture(one, "custody-demo-share")

    acts.press(one, "带来我的演示份额")
    expect(one.get_by_text("份额已加密提交")).to_be_visible()
    picture(one, "custody-demo-brought")
    acts.press(two, "带来我的演示份额")

    expect(two.get_by_text("密钥已于")).to_be_visible()
    assert product.signer().custody()["state"] == "active"
