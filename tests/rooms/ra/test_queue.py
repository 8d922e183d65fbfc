"""The lists of the counter and of the reviewers (CPS-4.2.3, CPS-1.4.2)."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.approvals.inbox import inbox
from ra.applications.models import Application
from ra.branches.models import Office
from ra.intake import handing_in
from ra.review import decisions
from ra.review import services as review
from ra.review.case import case
from ra.review.queries import Filters, View, counts, queue, search
from tests.support import ra
from tests.support.ra import AT, FIELDS, OTHER

LATER = AT + timedelta(hours=1)
ANY = Filters()


def numbers(page):
    return [row.number for row in page.rows]


def listed(actor, view, filters=ANY, at=LATER):
    return numbers(queue(actor, view, filters, at=at))


def number_of(application_id):
    return Application.objects.get(pk=application_id).number


def test_the_queue_goes_by_the_deadline_and_not_by_the_number(counter):
    first, second = ra.draft(counter.chen, 1), ra.draft(counter.chen, 2, fields=OTHER)
    handing_in.submit(second, actor=counter.chen, at=AT)
    handing_in.submit(first, actor=counter.chen, at=LATER)

    assert listed(counter.ren, View.WAITING) == [number_of(second), number_of(first)]


def test_a_row_tells_enough_to_choose(counter):
    application_id, told = ra.submitted(counter)
    review.claim(application_id, actor=counter.shen, at=LATER)

    (row,) = queue(counter.ren, View.WAITING, ANY, at=LATER).rows

    assert (row.number, row.masked_name, row.maker) == (told.number, "林*夏", "Chen")
    assert (row.documents, row.slots_needed) == (3, 3)
    assert (row.holder, row.mine, row.own) == ("Shen", False, False)
    assert row.sla.left > timedelta(0)
    assert row.office == "栖原受理点"


def test_each_tab_holds_its_own(counter):
    """One application on its way through the tabs."""
    application_id = ra.draft(counter.chen)
    number = number_of(application_id)
    assert listed(counter.chen, View.DRAFTS) == [number]
    handing_in.submit(application_id, actor=counter.chen, at=AT)
    assert listed(counter.ren, View.WAITING) == [number]
    assert listed(counter.chen, View.WAITING) == []  # nobody reviews their own
    seen = ra.look_through(application_id, counter.ren, LATER)
    assert listed(counter.ren, View.MINE) == [number]
    decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=LATER)
    assert listed(counter.ren, View.ISSUING) == [number]
    assert listed(counter.ren, View.DONE_TODAY) == [number]
    assert listed(counter.ren, View.WAITING) == []


def test_a_second_check_waits_for_others_than_the_first_reviewer(counter):
    application_id, _ = ra.submitted(counter, profile="personal-rsa-sign", algorithm="rsa-2048")
    seen = ra.look_through(application_id, counter.ren, LATER)
    decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=LATER)

    assert listed(counter.shen, View.SECOND) == [number_of(application_id)]
    assert listed(counter.ren, View.SECOND) == []
    assert listed(counter.shen, View.WAITING) == []


def test_a_corrected_application_comes_back_in_its_own_tab(counter):
    application_id, _ = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=LATER)
    decisions.return_for_correction(
        application_id, ["A06"], message="请补签申请表", actor=counter.ren, at=LATER
    )
    assert listed(counter.chen, View.DRAFTS) == [number_of(application_id)]
    handing_in.submit(application_id, actor=counter.chen, at=LATER)

    assert listed(counter.ren, View.RESUBMITTED) == [number_of(application_id)]


def test_nobody_sees_another_offices_applications(counter):
    """CPS-1.4.2: an RA sees itself and what is below it."""
    _, told = ra.submitted(counter)

    assert listed(counter.ren, View.ALL) == [told.number]
    assert listed(counter.zhou, View.ALL) == []
    assert search(counter.zhou, told.number, at=LATER) == []
    assert counts(counter.zhou, at=LATER)["waiting"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "RA20261120-0001",
        "ra202611200001",
        "330199199203150020",
        " 330199 19920315 0020 ",
        "138 0000 2607",
        "林知夏",
    ],
)
def test_an_application_is_found_by_what_people_have_at_hand(counter, text):
    ra.submitted(counter)
    ra.submitted(counter, 2, fields=OTHER)

    assert [row.number for row in search(counter.ren, text, at=LATER)] == ["RA20261120-0001"]


@pytest.mark.parametrize("text", ["林", "330199", "1380000", "%", "RA2026", ""])
def test_nothing_is_listed_by_guessing_beginnings(counter, text):
    ra.submitted(counter)

    found = search(counter.ren, text, at=LATER) if text else []
    assert found == []


def test_lists_go_on_behind_the_last_row(counter):
    many(counter, 120)

    first = queue(counter.ren, View.WAITING, ANY, at=LATER)
    second = queue(counter.ren, View.WAITING, ANY, after=first.after, at=LATER)
    third = queue(counter.ren, View.WAITING, ANY, after=second.after, at=LATER)

    seen = numbers(first) + numbers(second) + numbers(third)
    assert (len(first.rows), len(second.rows), len(third.rows)) == (50, 50, 20)
    assert len(set(seen)) == 120
    assert third.after is None
    deadlines = [row.deadline_at for page in (first, second, third) for row in page.rows]
    assert deadlines == sorted(deadlines)


@pytest.mark.parametrize("after", ["nonsense", "1_", "_1", "-5_-5", "9" * 40])
def test_a_spoilt_place_begins_at_the_beginning(counter, after):
    _, told = ra.submitted(counter)

    assert numbers(queue(counter.ren, View.WAITING, ANY, after=after, at=LATER)) == [told.number]


@pytest.mark.parametrize("view", list(View))
def test_a_page_of_any_list_takes_few_queries(counter, view):
    many(counter, 60)

    with CaptureQueriesContext(connection) as made:
        queue(counter.ren, view, ANY, at=LATER)
        counts(counter.ren, at=LATER)

    assert len(made) <= 6


def test_the_page_of_a_case_takes_few_queries(counter):
    _, told = ra.submitted(counter)

    with CaptureQueriesContext(connection) as made:
        case(told.number, counter.ren, at=LATER)

    assert len(made) <= 9


MANY = """
INSERT INTO ra_application (
  state, number, profile, days, office_id, maker_id, channel, data_key, masked_name,
  document_index, distinguisher, key_fingerprint, agreement_version, agreement_how,
  content_version, content_digest, round, approval_id, reviews_needed, reviews_done, slots_needed,
  checks, opened_at, submitted_at, deadline_at, certificate_state)
SELECT 'submitted', 'RA20261120-' || lpad(n::text, 6, '0'), 'personal-sm2-sign', 365, %s, %s,
  'counter', gen_random_uuid(), '林*夏', decode(md5(n::text) || md5(n::text), 'hex'), '',
  md5(n::text), '2026-01', 'on_screen', 1, '', 1 + (n %% 500 = 0)::int, 1, 1, 0, 3, '{}',
  %s, %s, %s::timestamptz + (n * 7919 %% 1000) * interval '1 minute', ''
FROM generate_series(1, %s) AS n
"""


def many(counter, how_many):
    """Submitted applications of the office, without the work of entering them."""
    office = Office.objects.get(code="LRA0103").pk
    maker, deadline = counter.chen.person_id, AT + timedelta(days=4)
    with connection.cursor() as cursor:
        cursor.execute(MANY, [office, maker, AT, AT, deadline, how_many])
        cursor.execute("ANALYZE ra_application")


@pytest.mark.slow
def test_a_hundred_thousand_applications_slow_nobody_down(counter):
    """The database reads some hundred rows for a page, however many wait."""
    many(counter, 100_000)
    page = queue(counter.ren, View.WAITING, ANY, at=LATER)
    acts = {
        "first page": lambda: queue(counter.ren, View.WAITING, ANY, at=LATER),
        "next page": lambda: queue(counter.ren, View.WAITING, ANY, after=page.after, at=LATER),
        "few of many": lambda: queue(counter.ren, View.RESUBMITTED, ANY, at=LATER),
        "none of many": lambda: queue(counter.ren, View.SECOND, ANY, at=LATER),
        "counts": lambda: counts(counter.ren, at=LATER),
        "search": lambda: search(counter.ren, FIELDS["document_number"], at=LATER),
        "next one": lambda: review.claim_next(actor=counter.ren, at=LATER),
    }

    for name, act in acts.items():
        with CaptureQueriesContext(connection) as made:
            act()
        for query in made.captured_queries:
            if "ra_application" in query["sql"] and query["sql"].startswith("SELECT"):
                assert costs(query["sql"]) < 5000, (name, query["sql"])


def costs(sql):
    """Blocks of eight kilobytes that PostgreSQL touches for a statement."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        (answer,) = cursor.fetchone()
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_the_page_of_approvals_counts_what_waits_in_ones_own_office(counter):
    """CPS-1.4.2, CPS-5.2.4"""
    ra.submitted(counter)

    def waiting(actor):
        return {one.address: one.waiting for one in inbox(actor).elsewhere}

    assert waiting(counter.ren) == {
        "/w/queue/": 1,
        "/w/disclosures/": 0,
        "/w/blacklist/": 0,
        "/w/revocations/": 0,
        "/w/holds/": 0,
    }
    assert set(waiting(counter.zhou).values()) == {0}
    assert waiting(counter.chen) == {}
