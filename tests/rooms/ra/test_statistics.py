"""What offices did in a month, and how fast (CPS-4.2.3, CPS-1.4.2)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from anxin.kernel.actors import Actor
from people.api import Role
from ra.applications.models import Application
from ra.review import decisions
from ra.review import services as review
from ra.statistics import rules
from ra.statistics.queries import report
from ra.statistics.rules import Figures
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE, OTHER

NOVEMBER = rules.month("2026-11", AT)
HEAD = Actor(7, "Gao", frozenset({Role.CA_ADMIN}), "", "")


def of(found) -> dict[str, Figures]:
    return {office.code: figures for office, figures in found.offices}


def test_months_are_those_of_chinese_time():
    last_minute = datetime(2026, 11, 30, 15, 59, tzinfo=UTC)

    assert rules.month("", last_minute).code == "2026-11"
    assert rules.month("", last_minute + MINUTE).code == "2026-12"
    assert NOVEMBER.starts == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert NOVEMBER.ends == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert [one.code for one in rules.months(AT)][::12] == ["2026-11", "2025-11"]


@pytest.mark.parametrize("code", ["2027-01", "2024-01", "2026-13", "now", ""])
def test_whatever_else_is_asked_for_is_this_month(code):
    assert rules.month(code, AT) == NOVEMBER


def test_nothing_is_said_of_how_fast_where_nothing_was_decided():
    assert (Figures().in_time, Figures().hours) == (None, None)
    assert (Figures(approved=2, rejected=1, late=1).in_time) == 66.6
    assert Figures(approved=2, took=timedelta(hours=3)).hours == 1.5


def test_an_office_counts_for_itself_and_for_those_above_it(counter):
    """CPS-1.4.2"""
    ra.approved(counter, 1)
    waiting, _ = ra.submitted(counter, 2, fields=OTHER)
    ra.draft(counter.zhao, 3)

    found = report(NOVEMBER, HEAD, at=AT + timedelta(days=10))

    counted = Figures(opened=2, approved=1, took=2 * MINUTE, waiting=1, overdue=1)
    assert of(found) == {"RA01": counted, "LRA0103": counted, "RA02": Figures(opened=1)}
    assert found.profiles == (("personal-sm2-sign", found.total),)
    assert found.total == rules.total([counted, Figures(opened=1)])
    assert Application.objects.get(pk=waiting).state == "submitted"


def test_returns_rejections_and_late_decisions_are_counted(counter):
    """CPS-4.2.3: decided after the two working days."""
    late = AT + timedelta(days=6)
    words = {"message": "请重新提交申请表。", "actor": counter.ren, "at": late}
    first, _ = ra.submitted(counter)
    second, _ = ra.submitted(counter, 2, fields=OTHER)
    for application_id in (first, second):
        review.claim(application_id, actor=counter.ren, at=late)
    decisions.return_for_correction(first, ["A06"], **words)
    decisions.reject(second, ["J01"], **words)

    mine = of(report(NOVEMBER, HEAD, at=late))["LRA0103"]

    assert (mine.returned, mine.rejected, mine.late, mine.in_time) == (1, 1, 1, 0)
    assert mine.hours == round((late - AT - MINUTE) / timedelta(hours=1), 1)


def test_what_was_issued_and_revoked_is_counted(live_counter):
    application_id = ra.issued(live_counter)
    Application.objects.filter(pk=application_id).update(
        certificate_state="revoked", certificate_state_at=F("issued_at")
    )

    total = report(NOVEMBER, HEAD, at=AT).total

    assert (total.approved, total.issued, total.revoked) == (1, 1, 1)
    assert report(rules.month("2026-10", AT), HEAD, at=AT).total == Figures()


def test_each_sees_the_figures_of_the_own_branch(counter):
    """CPS-1.4.2"""
    ra.submitted(counter)

    assert list(of(report(NOVEMBER, counter.chen, at=AT))) == ["LRA0103"]
    assert list(of(report(NOVEMBER, counter.zhao, at=AT))) == ["RA02"]
    assert report(NOVEMBER, counter.zhao, at=AT).total == Figures()


def test_the_page_and_the_file_say_the_same(counter):
    ra.draft(counter.chen, at=datetime.now(UTC))
    window = signed_in(counter.ren)

    page = window.get("/w/statistics/").content.decode()
    table = window.get("/w/statistics/offices.csv").content.decode("utf-8-sig").splitlines()

    assert "栖原受理点" in page
    assert "江海注册中心" not in page
    assert [line.split(",")[:3] for line in table] == [
        ["代码", "机构", "新受理"],
        ["RA01", "栖原注册中心", "1"],
        ["LRA0103", "栖原受理点", "1"],
    ]


def test_a_row_begins_as_far_in_as_its_office_lies_below_the_first(counter):
    """CPS-1.4.2: seen from headquarters, from the registration centre, from the service point."""
    head = hire("tang", Role.SECURITY_ADMIN, office="")

    for person, depth in ((head, 1), (counter.ren, 1), (counter.chen, 0)):
        page = signed_in(person).get("/w/statistics/").content.decode()
        assert f'deep-{depth}">栖原受理点' in page


@pytest.mark.parametrize("role", [Role.CA_OPERATOR, Role.CUSTODIAN, Role.POLICY_MEMBER])
def test_others_read_no_figures(counter, role):
    """CPS-5.2.1"""
    window = signed_in(hire("lu", role, office=""))

    assert window.get("/w/statistics/").status_code == 403
    assert window.get("/w/statistics/offices.csv").status_code == 403
