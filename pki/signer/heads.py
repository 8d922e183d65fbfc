"""Ends of the journal's chain, noted where whoever owns the database cannot write.

The chain has no secret in it, so its owner could chain everything anew; he cannot change what
stands here. Lines are only added, one for each head: `SEQ DIGEST TIME .`
"""

from __future__ import annotations

import errno
import os
import re
import threading
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from pki import durable
from pki.errors import Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r"(\d{1,19}) ([0-9a-f]{64}) (\S+) \.")
PAGE = 50_000  # heads in one answer
# The chain grows by some 1,100 links a second at most. A head far ahead would have every later one
# refused, so whoever may note heads may not note any.
LINKS_PER_SECOND = 10_000
FIRST_AT_MOST = 10**12  # where nothing is known yet


class Heads:
    """Thread-safe. One file, `heads.lines` in `home`."""

    def __init__(self, home: Path) -> None:
        self._path, self._lock = home / "heads.lines", threading.Lock()
        fresh = not self._path.exists()
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if fresh:
            durable.sync_directory(home)
        line = max(self._lines(), key=lambda line: int(line[1]), default=None)
        self._last = (int(line[1]), line[2]) if line else (0, "")
        self._last_at = datetime.fromisoformat(line[3]) if line else None

    def note(self, seq: int, digest: str, *, at: datetime) -> None:
        """Keep a head. Told again it is not written again.

        Raises Refused `journal.head_back` for an earlier place, or another digest at the same
        one, `journal.head_ahead` for one that no chain has reached since; Malformed; OSError when
        the line cannot be written.
        """
        if seq < 1 or not _DIGEST.fullmatch(digest):
            raise Malformed("journal.head", "A head is a positive number and an SM3 digest in hex.")
        with self._lock:
            if (seq, digest) == self._last:
                return
            if seq <= self._last[0]:
                raise Refused("journal.head_back", f"The last head was {self._last[0]}.")
            if seq > self._furthest(at):
                raise Refused("journal.head_ahead", f"The last head was {self._last[0]}.")
            # As in `counters`: half a line of a full disk stays alone and is not counted.
            line = f"\n{seq} {digest} {at.isoformat()} .".encode()
            if os.write(self._file, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file)
            self._last, self._last_at = (seq, digest), at

    def after(self, seq: int) -> list[tuple[int, str]]:
        """The next heads behind a place, in order, at most PAGE."""
        heads = ((int(line[1]), line[2]) for line in self._lines())
        return list(islice((head for head in heads if head[0] > seq), PAGE))

    def close(self) -> None:
        os.close(self._file)

    def _furthest(self, at: datetime) -> int:
        if self._last_at is None:
            return FIRST_AT_MOST
        return self._last[0] + int(LINKS_PER_SECOND * (at - self._last_at).total_seconds())

    def _lines(self) -> Iterator[re.Match[str]]:
        return filter(None, map(_LINE.fullmatch, self._path.read_text().splitlines()))
