"""Which orders wait, and for what."""

from collections.abc import Sequence

from ca.hierarchy.queries import stopped
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING, State
from ca.signing import rules


def planned(ids: Sequence[int]) -> list[rules.Planned]:
    """Those of `ids` that are planned and not settled, with the bytes on record."""
    rows = Certificate.objects.filter(pk__in=list(ids), state=State.PLANNED).order_by("pk")
    return [rules.Planned(pk, bytes(tbs or b"")) for pk, tbs in rows.values_list("pk", "tbs")]


def unfinished(ca_id: int) -> list[int]:
    """Ids of planned certificates, oldest first: in work just now, or left behind."""
    rows = Certificate.objects.filter(ca_id=ca_id, state=State.PLANNED).order_by("pk")
    return list(rows.values_list("pk", flat=True)[: rules.BATCH])


def authorities_with_work() -> list[int]:
    rows = Certificate.objects.filter(state__in=[state.value for state in WAITING])
    return sorted(set(rows.order_by().values_list("ca_id", flat=True).distinct()) - stopped())


def revoked(ids: Sequence[int]) -> set[int]:
    """Those of `ids` that are revoked."""
    rows = Certificate.objects.filter(pk__in=list(ids), state=State.REVOKED) if ids else ()
    return {row.pk for row in rows}
