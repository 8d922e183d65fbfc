"""Which orders wait, and for what."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ca.hierarchy.queries import stopped
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING, State
from ca.issuing.successors import COMPROMISED
from ca.profiling import proving
from ca.revocation.rules import Cause
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


def over(orders: Sequence[Certificate]) -> dict[int, Cause]:
    """By id those that nothing may come of, as what they succeed was revoked, or a certificate of
    the same key for its compromise (CPS 3.3.2); and by which cause lists name what was planned.
    """
    ids = [row.pk for row in orders if row.replaces_id]
    if not ids:
        return {}
    rows = list(
        Certificate.objects.filter(pk__in=ids).values_list(
            "pk", "replaces__state", "holder", "public_key"
        )
    )
    bad = _compromised({holder for _, _, holder, _ in rows})
    found = {pk: Cause.WRONGLY_ISSUED for pk, state, _, _ in rows if state == State.REVOKED}
    at_risk = {pk for pk, _, holder, key in rows if (holder, bytes(key)) in bad}
    return found | dict.fromkeys(at_risk, Cause.KEY_AT_RISK)


def _compromised(holders: Iterable[str]) -> set[tuple[str, bytes]]:
    """Keys of these holders of which a certificate was revoked for their compromise."""
    rows = Certificate.objects.filter(holder__in=list(holders), revocation__reason=COMPROMISED)
    return {(holder, bytes(key)) for holder, key in rows.values_list("holder", "public_key")}


def unproved(*, at: datetime) -> list[str]:
    """Versions of profiles by which orders wait too long, as their votes cannot be proved."""
    late = Certificate.objects.filter(
        state=State.ORDERED, ordered_at__lt=at - rules.WAITING_TOO_LONG
    )
    named = set(late.order_by().values_list("profile", "profile_version").distinct())
    return [f"{code} {version}" for code, version in proving.unproved(named)]


def replaced_and_good(*, at: datetime) -> list[int]:
    """Certificates in force whose order says by which cause the one before them ends, which has
    not ended.
    """
    rows = Certificate.objects.filter(state__in=[State.VALID, State.HELD], replaces__isnull=False)
    good = rows.filter(replaces__state__in=[State.VALID, State.HELD], replaces__not_after__gte=at)
    return list(good.exclude(ends="").order_by("pk").values_list("pk", flat=True))
