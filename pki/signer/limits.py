"""What one client may ask for at once, so that none takes the signer from the others."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pki.errors import TokenError
from pki.signer.protocol import MAX_FRAME

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_REQUESTS = 32  # a worker has one or two
MOST_OCTETS = 2 * MAX_FRAME


class Limits:
    """Thread-safe. A client is a process, by its number."""

    def __init__(self, *, requests: int = MOST_REQUESTS, octets: int = MOST_OCTETS) -> None:
        self._requests, self._octets = requests, octets
        self._lock = threading.Lock()
        self._used: dict[int, tuple[int, int]] = {}

    @contextmanager
    def taken(self, client: int, octets: int) -> Iterator[None]:
        """While one request of so many octets is read and answered.

        Raises TokenError `signer.too_many_requests`, `signer.too_many_octets`: later is fine.
        """
        with self._lock:
            requests, before = self._used.get(client, (0, 0))
            if requests >= self._requests:
                raise _refused("requests", self._requests)
            if before + octets > self._octets:
                raise _refused("octets", self._octets)
            self._used[client] = (requests + 1, before + octets)
        try:
            yield
        finally:
            self._give_back(client, octets)

    def _give_back(self, client: int, octets: int) -> None:
        with self._lock:
            requests, before = self._used.pop(client)
            if requests > 1:
                self._used[client] = (requests - 1, before - octets)


def _refused(what: str, most: int) -> TokenError:
    reason = f"One client may have {most} {what} in work at once."
    return TokenError(f"signer.too_many_{what}", reason, permanent=False)
