"""`script/serve` as a newcomer runs it: the whole product, on ports of its own."""

import http.client
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from anxin.supervisor import secretfiles
from anxin.supervisor.home import CHECKOUT, SERVICE_USER, Home
from tests.services.conftest import House, short_directory

pytestmark = pytest.mark.slow

FIRST_RUN = 300.0  # seconds, on two busy cores
SITES = ("staff", "public")
ROOT = os.getuid() == 0
EVERYBODY = (*SITES, "beat", "postgres", "signer", "valkey", "worker-default", "worker-signing")


class Product(House):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.home = Home(path, SERVICE_USER if ROOT else None, separate=ROOT)
        self.ports = dict(zip(SITES, free_ports(2), strict=True))

    def command(self, python: str) -> list[str]:
        return [str(CHECKOUT / "script/serve")]

    def environment(self) -> dict[str, str]:
        return {
            "ANXIN_ENV": "demo",
            "ANXIN_DEMO_APPLICATIONS": "3",
            "ANXIN_HOME": str(self.home.path),
            "ANXIN_STAFF_PORT": str(self.ports["staff"]),
            "ANXIN_PUBLIC_PORT": str(self.ports["public"]),
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }

    def up(self, *prefix: str, **changed: str) -> None:
        self.start(*prefix, **self.environment() | changed)
        self.hear("Ctrl-C stops everything", within=FIRST_RUN)

    def status(self, site: str, path: str = "/") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[site], timeout=20)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def told(self, name: str) -> dict[str, str]:
        """The environment of a running process."""
        text = Path(f"/proc/{self.pid(name)}/environ").read_text()
        return dict(line.split("=", 1) for line in text.split("\0") if line)


def free_ports(count: int) -> list[int]:
    """Held open together, so that no two are the same."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="module")
def product():
    one = Product(short_directory())
    try:
        one.up()
        yield one
    finally:
        one.close()


def test_both_sites_answer(product):
    assert [product.status(site) < 400 for site in SITES] == [True, True]


def test_the_start_says_how_to_activate_the_signer(product):
    """CPS-6.2.8: in two clicks, by files with these passphrases, or by itself."""
    said = product.said()

    assert "Two clicks activate a sealed one" in said
    assert f"at http://127.0.0.1:{product.ports['staff']}/ca/custody/: 带来我的演示份额" in said
    listed = product.home.demo_passphrases.read_text("utf8").splitlines()
    assert len(listed) == 3
    assert [line for line in listed if line not in said] == []
    assert "Or have it done at each start: script/serve --activate-demo" in said


def test_everybody_is_at_work(product):
    assert sorted(path.stem for path in product.home.run.glob("*.pid")) == sorted(EVERYBODY)


def test_processes_of_the_public_site_hold_no_secret_of_the_others(product):
    told = product.told("public")
    foreign = [
        secret
        for name in ("kek", "index-key", "django-secret-key", "valkey")
        for secret in [(product.home.secrets / name).read_text().strip()]
    ]
    foreign += [secretfiles.password(product.home, role) for role in ("owner", "staff", "worker")]

    assert told["ANXIN_SITE"] == "public"
    assert Path(told["PGPASSFILE"]).name == "db-public"
    assert "REDIS_URL" not in told
    assert not [secret for secret in foreign if secret in str(told)]


def test_each_process_logs_in_as_itself(product):
    passwords = {
        name: Path(product.told(name)["PGPASSFILE"]).name
        for name in ("staff", "public", "worker-default", "worker-signing")
    }

    assert passwords == {
        "staff": "db-staff",
        "public": "db-public",
        "worker-default": "db-worker",
        "worker-signing": "db-worker",
    }


def test_no_secret_stands_in_a_command_line_or_a_log(product):
    lines = [line for one in product.everybody() if (line := told_at_start(one.pid))]
    logs = [path.read_bytes() for path in product.home.logs.iterdir()]
    secrets = [(product.home.secrets / name).read_bytes().strip() for name in names()]
    secrets += [secretfiles.password(product.home, role).encode() for role in secretfiles.ROLES]

    assert len(lines) > len(EVERYBODY)
    assert not [secret for secret in secrets for text in lines + logs if secret in text]


def told_at_start(pid: int) -> bytes:
    """Nothing of a process that has just ended: a health check, a worker's child."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def names() -> set[str]:
    return set(secretfiles.IRREPLACEABLE | secretfiles.REPLACEABLE)


def test_second_start_says_where_the_first_one_is(product):
    again = subprocess.run(
        [CHECKOUT / "script/serve"],
        env=os.environ | product.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert again.returncode == 1
    assert again.stderr.startswith("anxin: already running: process ")
    assert f"http://127.0.0.1:{product.ports['staff']}/" in again.stderr
    assert again.stderr.count("\n") == 1


@pytest.mark.parametrize("name", SITES)
def test_killed_site_is_back_on_its_port(product, name):
    before = product.members(name)

    product.kill(product.pid(name))
    product.hear(f"{name} is back")

    assert product.status(name) < 400
    assert not before & product.members(name)


@pytest.mark.parametrize("name", ["signer", "worker-default", "worker-signing", "beat"])
def test_killed_helper_is_back(product, name):
    before = product.members(name)

    product.kill(product.pid(name))
    product.hear(f"{name} is back")

    assert product.pid(name) not in before


def test_sites_outlive_the_database(product, eventually):
    product.kill(product.pid("postgres"))
    product.hear("postgres is back")

    eventually(lambda: [product.status(site) < 400 for site in SITES] == [True, True])


def test_everything_killed_at_once_comes_back(product):
    with product.database() as connection:
        before = connection.execute("SELECT count(*) FROM people_staffmember").fetchone()

    product.kill(product.supervisor(), *(one.pid for one in product.everybody()))
    product.up()

    with product.database() as connection:
        after = connection.execute("SELECT count(*) FROM people_staffmember").fetchone()
    assert after == before
    assert [product.status(site) < 400 for site in SITES] == [True, True]


def test_management_commands_work_beside_it_as_the_owner(product):
    code = "from django.db import connection as c; c.connect(); print(c.connection.info.user)"
    result = subprocess.run(
        [CHECKOUT / "script/manage", "shell", "--no-imports", "--command", code],
        env=os.environ | product.environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert "anxin_owner" in result.stdout.splitlines()


def test_the_signer_of_the_product_keeps_the_journals_heads(product):
    """CPS-5.4.4"""
    note = "from audit.api import seal; from audit.journal.witness import note_head"
    for asked in (
        ("shell", "--no-imports", "--command", f"{note}; seal(); note_head()"),
        ("verify_journal",),
    ):
        result = subprocess.run(
            [CHECKOUT / "script/manage", *asked],
            env=os.environ | product.environment(),
            capture_output=True,
            text=True,
            check=True,
        )

    assert re.match(r"intact: [1-9]\d* entries, .* [1-9]\d*, all in the chain", result.stdout)


def test_management_commands_say_when_there_is_nothing_to_manage(place):
    result = subprocess.run(
        [CHECKOUT / "script/manage", "check"],
        env=os.environ | {"ANXIN_HOME": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr == f"anxin: nothing is set up in {place}: run script/serve first\n"


def test_taken_port_is_said_in_one_line(product, place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = product.environment() | {"ANXIN_HOME": str(place), "ANXIN_STAFF_PORT": str(port)}
        result = subprocess.run(
            [CHECKOUT / "script/serve"],
            env=os.environ | told,
            capture_output=True,
            text=True,
            check=False,
        )

    assert result.returncode == 1
    assert result.stderr == (
        f"anxin: port {port} is in use: choose another one with ANXIN_STAFF_PORT=...\n"
    )
