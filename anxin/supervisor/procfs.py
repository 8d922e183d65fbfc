"""Who is running, read from /proc: enough to find what a killed supervisor left behind."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
ZOMBIE = "ZX"


@dataclass(frozen=True)
class Process:
    """`started` is in clock ticks since boot: with the number it names a process for good."""

    pid: int
    state: str
    session: int
    started: int


def look(pid: int) -> Process | None:
    """The process with this number, dead but unburied ones included."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    return Process(pid, state=fields[0], session=int(fields[3]), started=int(fields[19]))


def living() -> Iterator[Process]:
    """Everything that runs; no zombies: they hold nothing and answer nobody."""
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            process = look(int(entry.name))
            if process and process.state not in ZOMBIE:
                yield process


def working_in(directory: Path) -> list[Process]:
    """Processes whose current directory this is, as every PostgreSQL and Valkey process's is."""
    return [process for process in living() if _link(process.pid, "cwd") == str(directory)]


def record(path: Path, pid: int, program: str) -> None:
    """Write down which process this is."""
    found = look(pid)
    if found:
        path.write_text(f"{pid} {found.started} {_boot()} {program}\n")


def recorded(path: Path) -> list[Process]:
    """What still runs of the session whose leader was written down in this file."""
    try:
        pid, started, boot, program = path.read_text().strip().split(" ", 3)
    except (OSError, ValueError):
        return []
    leader = look(int(pid))
    # A number is given to somebody else only when its whole session has gone.
    if boot != _boot() or (leader and leader.started != int(started)):
        return []
    return [
        process
        for process in living()
        if process.session == int(pid) and program in _command_line(process.pid)
    ]


def end(processes: Iterable[Process], sign: signal.Signals, *, patience: float) -> None:
    """Ask with the signal, wait, then kill; returns when all are gone."""
    left = list(processes)
    for number in (sign, signal.SIGKILL):
        for process in left:
            _send(process, number)
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            time.sleep(0.05)
            left = [process for process in left if _runs(process)]


def _runs(process: Process) -> bool:
    now = look(process.pid)
    return now is not None and now.started == process.started and now.state not in ZOMBIE


def _send(process: Process, number: signal.Signals) -> None:
    if _runs(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return


def _boot() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text().strip()


def _command_line(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _link(pid: int, name: str) -> str:
    try:
        return str((PROC / str(pid) / name).readlink())
    except OSError:
        return ""
