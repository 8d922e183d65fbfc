"""New codes for old ones (CPS 4.3.1): the old die when it is asked for, another person agrees,
then new ones are told once.
"""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import advance, record
from people.api import Approval, open_approvals, propose, redeem
from ra.applications import queries as applications
from ra.fees.services import open_codes_order
from ra.handover import queries, rules
from ra.handover.models import DownloadCredential


@transaction.atomic
def ask_replacement(
    application_id: int, *, cause: str, checked_how: str, actor: Actor, at: datetime
) -> int:
    """The approval's id. Codes that are out are void from now on, whatever is decided.

    `checked_how` is how it was made sure who asks. Refuses `applications.not_an_operator`,
    `replacement_cause`, `checked_how`, `no_certificate`, `picked_up`, `nothing_to_replace`,
    `replacement_asked`, `replacement_agreed`.
    """
    applications.check_operator(actor)
    rules.check_replacement(cause, checked_how)
    application = applications.locked(application_id, actor)
    rules.check_codes_due(application.state, application.certificate_state)
    subject = f"ra.application:{application.pk}"
    last = _replaceable(application.pk, subject)
    if last.state == rules.State.OPEN:
        advance(last, "expire", actor=actor, at=at, cause=cause)
    why = {"cause": cause, "checked_how": checked_how}
    which = {"application_id": application.pk, "number": application.number}
    payload = {**which, "credential_id": last.pk, **why}
    approval = propose(rules.REPLACE, payload, subject=subject, actor=actor, at=at)
    record("ra.ask_replacement", subject, actor=actor, at=at, credential=last.pk, **why)
    return approval.id


def _replaceable(application_id: int, subject: str) -> DownloadCredential:
    """The codes issued last. Refuses as `rules.check_replaceable` does."""
    last = queries.last_credential(application_id)
    rules.check_replaceable(
        issued=last is not None,
        agreed=last is not None and last.warrant is not None,
        asked=subject in open_approvals(rules.REPLACE, [subject]),
    )
    assert last is not None  # `check_replaceable`
    return last


def approve(
    approval: Approval,
    *,
    application_id: int,
    credential_id: int,
    actor: Actor,
    at: datetime,
    **stated: object,
) -> None:
    """Named in `anxin/duties.py`: the counter may issue one more pair of codes, once."""
    application = applications.locked(application_id, actor)
    payload = {"application_id": application.pk, "credential_id": credential_id, **stated}
    redeem(approval, rules.REPLACE, payload, actor=actor, at=at)
    rules.check_codes_due(application.state, application.certificate_state)
    rows = DownloadCredential.objects.filter(pk=credential_id, application=application)
    rows.update(warrant=approval.id)
    record("ra.permit_codes", f"ra.application:{application.pk}", actor=actor, at=at)
    open_codes_order(application, actor=actor, at=at)
