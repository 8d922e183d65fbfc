"""Asking authority sources from the desk (CPS 4.2.1)."""

from datetime import datetime

from anxin.kernel.actors import Actor
from ra.lookups import services as lookups
from ra.review.services import on_desk


def ask_sources(application_id: int, *, actor: Actor, at: datetime) -> None:
    """What they say stands beside what is declared. Refuses as `on_desk` and `lookups.ask`."""
    lookups.ask(lambda: on_desk(application_id, None, actor=actor, at=at), actor=actor, at=at)
