"""Short-lived processes that handle what strangers sent: fed on standard input, heard on output."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from anxin.kernel.errors import Kind, Refusal

LOADER = ("LD_LIBRARY_PATH",)  # where Python's own library is, when Python is a copy
SECONDS = 60  # from start to answer
WAIT = 5  # seconds for one's turn: who waits keeps a thread from other pages


def ask(module: str, *arguments: str, data: bytes, most: int) -> bytes:
    """What the module's process answers; nothing when it took too long or said over `most` bytes.

    It gets the argument `unlocked` where it may go on on a machine that cannot lock it.
    """
    leave = [] if settings.PRODUCTION else ["unlocked"]
    child = subprocess.Popen(
        [sys.executable, "-E", "-s", "-m", module, *arguments, *leave],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
        env={name: os.environ[name] for name in LOADER if name in os.environ},
        close_fds=True,
    )
    assert child.stdin
    assert child.stdout
    patience = threading.Timer(SECONDS, child.kill)
    feeder = threading.Thread(target=_feed, args=(child.stdin, data), daemon=True)
    patience.start()
    feeder.start()
    try:
        answer = child.stdout.read(most + 1)
    finally:
        child.kill()  # it has said all, or more than we take
        patience.cancel()
        feeder.join()
        child.stdout.close()
        child.wait()
    return b"" if len(answer) > most else answer


def _feed(pipe: object, data: bytes) -> None:
    try:
        with pipe:  # type: ignore[attr-defined]
            pipe.write(data)  # type: ignore[attr-defined]
    except BrokenPipeError:
        pass  # the child had seen enough


@contextmanager
def turn(turns: threading.BoundedSemaphore, busy: str) -> Iterator[None]:
    """One of so many at once. Refuses `busy` when nobody has finished in time."""
    if not turns.acquire(timeout=WAIT):
        raise Refusal(Kind.NOT_READY, busy, "too many are at work already")
    try:
        yield
    finally:
        turns.release()
