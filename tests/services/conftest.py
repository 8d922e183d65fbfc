import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from anxin.supervisor import procfs
from anxin.supervisor.home import CHECKOUT, Home
from anxin.supervisor.postgres import Postgres
from anxin.supervisor.valkey import Valkey
from tests.support.waiting import WITHIN, until


class House:
    """A supervised house in a process of its own; `path` survives its runs."""

    def __init__(self, path: Path) -> None:
        self.home = Home(path, "nobody" if os.getuid() == 0 else None)
        self._runs: list[subprocess.Popen[bytes]] = []
        self._said = path / "said"
        self._heard = 0  # bytes of it

    def command(self, python: str) -> list[str]:
        user = [self.home.service_user] if self.home.service_user else []
        return [python, "-m", "tests.services.house", str(self.home.path), *user]

    def start(self, *prefix: str, python: str = sys.executable, **environment: str) -> None:
        # Whoever runs the tests may ignore SIGHUP (nohup does); this house hears it.
        prefix = ("/usr/bin/env", "--default-signal=HUP", *prefix)
        with self._said.open("ab") as said:
            self._runs.append(
                subprocess.Popen(
                    [*prefix, *self.command(python)],
                    cwd=CHECKOUT,
                    env=os.environ | environment,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                )
            )

    def hear(self, word: str, within: float = WITHIN) -> str:
        """The next line of a supervisor that has this word in it."""
        run = self._runs[-1]
        until(lambda: word.encode() in self._unheard() or run.poll() is not None, word, within)
        for line in self._unheard().splitlines(keepends=True):
            self._heard += len(line)
            if word.encode() in line:
                return line.decode()
        raise AssertionError(f"not a word of {word!r} in {self.said()}")

    def said(self) -> str:
        return self._said.read_text("utf8")

    def _unheard(self) -> bytes:
        return self._said.read_bytes()[self._heard :]

    def up(self, *prefix: str, **options: str) -> None:
        self.start(*prefix, **options)
        self.hear("up\n")

    def stop(self) -> int:
        self._runs[-1].send_signal(signal.SIGTERM)
        return self._runs[-1].wait(WITHIN)

    def supervisor(self) -> int:
        return self._runs[-1].pid

    def pid(self, name: str) -> int:
        return int((self.home.run / f"{name}.pid").read_text().split()[0])

    def kill(self, *pids: int) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):  # its parent's death may have been quicker
                os.kill(pid, signal.SIGKILL)
        if self.supervisor() in pids:
            self._runs[-1].wait(WITHIN)

    def everybody(self) -> list[procfs.Process]:
        """Every process of this house but the supervisor."""
        places = [self.home.database, self.home.broker]
        found = [one for place in places for one in procfs.working_in(place)]
        sessions = {int(path.read_text().split()[0]) for path in self.home.run.glob("*.pid")}
        return found + [one for one in procfs.living() if one.session in sessions]

    def members(self, name: str) -> set[int]:
        """The process of this name, and what it has started."""
        session = self.pid(name)
        return {one.pid for one in procfs.living() if one.session == session}

    def database(self, role: str = "owner") -> psycopg.Connection:
        told = Postgres(self.home).environment(role)
        return psycopg.connect(told["DATABASE_URL"], passfile=told["PGPASSFILE"], autocommit=True)

    def broker_url(self) -> str:
        address = Valkey(self.home).environment()["REDIS_URL"]
        password = (self.home.secrets / "valkey").read_text().strip()
        return address.replace("://", f"://:{password}@")

    def close(self) -> None:
        for run in self._runs:
            if run.poll() is None:
                run.send_signal(signal.SIGTERM)
                run.wait(WITHIN)
        procfs.end(self.everybody(), signal.SIGKILL, patience=5)
        shutil.rmtree(self.home.path)


def short_directory() -> Path:
    """Short enough for sockets, and every account can pass through: unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="anxin-", dir="/tmp"))
    path.chmod(0o711)
    return path


@pytest.fixture
def place() -> Iterator[Path]:
    path = short_directory()
    yield path
    shutil.rmtree(path)


@contextmanager
def somewhere() -> Iterator[House]:
    one = House(short_directory())
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def house() -> Iterator[House]:
    with somewhere() as one:
        yield one


@pytest.fixture(scope="module")
def running() -> Iterator[House]:
    """One that is up, for tests that leave it as it was."""
    with somewhere() as one:
        one.up()
        yield one


@pytest.fixture
def eventually():
    return until
