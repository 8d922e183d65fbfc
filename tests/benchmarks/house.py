"""A whole installation in a temporary directory, as `script/serve` sets it up: fsync on."""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from anxin.demo import shares as demo
from anxin.supervisor import programs, secretfiles
from anxin.supervisor.crew import Crew
from anxin.supervisor.environment import Environment
from anxin.supervisor.home import CHECKOUT, Home
from anxin.supervisor.postgres import Postgres
from anxin.supervisor.processes import Program
from pki.shares import seal_file
from pki.signer.client import Signer
from pki.signer.offers import FOUNDING, MOST_SIGNATURES
from tests.support.signer import activate, hand_out

SERVICE_USER = "nobody"  # runs PostgreSQL when the benchmarks are run by root
MANAGE = (sys.executable, str(CHECKOUT / "manage.py"))
PASSPHRASE = "of nobody's custodians"
GUEST = "guest"  # a second database on the same server, for other programs


@dataclass(frozen=True)
class House:
    """PostgreSQL, Valkey and the signer run; Django in this process is the owner's command."""

    environment: Environment
    crew: Crew

    @property
    def home(self) -> Home:
        return self.environment.home

    @property
    def postgres(self) -> Postgres:
        assert self.environment.postgres
        return self.environment.postgres

    def start(self, *some: Program) -> None:
        """Start them and wait until they answer."""
        self.crew.start(*some)
        self.crew.await_ready(*(program.name for program in some))

    def start_workers(self) -> None:
        """The workers and the clock of `script/serve`, as many of them."""
        self.start(
            programs.worker(self.environment, "signing", processes=2),
            programs.worker(self.environment, "default", processes=2),
            programs.beat(self.environment),
        )

    def restart(self, program: Program) -> None:
        """In place of the one of its name."""
        child = self.crew._posts.pop(program.name).child
        if child:
            child.ask_to_stop()
            child.wait_or_kill()
        self.start(program)

    def bring_back(self, name: str) -> None:
        """At once, however often it died; for those who kill it on purpose."""
        post = self.crew._posts[name]
        post.deaths, post.next_try = 0, 0.0
        self.crew.await_ready(name)

    def activate(self) -> None:
        """Two of the custodians bring their shares again, after the signer's start."""
        _activate(Signer(self.environment.signer_socket), self.home.demo_shares)

    def guest(self) -> dict[str, str]:
        """How a program that is not ours reaches a database of its own on the same server."""
        return self.postgres.environment("owner", GUEST)


@contextmanager
def installation(kept: Path | None = None) -> Iterator[House]:
    """Takes everything down again, whatever happens inside; a `kept` one can be entered again."""
    folder = kept or Path(tempfile.mkdtemp(prefix="anxin-bench-"))
    folder.mkdir(exist_ok=True)
    home = Home(folder, SERVICE_USER if os.getuid() == 0 else None)
    caller = {
        "ANXIN_ENV": "demo",
        "ANXIN_STAFF_PORT": free_port(),
        "ANXIN_PUBLIC_PORT": free_port(),
    }
    environment = Environment(home, caller)
    crew = Crew(home, say=lambda _: None)
    try:
        home.prepare()
        secretfiles.ensure(home)
        house = House(environment, crew)
        _bring_up(house, guests=kept is None)
        yield house
    finally:
        crew.stop()
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _bring_up(house: House, *, guests: bool) -> None:
    house.postgres.create()
    if guests:
        statements = [f"CREATE DATABASE {GUEST} OWNER anxin_owner"]
        house.postgres._single_user(house.home.database, statements)
    assert house.environment.valkey
    house.start(
        _with_room_for_a_guest(house.postgres) if guests else house.postgres.program(),
        house.environment.valkey.program(),
        programs.signer(house.environment),
    )
    _activate(Signer(house.environment.signer_socket), house.home.demo_shares)
    owner = house.environment.site("command")
    house.crew.run("migrate", (*MANAGE, "migrate", "--noinput"), owner)
    house.crew.run("grant", (*MANAGE, "grant"), owner)
    for name in ("DATABASE_URL", "PGPASSFILE", "REDIS_URL"):
        os.environ.pop(name, None)
    os.environ |= owner | {"ANXIN_LOG_LEVEL": "WARNING"}
    import django

    django.setup()


def _activate(signer: Signer, file: Path) -> None:
    """For a founding, where keys may be made; a kept house keeps its shares."""
    if signer.custody()["state"] == "empty":
        owned = hand_out(signer)
        demo.write(file, [demo.Held("", seal_file(one, PASSPHRASE), PASSPHRASE) for one in owned])
    activate(signer, demo.opened(file), FOUNDING, signatures=MOST_SIGNATURES)


def _with_room_for_a_guest(postgres: Postgres) -> Program:
    """Before every start, since the server's own settings are written anew then."""
    program = postgres.program()

    def prepare() -> None:
        program.prepare()
        with (postgres.home.run / "pg_hba.conf").open("a") as file:
            file.write(f"local {GUEST} anxin_owner scram-sha-256\n")

    return replace(program, prepare=prepare)


def free_port() -> str:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
