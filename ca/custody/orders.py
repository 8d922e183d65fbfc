"""Orders to seal the keys: signed by who gives them, proved before a worker acts (CPS 6.2.9).

Whoever has the staff site's database role can write a row. He cannot sign with an officer's key.
"""

import json
from datetime import datetime
from typing import Any

from django.conf import settings

from anxin.kernel.actors import Actor
from ca.custody import queries, rules
from ca.custody.models import StopOrder
from ca.custody.rules import Stop
from people.api import (
    check_signed,
    had_key,
    held_at,
    key_fingerprint,
    spent,
    to_sign,
    vote_records,
)
from pki import stops, votes
from pki.custody_records import DEACTIVATE
from pki.errors import Refused


def signed(how: Stop, reason: str, *, actor: Actor, at: datetime) -> dict[str, Any]:
    """What the actor's key signed; {} of who has none, where votes count without.

    Refuses (FORBIDDEN) `keys.*`, see `people.api.check_signed`.
    """
    if not key_fingerprint(actor.person_id) and not settings.REQUIRE_VOTE_KEYS:
        return {}
    said = stops.fields(how=how, person=actor.person_id or 0, reason=reason)
    kept = check_signed(lambda on: stops.statement(said, at=on), actor=actor, at=at)
    return {
        "statement": kept.statement,
        "signature": kept.signature.hex(),
        "public_key": kept.public_key.hex(),
        "enrolled_by": kept.enrolled_by,
        "enrolment": kept.enrolment,
    }


def says(how: Stop, actor: Actor, *, at: datetime) -> str:
    """What the actor's browser signs, but for the reason; "" for who has no key."""
    said = stops.fields(how=how, person=actor.person_id or 0, reason="")
    return to_sign(actor.person_id, said, at=at)


def prove(row: StopOrder) -> None:
    """Raises PkiError `stop.*`, `vote.*`, Refusal `custody.*`: nobody who may has ordered this."""
    if row.how == Stop.ORDERLY:
        _prove_majority(row)
        return
    _prove_signed(row, row.ordered_by)
    if not any(row.ordered_by in held_at(one, at=row.ordered_at) for one in queries.STOPPERS):
        raise Refused("stop.role", "Who gave the order had no role for it then.")


def _prove_majority(row: StopOrder) -> None:
    """Who proposed it and who agreed: a majority of those whom the signer itself has listed."""
    approval = row.approval_id or 0
    cast = [one for one in vote_records([approval]) if one["approval"] == approval]
    for one in cast:
        votes.check(one)
    agreed = [one for one in cast if one["grants"]]
    used = spent([approval]).get(approval)
    if used is None or used.action != DEACTIVATE or not agreed:
        raise Refused("stop.majority", "Nobody agreed to this.")
    if settings.REQUIRE_VOTE_KEYS and not all(one["signature"] for one in agreed):
        raise Refused("stop.unsigned", "Not everybody who agreed has signed.")
    said, maker = json.loads(agreed[0]["payload"]), agreed[0]["maker"]
    if (said["reason"], said["signed"]) != (row.reason, row.signed):
        raise Refused("stop.statement", "What was agreed to is another order.")
    _prove_signed(row, maker)
    rules.check_majority(maker, *(one["voter"] for one in agreed), held=queries.listed())


def _prove_signed(row: StopOrder, person: int) -> None:
    if not row.signed:
        if settings.REQUIRE_VOTE_KEYS or had_key(person, at=row.ordered_at):
            raise Refused("stop.unsigned", "The key of who gave the order did not sign it.")
        return
    said = stops.fields(how=row.how, person=person, reason=row.reason)
    enrolled = vote_records([row.signed.get("enrolled_by", 0)])
    # Of an orderly end the votes over what was signed say when it was ordered.
    at = row.ordered_at if row.how == Stop.EMERGENCY else None
    stops.check(row.signed, said, enrolled, ordered_at=at)
