"""What is killed comes back, with everything it held; what should be gone is gone."""

import signal
import subprocess

from kombu import Connection

from anxin.supervisor import procfs
from tests.services.conftest import House


def remember(house, word: str) -> None:
    with house.database() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS words (word text)")
        connection.execute("INSERT INTO words VALUES (%s)", [word])


def remembered(house) -> list[str]:
    with house.database() as connection:
        return [word for (word,) in connection.execute("SELECT word FROM words ORDER BY word")]


def ring(house, count: int) -> None:
    with Connection(house.broker_url()) as connection, connection.SimpleQueue("bells") as queue:
        for number in range(count):
            queue.put({"number": number})


def rung(house) -> int:
    with Connection(house.broker_url()) as connection, connection.SimpleQueue("bells") as queue:
        return queue.qsize()


def test_rows_outlive_the_killed_server(house):
    house.up()
    remember(house, "安信")

    house.kill(house.pid("postgres"))

    house.hear("postgres ended (SIGKILL)")
    house.hear("postgres is back")
    assert remembered(house) == ["安信"]


def test_messages_outlive_the_killed_broker(house, eventually):
    house.up()
    ring(house, 100)
    eventually(lambda: written_down(house))

    house.kill(house.pid("valkey"))

    house.hear("valkey ended (SIGKILL)")
    house.hear("valkey is back")
    assert rung(house) == 100


def written_down(house: House) -> bool:
    files = (house.home.broker / "appendonlydir").glob("*.incr.aof")
    return sum(path.read_bytes().count(b"LPUSH") for path in files) >= 100


def test_killed_program_takes_its_helper_along_and_is_replaced(house):
    house.up()
    before = house.members("site")

    house.kill(house.pid("site"))

    house.hear("site ended (SIGKILL)")
    house.hear("site is back")
    assert len(before) == 2
    assert not before & {one.pid for one in procfs.living()}


def test_everything_killed_at_once_comes_back_complete(house):
    house.up()
    remember(house, "before")

    house.kill(house.supervisor(), *(one.pid for one in house.everybody()))
    house.up()

    remember(house, "after")
    assert remembered(house) == ["after", "before"]


def test_nothing_outlives_the_killed_supervisor(house, eventually):
    house.up()

    house.kill(house.supervisor())

    eventually(lambda: {one.pid for one in house.everybody()} <= helpers(house))
    house.up()
    assert len(helpers(house)) == 1


def helpers(house: House) -> set[int]:
    """The site's helper is not the supervisor's child: the next run ends it."""
    return house.members("site") - {house.pid("site")}


def test_server_starts_although_a_stale_file_names_a_living_process(house):
    house.up()
    house.stop()
    stale = house.home.database / "postmaster.pid"
    stale.write_text(f"1\n{house.home.database}\n0\n5432\n\n\n")

    house.up()

    remember(house, "up")
    assert remembered(house) == ["up"]


def test_server_starts_although_its_dead_predecessor_is_unburied(house):
    house.up()
    house.stop()
    with subprocess.Popen(["/bin/true"]) as dead:
        stale = house.home.database / "postmaster.pid"
        lock = house.home.sockets / "postgres/.s.PGSQL.5432.lock"
        for path in (stale, lock):
            path.write_text(f"{dead.pid}\n{house.home.database}\n0\n5432\n\n\n")
        house.up()

    remember(house, "up")
    assert remembered(house) == ["up"]


def test_orderly_stop_leaves_nobody_and_no_socket(house):
    house.up()

    status = house.stop()

    assert status == 0
    assert house.everybody() == []
    assert not list(house.home.sockets.rglob("*.sock"))
    assert not list(house.home.run.glob("*.pid"))


def test_closed_terminal_is_an_orderly_stop(house):
    house.up()

    subprocess.run(["/bin/kill", "-HUP", str(house.supervisor())], check=True)

    assert house._runs[-1].wait(20) == 0
    assert house.everybody() == []


def test_nohup_keeps_it_running_without_a_terminal(house):
    house.up("nohup")

    subprocess.run(["/bin/kill", "-HUP", str(house.supervisor())], check=True)
    house.kill(house.pid("valkey"))

    assert house.hear("valkey is back")


def test_second_supervisor_is_told_that_one_runs(house):
    house.up()
    first = house.supervisor()

    house.start()

    assert f"already running: process {first}, a house for tests" in house.hear("running")
    assert house._runs[-1].wait(20) == 1
    house._runs.pop()
    remember(house, "undisturbed")


def test_signal_names_are_said_not_numbers(house):
    house.up()

    subprocess.run(["/bin/kill", "-SEGV", str(house.pid("valkey"))], check=True)

    assert signal.SIGSEGV.name in house.hear("valkey ended")
