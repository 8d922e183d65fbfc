"""Subscribers: the same document is the same person (CPS 3.1.4)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from audit.log import record
from kmc import api as kmc
from ra.applicants import queries
from ra.applicants.models import Subscriber

KEPT = ("name", "document_type", "document_number")
HEADING = "S"

_NEXT = """
INSERT INTO ra_counter AS c (heading, last) VALUES (%s, 1)
ON CONFLICT (heading) DO UPDATE SET last = c.last + 1 RETURNING last
"""


def next_number(heading: str) -> int:
    """The next number under a heading; its row is locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [heading])
        (number,) = cursor.fetchone()
        return int(number)


@transaction.atomic
def find_or_enter(fields: Mapping[str, str], *, actor: Actor, at: datetime) -> int:
    """The subscriber whose document this is, entered now when nobody knew him; the id.

    Two who enter the same person at the same moment get the same row: the second waits.
    """
    index = queries.document_index(fields["document_type"], fields["document_number"])
    number = next_number(HEADING) if not _known(index) else 0
    known = _known(index)  # again: `next_number` waited for whoever was entering somebody
    if known:
        return known
    key = kmc.new_data_key("ra.subscriber", actor=actor, at=at)
    name = f"{HEADING}{number:08}"
    kept = canonical.encode({code: fields[code] for code in KEPT})
    row = Subscriber.objects.create(
        number=name,
        kind="person",
        document_index=index,
        name_index=queries.name_index(fields["name"]),
        data_key=key,
        identity=kmc.seal(key, f"ra.subscriber:{name}:identity", kept),
        known_since=at,
    )
    record("ra.enter_subscriber", f"ra.subscriber:{row.pk}", actor=actor, at=at, number=name)
    return row.pk


def _known(index: bytes) -> int | None:
    return Subscriber.objects.filter(document_index=index).values_list("pk", flat=True).first()
