"""The journal's two tables, both insert-only: triggers of migration 0002 refuse the rest."""

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class TransactionId(models.BigIntegerField):  # type: ignore[type-arg]
    """PostgreSQL's 64-bit transaction number, which never wraps around."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002
        return "xid8"

    def from_db_value(self, value: Any, *_: Any) -> int | None:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, *_: Any, **__: Any) -> Any:
        return value if value is None or hasattr(value, "as_sql") else str(value)


class Entry(models.Model):
    """What somebody did (CPS 5.4.1), written in the transaction that did it."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.TextField()
    actor_roles = models.TextField()  # those held at the time, sorted, with commas
    address = models.TextField()
    action = models.TextField()
    subject = models.TextField()
    outcome = models.TextField()
    details = models.TextField()  # canonical JSON; text, so that the bytes that were sealed stay
    # The database alone fills this in; the sealer reads the order of commits from it.
    xid = TransactionId(db_default=models.Func(function="pg_current_xact_id"))

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="entry_xid"),
            models.Index(fields=["actor_id", "id"], name="entry_actor"),
            models.Index(
                fields=["action", "id"],
                opclasses=["text_pattern_ops", "int8_ops"],  # found by how it begins
                name="entry_action",
            ),
            models.Index(fields=["subject", "id"], name="entry_subject"),
            BrinIndex(fields=["at"], name="entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class Link(models.Model):
    """An entry's place in the chain, given a moment after the entry was committed.

    A table of its own, because a sealed entry must not need an UPDATE; and no foreign key in the
    database, because checking one locks, and so rewrites, every entry.
    """

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        Entry, models.DO_NOTHING, db_column="entry", db_constraint=False, related_name="link"
    )
    xid = TransactionId()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"#{self.seq}"
