"""What is written with the staff site's database role keeps nothing from anybody else: no
revocation (CPS-4.9.1), no end of an authority (CPS-5.7.3), no activation (CPS-6.2.8).
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module

import psycopg
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from hypothesis import given
from hypothesis import strategies as st

from anxin.duties import DUTIES
from audit.journal.models import Entry
from ca.crl import queries as lists
from ca.crl.services import issue_crl
from ca.custody import noting
from ca.issuing.models import Certificate
from ca.revocation import rules
from ca.revocation.models import Revocation
from pki import crls
from tests.rooms.ca.test_custody import NOW, box, held, room, state  # noqa: F401 -- fixtures
from tests.support import ca
from tests.support.endings import (
    RAN,
    Office,
    issue_many,
    step,
    tell_everybody,
)

HEAD = "certificate_id, ca_id, cause, reason, revoked_at, warrant, not_after, entry"
COPY = f"INSERT INTO ca_revocation ({HEAD}) SELECT id, ca_id, 'own_wish', 'cessationOfOperation',"
FORGED = (
    f"{COPY} now(), 987654321, not_after - interval '8 years', '\\x30'::bytea FROM ca_certificate"
)
SAID = "ca_entry(serial, now(), 'cessationOfOperation', NULL)"
BARE = f"{COPY} now(), warrant, not_after, {SAID} FROM ca_certificate"
ON_HOLD = BARE.replace("cessationOfOperation", "certificateHold")
REVOKED = "UPDATE ca_certificate SET state = 'revoked'"
NOTED = "ca_entry(serial, now(), 'certificateHold', NULL)"
HOLDS = (
    "INSERT INTO ca_hold (certificate_id, ca_id, cause, held_at, warrant, not_after, entry)"
    f" SELECT id, ca_id, 'own_wish', now(), warrant, not_after, {NOTED} FROM ca_certificate"
)
HELD = "UPDATE ca_certificate SET state = 'held', held_at = now()"
VALID = "UPDATE ca_certificate SET state = 'valid', held_at = NULL"
ENDED = "UPDATE ca_hold SET ended_at = now()"
SAYS, STANDS = "what the certificate says", "with its revocation"
HOLD_STANDS, ENDS = "with its hold", "or by an approval"


@pytest.fixture
def office(authorities, settings) -> Office:
    for duty in RAN:
        settings.DUTIES[duty] = DUTIES[duty]
    return Office().furnish()


# --- revocations -------------------------------------------------------------------------------


def refused(connection_as, why: str, *written: str) -> None:
    """In one transaction of the staff site's role."""
    call_command("grant")
    privilege = psycopg.errors.InsufficientPrivilege
    with connection_as("staff") as staff, pytest.raises(privilege, match=why):
        staff.execute("; ".join(written))


def listed() -> set[int]:
    issue_crl(ca.authority().id, at=ca.NOW)
    return set(crls.parse(lists.list_file("nmg-sm2").der).by_serial)


@pytest.mark.parametrize(
    ("why", "written"),
    [
        (SAYS, [FORGED]),
        (SAYS, [BARE.replace("(serial", "(reverse(serial)"), REVOKED]),
        (SAYS, [BARE.replace(SAID, f"{SAID} || '\\x00'"), REVOKED]),
        (SAYS, [BARE.replace("now(), warrant", "'infinity', warrant"), REVOKED]),
        (SAYS, [BARE.replace("now(), warrant", "now(), warrant + 1"), REVOKED]),
        (SAYS, [BARE.replace("now()", "now() + interval '2 days'"), REVOKED]),
        (SAYS, [ON_HOLD, REVOKED]),
        (HOLD_STANDS, ["UPDATE ca_certificate SET held_at = '9998-12-30'"]),
        (SAYS, ["SET standard_conforming_strings = off", BARE.replace(SAID, "'30'"), REVOKED]),
        (STANDS, [BARE]),
        (STANDS, [REVOKED]),
    ],
)
def test_no_row_keeps_a_certificate_from_being_revoked(
    authorities, connection_as, in_role, written, why
):
    """CPS-4.9.1: it stands with the state, says the same, and is on the list."""
    one = ca.issue(1)
    refused(connection_as, why, *written)

    with in_role("staff"):
        ca.revoke_it(one.id)
    assert one.parsed.serial in listed()


@pytest.mark.parametrize(
    ("why", "written"),
    [
        (SAYS, [HOLDS.replace("(serial", "(reverse(serial)"), HELD]),
        (SAYS, [HOLDS.replace("NULL)", "now())"), HELD]),
        (SAYS, [HOLDS.replace("'certificateHold'", "'superseded'"), HELD]),
        (SAYS, [HOLDS.replace("now(), warrant", "now(), warrant + 1"), HELD]),
        (HOLD_STANDS, [HOLDS]),
        (HOLD_STANDS, [HELD]),
        (ENDS, [HOLDS, ENDED]),
        (ENDS, [HOLDS, HELD, f"{ENDED}, release_warrant = warrant", VALID]),
    ],
)
def test_no_row_keeps_a_certificate_from_being_put_on_hold(
    authorities, connection_as, in_role, written, why
):
    """CPS-4.9.12: it stands with the state, says the same, and is on the list."""
    one = ca.issue(1)
    refused(connection_as, why, *written)

    with in_role("staff"):
        ca.hold_it(one.id)
    assert one.parsed.serial in listed()


@pytest.mark.parametrize(
    ("why", "written"),
    [
        (ENDS, [ENDED]),
        (ENDS, [f"{ENDED}, release_warrant = 987654321"]),
        (ENDS, [ENDED, VALID]),
        (ENDS, [f"{ENDED}, release_warrant = warrant", VALID]),  # by the approval of the hold
        (ENDS, [f"{ENDED}, release_warrant = 987654321", VALID]),
        (HOLD_STANDS, [VALID]),
        (HOLD_STANDS, ["UPDATE ca_certificate SET held_at = held_at - interval '1 day'"]),
    ],
)
def test_no_row_takes_what_is_on_hold_from_its_list(
    authorities, connection_as, in_role, why, written
):
    """CPS-4.9.13: only who is released, or revoked, is on hold no longer."""
    one = ca.issue(1)
    call_command("grant")
    with in_role("staff"):
        ca.hold_it(one.id)
    refused(connection_as, why, *written)
    assert one.parsed.serial in listed()

    with in_role("staff"):
        ca.release_it(one.id)
    assert Certificate.objects.get(pk=one.id).state == "valid"


def test_an_approval_that_released_stays_used(authorities, connection_as, in_role):
    """CPS-4.9.14: or the next list would miss who has left it."""
    one = ca.issue(1)
    ca.hold_it(one.id)
    listed()
    ca.release_it(one.id)

    refused(connection_as, "stays so", "UPDATE people_approval SET state = 'withdrawn'")

    assert listed() == set()


def test_workers_alone_know_until_when_it_is_answered(authorities, connection_as):
    """CPS-4.9.9: or nobody would be answered about what is revoked."""
    ca.issue(1)
    refused(connection_as, "workers know", "UPDATE ca_certificate SET answers_until = '2200-01-01'")


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "1949-12-31", "9999-01-02"])
@pytest.mark.parametrize(
    "written",
    [
        "ca_certificate SET held_at =",
        "ca_certificateauthority SET crl_requested_at =",
        "ca_certificateauthority SET stopped_at =",
        "ca_hold SET ended_at =",
    ],
)
def test_no_row_has_a_moment_that_nobody_can_read(authorities, written, moment):
    """CPS-4.9.7: whoever loads it would stop: lists, and the end of an authority."""
    ca.hold_it(ca.issue(1).id)
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="violates check"):
        cursor.execute(f"UPDATE {written} '{moment}'")


@pytest.mark.django_db
def test_every_moment_of_the_house_can_be_read():
    """CPS-5.7.3: a new column of `ca` has its bounds, as migration 0025 gives them to all."""
    assert without_bounds() == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "column"), [("ca_ceremonystep", "due_at"), ("ca_ending", "ends_on")]
)
def test_a_bound_from_before_never_was_9999_is_raised(table, column):
    """Where migration 0025 was applied in its first form."""
    name = f"{column}_of_{table}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK"
            f" ({column} >= '1950-01-01 00:00:00+00' AND {column} < '9000-01-01 00:00:00+00')"
        )
        assert without_bounds() == [(table, column)]

        cursor.execute(import_module("ca.migrations.0026_never_is_9999").NEVER)

    assert without_bounds() == []


def without_bounds() -> list[tuple[str, str]]:
    """Tables and columns of moments that may be any."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " WHERE c.table_schema = 'public' AND c.table_name LIKE 'ca\\_%'"
            " AND c.data_type IN ('date', 'timestamp with time zone') AND NOT EXISTS ("
            "  SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.table_name::regclass"
            "  AND pg_get_constraintdef(k.oid) LIKE '%(' || c.column_name || ' <= %9999-01-01%')"
        )
        return cursor.fetchall()


def test_no_order_has_numbers_for_names(authorities, connection_as):
    """CPS-4.3.1: numbers that no worker reads would hold up all orders of an authority."""
    ca.put_on_order(1)
    call_command("grant")
    columns = (
        "ca_id, profile, profile_version, requester, holder, subject, subject_text, public_key,"
        " days, template_digest, ordered_at, refusal, state, ends"
    )
    copy = (
        f"INSERT INTO ca_certificate (warrant, names, {columns})"
        f" SELECT warrant + 1, %s, {columns} FROM ca_certificate"
    )
    with connection_as("staff") as staff, pytest.raises(psycopg.errors.CheckViolation):
        staff.execute(copy, [f"[{'9' * 5000}]"])


@pytest.mark.parametrize(
    ("why", "written"),
    [
        ("stays", "UPDATE ca_ending SET approval_id = 987654321"),
        ("stays", "UPDATE ca_ending SET agreed_at = now()"),
        ("stays", "UPDATE ca_ending SET state = 'declared'"),
        ("workers alone", "UPDATE ca_endingstep SET state = 'done' WHERE code = 'revoke'"),
        ("workers alone", "UPDATE ca_endingstep SET state = 'set_aside' WHERE code = 'revoke'"),
    ],
)
def test_no_row_leaves_an_end_half_way(office, connection_as, written, why):
    """CPS-5.7.3: what the committee agreed to stays, and all are revoked."""
    issue_many(ca.authority().id, 600)
    number = office.agreed()
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    office.begin(number)
    office.work(most=1)

    refused(connection_as, why, written)

    office.work()
    assert Certificate.objects.filter(ca__code="nmg-sm2", state="revoked").count() == 600


@pytest.mark.django_db
@given(
    serial=st.integers(1, (1 << 159) - 1),
    dated=st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),
    reason=st.sampled_from(
        sorted({*rules.REASONS.values(), *rules.END_REASONS.values(), rules.ON_HOLD})
    ),
    since=st.none()
    | st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)),
)
def test_the_tables_write_an_entry_as_the_lists_do(serial, dated, reason, since):
    """RFC 5280 5.1.2.6: by two hands the same bytes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ca_entry(%s, %s, %s, %s)", [f"{serial:x}", dated, reason, since])
        (written,) = cursor.fetchone()

    whole = since and since.replace(microsecond=0)
    assert bytes(written) == crls.Entry(serial, dated.replace(microsecond=0), reason, whole).der


def test_a_row_that_stands_already_does_not_stop_an_end(office):
    """CPS-5.7.3: from before the tables forbade it; all are revoked, and the journal says so."""
    issue_many(ca.authority().id, 600)
    number = office.agreed()
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    bad = Certificate.objects.filter(state="valid", ca__code="nmg-sm2").order_by("pk")[3]
    with connection.cursor() as cursor:  # the owner of the tables, as before the migration
        cursor.execute(f"{FORGED} WHERE id = %s", [bad.pk])
    office.begin(number)

    office.work()

    assert step(number, "revoke").state == "done"
    gone = Certificate.objects.filter(ca__code="nmg-sm2", state="revoked").count()
    assert gone == 600 == Revocation.objects.count()
    noted = Entry.objects.get(action="ca.certificate.revoke", details__contains='"stood"')
    assert noted.subject == f"ca.certificate:{bad.pk}"


# --- custody -----------------------------------------------------------------------------------

ASKED = (
    "INSERT INTO ca_activation (state, set_id, place, purpose, ceremony, hours, signatures, reason,"
    " asked_by, asked_at, session, statement, signature, fault) SELECT '{state}', id, 7,"
    " 'activate', '', 1, 1, 'x', 1, '{moment}', '', '', '', '' FROM ca_custodyset"
    " WHERE state = 'in_force'"
)
ORDERED = (
    "INSERT INTO ca_stoporder (state, how, reason, ordered_by, ordered_at, signed, fault)"
    " VALUES ('{state}', 'emergency', 'x', 1, '{moment}', '{{}}', '')"
)


def test_one_row_holds_no_custody_up(held):  # noqa: F811
    """CPS-6.2.8: of another time, it waits; the others are offered and end in time."""
    with connection.cursor() as cursor:  # the owner of the tables: no trigger minds
        cursor.execute(ASKED.format(state="asked", moment="9998-12-31 23:59:00+00"))

    first = held.ask(at=NOW)
    assert state(first) == "offered"
    for one in held.custodians[:2]:
        one.bring(first, at=NOW)
    noting.tend(at=NOW)
    assert state(first) == "active"
    second = held.ask(at=NOW)
    noting.tend(at=NOW + timedelta(hours=1))
    assert state(second) == "lapsed"


@pytest.mark.parametrize("written", [ASKED, ORDERED])
@pytest.mark.parametrize(
    ("state", "moment"),
    [
        *((None, moment) for moment in ("9999-12-31 23:59:00+00", "infinity", "-infinity")),
        *((state, "now") for state in ("active", "sealing")),
    ],
)
def test_nobody_asks_but_now(held, connection_as, written, state, moment):  # noqa: F811
    """CPS-6.2.8: nor says what only workers know."""
    first = {ASKED: "asked", ORDERED: "ordered"}[written]
    call_command("grant")
    with connection_as("staff") as staff:
        insert = partial(staff.execute, written.format(state=state or first, moment=moment))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="asks about custody"):
            insert()
        staff.execute(written.format(state=first, moment="now"))
