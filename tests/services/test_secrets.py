"""Secrets are made once, kept to their owner, and never quietly made again."""

import os
import subprocess
import sys

import pytest

from anxin.settings import SECRETS_OF_SITES
from anxin.supervisor import secretfiles
from anxin.supervisor.environment import Environment
from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import CHECKOUT, Home


@pytest.fixture
def home(place):
    one = Home(place)
    one.prepare()
    secretfiles.ensure(one)
    return one


@pytest.mark.parametrize("site", ["staff", "public", "worker"])
def test_no_process_expects_a_secret_that_it_is_not_told(site):
    assert SECRETS_OF_SITES[site] <= set(secretfiles.TOLD[site])
    assert SECRETS_OF_SITES[site] <= secretfiles.IRREPLACEABLE.keys() | secretfiles.REPLACEABLE


def contents(home) -> dict[str, str]:
    return {path.name: path.read_text() for path in home.secrets.iterdir()}


def test_first_run_makes_every_secret_for_its_owner_only(home):
    names = set(secretfiles.IRREPLACEABLE | secretfiles.REPLACEABLE)

    assert names < set(contents(home))
    assert {path.stat().st_mode & 0o777 for path in home.secrets.iterdir()} == {0o600}
    assert home.secrets.stat().st_mode & 0o777 == 0o700


def test_keys_have_256_bits_and_no_two_are_alike(home):
    made = contents(home)
    keys = [bytes.fromhex(made[name]) for name in ("kek", "index-key", "code-pepper")]

    assert [len(key) for key in keys] == [32, 32, 32]
    assert len(set(made.values())) == len(made)


def test_later_runs_change_nothing(home):
    before = contents(home)

    secretfiles.ensure(home)

    assert contents(home) == before


@pytest.mark.parametrize("name", sorted(secretfiles.IRREPLACEABLE))
def test_lost_key_is_asked_for_not_replaced(home, name):
    (home.secrets / name).unlink()

    with pytest.raises(Trouble, match=f"{name} missing; restore it from the backup"):
        secretfiles.ensure(home)

    assert not (home.secrets / name).exists()


def test_lost_password_is_made_again(home):
    (home.secrets / "db-staff").unlink()

    secretfiles.ensure(home)

    assert secretfiles.password(home, "staff")


def test_first_run_that_was_killed_halfway_is_finished_by_the_next(home):
    before = contents(home)
    for name in (".made", "kek"):
        (home.secrets / name).unlink()

    secretfiles.ensure(home)

    assert contents(home)["kek"] != before["kek"]
    assert contents(home)["index-key"] == before["index-key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_secret_that_others_could_read_stops_the_start(home, mode):
    (home.secrets / "kek").chmod(mode)

    with pytest.raises(Trouble, match=r"secrets/kek can be read by others"):
        secretfiles.ensure(home)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_secret_of_ours_alone_does_not(home, mode):
    (home.secrets / "kek").chmod(mode)

    secretfiles.ensure(home)


def test_secret_of_somebody_else_or_elsewhere_stops_the_start(home):
    kek = home.secrets / "kek"
    kek.rename(home.path / "kek")
    kek.symlink_to(home.path / "kek")

    with pytest.raises(Trouble, match=r"secrets/kek belongs to somebody else"):
        secretfiles.ensure(home)

    if os.getuid() == 0:
        (home.path / "kek").rename(kek)
        os.chown(kek, 65534, -1)
        with pytest.raises(Trouble, match=r"secrets/kek belongs to somebody else"):
            secretfiles.ensure(home)


@pytest.mark.parametrize(
    ("site", "name", "refused"),
    [
        *(("staff", "kek", True), ("staff", "django-secret-key", True), ("public", "kek", False)),
        *(("public", "code-pepper", True), ("worker", "kek", False)),
    ],
)
def test_process_looks_at_its_own_secrets_before_anything_else(home, site, name, refused):
    (home.secrets / name).chmod(0o644)

    begun = subprocess.run(
        [sys.executable, "-c", "import anxin.settings"],
        cwd=CHECKOUT,
        env=Environment(home, {"ANXIN_ENV": "production"}).site(site),
        capture_output=True,
        text=True,
        check=False,
    )

    assert bool(begun.returncode) == refused
    last = begun.stderr.rpartition("ImproperlyConfigured: ")[2]
    assert last == (f"secret {home.secrets}/{name} can be read by others: chmod 600\n" * refused)
