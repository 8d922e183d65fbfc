"""The secrets of one installation: one file each, made on the first run, never overwritten."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import Home

ROLES = ("owner", "staff", "public", "worker")
LIST = ".made"


def _token() -> str:
    return secrets.token_urlsafe(32)


def _key() -> str:
    """A 256-bit key in hexadecimal."""
    return secrets.token_hex(32)


def _login(role: str) -> Callable[[], str]:
    """A line of libpq's password file, so that no password stands in an environment."""
    return lambda: f"*:*:*:anxin_{role}:{_token()}"


# Without these, what was stored cannot be read any more: never made a second time.
IRREPLACEABLE: dict[str, Callable[[], str]] = {
    "kek": _key,
    "index-key": _key,
    "code-pepper": _key,
    "signer-unlock": _token,
}
REPLACEABLE: dict[str, Callable[[], str]] = {
    "django-secret-key": _token,
    "django-secret-key-public": _token,
    "valkey": _token,
    **{f"db-{role}": _login(role) for role in ROLES},
}


def ensure(home: Home) -> None:
    """Make the missing ones. Raises Trouble when one that cannot be made again has gone."""
    made = _listed(home.secrets / LIST)
    missing = {
        name: make
        for name, make in (IRREPLACEABLE | REPLACEABLE).items()
        if not (home.secrets / name).exists()
    }
    lost = sorted(made & missing.keys() & IRREPLACEABLE.keys())
    if lost:
        raise Trouble(f"{home.secrets}: {', '.join(lost)} missing; restore it from the backup")
    for name, make in missing.items():
        _write(home.secrets / name, make() + "\n")
    if missing:
        _write(home.secrets / LIST, "".join(f"{name}\n" for name in sorted(made | missing.keys())))


def password(home: Home, role: str) -> str:
    """The password of a database role, out of its file."""
    return (home.secrets / f"db-{role}").read_text().strip().rpartition(":")[2]


def _listed(path: Path) -> set[str]:
    return set(path.read_text().split()) if path.exists() else set()


def _write(path: Path, content: str) -> None:
    """All of it or nothing, readable by its owner only, on the disk when this returns."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
