"""Nothing lies on a desk (CPS-4.2.3): claims are handed on, and two days end with an alarm."""

import json
from datetime import timedelta

import pytest

from anxin.kernel.errors import Refusal
from anxin.kernel.workdays import SHANGHAI
from audit.journal.models import Entry
from people.api import Role
from ra.applications.models import Application
from ra.review import alarms, passing, queries
from ra.review import services as review
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE

LATER = AT + 5 * MINUTE


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value


@pytest.fixture
def claimed(counter):
    """An application on Ren's desk."""
    application_id, _ = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=AT + 2 * MINUTE)
    return application_id


def pass_on(application_id, to, actor, reason="shift_ends"):
    passing.pass_on(application_id, to, reason=reason, actor=actor, at=LATER)


def told():
    return Entry.objects.filter(action="ra.deadline_near")


# --- handing on ------------------------------------------------------------------------------


def test_a_claim_is_handed_to_a_colleague_who_looks_anew(claimed, counter):
    """CPS-4.2.3, CPS-5.4.1"""
    view = queries.queue(counter.ren, queries.View.MINE, queries.Filters(), at=LATER)
    number = view.rows[0].number
    review.set_verdict(
        claimed, "email", "differs", seen=_version(claimed), actor=counter.ren, at=AT
    )
    names = [one.name for one in passing.colleagues(number, counter.ren, at=LATER)]
    assert names == ["Shen"], "neither the other office's reviewer nor the maker"

    pass_on(claimed, counter.shen.person_id, counter.ren)

    row = Application.objects.get(pk=claimed)
    assert (row.claimed_by, row.claimed_until) == (
        counter.shen.person_id,
        LATER + timedelta(minutes=30),
    )
    entry = json.loads(Entry.objects.get(action="ra.pass_on").details)
    assert (entry["to"], entry["reason"]) == (counter.shen.person_id, "shift_ends")
    assert not row.verdicts.filter(reviewer_id=counter.shen.person_id).exists()


def _version(application_id):
    return Application.objects.get(pk=application_id).content_version


def test_or_back_to_the_queue_with_the_reason(claimed, counter):
    pass_on(claimed, None, counter.ren, "knows_applicant")

    assert Application.objects.get(pk=claimed).claimed_by is None
    assert review.claim_next(actor=counter.shen, at=LATER)


def test_nobody_gets_what_they_may_not_check(claimed, counter):
    """CPS-4.3.1"""
    for outsider in (counter.chen, counter.zhou, counter.ren):
        no = refused(pass_on, claimed, outsider.person_id, counter.ren)
        assert (no.rule, no.cps) == ("review.no_colleague", "4.3.1")

    assert Application.objects.get(pk=claimed).claimed_by == counter.ren.person_id


def test_only_who_has_it_hands_it_on_and_says_why(claimed, counter):
    no = refused(pass_on, claimed, counter.ren.person_id, counter.shen)
    assert no.rule == "review.not_claimed"
    assert refused(pass_on, claimed, None, counter.ren, "tired").rule == "review.pass_reason"


def test_a_reviewer_who_decided_this_round_does_not_get_it_again(counter):
    """CPS-4.3.1: the second check is another person's."""
    application_id, _ = ra.submitted(counter)
    Application.objects.filter(pk=application_id).update(reviews_needed=2)
    review.claim(application_id, actor=counter.ren, at=AT + MINUTE)
    row = Application.objects.get(pk=application_id)
    row.decisions.create(
        round=row.round, reviewer_id=counter.shen.person_id, outcome="approve", at=AT
    )

    assert passing.colleagues(row.number, counter.ren, at=LATER) == []


def test_the_page_hands_it_on(counter):
    application_id, _ = ra.submitted(counter)
    row, browser = Application.objects.get(pk=application_id), signed_in(counter.ren)
    browser.post(f"/w/cases/{row.number}/claim/")
    address = f"/w/cases/{row.number}/pass-on/"
    assert "Shen" in browser.get(address).content.decode()
    assert "移交" in browser.get(f"/w/cases/{row.number}/").content.decode()

    sent = browser.post(address, {"to": counter.shen.person_id, "reason": "called_away"})

    assert sent.headers["Location"] == "/w/queue/"
    row.refresh_from_db()
    assert row.claimed_by == counter.shen.person_id
    assert browser.post(address, {"to": "", "reason": "called_away"}).status_code == 409
    assert browser.post(address, {"to": "", "reason": "no"}).status_code == 422
    outsider = signed_in(hire("jiang", Role.AUDITOR))
    assert outsider.get(address).status_code == 403


# --- alarms ----------------------------------------------------------------------------------


def test_an_alarm_is_raised_two_working_hours_before_the_end_and_once(counter):
    """CPS-4.2.3: handed in on Friday at 10:01, due on Tuesday at 10:01 by China's calendar."""
    _, done = ra.submitted(counter)
    assert f"{done.deadline_at.astimezone(SHANGHAI):%a %H:%M}" == "Tue 10:01"
    before = done.deadline_at - timedelta(hours=16, minutes=32)  # Monday 17:29, 1:32 + 1 of work

    assert alarms.raise_due(at=before - timedelta(hours=2)) == 0
    assert alarms.raise_due(at=before) == 1
    assert alarms.raise_due(at=before + MINUTE) == 0
    assert json.loads(told().get().details) == {"round": 1, "late": False}
    counts = queries.counts(counter.ren, at=before)
    assert (counts["soon"], counts["late"]) == (1, 0)


def test_the_queue_says_how_many_are_late_on_whatever_page_they_stand(counter):
    """CPS-4.2.3"""
    _, done = ra.submitted(counter)
    after = done.deadline_at + MINUTE

    assert alarms.raise_due(at=after) == 1
    assert json.loads(told().get().details)["late"] is True
    counts = queries.counts(counter.ren, at=after)
    assert (counts["soon"], counts["late"]) == (0, 1)


def test_a_new_round_has_an_alarm_of_its_own_and_a_decided_one_none(counter):
    application_id, done = ra.submitted(counter)
    late = done.deadline_at + MINUTE
    alarms.raise_due(at=late)
    row = Application.objects.get(pk=application_id)
    row.round += 1
    row.save(update_fields=["round"])

    assert alarms.raise_due(at=late) == 1
    ra.approved(counter, 2, fields=ra.OTHER)
    assert alarms.raise_due(at=late) == 0
    assert told().count() == 2
