"""Destroying what has been kept long enough (CPS 3.2.2, 3.2.3; WP-6.5): two people.

The keys go first: whatever they sealed, in every copy, is noise from then on. Sealed files of
applications that are destroyed belong to nobody, and the sweep of the evidence takes them.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record_many
from kmc import api as kmc
from people.api import Approval, propose, redeem
from ra.applicants import services as subscribers
from ra.applications import services as applied
from ra.applications.models import Application
from ra.disclosures.models import DisclosureCase
from ra.holds.models import HoldRequest
from ra.notices import services as notices
from ra.retention import queries, rules
from ra.retention.queries import DESTROY, SUBJECT
from ra.review import services as review
from ra.revocations.models import RevocationRequest
from ra.verifications import services as verifications


@transaction.atomic
def propose_destruction(numbers: Collection[str], *, actor: Actor, at: datetime) -> Approval:
    """Ask for it; another person has to agree. Refuses `retention.*`."""
    wanted = set(numbers)
    rules.check_chosen(len(wanted))
    stated = _payload(_due(wanted, actor, at=at))
    return propose(DESTROY, stated, subject=SUBJECT, actor=actor, at=at)


def destroy(
    approval: Approval, *, applications: list[list[str]], actor: Actor, at: datetime
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    rows = _due({number for number, _ in applications}, actor, at=at)
    redeem(approval, DESTROY, _payload(rows), actor=actor, at=at)
    ids = [row.pk for row in rows]
    reason = f"approval {approval.id}"
    for key in _keys(ids, rows):
        kmc.destroy_data_key(key, reason=reason, actor=actor, at=at)
    notices.forget(ids)
    verifications.forget(ids)
    review.forget(ids)
    applied.forget(ids, approval_id=approval.id, at=at)
    gone = queries.gone({row.subscriber_id for row in rows if row.subscriber_id})
    subscribers.forget(gone, reason=reason, actor=actor, at=at)
    told = [(f"ra.application:{pk}", {"approval": approval.id}) for pk in ids]
    record_many("ra.evidence_destroyed", told, actor=actor, at=at)


def _due(numbers: Collection[str], actor: Actor, *, at: datetime) -> list[Any]:
    """Locked, oldest first. Refuses `retention.not_due` when one of them is not."""
    list(Application.objects.select_for_update().filter(number__in=numbers).order_by("pk"))
    rows = list(queries.due(actor, at=at).filter(number__in=numbers).order_by("ended", "pk"))
    if len(rows) != len(numbers):
        raise rules.not_due()
    return rows


def _payload(rows: Iterable[Any]) -> dict[str, object]:
    return {"applications": [[row.number, f"{row.ended:%Y-%m-%d}"] for row in rows]}


def _keys(ids: list[int], rows: Iterable[Application]) -> list[UUID]:
    """Of the applications, and of whatever was asked and told about them."""
    found = [row.data_key for row in rows]
    for kind in (RevocationRequest, HoldRequest, DisclosureCase):
        found += kind.objects.filter(application_id__in=ids).values_list("data_key", flat=True)
    return found
