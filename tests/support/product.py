"""The whole product in processes of its own: what `script/serve` runs, in a home of its own."""

import http.client
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path

from anxin.supervisor import procfs
from anxin.supervisor.environment import Environment
from anxin.supervisor.home import CHECKOUT, SERVICE_USER, Home
from pki.signer.client import Signer
from tests.services.conftest import House, short_directory

FIRST_RUN = 240.0  # seconds, on a machine that is busy with other things
SITES = ("staff", "public")
ROOT = os.getuid() == 0
HELPERS = ("beat", "custodians", "postgres", "signer", "valkey", "worker-default", "worker-signing")
EVERYBODY = (*SITES, *HELPERS)


@dataclass(frozen=True)
class Process:
    """One process of the product, and the program of the supervisor that it belongs to."""

    program: str
    pid: int

    def file(self, name: str) -> bytes:
        """A file of /proc; empty when the process has ended meanwhile, as database sessions do."""
        try:
            return Path(f"/proc/{self.pid}/{name}").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return b""

    def handles(self) -> list[Path]:
        """What it has open; nothing when it has ended meanwhile."""
        try:
            return list(Path(f"/proc/{self.pid}/fd").iterdir())
        except (FileNotFoundError, ProcessLookupError):
            return []


class Product(House):
    """`settings` are what somebody would set before `script/serve`."""

    def __init__(self, **settings: str) -> None:
        super().__init__(short_directory())
        self.home = Home(self.home.path, SERVICE_USER if ROOT else None, separate=ROOT)
        self.ports = dict(zip(SITES, free_ports(len(SITES)), strict=True))
        self.settings = settings

    def command(self, python: str) -> list[str]:
        demo = self.environment()["ANXIN_ENV"] == "demo"
        return [python, "-m", "anxin.supervisor", *["--activate-demo"] * demo]

    def environment(self) -> dict[str, str]:
        return {
            "ANXIN_ENV": "demo",
            "ANXIN_HOME": str(self.home.path),
            "ANXIN_STAFF_PORT": str(self.ports["staff"]),
            "ANXIN_PUBLIC_PORT": str(self.ports["public"]),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            **self.settings,
        }

    def up(self, *prefix: str, **changed: str) -> None:
        self.start(*prefix, **self.environment() | changed)
        self.hear("Ctrl-C stops everything", within=FIRST_RUN)

    def url(self, site: str, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.ports[site]}{path}"

    def status(self, site: str, path: str = "/", **headers: str) -> int:
        return self.answer(site, path, **headers)[0]

    def answer(self, site: str, path: str = "/", **headers: str) -> tuple[int, Message, str]:
        """Status, headers and text; header names are written with underscores here."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[site], timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request("GET", path, headers=sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`script/manage`, beside the running product."""
        return subprocess.run(
            [sys.executable, "-m", "anxin.supervisor", "manage", *arguments],
            env=os.environ | self.environment(),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, site: str) -> dict[str, str]:
        """What the supervisor tells a process of this site, for one that runs as ourselves."""
        home = replace(self.home, separate=False)
        return Environment(home, os.environ | self.environment()).site(site)

    def signer(self) -> Signer:
        return Signer(self.home.sockets / "signer/signer.sock")

    def log(self, name: str) -> str:
        return (self.home.logs / f"{name}.log").read_text()

    def processes(self) -> list[Process]:
        """Everybody, children included."""
        found = [Process(name, pid) for name in EVERYBODY for pid in self.members(name)]
        known = {one.pid for one in found}
        backends = [one for one in procfs.working_in(self.home.database) if one.pid not in known]
        return found + [Process("postgres", one.pid) for one in backends]


def free_ports(count: int) -> list[int]:
    """Held open together, so that no two are the same."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
