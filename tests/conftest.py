"""Plugins for every test; people and things by name live in `tests/support/`."""

import os

os.environ.setdefault("ANXIN_ENV", "test")

pytest_plugins = ["tests.plugin_services", "tests.plugin_journal", "tests.oracles.fixtures"]
