from contextlib import contextmanager

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections

from ca.profiles import naming
from ca.profiles.delivered import EVERYTHING
from ca.profiles.queries import KEPT


@pytest.fixture(autouse=True)
def _nobody_has_asked_yet():
    """The limits of `anxin.kernel.limits` are counted in this process's memory."""
    cache.clear()


@pytest.fixture(autouse=True)
def _no_profile_is_known_from_another_test():
    """What a version says never changes, but each test has a database of its own."""
    for named in KEPT.keys() - {(one.code, 1) for one in EVERYTHING}:
        del KEPT[named]
    naming.KEPT.clear()


@pytest.fixture
def in_role(services, transactional_db):
    """`with in_role("public"): ...` is done over a connection of that role, like a process."""
    call_command("grant")

    @contextmanager
    def entered(role):
        owner = connections["default"]
        told = services.postgres.environment(role, owner.settings_dict["NAME"])
        other = owner.copy()
        other.settings_dict["USER"] = f"anxin_{role}"
        other.settings_dict["OPTIONS"] = {"passfile": told["PGPASSFILE"]}
        connections["default"] = other
        try:
            yield
        finally:
            other.close()
            connections["default"] = owner

    return entered
