"""Three custodians at three browsers: shares handed out, two of three activate, one stops.

What the browsers made is opened by pki/shares.py, and what that made is opened by the browsers.
"""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote_plus

from playwright.sync_api import Page, Request, expect

from pki import passphrases, shares
from pki.shares import Share
from tests.e2e import acts
from tests.e2e.acts import Held
from tests.e2e.windows import picture, see

HOST, AGREES, AUDITOR, OUTSIDER = "唐书", "高远", "江晚", "陈越"
CUSTODIANS, STOPS = ("陆辰", "白舟", "许宁"), "xuning"
DAILY, ANEW = "日常签发：证书、CRL、OCSP", "重新分发份额：只允许分发一次，不签名"
WORDS = "平静 河流 七月 灯塔 木桥"
SPELT = (b64encode, urlsafe_b64encode)
REASONS = ("份额持有人换了电脑", "日常签发到下一季度", "演练：发现异常")


@dataclass(frozen=True)
class Custodian:
    name: str
    page: Page


def keep(product, held: dict[str, Held]) -> None:
    """From now on the demo's custodians have these: the signer may be started again."""
    rows = json.loads(product.home.demo_shares.read_text())
    for row in rows:
        now = held[shares.read_file(row["file"])["name"]]
        row |= {"file": now.path.read_text(), "passphrase": now.passphrase}
    for place in (product.home.demo_shares, product.home.demo_site_shares):
        with place.open("r+") as file:  # it stays its owner's
            file.truncate()
            json.dump(rows, file, ensure_ascii=False)


def test_three_take_their_shares_two_activate_and_one_stops(
    desk_of, product, share_files, enrolling, tmp_path
):
    """CPS-6.2.2, CPS-6.2.8, CPS-6.2.9, CPS-5.2.2"""
    host, auditor = desk_of(HOST), desk_of(AUDITOR)
    three = [Custodian(name, desk_of(name)) for name in CUSTODIANS]
    sent = overheard(three)
    drafted(host)
    acts.decide(desk_of(AGREES), "分发密钥份额", CUSTODIANS[0])
    for one in three:
        enrolled(one)
    resplit = asked(host, ANEW, "1", REASONS[0])
    for one in three[:2]:
        brings(one, resplit, share_files[one.name])
    expect(host.get_by_text("密钥已于")).to_be_visible()

    new = {one.name: taken(one, tmp_path) for one in three}

    for name, held in new.items():  # what WebCrypto and the vendored HPKE made, opened by Python
        file = held.opened()
        seat = checks(product)[str(file.share.number)]
        assert (
            file.name,
            shares.check_value(file.share.value, file.set_id, file.share.number),
        ) == (
            name,
            seat,
        )
        assert int(shares.read_file(held.path.read_text())["rounds"]) >= 600_000
    keep(product, new)
    drilled(three[0], new[three[0].name])
    three[2].page.goto("/me/key/")
    acts.press(three[2].page, "生成密钥")
    expect(three[2].page.get_by_text("密钥已登记")).to_be_visible()
    enrolling(STOPS)
    stops_nothing(desk_of(CUSTODIANS[2]))
    stopped(three[2], host)
    with product.database() as connection:
        query = "SELECT state, signed->>'statement' FROM ca_stoporder ORDER BY id DESC LIMIT 1"
        ((order, statement),) = connection.execute(query).fetchall()
    assert (order, json.loads(statement)["how"]) == ("done", "emergency")
    activated(host, three, new, share_files, tmp_path)
    watched(auditor, desk_of(OUTSIDER), host.url)
    assert any("share_signature=" in one for one in sent)  # so there was something to be heard
    secrets = {one for each in (new, share_files) for held in each.values() for one in inside(held)}
    assert {one for one in secrets if any(one in all_of_it for all_of_it in sent)} == set()


def overheard(three: list[Custodian]) -> list[str]:
    """All that their windows send from now on: address, headers, body; as it is and decoded."""
    sent: list[str] = []

    def hear(one: Request) -> None:
        body = (one.post_data_buffer or b"").decode(errors="replace")
        said = f"{one.url}\n{one.headers}\n{body}"
        sent.extend((said.lower(), unquote_plus(said).lower()))

    for one in three:
        one.page.on("request", hear)
    return sent


def inside(held: Held) -> set[str]:
    """What a custodian's file keeps, and how it might be spelt, in small letters; nor the file."""
    fields = shares.read_file(held.path.read_text())
    kept = passphrases.open_sealed(fields, held.passphrase)
    scalar = held.opened().key.private_numbers().private_value.to_bytes(32, "big")
    octets = [scalar, *(bytes.fromhex(one) for one in (*kept.values(), fields["sealed"]))]
    base64 = [spell(one).decode().rstrip("=") for one in octets for spell in SPELT]
    return {one.lower() for one in (held.passphrase, *(one.hex() for one in octets), *base64)}


def checks(product) -> dict[str, str]:
    """The signer's own list: check value by number."""
    return {str(one["number"]): one["check"] for one in product.signer().custody()["custodians"]}


def drafted(host: Page) -> None:
    host.goto("/ca/custody/")
    see(host, "密钥保管与启用")
    acts.press(host, "提请分发")
    expect(host.get_by_role("alert")).to_be_visible()
    for name in CUSTODIANS:
        host.get_by_label(name).check()
    acts.press(host, "提请分发")
    expect(host.get_by_text("已提请分发份额")).to_be_visible()


def enrolled(one: Custodian) -> None:
    one.page.goto("/ca/custody/")
    one.page.get_by_role("link", name="办理我的份额").click()
    see(one.page, "我的密钥份额")
    acts.press(one.page, "生成保管密钥")
    expect(one.page.get_by_text("保管密钥已登记")).to_be_visible()
    picture(one.page, "custody-enrolled")


def asked(host: Page, purpose: str, hours: str, reason: str, ceremony: str = "") -> str:
    """The address of the activation."""
    host.goto("/ca/custody/")
    host.get_by_label("用途").select_option(label=purpose)
    host.get_by_label("最长时间").fill(hours)
    host.get_by_label("签名次数上限").fill("1000000")
    form = host.locator("form[action$='/activations/']")
    form.get_by_label("原因").fill(reason)
    form.get_by_label("仪式编号").fill(ceremony)
    acts.press(host, "发起启用")
    see(host, "启用密钥")
    return host.url


def choose(one: Custodian, address: str, held: Held) -> None:
    one.page.goto(address)
    expect(one.page.get_by_label("您的份额文件")).to_be_visible()
    one.page.get_by_label("您的份额文件").set_input_files(held.path)


def brings(one: Custodian, address: str, held: Held) -> None:
    """The signer's words are checked and shown before anything is opened."""
    choose(one, address, held)
    expect(one.page.get_by_text("签名服务请求")).to_be_visible()
    send(one, held.passphrase)
    expect(one.page.get_by_text("份额已加密提交")).to_be_visible()


def send(one: Custodian, passphrase: str) -> None:
    one.page.get_by_label("份额文件的口令").fill(passphrase)
    one.page.get_by_label("我已核对上面的用途").check()
    acts.press(one.page, "加密并提交份额")


def taken(one: Custodian, folder: Path) -> Held:
    """What was handed out goes into a file under a passphrase, and a receipt to the signer."""
    page = one.page
    page.goto("/ca/custody/")
    page.get_by_role("link", name="办理我的份额").click()
    expect(page.get_by_role("heading", name="第二步：取出份额")).to_be_visible()
    see(page, "我的密钥份额")
    first, again = page.get_by_label("份额文件的口令"), page.get_by_label("再输入一次口令")
    first.fill("太短")
    acts.press(page, "打开份额并保存文件")
    expect(page.get_by_text("口令太短")).to_be_visible()
    first.fill(f"{WORDS} {one.name}")
    again.fill(WORDS)
    acts.press(page, "打开份额并保存文件")
    expect(page.get_by_text("两次输入的口令不同")).to_be_visible()
    picture(page, "custody-take")
    again.fill(f"{WORDS} {one.name}")
    with page.expect_download() as started:
        acts.press(page, "打开份额并保存文件")
    path = folder / f"{one.name}.json"
    started.value.save_as(path)
    acts.press(page, "文件已存好，签署收条")
    expect(page.get_by_text("收条已登记")).to_be_visible()
    expect(page.get_by_text("您已持有这份份额")).to_be_visible()
    return Held(path, f"{WORDS} {one.name}")


def drilled(one: Custodian, held: Held) -> None:
    """The file is opened in the browser, and only a signature leaves it."""
    page = one.page
    page.goto("/ca/custody/")
    acts.press(page, "演练")
    see(page, "份额演练")
    page.get_by_label("您的份额文件").set_input_files(held.path)
    page.get_by_label("份额文件的口令").fill("不是这个口令 不是这个口令")
    acts.press(page, "打开文件并证明")
    expect(page.get_by_text("口令不对，或文件被改动")).to_be_visible()
    page.get_by_label("份额文件的口令").fill(held.passphrase)
    picture(page, "custody-drill")
    acts.press(page, "打开文件并证明")
    expect(page.get_by_text("演练通过")).to_be_visible()
    picture(page, "custody-register")


def stops_nothing(elsewhere: Page) -> None:
    """Who has a key signs with it; another browser does not have it."""
    orders(elsewhere)
    expect(elsewhere.get_by_text("没有提交：这个浏览器里没有您的操作员密钥")).to_be_visible()


def stopped(one: Custodian, host: Page) -> None:
    """One custodian alone, at once; who has a key signs with it."""
    orders(one.page)
    expect(one.page.get_by_text("已下令停用")).to_be_visible()
    host.goto("/ca/custody/")
    expect(host.get_by_text("已封存，不能签名")).to_be_visible()
    picture(host, "custody-sealed")


def orders(page: Page) -> None:
    page.goto("/ca/custody/")
    page.get_by_text("紧急停用（一人即可）").click()
    page.locator("form[action$='/stop/']").get_by_label("原因").fill(REASONS[2])
    acts.press(page, "立即封存密钥")


def activated(
    host: Page,
    three: list[Custodian],
    new: dict[str, Held],
    old: dict[str, Held],
    folder: Path,
) -> None:
    """Whatever is wrong is refused where it is, with its own words, and spoils nothing."""
    one, two, _ = three
    address = asked(host, DAILY, str(24 * 90), REASONS[1])
    choose(one, address, old[one.name])
    expect(one.page.get_by_text("这是另一组的份额")).to_be_visible()
    choose(one, address, new[two.name])
    expect(one.page.get_by_text("这是别人的份额文件")).to_be_visible()
    choose(one, address, new[one.name])
    send(one, "不是这个口令 不是这个口令")
    expect(one.page.get_by_text("口令不对，或文件被改动")).to_be_visible()
    picture(one.page, "custody-bring")
    send(one, new[one.name].passphrase)
    expect(one.page.get_by_text("份额已加密提交")).to_be_visible()
    expect(host.get_by_role("img", name="已收到 1 份")).to_be_visible()

    brings(two, address, wrong(new[two.name], folder))
    expect(two.page.get_by_text("不是当初分发的那一份")).to_be_visible()
    expect(host.get_by_role("img", name="已收到 1 份")).to_be_visible()
    brings(two, address, new[two.name])
    expect(host.get_by_text("密钥已于")).to_be_visible()
    see(host, "启用密钥")
    picture(host, "custody-active")
    host.goto("/ca/custody/")
    expect(host.get_by_text("已启用，可以签名")).to_be_visible()
    see(host, "密钥保管与启用")
    picture(host, "custody-page")
    host.goto(address)


def wrong(held: Held, folder: Path) -> Held:
    """A share that was never handed out, in the right custodian's file."""
    opened = held.opened()
    other = replace(opened, share=Share(opened.share.number, bytes(range(16))))
    path = folder / "wrong.json"
    path.write_text(shares.seal_file(other, held.passphrase))
    return Held(path, held.passphrase)


def watched(auditor: Page, outsider: Page, address: str) -> None:
    """The auditor sees who brought what; others are kept out."""
    auditor.goto(address)
    see(auditor, "启用密钥")
    expect(auditor.get_by_text(re.compile("签名服务已接受"))).to_have_count(2)
    expect(auditor.get_by_label("您的份额文件")).to_have_count(0)
    auditor.goto("/audit/?action=ca.bring_share")
    expect(auditor.get_by_text("提交密钥份额").first).to_be_visible()
    outsider.goto(address)
    see(outsider, "您不能做这一步")
