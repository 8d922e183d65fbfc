"""A CA key with a root elsewhere: request out, certificate in, as drills and for real.

Five people, each at a window of their own, sign with keys that never leave it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from anxin.demo import shares
from anxin.supervisor.home import CHECKOUT
from pki.signer.offers import ACTIVATE, CEREMONY
from tests.e2e import acts
from tests.e2e.acts import Held
from tests.e2e.test_custody import Custodian, asked, brings, choose
from tests.e2e.windows import picture, see
from tests.support.signer import activate

HOST, WITNESS, AUDITOR, CUSTODIANS = "唐书", "高远", "江晚", ("陆辰", "白舟")
LOGINS = ("tangshu", "gaoyuan", "jiangwan", "luchen", "baizhou")
EVERYBODY = (HOST, *CUSTODIANS, WITNESS, AUDITOR)
KEEPERS = (*CUSTODIANS, WITNESS, AUDITOR)
ASKED = {
    "gather": EVERYBODY,
    "device": (HOST, WITNESS),
    "make_key": KEEPERS,
    "make_responder": KEEPERS,
    "request": KEEPERS,
    "enter": KEEPERS,
    "close": EVERYBODY,
}
SIGN = "核对无误，签名确认"
COMPARED = "我已核对上面的用途"
INK = "rgb(22, 34, 44)"  # of static/css/app.css
OUT, AGAIN, IN = "生成 CA 密钥并导出证书请求", "重新导出证书请求", "导入外部根签发的 CA 证书"
FOR_A_CEREMONY = "密钥仪式：脚本写明的事，以及日常签发"
ALTERED = {
    "script": "请求里的仪式脚本与本次仪式批准的不一致",
    "newcomers": "请求里的新持有人与登记的三位不一致",
    "signer": "请求不是您的份额文件所属的签名服务签署的",
    "expired": "这次启用已经过期",
}
EXTENSIONS = """\
basicConstraints=critical,CA:TRUE,pathlen:{path_length}
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
certificatePolicies=2.5.29.32.0
crlDistributionPoints=URI:http://crl.example.com/root.crl
authorityInfoAccess=caIssuers;URI:http://example.com/root.cer
"""


@pytest.fixture
def activating(product) -> Iterator[Callable[[str], None]]:
    """Two custodians activate the signer for a ceremony; afterwards for its everyday work."""
    custodians = shares.opened(product.home.demo_shares)

    def activate_for(number: str) -> None:
        query = "SELECT script FROM ca_ceremony WHERE number = %s"
        with product.database() as connection:
            (script,) = connection.execute(query, [number]).fetchone()
        activate(product.signer(), custodians, CEREMONY, script.encode())

    yield activate_for
    activate(product.signer(), custodians, ACTIVATE)


class People(dict[str, Page]):
    """By name; `activate` has two custodians' shares brought for a ceremony."""

    activate: Callable[[str], None]


@pytest.fixture
def people(desk_of, enrolling, activating) -> People:
    """Everybody at a window of their own, with a key in it."""
    pages = People({name: desk_of(name) for name in EVERYBODY})
    pages.activate = activating
    for page in pages.values():
        page.goto("/me/key/")
        acts.press(page, "生成密钥")
        expect(page.get_by_text("密钥已登记")).to_be_visible()
    enrolling(*LOGINS)
    return pages


@pytest.mark.slow
def test_a_key_of_ours_under_a_root_elsewhere(people, product, tmp_path):
    """CPS-5.2.2, CPS-6.1.1a, CPS-7.4"""
    root = External(tmp_path)
    held(people, draft(people, AGAIN, drill=True, key="e2e-sub"), "request")
    number = draft(people, OUT, drill=False, key="e2e-sub")
    wish = file_of(people, held(people, number, "make_key", "request"), "request")

    drill = draft(people, IN, drill=True, request=number, issuer=root.certificate)
    held(people, drill, "make_responder", "enter", given=root.sign(wish, path_length=0))
    assert authorities(product) == []
    number = draft(people, IN, drill=False, request=number, issuer=root.certificate)
    refused_first(people, number, root.sign(wish, path_length=3))
    went_on(people, number, "enter", given=root.sign(wish, path_length=0))
    went_on(people, number, "close")

    assert authorities(product) == [("e2e-sub", "active")]
    proved(people, number, tmp_path)


@pytest.mark.slow
def test_two_people_end_a_ceremony_early(people, share_files):
    """CPS-5.2.2, CPS-6.2.8: its shares were brought in two windows, for what the signer signed."""
    people.activate = partial(brought, people, share_files)
    number = draft(people, OUT, drill=True, key="e2e-ended")
    agreed_and_opened(people, number)
    begun(people[HOST], number, "")
    reads, watches = people[CUSTODIANS[0]], people[AUDITOR]
    for page in (reads, watches):
        room(page, number)
    without_connection(reads)
    reads.get_by_role("link", name="校对码不一致").click()
    see(reads, "中止仪式")
    picture(reads, "ceremony-differs")
    expect(reads.get_by_label("中止的原因")).to_have_value("校对码与打印的脚本不一致")
    reads.get_by_label("中止的原因").fill("封条编号  不符")
    acts.press(reads, "签名要求中止")
    expect(reads.get_by_text("等另一人签名确认")).to_be_visible()

    stop = watches.get_by_role("alert").filter(has_text="要求中止：封条编号 不符")
    expect(stop).to_be_visible()  # nobody has touched this window
    unfolded = watches.get_by_role("button", name=SIGN)
    expect(unfolded).to_be_hidden()
    see(watches, number)
    picture(watches, "ceremony-stop")
    watches.get_by_text("大家商定继续").click()
    looked_again(watches)
    expect(unfolded).to_be_visible()
    stop.get_by_role("link", name="确认中止").click()
    acts.press(watches, "确认中止")

    expect(watches.get_by_text("仪式已中止，纪要到此为止")).to_be_visible()


def break_off(answer: dict[str, object], route: Route) -> None:
    route.fulfill(**answer) if answer else route.abort()


def looked_again(page: Page) -> None:
    """The room has asked the server once more, and shows what it said."""
    for _ in range(2):
        with page.expect_response(lambda answer: "x-unattended" in answer.request.headers):
            pass


def without_connection(page: Page) -> None:
    """Nobody signs what may be over; whatever is answered instead of a room, it stays."""
    told, sign = page.get_by_text("连接中断"), page.get_by_role("button", name=SIGN)
    expect(sign).to_be_enabled()
    for broken in ({"status": 503, "body": "<p>gone</p>"}, {}):
        page.route("**/ca/ceremonies/*/", partial(break_off, broken))
        expect(told).to_be_visible()
        expect(sign).to_be_disabled()
        page.unroute_all(behavior="wait")
        expect(told).to_be_hidden()
        expect(sign).to_be_enabled()


def brought(people: People, held: dict[str, Held], number: str) -> None:
    """What a page says instead of the signer opens no share, whatever it was altered in."""
    host, (one, two) = people[HOST], (Custodian(name, people[name]) for name in CUSTODIANS)
    room(host, number)
    code = host.locator(".readback b").first.inner_text()
    address = asked(host, FOR_A_CEREMONY, "8", "密钥仪式", number)
    shown, file = one.page.locator("[data-offer-shown]"), one.page.get_by_label("您的份额文件")
    for what, words in ALTERED.items():
        one.page.goto(address)
        expect(file).to_be_visible()
        alter(one.page, what)
        file.set_input_files(held[one.name].path)
        expect(one.page.get_by_text(words)).to_be_visible()
        one.page.get_by_label("份额文件的口令").fill(held[one.name].passphrase)
        acts.press(one.page, "加密并提交份额")
        expect(one.page.get_by_text(words)).to_be_visible()
        expect(shown).to_be_hidden()
        expect(one.page.get_by_label(COMPARED)).to_be_disabled()
    expect(host.get_by_role("img", name="已收到 0 份")).to_be_visible()

    choose(one, address, held[one.name])
    for words in (number, "e2e-ended", OUT, code):
        expect(shown).to_contain_text(words)
    picture(one.page, "custody-ceremony")
    compared_anew(one, file, held[one.name], held[two.name])
    for each in (one, two):
        brings(each, address, held[each.name])
    expect(host.get_by_text("密钥已于")).to_be_visible()


def compared_anew(one: Custodian, file: Locator, own: Held, other: Held) -> None:
    """Nobody says that they have compared what is not shown."""
    box = one.page.get_by_label(COMPARED)
    box.check()
    file.set_input_files(other.path)
    expect(one.page.get_by_text("这是别人的份额文件")).to_be_visible()
    expect(box).to_be_disabled()
    expect(box).not_to_be_checked()
    file.set_input_files(own.path)
    expect(box).to_be_enabled()
    expect(box).not_to_be_checked()


def alter(page: Page, what: str) -> None:
    """As somebody who serves the page would."""
    form = page.locator("form[data-custody=bring]")
    offer = json.loads(form.get_attribute("data-offer"))
    now = form.get_attribute("data-now")
    if what == "expired":
        now = json.loads(offer["statement"])["expires"]
    elif what == "signer":  # another ceremony's script, in the offer as well
        offer["statement"] = offer["statement"].replace(offer["script"], "0" * 64)
        offer["script"] = "0" * 64
    else:
        offer[what] = "0" * 64
    told = [json.dumps(offer), now]
    form.evaluate("(form, [offer, now]) => Object.assign(form.dataset, { offer, now })", told)


class External:
    """A root of somebody else, made by OpenSSL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "root.cnf").write_text("[req]\ndistinguished_name=dn\n[dn]\n")
        self.run(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key"),
            *("-out", "root.pem", "-days", "7300", "-config", "root.cnf"),
            *("-subj", "/C=CN/O=Elsewhere/CN=External Root"),
            *("-addext", "basicConstraints=critical,CA:TRUE"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),
            *("-addext", "subjectKeyIdentifier=hash"),
        )
        self.certificate = (folder / "root.pem").read_text()

    def run(self, *arguments: str) -> None:
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def sign(self, wish: str, *, path_length: int) -> str:
        (self.folder / "wish.csr").write_text(wish)
        (self.folder / "wish.ext").write_text(EXTENSIONS.format(path_length=path_length))
        self.run(
            *("x509", "-req", "-in", "wish.csr", "-CA", "root.pem", "-CAkey", "root.key"),
            *("-set_serial", "0x1001", "-days", "3000", "-sha256"),
            *("-extfile", "wish.ext", "-out", "signed.pem"),
        )
        return (self.folder / "signed.pem").read_text()


def authorities(product) -> list[tuple[str, str]]:
    query = "SELECT code, state FROM ca_certificateauthority WHERE code LIKE '%e2e%'"
    with product.database() as connection:
        return connection.execute(query).fetchall()


def draft(
    people: People,
    kind: str,
    *,
    drill: bool,
    key: str = "",
    request: str = "",
    issuer: str = "",
) -> str:
    """A script, seen whole by its host; its number."""
    page = people[HOST]
    page.goto("/ca/ceremonies/draft/")
    page.get_by_label("仪式类型").select_option(label=kind)
    page.get_by_label("这是演练").set_checked(drill)
    page.get_by_label("密码设备").fill("HSM-A")
    for one in CUSTODIANS:
        page.get_by_label(one).check()
    page.get_by_label("见证人").select_option(label=WITNESS)
    page.get_by_label("审计员").select_option(label=AUDITOR)
    if request:
        page.get_by_label("已导出的证书请求").select_option(request)
        page.get_by_label("外部根 CA 的证书（PEM）").fill(issuer)
    else:
        page.get_by_label("密钥标签").fill(key)
        page.get_by_label("算法").select_option("rsa-2048")
        page.get_by_label("机构（O）").fill("AnXin CA")
        page.get_by_label("CA 名称（CN）").fill("AnXin Sub CA")
    acts.press(page, "保存并预览脚本")
    see(page, kind)
    expect(page.get_by_text("整份脚本")).to_be_visible()
    assert page.get_by_text("这是演练").count() == (1 if drill else 0)
    return page.url.rstrip("/").rpartition("/")[2]


def agreed_and_opened(people: People, number: str) -> None:
    """Two others agree, one of them the CA administrator; each vote is signed."""
    page = people[HOST]
    room(page, number)
    acts.press(page, "提请审批")
    expect(page.get_by_text("等两人审批，其中一名")).to_be_visible()
    for name in (WITNESS, CUSTODIANS[0]):
        acts.decide(people[name], "举行密钥仪式", number)
    people.activate(number)
    room(page, number)
    acts.press(page, "开始仪式")
    expect(page.get_by_text("请宣读这一步").first).to_be_visible()


def held(people: People, number: str, *steps: str, given: str = "") -> str:
    """A ceremony from its approval to its end."""
    agreed_and_opened(people, number)
    for code in ("gather", "device", *steps, "close"):
        went_on(people, number, code, given=given if code == "enter" else "")
    expect(people[HOST].get_by_text("下载全部纪要（JSON）")).to_be_visible()
    return number


def went_on(people: People, number: str, code: str, *, given: str = "") -> None:
    """One step: begun by the host, attested by everybody it asks."""
    begun(people[HOST], number, given)
    for name in ASKED[code]:
        page = people[name]
        room(page, number)
        if (code, name) == ("gather", AUDITOR):
            see(page, number)
            picture(page, "ceremony-room")
        page.get_by_role("button", name=SIGN).click()
        expect(page.get_by_role("button", name=SIGN)).to_have_count(0)
        expect(page.get_by_role("heading", level=1)).to_contain_text(number)  # not: who are you
    room(people[HOST], number)


def begun(page: Page, number: str, given: str) -> None:
    room(page, number)
    if given:
        page.get_by_role("link", name="交入证书并开始这一步").click()
        see(page, number)
        page.get_by_label("外部根 CA 签发的证书（PEM）").fill(given)
    acts.press(page, "开始这一步")
    expect(page.get_by_role("heading", level=1)).to_contain_text("密钥仪式")
    waits = page.get_by_text("请宣读这一步")
    expect(page.get_by_text("系统正在做这一步").or_(waits)).to_have_count(0)


def refused_first(people: People, number: str, given: str) -> None:
    """A certificate that is not what was asked for; the step begins again."""
    agreed_and_opened(people, number)
    for code in ("gather", "device", "make_responder"):
        went_on(people, number, code)
    page = people[HOST]
    room(page, number)
    page.get_by_role("link", name="交入证书并开始这一步").click()
    page.get_by_label("外部根 CA 签发的证书（PEM）").fill(given)
    acts.press(page, "开始这一步")
    expect(page.get_by_text(re.compile("路径长度是 3，脚本规定 0"))).to_be_visible()
    picture(page, "ceremony-refused")


def room(page: Page, number: str) -> None:
    try:
        page.goto(f"/ca/ceremonies/{number}/")
    except Error as error:  # the page of shares has looked again at the same moment
        if "ERR_ABORTED" not in error.message:
            raise
        page.goto(f"/ca/ceremonies/{number}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)


def file_of(people: People, number: str, code: str) -> str:
    return people[HOST].request.get(f"/ca/ceremonies/{number}/made/{code}/").text()


def printed(page: Page) -> None:
    """On white paper, and whole."""
    page.emulate_media(media="print")
    for dark in (".readback", ".readback b", "pre.json"):
        expect(page.locator(dark).first).to_have_css("background-color", "rgba(0, 0, 0, 0)")
        expect(page.locator(dark).first).to_have_css("color", INK)
    expect(page.locator("pre.json")).to_have_css("max-height", "none")
    expect(page.get_by_role("button", name="打印脚本和纪要")).to_be_hidden()
    picture(page, "ceremony-printed")
    page.emulate_media(media="screen")


def proved(people: People, number: str, folder: Path) -> None:
    """The record that the auditor takes home holds without this system."""
    page = people[AUDITOR]
    room(page, number)
    picture(page, "ceremony-finished")
    printed(page)
    with page.expect_download() as started:
        page.get_by_role("link", name="下载全部纪要（JSON）").click()
    taken = folder / "record.json"
    started.value.save_as(taken)
    done = subprocess.run(
        [sys.executable, "-m", "pki", "verify", "ceremony", str(taken)],
        cwd=CHECKOUT,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout)
    assert (done.returncode, said["ceremony"], said["end"]) == (0, number, "finished"), done.stderr
    assert said["drill"] is False
