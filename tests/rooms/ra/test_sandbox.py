"""The decoder's cell: what code that got into the decoder could still do.

Every attack is run three times in a process loaded like the decoder: free, where it succeeds,
behind Landlock alone, and behind everything.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from anxin.kernel.errors import Refusal
from ra.evidence import decoding, sandbox
from tests.rooms.ra.test_evidence import pdf, picture

CHECKOUT = Path(decoding.__file__).parents[2]

# The attacker's own code: everything it needs is in memory before the door shuts.
INTRUDER = """
import ctypes, json, mmap, os, signal, socket, subprocess, sys, threading
from ra.evidence import decoder, sandbox
decoder.load("pdf")
libc = ctypes.CDLL(None, use_errno=True)
secret, new, unix, port = sys.argv[2:]

def call(number, *arguments):
    answer = libc.syscall(ctypes.c_long(number), *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer

def fork():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

def connect(family, address):
    with socket.socket(family) as line:
        line.connect(address)

def thread():
    one = threading.Thread(target=lambda: None)
    one.start()
    one.join()

def read(path):
    return os.read(os.open(path, os.O_RDONLY), 10)

def write(path):
    os.write(os.open(path, os.O_WRONLY | os.O_CREAT), b"x")

ATTACKS = {
    "read /etc/passwd": lambda: read("/etc/passwd"),
    "read a secret": lambda: read(secret),
    "read its parent's memory": lambda: read(f"/proc/{os.getppid()}/environ"),
    "list a directory": lambda: os.listdir("/"),
    "make a file": lambda: write(new),
    "ask whether a file is there": lambda: os.stat(secret),
    "remove a file": lambda: os.unlink(secret),
    "write to another descriptor": lambda: os.write(2, b"x"),
    "connect by TCP": lambda: connect(socket.AF_INET, ("127.0.0.1", int(port))),
    "connect to a socket file": lambda: connect(socket.AF_UNIX, unix),
    "make a pair of sockets": socket.socketpair,
    "fork": fork,
    "start a thread": thread,
    "start a program": lambda: subprocess.run(["/bin/true"], check=True),
    "become a program": lambda: os.execv("/bin/true/not", ["x"]),
    "trace": lambda: call(101, 0, 0, 0, 0),
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "make memory to run": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC),
    "make a file in memory": lambda: os.memfd_create("x"),
    "lift its limits": lambda: __import__("resource").prlimit(0, 7, (0, 0)),
    "queue calls past the filter": lambda: call(425, 1, ctypes.create_string_buffer(120)),
}

lacking = {"free": list, "landlock": sandbox._close_the_file_system, "locked": sandbox.lock}
lacking = lacking[sys.argv[1]]()
told = {"lacking": lacking}
for name, attack in ATTACKS.items():
    try:
        attack()
        told[name] = "done"
    except (PermissionError, RuntimeError):
        told[name] = "refused"
    except OSError:
        told[name] = "failed"  # the kernel has tried
os.write(1, json.dumps(told).encode())
os._exit(0)
"""
OF_FILES = {
    "read /etc/passwd",
    "read a secret",
    "list a directory",
    "make a file",
    "remove a file",
    "start a program",
}


@pytest.fixture
def intrude(tmp_path):
    """What an intruder achieves, by how far the door is shut: {attack: done, failed, refused}."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "signer.sock"))
        unix.listen()

        def run(how):
            secret = tmp_path / f"kek-{how}"
            secret.write_bytes(b"0123456789abcdef")
            where = (secret, tmp_path / f"new-{how}", tmp_path / "signer.sock")
            port = tcp.getsockname()[1]
            ran = subprocess.run(
                [sys.executable, "-c", INTRUDER, how, *map(str, where), str(port)],
                capture_output=True,
                cwd=CHECKOUT,
                check=False,
                timeout=60,
            )
            assert ran.returncode == 0, ran.stderr
            return json.loads(ran.stdout)

        yield run


def test_an_intruder_who_is_not_locked_up_can_do_all_of_this(intrude):
    """Otherwise the next test would prove nothing. Some machines forbid two of them to all."""
    told = intrude("free")

    failed = {name for name, outcome in told.items() if outcome == "refused"}
    assert failed <= {"trace", "queue calls past the filter"}


def test_an_intruder_in_the_decoder_can_do_none_of_it(intrude, tmp_path):
    told = intrude("locked")

    assert told.pop("lacking") == []
    assert len(told) >= 20
    assert set(told.values()) == {"refused"}
    assert not (tmp_path / "new-locked").exists()
    assert (tmp_path / "kek-locked").exists()


def test_landlock_alone_already_takes_the_files_away(intrude):
    told = intrude("landlock")

    assert {name for name in OF_FILES if told[name] != "refused"} == set()
    assert told["connect by TCP"] == "done"  # it is seccomp that takes these


def test_the_limits_hold_in_the_cell():
    probe = (
        "import resource as r; from ra.evidence import sandbox; sandbox.lock()\n"
        "import os; os.write(1, b'in')\n"
        "bytearray(sandbox.MEMORY)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, cwd=CHECKOUT, check=False
    )

    assert ran.stdout == b"in"
    assert ran.returncode != 0


def test_this_machine_lacks_nothing():
    """Otherwise nothing could be taken in here in production."""
    ran = subprocess.run(
        [sys.executable, "-m", sandbox.__name__], capture_output=True, cwd=CHECKOUT, check=True
    )

    assert ran.stdout == b""


# --- a machine that cannot lock --------------------------------------------------------------

OLD_KERNEL = """#!{python}
import ctypes, os, sys
sys.path.insert(0, {checkout!r})
from ra.evidence.sandbox import _Compare
library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
rules = ctypes.c_void_p(library.seccomp_init(0x7FFF0000))
for number, how_many, first in {calls}:
    only = _Compare(0, 4, first, 0)
    assert not library.seccomp_rule_add_array(rules, 0x50026, number, how_many, ctypes.byref(only))
assert library.seccomp_load(rules) == 0
os.execv({python!r}, [{python!r}, *sys.argv[1:]])
"""


WITHOUT = {  # number, whether its first argument counts, that argument
    "Landlock": [(444, 0, 0)],
    "seccomp": [(317, 0, 0), (157, 1, 22)],  # the call, and the older way by prctl
}


@pytest.fixture(params=WITHOUT)
def old_machine(request, tmp_path, monkeypatch):
    """A Python whose kernel answers ENOSYS to these calls."""
    old = tmp_path / "python"
    calls = WITHOUT[request.param]
    checkout = str(CHECKOUT)
    old.write_text(OLD_KERNEL.format(python=sys.executable, calls=calls, checkout=checkout))
    old.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(old))


def test_in_production_nothing_is_decoded_where_nothing_can_be_locked(old_machine, settings):
    settings.PRODUCTION = True

    with pytest.raises(Refusal) as refusal:
        decoding.decode("jpeg", picture())

    assert refusal.value.rule == "evidence.not_locked"


def test_a_demo_goes_on_where_nothing_can_be_locked(old_machine, settings):
    settings.PRODUCTION = False

    assert len(decoding.decode("pdf", pdf(2))) == 2


def test_in_production_a_machine_that_can_lock_decodes(settings):
    settings.PRODUCTION = True

    assert len(decoding.decode("pdf", pdf(2))) == 2
