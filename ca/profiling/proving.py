"""By which versions workers issue: those that people have agreed to with their keys (CPS 1.5.2).

Whoever has the staff site's database role can write a version and an approval. He cannot write
two signed votes for its text.
"""

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q

from anxin.kernel.errors import Kind, Refusal
from ca.operators import proving as operators
from ca.profiles import delivered, rules
from ca.profiles.documents import digest_of, profile_from
from ca.profiles.models import ProfileVersion
from ca.profiles.queries import Named
from ca.profiles.rules import Profile, State
from people.api import Role
from pki.errors import PkiError

log = logging.getLogger(__name__)
UNCERTIFIED = "votes.certificate"  # the only fault that time heals: certificates take seconds
# Rows whose votes were proved by this process: neither text nor approval ever changes.
PROVED: set[tuple[int, int | None, str]] = set()
DOUBTED: set[int] = set()  # of which the log was told


def agreed_to(named: Iterable[Named]) -> dict[Named, Profile | None]:
    """Those of them that were delivered or that people agreed to; a row alone proves neither.

    None: it is in force, so a worker has proved it, and cannot just now: since then a key may have
    been replaced, or its certificate be on order. What was replaced meanwhile is not waited for.

    For the process that has certificates signed. One query, and a few for the votes of each
    version that it has not seen before.
    """
    found: dict[Named, Profile | None] = {}
    for row in _readable(named):
        if _holds(check, row):
            found[row.code, row.version] = profile_from(row.document, row.version)
        elif row.state == State.IN_FORCE:
            found[row.code, row.version] = None
    return found


def unproved(named: Iterable[Named]) -> list[Named]:
    """Those that are in force and that a worker that starts now would not prove."""
    rows = [row for row in _readable(named) if row.state == State.IN_FORCE]
    return [(row.code, row.version) for row in rows if not _holds(_check, row)]


def _readable(named: Iterable[Named]) -> Iterable[ProfileVersion]:
    some = Q()
    for code, version in named:
        some |= Q(code=code, version=version)
    return ProfileVersion.objects.filter(some, state__in=rules.READABLE) if some else ()


def _holds(proved: Callable[[ProfileVersion], None], row: ProfileVersion) -> bool:
    try:
        proved(row)
    except Refusal as refusal:
        if row.pk not in DOUBTED:
            log.warning("no certificate by profile %s: %s", row, refusal.reason)
        DOUBTED.add(row.pk)
        return False
    DOUBTED.discard(row.pk)
    return True


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
    try:
        _check_votes(row, digest)
    except PkiError as why:
        raise _unproved(why.rule, why.reason) from why
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as why:  # not by us
        raise _unproved("votes.record", repr(why)) from why


def _check_votes(row: ProfileVersion, digest: str) -> None:
    held = operators.votes_on(row.approval_id)
    said = {"version_id": row.pk, "code": row.code, "version": row.version, "digest": digest}
    if not all(one["action"] == rules.CHANGE and _says(one, said) for one in held):
        raise _unproved("votes.other", "what was agreed to is something else")
    _check_voters(held, in_force=row.state in rules.READABLE)


def _says(vote: dict[str, Any], said: dict[str, object]) -> bool:
    voted: dict[str, Any] = json.loads(vote["payload"])
    return said.items() <= voted.items()


def _check_voters(held: list[dict[str, Any]], *, in_force: bool) -> None:
    """Enough members of the policy committee, with keys of their own, and none against it."""
    yes = [one for one in held if one["grants"] and one["signature"]]
    for whose in ("voter", "public_key"):
        if len({one[whose] for one in yes}) < max(rules.VOTES, len(held)):
            raise _unproved("votes.few", f"{rules.VOTES} people agree, signed, and nobody says no")
    if not all(operators.voted_as(one, Role.POLICY_MEMBER) for one in yes):
        raise _unproved("votes.committee", "members of the policy committee agree")
    # Who has lost a key meanwhile had it when it voted; only workers bring a version in force.
    if not all(operators.is_certified(one, even_lost=in_force) for one in yes):
        raise _unproved(UNCERTIFIED, "a key that voted has no operator's certificate")


def _unproved(fault: str, reason: str) -> Refusal:
    return Refusal(
        Kind.FORBIDDEN, "profiles.unproved", f"{fault}: {reason}", cps="1.5.2", fault=fault
    )
