"""Accounts of the system, one for each group of processes. Only root can lend them out."""

import fcntl
import grp
import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from anxin.supervisor.errors import Trouble

PREFIX = "anxin-"
IN_USE = 9  # what useradd answers when another has just made it
# of processes; PostgreSQL has its own
GROUPS = ("staff", "public", "worker", "signer", "valkey", "slapd")
# Whose sockets a group's processes may go to. Workers also clear up in the store of evidence,
# which is the staff site's: they may remove files there, not read them.
MAY_ENTER: dict[str, tuple[str, ...]] = {
    "staff": ("postgres", "valkey"),
    "public": ("postgres",),
    "worker": ("postgres", "valkey", "signer", "staff"),
}


@dataclass(frozen=True)
class Account:
    """`groups` are those that its processes belong to besides its own."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()


def account(name: str, *entered: str) -> Account:
    """The account of this name, whose processes may go where those of `entered` are at home."""
    found = pwd.getpwnam(name)
    groups = tuple(pwd.getpwnam(other).pw_gid for other in entered)
    return Account(name, found.pw_uid, found.pw_gid, groups)


def make(name: str) -> None:
    """Nothing when it is there. Raises Trouble when it cannot be made, or is a person's."""
    with _alone():  # who looks meanwhile may find the account and not yet its group
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            _add(name)
            return
    if name.startswith(PREFIX) and grp.getgrgid(found.pw_gid).gr_name != name:
        raise Trouble(f"the account {name} has not the group {name} for its own: remove it")


def own_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"user {os.getuid()}"


@contextmanager
def _alone() -> Iterator[None]:
    """Several products of one machine may start for the first time at once."""
    directory = os.open("/etc", os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _add(name: str) -> None:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", name]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode not in (0, IN_USE):
        raise Trouble(f"useradd {name}: {result.stderr.strip()}")
