"""Many rows in one statement, bound as one JSON text.

By hand, where batches are on the path of every certificate: a parameter for each value takes longer
to quote than the row takes to be written, and Django's `bulk_update` writes a CASE for each value.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model

Columns = Sequence["Field[Any, Any]"]


def recordset(columns: Columns, rows: Iterable[Model]) -> tuple[str, str]:
    """A table `v` of these columns for FROM, and the parameter that fills it from the rows."""
    types = ", ".join(f"{quoted(c)} {c.rel_db_type(connection)}" for c in columns)
    values = [{c.column: _plain(getattr(row, c.attname)) for c in columns} for row in rows]
    return f"json_to_recordset(%s::json) AS v ({types})", json.dumps(values)


def insert(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """`bulk_create` of rows of one kind; gives them their numbers unless conflicts are ignored."""
    if not rows:
        return
    meta = rows[0]._meta
    columns = [c for c in meta.concrete_fields if not isinstance(c, AutoField)]
    names = ", ".join(map(quoted, columns))
    source, values = recordset(columns, rows)
    last = "ON CONFLICT DO NOTHING" if ignore_conflicts else f"RETURNING {quoted(meta.pk)}"
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({names}) SELECT {names} FROM {source} {last}',  # noqa: S608 -- names of the model
            [values],
        )
        numbers = [] if ignore_conflicts else cursor.fetchall()
    for row, (number,) in zip(rows, numbers, strict=False):
        row.pk = number


def quoted(column: "Field[Any, Any]") -> str:
    """Its name as SQL spells it."""
    return connection.ops.quote_name(str(column.column))


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case bytes() | memoryview():
            return f"\\x{value.hex()}"
        case _:
            return value
