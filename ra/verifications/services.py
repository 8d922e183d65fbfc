"""Noting how documents were verified (CPS 3.2.2, 3.2.3, 5.4.1)."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record, subject_of
from kmc import api as kmc
from ra.agreements.queries import in_force
from ra.applicants.kinds import Slot, kind_of
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.queries import Content, value_mark
from ra.applications.rules import check_editable, check_own, person
from ra.verifications import queries, rules
from ra.verifications.models import Verification
from ra.verifications.rules import Method, Verified


def forget(application_ids: Collection[int]) -> None:
    """What was proved of whom is gone; how, by whom and with what result stays (CPS 3.2.3)."""
    Verification.objects.filter(application_id__in=application_ids).update(proves={})


@transaction.atomic
def note(application_id: int, found: Sequence[Verified], *, actor: Actor, at: datetime) -> None:
    """Whoever enters the application says of each slot how its documents were verified.

    Refuses `verifications.*`, for another CA `agreements.none` without an agreement in force, and
    `applications.*` when it may not be edited, or not by this person.
    """
    row = applications.locked(application_id, actor)
    check_own(row.maker_id, actor.person_id)
    check_editable(row.state)
    slots, held = kind_of(row.profile).slots, {slot for slot, _ in applications.documents_of(row)}
    content = applications.content(row)
    before = {one.slot: one for one in queries.current(row.pk)}
    for one in found:
        rules.check(one, slots, held)
        made = _made(row, slots[one.slot], content, one, actor=actor, at=at)
        if one.slot in before and _same(made, before[one.slot], one):
            continue
        _end(row, one.slot, at=at)
        made.save(force_insert=True)
        record(
            "ra.verify_evidence",
            subject_of(row),
            actor=actor,
            at=at,
            verification=made.pk,
            slot=one.slot,
            method=one.method,
            result=one.result,
            agreement=one.agreement,
        )
    row.content_version += 1
    row.save(update_fields=["content_version"])


def void(application: Application, slot: str, *, at: datetime) -> None:
    """Part of taking documents in or out: what was verified is not what is there now."""
    _end(application, slot, at=at)


def _end(application: Application, slot: str, *, at: datetime) -> None:
    rows = Verification.objects.filter(application=application, slot=slot, ended_at__isnull=True)
    rows.update(ended_at=at)


def _made(
    row: Application, slot: Slot, content: Content, found: Verified, *, actor: Actor, at: datetime
) -> Verification:
    agreement = in_force(found.agreement, at=at) if found.method == Method.OTHER_CA else None
    fields = {code: content.fields.get(code, "") for code in slot.proves}
    made = Verification(
        application=row,
        slot=found.slot,
        method=found.method,
        result=found.result,
        agreement=agreement,
        proves={code: value_mark(code, value).hex() for code, value in fields.items() if value},
        officer_id=person(actor),
        at=at,
    )
    if found.reference:
        made.reference = kmc.seal(row.data_key, made.context(), found.reference.encode())
    return made


def _same(made: Verification, before: Verification, found: Verified) -> bool:
    """Whether it was said already, of the values that are there now."""
    said = [(one.method, one.result, one.agreement_id, one.proves) for one in (made, before)]
    return said[0] == said[1] and queries.reference(before) == found.reference
