"""Who may talk to the signer. Asked as another user of the machine, so only root can run these."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pki.errors import PkiError
from pki.signer.client import Signer
from pki.signer.server import OF_A_PROCESS, OF_A_USER
from tests.support.signer import ROOT, forked

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

NOBODY, STRANGER = 65534, 4242
IPC_LOCK = 14  # the capability's number


def as_user(uid: int, gid: int, act: Callable[[], str]) -> str:
    """What `act` returns in a child process that has become another user."""

    def become() -> str:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
        return act()

    return forked(become)()


@pytest.fixture
def door(short_dir):
    """A directory that the group of `nobody` can enter; sockets made there belong to the group."""
    short_dir.chmod(0o711)
    directory = short_dir / "door"
    directory.mkdir()
    os.chown(directory, 0, NOBODY)
    directory.chmod(0o2750)
    return directory / "signer.sock"


def asked_by(uid: int, path) -> str:
    def act() -> str:
        try:
            return "served" if Signer(path).health()["pid"] else "nothing"
        except PkiError as error:
            return error.rule

    return as_user(uid, NOBODY, act)


def test_a_user_who_is_not_listed_is_turned_away_at_the_open_door(new_signer, door):
    one = new_signer(options=("--socket", str(door), "--allow-uid", str(STRANGER))).start()

    assert asked_by(NOBODY, door) == "signer.peer"
    assert asked_by(STRANGER, door) == "served"
    assert asked_by(0, door) == "served"
    one.terminate()
    turned_away = one.events("turned_away")
    assert [line["uid"] for line in turned_away] == [NOBODY]


def test_without_a_list_the_socket_is_the_owners_alone(new_signer, door):
    new_signer(options=("--socket", str(door))).start()

    assert door.stat().st_mode & 0o777 == 0o600
    assert asked_by(NOBODY, door) == "signer.unreachable"
    assert asked_by(0, door) == "served"


def test_several_users_can_be_listed(new_signer, door):
    new_signer(options=("--socket", str(door), "--allow-uid", str(STRANGER), str(NOBODY))).start()

    assert door.stat().st_mode & 0o777 == 0o660
    assert asked_by(NOBODY, door) == "served"
    assert asked_by(STRANGER, door) == "served"
    assert asked_by(4343, door) == "signer.peer"


CROWD = """
import contextlib, socket, sys
from pki.signer import protocol
taken, served = [], 0
for _ in range(int(sys.argv[2])):
    taken.append(socket.socket(socket.AF_UNIX))
    taken[-1].settimeout(30)
    taken[-1].connect(sys.argv[1])
    with contextlib.suppress(BrokenPipeError):  # turned away already
        taken[-1].sendall(protocol.pack({"op": "custody"}))
    served += "ok" in protocol.receive(taken[-1])[0]
print(served, flush=True)
sys.stdin.read()
"""


def test_one_user_does_not_take_every_connection(new_signer, door):
    """In however many processes; another user is served meanwhile."""
    new_signer(options=("--socket", str(door), "--allow-uid", str(NOBODY), "0")).start()
    command = (sys.executable, "-c", CROWD, str(door), str(OF_A_PROCESS))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    crowd, served = [], []
    try:
        for _ in range(2):
            crowd.append(subprocess.Popen(command, cwd=ROOT, **pipes))
            served.append(int(crowd[-1].stdout.readline()))

        assert served[0] == OF_A_PROCESS
        assert served[1] <= OF_A_USER - OF_A_PROCESS  # this process has some, too
        assert asked_by(0, door) == "signer.busy"
        assert asked_by(NOBODY, door) == "served"
    finally:
        for one in crowd:
            one.communicate()


def test_another_user_cannot_look_into_the_signers_memory(signer):
    own = Path(f"/proc/{signer.process.pid}")

    def act() -> str:
        readable = []
        for name in ("environ", "maps", "mem"):
            try:
                with (own / name).open("rb"):
                    readable.append(name)
            except PermissionError:
                continue
        return f"readable: {readable}"

    assert as_user(NOBODY, NOBODY, act) == "readable: []"
    assert own.stat().st_uid == 0


# -- its memory ---------------------------------------------------------------------------------

# Root without capabilities is what the signer's account is to its own processes.
UNPRIVILEGED = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all")
LOOK = """
import contextlib, sys
for name in ("auxv", "environ", "maps", "mem"):
    with contextlib.suppress(OSError):
        open(f"/proc/{sys.argv[1]}/{name}", "rb").close()
        print(name)
"""
BYSTANDER = (*UNPRIVILEGED, sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()")


def seen_of(pid: int) -> set[str]:
    """Which files of a process its own user opens."""
    look = (*UNPRIVILEGED, sys.executable, "-c", LOOK, str(pid))
    return set(subprocess.run(look, capture_output=True, text=True, check=True).stdout.split())


def test_not_even_its_own_user_looks_into_the_signers_memory(new_signer):
    """CPS-6.2.1"""
    one = new_signer(prefix=UNPRIVILEGED).start()
    with subprocess.Popen(BYSTANDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()

        assert seen_of(other.pid) >= {"auxv", "environ", "maps"}  # so there was something to see
        assert seen_of(one.process.pid) == set()


def test_the_signers_memory_is_locked_where_that_is_allowed_and_never_dumped(signer):
    """CPS-6.2.1"""
    process = Path(f"/proc/{signer.process.pid}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    locked, resident = (int(status[name].split()[0]) for name in ("VmLck", "VmRSS"))
    allowed = bool(int(status["CapEff"], 16) >> IPC_LOCK & 1)

    assert re.search(r"^Max core file size +0 +0 ", (process / "limits").read_text(), re.MULTILINE)
    assert (locked >= resident) == allowed
    assert signer.client().health()["hardening"]["memory_locked"] == allowed
