"""What the signer did, in a chain of its own: the database's journal is not the only witness.

One line for each event: `JSON DIGEST .`, where the JSON names the digest of the line before and the
digest is SM3 over it. Lines are only added. Whoever changes, drops or inserts one breaks the chain
behind it; whoever cuts the end off contradicts the head that was reported (`Book.head`).
"""

from __future__ import annotations

import errno
import json
import os
import re
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from pki import durable
from pki.errors import Refused, TokenError
from pki.sm.sm3 import sm3

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

LINE = re.compile(rb"(\{.*\}) ([0-9a-f]{64}) \.")
_BEGIN = "0" * 64
_TAIL = 64 * 1024  # the last whole line is in here


class Head(NamedTuple):
    """The end of the chain: how many lines, and the digest of the last."""

    number: int
    digest: str


class Book:
    """Thread-safe. One file, `book.lines` in `home`."""

    def __init__(self, home: Path) -> None:
        """Raises TokenError `signer.book` when the end of the file makes no sense."""
        path = home / "book.lines"
        fresh = not path.exists()
        self._lock = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        if fresh:
            durable.sync_directory(home)
        self._head = self._last()

    @property
    def head(self) -> Head:
        return self._head

    def note(self, event: str, *, at: datetime, lasting: bool = False, **said: Any) -> None:
        """Add a line; `lasting` waits for the disk. Raises OSError when it cannot be written."""
        with self._lock:
            number = self._head.number + 1
            own = {"line": number, "before": self._head.digest, "at": at.isoformat()}
            fields = {**said, **own, "event": event}
            said_so = json.dumps(fields, sort_keys=True, ensure_ascii=False, default=str)
            text = said_so.encode(errors="backslashreplace")
            digest = sm3(text).hex()
            # The newline comes first and a full stop last: half a line stays alone and counts not.
            line = b"\n%s %s ." % (text, digest.encode())
            if os.write(self._file, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self._head = Head(number, digest)  # it stands there, whatever the disk says now
            if lasting:
                os.fsync(self._file)

    def close(self) -> None:
        os.fsync(self._file)
        os.close(self._file)

    def _last(self) -> Head:
        size = os.fstat(self._file).st_size
        tail = os.pread(self._file, _TAIL, max(0, size - _TAIL))
        whole = [found for line in tail.split(b"\n") if (found := LINE.fullmatch(line))]
        if not whole:
            if size:
                raise TokenError("signer.book", "book.lines cannot be read.", permanent=True)
            return Head(0, _BEGIN)
        try:
            return Head(int(json.loads(whole[-1][1])["line"]), whole[-1][2].decode())
        except (ValueError, KeyError, TypeError) as problem:
            raise TokenError("signer.book", f"book.lines: {problem}.", permanent=True) from problem


def check(content: bytes) -> Head:
    """The end of a whole book. Raises Refused `book.*`, naming the first line that is wrong."""
    head = Head(0, _BEGIN)
    for text, digest in _lines(content):
        place = head.number + 1
        if sm3(text).hex() != digest:
            raise Refused("book.digest", f"Line {place} is not what its digest says.")
        try:
            said = json.loads(text)
            number, before = int(said["line"]), said["before"]
        except (ValueError, KeyError, TypeError) as problem:
            raise Refused("book.line", f"Line {place} cannot be read.") from problem
        if number != place or before != head.digest:
            raise Refused("book.chain", f"Line {place} does not follow the line before it.")
        head = Head(number, digest)
    return head


def each(lines: Iterable[str]) -> Iterator[str]:
    """The JSON of single lines of a book. Raises Refused `book.digest`."""
    for line in lines:
        found = LINE.fullmatch(line.encode())
        if found is None or sm3(found[1]).hex().encode() != found[2]:
            raise Refused("book.digest", f"A line is not what its digest says: {line[:80]}")
        yield found[1].decode()


def _lines(content: bytes) -> Iterator[tuple[bytes, str]]:
    for line in content.split(b"\n"):
        if found := LINE.fullmatch(line):
            yield found[1], found[2].decode()
