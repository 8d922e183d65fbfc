"""What each process may do to the journal, asked as that process's role (CPS-5.4.4)."""

from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import errors

pytestmark = pytest.mark.django_db(transaction=True)
COLUMNS = "at, actor_id, actor_name, actor_roles, address, action, outcome, subject, details"
ENTRY = "now(), NULL, 'applicant', '', '', 'ra.application.accept', 'done', 'y:1', '{}'"
WRITE = f"INSERT INTO audit_entry ({COLUMNS}) VALUES ({ENTRY})"
FORBIDDEN = [
    f"INSERT INTO audit_entry ({COLUMNS}, xid) VALUES ({ENTRY}, '3')",
    "UPDATE audit_entry SET action = 'y'",
    "DELETE FROM audit_entry",
    "TRUNCATE audit_entry",
    "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER audit_entry_keeps_rows ON audit_entry",
    "DROP TABLE audit_link",
    "UPDATE audit_link SET digest = ''",
    "DELETE FROM audit_link",
    "SET session_replication_role = replica",
    "CREATE TEMPORARY TABLE people_approval (id bigint)",
    "CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'",
    "CREATE TABLE public.ca_certificates (id bigint)",
    "CREATE SCHEMA mine",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
]


@pytest.fixture(params=["staff", "worker", "public"])
def role(request, connection_as) -> Iterator[psycopg.Connection]:
    call_command("grant")
    return connection_as(request.param)


def test_every_process_may_write_entries(role):
    role.execute(WRITE)


def test_no_process_may_do_anything_else_to_them(role):
    role.execute(WRITE)

    for statement in FORBIDDEN:
        with pytest.raises(errors.InsufficientPrivilege):
            role.execute(statement)


def test_who_may_create_tables_is_given_no_rights():
    """CPS-5.4.4: somebody else owns the database, and has left that to everybody."""
    with connection.cursor() as cursor:
        cursor.execute("GRANT CREATE ON SCHEMA public TO anxin_public")
    try:
        with pytest.raises(CommandError, match="anxin_public may create tables"):
            call_command("grant")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("REVOKE CREATE ON SCHEMA public FROM anxin_public")


def test_the_public_site_writes_what_it_may_not_read(connection_as):
    call_command("grant")
    public = connection_as("public")
    public.execute(WRITE)

    with pytest.raises(errors.InsufficientPrivilege):
        public.execute("SELECT * FROM audit_entry")


def test_only_the_worker_chains(connection_as):
    call_command("grant")
    link = "INSERT INTO audit_link VALUES (1, '3', repeat('0', 64), repeat('1', 64), 1)"

    with pytest.raises(errors.InsufficientPrivilege):
        connection_as("staff").execute(link)
    connection_as("worker").execute(link)


def test_no_process_takes_back_what_people_did(role):
    for table in ("people_approval", "people_vote", "people_appointment", "people_staffmember"):
        with pytest.raises(errors.InsufficientPrivilege):
            role.execute(f"DELETE FROM {table}")


def test_what_was_proposed_cannot_be_rewritten(role):
    for column in ("payload", "digest", "maker_id", "action", "subject"):
        with pytest.raises(errors.InsufficientPrivilege):
            role.execute(f"UPDATE people_approval SET {column} = NULL")
