"""The journal cannot be changed or shortened unnoticed (CPS-5.4.1, CPS-5.4.4)."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.locks import Work
from audit.api import first_break, seal
from audit.journal.models import Entry, Link
from audit.log import record
from tests.plugin_journal import triggers_disabled
from tests.support.races import at_work

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
CHEN = Actor(7, "陈晓", frozenset({"reviewer", "operator"}), "10.8.3.21", "hq")


def write(*subjects):
    for subject in subjects:
        record("ra.application.read", subject, actor=CHEN, at=AT, page=2)


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def tamper(statement, *values):
    with triggers_disabled():
        sql(statement, *values)


def verdict(**options):
    out, err = StringIO(), StringIO()
    call_command("verify_journal", stdout=out, stderr=err, without_signer=True, **options)
    return out.getvalue(), err.getvalue()


def complaint(**options):
    with pytest.raises(CommandError) as failed:
        verdict(**options)
    return str(failed.value)


def test_an_entry_says_who_did_what_when_from_where_on_what():
    """CPS-5.4.1"""
    write("ra.application:17")

    entry = Entry.objects.get()
    assert (entry.at, entry.actor_id, entry.actor_name) == (AT, 7, "陈晓")
    assert (entry.actor_roles, entry.address) == ("operator,reviewer", "10.8.3.21")
    assert (entry.action, entry.subject) == ("ra.application.read", "ra.application:17")
    assert (entry.outcome, entry.details) == ("done", '{"page":2}')


def test_what_was_rolled_back_is_not_in_the_journal():
    with transaction.atomic():
        write("ra.application:17")
        transaction.set_rollback(True)

    assert not Entry.objects.exists()


def test_entries_are_chained_in_order_and_found_intact():
    write("a:1", "a:2", "a:3")

    assert seal() == 3
    assert seal() == 0
    links = list(Link.objects.order_by("seq"))
    assert [link.seq for link in links] == [1, 2, 3]
    assert [link.entry.subject for link in links] == ["a:1", "a:2", "a:3"]
    assert verdict()[0].startswith(f"intact: 3 entries, head {links[-1].digest}, ")


def test_the_digest_is_the_sm3_of_the_previous_one_and_every_column():
    write("a:1")
    seal()

    entry, link = Entry.objects.get(), Link.objects.get()
    text = json.dumps(
        {
            "seq": 1,
            "previous": "0" * 64,
            "id": entry.id,
            "xid": entry.xid,
            "at": "2026-11-20T09:00:00.000000+00:00",
            "actor_id": 7,
            "actor_name": "陈晓",
            "actor_roles": "operator,reviewer",
            "address": "10.8.3.21",
            "action": "ra.application.read",
            "subject": "a:1",
            "outcome": "done",
            "details": '{"page":2}',
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    assert link.digest == hashlib.new("sm3", text.encode()).hexdigest()


@pytest.mark.parametrize(
    "column",
    ["at", "actor_id", "actor_name", "actor_roles", "address", "action", "subject", "outcome",
     "details", "xid"],
)  # fmt: skip
def test_a_changed_row_is_named_whatever_was_changed(column):
    """CPS-5.4.4: the owner changes one row by SQL, with the triggers off."""
    write("a:1", "a:2", "a:3")
    seal()
    second = Entry.objects.get(subject="a:2")
    new = {"at": AT + timedelta(microseconds=1), "actor_id": 8, "xid": "1"}.get(column, "other")

    tamper(f"UPDATE audit_entry SET {column} = %s WHERE id = %s", new, second.id)

    assert complaint().startswith(f"broken at #2, entry {second.id}: changed")


def test_a_deleted_middle_row_is_named():
    """CPS-5.4.4"""
    write("a:1", "a:2", "a:3")
    seal()
    second = Entry.objects.get(subject="a:2")

    tamper("DELETE FROM audit_entry WHERE id = %s", second.id)

    assert complaint().startswith(f"broken at #2, entry {second.id}: missing")


def test_a_row_deleted_with_its_link_is_named():
    write("a:1", "a:2", "a:3")
    seal()

    tamper("DELETE FROM audit_entry WHERE subject = 'a:2'")
    tamper("DELETE FROM audit_link WHERE seq = 2")

    assert complaint().startswith("broken at #2, entry ?: missing (expected link 2, found link 3)")


def test_closing_the_gap_does_not_help():
    write("a:1", "a:2", "a:3")
    seal()
    third = Entry.objects.get(subject="a:3")

    tamper("DELETE FROM audit_entry WHERE subject = 'a:2'")
    tamper("DELETE FROM audit_link WHERE seq = 2")
    tamper("UPDATE audit_link SET seq = 2 WHERE seq = 3")

    assert complaint().startswith(f"broken at #2, entry {third.id}: reordered")


def test_two_rows_that_changed_places_are_named():
    write("a:1", "a:2", "a:3")
    seal()

    tamper("UPDATE audit_link SET entry = -entry WHERE seq IN (1, 2)")
    tamper(
        "UPDATE audit_link SET entry = entry - (SELECT sum(entry) FROM audit_link WHERE entry < 0)"
        " WHERE entry < 0"
    )

    assert "broken at #1" in complaint()
    assert "changed" in complaint()


def test_a_chain_cut_short_is_missed_by_whoever_noted_its_head():
    write("a:1", "a:2", "a:3")
    seal()
    noted = f"3:{Link.objects.get(seq=3).digest}"
    assert verdict(head=noted)[0].startswith("intact")

    tamper("DELETE FROM audit_entry WHERE subject = 'a:3'")
    tamper("DELETE FROM audit_link WHERE seq = 3")

    assert "is now gone" in complaint(head=noted)


def test_an_entry_slipped_into_the_past_stays_outside_and_is_reported():
    write("a:1")
    seal()

    sql(
        "INSERT INTO audit_entry (at, actor_name, actor_roles, address, action, subject, outcome,"
        " details, xid) VALUES (%s, '', '', '', 'x', 'forged', 'done', '{}', '3')",
        AT,
    )

    assert seal() == 0
    assert "1 entries unsealed" in verdict()[1]


@pytest.mark.parametrize("table", ["audit_entry", "audit_link"])
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_nobody_can_change_or_empty_the_tables(table, role):
    """CPS-5.4.4. The owner may not even set the replication role; a superuser gains nothing."""
    write("a:1")
    seal()
    column = "seq = 9" if table == "audit_link" else "action = 'x'"

    for statement in (f"UPDATE {table} SET {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(DatabaseError) as refused, transaction.atomic():
            sql(f"SET LOCAL session_replication_role = {role}; {statement}")
        assert "append-only" in str(refused.value) or "permission denied" in str(refused.value)

    assert (Entry.objects.count(), Link.objects.count()) == (1, 1)


def test_an_entry_in_flight_is_neither_passed_by_nor_sealed_early():
    """A transaction that began first and commits last still stands first in the chain."""
    slow = connections.create_connection("default")
    slow.set_autocommit(False)
    with slow.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_entry (at, actor_name, actor_roles, address, action, subject,"
            " outcome, details) VALUES (%s, '', '', '', 'x', 'slow', 'done', '{}')",
            [AT],
        )
    write("quick")

    assert seal() == 0  # nothing may be numbered while something older is open
    slow.commit()
    slow.close()

    assert seal() == 2
    assert [link.entry.subject for link in Link.objects.order_by("seq")] == ["slow", "quick"]
    assert first_break() is None


def test_after_a_restore_with_a_younger_transaction_counter_sealing_goes_on():
    """Entries of the former cluster carry transaction numbers that are still to come here."""
    write("a:1", "a:2", "a:3")
    tamper("UPDATE audit_entry SET xid = '90000000000' WHERE subject = 'a:1'")
    tamper("UPDATE audit_entry SET xid = '90000000001' WHERE subject = 'a:2'")
    head = Entry.objects.get(subject="a:1")
    tamper(
        "INSERT INTO audit_link (seq, entry, xid, previous, digest)"
        " VALUES (1, %s, '90000000000', %s, %s)",
        head.id, "0" * 64, "1" * 64,
    )  # fmt: skip

    assert seal() == 2
    write("a:4")
    assert seal() == 1

    assert [link.entry.subject for link in Link.objects.order_by("seq")] == [
        "a:1", "a:2", "a:3", "a:4",
    ]  # fmt: skip


def test_more_than_one_batch_is_sealed_in_one_go():
    with transaction.atomic():
        write(*(f"a:{number}" for number in range(5)))

    assert seal(batch=2) == 5
    assert first_break() is None


def test_two_sealers_do_not_meet():
    write("a:1")
    with at_work(Work.SEAL_JOURNAL):
        assert seal() == 0
    assert seal() == 1


def test_entries_waiting_too_long_are_reported():
    record("x", "old:1", actor=SYSTEM, at=AT)

    assert "1 entries unsealed" in verdict()[1]
