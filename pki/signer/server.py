"""The signer's socket: who may come in, frames in and out, an orderly end."""

from __future__ import annotations

import os
import socket
import stat
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pki.errors import Malformed, Refused, TokenError
from pki.signer import protocol
from pki.signer.limits import Limits
from pki.signer.logs import log

if TYPE_CHECKING:
    from pathlib import Path

    from pki.signer.protocol import Header

MOST, OF_A_USER, OF_A_PROCESS = 64, 56, 40  # connections: nobody takes them all
_QUEUE = 256
_PATIENCE = 120.0  # seconds a peer may be silent between two requests
WITHIN = 30.0  # seconds for the whole of a frame, in either direction
_GLANCE = 0.5  # seconds until a signal is noticed that did not interrupt the waiting thread
_LAST_WORDS = 60.0  # seconds for running batches at the end
_STACK = 2**20
_LONGEST_PATH = 107  # octets, unix(7)


class Service(Protocol):
    def answer(
        self, request: Header, blobs: list[bytes], **peer: int
    ) -> tuple[Header, list[bytes]]: ...


class _Peer(NamedTuple):
    thread: threading.Thread
    pid: int
    uid: int


class Server:
    """Serves each connection in a thread of its own until `stop`."""

    def __init__(
        self,
        listener: socket.socket,
        service: Service,
        allowed: frozenset[int],
        *,
        within: float = WITHIN,
    ) -> None:
        self._listener, self._service, self._allowed = listener, service, allowed
        self._stopping, self._limits = threading.Event(), Limits()
        self._within = within
        self._open: dict[socket.socket, _Peer] = {}
        self._lock = threading.Lock()
        listener.settimeout(_GLANCE)
        threading.stack_size(_STACK)

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if self._stopping.is_set():
                    break
                log("accept_failed", reason=str(error))  # out of descriptors: some will return
                time.sleep(0.1)
                continue
            self._admit(connection)
        self._drain()

    def stop(self) -> None:
        """May be called from a signal handler; running requests are still answered."""
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)

    def _admit(self, connection: socket.socket) -> None:
        connection.settimeout(self._within)
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        pid, uid, _ = struct.unpack("3i", credentials)
        thread = threading.Thread(target=self._serve, args=(connection, pid, uid), daemon=True)
        with self._lock:
            crowded = self._is_crowded(pid, uid)
            if not crowded and uid in self._allowed:
                self._open[connection] = _Peer(thread, pid, uid)
                thread.start()
                return
        log("turned_away", pid=pid, uid=uid, crowded=crowded)
        with connection, suppress(OSError):
            connection.sendall(protocol.pack(protocol.error_header(_turned_away(uid, crowded))))

    def _is_crowded(self, pid: int, uid: int) -> bool:
        peers = self._open.values()
        of_user = sum(peer.uid == uid for peer in peers)
        of_process = sum(peer.pid == pid for peer in peers)
        return len(peers) >= MOST or of_user >= OF_A_USER or of_process >= OF_A_PROCESS

    def _serve(self, connection: socket.socket, pid: int, uid: int) -> None:
        try:
            with connection:
                self._converse(connection, pid, uid)
        finally:
            with self._lock:
                self._open.pop(connection, None)

    def _converse(self, connection: socket.socket, pid: int, uid: int) -> None:
        try:
            while not self._stopping.is_set():
                connection.settimeout(_PATIENCE)
                size = protocol.announced(connection, within=self._within)
                if size is None:
                    return
                with self._limits.taken(pid, size):
                    frame = protocol.receive_rest(connection, size, within=self._within)
                    header, blobs = self._service.answer(*frame, pid=pid, uid=uid)
                    connection.settimeout(self._within)
                    connection.sendall(protocol.pack(header, blobs))
        except (Malformed, TokenError) as error:  # the frame, or too much at once
            log("bad_frame", pid=pid, uid=uid, rule=error.rule)
            with suppress(OSError):
                connection.sendall(protocol.pack(protocol.error_header(error)))
        except OSError as error:
            log("hung_up", pid=pid, uid=uid, reason=str(error))

    def _drain(self) -> None:
        with self._lock:
            running = [(connection, peer.thread) for connection, peer in self._open.items()]
        for connection, _ in running:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        end = time.monotonic() + _LAST_WORDS
        for _, thread in running:
            thread.join(max(0.0, end - time.monotonic()))


def _turned_away(uid: int, crowded: bool) -> Refused | TokenError:  # noqa: FBT001
    if crowded:
        return TokenError("signer.busy", "Too many connections are open.", permanent=False)
    return Refused("signer.peer", f"User {uid} may not use this signer.")


def listen(path: Path, *, shared: bool) -> socket.socket:
    """A listening socket that others than its owner can reach only if `shared` (with the group).

    Raises Refused `signer.socket` for a place that is not private, or already in use.
    """
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise Refused("signer.socket", f"The path is longer than {_LONGEST_PATH} octets.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _check_directory(path.parent)
    _clear(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o660 if shared else 0o600)
    listener.listen(_QUEUE)
    return listener


def _check_directory(directory: Path) -> None:
    found = directory.stat()
    mine = found.st_uid == os.geteuid()
    if not mine or found.st_mode & (stat.S_IWGRP | stat.S_IRWXO):
        raise Refused(
            "signer.socket", f"{directory} must be ours, and closed to all but our group."
        )


def _clear(path: Path) -> None:
    """Remove the socket of a signer that died; one that answers is left alone."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if not stat.S_ISSOCK(path.lstat().st_mode) or not probe.connect_ex(str(path)):
            raise Refused("signer.socket", f"{path} is in use.")
    path.unlink()
