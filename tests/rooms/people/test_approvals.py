"""Several people must agree, on exactly what they saw (CPS-5.2.2, CPS-5.2.4)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import (
    Role,
    approval,
    may,
    open_approvals,
    propose,
    redeem,
    spent,
    vote,
    withdraw,
)
from people.approvals.models import Approval, Vote
from people.approvals.rules import Duty
from people.approvals.services import expire
from tests.support.people import hire

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PAYLOAD = {"application_id": 17, "digest": "ab" * 32}
SUBJECT = "ra.application:17"
done = []


def open_the_gate(approval, *, actor, at, application_id, digest):
    """What the duty performs: redeem first, then act."""
    redeem(
        approval,
        "test.open_gate",
        {"application_id": application_id, "digest": digest},
        actor=actor,
        at=at,
    )
    done.append(application_id)


def open_another_gate(approval, *, actor, at, application_id, digest):
    payload = {"application_id": application_id + 1, "digest": digest}
    redeem(approval, "test.open_gate", payload, actor=actor, at=at)


def forget_to_redeem(approval, *, actor, at, **payload):
    done.append("unredeemed")


def redeem_twice(approval, *, actor, at, **payload):
    for _ in range(2):
        redeem(approval, "test.open_gate", payload, actor=actor, at=at)


@pytest.fixture(autouse=True)
def duty(settings):
    done.clear()
    one = Duty(
        perform=f"{__name__}.open_the_gate",
        makers=frozenset({Role.OPERATOR}),
        checkers=frozenset({Role.REVIEWER}),
        votes=1,
        cps="4.3.1",
    )
    settings.DUTIES = {"test.open_gate": one}

    def change(**values):
        settings.DUTIES = {"test.open_gate": replace(one, **values)}

    return change


@pytest.fixture
def chen():
    return hire("chen", Role.OPERATOR)


@pytest.fixture
def ren():
    return hire("ren", Role.REVIEWER)


@pytest.fixture
def he():
    return hire("he", Role.REVIEWER)


def proposed(maker):
    return propose("test.open_gate", PAYLOAD, subject=SUBJECT, actor=maker, at=AT)


def rule_of(refused):
    return refused.value.rule


def test_a_second_person_makes_it_happen(chen, ren):
    """CPS-5.2.2"""
    asked = proposed(chen)
    assert (asked.state, done) == ("open", [])

    decided = vote(asked.id, grants=True, seen=asked.digest, comment="核对无误", actor=ren, at=AT)

    assert (decided.state, done) == ("used", [17])
    assert [(v.checker_id, v.grants, v.comment) for v in decided.votes] == [
        (ren.person_id, True, "核对无误")
    ]
    assert spent([asked.id])[asked.id].action == "test.open_gate"


def test_every_step_is_in_the_journal(chen, ren):
    asked = proposed(chen)
    vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT)

    entries = Entry.objects.filter(subject=f"people.approval:{asked.id}").order_by("pk")
    assert [(e.action, e.actor_id) for e in entries] == [
        ("people.approval.propose", chen.person_id),
        ("people.approval.vote", ren.person_id),
        ("people.approval.grant", ren.person_id),
        ("people.approval.use", ren.person_id),
    ]


def test_nobody_checks_their_own_work(chen, duty):
    """CPS-5.2.4: not even where one role may do both."""
    duty(checkers=frozenset({Role.OPERATOR}))
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused:
        vote(asked.id, grants=True, seen=asked.digest, actor=chen, at=AT)

    assert (rule_of(refused), done) == ("approval.own_work", [])


def test_the_database_too_refuses_a_vote_of_the_maker(chen):
    asked = proposed(chen)

    with pytest.raises(IntegrityError, match="no_self_check"), transaction.atomic():
        Vote.objects.create(
            approval_id=asked.id,
            maker_id=chen.person_id,
            checker_id=chen.person_id,
            grants=True,
            voted_at=AT,
        )


def test_only_the_duty_s_makers_propose(ren):
    with pytest.raises(Refusal) as refused:
        proposed(ren)

    assert rule_of(refused) == "approval.not_a_maker"


def test_only_the_duty_s_checkers_vote(chen):
    asked = proposed(chen)
    outsider = hire("zhao", Role.AUDITOR)

    with pytest.raises(Refusal) as refused:
        vote(asked.id, grants=True, seen=asked.digest, actor=outsider, at=AT)

    assert rule_of(refused) == "approval.not_a_checker"


def test_whoever_holds_incompatible_roles_all_the_same_is_refused_at_the_act(chen, ren):
    """CPS-5.2.4: enforced at each act, not at the appointment alone."""
    both = replace(ren, roles=frozenset({Role.REVIEWER, Role.OPERATOR}))
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused:
        vote(asked.id, grants=True, seen=asked.digest, actor=both, at=AT)

    assert rule_of(refused) == "trust.incompatible_roles"


def test_a_vote_counts_only_for_what_the_page_showed(chen, ren):
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused:
        vote(asked.id, grants=True, seen="cd" * 32, actor=ren, at=AT)

    assert (rule_of(refused), done) == ("approval.seen_something_else", [])
    assert not Vote.objects.exists()


def test_one_no_ends_it(chen, ren, he, duty):
    duty(votes=2)
    asked = proposed(chen)

    vote(asked.id, grants=False, seen=asked.digest, comment="公章不清", actor=ren, at=AT)

    assert approval(asked.id).state == "refused"
    with pytest.raises(Refusal) as refused:
        vote(asked.id, grants=True, seen=asked.digest, actor=he, at=AT)
    assert (rule_of(refused), done) == ("approval.closed", [])


def test_two_votes_need_two_people(chen, ren, he, duty):
    """CPS-5.2.2"""
    duty(votes=2)
    asked = proposed(chen)

    assert vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT).state == "open"
    with pytest.raises(Refusal) as refused:
        vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT)
    assert (rule_of(refused), done) == ("approval.voted_already", [])

    assert vote(asked.id, grants=True, seen=asked.digest, actor=he, at=AT).state == "used"
    assert done == [17]


def test_what_is_done_must_be_what_was_agreed_to(chen, ren, duty):
    duty(perform=f"{__name__}.open_another_gate")
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused, transaction.atomic():
        vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT)

    assert rule_of(refused) == "approval.other_act"
    assert (approval(asked.id).state, approval(asked.id).votes) == ("open", ())


def test_an_approval_is_spent_once(chen, ren, duty):
    duty(perform=f"{__name__}.redeem_twice")
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused, transaction.atomic():
        vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT)

    assert rule_of(refused) == "state.no_such_step"
    assert spent([asked.id]) == {}


def test_a_service_that_does_not_redeem_undoes_the_vote(chen, ren, duty):
    duty(perform=f"{__name__}.forget_to_redeem")
    asked = proposed(chen)

    with pytest.raises(RuntimeError, match="did not redeem"), transaction.atomic():
        vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT)

    assert approval(asked.id).state == "open"


def test_an_open_approval_cannot_be_redeemed(chen):
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused:
        redeem(asked, "test.open_gate", PAYLOAD, actor=chen, at=AT)

    assert rule_of(refused) == "state.no_such_step"


def test_there_is_one_open_approval_for_one_thing(chen):
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused:
        proposed(chen)
    assert rule_of(refused) == "approval.proposed_already"

    withdraw(asked.id, reason="returned", actor=chen, at=AT)
    assert proposed(chen).state == "open"


def test_the_maker_a_colleague_and_the_system_may_withdraw_and_nobody_else(chen, ren):
    lin = hire("lin", Role.OPERATOR)
    for actor in (chen, lin, SYSTEM):
        asked = proposed(chen)
        assert withdraw(asked.id, reason="returned", actor=actor, at=AT).state == "withdrawn"
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused:
        withdraw(asked.id, reason="returned", actor=ren, at=AT)

    assert rule_of(refused) == "approval.not_a_maker"


@pytest.mark.parametrize(("days", "expired"), [(6.99, 0), (7, 1)])
def test_what_nobody_decides_expires(chen, days, expired):
    asked = proposed(chen)

    assert expire(at=AT + timedelta(days=days)) == expired

    assert approval(asked.id).state == ("expired" if expired else "open")


def test_a_vote_after_the_time_does_not_count_even_before_the_sweep(chen, ren):
    asked = proposed(chen)

    with pytest.raises(Refusal) as refused:
        vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT + timedelta(days=7))

    assert rule_of(refused) == "approval.expired"


def test_open_approvals_are_found_by_what_they_are_about(chen):
    asked = proposed(chen)

    assert open_approvals("test.open_gate", [SUBJECT, "ra.application:18"]) == {SUBJECT: asked}
    assert open_approvals("test.other", [SUBJECT]) == {}


def test_a_person_can_ask_why_they_may_not(chen, ren):
    asked = proposed(chen)

    assert may(chen, "test.open_gate") == []
    assert may(ren, "test.open_gate", approval=asked) == []
    assert [r.rule for r in may(ren, "test.open_gate")] == ["approval.not_a_maker"]
    assert [r.rule for r in may(chen, "test.open_gate", approval=asked)] == [
        "approval.not_a_checker"
    ]
    vote(asked.id, grants=True, seen=asked.digest, actor=ren, at=AT)
    assert [r.rule for r in may(ren, "test.open_gate", approval=approval(asked.id))] == [
        "approval.closed",
        "approval.voted_already",
    ]


def test_the_payload_is_kept_as_the_bytes_that_were_digested(chen):
    asked = proposed(chen)

    assert Approval.objects.get(pk=asked.id).payload == (
        '{"application_id":17,"digest":"' + "ab" * 32 + '"}'
    )


def test_an_approval_nobody_made_is_not_found():
    with pytest.raises(Refusal) as refused:
        approval(999)

    assert rule_of(refused) == "approval.unknown"


@pytest.mark.django_db(transaction=True)
def test_two_votes_at_the_same_instant_perform_it_once(chen, ren, he):
    asked = proposed(chen)
    together = Barrier(2)

    def cast(voter):
        together.wait()
        try:
            return vote(asked.id, grants=True, seen=asked.digest, actor=voter, at=AT).state
        except Refusal as refusal:
            return refusal.rule
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as both:
        outcomes = sorted(both.map(cast, [ren, he]))

    assert (outcomes, done) == (["approval.closed", "used"], [17])
