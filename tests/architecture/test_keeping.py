"""Logs that name somebody are kept for a limited time and seen by few (WP-5.3b)."""

import re

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from anxin.grants import GRANTS
from anxin.keeping import KEPT, OWN
from people.trust.roles import Role

# where a person is, by what, and where they are told things
TRACES = {"address", "browser", "to", "network", "user_agent"}
STAYS = {  # CPS 5.4.3: records, in which staff answer for what they did
    "audit_entry",
    "people_vote",
}
MODELS = {model._meta.db_table: model for model in apps.get_models()}
TABLES = sorted(set(KEPT) - {"logs/"})


def columns(table):
    return {field.attname for field in MODELS[table]._meta.local_concrete_fields}


def test_every_table_that_says_where_somebody_was_has_its_time() -> None:
    """WP-5.3b"""
    traced = {table for table in MODELS if columns(table) & TRACES}

    assert traced - STAYS <= set(KEPT)
    assert traced >= STAYS


@pytest.mark.parametrize("table", TABLES)
def test_what_is_kept_exists_and_ends(table: str) -> None:
    """WP-5.3b: by a task of the timetable, or by a function that exists."""
    kept = KEPT[table]

    assert set(kept.columns) <= columns(table)
    assert 0 < kept.days <= 366
    if "." in kept.ended_by.partition(".")[2]:
        assert callable(import_string(kept.ended_by))
    else:
        assert kept.ended_by in settings.CELERY_BEAT_SCHEDULE
        assert kept.ended_by in current_app.tasks


@pytest.mark.parametrize("table", TABLES)
def test_it_is_seen_by_few(table: str) -> None:
    """WP-5.3b: by one role or their own people; and what the public site wrote it cannot read."""
    public = GRANTS[table].get("anxin_public", "")
    readable = re.search(r"SELECT(?: \(([^)]*)\))?", public)
    read = set((readable[1] or "").split(", ")) if readable else set()

    assert len(KEPT[table].seen_by) <= 1
    assert set(KEPT[table].seen_by) <= {OWN, *Role}
    assert not readable or readable[1]  # never all columns
    assert not read & (set(KEPT[table].columns) - {"network"})  # a keyed hash, to count by
