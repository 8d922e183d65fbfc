"""Many rows in one statement, bound as one JSON text.

By hand, where batches are on the path of every certificate: a parameter for each value takes longer
to quote than the row takes to be written, and Django's `bulk_update` writes a CASE for each value.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from django.db.models import AutoField, Field, Model

Columns = Sequence["Field[Any, Any]"]


def cursor() -> CursorWrapper:
    """One that sends parameters beside the statement: the database parses none of a long text, and
    nobody quotes it. Parameters whose type the statement does not tell need a cast.
    """
    connection.ensure_connection()
    kind: Any = ServerBindingCursor  # the stubs do not know that psycopg's cursors are its base
    bare = kind(connection.connection)
    logged = connection.queries_logged
    return connection.make_debug_cursor(bare) if logged else connection.make_cursor(bare)


def recordset(columns: Columns, rows: Iterable[Model]) -> tuple[str, str]:
    """A table `v` of these columns for FROM, and the parameter that fills it from the rows."""
    types = ", ".join(f"{quoted(c)} {c.rel_db_type(connection)}" for c in columns)
    names, attributes = [c.column for c in columns], [c.attname for c in columns]
    values = [dict(zip(names, [getattr(row, a) for a in attributes], strict=True)) for row in rows]
    return f"json_to_recordset(%s::json) AS v ({types})", _encode(values)


def insert(rows: Sequence[Model], *, ignore_conflicts: bool = False, unique: str = "") -> None:
    """`bulk_create` of rows of one kind.

    Numbers that the database gives are read back only if `unique` names a column whose values tell
    the rows apart: RETURNING promises no order.
    """
    if not rows:
        return
    meta = rows[0]._meta
    columns = [c for c in meta.concrete_fields if not isinstance(c, AutoField)]
    names = ", ".join(map(quoted, columns))
    source, values = recordset(columns, rows)
    last = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    if unique:
        told_apart: Any = meta.get_field(unique)
        last += f" RETURNING {quoted(told_apart)}, {quoted(meta.pk)}"
    with cursor() as sent:
        sent.execute(
            f'INSERT INTO "{meta.db_table}" ({names}) SELECT {names} FROM {source} {last}',  # noqa: S608 -- names of the model
            [values],
        )
        numbers = dict(sent.fetchall()) if unique else {}
    for row in rows if unique else ():
        row.pk = numbers[getattr(row, unique)]


def quoted(column: "Field[Any, Any]") -> str:
    """Its name as SQL spells it."""
    return connection.ops.quote_name(str(column.column))


def _plain(value: object) -> str:
    """What JSON has no form for, as PostgreSQL reads it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} has no place in a batch")


_encode = json.JSONEncoder(default=_plain, check_circular=False).encode
