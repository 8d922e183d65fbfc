"""One JSON object per line on standard error. Names and numbers only; never what was signed."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any


def log(event: str, **fields: Any) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"at": at, "event": event, **fields}, ensure_ascii=False, default=str)
    with suppress(OSError, ValueError):  # nobody reads any more: no reason to stop signing
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
