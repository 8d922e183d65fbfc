"""Door for writers: everybody may write here, nobody reads."""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from anxin.kernel.web import address
from audit.journal.services import advance, advance_many, record, record_many, subject_of

__all__ = ["advance", "advance_many", "note_refusal", "record", "record_many", "subject_of"]


def note_refusal(request: HttpRequest, refusal: Refusal, *, at: datetime) -> None:
    """Write a forbidden act down, in a transaction of its own: the act's was rolled back.

    The actor is who `people.gates` recognised; a request it never saw is anonymous.
    """
    actor = getattr(request, "actor", None) or Actor(None, "anonymous", address=address(request))
    with transaction.atomic():
        record(
            "site.refused",
            storable(request.path)[:200],
            actor=actor,
            at=at,
            outcome="refused",
            rule=refusal.rule,
            method=storable(request.method or ""),
        )


def storable(text: str) -> str:
    """Any text a stranger may send, as a database takes it: no NUL, no half of a character."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "%00")
