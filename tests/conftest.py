"""Plugins for every test; people and things by name live in `tests/support/`."""

import os

import pytest
from django.core.management import call_command
from hypothesis import settings

os.environ.setdefault("ANXIN_ENV", "test")

pytest_plugins = [
    "tests.plugin_services",
    "tests.plugin_journal",
    "tests.oracles.fixtures",
    "tests.support.ca_fixtures",
    "tests.support.directory",
]

settings.register_profile("house", deadline=None)  # how busy the machine is proves nothing
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _catalogues() -> None:
    """English is read from the compiled catalogue, which the repository does not have."""
    call_command("compile_catalogues")
