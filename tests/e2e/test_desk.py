"""What a counter does beside applications: telling somebody by law, a blacklist, a file of many."""

from playwright.sync_api import Page, expect

from tests.e2e import acts, people
from tests.e2e.windows import picture, see

OPERATOR, REVIEWER, OUTSIDER = "陈越", "沈佳", "袁希"


def test_told_listed_and_imported(desk_of, submitted):
    """CPS-9.3, CPS-9.4, CPS-4.2.2, CPS-4.1"""
    operator, reviewer, outsider = desk_of(OPERATOR), desk_of(REVIEWER), desk_of(OUTSIDER)
    (told,) = submitted(1)

    disclosed(operator, reviewer, outsider, told.number)
    listed_and_lifted(operator, reviewer, outsider)
    imported(operator, outsider)


def disclosed(operator: Page, reviewer: Page, outsider: Page, number: str) -> None:
    """CPS-9.3, CPS-9.4: what was chosen and nothing else, agreed to by another, made once."""
    operator.goto("/w/disclosures/")
    operator.get_by_label("受理编号").fill(number)
    acts.press(operator, "填写申请")
    see(operator, "申请提供个人信息")
    acts.press(operator, "提交审批")
    expect(operator.get_by_role("alert")).to_be_visible()
    operator.get_by_label("授权人或要求提供的机关").fill("栖原市人民法院（演示）")
    operator.get_by_label("授权书或法律文书编号").fill("（2026）栖法调字第 18 号")
    operator.get_by_label("文书日期").fill(acts.day(-3))
    operator.get_by_label("提供给谁").fill("承办书记员")
    operator.get_by_label("用途").fill("核对合同签署人的身份")
    operator.get_by_label("手机号", exact=True).check()
    acts.press(operator, "提交审批")
    expect(operator.get_by_role("button", name="撤回申请")).to_be_visible()
    expect(operator.get_by_role("button", name="制作摘录")).to_have_count(0)
    place = operator.url
    outsider.goto(place)
    see(outsider, "您不能做这一步")
    reviewer.goto(place)
    acts.press(reviewer, "同意提供")
    expect(reviewer.get_by_text("审批人")).to_be_visible()
    operator.goto(place)
    acts.press(operator, "制作摘录")
    with operator.expect_download() as extract:
        acts.press(operator, "取出摘录")
    assert extract.value.path().read_bytes().startswith(b"%PDF-")
    operator.get_by_label("领取人").first.fill("承办书记员")
    operator.get_by_label("怎样核对领取人的身份").fill("核查记录 2026-07")
    acts.press(operator, "记录交付")
    expect(operator.get_by_text("交付时间")).to_be_visible()
    expect(operator.get_by_role("button", name="取出摘录")).to_have_count(0)
    picture(operator, "disclosure-handed-over")


def listed_and_lifted(operator: Page, reviewer: Page, outsider: Page) -> None:
    """CPS-4.2.2: in by two, out by two."""
    person = people.somebody()
    operator.goto("/w/blacklist/ask/")
    operator.get_by_label("号码").fill(person.document_number)
    operator.get_by_label("依据文件编号").fill("核查记录 2026-07")
    acts.press(operator, "提交审批")
    expect(operator.get_by_text("提请列入，等审批")).to_be_visible()
    place = operator.url
    outsider.goto(place)
    see(outsider, "您不能做这一步")
    for step, stands in (("提请列入", "提请解除"), ("提请解除", "")):
        reviewer.goto(place)
        expect(reviewer.get_by_text(f"{step}，等审批")).to_be_visible()
        reviewer.get_by_role("button", name="同意", exact=True).click()
        expect(reviewer.get_by_text("等审批")).to_have_count(0)
        operator.goto(place)
        if stands:
            acts.press(operator, stands)
    expect(operator.get_by_text("解除审批")).to_be_visible()
    picture(operator, "blacklist-lifted")


def imported(operator: Page, outsider: Page) -> None:
    """CPS-4.1: what is right becomes drafts, what is wrong is told line by line."""
    outsider.goto("/w/imports/")
    see(outsider, "您不能做这一步")
    good, bad = people.somebody(), people.somebody()
    rows = ["姓名,证件类型,证件号码,手机号,电子邮箱"]
    rows += [
        f"{one.name},居民身份证,{number},{one.phone},{one.email}"
        for one, number in ((good, good.document_number), (bad, "330199199203150021"))
    ]
    operator.goto("/w/imports/")
    operator.get_by_label("证书模板").select_option(label=acts.SM2)
    file = {"name": "many.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    operator.get_by_label("文件（CSV 或 XLSX）").set_input_files(file)
    acts.press(operator, "提交并检查")
    expect(operator.get_by_role("heading", name="检查完，待导入")).to_be_visible()
    expect(operator.locator("tbody tr")).to_have_count(1)
    picture(operator, "import-checked")
    acts.press(operator, "导入 1 行")
    expect(operator.get_by_role("heading", name="已导入")).to_be_visible()
    acts.press(operator, "清除文件内容")
    expect(operator.get_by_role("heading", name="已清除")).to_be_visible()
    operator.goto("/w/intake/")
    expect(operator.get_by_text(f"{good.name[0]}*").first).to_be_visible()
