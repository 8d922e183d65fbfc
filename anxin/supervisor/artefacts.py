"""What a start makes out of the checkout, and whether it must be made again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Stamp:
    """Remembers, in a file, of which sources something was made."""

    path: Path
    sources: tuple[Path, ...]

    def holds(self) -> bool:
        return self.path.exists() and self.path.read_text() == self._digest()

    def set(self) -> None:
        self.path.write_text(self._digest())

    def _digest(self) -> str:
        total = hashlib.sha256()
        for source in sorted(_files(self.sources)):
            total.update(f"{source}\0".encode())
            total.update(hashlib.sha256(source.read_bytes()).digest())
        return total.hexdigest()


def _files(sources: Iterable[Path]) -> Iterable[Path]:
    for source in sources:
        if source.is_dir():
            yield from (path for path in source.rglob("*") if path.is_file())
        elif source.exists():
            yield source
