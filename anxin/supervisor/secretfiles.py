"""The secrets of one installation: one file each, made on the first run, never overwritten."""

import os
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from anxin.supervisor.accounts import Account
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
    "notice-key": _key,
    "inbox-key": _key,
}
REPLACEABLE: dict[str, Callable[[], str]] = {
    "django-secret-key": _token,
    "django-secret-key-public": _token,
    "valkey": _token,
    "ldap": _token,
    **{f"db-{role}": _login(role) for role in ROLES},
}
# What each group of processes is told, where each has an account of its own.
TOLD: dict[str, tuple[str, ...]] = {
    "staff": (
        "django-secret-key",
        "kek",
        "index-key",
        "code-pepper",
        "notice-key",
        "inbox-key",
        "db-staff",
        "valkey",
    ),
    "public": ("django-secret-key-public", "code-pepper", "db-public"),
    "worker": ("notice-key", "db-worker", "valkey", "ldap"),
    "signer": (),
}
INITIAL_SECRET = "initial-secret"  # noqa: S105 -- a name
BROUGHT = {"signer": (INITIAL_SECRET,)}  # only if the caller has one


def ensure(home: Home) -> None:
    """Make the missing ones.

    Raises Trouble when one that cannot be made again has gone, or is not ours alone.
    """
    for path in sorted(home.secrets.iterdir()):
        _check_private(path)
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


def hand_out(home: Home, group: str, instead: Mapping[str, Path] | None = None) -> None:
    """Before a process of this group starts: copies of what it is told, and of nothing else.

    `instead` names files of the caller's own. Nothing to do where all are one user.
    """
    account = home.account(group)
    if account is None:
        return
    given = {name: home.secrets / name for name in TOLD[group]} | dict(instead or {})
    directory = _desk(home, group, account)
    for path in directory.iterdir():
        if path.name not in given:
            path.unlink()
    for name, source in given.items():
        copy, content = directory / name, source.read_text()
        if not copy.exists() or copy.read_text() != content:
            _write(copy, content, account)
        _check_private(copy, account)


def hand_over(home: Home, group: str, name: str, content: str) -> Path:
    """A file made for this group's process alone: where it is."""
    account = home.account(group)
    directory = _desk(home, group, account) if account else home.secrets
    _write(directory / name, content, account)
    return directory / name


def password(home: Home, role: str) -> str:
    """The password of a database role, out of its file."""
    return (home.secrets / f"db-{role}").read_text().strip().rpartition(":")[2]


def _listed(path: Path) -> set[str]:
    return set(path.read_text().split()) if path.exists() else set()


def _desk(home: Home, group: str, account: Account) -> Path:
    """Root's, so that the account changes nothing in it; the files are the account's."""
    directory = home.secrets_of(group)
    directory.mkdir(mode=0o700, exist_ok=True)
    os.chown(directory, os.getuid(), account.gid)
    directory.chmod(0o750)
    return directory


def _check_private(path: Path, account: Account | None = None) -> None:
    found = path.lstat()
    owner = account.uid if account else os.getuid()
    if not stat.S_ISREG(found.st_mode) or found.st_uid != owner:
        raise Trouble(f"{path} belongs to somebody else: chown it, if its content is the right one")
    if found.st_mode & 0o077:
        raise Trouble(f"{path} can be read by others: replace what they have seen, then chmod 600")


def _write(path: Path, content: str, account: Account | None = None) -> None:
    """All of it or nothing, readable by its owner only, on the disk when this returns."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if account:
            os.fchown(descriptor, account.uid, account.gid)
            os.fchmod(descriptor, 0o400)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    directory = os.open(path.parent, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
