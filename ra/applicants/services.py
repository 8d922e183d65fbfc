"""Subscribers: the same document is the same person (CPS 3.1.4)."""

import secrets
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

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
        if not known.identity:  # it was destroyed, and they are back
            _seal(known, kept, actor=actor, at=at)
            known.save(update_fields=["data_key", "identity"])
        return known.pk
    row = Subscriber(
        number=f"{HEADING}{number:08}",
        kind=kind,
        responsible_id=responsible_id,
        document_index=index,
        name_index=queries.name_index(kept["name"]),
        known_since=at,
    )
    _seal(row, kept, actor=actor, at=at)
    row.save(force_insert=True)
    subject = f"ra.subscriber:{row.pk}"
    record("ra.enter_subscriber", subject, actor=actor, at=at, number=row.number)
    return row.pk


def _known(index: bytes) -> Subscriber | None:
    """Locked: whoever is just being forgotten is not found."""
    return Subscriber.objects.select_for_update().filter(document_index=index).first()


def _seal(row: Subscriber, kept: Mapping[str, str], *, actor: Actor, at: datetime) -> None:
    row.data_key = kmc.new_data_key("ra.subscriber", actor=actor, at=at)
    row.identity = kmc.seal(row.data_key, row.identity_context(), canonical.encode(dict(kept)))


def forget(subscribers: Collection[Subscriber], *, reason: str, actor: Actor, at: datetime) -> None:
    """Destroy what was kept of who they are; part of the caller's transaction.

    A person, and a device of theirs, is not even found again by the document: whoever comes back
    is entered anew. Names of organisations are public, and stay theirs at the CA (CPS 3.1.4).
    """
    people = [row.pk for row in subscribers if row.kind == "person"]
    asked = Q(pk__in=[row.pk for row in subscribers]) | Q(responsible__in=people)
    for row in Subscriber.objects.filter(asked):
        if row.identity:
            kmc.destroy_data_key(row.data_key, reason=reason, actor=actor, at=at)
        row.identity = b""
        if row.pk in people or row.responsible_id in people:
            row.document_index, row.name_index = secrets.token_bytes(32), secrets.token_bytes(32)
        row.save(update_fields=["identity", "document_index", "name_index"])
