"""How much each key has signed and refused, since the start and ever. Survives kill -9.

Every batch appends one line before its signatures leave the signer; from time to time the lines
are summed up in a snapshot. Snapshot and lines belong together by their number.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from pki import durable
from pki.errors import TokenError

if TYPE_CHECKING:
    from pathlib import Path

_LINES_BEFORE_SNAPSHOT = 20_000

_Slot = tuple[str, str, str]  # label, kind, "signed" or "refused"


class Counters:
    """Thread-safe. Files: `counters.json` and `counters.<number>.lines` in `home`."""

    def __init__(self, home: Path) -> None:
        """Raises TokenError `signer.counters` for a damaged snapshot."""
        self._home, self._lock = home, threading.Lock()
        self._ever: Counter[_Slot] = Counter()
        self._since_start: Counter[_Slot] = Counter()
        try:
            self._number = self._read_snapshot()
        except (ValueError, KeyError, TypeError) as problem:
            raise TokenError(
                "signer.counters", f"counters.json cannot be read: {problem}.", permanent=True
            ) from problem
        self._read_lines()
        self._lines: int | None = None
        self._snapshot()

    def add(self, label: str, kind: str, *, signed: int, refused: int) -> None:
        """Raises OSError when the line cannot be written; then nothing was counted."""
        # The newline comes first and a full stop last: half a line stays alone and is not counted.
        line = f"\n{label} {kind} {signed} {refused} .".encode()
        with self._lock:
            assert self._lines is not None
            if os.write(self._lines, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            for counter in (self._ever, self._since_start):
                counter[label, kind, "signed"] += signed
                counter[label, kind, "refused"] += refused
            self._count += 1
            if self._count >= _LINES_BEFORE_SNAPSHOT:
                self._snapshot()

    def report(self) -> dict[str, dict[str, dict[str, int]]]:
        """{label: {kind: {signed, refused, signed_ever, refused_ever}}}."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        with self._lock:
            for (label, kind, what), count in sorted(self._ever.items()):
                slot = found.setdefault(label, {}).setdefault(kind, {})
                slot[what] = self._since_start[label, kind, what]
                slot[f"{what}_ever"] = count
        return found

    def close(self) -> None:
        with self._lock:
            self._snapshot()
            if self._lines is not None:
                os.close(self._lines)
                self._lines = None

    # -- files --------------------------------------------------------------------------------

    def _path(self, number: int) -> Path:
        return self._home / f"counters.{number}.lines"

    def _read_snapshot(self) -> int:
        place = self._home / "counters.json"
        if not place.exists():
            return 0
        content = json.loads(place.read_bytes())
        for label, kind, what, count in content["counts"]:
            self._ever[label, kind, what] = int(count)
        return int(content["number"])

    def _read_lines(self) -> None:
        with suppress(FileNotFoundError):
            for line in self._path(self._number).read_text().splitlines():
                with suppress(ValueError):  # half a line of a full disk or a lost power supply
                    label, kind, signed, refused, _ = line.split(" ")
                    self._ever[label, kind, "signed"] += int(signed)
                    self._ever[label, kind, "refused"] += int(refused)

    def _snapshot(self) -> None:
        """Sum up and begin a new file of lines; the old one counts until the snapshot stands."""
        number = self._number + 1
        fresh = os.open(self._path(number), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        counts = [[*slot, count] for slot, count in sorted(self._ever.items())]
        content = json.dumps({"number": number, "counts": counts}).encode()
        durable.replace(self._home / "counters.json", content)
        if self._lines is not None:
            os.close(self._lines)
        self._path(self._number).unlink(missing_ok=True)
        self._lines, self._number, self._count = fresh, number, 0
