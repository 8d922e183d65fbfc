"""What is declared beside what others say: sources, documents, the DNS, and a second reviewer."""

from dataclasses import replace

from playwright.sync_api import Locator, Page, expect

from anxin.demo.cast import COMPANIES
from ra.readings.reading import installed
from tests.e2e import acts, people
from tests.e2e.conftest import SOURCE
from tests.e2e.windows import picture, see
from tests.support.waiting import until

OPERATOR, REVIEWER, OTHER_REVIEWER, AUDITOR, OUTSIDER = "陈越", "沈佳", "何鸣", "江晚", "袁希"
SERVER = "服务器证书（SM2）"
OURS, THEIRS, CLOSED = "www.yunfan.example.cn", "shop.yunfan.example.cn", "www.wanghu.example.cn"


def test_declared_read_and_known_side_by_side(desk_of, register, tmp_path):
    """CPS-3.2.3, CPS-3.2.4, CPS-4.2.1, CPS-4.2.2"""
    operator, reviewer, outsider = desk_of(OPERATOR), desk_of(REVIEWER), desk_of(OUTSIDER)
    person = people.somebody()

    register(person)
    number = looked_up_at_the_counter(operator, person)
    evidence_is_verified_item_by_item(operator)
    acts.accept_agreement(operator)
    acts.hand_in_request(operator, people.request(person, "sm2", tmp_path))
    acts.submit(operator)
    kept_out(operator, outsider, number)
    borne_out(reviewer, number)
    register(replace(person, name=f"{person.name}安"))
    contradicted(reviewer, number)


def looked_up_at_the_counter(page: Page, person) -> str:
    """CPS-3.2.4: a slip of the pen is found before anybody reviews it; the application's number."""
    number = acts.open_draft(page)
    for slot, scan in people.papers(person, "sm2").items():
        acts.upload(page, slot, f"{slot}.jpg", scan)
    acts.type_in(page, replace(person, name=f"{person.name}宁"))
    answers = page.get_by_role("table", name="权威来源的回答").locator("tbody tr")
    ask_source(page)
    expect(answers.first).to_contain_text("不一致")
    expect(noted(page, "id_front", "result")).to_have_value("failed")
    see(page, number)
    picture(page, "intake-source-differs")
    page.get_by_label("姓名", exact=True).fill(person.name)
    ask_source(page)
    expect(answers).to_have_count(2)
    expect(answers.first.locator(".tag")).to_have_text("一致")
    expect(answers.first).to_contain_text("SM3-")
    return number


def ask_source(page: Page) -> None:
    acts.press(page, "保存草稿")
    expect(page.get_by_text("已存草稿")).to_be_visible()
    acts.press(page, "查询权威来源")


def noted(page: Page, slot: str, what: str) -> Locator:
    return page.locator(f"#verified [name='{slot}.{what}']")


def evidence_is_verified_item_by_item(page: Page) -> None:
    """CPS-3.2.3: the card by the database, by itself; the rest by hand, each in its own way."""
    expect(noted(page, "id_front", "method")).to_have_value("database")
    expect(noted(page, "id_front", "result")).to_have_value("passed")
    noted(page, "application_form", "method").select_option(label="现场核验原件")
    noted(page, "id_back", "method").select_option(label="在线生物识别")
    acts.press(page, "记录核验")
    expect(page.get_by_text("不在现场核验的，请填写查询号").first).to_be_visible()
    picture(page, "intake-verified-wrong")
    noted(page, "id_back", "reference").fill("HY-2026-000731")
    acts.press(page, "记录核验")
    expect(page.locator("#verified tbody th .l2")).to_have_count(3)
    picture(page, "intake-verified")


def kept_out(operator: Page, outsider: Page, number: str) -> None:
    """Whoever entered it has asked already; whoever has no desk here sees nothing."""
    operator.goto(f"/w/cases/{number}/")
    for label in ("查询权威来源", "识别材料"):
        expect(operator.get_by_role("button", name=label)).to_have_count(0)
    outsider.goto(f"/w/cases/{number}/")
    see(outsider, "您不能做这一步")
    outsider.goto(f"/w/intake/{number}/")
    see(outsider, "您不能做这一步")


def borne_out(page: Page, number: str) -> None:
    """CPS-4.2.1: field by field; a reading is a hint, with how certain it is."""
    acts.claim(page, number)
    for code in ("name", "document_number"):
        expect(page.locator(f"[data-row={code}]")).to_contain_text(f"同申报 {SOURCE}")
    how = page.get_by_role("row").filter(has_text="身份证件（国徽面）")
    expect(how).to_contain_text("在线生物识别")
    expect(how).to_contain_text("HY-2026-000731")
    if installed():
        acts.press(page, "识别材料")
        expect(page.locator("[data-row=name]")).to_contain_text("把握")
    else:
        expect(page.get_by_text("本机没有安装，请对照图像核对")).to_be_visible()
        expect(page.get_by_role("button", name="识别材料")).to_have_count(0)
    see(page, "个人签名证书")
    picture(page, "review-borne-out")


def contradicted(page: Page, number: str) -> None:
    """CPS-4.2.2: the register has another name by now; what differs is judged, and goes back."""
    acts.press(page, "查询权威来源")
    name = page.locator("[data-row=name]")
    expect(name).to_contain_text(f"不一致 {SOURCE}")
    see(page, "个人签名证书")
    picture(page, "review-contradicted")
    page.get_by_role("button", name="姓名不一致").click()
    expect(page.locator("#why")).to_contain_text("1 项不一致")
    expect(page.get_by_role("button", name="通过并签发")).to_have_attribute("aria-disabled", "true")
    dialog = acts.ask_for(page, "退回补正")
    dialog.get_by_label("填写的姓名与证件不一致").check()
    dialog.get_by_label("给申请人的说明").fill("户籍登记的姓名已变更，请提交变更后的证件。")
    dialog.get_by_role("button", name="退回").click()
    expect(page.get_by_text(f"{number} 已办结这一步")).to_be_visible()


def test_a_servers_names_are_proved_by_the_dns(desk_of, name_servers):
    """CPS-3.2.2, CPS-3.2.4b: RFC 8555's challenges, RFC 8659's records, seen from two places."""
    operator, outsider = desk_of(OPERATOR), desk_of(OUTSIDER)

    number = named(operator)
    told = what_to_publish(operator)
    publish(name_servers, told)
    looked_at(operator, number)
    outsider.goto(f"/w/cases/{number}/names/")
    see(outsider, "您不能做这一步")
    only_what_is_proved_goes_on(operator, number)


def named(page: Page) -> str:
    """The application's number."""
    number = acts.open_draft(page, SERVER)
    name, code = COMPANIES[1]
    page.get_by_label("主域名或 IP 地址").fill(OURS)
    page.get_by_label("其他域名和 IP 地址").fill(f"{THEIRS}\n{CLOSED}")
    page.get_by_label("单位全称").fill(name)
    page.get_by_label("统一社会信用代码").fill(code)
    acts.press(page, "保存草稿")
    expect(page.locator("#names article")).to_have_count(3)
    see(page, number)
    picture(page, "server-names-asked")
    return number


def what_to_publish(page: Page) -> dict[str, str]:
    """By name: the value of its TXT record, as the applicant is told it."""
    found = {}
    for article in page.locator("#names article").all():
        name = article.locator("h3 .mono").inner_text()
        told = article.locator("dd .mono").all_inner_texts()
        assert told[0] == f"_acme-challenge.{name}"
        assert told[2].startswith(f"http://{name}/.well-known/acme-challenge/")
        assert told[1] == told[3]
        found[name] = told[1]
    return found


def publish(servers, told: dict[str, str]) -> None:
    """One as it was told, one of another application, one of a domain that others issue for."""
    said = told | {THEIRS: "a-token-that-somebody-else-was-given"}
    for server in servers:
        for name, value in said.items():
            server.tell(f"_acme-challenge.{name}", "TXT", f'"{value}"')
        server.tell("yunfan.example.cn", "CAA", '0 issue "anxin.example"')
        server.tell("wanghu.example.cn", "CAA", '0 issue "another-ca.example"')


def looked_at(page: Page, number: str) -> None:
    """A worker looks as soon as somebody says that it is published."""
    page.goto(f"/w/intake/{number}/")
    page.get_by_role("link", name="检查结果与重新检查").click()
    see(page, number)
    for name in (OURS, THEIRS, CLOSED):
        page.get_by_role("button", name=f"重新检查 {name}").click()
        expect(page.get_by_text("已安排检查")).to_be_visible()
        until(lambda name=name: seen_of(page, name), f"a look at {name}")
    ours, theirs, closed = (card(page, name) for name in (OURS, THEIRS, CLOSED))
    expect(ours.locator("h2 .tag")).to_have_text("已验证")
    expect(ours.get_by_role("row")).to_have_count(3)  # the heading, north and south
    expect(ours.get_by_text("允许本 CA 签发").first).to_be_visible()
    expect(theirs.locator("h2 .tag")).to_have_text("待验证")
    expect(theirs.get_by_text("内容不符").first).to_be_visible()
    expect(closed.get_by_text("不允许本 CA 签发").first).to_be_visible()
    picture(page, "server-names-looked-at")


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def seen_of(page: Page, name: str) -> bool:
    page.reload()
    return card(page, name).get_by_text("各检查点看到的").count() == 1


def only_what_is_proved_goes_on(page: Page, number: str) -> None:
    """CPS-3.2.4b: what nobody proved keeps the whole application; without it nothing does."""
    page.goto(f"/w/intake/{number}/")
    acts.press(page, "提交审核")
    wrong = page.get_by_role("alert").get_by_text("的控制权还没有验证")
    expect(wrong.filter(has_text=THEIRS)).to_be_visible()
    expect(wrong.filter(has_text=OURS)).to_have_count(0)
    picture(page, "server-names-in-the-way")
    page.get_by_label("其他域名和 IP 地址").fill("")
    acts.press(page, "提交审核")
    expect(page.get_by_role("alert").get_by_text("还不能提交")).to_be_visible()
    expect(page.get_by_role("alert").get_by_text("的控制权还没有验证")).to_have_count(0)
    expect(page.locator("#names article")).to_have_count(1)


def test_a_decision_is_looked_at_again_by_somebody_else(desk_of):
    """CPS-4.1.2.2, CPS-5.2.4: a wrong one counts with whoever took it; nobody judges their own."""
    officer, other, auditor = desk_of(REVIEWER), desk_of(OTHER_REVIEWER), desk_of(AUDITOR)
    operator, outsider = desk_of(OPERATOR), desk_of(OUTSIDER)
    looked_at_before, wrong_before = figures(auditor)

    place, number = opened_again(other)
    not_by_whoever_decided(officer, place)
    outsider.goto(place)
    see(outsider, "您不能做这一步")
    found_wrong(other, place)

    looked_at, wrong = figures(auditor)
    assert (looked_at, wrong) == (looked_at_before + 1, wrong_before + 1)
    picture(auditor, "rechecks-figures")
    officer.goto("/w/rechecks/")
    expect(officer.get_by_role("row").filter(has_text=REVIEWER)).to_have_count(1)
    to_be_ended(operator, number)


def figures(page: Page) -> tuple[int, int]:
    """Of the officer: how many were looked at again, and how many of those were wrong."""
    page.goto("/w/rechecks/")
    see(page, "抽查复审")
    row = page.get_by_role("region", name="差错率").get_by_role("row").filter(has_text=REVIEWER)
    looked_at, wrong, _percent, _waiting = row.locator("td.num").all_inner_texts()
    return int(looked_at), int(wrong)


def opened_again(page: Page) -> tuple[str, str]:
    """The address of the oldest approval that waits, and the application's number."""
    page.goto("/w/rechecks/")
    waiting = page.get_by_role("region", name="等我复审")
    picture(page, "rechecks-waiting")
    row = (
        waiting.get_by_role("row")
        .filter(has=page.get_by_role("cell", name="通过", exact=True))
        .first
    )
    number = row.get_by_role("link").inner_text()
    row.get_by_role("link").click()
    see(page, number)
    place = page.url
    expect(page.get_by_text("原审核人")).to_have_count(0)
    page.get_by_role("link", name="打开申请核对").click()
    expect(page.get_by_text(number).first).to_be_visible()
    return place, number


def not_by_whoever_decided(page: Page, place: str) -> None:
    page.goto(place)
    expect(page.get_by_text("录入人和原审核人不能复审（CPS 5.2.4）")).to_be_visible()
    expect(page.get_by_role("button", name="记录结论")).to_have_count(0)
    picture(page, "recheck-own")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    values = {"csrfmiddlewaretoken": token, "fault": ""}
    answer = page.request.post(f"{place}judge/", form=values, headers={"Referer": place})
    assert answer.status == 403
    assert "录入人和原审核人不能复审" in answer.text()


def found_wrong(page: Page, place: str) -> None:
    page.goto(place)
    page.get_by_label("结论").select_option(label="材料不符合要求")
    acts.press(page, "记录结论")
    expect(page.get_by_text("复审有误")).to_be_visible()
    expect(page.get_by_text("原审核人")).to_be_visible()
    expect(page.get_by_role("button", name="记录结论")).to_have_count(0)
    see(page, "复审有误")
    picture(page, "recheck-wrong")


def to_be_ended(page: Page, number: str) -> None:
    """CPS-4.9.1: what should not have been issued still stands, so somebody has to ask."""
    page.goto("/w/rechecks/")
    row = page.get_by_role("region", name="复审有误，证书仍有效").get_by_role("row")
    row.filter(has_text=number).get_by_role("link", name="申请吊销").click()
    see(page, "申请吊销")
