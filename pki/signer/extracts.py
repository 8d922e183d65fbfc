"""What the signer's book says of custody, under the signer's name: for auditors (CPS 6.2.2, 6.2.8).

The lines are those of `pki/signer/book.py`, unchanged; who has the whole book finds them in it.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from pki import shares, statements
from pki.signer import custodyset
from pki.signer.book import LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from pki.signer.calls import Call
    from pki.signer.protocol import Header

EXTRACT = "anxin book extract 1"
EVENTS = frozenset(
    {
        *("started", "stopped", "locked"),
        *("handed_out", "received", "offered", "share_taken", "activated"),
    }
)
_OFTEN = b'"event": "signed"'  # most lines; not even parsed


def digest(lines: Sequence[str]) -> str:
    """Of the lines of an extract, SHA-256 as hex."""
    return statements.digest("\n".join(lines).encode())


def of(whole: bytes, until: int) -> list[str]:
    """The same lines of a whole book, up to this number."""
    found = []
    for line in whole.split(b"\n"):
        said = _custody_line(line)
        if said is not None and said["line"] <= until:
            found.append(line.decode())
    return found


def _custody_line(line: bytes) -> dict[str, Any] | None:
    """What it says; None for half a line, and for other events."""
    whole = LINE.fullmatch(line)
    if whole is None or _OFTEN in line:
        return None
    said: dict[str, Any] = json.loads(whole[1])
    return said if said["event"] in EVENTS else None


class Extracts:
    """Thread-safe. Reads on in `book.lines` of `home` where it stopped the last time."""

    def __init__(self, home: Path, *, now: Callable[[], datetime]) -> None:
        self._home, self._now, self._lock = home, now, threading.Lock()
        self._lines: list[str] = []
        self._last, self._read = "", 0

    def custody(self, _call: Call) -> tuple[Header, list[bytes]]:
        """`statement` over the lines, its `signature`; the lines are the blob."""
        with self._lock:
            at = self._now().isoformat()
            self._read_on()
            lines, (text, ended) = list(self._lines), self._last.rsplit(" ", 2)[:2]
        identity = custodyset.identity(self._home / "identity.key")
        statement = statements.encoded(
            {
                "what": EXTRACT,
                "signer": statements.fingerprint(shares.public_of(identity)),
                "lines": digest(lines),
                "number": str(json.loads(text)["line"]),
                "head": ended,
                "at": at,
            }
        )
        signature = statements.sign(identity, statement).hex()
        return {"statement": statement.decode(), "signature": signature}, [
            "\n".join(lines).encode()
        ]

    def _read_on(self) -> None:
        with (self._home / "book.lines").open("rb") as file:
            file.seek(self._read)
            for line in file:
                text = line.rstrip(b"\n")
                whole = LINE.fullmatch(text)
                if whole is None and not line.endswith(b"\n"):
                    return  # somebody is writing it
                self._read += len(line)
                if whole is not None:
                    self._last = text.decode()
                if _custody_line(text) is not None:
                    self._lines.append(text.decode())
