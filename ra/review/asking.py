"""What is put beside a declared value at the desk: sources, and documents (CPS 4.2.1)."""

from datetime import datetime

from anxin.kernel.actors import Actor
from ra.lookups import services as lookups
from ra.readings import services as readings
from ra.review.services import on_desk


def ask_sources(application_id: int, *, actor: Actor, at: datetime) -> None:
    """What they say stands beside what is declared. Refuses as `on_desk` and `lookups.ask`."""
    lookups.ask(lambda: on_desk(application_id, None, actor=actor, at=at), actor=actor, at=at)


def read_documents(application_id: int, *, actor: Actor, at: datetime) -> None:
    """What is read stands beside what is declared. Refuses as `on_desk` and `readings.read`."""
    readings.read(lambda: on_desk(application_id, None, actor=actor, at=at), actor=actor, at=at)
