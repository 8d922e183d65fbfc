"""What the deciding vote does: the approved application becomes an order at the CA."""

from collections.abc import Collection
from datetime import datetime

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusals
from audit.log import advance
from ca.api import order_certificate
from people.api import Approval, redeem
from ra.applications import queries, rules
from ra.applications.models import Application
from ra.blacklist import queries as blacklist


def approve(
    approval: Approval, *, application_id: int, digest: str, actor: Actor, at: datetime
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction (CPS 4.3.1).

    Refuses `applications.not_reviewed` when a vote came by without the review, `content_changed`
    when the dossier is not what was agreed to, `blacklist.listed_*`, `kinds.unverified`, and
    whatever the CA refuses: a name or a key that somebody else got first.
    """
    payload = {"application_id": application_id, "digest": digest}
    application = queries.locked(application_id, actor)
    redeem(approval, rules.ACTIONS[application.reviews_needed], payload, actor=actor, at=at)
    rules.check_reviewed(application.reviews_done, application.reviews_needed)
    content = queries.content(application)
    if listed := blacklist.hindrances(content.fields, application.key_fingerprint, at=at):
        raise Refusals(listed)  # CPS 4.2.2
    rules.check_same(queries.content_digest(application, content, at=at), digest)
    certificate_id = order_certificate(
        queries.checked_order(application, content),
        requester=f"ra.application:{application.pk}",
        warrant=approval.id,
        actor=actor,
        at=at,
    )
    Application.objects.filter(pk=application.pk).update(
        certificate_id=certificate_id,
        decided_by=actor.person_id,
        decided_at=at,
        claimed_by=None,
        claimed_until=None,
    )
    advance(application, "approve", actor=actor, at=at, certificate=certificate_id, digest=digest)


def forget(application_ids: Collection[int], *, approval_id: int, at: datetime) -> None:
    """Part of the act that destroys their keys (CPS 3.2.3): by nothing are they found again."""
    Application.objects.filter(pk__in=application_ids).update(
        masked_name="",
        document_index=None,
        phone_index=None,
        name_index=None,
        watched=[],
        destroyed_at=at,
        destruction_id=approval_id,
    )
