"""Files of the command line: read with a limit, made new, never overwritten."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from pki.errors import Malformed, Refused

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILE = 64 * 1024 * 1024


def read(path: Path) -> bytes:
    """`-` is the standard input. Raises Malformed `file.too_large`, OSError."""
    if str(path) == "-":
        content = sys.stdin.buffer.read(MAX_FILE + 1)
    else:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise Malformed("file.too_large", f"{path} has more than 64 MiB.")
    return content


def passphrase(path: Path) -> bytes:
    """Raises Refused `key.passphrase_empty`."""
    found = read(path).rstrip(b"\r\n")
    if not found:
        raise Refused("key.passphrase_empty", f"There is no passphrase in {path}.")
    return found


def must_be_new(path: Path) -> None:
    """Raises Refused `file.exists`."""
    if path.exists():
        raise Refused("file.exists", f"{path} exists already; nothing is overwritten.")


def create(path: Path, content: bytes, mode: int) -> None:
    """A new file; nothing is ever overwritten."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
