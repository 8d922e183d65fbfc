"""Putting an agreement with another CA on record: two people (CPS 3.2.7)."""

from datetime import date, datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record
from people.api import Approval, propose, redeem
from ra.agreements import rules
from ra.agreements.models import CaAgreement
from ra.agreements.queries import ENTER, SUBJECT
from ra.agreements.rules import Terms


@transaction.atomic
def propose_agreement(
    ca_name: str,
    *,
    number: str,
    valid_from: date,
    valid_until: date,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for it; another person has to agree. Refuses `agreements.*` with the field."""
    terms = Terms(ca_name.strip(), number.strip(), valid_from, valid_until)
    _check(terms)
    return propose(ENTER, _payload(terms), subject=SUBJECT, actor=actor, at=at)


def enter(
    approval: Approval,
    *,
    ca_name: str,
    number: str,
    valid_from: str,
    valid_until: str,
    actor: Actor,
    at: datetime,
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction."""
    begins, ends = date.fromisoformat(valid_from), date.fromisoformat(valid_until)
    terms = Terms(ca_name, number, begins, ends)
    redeem(approval, ENTER, _payload(terms), actor=actor, at=at)
    _check(terms)
    row = CaAgreement.objects.create(
        ca_name=ca_name,
        number=number,
        valid_from=begins,
        valid_until=ends,
        approval_id=approval.id,
        entered_at=at,
    )
    record(ENTER, f"ra.caagreement:{row.pk}", actor=actor, at=at, terms=_payload(terms))


def _check(terms: Terms) -> None:
    rules.check(terms)
    if CaAgreement.objects.filter(number=terms.number).exists():
        raise rules.taken(terms.number)


def _payload(terms: Terms) -> dict[str, object]:
    return {
        "ca_name": terms.ca_name,
        "number": terms.number,
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
    }
