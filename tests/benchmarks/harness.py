"""Measure in the same run, print medians, keep every figure."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path("build/benchmarks.jsonl")


@dataclass
class Figure:
    """One line of a report: the median of `runs`, with the smallest and largest."""

    name: str
    unit: str
    runs: list[float]
    note: str = ""
    median: float = field(init=False)

    def __post_init__(self) -> None:
        self.median = statistics.median(self.runs)

    def __str__(self) -> str:
        low, high = min(self.runs), max(self.runs)
        line = f"{self.name:62} {self.median:>12,.1f} {self.unit:<8} ({low:,.1f} – {high:,.1f})"
        return f"{line}  {self.note}" if self.note else line


def show(figure: Figure) -> Figure:
    """Print it and keep it in build/benchmarks.jsonl."""
    print(figure, flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        row = {**asdict(figure), "at": datetime.now(UTC).isoformat(timespec="seconds")}
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return figure


def per_second(name: str, act: Callable[[], object], *, times: int, runs: int = 5) -> Figure:
    """How often `act` goes through in a second; the first round warms up and is not counted."""
    act()
    rates = []
    for _ in range(runs):
        begun = time.perf_counter()
        for _ in range(times):
            act()
        rates.append(times / (time.perf_counter() - begun))
    return show(Figure(name, "1/s", rates))


def milliseconds(name: str, act: Callable[[], object], *, times: int) -> tuple[Figure, Figure]:
    """p50 and p99 of single calls."""
    act()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    p50 = Figure(f"{name} p50", "ms", [statistics.median(taken)], f"{times} calls")
    p99 = Figure(f"{name} p99", "ms", [taken[int(len(taken) * 0.99) - 1]], f"{times} calls")
    return show(p50), show(p99)


def ratio(name: str, ours: Figure, other: Figure) -> Figure:
    """Ours over theirs, of the same run."""
    return show(Figure(name, "×", [ours.median / other.median]))


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
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GiB, {system},"
        f" Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )
