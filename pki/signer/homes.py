"""The directory of a signer: private, and worked in by one at a time."""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pki.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def take(home: Path) -> int:
    """Make sure that `home` is private and nobody else works in it; close the handle to leave it.

    Raises Refused `signer.home`.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = home.stat()
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise Refused("signer.home", f"{home} must be ours alone (chmod 700).")
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Refused("signer.home", f"Another signer works in {home}.") from None
    return lock


@contextmanager
def second(place: Path | None) -> Iterator[Path | None]:
    """A file in the home of the second device, with that home to oneself; None: not in use.

    Raises Refused `signer.home` while a signer works there.
    """
    if place is None or not place.exists():
        yield None
        return
    lock = take(place.parent)
    try:
        yield place
    finally:
        os.close(lock)
