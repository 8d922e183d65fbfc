"""Waiting for what another process does."""

import select
import time
from collections.abc import Callable

WITHIN = 60.0  # seconds for anything that a test waits for


def until(holds: Callable[[], object], what: str = "it", within: float = WITHIN) -> None:
    """Wait until something holds; fails when it does not in good time."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        select.select([], [], [], 0.05)
