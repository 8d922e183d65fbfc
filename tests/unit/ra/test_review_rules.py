"""When a reviewer may say yes, and what goes with a no (CPS-4.2.1, CPS-4.2.2)."""

import pytest

from anxin.kernel.errors import Refusal
from ra.applicants.kinds import PERSON, asked
from ra.review import rules
from ra.review.rules import Outcome

ITEMS = ["name", "phone", "check.form_signed"]


def told(found):
    return [refusal.rule for refusal in found]


def test_all_ticked_and_all_seen_is_no_hindrance():
    assert rules.hindrances(ITEMS, dict.fromkeys(ITEMS, "agrees"), []) == []


def test_one_mismatch_forbids_approval():
    verdicts = dict.fromkeys(ITEMS, "agrees") | {"phone": "differs"}

    assert told(rules.hindrances(ITEMS, verdicts, [])) == ["review.mismatch"]


def test_what_is_left_is_counted_by_kind():
    fields, ticks = rules.hindrances(ITEMS, {}, [])

    assert (fields.rule, fields.details) == ("review.incomplete", {"count": 2})
    assert (ticks.rule, ticks.details) == ("review.unticked", {"count": 1})


def test_only_what_is_left_is_spoken_of():
    fields = [item for item in ITEMS if item not in rules.CHECKLIST]
    ticks = [item for item in ITEMS if item in rules.CHECKLIST]

    (left,) = rules.hindrances(ITEMS, dict.fromkeys(fields, "agrees"), [])
    assert left.rule == "review.unticked"
    (left,) = rules.hindrances(ITEMS, dict.fromkeys(ticks, "agrees"), [])
    assert left.rule == "review.incomplete"


def test_a_document_nobody_opened_is_a_hindrance():
    found = rules.hindrances(ITEMS, dict.fromkeys(ITEMS, "agrees"), ["id_back"])

    assert told(found) == ["review.unopened"]


@pytest.mark.parametrize(
    ("outcome", "codes", "message", "rule"),
    [
        (Outcome.RETURN, [], "请补签申请表", "review.reasons"),
        (Outcome.RETURN, ["J01"], "请补签申请表", "review.reasons"),
        (Outcome.REJECT, ["A01"], "不能办理本项业务", "review.reasons"),
        (Outcome.RETURN, ["Z99"], "请补签申请表", "review.reasons"),
        (Outcome.RETURN, ["A06"], " 补 ", "review.message"),
        (Outcome.RETURN, ["A06"], "补" * 301, "review.message"),
        (Outcome.RETURN, ["A06"], "您的号码 330199199203150020 有误", "review.message_personal"),
        (Outcome.RETURN, ["A06"], "请联系 13800002607", "review.message_personal"),
        (Outcome.RETURN, ["A06"], "请写信到 a.b@example.cn", "review.message_personal"),
    ],
)
def test_a_no_has_coded_reasons_and_a_harmless_message(outcome, codes, message, rule):
    """CPS-4.2.2; the message is shown on the public site (CPS-9.3/9.4)."""
    with pytest.raises(Refusal) as refused:
        rules.check_words(outcome, codes, message)

    assert refused.value.rule == rule


@pytest.mark.parametrize(
    ("outcome", "codes"), [(Outcome.RETURN, ["A01", "A06"]), (Outcome.REJECT, ["J01"])]
)
def test_a_no_with_reasons_passes(outcome, codes):
    assert rules.check_words(outcome, codes, "请在申请表上补签姓名和日期") is None


def test_the_checklist_follows_the_application():
    alone = asked(PERSON.ticks, {}, proxy=False)
    with_agent = asked(PERSON.ticks, {"organization": "栖原科技有限公司"}, proxy=True)

    assert "check.proxy_authorised" not in alone
    assert set(with_agent) - set(alone) == {
        "check.proxy_authorised",
        "check.organization_confirms",
    }
