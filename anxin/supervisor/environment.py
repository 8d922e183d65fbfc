"""What each process is told: its site, its own database role, and nothing of the others'."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import Home
from anxin.supervisor.postgres import Postgres
from anxin.supervisor.valkey import Valkey

PASSED_ON = ("HOME", "TZ", "TMPDIR")  # of the caller's environment, besides ANXIN_*
DRIVERS_OWN = ("SOFTHSM2_CONF",)  # to the signer only: where its driver finds the token
ROLE_OF = {"staff": "staff", "public": "public", "worker": "worker", "command": "owner"}
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
        return None if self.caller.get("DATABASE_URL") else Postgres(self.home)

    @property
    def valkey(self) -> Valkey | None:
        """None when the caller has a broker of his own."""
        return None if self.caller.get("REDIS_URL") else Valkey(self.home)

    @property
    def signer_socket(self) -> Path:
        return self.home.sockets / "signer/signer.sock"

    def site(self, site: str) -> dict[str, str]:
        """For a process of this site: staff, public, worker or command (the owner's migrations)."""
        broker = {} if site == "public" else self._broker()
        signer = str(self.signer_socket) if site in {"worker", "command"} else ""
        told = {"ANXIN_SITE": site, "ANXIN_SIGNER_SOCKET": signer}
        return self._common() | told | broker | self._database(site)

    def beat(self) -> dict[str, str]:
        """The clock rings the broker; it has no business with the database."""
        return self._common() | {"ANXIN_SITE": "worker"} | self._broker()

    def signer(self) -> dict[str, str]:
        """Keys on one side, a socket on the other; neither database nor broker."""
        own = {name: self.caller[name] for name in DRIVERS_OWN if name in self.caller}
        return self._common() | own

    def _common(self) -> dict[str, str]:
        programs = Path(sys.executable).parent
        return {
            "ANXIN_PUBLIC_URL": f"http://127.0.0.1:{self.public_port}",
            **{name: value for name, value in self.caller.items() if name.startswith("ANXIN_")},
            **{name: self.caller[name] for name in PASSED_ON if name in self.caller},
            "ANXIN_ENV": self.kind,
            "ANXIN_HOME": str(self.home.path),
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

    def _broker(self) -> dict[str, str]:
        if self.valkey:
            return self.valkey.environment()
        given = ("REDIS_URL", "REDIS_PASSFILE")
        return {name: self.caller[name] for name in given if name in self.caller}

    def _database(self, site: str) -> dict[str, str]:
        role = ROLE_OF[site]
        if self.postgres:
            return self.postgres.environment(role)
        own = self.caller.get(f"DATABASE_{role.upper()}_URL") or self.caller["DATABASE_URL"]
        client = {name: value for name, value in self.caller.items() if name.startswith("PG")}
        return client | {"DATABASE_URL": own}
