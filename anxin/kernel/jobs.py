"""The only way to start work outside this transaction.

The row is the job: what has to be done can be read from the tables, and a sweep on the timetable
finds whatever nobody rang for. Ringing the broker only makes it sooner, so a broker that is down
or absent (the public site has none) loses nothing.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)
T = TypeVar("T")


def each(act: Callable[[T], int], items: Iterable[T]) -> int:
    """How much was done for all of them. What one raises is logged, and keeps no other waiting."""
    done = 0
    for item in items:
        try:
            done += act(item)
        except Exception:
            log.exception("%s left %s as it was", act, item)
    return done


def enqueue(task_name: str, **arguments: object) -> None:
    """Start a task once the current transaction has committed; arguments are ids only."""
    task = current_app.tasks[task_name]

    def ring() -> None:  # a function with a name: Django's report of a failed one asks for it
        task.apply_async(kwargs=arguments)

    if settings.CELERY_BROKER_URL:
        transaction.on_commit(ring, robust=True)


def announce(event: str, **arguments: object) -> None:
    """Start every task that `anxin/flows.py` lists for this event."""
    for task_name in settings.FLOWS[event]:
        enqueue(task_name, **arguments)


def at_once(event: str, **arguments: object) -> None:
    """What houses above do about this event, in the caller's transaction (`anxin/flows.py`)."""
    for name in settings.AT_ONCE[event]:
        import_string(name)(**arguments)
