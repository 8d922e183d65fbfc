"""One JSON object per line on standard error. Names and numbers only; never what was signed."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any


def log(event: str, **fields: Any) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, "event": event, **fields}, ensure_ascii=False, default=str)
    # Past the buffer of `sys.stderr`: what it could not get rid of would spoil the exit status.
    with suppress(OSError):  # nobody reads any more: no reason to stop signing
        os.write(sys.stderr.fileno(), f"{line}\n".encode(errors="backslashreplace"))
