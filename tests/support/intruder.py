"""What a process of somebody else's account gets: tried by one, not read off the modes of files."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from anxin.supervisor.accounts import Account

DONE = "done"


def attempt(account: Account, act: Callable[[], object]) -> str:
    """As this account: the text that `act` returns, DONE for none, or the name of its error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            os.setgroups(account.groups)
            os.setresgid(account.gid, account.gid, account.gid)
            os.setresuid(account.uid, account.uid, account.uid)
            result = act()
            outcome = result if isinstance(result, str) else DONE
        except BaseException as error:  # noqa: BLE001 -- nothing may run on in two processes
            outcome = type(error).__name__
        with os.fdopen(writing, "w") as pipe:
            pipe.write(outcome)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        outcome = pipe.read()
    os.waitpid(child, 0)
    return outcome


def opened_by(account: Account, paths: Iterable[Path]) -> set[Path]:
    """Those of the files that this account can open for reading."""

    def open_all() -> str:
        return "\n".join(str(path) for path in paths if opens(path))

    return {Path(line) for line in attempt(account, open_all).splitlines()}


def opens(path: Path) -> bool:
    try:
        path.open("rb").close()
    except OSError:
        return False
    return True
