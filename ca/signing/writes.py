"""The two statements that fill in a whole batch of certificates.

By hand: Django's `bulk_update` writes one CASE per column and row, which takes longer than all
signatures of the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db import connection

_PLAN = """
UPDATE ca_certificate AS c
SET serial = v.serial, not_before = v.not_before, not_after = v.not_after, planned_at = %s,
    tbs = substring(bytes.all FROM v.start FOR v.size)
FROM (SELECT %s::bytea AS all) AS bytes,
    unnest(%s::bigint[], %s::int[], %s::int[], %s::text[], %s::timestamptz[], %s::timestamptz[])
        AS v (id, start, size, serial, not_before, not_after)
WHERE c.id = v.id AND c.serial IS NULL
"""
_SETTLE = """
UPDATE ca_certificate AS c
SET der = substring(bytes.all FROM v.start FOR v.size), tbs = NULL, settled_at = %s
FROM (SELECT %s::bytea AS all) AS bytes,
    unnest(%s::bigint[], %s::int[], %s::int[]) AS v (id, start, size)
WHERE c.id = v.id AND c.der IS NULL
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """One certificate between plan and settlement."""

    id: int
    serial: int
    tbs: bytes
    not_before: datetime
    not_after: datetime


def store_plans(plans: Sequence[Planned], *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _PLAN,
            [
                at,
                *_in_one([plan.id for plan in plans], [plan.tbs for plan in plans]),
                [f"{plan.serial:x}" for plan in plans],
                [plan.not_before for plan in plans],
                [plan.not_after for plan in plans],
            ],
        )


def store_certificates(ids: Sequence[int], ders: Sequence[bytes], *, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, [at, *_in_one(ids, ders)])


def _in_one(ids: Sequence[int], blobs: Sequence[bytes]) -> list[Any]:
    """All bytes as one value, ids, starts from 1, sizes: an array of bytea is slow to quote."""
    sizes = [len(blob) for blob in blobs]
    starts = [1 + end - size for end, size in zip(accumulate(sizes), sizes, strict=True)]
    return [b"".join(blobs), list(ids), starts, sizes]
