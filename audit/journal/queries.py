"""Reading the journal. Rows leave this room as frozen values."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg.types.datetime import TimestamptzLoader

from audit.journal import rules
from audit.journal.models import Entry, Link

COLUMNS = (
    "e.id, e.xid::text::bigint, e.at, e.actor_id, e.actor_name, e.actor_roles,"
    " e.address, e.action, e.subject, e.outcome, e.details"
)
# No transaction below the oldest running one can still commit an entry, so nothing is ever
# numbered before something that should stand in front of it, and nothing in flight is passed by.
# The NOT EXISTS keeps entries of a former cluster, whose numbers may come round again, apart.
UNSEALED = f"""
SELECT {COLUMNS} FROM audit_entry e
WHERE (e.xid, e.id) > (%s::text::xid8, %s)
  AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
  AND NOT EXISTS (SELECT FROM audit_link k WHERE k.entry = e.id)
ORDER BY e.xid, e.id LIMIT %s
"""  # noqa: S608 -- constants only
# After a restore into a cluster whose transaction counter is younger than the head, the counter
# says nothing about the head: look for whatever has no link, former cluster's entries first.
UNSEALED_RESTORED = f"""
SELECT {COLUMNS} FROM audit_entry e, pg_current_snapshot() now
WHERE (e.xid < pg_snapshot_xmin(now) OR e.xid >= pg_snapshot_xmax(now))
  AND NOT EXISTS (SELECT FROM audit_link k WHERE k.entry = e.id)
ORDER BY e.xid < pg_snapshot_xmin(now), e.xid, e.id LIMIT %s
"""  # noqa: S608 -- constants only
CHAIN = f"""
SELECT k.seq, k.entry, k.xid::text::bigint, k.previous, k.digest, {COLUMNS}
FROM audit_link k LEFT JOIN audit_entry e ON e.id = k.entry
WHERE k.seq BETWEEN %s AND %s ORDER BY k.seq
"""  # noqa: S608 -- constants only


def head() -> rules.Link:
    """The last link, or the one before the first."""
    row = Link.objects.order_by("-seq").values_list("seq", "entry_id", "xid", "previous", "digest")
    first = row.first()
    return rules.Link(*first) if first else rules.Link(0, 0, 0, "", rules.GENESIS)


def unsealed(head: rules.Link, *, limit: int) -> list[rules.Content]:
    """Entries that may be chained now, in their order."""
    with connection.cursor() as cursor:
        # In C, and by the connection's zone, which is UTC: Django's loader is made for pages.
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(
            "SELECT %s::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot())", [head.xid]
        )
        if cursor.fetchone() == (True,):
            cursor.execute(UNSEALED_RESTORED, [limit])
        else:
            cursor.execute(UNSEALED, [head.xid, head.entry, limit])
        return [rules.Content(*row) for row in cursor.fetchall()]


def chain(first: int = 1, last: int = 2**62) -> Iterator[tuple[rules.Link, rules.Content | None]]:
    """Links `first` to `last` in order, each with its entry, read from one snapshot."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(CHAIN, [first, last])
        while rows := cursor.fetchmany(2000):
            for row in rows:
                yield rules.Link(*row[:5]), _content(row[5:])


def _content(row: tuple[Any, ...]) -> rules.Content | None:
    return None if row[0] is None else rules.Content(*row)


def first_break(first: int = 1, last: int = 2**62) -> rules.Break | None:
    """The first place between two sequence numbers where the chain does not hold (CPS 5.5.7)."""
    seq, previous = first, digest_of(first - 1)
    for link, content in chain(first, last):
        broken = rules.check(link, content, seq=seq, previous=previous)
        if broken:
            return broken
        seq, previous = seq + 1, link.digest
    return None


def digest_of(seq: int) -> str:
    """Digest of the link with this number; GENESIS before the first, "" when there is none."""
    if seq == 0:
        return rules.GENESIS
    return Link.objects.filter(seq=seq).values_list("digest", flat=True).first() or ""


def digests_of(seqs: list[int]) -> dict[int, str]:
    """By number; links that are not there are left out."""
    return dict(Link.objects.filter(seq__in=seqs).values_list("seq", "digest"))


def is_known_to_be_broken() -> bool:
    """Whether the last walk has said so."""
    rows = Entry.objects.filter(action=rules.VERIFIED).order_by("-pk")
    return rows.values_list("outcome", flat=True).first() == rules.Outcome.BROKEN


@dataclass(frozen=True, slots=True)
class Waiting:
    """Entries that are not chained yet, and the time of the oldest."""

    count: int
    oldest: datetime | None


def waiting() -> Waiting:
    """All entries without a link; reads the whole journal, for `verify_journal`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(at) FROM audit_entry e"
            " WHERE NOT EXISTS (SELECT FROM audit_link k WHERE k.entry = e.id)"
        )
        return Waiting(*cursor.fetchone())
