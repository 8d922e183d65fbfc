"""Operators' keys for votes: their states, and what a signature must be (CPS 5.2.3)."""

from datetime import datetime
from enum import StrEnum

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from pki import statements, votes
from pki.errors import PkiError


class State(StrEnum):
    PROPOSED = "proposed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REPLACED = "replaced"
    REVOKED = "revoked"


class Ending(StrEnum):
    """Why a key that was in use ended, for its certificate (CPS 4.9.1)."""

    REPLACED = "replaced"
    LEFT = "left"  # or serves elsewhere
    LOST = "lost"  # may be in other hands


STEPS = Steps(
    ("activate", [State.PROPOSED], State.ACTIVE),
    ("replace", [State.ACTIVE], State.REPLACED),
    ("suspend", [State.ACTIVE], State.SUSPENDED),
    ("reinstate", [State.SUSPENDED], State.ACTIVE),
    ("revoke", [State.PROPOSED, State.ACTIVE, State.SUSPENDED], State.REVOKED),
)
IN_USE = (State.ACTIVE, State.SUSPENDED)


def check_new(public_key: bytes, proof: bytes, *, person_id: int) -> str:
    """The fingerprint; refuses (INVALID) what is no P-256 key, and one whose owner is elsewhere."""
    try:
        statements.check_key(public_key)
    except PkiError as error:
        raise Refusal(Kind.INVALID, "keys.unfit", error.reason, cps="5.2.3") from error
    fingerprint = statements.fingerprint(public_key)
    claim = votes.enrolment(fingerprint=fingerprint, voter=person_id)
    if not statements.holds(public_key, claim, proof):
        raise Refusal(Kind.INVALID, "keys.proof", "not signed with this key", cps="5.2.3")
    return fingerprint


def check_key_held(held: bool, *, required: bool) -> None:  # noqa: FBT001 -- one question
    """Refuses (FORBIDDEN) a voter without a key where the house asks for keys."""
    if required and not held:
        raise Refusal(Kind.FORBIDDEN, "approval.key_needed", "votes are signed here", cps="5.2.3")


def parse(signature: str, *, at: datetime) -> tuple[str, bytes]:
    """Time of signing as it was written, and r with s; refuses what is missing, unreadable, old."""
    if not signature:
        raise Refusal(
            Kind.FORBIDDEN, "approval.signature_missing", "your votes are signed", cps="5.2.3"
        )
    written, _, digits = signature.partition(" ")
    try:
        signed_at, signed = datetime.fromisoformat(written), bytes.fromhex(digits)
        near = abs(at - signed_at) <= votes.WITHIN
    except (ValueError, TypeError) as error:
        raise wrong("cannot be read") from error
    if signed_at.isoformat() != written or not near:
        raise wrong("made at another time")
    return written, signed


def wrong(reason: str) -> Refusal:
    return Refusal(Kind.FORBIDDEN, "approval.signature_wrong", reason, cps="5.2.3")


def check_own(actor: Actor) -> int:
    """The person who makes a key for themselves."""
    if actor.person_id is None:
        raise Refusal(Kind.FORBIDDEN, "keys.nobody", "keys belong to people", cps="5.2.3")
    return actor.person_id
