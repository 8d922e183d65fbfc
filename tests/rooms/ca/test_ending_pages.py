"""The pages of the end of an authority (CPS-5.7.3, CPS-5.8): who sees what, and what forms do."""

import pytest
from django.urls import reverse

from anxin.duties import DUTIES
from anxin.kernel.workdays import day_of
from ca.endings.models import Ending
from ca.issuing import checking
from people.api import Role
from tests.support import ca
from tests.support.endings import Office, states, step
from tests.support.people import hire, signed_in


@pytest.fixture
def office(authorities, settings) -> Office:
    for duty in ("ca.end_authority", "ca.abort_ending", "people.enrol_key"):
        settings.DUTIES[duty] = DUTIES[duty]
    return Office().furnish()


def page(office: Office, login: str, name: str, *more: str, **posted: object):
    browser, path = signed_in(office.people[login]), reverse(name, args=more)
    return browser.post(path, posted, follow=True) if posted else browser.get(path)


def text(answer) -> str:
    return answer.content.decode()


DECLARED = {
    "kind": "compromise",
    "authority": "nmg-sm2",
    "known": "备份机房的密码设备被打开过。",
    "since": "2026-11-01T08:00",
    "notice": "本 CA 的全部证书即将吊销，请办理新证书。",
}


def test_a_declaration_from_form_to_report(office):
    """CPS-5.7.3: declared, agreed to, begun, noted, downloaded, read by everybody."""
    ca.issue(1)

    shown = text(page(office, "tang", "ending-declare", **DECLARED))

    number = Ending.objects.get().number
    assert "已声明，并提请安全策略委员会" in shown
    assert "等委员会同意" in shown
    office.decide(number)
    office.work()
    shown = text(page(office, "gao", "ending", number))
    assert shown.count("办理步骤") == 1
    assert reverse("ending-step", args=[number, "revoke"]) in shown
    assert "将吊销 1 张证书" in text(page(office, "gao", "ending-step", number, "revoke"))
    page(office, "gao", "ending-step", number, "revoke", act="begin")
    assert step(number, "revoke").state == "acting"
    office.work()
    said = {"note": "发文〔2026〕12 号", "on_day": day_of(Ending.objects.get().declared_at)}
    assert "备份机房" in text(page(office, "gao", "ending-step", number, "tell_ministry"))
    page(office, "gao", "ending-step", number, "tell_ministry", **said)
    assert step(number, "tell_ministry").note == said["note"]
    report = text(page(office, "jiang", "ending-report", number))
    assert "发文〔2026〕12 号" in report
    assert "1/1" in report


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"since": ""}, "请填写密钥从何时起不可信"),
        ({"kind": "termination", "ends_on": "2026-11-30"}, "至少要提前 90 天"),
        ({"known": "坏"}, "请写明内容"),
        ({"authority": "nobody"}, "有 1 处需要修改"),
    ],
)
def test_what_is_wrong_is_said_beside_it(office, changes, said):
    answer = page(office, "tang", "ending-declare", **(DECLARED | changes))

    assert answer.status_code == 422
    assert said in text(answer)
    assert not Ending.objects.exists()


def test_a_wrong_ceremony_is_refused_beside_its_field(office):
    number = office.agreed()
    office.work()

    answer = page(office, "gao", "ending-step", number, "new_key", ceremony="KC-2020-001")

    assert answer.status_code == 422
    assert "类型和密钥都属于这个 CA 的密钥仪式编号" in text(answer)
    assert states(number)["new_key"] == "waiting"


def test_a_step_is_left_out_with_a_reason_and_a_needed_one_is_not(office):
    number = office.agreed()
    office.work()
    office.begin(number)
    office.work()

    page(office, "gao", "ending-leave-out", number, "answers", reason="应答密钥已不能使用")
    answer = page(office, "gao", "ending-leave-out", number, "tell_ministry", reason="不需要报告")

    assert answer.status_code == 409
    assert states(number)["answers"] in {"set_aside", "done"}
    assert states(number)["tell_ministry"] == "waiting"


def test_an_abort_goes_to_the_committee(office):
    number = office.agreed()

    shown = text(page(office, "gao", "ending-abort", number, reason="封条是检修时破损的"))

    assert "已提请安全策略委员会中止" in shown
    assert Ending.objects.get().state == "running"


@pytest.mark.parametrize(
    "role", [Role.OPERATOR, Role.REVIEWER, Role.SUPPORT, Role.CUSTODIAN, Role.FINANCE]
)
def test_others_see_nothing_of_it(office, role):
    """CPS-5.2.1"""
    outsider = signed_in(hire("wai", role))

    assert outsider.get(reverse("endings")).status_code == 403


def test_the_committee_and_the_auditor_read_and_do_nothing(office):
    number = office.agreed()

    for login in ("shao", "jiang"):
        assert "办理步骤" in text(page(office, login, "ending", number))
        assert reverse("ending-step", args=[number, "new_key"]) not in text(
            page(office, login, "ending", number)
        )
        assert page(office, login, "ending-step", number, "new_key").status_code == 403
        assert page(office, login, "ending-declare").status_code == 403


def test_everybody_reads_the_notice_and_that_the_authority_was_revoked(office, client, settings):
    """CPS-5.7.3, CPS-2.2a"""
    number = office.agreed()
    office.work()
    office.begin(number)
    office.work()
    settings.ROOT_URLCONF = "anxin.urls_public"

    listed = text(client.get("/certificates/"))
    shown = text(client.get(f"/certificates/notices/{number}/"))

    assert f"/certificates/notices/{number}/" in listed
    assert "已吊销" in listed
    assert "请办理新证书" in shown
    found = checking.of_file(ca.authority().certificate.der, at=office.now())
    assert found.verdict == "revoked"
