"""Who agreed to a ceremony, and that each key in its record was put to use by others: proved from
the votes that the record holds (CPS 5.2.2, 5.2.3).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pki import statements, votes
from pki.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pki.ceremony_keys import Holders

HOLD = "ca.hold_ceremony"  # the action that is agreed to
NEEDED = 2


@dataclass(frozen=True, slots=True)
class Agreed:
    """By which approval, by whom; `enrolments`: (approval, payload) that put a key to use, None
    where certificates prove the keys.
    """

    approval: str
    voters: tuple[int, ...]
    enrolments: frozenset[tuple[int, str]] | None


def check(record: Mapping[str, Any], number: str, script: str, holders: Holders) -> Agreed:
    """Raises Refused `ceremony.votes`, `vote.*` as `pki.votes` does, and what `holders` refuses.

    `votes` of the record: all on its approval, and those by which every key in it was enrolled.
    The latter prove the keys as long as no certificate can: since when a key was in use, and so
    who should have signed, are columns that the staff site's role may change.
    """
    found = record["votes"]
    held = [one for one in found if one["action"] == HOLD]
    if holders.issuers:
        for one in held:
            votes.check(one)
    else:
        votes.check_all(found)
    wanted = {"ceremony": number, "script": script}
    approvals = {str(one["approval"]) for one in held}
    if any(json.loads(one["payload"]) != wanted for one in held) or len(approvals) > 1:
        raise Refused("ceremony.votes", "What was agreed to is another ceremony or script.")
    voters = {one["voter"] for one in held if one["grants"] and one["signature"]}
    if len(voters) < NEEDED or len(voters) < len(held):
        reason = f"{NEEDED} people agree to a ceremony, signed, and nobody says no."
        raise Refused("ceremony.votes", reason)
    for one in held:
        holders.signed(f"Vote {one['id']}", one, str(one["voter"]))
    enrolments = None if holders.issuers else _enrolments(found, holders)
    return Agreed(approvals.pop(), tuple(sorted(voters)), enrolments)


def _enrolments(found: Sequence[Mapping[str, Any]], holders: Holders) -> frozenset[tuple[int, str]]:
    for one in found:
        if one["action"] != HOLD and one["signature"]:
            holders.own(f"Vote {one['id']}", bytes.fromhex(one["public_key"]), str(one["voter"]))
    return votes.enrolments(found)


def check_enrolled(
    where: str, kept: Mapping[str, Any], *, person: str, fingerprint: str, agreed: Agreed
) -> None:
    """The key of an attestation is the one of the line, and others put it to use for this person:
    votes of the record say so, or its certificate.

    Raises Refused `ceremony.key`.
    """
    enrolled = json.loads(kept["enrolment"])
    if statements.fingerprint(bytes.fromhex(kept["public_key"])) != fingerprint:
        raise Refused("ceremony.key", f"{where}: another key signed than the line says.")
    if (enrolled["fingerprint"], str(enrolled["person"])) != (fingerprint, person):
        raise Refused("ceremony.key", f"{where}: the key was not enrolled for person {person}.")
    put_to_use = kept["enrolled_by"], kept["enrolment"]
    if agreed.enrolments is not None and put_to_use not in agreed.enrolments:
        raise Refused("ceremony.key", f"{where}: nobody voted for the enrolment of the key.")
