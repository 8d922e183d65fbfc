"""Slow peers: a frame is there in time or the connection ends, however it trickles."""

import os
import select
import socket
import threading
import time
from contextlib import suppress

import pytest

from pki.signer import protocol, server

LIMIT = 0.3  # seconds
FRAME = protocol.pack({"op": "health"}, [bytes(2**22)])


class Echo:
    """Answers with what it was asked, blobs and all."""

    def answer(self, request, blobs, **_peer):
        return request, blobs


@pytest.fixture
def path(tmp_path):
    tmp_path.chmod(0o700)
    where = tmp_path / "s"
    listener = server.listen(where, shared=False)
    one = server.Server(listener, Echo(), frozenset({os.geteuid()}), within=LIMIT)
    running = threading.Thread(target=one.run)
    running.start()
    yield str(where)
    one.stop()
    running.join()
    listener.close()


@pytest.fixture
def connection(path):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(20 * LIMIT)
        one.connect(path)
        yield one


def hung_up(connection) -> bool:
    """Within a third of the limit."""
    ready, _, _ = select.select([connection], [], [], LIMIT / 3)
    return bool(ready) and not connection.recv(1)


@pytest.mark.parametrize("already", [1, 100])
def test_a_frame_that_trickles_in_ends_in_time(connection, already):
    """Each octet is in time; all of them together are not."""
    begun = time.monotonic()
    connection.sendall(FRAME[:already])
    with suppress(ConnectionResetError, BrokenPipeError):  # it went with an octet unread
        for place in range(already, 100 + already):
            if hung_up(connection):
                break
            connection.sendall(FRAME[place : place + 1])

    assert LIMIT * 0.9 < time.monotonic() - begun < 10 * LIMIT


def test_an_answer_that_nobody_fetches_ends_in_time(connection):
    connection.sendall(FRAME)
    watch = select.poll()
    watch.register(connection, select.POLLRDHUP)

    assert watch.poll(20_000 * LIMIT)

    with pytest.raises(ConnectionResetError):
        protocol.receive(connection)


def test_who_is_quick_may_be_silent_between_two_requests(connection):
    for _ in range(2):
        assert not hung_up(connection)
        connection.sendall(FRAME)
        assert protocol.receive(connection) == ({"op": "health"}, [bytes(2**22)])
