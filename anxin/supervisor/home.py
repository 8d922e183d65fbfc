"""The state directory: where it is, what is in it, and short enough names for its sockets."""

import fcntl
import hashlib
import os
import re
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from anxin.supervisor import accounts
from anxin.supervisor.accounts import Account
from anxin.supervisor.errors import Trouble

CHECKOUT = Path(__file__).resolve().parents[2]
VAR = CHECKOUT / "var"
SERVICE_USER = "anxin"
LONGEST_SOCKET_NAME = "postgres/.s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's own limit is 108 with the closing zero


@dataclass(frozen=True)
class Home:
    """`service_user` runs PostgreSQL when we are root, which it refuses to be run by.

    `separate`: root gives every other group of processes an account of its own, too.
    """

    path: Path
    service_user: str | None = None
    separate: bool = False

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    def secrets_of(self, group: str) -> Path:
        """Where the processes of this group find what they are told; `command` is ourselves."""
        separate = self.separate and group != "command"
        return self.path / f"secrets-{group}" if separate else self.secrets

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
    def directory(self) -> Path:
        return self.path / "slapd"

    @property
    def keys(self) -> Path:
        """The signer's: register, counters, software keys."""
        return self.path / "signer"

    @property
    def work(self) -> Path:
        """What workers and their clock write down for themselves."""
        return self.path / "worker"

    @property
    def demo_accounts(self) -> Path:
        return self.path / "demo-accounts.json"

    @property
    def demo_shares(self) -> Path:
        """Of a demo's custodians, beside their passphrases."""
        return self.path / "demo-shares.json"

    @property
    def demo_site_shares(self) -> Path:
        """The same, for the staff site: each custodian's own page."""
        return self.path / "demo-site-shares.json"

    @property
    def demo_passphrases(self) -> Path:
        """Whose file is which, and what opens it; one line each."""
        return self.path / "demo-shares" / "passphrases.txt"

    @property
    def sockets(self) -> Path:
        """`run/`, or a directory of our own under /tmp when that name is too long for a socket.

        Or too odd: the name goes into addresses and configuration files.
        """
        name = str(self.run / LONGEST_SOCKET_NAME)
        if len(name) < SOCKET_PATH_LIMIT and re.fullmatch(r"[A-Za-z0-9_./-]+", name):
            return self.run
        return Path("/tmp") / f"anxin-{os.getuid()}-{_digest(self.path)}"  # noqa: S108 -- _own looks whose it is

    def account(self, group: str) -> Account | None:
        """Who runs this group of processes; None when they simply run as ourselves."""
        name = self._name(group)
        if name is None:
            return None
        entered = accounts.MAY_ENTER.get(group, ())
        return accounts.account(name, *(self._name(other) or name for other in entered))

    def prepare(self) -> None:
        """Create what is missing. Raises Trouble when a directory is not ours or not reachable."""
        for group in ("postgres", *accounts.GROUPS):
            if name := self._name(group):
                accounts.make(name)
        # The accounts pass through, they do not look.
        passage = 0o711 if self.service_user else 0o700
        self.path.mkdir(parents=True, exist_ok=True)
        for directory, mode in [
            (self.path, passage),
            (self.secrets, 0o700),
            (self.logs, 0o700),
            (self.run, passage),
            (self.sockets, passage),
        ]:
            _own(directory, mode, None)
        for directory, mode, group in [
            (self.sockets / "postgres", 0o710, "postgres"),
            (self.sockets / "valkey", 0o710, "valkey"),
            (self.sockets / "signer", 0o710, "signer"),
            (self.broker, 0o700, "valkey"),
            (self.directory, 0o700, "slapd"),
            (self.keys, 0o700, "signer"),
            (self.work, 0o700, "worker"),
            (self.path / "evidence", 0o770, "staff"),
        ]:
            # Nobody shares a group with processes that all run as ourselves.
            _own(directory, mode if self.separate else mode & 0o700, self.account(group))
        if self.service_user:
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

    def _name(self, group: str) -> str | None:
        if group == "postgres":
            return self.service_user
        return f"{accounts.PREFIX}{group}" if self.separate else None

    def _must_be_reachable(self) -> None:
        server = self.account("postgres")
        assert server is not None
        result = subprocess.run(
            ["/usr/bin/test", "-x", self.path],
            user=server.uid,
            group=server.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
        if result.returncode:
            raise Trouble(
                f"{self.path} cannot be reached by the account {server.name}, which"
                " PostgreSQL runs as: choose another ANXIN_HOME or leave it unset"
            )


def locate(environment: Mapping[str, str]) -> Home:
    """Where this checkout keeps its state; ANXIN_HOME overrides.

    Raises Trouble for a place among the code, which is copied for every account.
    """
    root = os.getuid() == 0
    chosen = environment.get("ANXIN_HOME")
    if chosen:
        path = Path(chosen).absolute()
        if (real := path.resolve()).is_relative_to(CHECKOUT) and not real.is_relative_to(VAR):
            raise Trouble(f"ANXIN_HOME={path} lies among the code: choose {VAR} or another place")
    elif root:
        path = Path("/var/lib/anxin") / _digest(CHECKOUT)
    else:
        path = VAR
    return Home(path, SERVICE_USER if root else None, separate=root)


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:8]


def _own(directory: Path, mode: int, account: Account | None) -> None:
    """Make it, or refuse one that somebody else made (or a link to one)."""
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    owner = account.uid if account else os.getuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.getuid(), owner}:
        raise Trouble(f"{directory} belongs to somebody else: remove it")
    if account and found.st_uid != owner:
        _hand_over(directory, mode, account)
    directory.chmod(mode)


def _hand_over(directory: Path, mode: int, account: Account) -> None:
    """With all that an earlier version, which ran as ourselves alone, has put into it."""
    for place, directories, files in os.walk(directory):
        for name in directories:
            Path(place, name).chmod(mode)
        for name in (*directories, *files):
            os.lchown(Path(place, name), account.uid, account.gid)
    os.chown(directory, account.uid, account.gid)
