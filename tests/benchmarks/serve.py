"""`script/serve`: how long it takes to come up, and what memory the product needs.

The clock runs from the command until both sites answer. First start: the virtual environment is
there and nothing else; made are the cluster, the tables, the static files, keys, certificates, and
thirty applications of the demo, each through the services. Later start: the same home once more.
What the machine has read from the disk before stays in its memory in both cases.

Memory is the peak of each process (VmHWM) after the demo and some clicks on both sites, and at the
end what all have together, shared pages counted once (PSS).
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from anxin.supervisor import procfs
from anxin.supervisor.home import CHECKOUT
from tests.benchmarks.harness import Figure, Run, show
from tests.benchmarks.house import free_port
from tests.benchmarks.memory import KIB, share, status
from tests.benchmarks.visitor import Visitor

FIRST, LATER = 3, 5  # starts
UP = "Ctrl-C stops everything"
PAGES = {
    "shenjia": ["/w/queue/", "/w/queue/?view=all", "/w/search/?q=RA", "/w/revocations/", "/me/"],
    "chenyue": ["/w/queue/", "/w/intake/", "/w/handover/"],
    "gaoyuan": ["/ca/"],
    "jiangwan": ["/audit/"],
}
PUBLIC = ["/certificates/", "/certificates/check/", "/ca/nmg-sm2.cer"]
ROUNDS = 20  # of clicks


def measure() -> None:
    first, later = (1, 1) if Run.short else (FIRST, LATER)
    starts = []
    for number in range(first):
        with home() as place:
            starts.append(_start_and_stop(place))
            if number == first - 1:
                _show_starts("later start", [_start_and_stop(place) for _ in range(later)])
                _memory(place)
    _show_starts("first start, with the demo", starts)


def _show_starts(name: str, taken: list[float]) -> None:
    show(Figure(f"{name}, until both sites answer", "s", tuple(taken)))


@contextmanager
def home() -> Iterator[Path]:
    """An empty state directory that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="anxin-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Product:
    """`script/serve` with a state directory and ports of its own."""

    def __init__(self, place: Path) -> None:
        self.place, self.staff, self.public = place, free_port(), free_port()

    def __enter__(self) -> Self:
        given = {
            "ANXIN_ENV": "demo",
            "ANXIN_HOME": str(self.place),
            "ANXIN_STAFF_PORT": self.staff,
            "ANXIN_PUBLIC_PORT": self.public,
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        self.process = subprocess.Popen(
            [CHECKOUT / "script/serve"],
            env=os.environ | given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        heard = []
        for line in self.process.stdout:
            heard.append(line)
            if UP in line:
                return self
        self.process.wait()
        raise SystemExit("".join(heard[-20:]))

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()


def _start_and_stop(place: Path) -> float:
    begun = time.perf_counter()
    with Product(place):
        return time.perf_counter() - begun


# --- memory ------------------------------------------------------------------------------------


def _memory(place: Path) -> None:
    with Product(place) as product:
        for _ in range(2 if Run.short else ROUNDS):
            _click(product)
        programs = _programs(place)
        for name, pids in sorted(programs.items()):
            peaks = tuple(status(pid, "VmHWM") / KIB for pid in pids)
            show(Figure(f"peak memory, {name}, processes: {len(pids)}", "MiB", peaks))
        shares = [share(pid) for pids in programs.values() for pid in pids]
        show(Figure("memory of all processes together (PSS)", "MiB", (sum(shares) / KIB,)))


def _programs(place: Path) -> dict[str, list[int]]:
    """Process numbers by program of the supervisor; PostgreSQL's stand in its own directory."""
    found = {
        file.stem: [process.pid for process in procfs.recorded(file)]
        for file in (place / "run").glob("*.pid")
    }
    found["postgres"] = [process.pid for process in procfs.working_in(place / "postgres")]
    return {name: pids for name, pids in found.items() if pids}


# --- clicks ------------------------------------------------------------------------------------


def _click(product: Product) -> None:
    """Sign in as people of several roles, open their pages and every link to a case."""
    for login, pages in PAGES.items():
        visitor = Visitor(product.staff)
        visitor.sign_in(login)
        for page in pages:
            text = visitor.get(page)
            for case in sorted(set(re.findall(r"/w/cases/[A-Z0-9-]+/", text)))[:5]:
                visitor.get(case)
    for page in PUBLIC:
        Visitor(product.public).get(page)
