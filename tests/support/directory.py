"""A slapd of this test run, and what somebody with OpenLDAP's own tools finds in it."""

import socket
import subprocess
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest

from anxin.supervisor import secretfiles, slapd
from anxin.supervisor.crew import Crew
from anxin.supervisor.home import Home
from anxin.supervisor.slapd import BASE, USER, Slapd
from tests.oracles.refusals import missing
from tests.support.names import serving


class DirectoryServer:
    """Starts and stops as often as a test likes; what is in it stays until `clear`."""

    def __init__(self, path: Path, **more: str) -> None:
        self.home = Home(path)
        self.home.prepare()
        secretfiles.ensure(self.home)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        self.slapd = Slapd(self.home, port, **more)
        self._crew = Crew(self.home, say=lambda _: None)
        self.up = False
        self.password_file = self.home.secrets / "ldap"

    @property
    def url(self) -> str:
        return self.slapd.url

    def start(self) -> None:
        if not self.up:
            self._crew.start(self.slapd.program())
            self._crew.await_ready("slapd")
            self.up = True

    def stop(self) -> None:
        self._crew.stop()
        self.up = False

    def set_up(self, settings) -> None:
        """As somebody does who writes ANXIN_LDAP_…"""
        settings.LDAP_URL = self.url
        settings.LDAP_BASE, settings.LDAP_USER = BASE, USER
        settings.LDAP_PASSFILE = str(self.password_file)
        settings.LDAP_TLS, settings.LDAP_CA = False, ""

    def search(self, base: str, what: str = "(objectClass=*)", *attributes: str) -> list[dict]:
        """As anybody does: entries of `ldapsearch`, values as bytes."""
        found = self._tool(
            "ldapsearch", "-o", "ldif-wrap=no", "-LLL", "-b", base, what, *attributes
        )
        return [_entry(text) for text in found.strip().split("\n\n") if text.strip()]

    def follow(self, address: str) -> list[dict]:
        """Whatever an RFC 4516 address names."""
        told = _run("ldapurl", "-H", address).splitlines()
        parts = dict(line.split(": ", 1) for line in told)
        assert f"{parts['scheme']}://{parts['host']}:{parts['port']}" == self.url
        return self.search(parts["dn"], parts["filter"], parts["selector"])

    def put(self, ldif: str) -> None:
        """Behind our back, like what follows."""
        self._tool("ldapadd", *self._publisher(), text=ldif)

    def change(self, name: str, attribute: str, value: bytes) -> None:
        text = f"dn: {name}\nchangetype: modify\nreplace: {attribute}\n"
        self._tool(
            "ldapmodify",
            *self._publisher(),
            text=f"{text}{attribute}:: {b64encode(value).decode()}\n",
        )

    def remove(self, *names: str) -> None:
        self._tool("ldapdelete", "-M", *self._publisher(), *names)

    def clear(self) -> None:
        """References to other servers go as well (-M)."""
        everything = ("-LLL", "-o", "ldif-wrap=no", "-b", BASE, "dn")
        found = self._tool("ldapsearch", "-M", *self._publisher(), *everything, fine=(0, 32))
        names = [line[4:] for line in found.splitlines() if line.startswith("dn: ")]
        if names:
            self.remove(*sorted(names, key=lambda name: -name.count(",")))

    def _publisher(self) -> tuple[str, ...]:
        return "-D", USER, "-y", str(self._bare_password())

    def _bare_password(self) -> Path:
        """Without the end of the line, which these tools take for a part of it."""
        bare = self.home.path / "password"
        bare.write_text(self.password_file.read_text().strip())
        bare.chmod(0o600)
        return bare

    def _tool(self, name: str, *arguments: str, text: str = "", fine: tuple = (0,)) -> str:
        return _run(name, "-x", "-H", self.url, *arguments, text=text, fine=fine)


def _run(*command: str, text: str = "", fine: tuple = (0,)) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode in fine, done.stderr
    return done.stdout


def _entry(text: str) -> dict:
    found: dict[str, list[bytes]] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        plain = value.strip().encode() if not value.startswith(":") else b64decode(value[1:])
        found.setdefault(name, []).append(plain)
    return found


@contextmanager
def encrypted(folder: Path, scheme: str) -> Iterator[tuple[DirectoryServer, Path]]:
    """Another one with a certificate for 127.0.0.1, and the file that makes it believed."""
    if slapd.program() is None:
        missing("slapd", "slapd ldap-utils")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    _run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=directory", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(key), "-out", str(certificate)),
    )
    more = f"TLSCertificateFile {certificate}\nTLSCertificateKeyFile {key}\n"
    server = DirectoryServer(folder / "home", scheme=scheme, more=more)
    server.start()
    try:
        yield server, certificate
    finally:
        server.stop()


@contextmanager
def cut_off(url: str, *, after: int) -> Iterator[str]:
    """The address of a way to that directory which breaks after so many answers."""
    host, port = url.rpartition("/")[2].split(":")

    class Way(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection((host, int(port))) as there:
                for _ in range(after):
                    there.sendall(self.request.recv(1 << 20))
                    self.request.sendall(there.recv(1 << 20))
                self.request.recv(1 << 20)

    with ThreadingTCPServer(("127.0.0.1", 0), Way) as server, serving(server):
        yield f"ldap://127.0.0.1:{server.server_address[1]}"


@pytest.fixture(scope="session")
def slapd_of_this_run() -> Iterator[DirectoryServer]:
    if slapd.program() is None:
        missing("slapd", "slapd ldap-utils")
    with tempfile.TemporaryDirectory(prefix="anxin-slapd-") as folder:
        server = DirectoryServer(Path(folder) / "home")
        server.start()
        yield server
        server.stop()


@pytest.fixture
def directory(slapd_of_this_run: DirectoryServer, settings) -> DirectoryServer:
    """An empty one, set up for workers."""
    slapd_of_this_run.set_up(settings)
    slapd_of_this_run.start()
    slapd_of_this_run.clear()
    return slapd_of_this_run
