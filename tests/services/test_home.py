"""The state directory: ours alone, and with names short enough for sockets."""

import os
import shutil
import socket

import pytest

from anxin.supervisor import programs
from anxin.supervisor.environment import Environment
from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import CHECKOUT, Home, locate


def test_longest_ordinary_path_keeps_its_sockets_at_home():
    room = 99 - len("/run/postgres/.s.PGSQL.5432")
    just_fits = Home(CHECKOUT.joinpath("/" + "a" * (room - 1)))
    one_more = Home(CHECKOUT.joinpath("/" + "a" * room))

    assert just_fits.sockets == just_fits.run
    assert one_more.sockets.parent.as_posix() == "/tmp"


@pytest.mark.parametrize("name", ["x" * 120, "with space", "安信", "a,b", "it's"])
def test_house_under_a_difficult_name_serves(house, name):
    house.home = Home(house.home.path / name, house.home.service_user)
    try:
        house.up()

        with house.database() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        sockets = house.home.sockets
        assert len(os.fsencode(sockets / "postgres/.s.PGSQL.5432")) < 100
        assert sockets.stat().st_uid == os.getuid()
        assert not sockets.stat().st_mode & 0o066
    finally:
        house.stop()
        shutil.rmtree(house.home.sockets)
        house.home = Home(house.home.path.parent, house.home.service_user)


def test_directory_that_somebody_else_prepared_is_not_used(tmp_path):
    home = Home(tmp_path / ("x" * 120))
    (tmp_path / "theirs").mkdir()
    home.sockets.symlink_to(tmp_path / "theirs")
    try:
        with pytest.raises(Trouble, match="belongs to somebody else"):
            home.prepare()
    finally:
        home.sockets.unlink()


def test_directory_behind_a_closed_door_is_refused_in_one_line(place):
    if os.getuid():
        pytest.skip("only root runs PostgreSQL as somebody else")
    closed = place / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(Trouble, match="cannot be reached by the account nobody"):
        Home(closed / "home", "nobody").prepare()


def test_chosen_directory_wins_over_the_usual_one(tmp_path):
    usual = locate({})

    assert locate({"ANXIN_HOME": str(tmp_path)}).path == tmp_path
    assert usual.path == CHECKOUT / "var" or usual.path.parent.as_posix() == "/var/lib/anxin"


@pytest.mark.parametrize("name", ["", "state", "anxin/state", "var/../state"])
def test_state_among_the_code_is_refused(name):
    """What lies in the checkout is copied for every account."""
    with pytest.raises(Trouble, match="lies among the code"):
        locate({"ANXIN_HOME": str(CHECKOUT / name)})

    assert locate({"ANXIN_HOME": str(CHECKOUT / "var/other")}).path == CHECKOUT / "var/other"


def test_port_in_use_is_noticed():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert not programs.is_free(port)
    assert programs.is_free(port)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http"])
def test_odd_port_is_refused(tmp_path, port):
    environment = Environment(Home(tmp_path), {"ANXIN_STAFF_PORT": port})

    with pytest.raises(Trouble, match="not a port"):
        environment.staff_port  # noqa: B018
