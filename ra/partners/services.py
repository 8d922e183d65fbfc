"""Keys of partner RAs: agreed to by two, drawn once, revoked at once (CPS 1.4.2)."""

import base64
import secrets
from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import day_of
from audit.log import advance, record, subject_of
from kmc import api as kmc
from people.api import (
    Alarm,
    Approval,
    Role,
    alert_staff,
    approval,
    check_proved,
    lock_person,
    propose,
    redeem,
    staff_numbers,
)
from ra.applicants.services import numbered
from ra.branches import queries as branches
from ra.partners import queries, rules
from ra.partners.models import PartnerAnswer, PartnerKey, PartnerNonce
from ra.partners.queries import ENDED_BY, HANDED_BY, ISSUE, SUBJECT

SECRET = 32  # bytes, RFC 2104 3: as long as the digest


@transaction.atomic
def propose_key(
    name: str,
    *,
    person_id: int,
    scopes: Collection[str],
    valid_until: date,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for a key, whose acts will be those of this operator, at the operator's office.

    Refuses `partners.name`, `scopes`, `term`, `responsible` with their field.
    """
    rules.check_terms(name.strip(), scopes, valid_until, today=day_of(at))
    office = _office_of(person_id, at=at)
    payload = _payload(name.strip(), office, person_id, scopes, valid_until.isoformat())
    return propose(ISSUE, payload, subject=SUBJECT, actor=actor, at=at)


def issue(
    approval: Approval,
    *,
    name: str,
    office: str,
    person_id: int,
    scopes: list[str],
    valid_until: str,
    actor: Actor,
    at: datetime,
    **_stated: object,
) -> None:
    """Named in `anxin/duties.py`; runs inside the vote's transaction.

    Who leaves, and which office stops, at this moment does so before or after: `end_all_of` and
    `end_all_at` find the key, or none is issued.
    """
    lock_person(person_id)
    payload = _payload(name, _office_of(person_id, at=at), person_id, scopes, valid_until)
    redeem(approval, ISSUE, payload, actor=actor, at=at)
    works_at = branches.office(office).id
    branches.check_works(works_at)
    ends = date.fromisoformat(valid_until)
    rules.check_terms(name, scopes, ends, today=day_of(at))
    row = PartnerKey.objects.create(
        state=rules.State.GRANTED,
        number=numbered("PK", at),
        name=name,
        office_id=works_at,
        person_id=person_id,
        scopes=scopes,
        valid_until=ends,
        approval_id=approval.id,
        granted_at=at,
        data_key=kmc.new_data_key("ra.partner_key", actor=actor, at=at),
    )
    record(ISSUE, subject_of(row), actor=actor, at=at, number=row.number, terms=payload)


@transaction.atomic
def hand_out(number: str, *, actor: Actor, at: datetime) -> str:
    """The secret, base64, told this once; the responsible operator is alerted.

    Refuses (FORBIDDEN) who does not hand it over, who asked for it, an old proof, and a key whose
    secret was drawn, or revoked.
    """
    row = queries.locked(number)
    asked_by = approval(row.approval_id).maker_id
    rules.check_role(has_role=HANDED_BY in actor.roles and actor.person_id != asked_by)
    check_proved(actor, at=at)
    rules.STEPS.after("hand_out", row.state)
    secret = secrets.token_bytes(SECRET)
    row.secret = kmc.seal(row.data_key, row.secret_context(), secret)
    row.handed_out_by = actor.person_id
    row.save(update_fields=["secret", "handed_out_by"])
    advance(row, "hand_out", actor=actor, at=at)
    alert_staff(row.person_id, Alarm.PARTNER_KEY, actor=actor, at=at)
    return base64.b64encode(secret).decode()


@transaction.atomic
def revoke(number: str, *, actor: Actor, at: datetime) -> None:
    """At once, by one person; the secret and what the key was answered are shredded.

    Refuses (FORBIDDEN) who neither asks for keys nor agrees to them.
    """
    rules.check_role(has_role=actor.person_id is None or bool(ENDED_BY & actor.roles))
    _end(queries.locked(number), actor=actor, at=at)


def end_all_of(person_id: int, *, actor: Actor, at: datetime) -> None:
    """Named in `anxin/flows.py`: part of the act by which an operator leaves, moves, or reports a
    device that may be in other hands.
    """
    _end_all(PartnerKey.objects.filter(person_id=person_id), actor=actor, at=at)


def end_with_role(person_id: int, role: str, *, actor: Actor, at: datetime) -> None:
    """Named in `anxin/flows.py`: whoever is appointed anew wakes no old key (CPS 4.3.1)."""
    if role == Role.OPERATOR:
        end_all_of(person_id, actor=actor, at=at)


def end_all_at(office_id: int, *, actor: Actor, at: datetime) -> int:
    """Part of the act by which an office stops (CPS 5.8); how many keys that ended."""
    return _end_all(PartnerKey.objects.filter(office_id=office_id), actor=actor, at=at)


def _end_all(keys: QuerySet[PartnerKey], *, actor: Actor, at: datetime) -> int:
    rows = list(keys.select_for_update().exclude(state=rules.State.REVOKED).order_by("pk"))
    for row in rows:
        _end(row, actor=actor, at=at)
    return len(rows)


def _end(row: PartnerKey, *, actor: Actor, at: datetime) -> None:
    advance(row, "revoke", actor=actor, at=at)
    kmc.destroy_data_key(row.data_key, reason="partner key revoked", actor=actor, at=at)


@transaction.atomic
def sweep(*, at: datetime) -> None:
    """Nonces that cannot come again, answers nobody will ask for again, codes in answers."""
    PartnerNonce.objects.filter(at__lt=at - rules.NONCES_KEPT).delete()
    PartnerAnswer.objects.filter(at__lt=at - rules.ANSWERS_KEPT).delete()
    PartnerAnswer.objects.filter(told_until__lte=at).update(body=b"")


def _office_of(person_id: int, *, at: datetime) -> str:
    """Where this operator works. Refuses `partners.responsible`."""
    for person, office in queries.responsible(at=at):
        if person.id == person_id:
            return office.code
    raise Refusal(
        Kind.INVALID,
        "partners.responsible",
        "an operator of an office that works",
        cps="4.3.1",
        field="person_id",
    )


def _payload(
    name: str, office: str, person_id: int, scopes: Collection[str], valid_until: str
) -> dict[str, object]:
    return {
        "name": name,
        "office": office,
        "person_id": person_id,
        "staff_number": staff_numbers([person_id]).get(person_id, ""),
        "scopes": sorted(set(scopes)),
        "valid_until": valid_until,
    }
