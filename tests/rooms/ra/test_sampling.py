"""Decisions are looked at again (CPS-4.1, CPS-4.2.1): a share, by others, without changing them."""

import json
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role
from ra.applications.models import Application
from ra.review import decisions
from ra.review import services as review
from ra.sampling import queries, rules, services
from ra.sampling.models import Draw, Recheck
from ra.sampling.rules import Taken
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE

TODAY = date(2026, 11, 20)
NEXT_DAY = AT + timedelta(days=1)


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value


def drawn(counter):
    """One decision of Ren's, drawn the day after."""
    ra.approved(counter)
    services.draw(TODAY, "seed", at=NEXT_DAY)
    return Recheck.objects.get()


def test_of_every_officer_a_share_is_drawn_and_at_least_one():
    many = [Taken(number, 1, "approve") for number in range(1, 101)]
    few = [Taken(200, 2, "approve"), Taken(201, 2, "reject"), Taken(202, 2, "return")]

    found = rules.drawn([*many, *few], "seed")

    assert len(found & {one.id for one in many}) == 5
    assert found & {200, 201, 202} == {200, 201}


def test_the_draw_is_repeated_from_its_seed_and_nothing_else():
    taken = [Taken(number, 1, "approve") for number in range(1, 201)]

    assert rules.drawn(taken, "one") == rules.drawn(list(reversed(taken)), "one")
    assert rules.drawn(taken, "one") != rules.drawn(taken, "two")


def test_a_day_is_drawn_once_and_the_journal_keeps_the_seed(counter):
    """CPS-5.4.1: whoever doubts the sample repeats it."""
    row = drawn(counter)

    assert services.draw(TODAY, "another", at=NEXT_DAY) is False
    assert services.draw_due("another", at=NEXT_DAY) == rules.DAYS - 1
    assert Recheck.objects.get() == row
    told = Entry.objects.get(action="ra.draw_rechecks", subject=f"ra.draw:{row.draw_id}")
    assert json.loads(told.details).items() >= {"seed": "seed", "drawn": 1}.items()
    assert Draw.objects.count() == rules.DAYS


def test_today_is_not_drawn_before_it_is_over(counter):
    ra.approved(counter)
    services.draw_due("seed", at=AT + timedelta(hours=8))

    assert not Recheck.objects.exists()


def test_another_reviewer_looks_again_and_the_decision_stays(counter):
    """CPS-4.2.1"""
    row = drawn(counter)
    assert [line.officer for line in queries.waiting(counter.shen)] == [""], "not told before"

    services.judge(row.pk, "fields", actor=counter.shen, at=NEXT_DAY)

    row.refresh_from_db()
    assert (row.state, row.fault, row.judged_by) == ("wrong", "fields", counter.shen.person_id)
    assert Application.objects.get().state == "approved"
    assert queries.recheck(row.pk, counter.shen)[0].officer == "Ren"
    assert json.loads(Entry.objects.get(action="ra.recheck.fault").details)["fault"] == "fields"
    no = refused(services.judge, row.pk, "", actor=counter.shen, at=NEXT_DAY)
    assert no.rule == "state.no_such_step"


def test_nobody_looks_at_their_own_decision_again(counter):
    """CPS-5.2.4"""
    row = drawn(counter)

    no = refused(services.judge, row.pk, "", actor=counter.ren, at=NEXT_DAY)

    assert (no.rule, no.cps) == ("sampling.own_work", "5.2.4")
    assert queries.waiting(counter.ren) == []
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE ra_recheck SET judged_by = officer_id")


def test_whoever_entered_it_does_not_look_again_either(counter):
    """CPS-5.2.4"""
    row = drawn(counter)
    Application.objects.update(former_makers=[counter.shen.person_id])

    no = refused(services.judge, row.pk, "", actor=counter.shen, at=NEXT_DAY)

    assert no.rule == "sampling.own_work"
    assert queries.waiting(counter.shen) == []


def test_it_is_a_reviewers_work_of_the_same_house_with_a_code(counter):
    row = drawn(counter)

    for actor, fault, rule in (
        (counter.chen, "", "sampling.not_a_reviewer"),
        (counter.zhou, "", "sampling.unknown"),
        (counter.shen, "whatever", "sampling.fault"),
    ):
        assert refused(services.judge, row.pk, fault, actor=actor, at=NEXT_DAY).rule == rule


def test_a_wrong_approval_whose_certificate_stands_is_to_be_revoked(counter):
    """CPS-4.2.2"""
    row = drawn(counter)
    services.judge(row.pk, "identity", actor=counter.shen, at=NEXT_DAY)
    Application.objects.update(certificate_state="valid")
    assert [line.id for line in queries.to_be_ended(counter.chen)] == [row.pk]
    assert "申请吊销" in signed_in(counter.chen).get("/w/rechecks/").content.decode()

    Application.objects.update(certificate_state="revoked")

    assert queries.to_be_ended(counter.chen) == []


def test_auditors_see_everybodys_errors_and_others_their_own(counter):
    auditor = hire("jiang", Role.AUDITOR)
    row = drawn(counter)
    services.judge(row.pk, "evidence", actor=counter.shen, at=NEXT_DAY)

    (ren,) = queries.figures(auditor)

    assert (ren.name, ren.looked_at, ren.wrong, ren.waiting, ren.percent) == ("Ren", 1, 1, 0, 100)
    assert queries.figures(counter.ren) == [ren]
    assert queries.figures(counter.shen) == []


def test_a_rejection_is_looked_at_again_too(counter):
    application_id, _ = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=AT + MINUTE)
    decisions.reject(
        application_id, ["J01"], message="未能核验身份", actor=counter.ren, at=AT + MINUTE
    )

    services.draw(TODAY, "seed", at=NEXT_DAY)

    assert Recheck.objects.get().outcome == "reject"


# --- pages -----------------------------------------------------------------------------------


def test_the_pages_lead_from_the_queue_to_the_verdict(counter):
    row, reviewer = drawn(counter), signed_in(counter.shen)
    assert f"/w/rechecks/{row.pk}/" in reviewer.get("/w/rechecks/").content.decode()
    assert "记录结论" in reviewer.get(f"/w/rechecks/{row.pk}/").content.decode()
    reviewer.post(f"/w/rechecks/{row.pk}/judge/", {"fault": ""})

    assert "复审无误" in reviewer.get(f"/w/rechecks/{row.pk}/").content.decode()


def test_whoever_may_not_judge_reads_why(counter):
    row = drawn(counter)

    page = signed_in(counter.ren).get(f"/w/rechecks/{row.pk}/").content.decode()

    assert "录入人和原审核人不能复审" in page
    assert "记录结论" not in page


def test_others_have_no_rechecks(counter):
    outsider = signed_in(hire("gao", Role.CA_ADMIN))

    assert outsider.get("/w/rechecks/").status_code == 403
    assert outsider.get("/w/rechecks/1/").status_code == 403
    assert signed_in(hire("jiang", Role.AUDITOR)).get("/w/rechecks/1/").status_code == 403
