"""What people change of themselves."""

from datetime import datetime

from anxin.kernel.actors import Actor
from people.notices.services import keep_address
from people.sessions.rules import check_proved


def change_address(address: str, *, actor: Actor, at: datetime) -> None:
    """Where one's own mail goes. Refuses (FORBIDDEN) `sessions.proof_old`."""
    check_proved(actor, at=at)
    assert actor.person_id is not None
    keep_address(actor.person_id, address, actor=actor, at=at)
