"""Who has a key signs the vote: checked before it counts, kept with it (CPS 5.2.2, 5.2.3)."""

import json
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from anxin.kernel.actors import Actor
from people.approvals.models import Approval
from people.approvals.rules import Duty
from people.operatorkeys import proving, queries, rules
from pki import statements, votes


@dataclass(frozen=True, slots=True)
class Signed:
    """Columns of a vote."""

    key_id: int | None = None
    statement: str = ""
    signature: bytes = b""


def check(
    row: Approval,
    *,
    grants: bool,
    comment: str,
    duty: Duty,
    actor: Actor,
    at: datetime,
) -> Signed:
    """Refuses (FORBIDDEN) `approval.key_needed`, `signature_missing`, `signature_wrong`, and
    `operators.uncertified` where workers prove the vote; of enrolments they ask it themselves.

    The first key of those who enrol keys, and no other one, is agreed to without one.
    """
    key = queries.active(actor.person_id)
    if key is None:
        person_id = json.loads(row.payload)["person"] if row.action == votes.ENROL else None
        first = queries.would_be_first(person_id, duty.checkers)
        rules.check_key_held(held=first, required=settings.REQUIRE_VOTE_KEYS or duty.signed)
        return Signed()
    written, signature = rules.parse(actor.signature, at=at)
    statement = votes.statement(
        approval=row.pk,
        action=row.action,
        digest=row.digest,
        grants=grants,
        comment=votes.comment_digest(comment),
        voter=key.person_id,
        at=written,
    )
    if not statements.holds(key.public_key, statement, signature):
        raise rules.wrong("not over this vote, or by another key")
    if duty.signed and row.action != votes.ENROL:
        proving.check_certified(key, at=datetime.fromisoformat(written))
    return Signed(key.id, statement.decode(), signature)
