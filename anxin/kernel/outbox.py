"""The outbox: a row is a message, written with the act it tells of and sent by workers, kept.

A message may go out twice when a worker dies between the post and its note; never not at all.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.db import models, transaction

from anxin.kernel import deliveries
from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Refusal
from anxin.kernel.rows import Stateful

BATCH = 50
MOST_TRIES = 1000  # that are counted; some are tried for years


class NotConfigured(Exception):
    """There is nothing to send it with."""


class NotSent(Exception):
    """`code` such as `smtp 451`; `final`: no other try will help."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class Outgoing(Stateful):
    """One message; its table adds to whom and what, and takes `deliveries.SENDING` as steps."""

    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=40, default="")  # a code, never what a server wrote

    class Meta:
        abstract = True


class Advance(Protocol):
    """`audit.log.advance`."""

    def __call__(
        self, row: Stateful, verb: str, *, actor: Actor, at: datetime, **details: Any
    ) -> None: ...


Row = TypeVar("Row", bound=Outgoing)


def send_due(
    model: type[Row], deliver: Callable[[Row], None], advance: Advance, *, at: datetime
) -> int:
    """Send what is due; how many went out. Each is taken, sent, and noted: two transactions.

    `deliver` raises NotConfigured, NotSent, or Refusal for what cannot be opened.
    """
    count = 0
    while batch := take(model, at=at):
        count += sum(_send(row, deliver, advance, at=at) for row in batch)
    return count


@transaction.atomic
def take(model: type[Row], among: models.Q | None = None, *, at: datetime) -> list[Row]:
    """Some that are due, so that nobody else takes them for `LEASE`."""
    waiting = model._default_manager.select_for_update(skip_locked=True, of=("self",))
    due = waiting.filter(among or models.Q(), state__in=deliveries.WAITING, due_at__lte=at)
    rows = list(due.order_by("due_at", "pk")[:BATCH])
    for row in rows:
        row.tries, row.due_at = min(row.tries + 1, MOST_TRIES), at + deliveries.LEASE
    model._default_manager.bulk_update(rows, ["tries", "due_at"])
    return rows


def _send(row: Row, deliver: Callable[[Row], None], advance: Advance, *, at: datetime) -> bool:
    changed: dict[str, Any] = {"error": "", "sent_at": None}
    try:
        deliver(row)
    except NotConfigured:
        verb = "set_aside"
    except NotSent as failure:
        again = None if failure.final else deliveries.after_failure(row.tries, at=at)
        verb = "fail" if again else "give_up"
        changed |= {"error": failure.code, **({"due_at": again} if again else {})}
    except Refusal as refusal:  # it does not open: the others go on
        verb = "give_up"
        changed |= {"error": refusal.rule}
    else:
        verb = "send"
        changed |= {"sent_at": at}
    _settle(row, verb, changed, advance, at=at)
    return verb == "send"


@transaction.atomic
def _settle(
    row: Outgoing, verb: str, changed: dict[str, Any], advance: Advance, *, at: datetime
) -> None:
    """Note what became of it, unless somebody was quicker."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    current = rows.select_for_update(of=("self",)).get()
    if verb not in current.STEPS.verbs(current.state):
        return
    rows.update(**changed)
    advance(current, verb, actor=SYSTEM, at=at, tries=row.tries, error=changed["error"])
