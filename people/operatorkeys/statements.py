"""Statements that people sign with their own keys beside votes: checked before they count, and
proved later by what is returned here (CPS 5.2.2, 5.2.3).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.operatorkeys import queries, rules
from people.operatorkeys.models import OperatorKey
from pki import statements


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement with its signature (r and s), and whose key it was.

    `enrolment`: the canonical payload by which others put the key to use, under approval
    `enrolled_by`.
    """

    statement: str
    signature: bytes
    fingerprint: str
    public_key: bytes
    enrolled_by: int
    enrolment: str


def check(make: Callable[[str], bytes], *, actor: Actor, at: datetime) -> SignedStatement:
    """The actor's signature over `make(time of signing)`.

    Refuses (FORBIDDEN) `keys.needed`, `keys.not_signed`, `keys.signed_wrong`.
    """
    key = queries.active(actor.person_id)
    if key is None or key.warrant is None:
        raise Refusal(Kind.FORBIDDEN, "keys.needed", "this is signed with a key", cps="5.2.3")
    if not actor.signature:
        raise Refusal(Kind.FORBIDDEN, "keys.not_signed", "this is signed with a key", cps="5.2.3")
    try:
        written, signature = rules.parse(actor.signature, at=at)
    except Refusal as refusal:
        raise _wrong(refusal.reason) from refusal
    statement = make(written)
    if not statements.holds(key.public_key, statement, signature):
        raise _wrong("not over this, or by another key")
    enrolled = OperatorKey.objects.select_related("warrant").get(pk=key.id).warrant
    return SignedStatement(
        statement=statement.decode(),
        signature=signature,
        fingerprint=key.fingerprint,
        public_key=key.public_key,
        enrolled_by=key.warrant,
        enrolment=enrolled.payload if enrolled else "",
    )


def fingerprint_of(person_id: int | None) -> str:
    """Of the key with which this person signs now; "" for nobody's."""
    key = queries.active(person_id)
    return key.fingerprint if key else ""


def to_sign(person_id: int | None, fields: Mapping[str, str], *, at: datetime) -> str:
    """What this person's browser signs (JSON, `static/js/signing.js`); "" for who has no key."""
    fingerprint = fingerprint_of(person_id)
    whole = {**fields, "at": at.replace(microsecond=0).isoformat()}
    return json.dumps({"fingerprint": fingerprint, "fields": whole}) if fingerprint else ""


def _wrong(reason: str) -> Refusal:
    return Refusal(Kind.FORBIDDEN, "keys.signed_wrong", reason, cps="5.2.3")
