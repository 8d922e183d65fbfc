"""Acts that meet on the database, each with a connection of its own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection, transaction

from anxin.kernel.errors import Refusal


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
