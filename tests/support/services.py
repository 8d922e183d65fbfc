"""A PostgreSQL and a Valkey for one test run, in a temporary state directory.

The addresses are fixed before Django reads its settings; the servers start when the first test
asks for them. With several pytest workers the controlling process starts them, once for all.
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
    """Before Django reads its settings. A pytest worker finds everything set already."""
    if RUN in os.environ:
        return
    os.environ |= {
        RUN: str(os.getpid()),
        "ANXIN_ENV": "test",
        "ANXIN_HOME": tempfile.mkdtemp(prefix="anxin-test-"),
    }
    own = services()
    own.home.prepare()
    secretfiles.ensure(own.home)
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.getenv(name)}
    if "DATABASE_URL" not in given:
        os.environ |= own.postgres.environment("owner")
    if "REDIS_URL" not in given:
        os.environ |= own.valkey.environment()
    atexit.register(own.stop)
