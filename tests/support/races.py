"""Acts that meet on the database, each with a connection of its own."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

from django.db import connection, connections, transaction
from django.db.backends.utils import CursorWrapper

from anxin.kernel.errors import Refusal
from anxin.kernel.locks import Work, key


def at_once(*acts):
    """What became of acts that begin together, each with a connection of its own."""
    start = Barrier(len(acts))

    def run(act):
        start.wait()
        return _alone(act)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def while_open(first, second, then=lambda: None):
    """What becomes of an act that begins before another one's transaction ends.

    `then`: what that transaction does once the other act is done or waits for it.
    """
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            outcome = pool.submit(_alone, second)
            while not outcome.done() and not _somebody_waits_for_us():
                pass
            then()
        return outcome.result()


@contextmanager
def somebody_else() -> Iterator[CursorWrapper]:
    """Another session of the database, in a transaction that is taken back at the end."""
    other = connections.create_connection("default")
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.rollback()
        other.close()


@contextmanager
def at_work(work: Work, number: int = 0) -> Iterator[None]:
    """Another worker is at it, and goes on."""
    with somebody_else() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key(work, number)])
        yield


def _alone(act):
    try:
        return act()
    except Refusal as refusal:
        return refusal.rule
    finally:
        connection.close()


def _somebody_waits_for_us():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0]
