"""The only writers of the journal. Nothing here can change what is already written.

`details` are ids, codes, states and digests. Personal data of subscribers (names, numbers,
addresses, contents of documents) never belongs there: an entry can not be unwritten, so it would
outlive the data key that shreds everything else (WP-6.5).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import connection, transaction

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from anxin.kernel.batches import cursor, quoted, recordset
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.locks import Work, held_until_commit
from anxin.kernel.rows import Stateful
from audit.journal import queries, rules

BATCH = 5000  # entries chained in one transaction
APPEND = """
INSERT INTO audit_link (seq, entry, xid, previous, digest)
SELECT (link ->> 0)::bigint, (link ->> 1)::bigint, (link ->> 2)::xid8, link ->> 3, link ->> 4
FROM json_array_elements(%s::json) AS chained (link)
"""
_LINK = attrgetter(*(field.name for field in fields(rules.Link)))

# By hand, because this is on the path of every act: one round trip for any number of entries,
# nothing read back, and `xid` left to the database, which is all the application's roles may do.
# One JSON text, because a list of a thousand strings takes longer to bind than to insert.
INSERT = """
INSERT INTO audit_entry
  (at, actor_id, actor_name, actor_roles, address, action, outcome, subject, details)
SELECT %s::timestamptz, %s::bigint, %s, %s, %s, %s, %s, pair ->> 0, pair ->> 1
FROM json_array_elements(%s::json) AS written (pair)
"""


def _write(
    action: str,
    entries: Iterable[tuple[str, Mapping[str, object]]],
    *,
    actor: Actor,
    at: datetime,
    outcome: str,
) -> None:
    """One INSERT for all (subject, details) pairs."""
    roles = ",".join(sorted(actor.roles))
    pairs = json.dumps(
        [(subject, canonical.encode(details).decode()) for subject, details in entries]
    )
    who = (at, actor.person_id, actor.name, roles, actor.address)
    with cursor() as sent:
        sent.execute(INSERT, [*who, action, outcome, pairs])


def record(
    action: str,
    subject: str,
    *,
    actor: Actor,
    at: datetime,
    outcome: str = "done",
    **details: object,
) -> None:
    """Write one entry in the caller's transaction: it stands or falls with the act.

    `subject` names a row as `house.thing:id`. `details` must be JSON (TypeError otherwise) and
    never personal data.
    """
    _write(action, [(subject, details)], actor=actor, at=at, outcome=outcome)


def record_many(
    action: str,
    entries: Iterable[tuple[str, Mapping[str, object]]],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """`record` for many (subject, details) of one act: one statement."""
    _write(action, entries, actor=actor, at=at, outcome="done")


def subject_of(row: Stateful) -> str:
    """How a row is called in the journal, such as `ra.application:17`."""
    return f"{row._meta.label_lower}:{row.pk}"


def advance(row: Stateful, verb: str, *, actor: Actor, at: datetime, **details: object) -> None:
    """Move a row one step along its table and write it down, in the caller's transaction.

    Refuses (CONFLICT) a step the table lacks, or when somebody else moved the row first.
    """
    _require_transaction()
    before = row.state
    after = row.STEPS.after(verb, before)
    moved = type(row)._base_manager.filter(pk=row.pk, state=before).update(state=after)
    if moved != 1:
        raise _changed_meanwhile(verb)
    row.state = after
    entry = (subject_of(row), {"from": before, "to": after, **details})
    _write(f"{row._meta.label_lower}.{verb}", [entry], actor=actor, at=at, outcome="done")


def advance_many(
    rows: Iterable[Stateful],
    verb: str,
    *,
    actor: Actor,
    at: datetime,
    details: Mapping[Any, Mapping[str, object]] | None = None,
    columns: Sequence[str] = (),
) -> None:
    """`advance` for rows of one kind in one state: two statements, all rows or a Refusal.

    `details` maps primary keys to what the entry of that row says besides; `columns` names what
    the caller has changed of the rows, to be written by the same statement as their state.
    ValueError when the rows are of different kinds or states.
    """
    batch = list(rows)
    if not batch:
        return
    _require_transaction()
    first = batch[0]
    if len({(type(row), row.state) for row in batch}) > 1:
        raise ValueError("advance_many moves rows of one kind and one state")
    before = first.state
    after = first.STEPS.after(verb, before)
    with transaction.atomic():  # a caller who catches the refusal must find nothing moved
        if _move(batch, before, after, columns) != len(batch):
            raise _changed_meanwhile(verb)
    step = {"from": before, "to": after}
    more = details or {}
    entries = [(subject_of(row), {**step, **more.get(row.pk, {})}) for row in batch]
    _write(f"{first._meta.label_lower}.{verb}", entries, actor=actor, at=at, outcome="done")
    for row in batch:
        row.state = after


def _move(batch: list[Stateful], before: str, after: str, columns: Sequence[str]) -> int:
    """Compare-and-set of many rows."""
    meta = batch[0]._meta
    changed: list[Any] = [meta.get_field(name) for name in columns]
    source, values = recordset([meta.pk, *changed], batch)
    changes = "".join(f", {quoted(column)} = v.{quoted(column)}" for column in changed)
    key = quoted(meta.pk)
    with cursor() as sent:
        sent.execute(
            f'UPDATE "{meta.db_table}" AS t SET state = %s{changes} FROM {source}'  # noqa: S608 -- names of the model
            f" WHERE t.{key} = v.{key} AND t.state = %s",
            [after, values, before],
        )
        return int(sent.rowcount)


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a step and its entry need one transaction")


def _changed_meanwhile(verb: str) -> Refusal:
    return Refusal(
        Kind.CONFLICT, "state.changed_meanwhile", f"somebody else was first to {verb}", verb=verb
    )


def seal(*, batch: int = BATCH) -> int:
    """Chain every committed entry that is not chained yet; returns how many."""
    total = 0
    while sealed := _seal_batch(batch):
        total += sealed
    return total


@transaction.atomic(durable=True)
def _seal_batch(limit: int) -> int:
    if not held_until_commit(Work.SEAL_JOURNAL):
        return 0  # another sealer is at it
    head = queries.head()
    links: list[rules.Link] = []
    for content in queries.unsealed(head, limit=limit):
        head = rules.seal(head.seq + 1, head.digest, content)
        links.append(head)
    if links:
        with cursor() as sent:
            sent.execute(APPEND, [json.dumps(list(map(_LINK, links)))])
    return len(links)
