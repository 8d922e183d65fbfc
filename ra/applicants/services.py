"""Subscribers: the same document is the same person (CPS 3.1.4)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from anxin.kernel import canonical, numbers
from anxin.kernel.actors import Actor
from audit.log import record
from kmc import api as kmc
from ra.applicants import queries
from ra.applicants.kinds import Kind, bearer
from ra.applicants.models import Subscriber

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


def numbered(kind: str, at: datetime) -> str:
    """The next number of a kind on a day, such as RV20261120-0001."""
    head = numbers.heading(kind, at)
    return numbers.printed(head, next_number(head))


@transaction.atomic
def find_or_enter(kind: Kind, fields: Mapping[str, str], *, actor: Actor, at: datetime) -> int:
    """The subscriber who applies: person, organisation or device, entered when unknown; the id.

    Two who enter the same one at the same moment get the same row: the second waits.
    """
    party = bearer(fields)
    index = queries.document_index(party.document_type, party.document_number)
    kept = {
        "name": party.name,
        "document_type": party.document_type,
        "document_number": party.document_number,
    }
    owner = _entered(party.kind, index, kept, actor=actor, at=at)
    if not kind.device:
        return owner
    device = {"name": fields[kind.title]}
    index = queries.device_index(device["name"], index)
    return _entered("device", index, device, responsible_id=owner, actor=actor, at=at)


def _entered(
    kind: str,
    index: bytes,
    kept: Mapping[str, str],
    *,
    responsible_id: int | None = None,
    actor: Actor,
    at: datetime,
) -> int:
    number = next_number(HEADING) if not _known(index) else 0
    known = _known(index)  # again: `next_number` waited for whoever was entering somebody
    if known:
        return known
    key = kmc.new_data_key("ra.subscriber", actor=actor, at=at)
    name = f"{HEADING}{number:08}"
    row = Subscriber.objects.create(
        number=name,
        kind=kind,
        responsible_id=responsible_id,
        document_index=index,
        name_index=queries.name_index(kept["name"]),
        data_key=key,
        identity=kmc.seal(key, f"ra.subscriber:{name}:identity", canonical.encode(dict(kept))),
        known_since=at,
    )
    record("ra.enter_subscriber", f"ra.subscriber:{row.pk}", actor=actor, at=at, number=name)
    return row.pk


def _known(index: bytes) -> int | None:
    return Subscriber.objects.filter(document_index=index).values_list("pk", flat=True).first()
