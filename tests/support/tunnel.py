"""A unix socket whose other end is on another host: through TCP, as a tunnel of the system's is."""

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PIECE = 2**16


@contextmanager
def tunnel(far: Path) -> Iterator[str]:
    """The near end's path; what comes in there leaves at `far`, and back."""
    with (
        tempfile.TemporaryDirectory(prefix="anxin-tunnel-") as folder,
        socket.socket(socket.AF_UNIX) as near,
        socket.create_server(("127.0.0.1", 0)) as wire,
    ):
        path = f"{folder}/s"
        near.bind(path)
        near.listen()
        _relay(near, lambda: socket.create_connection(wire.getsockname()))
        _relay(wire, lambda: _connected(far))
        yield path
        for one in (near, wire):
            one.shutdown(socket.SHUT_RDWR)


def _connected(path: Path) -> socket.socket:
    found = socket.socket(socket.AF_UNIX)
    found.connect(str(path))
    return found


def _relay(listener: socket.socket, onward: Callable[[], socket.socket]) -> None:
    def accept() -> None:
        with suppress(OSError):
            while True:
                here = listener.accept()[0]
                threading.Thread(target=_join, args=[here, onward()], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def _join(here: socket.socket, there: socket.socket) -> None:
    with here, there:
        back = threading.Thread(target=_pump, args=[there, here], daemon=True)
        back.start()
        _pump(here, there)
        back.join()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(_PIECE):
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
