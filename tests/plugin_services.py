"""Database, broker and the order of tests.

services        the running PostgreSQL and the state directory of this run
broker          Valkey's address as Celery spells it, running
connection_as   connection_as("staff") -> a psycopg connection to the test database in that role
"""

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.support.services import Services
from tests.support.services import services as services_of_this_run

FIRST, LAST = ("tests/unit", "tests/architecture"), ("tests/services", "tests/e2e")
BROWSERS = "tests/e2e"
OWN_PRODUCT = ("tests/e2e/test_production",)  # starts another than the one all browsers share


class ByFile(LoadScopeScheduling):
    """Two workers take file by file; all browsers are one of these, since they share a product."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSERS if _shares_product(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fast tests first, browsers last, but at once where there is a worker for them; within a
    folder whatever order was there.
    """
    workers = hasattr(config, "workerinput")
    items.sort(key=lambda item: (not (workers and _shares_product(item.nodeid)), _rank(item)))


def _shares_product(nodeid: str) -> bool:
    return nodeid.startswith(BROWSERS) and not nodeid.startswith(OWN_PRODUCT)


def _rank(item: pytest.Item) -> int:
    if item.nodeid.startswith(FIRST):
        return 0
    return 1 + sum(
        item.nodeid.startswith(folder) * (1 + place) for place, folder in enumerate(LAST)
    )


@pytest.fixture(scope="session")
def services() -> Services:
    run = services_of_this_run()
    run.start_postgres()
    return run


@pytest.fixture(scope="session")
def broker() -> str:
    services_of_this_run().start_valkey()
    return str(settings.REDIS_URL)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    services: Services, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """The first test that wants the database starts the server."""


@pytest.fixture
def connection_as(services: Services, db: None) -> Iterator[object]:
    """What a role may do is asked as that role. Sees what is committed only."""
    opened = []

    def connect(role: str) -> psycopg.Connection:
        name = str(settings.DATABASES["default"]["NAME"])
        told = services.postgres.environment(role, name)
        one = psycopg.connect(told["DATABASE_URL"], passfile=told["PGPASSFILE"], autocommit=True)
        opened.append(one)
        return one

    yield connect
    for one in opened:
        one.close()
