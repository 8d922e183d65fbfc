"""Who is at it just now: PostgreSQL's advisory locks, and the one table of what they are for.

They belong to the database session: when a worker is killed, its locks are gone with it.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum

from django.db import connection

_BITS = 40  # of a row's number, below the number of the work


class Work(IntEnum):
    """A lock is one kind of work on one row; numbers stay as they are once given."""

    SEAL_JOURNAL = 0x5EA1  # one sealer at a time; no row
    ISSUE_CRL = 0xC21  # rows: authorities
    SIGN_CERTIFICATES = 0xCE27  # rows: certificates
    CHECK_NAMES = 0xD05A  # rows: proofs of control of a server's names
    ENTER_PEOPLE = 0x1D5  # blind indexes of documents, of whom a file names
    PUBLISH = 0x1DA9  # one publisher at a time; no row
    RUN_CEREMONY = 0xCE4E  # rows: steps of ceremonies
    NUMBER_CEREMONY = 0xCE45  # one number after the other; no row
    RUN_ENDING = 0xE2D0  # rows: ends of authorities
    NUMBER_ENDING = 0xE2D1  # one number after the other; no row
    CUSTODY = 0xC057  # one worker at a time talks with the signer about its custodians; no row
    TEST_DEVICES = 0x6211  # one worker at a time; no row
    SEND_ONLINE = 0x0A1E  # keyed hashes of networks: what one has not settled is counted


@contextmanager
def held(work: Work, ids: Sequence[int]) -> Iterator[list[int]]:
    """Those of `ids` on which nobody else does this work; nobody else gets them meanwhile."""
    keys = [key(work, number) for number in ids]
    with connection.cursor() as cursor:
        cursor.execute("SELECT k, pg_try_advisory_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])
        mine = [number for number, got in cursor.fetchall() if got]
    try:
        yield [number - key(work) for number in mine]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(k) FROM unnest(%s::bigint[]) AS k", [mine])


def held_until_commit(work: Work) -> bool:
    """Whether this transaction alone does the work from now on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [key(work)])
        return bool(cursor.fetchone() == (True,))


def wait_until_commit(work: Work, marks: Collection[bytes]) -> None:
    """Wait until nobody else does this work on any of `marks` (digests), and keep them.

    In the order of their numbers, so that two never wait for each other. Once in a transaction.
    """
    keys = sorted({key(work, int.from_bytes(mark[: _BITS // 8])) for mark in marks})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])


def key(work: Work, number: int = 0) -> int:
    """What PostgreSQL calls this lock."""
    return (work << _BITS) | number
