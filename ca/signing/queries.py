"""Which orders wait, and for what."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection

from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING, State
from ca.signing import rules

_NAMESPACE = 0xCE27 << 40  # of our advisory locks; certificate ids fill the lower bits


@contextmanager
def held(ids: Sequence[int]) -> Iterator[list[int]]:
    """Those of `ids` that no other worker is signing; nobody else gets them meanwhile.

    The locks belong to the database session: when this worker is killed, they are gone.
    """
    keys = [_NAMESPACE | number for number in ids]
    with connection.cursor() as cursor:
        cursor.execute("SELECT k, pg_try_advisory_lock(k) FROM unnest(%s::bigint[]) AS k", [keys])
        mine = [key for key, got in cursor.fetchall() if got]
    try:
        yield [key ^ _NAMESPACE for key in mine]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(k) FROM unnest(%s::bigint[]) AS k", [mine])


def planned(ids: Sequence[int]) -> list[rules.Planned]:
    """Those of `ids` that are planned and not settled, with the bytes on record."""
    rows = Certificate.objects.filter(pk__in=list(ids), state=State.PLANNED).order_by("pk")
    return [rules.Planned(pk, bytes(tbs or b"")) for pk, tbs in rows.values_list("pk", "tbs")]


def unfinished(ca_id: int) -> list[int]:
    """Ids of planned certificates, oldest first: in work just now, or left behind."""
    rows = Certificate.objects.filter(ca_id=ca_id, state=State.PLANNED).order_by("pk")
    return list(rows.values_list("pk", flat=True)[: rules.BATCH])


def authorities_with_work() -> list[int]:
    rows = Certificate.objects.filter(state__in=[state.value for state in WAITING])
    return sorted(rows.order_by().values_list("ca_id", flat=True).distinct())
