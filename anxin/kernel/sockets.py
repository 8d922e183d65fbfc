"""Connections that end in time, however slowly the other side drips."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer


@contextmanager
def connected(host: str, port: int, *, pause: float, whole: float) -> Iterator[socket.socket]:
    """A TCP connection: `pause` seconds for any wait, cut off after `whole`. Raises OSError."""
    raw = socket.create_connection((host, port), timeout=min(pause, whole))
    raw.settimeout(pause)
    twin = socket.socket(fileno=os.dup(raw.fileno()))
    watch = Timer(whole, _cut, [twin])
    watch.start()
    try:
        yield raw
    finally:
        watch.cancel()
        watch.join()
        twin.close()
        raw.close()


def _cut(twin: socket.socket) -> None:
    try:
        twin.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was over already
