"""Mail to whoever has to change their password soon (CPS 6.5.1)."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from people.accounts import queries, rules
from people.notices.rules import Event
from people.notices.services import tell


@transaction.atomic
def tell_of_passwords(*, at: datetime) -> int:
    """How many were told; each stage of `rules.NOTICE` once for each password."""
    count = 0
    for person_id, changed_at in queries.passwords_due(at=at):
        days = rules.password_notice(changed_at, at=at)
        occasion = f"{changed_at:%Y-%m-%dT%H:%M:%S}:{days}"
        count += tell(Event.PASSWORD_DUE, [person_id], occasion=occasion, actor=SYSTEM, at=at)
    return count
