"""Taking orders. Signing them is the signing room's work."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.batches import insert
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from anxin.kernel.rows import guarded
from audit.log import record_many, subject_of
from ca.claims.services import claim_keys, claim_names
from ca.hierarchy.queries import issuer_for
from ca.issuing import queries, rules, successors
from ca.issuing.models import Certificate
from ca.issuing.rules import Draft, Warranted
from ca.profiles.queries import wanted
from people.api import spent


def order_certificate(
    order: rules.Order, *, requester: str, warrant: int, actor: Actor, at: datetime
) -> int:
    """Put a certificate on order; its id. The signature follows within seconds.

    `warrant` is the approval that was spent on exactly this; it orders one certificate. Refuses
    what `check_order` refuses, `order.no_warrant`, `order.warrant_used`, `order.outlives_issuer`,
    `hierarchy.issuing_ended`.
    """
    return order_certificates([Warranted(order, requester, warrant)], actor=actor, at=at)[0]


@transaction.atomic
def order_certificates(orders: Sequence[Warranted], *, actor: Actor, at: datetime) -> list[int]:
    """All of them or, when one is refused, none; their ids in the same order."""
    drafts = _drafts(orders, at=at)
    fresh = [
        (draft.wish.key.fingerprint, one.order.holder)
        for one, draft in drafts
        if not queries.keeps_key(one.order, draft.wish, at=at)
    ]
    claim_keys(fresh, at=at)
    claim_names([(draft.wish.name_digest, one.order.holder) for one, draft in drafts], at=at)
    rows = [_row(one, draft, at=at) for one, draft in drafts]
    _store(rows)
    entries = [(subject_of(row), _told(row)) for row in rows]
    record_many("ca.order_certificate", entries, actor=actor, at=at)
    for ca_id in sorted({row.ca_id for row in rows}):
        enqueue("ca.sign_orders", ca_id=ca_id)
    return [row.pk for row in rows]


def _drafts(orders: Sequence[Warranted], *, at: datetime) -> list[tuple[Warranted, Draft]]:
    """What the certificates will say, after a look at the approvals behind them."""
    profiles = wanted([(one.order.profile, one.order.version) for one in orders])
    wishes = [
        rules.read(one.order, profiles[one.order.profile, one.order.version]) for one in orders
    ]
    issuers = {code: issuer_for(code) for code in {wish.profile.issuer for wish in wishes}}
    warrants = spent([one.warrant for one in orders])
    drafts = []
    for one, wish in zip(orders, wishes, strict=True):
        warrant = warrants.get(one.warrant)
        rules.check_warrant(warrant.action if warrant else None, wish.profile)
        rules.check_subject(warrant.subject if warrant else "", one.requester)
        draft = Draft(wish, issuers[wish.profile.issuer])
        draft.plan(serial=rules.ANY_SERIAL, not_before=at)
        drafts.append((one, draft))
    return drafts


def _row(one: Warranted, draft: Draft, *, at: datetime) -> Certificate:
    wish = draft.wish
    return Certificate(
        state=rules.State.ORDERED,
        ca_id=draft.issuer.id,
        profile=wish.profile.code,
        profile_version=wish.profile.version,
        requester=one.requester,
        holder=one.order.holder,
        warrant=one.warrant,
        subject=wish.subject.der,
        subject_text=wish.subject.text,
        public_key=wish.key.spki,
        days=wish.days,
        names=list(wish.names),
        template_digest=draft.template_digest,
        ordered_at=at,
        replaces_id=one.order.replaces,
        ends=one.order.ends,
    )


def _told(row: Certificate) -> dict[str, object]:
    """What the journal keeps of an order."""
    return {
        "requester": row.requester,
        "warrant": row.warrant,
        "profile": row.profile,
        "version": row.profile_version,
        "template": row.template_digest,
        **({"replaces": row.replaces_id, "ends": row.ends} if row.replaces_id else {}),
    }


def _store(rows: Sequence[Certificate]) -> None:
    used = Refusal(
        Kind.CONFLICT,
        "order.warrant_used",
        "this approval has ordered its certificate already",
        cps="4.3.1",
    )
    with guarded(used), guarded(successors.succeeded(), by="one_successor_at_a_time"):
        insert(rows, unique="warrant")
