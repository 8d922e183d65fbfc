"""Price lists and agreed prices (CPS 9.1.1), each by two people."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.rows import guarded
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from people.api import Approval, propose, redeem, standing
from ra.applicants.models import Subscriber
from ra.applications.rules import person
from ra.fees import queries, rules
from ra.fees.models import FeeAgreement, FeePrice, FeeSchedule
from ra.fees.rules import Price, ScheduleState

PUBLISH, AGREE = "ra.publish_fees", "ra.agree_fee"


@transaction.atomic
def propose_schedule(
    prices: Iterable[Price], *, valid_from: date, actor: Actor, at: datetime
) -> int:
    """A new price list, for a second person to publish; its id.

    Refuses `fees.price`, `no_prices`, `valid_from`, `proposed_already`, and whoever is not finance
    of the CA itself (FORBIDDEN).
    """
    queries.check_finance(actor)
    rules.check_headquarters(at_office=bool(actor.office))
    kept = rules.check_prices(prices, queries.profiles())
    _check_free(valid_from, at=at)
    _clear_undecided(actor, at)
    row = FeeSchedule(
        state=ScheduleState.PROPOSED,
        valid_from=valid_from,
        proposed_by=person(actor),
        proposed_at=at,
    )
    with guarded(_proposed_already()):
        row.save(force_insert=True)
    FeePrice.objects.bulk_create(
        [
            FeePrice(schedule=row, profile=p.profile, service=p.service, years=p.years, fen=p.fen)
            for p in kept
        ]
    )
    row.approval_id = propose(
        PUBLISH, _schedule_payload(row), subject=subject_of(row), actor=actor, at=at
    ).id
    row.save(update_fields=["approval_id"])
    record("ra.propose_fees", subject_of(row), actor=actor, at=at, approval=row.approval_id)
    return row.pk


def _check_free(day: date, *, at: datetime) -> None:
    """A list counts from a day that is not over, and on which no other begins."""
    others = FeeSchedule.objects.filter(state=ScheduleState.PUBLISHED, valid_from=day)
    if day < day_of(at) or others.exists():
        raise rules.refuse(
            "valid_from", "a day without a price list of its own", field="valid_from"
        )


def _clear_undecided(actor: Actor, at: datetime) -> None:
    """What waits is decided first; a list whose approval ended by itself makes room."""
    waiting = FeeSchedule.objects.select_for_update().filter(state=ScheduleState.PROPOSED).first()
    if waiting is None:
        return
    if waiting.approval_id and standing(waiting.approval_id).is_open:
        raise _proposed_already()
    advance(waiting, "refuse", actor=actor, at=at)


def drop_schedule(
    approval: Approval, *, schedule_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: nobody publishes a list that was declined or taken back."""
    row = FeeSchedule.objects.select_for_update().get(pk=schedule_id)
    advance(row, "refuse", actor=actor, at=at, approval=approval.id)


def publish(
    approval: Approval, *, schedule_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction. What is redeemed is computed
    anew from the rows.
    """
    row = FeeSchedule.objects.select_for_update().get(pk=schedule_id)
    redeem(approval, PUBLISH, _schedule_payload(row), actor=actor, at=at)
    _check_free(row.valid_from, at=at)
    advance(row, "publish", actor=actor, at=at, valid_from=row.valid_from.isoformat())


def _schedule_payload(row: FeeSchedule) -> dict[str, object]:
    return {
        "schedule_id": row.pk,
        "valid_from": row.valid_from.isoformat(),
        "prices": dict(rules.by_field(queries.prices_of(row))),
    }


@transaction.atomic
def propose_agreement(
    subscriber_id: int,
    price: Price,
    *,
    valid_from: date,
    valid_until: date,
    actor: Actor,
    at: datetime,
) -> int:
    """A lower price for one subscriber, for a second person to agree; the approval's id.

    Refuses `fees.above_published` (CPS 9.1.1), `fees.valid_from`.
    """
    queries.check_finance(actor)
    _check_below(price, at=at)
    if not day_of(at) <= valid_from <= valid_until:
        raise rules.refuse("valid_from", "from today on, and not backwards", field="valid_from")
    payload = {
        "subscriber_id": subscriber_id,
        "subscriber": _number_of(subscriber_id),
        "profile": price.profile,
        "service": price.service,
        "years": price.years,
        "fen": price.fen,
        "valid_from": valid_from.isoformat(),
        "valid_until": valid_until.isoformat(),
    }
    subject = f"ra.subscriber:{subscriber_id}"
    return propose(AGREE, payload, subject=subject, actor=actor, at=at).id


def agree(
    approval: Approval,
    *,
    subscriber_id: int,
    profile: str,
    service: str,
    years: int,
    fen: int,
    valid_from: str,
    valid_until: str,
    actor: Actor,
    at: datetime,
    **_stated: object,
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    stated = {
        "subscriber_id": subscriber_id,
        "profile": profile,
        "service": service,
        "years": years,
        "fen": fen,
        "valid_from": valid_from,
        "valid_until": valid_until,
    }
    named = {"subscriber": _number_of(subscriber_id)}
    redeem(approval, AGREE, stated | named, actor=actor, at=at)
    _check_below(Price(profile, years, fen, service), at=at)
    row = FeeAgreement.objects.create(
        **stated
        | {"valid_from": date.fromisoformat(valid_from)}
        | {"valid_until": date.fromisoformat(valid_until)},
        approval_id=approval.id,
    )
    record("ra.agree_fee", f"ra.feeagreement:{row.pk}", actor=actor, at=at, fen=fen)


def _number_of(subscriber_id: int) -> str:
    return Subscriber.objects.values_list("number", flat=True).get(pk=subscriber_id)


def _check_below(price: Price, *, at: datetime) -> None:
    found = queries.published_price(price.profile, price.years, price.service, at=at)
    rules.check_agreed(price.fen, found.fen if found else None)


def _proposed_already() -> Refusal:
    return Refusal(Kind.CONFLICT, "fees.proposed_already", "one list at a time", cps="9.1")
