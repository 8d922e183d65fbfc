"""The end of an authority's life: its key signs nothing any more (CPS 5.6)."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.log import advance
from ca.authorities import queries
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.rules import State


def retire(*, at: datetime) -> int:
    """End those whose last certificate has ended, or that have ended themselves; how many."""
    return sum(_retire(row.pk, at=at) for row in queries.active())


@transaction.atomic
def _retire(ca_id: int, *, at: datetime) -> bool:
    row = CertificateAuthority.objects.select_for_update().get(pk=ca_id)
    if row.state != State.ACTIVE or not queries.may_retire(row, at=at):
        return False
    row.retired_at = at
    row.save(update_fields=["retired_at"])
    advance(row, "retire", actor=SYSTEM, at=at, code=row.code)
    return True
