"""Freezing and unfreezing on request (CPS 4.9.14): asked by one person, decided by another."""

import json
from datetime import datetime
from functools import partial

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import advance, record, subject_of
from ca import api as ca
from people.api import Approval
from ra.applications.models import Application
from ra.holds import queries, rules
from ra.holds.models import HoldRequest
from ra.notices import services as notices
from ra.notices.rules import Event
from ra.requests import services as requests

decide = partial(requests.decide, queries.REGISTER)
propose_again = partial(requests.propose_again, queries.REGISTER)
withdraw_request = partial(requests.withdraw, queries.REGISTER)


@transaction.atomic
def request_hold(
    certificate_id: int,
    *,
    act: str,
    asker: str,
    checked_how: str,
    document: str,
    note: str,
    cause: str = "",
    actor: Actor,
    at: datetime,
) -> str:
    """Ask for a freeze, or for its end; the request's number. Another person has to agree.

    `document` is number and date of the form or of the sealed letter; an unfreezing takes its
    cause from the freeze. Refuses `holds.*` with field and clause, `applications.unknown`.
    """
    queries.certificate_for(act, certificate_id, actor)
    frozen = queries.freeze_of(certificate_id) if act == rules.Act.UNFREEZE else None
    rules.check_request(act, cause, asker, checked_how, frozen_by=frozen.asker if frozen else "")
    papers = {"document": rules.check_document(document), "note": rules.DESK.check_note(note)}
    row = requests.new(
        HoldRequest,
        certificate_id,
        act=act,
        cause=frozen.cause if frozen else cause,
        asker=asker,
        checked_how=checked_how,
        actor=actor,
        at=at,
    )
    requests.enter(row, json.dumps(papers), actor=actor, at=at)
    record(
        "ra.request_hold",
        subject_of(row),
        actor=actor,
        at=at,
        number=row.number,
        certificate=certificate_id,
        **row.stated(),
    )
    return row.number


def approve(
    approval: Approval, *, request_id: int, actor: Actor, at: datetime, **_stated: object
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction and tells the subscriber."""
    row = requests.redeemed(queries.REGISTER, approval, request_id, actor=actor, at=at)
    if row.act == rules.Act.FREEZE:
        ca.hold(row.certificate_id, cause=row.cause, warrant=approval.id, actor=actor, at=at)
    else:
        ca.release(row.certificate_id, warrant=approval.id, actor=actor, at=at)
    Application.objects.filter(certificate_id=row.certificate_id).update(
        certificate_state=ca.certificate(row.certificate_id).state, certificate_state_at=at
    )
    advance(row, "carry_out", actor=actor, at=at, certificate=row.certificate_id, act=row.act)
    event = Event.FROZEN if row.act == rules.Act.FREEZE else Event.UNFROZEN
    notices.notify(event, [notices.News(row.application, row.number)], actor=actor, at=at)
