"""The state directory: where it is, what is in it, and short enough names for its sockets."""

import fcntl
import hashlib
import os
import pwd
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from anxin.supervisor.errors import Trouble

CHECKOUT = Path(__file__).resolve().parents[2]
SERVICE_USER = "anxin"
LONGEST_SOCKET_NAME = "postgres/.s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's own limit is 108 with the closing zero


@dataclass(frozen=True)
class Home:
    """`service_user` runs PostgreSQL when we are root, which it refuses to be run by."""

    path: Path
    service_user: str | None = None

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def demo_mark(self) -> Path:
        """There once the demo is loaded."""
        return self.run / "demo.loaded"

    @property
    def database(self) -> Path:
        return self.path / "postgres"

    @property
    def broker(self) -> Path:
        return self.path / "valkey"

    @property
    def sockets(self) -> Path:
        """`run/`, or a directory of our own under /tmp when that name is too long for a socket.

        Or too odd: the name goes into addresses and configuration files.
        """
        name = str(self.run / LONGEST_SOCKET_NAME)
        if len(name) < SOCKET_PATH_LIMIT and re.fullmatch(r"[A-Za-z0-9_./-]+", name):
            return self.run
        return Path("/tmp") / f"anxin-{os.getuid()}-{_digest(self.path)}"  # noqa: S108 -- _own looks whose it is

    @property
    def account(self) -> pwd.struct_passwd | None:
        """The service account, or None when the children simply run as ourselves."""
        return pwd.getpwnam(self.service_user) if self.service_user else None

    def prepare(self) -> None:
        """Create what is missing. Raises Trouble when a directory is not ours or not reachable."""
        if self.service_user:
            _make_account(self.service_user)
        # The service account passes through, it does not look.
        passage = 0o711 if self.service_user else 0o700
        self.path.mkdir(parents=True, exist_ok=True)
        for directory, mode in [
            (self.path, passage),
            (self.secrets, 0o700),
            (self.logs, 0o700),
            (self.run, passage),
            (self.sockets, passage),
            (self.sockets / "signer", 0o700),
            (self.broker, 0o700),
        ]:
            _own(directory, mode, os.getuid())
        server = self.account.pw_uid if self.account else os.getuid()
        _own(self.sockets / "postgres", 0o700, server)
        if self.account:
            self._must_be_reachable()

    @contextmanager
    def lock(self, note: str = "") -> Iterator[None]:
        """Held as long as one supervisor runs here. Raises Trouble when another one does."""
        with (self.run / "supervisor.lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise Trouble(f"already running: {file.read().strip()}") from None
            file.truncate(0)
            file.write(f"process {os.getpid()}, {note or self.path}\n")
            file.flush()
            yield

    def _must_be_reachable(self) -> None:
        assert self.account is not None
        result = subprocess.run(
            ["/usr/bin/test", "-x", self.path],
            user=self.account.pw_uid,
            group=self.account.pw_gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
        if result.returncode:
            raise Trouble(
                f"{self.path} cannot be reached by the account {self.service_user}, which"
                " PostgreSQL runs as: choose another ANXIN_HOME or leave it unset"
            )


def locate(environment: Mapping[str, str]) -> Home:
    """Where this checkout keeps its state; ANXIN_HOME overrides."""
    root = os.getuid() == 0
    chosen = environment.get("ANXIN_HOME")
    if chosen:
        path = Path(chosen).absolute()
    elif root:
        path = Path("/var/lib/anxin") / _digest(CHECKOUT)
    else:
        path = CHECKOUT / "var"
    return Home(path, SERVICE_USER if root else None)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def _own(directory: Path, mode: int, owner: int) -> None:
    """Make it, or refuse one that somebody else made (or a link to one)."""
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.getuid(), owner}:
        raise Trouble(f"{directory} belongs to somebody else: remove it")
    directory.chmod(mode)
    if owner != os.getuid():
        os.chown(directory, owner, -1)


def _make_account(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
        result = subprocess.run(command, check=False, capture_output=True, text=True)
        if result.returncode:
            raise Trouble(f"useradd {name}: {result.stderr.strip()}") from None
