"""What a start makes out of the checkout, and whether it must be made again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from anxin.supervisor.home import CHECKOUT, Home

PACKAGES = ("people", "audit", "kmc", "ca", "ra")


@dataclass(frozen=True)
class Stamp:
    """Remembers, in a file, of which sources something was made."""

    path: Path
    sources: tuple[Path, ...]
    target: Path  # replaced as a whole, it has another inode and is made again

    def holds(self) -> bool:
        return self.path.exists() and self.path.read_text() == self._digest()

    def set(self) -> None:
        self.path.write_text(self._digest())

    def _digest(self) -> str:
        number = self.target.stat().st_ino if self.target.exists() else 0
        total = hashlib.sha256(f"{self.target} {number}".encode())
        for source in sorted(_files(self.sources)):
            total.update(f"{source}\0".encode())
            total.update(hashlib.sha256(source.read_bytes()).digest())
        return total.hexdigest()


def catalogues_are_compiled(code: Path) -> bool:
    """Whether every catalogue has its compiled form, no older than itself."""
    sources = code.glob("locale/*/LC_MESSAGES/*.po")
    pairs = [(source, source.with_suffix(".mo")) for source in sources]
    return all(
        made.exists() and made.stat().st_mtime >= source.stat().st_mtime for source, made in pairs
    )


def static_files(home: Home) -> Stamp:
    """What `collectstatic` gathers."""
    sources = (CHECKOUT / "static", CHECKOUT / "requirements.txt")
    return Stamp(home.run / "static.stamp", sources, home.path / "static")


def tables(home: Home) -> Stamp:
    """What `migrate` and `grant` make, in the embedded database."""
    migrations = tuple(CHECKOUT / package / "migrations" for package in PACKAGES)
    sources = (*migrations, CHECKOUT / "anxin/grants.py", CHECKOUT / "requirements.txt")
    return Stamp(home.run / "tables.stamp", sources, home.database)


def _files(sources: Iterable[Path]) -> Iterable[Path]:
    for source in sources:
        if source.is_dir():
            yield from (
                path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc"
            )
        elif source.exists():
            yield source
