"""Noting consents and their withdrawal (CPS 9.4.1)."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from anxin.kernel.actors import Actor
from audit.log import record
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.consents import rules
from ra.consents.models import Consent
from ra.consents.rules import Ended, Purpose
from ra.notices import services as notices


def give(
    application_id: int,
    purposes: Collection[Purpose],
    *,
    version: str,
    how: str,
    noted: bool,
    actor: Actor,
    at: datetime,
) -> None:
    """What was agreed to, in the place of what was agreed to before; part of the agreement.

    `noted`: by the actor; else the subscriber did it on a screen of their own.
    """
    Consent.objects.filter(application_id=application_id, ended_at__isnull=True).update(
        ended_at=at, ended_how=Ended.REPLACED, ended_by=actor.person_id
    )
    Consent.objects.bulk_create(
        [
            Consent(
                application_id=application_id,
                purpose=purpose,
                version=version,
                how=how,
                given_at=at,
                noted_by=actor.person_id if noted else None,
            )
            for purpose in purposes
        ]
    )


@transaction.atomic
def withdraw(application_id: int, purpose: str, *, how: str, actor: Actor, at: datetime) -> None:
    """A subscriber takes a consent back, for all their applications; honoured at once.

    Refuses `consents.needed` for what the service rests on, `consents.none`, `consents.how`.
    """
    applications.check_operator(actor, cps="9.4.1")
    rules.check_withdrawal(purpose, how)
    row = applications.locked(application_id, actor)
    ids = _of_the_same(row)
    ended = Consent.objects.filter(
        application_id__in=ids, purpose=purpose, ended_at__isnull=True
    ).update(ended_at=at, ended_how=how, ended_by=actor.person_id)
    if not ended:
        raise rules.nothing_to_withdraw()
    notices.stop(ids, actor=actor, at=at)
    record(
        "ra.withdraw_consent",
        f"ra.application:{row.pk}",
        actor=actor,
        at=at,
        purpose=purpose,
        how=how,
        consents=ended,
    )


def _of_the_same(row: Application) -> list[int]:
    """All applications of whoever handed in this one."""
    same = Q(pk=row.pk)
    if row.subscriber_id:
        same |= Q(subscriber_id=row.subscriber_id)
    return list(Application.objects.filter(same).values_list("pk", flat=True))
