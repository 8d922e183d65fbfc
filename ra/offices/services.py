"""Stopping an office and handing over what it was working on (CPS 5.8)."""

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import advance, record_many, subject_of
from people.api import Approval, propose, redeem
from ra.applications.models import Application
from ra.branches import queries as branches
from ra.branches import rules
from ra.branches.models import Office
from ra.offices import estate
from ra.offices.queries import STOP
from ra.partners import services as partners


@transaction.atomic
def propose_stop(office_id: int, successor: str, *, actor: Actor, at: datetime) -> Approval:
    """Ask for the end of an office; another person has to agree.

    Refuses `branches.stopped`, `open_below`, `successor`, `unknown`.
    """
    row, other = _both(office_id, successor, actor)
    _check(row, other)
    return propose(STOP, _payload(row, other), subject=subject_of(row), actor=actor, at=at)


def stop(
    approval: Approval,
    *,
    office_id: int,
    successor: str,
    actor: Actor,
    at: datetime,
    **_stated: object,
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction.

    Open applications, what came in online, open requests and everything with a certificate go to
    the successor, whose people go on with them; what is over stays where it was decided. Keys of
    its systems end (CPS 1.4.2).
    """
    row, other = _both(office_id, successor, actor)
    redeem(approval, STOP, _payload(row, other), actor=actor, at=at)
    _check(row, other)
    handed = _hand_over(row.pk, other.id, actor=actor, at=at)
    ended = partners.end_all_at(row.pk, actor=actor, at=at)
    Office.objects.filter(pk=row.pk).update(stopped_at=at, successor_id=other.id)
    advance(row, "stop", actor=actor, at=at, successor=other.code, partner_keys=ended, **handed)


def _hand_over(before: int, after: int, *, actor: Actor, at: datetime) -> dict[str, int]:
    """How many of what went over; each open application is told in the journal."""
    going = estate.counts(before)
    rows = list(estate.applications(before).values_list("pk", flat=True))
    open_ones = list(estate.open_applications(before).values_list("pk", flat=True))
    if open_ones:
        told = [(f"ra.application:{pk}", {"before": before, "now": after}) for pk in open_ones]
        record_many("ra.hand_on", told, actor=actor, at=at)
    for kind in estate.REQUESTS:
        estate.requests(kind, before).update(office_id=after)
    estate.submissions(before).update(office_id=after)
    Application.objects.filter(pk__in=rows).update(
        office_id=after, claimed_by=None, claimed_until=None
    )
    return asdict(going)


def _both(office_id: int, successor: str, actor: Actor) -> tuple[Office, branches.OfficeView]:
    """Locked in the order of their ids: no two offices hand over to each other at once."""
    ids = {office_id, branches.seen_office(successor, actor).id}
    rows = {pk: branches.locked(pk, actor) for pk in sorted(ids)}
    return rows[office_id], branches.seen_office(successor, actor)


def _check(row: Office, successor: branches.OfficeView) -> None:
    below = Office.objects.filter(path__startswith=row.path, state=rules.State.OPEN)
    rules.check_stop(
        row.state,
        below.exclude(pk=row.pk).count(),
        same=successor.id == row.pk,
        successor_state=successor.state,
    )


def _payload(row: Office, successor: branches.OfficeView) -> dict[str, object]:
    return {"office_id": row.pk, "office": row.code, "successor": successor.code}
