"""What is asked online of a certificate there is, in two parts like `services`.

The old key speaks for itself (CPS 3.3.1). Number and access code do not say who holds them: what
is asked with them is taken in by somebody who has found out (CPS 3.4, 4.9.14).
"""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusals
from ra.applications import procedures
from ra.applications.models import Application
from ra.applications.rules import AGREEMENT_VERSIONS
from ra.handover import services as handover
from ra.holds import services as holds
from ra.holds.rules import Act
from ra.intake import services as intake
from ra.online import queries, rules
from ra.online.models import Submission
from ra.online.queries import Opened
from ra.online.services import Begun, hand_over, open_new, settle, waiting_row
from ra.procedures import queries as successors
from ra.revocations import rules as revocation_rules
from ra.revocations import services as revocations

HOLDER = revocation_rules.Asker.SUBSCRIBER.value


# --- the public site -------------------------------------------------------------------------


@transaction.atomic
def send_signed(signed: str, *, occasion: str, agreed: bool, address: str, at: datetime) -> Begun:
    """A renewal or a re-key that the old key has signed: CMS, PEM (CPS 3.3.1, 4.6.3, 4.7).

    The CA's own word, on the age of the key say, comes at the counter. Refuses `cms.*`,
    `certificate.unknown`, `procedures.*`, `online.not_now`.
    """
    rules.check_agreed(agreed=agreed)
    read = successors.signed_request(signed.encode())
    before = successors.signer(read)
    way = procedures.way_of(successors.procedure_of(read, before), occasion)
    procedures.check_signed(way, read.signed_at, at=at)
    old = queries.of_certificate(before.id)
    rules.check_alive(before.state, before.not_after, at=at)
    found = procedures.hindrances(way, old.profile, before.not_after or at, at=at)
    if found:
        raise Refusals(found)
    said = Opened({}, 0, signed, "", AGREEMENT_VERSIONS[-1], at.isoformat(), {"occasion": occasion})
    row = _about(old, rules.Purpose.SUCCEED, said, address=address, at=at)
    return Begun(row.number, handover.new_access(row.number))


@transaction.atomic
def ask(
    number: str,
    purpose: str,
    *,
    note: str,
    cause: str = rules.OWN_WISH,
    discovered_at: datetime | None = None,
    address: str,
    at: datetime,
) -> str:
    """To revoke, to freeze, or to stop and be paid back; its number. Nothing is done yet.

    `number` is one whose access code was shown. Refuses `online.not_now`, `online.asked_already`,
    `revocations.*` of cause and note.
    """
    target = queries.issued(number)
    rules.check_askable(purpose, target.certificate_state)
    since = discovered_at or at
    # How the holder is identified is the counter's: any way will do here
    how = revocation_rules.CheckedHow.ON_SITE
    revocation_rules.check_request(cause, HOLDER, how, discovered_at=since, asked_at=at)
    words = revocation_rules.DESK.check_note(note)
    same = Submission.objects.filter(application_id=target.pk, purpose=purpose)
    if same.filter(state=rules.State.WAITING).exists():
        raise rules.asked_already()
    details = {"cause": cause, "discovered_at": since.isoformat()}
    said = Opened({}, 0, "", words, "", "", details)
    return _about(target, purpose, said, address=address, at=at).number


def _about(
    target: Application, purpose: str, said: Opened, *, address: str, at: datetime
) -> Submission:
    """Sent at once: there are no papers."""
    row = Submission(
        purpose=purpose,
        profile=target.profile,
        office_id=target.office_id,
        application_id=target.pk,
        slots=[],
    )
    open_new(row, said, address=address, at=at)
    hand_over(row, address=address, at=at)
    return row


# --- the counter -----------------------------------------------------------------------------


@transaction.atomic
def take(number: str, checked_how: str, *, actor: Actor, at: datetime) -> str:
    """Into a request that another person decides; its number (CPS 4.9.3, 4.9.14).

    `checked_how`: how the operator has identified who asks. Refuses `online.unknown`,
    `online.identified`, and as `request_revocation` and `request_hold` do.
    """
    intake.check_operator(actor)
    row = waiting_row(number, actor)
    target = row.application
    if row.purpose not in rules.REQUESTS or target is None or target.certificate_id is None:
        raise queries.unknown(number)
    rules.check_identified(checked_how)
    said = queries.words(row)
    if row.purpose == rules.Purpose.FREEZE:
        made = holds.request_hold(
            target.certificate_id,
            act=Act.FREEZE,
            cause=rules.OWN_WISH,
            asker=HOLDER,
            checked_how=checked_how,
            document=row.number,
            note=said.message,
            actor=actor,
            at=at,
        )
    else:
        made = revocations.request_revocation(
            target.certificate_id,
            cause=said.details["cause"],
            asker=HOLDER,
            checked_how=checked_how,
            discovered_at=datetime.fromisoformat(said.details["discovered_at"]),
            note=said.message,
            asked_at=row.handed_in_at,
            actor=actor,
            at=at,
        )
    settle(row, "take", actor=actor, at=at, request=made)
    return made
