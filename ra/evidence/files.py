"""Sealed files on disk, and nothing else: whoever writes here has sealed before.

A file is written under a temporary name in its own directory, flushed, then renamed: what bears a
name is whole. Names are random; only a row says what a file is.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

from anxin.kernel.errors import Kind, Refusal
from pki import durable

BLOCK = 1 << 20
UNFINISHED = ".part"


def write(name: UUID, sealed: Iterable[bytes]) -> None:
    """Store sealed bytes under a name nobody has used before."""
    path = _path(name)
    _make_private(path.parent)
    unfinished = path.with_suffix(UNFINISHED)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            _give(f.fileno())
            for block in sealed:
                f.write(block)
            f.flush()
            os.fsync(f.fileno())
        unfinished.rename(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    durable.sync_directory(path.parent)


def read(name: UUID) -> Iterator[bytes]:
    """The sealed bytes. Refuses `evidence.file_missing`."""
    try:
        with _path(name).open("rb") as file:
            while block := file.read(BLOCK):
                yield block
    except FileNotFoundError as error:
        raise Refusal(
            Kind.NOT_FOUND, "evidence.file_missing", f"file {name} is not there", cps="5.5.3"
        ) from error


def remove(names: Iterable[UUID]) -> None:
    for name in names:
        _path(name).unlink(missing_ok=True)


def older_than(moment: datetime) -> Iterator[tuple[UUID, Path]]:
    """Files last written before `moment`, unfinished ones included."""
    for path in settings.EVIDENCE_DIR.glob("??/??/*"):
        if path.stat().st_mtime < moment.timestamp():
            yield UUID(path.stem), path


def _path(name: UUID) -> Path:
    text = name.hex
    return Path(settings.EVIDENCE_DIR) / text[:2] / text[2:4] / text


def _make_private(directory: Path) -> None:
    """As private as the store; `mkdir(parents=True)` would leave the parents to the umask."""
    store = Path(settings.EVIDENCE_DIR)
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    for each in (directory.parent, directory):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)
            each.chmod(stat.S_IMODE(store.stat().st_mode))
            _give(each)


def _give(place: Path | int) -> None:
    """To the owner of the store, when a command of root's has made it."""
    if os.geteuid() == 0:
        owner = Path(settings.EVIDENCE_DIR).stat()
        os.chown(place, owner.st_uid, owner.st_gid)
