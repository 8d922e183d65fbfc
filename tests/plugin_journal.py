"""Tests with real transactions empty all tables afterwards; the journal's triggers refuse that.

`empty the database` is the one thing a test run does that no product process may: it disables the
triggers as the tables' owner, and enables them again exactly as the migration did. Nothing else
in the tests gets round them.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import TransactionTestCase

TABLES = ("audit_entry", "audit_link", "ca_ceremonyline", "ca_attestation")


@contextmanager
def triggers_disabled() -> Iterator[None]:
    """What the owner of the tables can do, and nobody else."""
    _each("DISABLE TRIGGER {table}_keeps_rows, DISABLE TRIGGER {table}_keeps_all")
    try:
        yield
    finally:
        _each("ENABLE ALWAYS TRIGGER {table}_keeps_rows, ENABLE ALWAYS TRIGGER {table}_keeps_all")


def _each(change: str) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} {change.format(table=table)}")


@pytest.fixture(scope="session", autouse=True)
def _the_journal_can_be_emptied() -> Iterator[None]:
    empty_the_database = TransactionTestCase._fixture_teardown

    def with_triggers_disabled(case: TransactionTestCase) -> None:
        with triggers_disabled():
            empty_the_database(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", with_triggers_disabled)
        yield
