"""The counter's and the reviewers' pages: what they offer to whom, and what they cost."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit.journal.models import Entry
from people.approvals.services import expire
from ra.applications.models import Application
from ra.handover import services as handover
from ra.intake import handing_in
from ra.review import decisions
from ra.review import services as review
from tests.support import ra
from tests.support.people import signed_in
from tests.support.ra import FIELDS, MINUTE, OTHER

MOST_QUERIES = 12  # of a page, sign-in included


def number_of(application_id):
    return Application.objects.get(pk=application_id).number


def submitted(counter, number=1, at=None, **how):
    at = at or timezone.now()
    application_id = ra.draft(counter.chen, number, at=at, **how)
    handing_in.submit(application_id, actor=counter.chen, at=at)
    return application_id


def returned(counter, number=1, at=None):
    at = at or timezone.now()
    application_id = submitted(counter, number, at=at)
    review.claim(application_id, actor=counter.ren, at=at)
    decisions.return_for_correction(
        application_id, ["A06"], message="请补签申请表", actor=counter.ren, at=at
    )
    return application_id


def text(response):
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


# --- what they cost --------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/w/queue/", "/w/queue/?view=all", "/w/queue/?view=mine"])
def test_a_list_is_made_of_few_queries(counter, address, django_assert_max_num_queries):
    for number in range(1, 4):
        submitted(counter, number)
    reviewer = signed_in(counter.ren)
    reviewer.get(address)

    with django_assert_max_num_queries(MOST_QUERIES):
        page = reviewer.get(address)

    assert "待办队列" in text(page)


def test_the_page_of_a_case_is_made_of_few_queries(counter, django_assert_max_num_queries):
    """Also where the subscriber is known, the case was returned before, and it is half done."""
    ra.approved(counter)
    application_id = returned(counter, 2)
    handing_in.submit(application_id, actor=counter.chen, at=timezone.now())
    ra.look_through(application_id, counter.ren, at=timezone.now())
    reviewer = signed_in(counter.ren)
    address = f"/w/cases/{number_of(application_id)}/"
    reviewer.get(address)

    with django_assert_max_num_queries(MOST_QUERIES):
        page = reviewer.get(address)

    assert "全部核对完，可以通过" in text(page)


# --- what is masked --------------------------------------------------------------------------


def test_the_page_says_what_to_look_at_before_agreeing(counter):
    """CPS-4.2.1: name, document number, telephone and e-mail of somebody new."""
    application_id = submitted(counter)
    review.claim(application_id, actor=counter.ren, at=timezone.now())
    reviewer, address = signed_in(counter.ren), f"/w/cases/{number_of(application_id)}/"
    assert text(reviewer.get(address)).count("data-unseen") == 4

    version = Application.objects.get(pk=application_id).content_version
    asked = {"seen": version, "item": "phone", "verdict": "agrees"}
    refusal = reviewer.post(f"{address}verdict/", asked)
    assert refusal.status_code == 409
    assert "先查看再核对" in refusal.content.decode()

    shown = reviewer.post(f"{address}reveal/", {"field": "phone", "reason": "compare_document"})
    assert FIELDS["phone"] in text(shown)
    assert reviewer.post(f"{address}verdict/", asked).status_code == 302
    assert text(reviewer.get(address)).count("data-unseen") == 3


def test_the_tick_for_the_certificate_waits_for_its_preview(counter):
    """CPS-4.2.1"""
    application_id = submitted(counter)
    review.claim(application_id, actor=counter.ren, at=timezone.now())
    reviewer, address = signed_in(counter.ren), f"/w/cases/{number_of(application_id)}/"
    version = Application.objects.get(pk=application_id).content_version
    tick = {"seen": version, "item": "check.certificate", "verdict": "agrees"}

    assert reviewer.post(f"{address}verdict/", tick).status_code == 409
    assert "先看证书预览" in text(reviewer.get(address))
    assert "check.certificate" in text(reviewer.get(f"{address}?tab=certificate"))

    assert reviewer.post(f"{address}verdict/", tick).status_code == 302
    assert "先看证书预览" not in text(reviewer.get(address))


def test_a_colleagues_visit_to_the_preview_changes_nothing(counter):
    application_id = submitted(counter)
    review.claim(application_id, actor=counter.ren, at=timezone.now())

    page = signed_in(counter.shen).get(f"/w/cases/{number_of(application_id)}/?tab=certificate")

    assert page.status_code == 200
    assert not Entry.objects.filter(action="ra.open_preview").exists()


def test_what_was_decided_is_said_when_the_next_one_cannot_be_claimed(counter):
    """The decision is committed before the next application is claimed."""
    first, second = submitted(counter), submitted(counter, 2, fields=OTHER)
    review.claim(first, actor=counter.ren, at=timezone.now())
    with connection.cursor() as cursor:  # undone with the test
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "ALTER TABLE ra_application ADD CONSTRAINT nobody_takes_it"
            f" CHECK (id <> {second} OR claimed_by IS NULL)"
        )
    reviewer = signed_in(counter.ren)

    said = {"reasons": ["J01"], "message": "未能核实本人身份"}
    answer = reviewer.post(f"/w/cases/{number_of(first)}/reject/", said)

    assert answer["Location"] == "/w/queue/"
    page = text(reviewer.get("/w/queue/"))
    assert f"{number_of(first)} 已办结这一步" in page
    assert "没能领取下一件" in page
    assert Application.objects.get(pk=first).state == "rejected"


# --- where work goes on ----------------------------------------------------------------------


def peek(person, application_id):
    page = signed_in(person).get(f"/w/queue/?peek={number_of(application_id)}")
    return re.search(
        r'<a class="btn primary lg" href="([^"]+)">.*?</svg>([^ ]+)', text(page)
    ).groups()


def test_what_came_back_is_opened_where_it_is_corrected(counter):
    application_id = returned(counter)
    number = number_of(application_id)

    assert peek(counter.chen, application_id) == (f"/w/intake/{number}/", "补正")
    assert peek(counter.ren, application_id) == (f"/w/cases/{number}/", "打开查看")


def test_what_waits_is_opened_for_review(counter):
    application_id = submitted(counter)

    assert peek(counter.ren, application_id)[1] == "打开审核"
    assert peek(counter.chen, application_id)[1] == "打开查看"


def test_an_approval_that_ended_is_asked_for_again_on_the_page_of_the_case(counter):
    """CPS-4.3.1: by whoever entered the application."""
    application_id = submitted(counter, at=timezone.now() - timedelta(days=8))
    expire(at=timezone.now())
    number = number_of(application_id)
    operator, ask = signed_in(counter.chen), f"/w/intake/{number}/propose-again/"
    assert ask in text(operator.get(f"/w/cases/{number}/"))
    assert ask not in text(signed_in(counter.ren).get(f"/w/cases/{number}/"))

    page = operator.post(ask, follow=True)

    assert f"{number} 已重新提请审核" in text(page)
    assert ask not in text(page)
    seen = ra.look_through(application_id, counter.ren, at=timezone.now())
    done = decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=timezone.now())
    assert done.state == "approved"


# --- returns that nobody answers -------------------------------------------------------------


def test_a_return_past_its_term_is_marked_and_may_be_closed(counter):
    """CPS-4.2.2; the CPS names no term, so the operator closes it and no machine does."""
    application_id = returned(counter, at=timezone.now() - timedelta(days=20))
    operator, number = signed_in(counter.chen), number_of(application_id)
    assert "补正逾期" in text(operator.get("/w/queue/?view=drafts"))
    assert "补正期已过" in text(operator.get(f"/w/intake/{number}/"))

    operator.post(f"/w/intake/{number}/cancel/", {"reason": "not_corrected"})

    assert ra.state_of(application_id) == "cancelled"


def test_nobody_is_late_before_the_term_is_over(counter):
    application_id = returned(counter)
    operator, number = signed_in(counter.chen), number_of(application_id)
    assert "补正逾期" not in text(operator.get("/w/queue/?view=drafts"))

    answer = operator.post(f"/w/intake/{number}/cancel/", {"reason": "not_corrected"})

    assert answer.status_code == 409
    assert "补正期还没有过" in answer.content.decode()
    assert ra.state_of(application_id) == "returned"


# --- after the certificate was picked up -----------------------------------------------------


def test_the_page_offers_codes_until_the_certificate_is_picked_up(live_counter):
    """CPS-4.4.1"""
    application_id = ra.issued(live_counter)
    operator = signed_in(live_counter.chen)
    address = f"/w/handover/{number_of(application_id)}/"
    assert f"{address}codes/" in text(operator.get(address))

    at = timezone.now()
    codes = handover.issue_download_codes(application_id, actor=live_counter.chen, at=at)
    handover.pick_up(codes.reference, codes.authorisation_code, at=at + MINUTE)

    page = text(operator.get(address))
    assert f"{address}codes/" not in page
    assert f"凭参考号 {codes.reference} 领取，下载凭证由 Chen 发放" in page
    assert f"{timezone.localtime(at + MINUTE):%Y-%m-%d %H:%M}" in page
