"""Tests with real transactions empty all tables afterwards; the journal's triggers refuse that.

`empty the database` is the one thing a test run does that no product process may: it disables the
triggers as the tables' owner, and enables them again exactly as the migration did. Nothing else
in the tests gets round them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import TransactionTestCase

TABLES = (
    "audit_entry",
    "audit_link",
    "ca_ceremonyline",
    "ca_attestation",
    "ca_ceremonypaper",
)
# What a migration enters stays, unless a test has changed it
OTHER_ROWS = {
    "ca_profileversion": " WHERE version > 1 OR state <> 'in_force' OR proposed_by > 0",
    "ra_statusaccess": " WHERE number <> '-' OR tries > 0 OR locked_until IS NOT NULL",
    "ra_downloadcredential": " WHERE reference <> '-'",
}


@contextmanager
def triggers_disabled() -> Iterator[None]:
    """What the owner of the tables can do, and nobody else."""
    _each("DISABLE TRIGGER {table}_keeps_rows, DISABLE TRIGGER {table}_keeps_all")
    try:
        yield
    finally:
        _each("ENABLE ALWAYS TRIGGER {table}_keeps_rows, ENABLE ALWAYS TRIGGER {table}_keeps_all")


def _each(change: str) -> None:
    tables = [f"ALTER TABLE {table} {change.format(table=table)}" for table in TABLES]
    with connection.cursor() as cursor:
        cursor.execute("; ".join(tables))


@cache
def _which_have_rows() -> str:
    """A query; Django's own way empties all tables, which takes most of a test's time."""
    tables = connection.introspection.django_table_names(only_existing=True)
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table}{OTHER_ROWS.get(table, '')})"
        for table in tables
    )


def _empty_the_database(_case: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_which_have_rows())
        full = ", ".join(table for (table,) in cursor.fetchall())
        if full:
            with transaction.atomic(), triggers_disabled():
                cursor.execute(f"TRUNCATE {full} CASCADE")
                _enter_again()


def _enter_again() -> None:
    """What was emptied, as the migrations entered it."""
    from ca.models import ProfileVersion  # apps are there by now
    from ca.profiles.delivered import rows
    from ra.models import DownloadCredential, StatusAccess

    if not ProfileVersion.objects.exists():
        ProfileVersion.objects.bulk_create(ProfileVersion(**row) for row in rows())
    if not (StatusAccess.objects.exists() and DownloadCredential.objects.exists()):
        decoys = import_module("ra.migrations.0002_public_site")
        decoys.remove_decoys(apps, None)
        decoys.add_decoys(apps, None)


@pytest.fixture(scope="session", autouse=True)
def _the_journal_can_be_emptied() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_the_database)
        yield
