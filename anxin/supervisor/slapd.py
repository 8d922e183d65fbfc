"""OpenLDAP's slapd, where the machine has one: the directory of a demo. Everybody reads it, on the
loopback interface; who has the password writes.

Debian's AppArmor profile for slapd, where the machine enforces it, allows it its own places only:
`aa-complain /usr/sbin/slapd`, or a directory of your own (ANXIN_LDAP_URL).
"""

import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from anxin.supervisor import procfs, secretfiles
from anxin.supervisor.home import Home
from anxin.supervisor.processes import Program

SCHEMAS, MODULES = Path("/etc/ldap/schema"), Path("/usr/lib/ldap")
PORT = 3890
BASE = "c=CN"
USER = f"cn=publisher,{BASE}"
CONFIGURATION_FILE = "slapd.conf"
# RFC 4511 leaves it to the server how much one search gives to anybody: not the whole directory.
CONFIGURATION = """\
include {schemas}/core.schema
modulepath {modules}
moduleload back_mdb
pidfile {run}/slapd.own.pid
loglevel none
sizelimit 50
timelimit 10
{more}database mdb
suffix "{base}"
rootdn "{user}"
rootpw "{password}"
directory "{directory}"
maxsize 4294967296
index objectClass,serialNumber,cn,o eq
access to * by * read
"""


@dataclass(frozen=True)
class Slapd:
    """The directory of one home. `more` are lines of its configuration, such as for TLS."""

    home: Home
    port: int
    more: str = ""
    scheme: str = "ldap"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What everybody is told."""
        return {
            "ANXIN_LDAP_URL": self.url,
            "ANXIN_LDAP_BASE": BASE,
            "ANXIN_LDAP_USER": USER,
            "ANXIN_LDAP_TLS": "no",
        }

    def program(self) -> Program:
        return Program(
            name="slapd",
            arguments=(
                *(str(program()), "-d", "0", "-h", f"{self.url}/"),
                *("-f", str(self._configuration_file)),
            ),
            environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            directory=self.home.directory,
            account=self.home.account("slapd"),
            prepare=self._clear_the_way,
            ready=self._answers,
            stop_signal=signal.SIGINT,
            patience=15.0,
            tier=0,
        )

    @property
    def _configuration_file(self) -> Path:
        return self.home.secrets_of("slapd") / CONFIGURATION_FILE

    def _clear_the_way(self) -> None:
        """Before every start: two servers would write into one database."""
        procfs.end(procfs.working_in(self.home.directory), signal.SIGINT, patience=10)
        content = CONFIGURATION.format(
            schemas=SCHEMAS,
            modules=MODULES,
            run=self.home.directory,
            more=self.more,
            base=BASE,
            user=USER,
            password=(self.home.secrets / "ldap").read_text().strip(),
            directory=self.home.directory,
        )
        secretfiles.hand_over(self.home, "slapd", CONFIGURATION_FILE, content)

    def _answers(self) -> bool:
        """It listens once its database is open."""
        with socket.socket() as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(("127.0.0.1", self.port))
            except OSError:
                return False
            return True


def program() -> Path | None:
    """Where slapd is; None where it is not installed."""
    found = shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    return Path(found) if found and SCHEMAS.exists() else None
