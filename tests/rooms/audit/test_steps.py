"""A state never changes without a line in the journal, nor the other way round (CPS-5.4.1)."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import RequestFactory

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Kind, Refusal
from audit.journal.models import Entry
from audit.log import advance, advance_many, note_refusal, record
from people.api import Role
from people.approvals.models import Approval
from tests.support.people import hire

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def chen():
    return hire("chen", Role.OPERATOR)


def approvals(maker, count):
    return Approval.objects.bulk_create(
        Approval(
            state="open",
            action="test.act",
            subject=f"thing:{number}",
            payload="{}",
            digest="",
            maker_id=maker.person_id,
            proposed_at=AT,
            expires_at=AT,
        )
        for number in range(count)
    )


def states():
    return set(Approval.objects.values_list("state", flat=True))


def lines(action):
    return list(
        Entry.objects.filter(action=action).order_by("pk").values_list("subject", "details")
    )


def test_a_step_moves_the_row_and_writes_it_down(chen):
    (row,) = approvals(chen, 1)

    advance(row, "withdraw", actor=chen, at=AT, reason="returned")

    assert (row.state, states()) == ("withdrawn", {"withdrawn"})
    assert lines("people.approval.withdraw") == [
        (f"people.approval:{row.pk}", '{"from":"open","reason":"returned","to":"withdrawn"}')
    ]


def test_a_step_the_table_lacks_is_refused(chen):
    (row,) = approvals(chen, 1)

    with pytest.raises(Refusal) as refused:
        advance(row, "use", actor=chen, at=AT)

    assert (refused.value.kind, refused.value.rule) == (Kind.CONFLICT, "state.no_such_step")
    assert (states(), lines("people.approval.use")) == ({"open"}, [])


def test_whoever_comes_second_is_refused(chen):
    (row,) = approvals(chen, 1)
    stale = Approval.objects.get(pk=row.pk)
    advance(row, "withdraw", actor=chen, at=AT)

    with pytest.raises(Refusal) as refused:
        advance(stale, "refuse", actor=chen, at=AT)

    assert refused.value.rule == "state.changed_meanwhile"
    assert (states(), lines("people.approval.refuse")) == ({"withdrawn"}, [])


def test_a_batch_takes_one_update_and_one_insert(chen, django_assert_num_queries):
    rows = approvals(chen, 100)

    with django_assert_num_queries(4):  # and a savepoint around the update
        advance_many(rows, "expire", actor=SYSTEM, at=AT, details={rows[7].pk: {"late": 1}})

    assert states() == {"expired"}
    written = lines("people.approval.expire")
    assert [subject for subject, _ in written] == [f"people.approval:{row.pk}" for row in rows]
    assert written[7][1] == '{"from":"open","late":1,"to":"expired"}'
    assert written[8][1] == '{"from":"open","to":"expired"}'


def test_a_batch_moves_all_rows_or_none(chen):
    rows = approvals(chen, 3)
    Approval.objects.filter(pk=rows[1].pk).update(state="used")

    with pytest.raises(Refusal) as refused:
        advance_many(rows, "expire", actor=SYSTEM, at=AT)

    assert refused.value.rule == "state.changed_meanwhile"
    assert (states(), lines("people.approval.expire")) == ({"open", "used"}, [])
    assert {row.state for row in rows} == {"open"}


def test_a_batch_of_rows_in_different_states_is_a_mistake(chen):
    one, other = approvals(chen, 2)
    advance(one, "withdraw", actor=chen, at=AT)

    with pytest.raises(ValueError, match="one state"):
        advance_many([one, other], "expire", actor=SYSTEM, at=AT)


def test_an_empty_batch_writes_nothing():
    advance_many([], "expire", actor=SYSTEM, at=AT)

    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_step_outside_a_transaction_is_a_mistake(chen):
    (row,) = approvals(chen, 1)

    with pytest.raises(transaction.TransactionManagementError):
        advance(row, "withdraw", actor=chen, at=AT)

    assert states() == {"open"}


def test_details_are_plain_json_or_nothing():
    with pytest.raises(TypeError):
        record("x", "y:1", actor=SYSTEM, at=AT, when=AT)

    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    ("sent", "kept"), [("/w/x\0y/", "/w/x%00y/"), ("/w/\udce4/", "/w/\\udce4/")]
)
def test_no_address_keeps_a_refusal_out_of_the_journal(sent, kept):
    """CPS-5.4.1: not even one that a database cannot store."""
    request = RequestFactory().post("/")
    request.path = sent

    note_refusal(request, Refusal(Kind.FORBIDDEN, "gate.other_role", "not yours"), at=AT)

    assert Entry.objects.get().subject == kept


def test_a_forbidden_act_is_written_down():
    """CPS-5.4.1: successes and failures."""
    request = RequestFactory().post("/w/queue/?q=林知夏", REMOTE_ADDR="10.8.3.21")
    refusal = Refusal(Kind.FORBIDDEN, "gate.other_role", "not a page of your role")

    note_refusal(request, refusal, at=AT)

    entry = Entry.objects.get()
    assert (entry.action, entry.subject, entry.outcome) == ("site.refused", "/w/queue/", "refused")
    assert (entry.actor_id, entry.actor_name, entry.address) == (None, "anonymous", "10.8.3.21")
    assert entry.details == '{"method":"POST","rule":"gate.other_role"}'
