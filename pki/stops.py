"""What an officer signs to have the keys sealed (CPS 6.2.9), in the way of `pki/votes.py`."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pki import statements, votes
from pki.errors import Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STOP = "anxin stop 1"


def fields(*, how: str, person: int, reason: str) -> dict[str, str]:
    """All but the time. `reason`: "" where the browser fills its digest in."""
    digest = votes.comment_digest(reason) if reason else ""
    return {"what": STOP, "how": how, "person": str(person), "reason": digest}


def statement(said: Mapping[str, str], *, at: str) -> bytes:
    """The bytes that are signed."""
    return statements.encoded({**said, "at": at})


def check(
    signed: Mapping[str, Any],
    said: Mapping[str, str],
    enrolled: Sequence[Mapping[str, Any]],
    *,
    ordered_at: datetime | None = None,
) -> None:
    """`signed`: statement, signature, public_key (hex), enrolled_by, enrolment; `enrolled`: votes,
    those among them by which its key was put to use (`pki.votes`); `ordered_at`: when it came in,
    if that was with the same click. Whose votes these were is not followed: since when a key was
    in use, and so whose signature is missing, are columns, and an honest stop must not fail.

    Raises Refused `stop.*`; Malformed.
    """
    try:
        text, key = str(signed["statement"]), bytes.fromhex(signed["public_key"])
        if statement(said, at=json.loads(text)["at"]).decode() != text:
            raise Refused("stop.statement", "It was signed for something else.")
        if not statements.holds(key, text.encode(), bytes.fromhex(signed["signature"])):
            raise Refused("stop.signature", "The signature does not belong to the statement.")
        signed_at = datetime.fromisoformat(json.loads(text)["at"])
        if ordered_at is not None and abs(ordered_at - signed_at) > votes.WITHIN:
            raise Refused(
                "stop.time", f"It was signed at {signed_at}, and came in at another time."
            )
        owner = json.loads(signed["enrolment"])
        whose = (owner["fingerprint"], str(owner["person"]))
        agreed = (signed["enrolled_by"], signed["enrolment"])
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise Malformed("stop.record", f"It cannot be read: {problem!r}.") from problem
    if whose != (statements.fingerprint(key), said["person"]):
        raise Refused("stop.key", "The key was not enrolled for who gave the order.")
    if agreed not in votes.enrolments(enrolled):
        raise Refused("stop.key", "Nobody voted for the enrolment of the key.")
