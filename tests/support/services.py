"""A PostgreSQL and a Valkey for one test run, in a temporary state directory.

The addresses are fixed before Django reads its settings; the servers start when the first test
asks for them. Each of several pytest workers has servers of its own: the journal's chain waits for
every open transaction of a PostgreSQL, those of another worker's tests, too.
A `DATABASE_URL` or `REDIS_URL` in the environment is used instead.
"""

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from anxin.supervisor import secretfiles
from anxin.supervisor.crew import Crew
from anxin.supervisor.home import Home
from anxin.supervisor.postgres import Postgres
from anxin.supervisor.valkey import Valkey

RUN = "ANXIN_TEST_RUN"  # number of the process that owns the servers of this run
WORKER = "ANXIN_TEST_WORKER"  # the pytest worker it is, "" without workers
OURS = "ANXIN_TEST_ADDRESSES"  # which addresses are of servers that the run starts
SERVICE_USER = "nobody"  # runs PostgreSQL when the tests are run by root


class Services:
    """`start` is idempotent and does nothing but in the process that owns this run."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.postgres = Postgres(home, fast=True)
        self.valkey = Valkey(home)
        self._crew = Crew(home, say=lambda _: None)
        self._started: set[str] = set()

    def start_postgres(self) -> None:
        if self._owned() and str(self.home.path) in os.environ["DATABASE_URL"]:
            self.postgres.create()
            self._start("postgres")

    def start_valkey(self) -> None:
        if self._owned() and str(self.home.path) in os.environ["REDIS_URL"]:
            self._start("valkey")

    def stop(self) -> None:
        """End both and remove every trace."""
        if self._owned():
            self._crew.stop()
            shutil.rmtree(self.home.path, ignore_errors=True)

    def _start(self, name: str) -> None:
        if name not in self._started:
            self._crew.start(getattr(self, name).program())
            self._crew.await_ready(name)
            self._started.add(name)

    def _owned(self) -> bool:
        return os.environ[RUN] == str(os.getpid())


@cache
def services() -> Services:
    """Those of this run."""
    root = os.getuid() == 0
    return Services(Home(Path(os.environ["ANXIN_HOME"]), SERVICE_USER if root else None))


def set_environment() -> None:
    """Before Django reads its settings. What a test starts finds everything set already."""
    worker = os.getenv("PYTEST_XDIST_WORKER", "")
    if RUN in os.environ and os.environ[WORKER] == worker:
        return
    for name in os.environ.pop(OURS, "").split():  # of the process that started the workers
        os.environ.pop(name)
    os.environ |= {
        RUN: str(os.getpid()),
        WORKER: worker,
        "ANXIN_ENV": "test",
        "ANXIN_HOME": tempfile.mkdtemp(prefix="anxin-test-"),
    }
    own = services()
    own.home.prepare()
    secretfiles.ensure(own.home)
    addresses: dict[str, str] = {}
    if not os.getenv("DATABASE_URL"):
        addresses |= own.postgres.environment("owner")
    if not os.getenv("REDIS_URL"):
        addresses |= own.valkey.environment()
    os.environ |= {**addresses, OURS: " ".join(addresses)}
    atexit.register(own.stop)
