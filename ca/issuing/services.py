"""Taking orders. Signing them is the signing room's work."""

from datetime import datetime

from django.db import IntegrityError, transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from audit.log import record, subject_of
from ca.claims.services import claim_key, claim_name
from ca.hierarchy.queries import issuer_by_code
from ca.issuing import rules
from ca.issuing.models import Certificate
from people.api import approval, spent_on


@transaction.atomic
def order_certificate(
    order: rules.Order, *, requester: str, warrant: int, actor: Actor, at: datetime
) -> int:
    """Put a certificate on order; its id. The signature follows within seconds.

    `warrant` is the approval that was spent on exactly this; it orders one certificate. Refuses
    what `check_order` refuses, `order.no_warrant`, `order.warrant_used`, `order.outlives_issuer`.
    """
    wish = rules.read(order)
    issuer = issuer_by_code(wish.profile.issuer)
    rules.check_warrant(spent_on(warrant), wish.profile)
    rules.check_subject(approval(warrant).subject, requester)
    draft = rules.Draft(wish, issuer)
    draft.plan(serial=rules.ANY_SERIAL, not_before=at)
    claim_key(wish.key.fingerprint, holder=order.holder, at=at)
    claim_name(wish.name_digest, holder=order.holder, at=at)
    row = _store(order, draft, requester=requester, warrant=warrant, at=at)
    record(
        "ca.order_certificate",
        subject_of(row),
        actor=actor,
        at=at,
        requester=requester,
        warrant=warrant,
        profile=wish.profile.code,
        template=row.template_digest,
    )
    enqueue("ca.sign_orders", ca_id=issuer.id)
    return row.pk


def _store(
    order: rules.Order, draft: rules.Draft, *, requester: str, warrant: int, at: datetime
) -> Certificate:
    wish = draft.wish
    row = Certificate(
        state=rules.State.ORDERED,
        ca_id=draft.issuer.id,
        profile=wish.profile.code,
        profile_version=wish.profile.version,
        requester=requester,
        holder=order.holder,
        warrant=warrant,
        subject=wish.subject.der,
        subject_text=wish.subject.text,
        public_key=wish.key.spki,
        days=wish.days,
        template_digest=draft.template_digest,
        ordered_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refusal(
            Kind.CONFLICT,
            "order.warrant_used",
            "this approval has ordered its certificate already",
            cps="4.3.1",
        ) from error
    return row
