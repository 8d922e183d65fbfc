"""What each process is told: its site, its own database role, and nothing of the others'."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from anxin.supervisor import secretfiles, slapd, workplace
from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import Home
from anxin.supervisor.postgres import Postgres
from anxin.supervisor.slapd import Slapd
from anxin.supervisor.valkey import Valkey
from anxin.supervisor.workplace import Workplace

PASSED_ON = ("HOME", "TZ", "TMPDIR")  # of the caller's environment, besides ANXIN_*
DRIVERS_OWN = ("SOFTHSM2_CONF",)  # to the signer only: where its driver finds the token
ROLE_OF = {"staff": "staff", "public": "public", "worker": "worker", "command": "owner"}
DATABASE_URLS = tuple(f"DATABASE_{role.upper()}_URL" for role in ROLE_OF.values())
STAFF_PORT, PUBLIC_PORT, LAST_PORT = 8000, 8001, 65535


@dataclass(frozen=True)
class Environment:
    """`caller` is the environment the supervisor was started in."""

    home: Home
    caller: Mapping[str, str]

    @property
    def kind(self) -> str:
        """One of demo (the default), production, test."""
        return self.caller.get("ANXIN_ENV", "demo")

    @property
    def staff_port(self) -> int:
        return self._port("ANXIN_STAFF_PORT", STAFF_PORT)

    @property
    def public_port(self) -> int:
        return self._port("ANXIN_PUBLIC_PORT", PUBLIC_PORT)

    @property
    def postgres(self) -> Postgres | None:
        """None when the caller has a database of his own."""
        own = any(self.caller.get(name) for name in ("DATABASE_URL", *DATABASE_URLS))
        return None if own else Postgres(self.home)

    @property
    def valkey(self) -> Valkey | None:
        """None when the caller has a broker of his own."""
        return None if self.caller.get("REDIS_URL") else Valkey(self.home)

    @property
    def slapd(self) -> Slapd | None:
        """Of a demo that asks for one by its port, unless the caller has a directory of his own."""
        asked = self.kind == "demo" and self.caller.get("ANXIN_LDAP_PORT")
        if not asked or self.caller.get("ANXIN_LDAP_URL") or not slapd.program():
            return None
        return Slapd(self.home, self._port("ANXIN_LDAP_PORT", slapd.PORT))

    @cached_property
    def workplace(self) -> Workplace:
        return workplace.find(self.home)

    @property
    def own_files(self) -> dict[str, Path]:
        """Secrets in files of the caller's, by the name of those that they replace."""
        given = {
            "valkey": "" if self.valkey else self.caller.get("REDIS_PASSFILE"),
            "ldap": "" if self.slapd else self.caller.get("ANXIN_LDAP_PASSFILE"),
            secretfiles.INITIAL_SECRET: self.caller.get("ANXIN_SIGNER_INITIAL_SECRET"),
        }
        return {
            name: Path(file)
            for name, file in given.items()
            # A token's first PIN is taken away after the first activation, as it should be.
            if file and (name != secretfiles.INITIAL_SECRET or Path(file).exists())
        }

    @property
    def signer_socket(self) -> Path:
        return self.home.sockets / "signer/signer.sock"

    def site(self, site: str) -> dict[str, str]:
        """For a process of this site: staff, public, worker or command (the owner's migrations)."""
        broker = {} if site == "public" else self._broker(site)
        signer = str(self.signer_socket) if site in {"worker", "command"} else ""
        told = {"ANXIN_SITE": site, "ANXIN_SIGNER_SOCKET": signer}
        return self._common(site) | told | broker | self._directory(site) | self._database(site)

    def worker(self, queue: str) -> dict[str, str]:
        """A worker also says when it has begun to work."""
        return self.site("worker") | {"ANXIN_READY_FILE": str(self.ready_file(queue))}

    def ready_file(self, queue: str) -> Path:
        return self.home.work / f"{queue}.ready"

    def beat(self) -> dict[str, str]:
        """The clock rings the broker; it has no business with the database."""
        return self._common("worker") | {"ANXIN_SITE": "worker"} | self._broker("worker")

    def signer(self) -> dict[str, str]:
        """Keys on one side, a socket on the other; neither database nor broker."""
        own = {name: self.caller[name] for name in DRIVERS_OWN if name in self.caller}
        return self._common("signer") | own

    def _common(self, group: str) -> dict[str, str]:
        programs = Path(sys.executable).parent
        return {
            "ANXIN_STAFF_URL": f"http://127.0.0.1:{self.staff_port}",
            "ANXIN_PUBLIC_URL": f"http://127.0.0.1:{self.public_port}",
            **{name: value for name, value in self.caller.items() if name.startswith("ANXIN_")},
            **{name: self.caller[name] for name in PASSED_ON if name in self.caller},
            "ANXIN_ENV": self.kind,
            "ANXIN_HOME": str(self.home.path),
            "ANXIN_SECRETS": str(self.home.secrets_of(group)),
            "DJANGO_SETTINGS_MODULE": "anxin.settings",
            "LANG": "C.UTF-8",
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
        }

    def _port(self, name: str, default: int) -> int:
        chosen = self.caller.get(name) or str(default)
        if not chosen.isdecimal() or not 0 < int(chosen) <= LAST_PORT:
            raise Trouble(f"{name}={chosen}: not a port")
        return int(chosen)

    def _broker(self, site: str) -> dict[str, str]:
        given = ("REDIS_URL", "REDIS_PASSFILE")
        told = {name: self.caller[name] for name in given if name in self.caller}
        if self.valkey:
            told = self.valkey.environment()
        if "REDIS_PASSFILE" in told and self.home.secrets_of(site) != self.home.secrets:
            told["REDIS_PASSFILE"] = str(self.home.secrets_of(site) / "valkey")
        return told

    def _directory(self, site: str) -> dict[str, str]:
        """Everybody is told where it is, for pages; who writes there, where the password is."""
        told = self.slapd.environment() if self.slapd else {}
        own, secrets = self.own_files.get("ldap"), self.home.secrets_of(site)
        file: Path | str = ""
        if site in {"worker", "command"} and (self.slapd or own):
            handed_out = self.slapd or secrets != self.home.secrets
            file = secrets / "ldap" if handed_out else own or ""
        return told | {"ANXIN_LDAP_PASSFILE": str(file)}

    def _database(self, site: str) -> dict[str, str]:
        role = ROLE_OF[site]
        if self.postgres:
            login = self.home.secrets_of(site) / f"db-{role}"
            return self.postgres.environment(role) | {"PGPASSFILE": str(login)}
        own = self.caller.get(f"DATABASE_{role.upper()}_URL") or self.caller.get("DATABASE_URL")
        lacking = [name for name in DATABASE_URLS if not self.caller.get(name)]
        if not own or (lacking and self.kind == "production"):
            raise Trouble(
                f"a database of your own needs {', '.join(lacking)}: each group of processes has"
                " its own role"
            )
        client = {name: value for name, value in self.caller.items() if name.startswith("PG")}
        return client | {"DATABASE_URL": own}
