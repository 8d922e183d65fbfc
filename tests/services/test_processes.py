"""One child: its log, its end, and what happens when it will not come up."""

import os
import signal
import sys

import pytest

from anxin.supervisor.crew import Crew
from anxin.supervisor.errors import Stopped, Trouble
from anxin.supervisor.home import Home
from anxin.supervisor.processes import LONGEST_LOG, OLDEST_LOG, Child, Program

ECHO = """
import signal
signal.signal(signal.SIGUSR1, lambda *_: print("again", flush=True))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("first", flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def home(place):
    one = Home(place)
    one.prepare()
    return one


def program(name: str, code: str, **changed) -> Program:
    return Program(name, (sys.executable, "-c", code), {"PATH": "/usr/bin:/bin"}, **changed)


def test_long_log_is_shortened_while_the_program_writes_on(home, eventually):
    child = Child(program("echo", ECHO, patience=0.1), home)
    eventually(lambda: child.tail() == "    first")
    with child.log.open("ab") as log:
        log.write(b"x" * LONGEST_LOG)

    child.shorten_log()
    os.kill(child.pid, signal.SIGUSR1)

    eventually(lambda: child.tail() == "    again")
    assert child.log.with_suffix(".log.1").read_bytes().startswith(b"first")
    child.ask_to_stop()
    child.wait_or_kill()


def test_no_line_of_a_log_is_kept_longer_than_half_a_year(home, eventually):
    """WP-5.3b: an age passes, the older part goes and the younger one becomes it."""
    child = Child(program("echo", ECHO, patience=0.1), home)
    eventually(lambda: child.tail() == "    first")
    older = child.log.with_suffix(".log.1")
    child.shorten_log()
    long_ago = older.stat().st_mtime - OLDEST_LOG
    older.write_bytes(b"line of half a year ago")
    os.utime(older, (long_ago + 60, long_ago + 60))

    child.shorten_log()
    before = older.read_bytes()
    os.utime(older, (long_ago - 60, long_ago - 60))
    child.shorten_log()

    assert before == b"line of half a year ago"
    assert older.read_bytes() == b"first\n"
    assert child.log.read_bytes() == b""
    child.ask_to_stop()
    child.wait_or_kill()


def test_program_that_ignores_the_request_is_killed_after_its_patience(home, eventually):
    child = Child(program("stubborn", ECHO, patience=0.2), home)
    eventually(lambda: child.tail() == "    first")

    child.ask_to_stop()
    child.wait_or_kill()

    assert child.result() == -signal.SIGKILL


def test_program_that_keeps_dying_is_given_up_with_its_last_words(home):
    said = []
    crew = Crew(home, said.append)
    crew.start(program("hopeless", "raise SystemExit('no config')", ready=lambda: False))

    with pytest.raises(Trouble, match="hopeless does not come up"):
        crew.await_ready("hopeless")

    crew.stop()
    delays = [line.rpartition("again in ")[2] for line in said if "ended (status 1)" in line]
    assert delays == ["0.5 s", "1 s", "2 s", "4 s"]
    assert "    no config" in said


def test_failed_command_says_why(home):
    crew = Crew(home, lambda _: None)
    broken = (sys.executable, "-c", "raise SystemExit('table is missing')")

    with pytest.raises(Trouble, match=r"migrate failed \(status 1\):\n    table is missing"):
        crew.run("migrate", broken, {})


def test_command_is_interrupted_by_the_wish_to_stop(home):
    crew = Crew(home, lambda _: None)
    endless = crew.launch("endless", (sys.executable, "-c", "import signal; signal.pause()"), {})
    crew.stop_wanted = True

    with pytest.raises(Stopped):
        crew.finish(endless)

    assert endless.result() == -signal.SIGTERM
