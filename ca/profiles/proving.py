"""By which versions workers issue: those that people have agreed to with their keys (CPS 1.5.2).

Whoever has the staff site's database role can write a version and an approval. He cannot write
two signed votes for its text.
"""

import json
from datetime import datetime
from typing import Any

from anxin.kernel.errors import Kind, Refusal
from ca.profiles import delivered, rules
from ca.profiles.documents import digest_of
from ca.profiles.models import ProfileVersion
from people.api import Role, held_at, vote_records
from pki import votes
from pki.errors import PkiError

# Rows whose votes were proved by this process: neither text nor approval ever changes.
PROVED: set[tuple[int, int | None, str]] = set()


def check(row: ProfileVersion) -> None:
    """Refuses (FORBIDDEN) `profiles.unproved`; `fault` names the first thing that is wrong."""
    named = row.pk, row.approval_id, row.document
    if named not in PROVED:
        _check(row)
        PROVED.add(named)


def _check(row: ProfileVersion) -> None:
    digest = digest_of(row.document)
    if row.version == 1 and delivered.DIGESTS.get(row.code) == digest:
        return
    found = vote_records([row.approval_id] if row.approval_id else [])
    try:
        votes.check_all(found)
    except PkiError as why:
        raise _unproved(why.rule, why.reason) from why
    held = [one for one in found if one["approval"] == row.approval_id]
    said = {"version_id": row.pk, "code": row.code, "version": row.version, "digest": digest}
    if not all(one["action"] == rules.CHANGE and _says(one, said) for one in held):
        raise _unproved("votes.other", "what was agreed to is something else")
    _check_voters(held)


def _says(vote: dict[str, Any], said: dict[str, object]) -> bool:
    voted: dict[str, Any] = json.loads(vote["payload"])
    return said.items() <= voted.items()


def _check_voters(held: list[dict[str, Any]]) -> None:
    """Enough members of the policy committee, with keys of their own, and none against it."""
    yes = [one for one in held if one["grants"] and one["signature"]]
    for whose in ("voter", "public_key"):
        if len({one[whose] for one in yes}) < max(rules.VOTES, len(held)):
            raise _unproved("votes.few", f"{rules.VOTES} people agree, signed, and nobody says no")
    if not all(_is_member(one) for one in yes):
        raise _unproved("votes.committee", "members of the policy committee agree")


def _is_member(vote: dict[str, Any]) -> bool:
    return vote["voter"] in held_at(Role.POLICY_MEMBER, at=datetime.fromisoformat(vote["voted_at"]))


def _unproved(fault: str, reason: str) -> Refusal:
    return Refusal(
        Kind.FORBIDDEN, "profiles.unproved", f"{fault}: {reason}", cps="1.5.2", fault=fault
    )
