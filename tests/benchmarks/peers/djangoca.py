"""django-ca 3.2.0 in a virtual environment under build/, on the same PostgreSQL server as ours."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tests.benchmarks import cpu
from tests.benchmarks.harness import Run
from tests.benchmarks.house import GUEST, House

VENV = Path("build/django-ca-3.2.0")
# Of what both use, the version that we use.
SHARED = {"django": "", "cryptography": "", "psycopg": "[binary]"}
PROGRAM = Path(__file__).with_name("djangoca_issuing.py")


@dataclass(frozen=True)
class Taken:
    """One run: certificates a second, and seconds of processor time for each."""

    rate: float
    cpu: float


def runs(house: House, *, times: int = 5, many: int = 1000) -> list[Taken]:
    """A P-256 authority, two processes."""
    if Run.short:
        times, many = 2, 200
    with tempfile.TemporaryDirectory(prefix="anxin-bench-keys-") as keys:
        command = [
            *(_interpreter(), "-P", PROGRAM, house.postgres.sockets, GUEST, "anxin_owner"),
            *(keys, str(times), str(many)),
        ]
        told = {"PATH": "/usr/bin:/bin", "PGPASSFILE": house.guest()["PGPASSFILE"]}
        with subprocess.Popen(command, env=told, stdout=subprocess.PIPE, text=True) as program:
            taken = list(_follow(program, house.crew.pid("postgres") or 0, many))
    if program.returncode:
        raise SystemExit("django-ca failed")
    return taken


def _follow(program: "subprocess.Popen[str]", server: int, many: int) -> Iterator[Taken]:
    """Each line comes when a run is over; the first one says that the next begins."""
    assert program.stdout
    before = 0.0
    for line in program.stdout:
        used = cpu.used_by(server)
        if line != "begin\n":
            rate, own = map(float, line.split())
            yield Taken(rate, (own + used - before) / many)
        before = used


def _interpreter() -> Path:
    """Made on the first use."""
    ready = VENV / "ready"
    if not ready.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
        wanted = [f"{name}{x}=={metadata.version(name)}" for name, x in SHARED.items()]
        install = [VENV / "bin/python", "-m", "pip", "install", "-qq", "django-ca==3.2.0"]
        subprocess.run([*install, *wanted], check=True)
        ready.touch()
    return VENV / "bin/python"
