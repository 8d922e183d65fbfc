"""One child process: how it is started, watched, and stopped."""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anxin.supervisor import procfs
from anxin.supervisor.accounts import Account
from anxin.supervisor.home import CHECKOUT, Home

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_libc = ctypes.CDLL(None, use_errno=True)
LONGEST_LOG = 10_000_000  # bytes
OLDEST_LOG = 90 * 86_400  # seconds, WP-5.3b


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Program:
    """What to run. `tier` orders the stop: the highest first, one tier's members together."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path = CHECKOUT
    account: Account | None = None  # when not our own
    prepare: Callable[[], None] = _nothing  # before every start
    ready: Callable[[], bool] = field(default=lambda: True)
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0  # seconds between the stop signal and SIGKILL
    tier: int = 2


class Child:
    """A running Program; a session of its own, so that nothing of it outlives it unnoticed."""

    def __init__(self, program: Program, home: Home) -> None:
        self.program = program
        self.log = home.logs / f"{program.name}.log"
        self._record = home.run / f"{program.name}.pid"
        self.shorten_log()
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        program.prepare()
        self.started = time.monotonic()
        self._process = self._spawn()
        procfs.record(self._record, self._process.pid, program.arguments[0])

    @property
    def pid(self) -> int:
        return self._process.pid

    def result(self) -> int | None:
        """None while it runs, then its exit status or minus the signal; cleans up after it once."""
        if self._process.returncode is None and self._has_ended():
            # Still unburied, so its number is still its session's: take the session along.
            self._kill_session()
            self._process.wait()
            self._record.unlink(missing_ok=True)
        return self._process.returncode

    def ask_to_stop(self) -> None:
        if self.result() is None:
            self._process.send_signal(self.program.stop_signal)

    def wait_or_kill(self) -> None:
        """Wait for the patience of the program, then end the whole session."""
        deadline = time.monotonic() + self.program.patience
        while self.result() is None:
            if time.monotonic() > deadline:
                self._kill_session()
            time.sleep(0.02)

    def tail(self, lines: int = 15) -> str:
        """The last lines it has written since this start."""
        with self.log.open("rb") as file:
            file.seek(min(self._log_start, self.log.stat().st_size))
            text = file.read().decode(errors="replace")
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def shorten_log(self) -> None:
        """Keep one older part. Emptied in place: the program goes on writing into this file.

        The older part is as old as its last change, so no line outlives two of its ages (WP-5.3b).
        """
        older = self.log.with_suffix(".log.1")
        if not self.log.exists():
            return
        if not older.exists():
            older.touch(0o600)
        is_old = time.time() - older.stat().st_mtime > OLDEST_LOG
        if is_old or self.log.stat().st_size > LONGEST_LOG:
            shutil.copyfile(self.log, older)
            os.utime(older)
            os.truncate(self.log, 0)
            self._log_start = 0

    def _spawn(self) -> subprocess.Popen[bytes]:
        program, parent = self.program, os.getpid()
        account = program.account

        def die_with_parent() -> None:
            _libc.prctl(_PR_SET_PDEATHSIG, program.stop_signal)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # memory holds keys and personal data
            if account:
                _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  # what it is, it stays: no sudo
            if os.getppid() != parent:
                os._exit(1)

        output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            return subprocess.Popen(
                program.arguments,
                cwd=program.directory,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=account.groups if account else None,
                # Run after the change of user, which would undo it. We have no other thread.
                preexec_fn=die_with_parent,  # noqa: PLW1509
            )
        finally:
            os.close(output)

    def _has_ended(self) -> bool:
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._process.pid, flags) is not None

    def _kill_session(self) -> None:
        members = [one for one in procfs.living() if one.session == self._process.pid]
        procfs.end(members, signal.SIGKILL, patience=self.program.patience)
