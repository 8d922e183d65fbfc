"""Which operators' keys a worker has certified: those that others have put to use with certified
keys of their own (CPS 5.2.3).

Whoever has the staff site's database role can write keys, approvals, votes and orders as rows. He
writes no signature of somebody else's key, and no certificate: those come from workers.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from anxin.kernel.errors import Kind, Refusal
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.queries import parsed
from ca.hierarchy.rules import State as AuthorityState
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING, State
from ca.operators import rules
from ca.profiles.rules import OPERATOR
from people.api import Role, held_at, staff_numbers, vote_records
from pki import certificates, statements, votes
from pki.certificates import Certificate as Parsed
from pki.errors import PkiError

RULE, WAITS = "operators.unproved", "operators.waits"


def check(
    *,
    warrant: int,
    key: bytes,
    holder: str,
    requester: str,
    number: str,
    order: int | None,
    at: datetime,
) -> None:
    """Refuses (FORBIDDEN) `operators.unproved`: this key was not asked for and agreed to by two
    others with certified keys; (NOT_READY) `operators.waits`: one of them is certified by an order
    before this one (`order`: its id, None: none yet), which is not signed, or is on hold.

    Before the first certificate of an operator there is nobody who could, and before that of a
    second person nobody to ask. `number`: of staff, as the certificate will say it.
    """
    if not issuers():
        return
    fingerprint = statements.fingerprint(key)
    found = [one for one in vote_records({warrant}) if one["approval"] == warrant]
    enrolled, person_id, known = _read(found)
    said = (fingerprint, rules.holder(person_id), rules.requester(person_id))
    if said != (known, holder, requester):
        raise _unproved("another key or person was enrolled")
    if staff_numbers([person_id]).get(person_id) != number:
        raise _unproved("it names another person")
    if fingerprint in settings.TRUSTED_KEYS:
        return
    if _are_two():
        _check_proposal(enrolled, found[0]["maker"], order, at=at)
    for one in found:
        _check_vote(one, person_id, order, at=at)


def _read(found: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], int, str]:
    """What these votes agreed to: payload, person, fingerprint."""
    if not found or any(one["action"] != votes.ENROL or not one["grants"] for one in found):
        raise _unproved("nobody agreed to this enrolment")
    try:
        enrolled = json.loads(found[0]["payload"])
        return enrolled, enrolled["person"], enrolled["fingerprint"]
    except (KeyError, TypeError, ValueError) as why:  # not written by us
        raise _unproved(f"the enrolment cannot be read: {why!r}") from why


def _are_two() -> bool:
    """Whether two people have had certificates. Only workers write what this reads."""
    signed = Certificate.objects.filter(profile=OPERATOR, der__isnull=False)
    return signed.values("holder").distinct()[:2].count() > 1


def _check_proposal(
    enrolled: Mapping[str, Any], maker: int, order: int | None, *, at: datetime
) -> None:
    person_id, asked = enrolled["person"], enrolled.get("asked")
    if not asked or maker == person_id:
        raise _unproved("who asked for it has not signed")
    said = votes.proposal_fields(person=person_id, key=enrolled["fingerprint"], maker=maker)
    try:
        signed, then = bytes.fromhex(asked["signature"]), datetime.fromisoformat(asked["at"])
        own = _standing(int(asked["by"]), maker, order, at=at)
        message = statements.encoded({**said, "at": asked["at"]})
    except (KeyError, TypeError, ValueError) as why:
        raise _unproved(f"what was asked for cannot be read: {why!r}") from why
    if own is None or not statements.holds(own.public_key.spki, message, signed):
        raise _unproved("who asked for it did not sign with a certified key")
    if maker not in held_at(Role.SECURITY_ADMIN, at=then):
        raise _unproved("who asked for it was no security administrator then")


def _check_vote(one: dict[str, Any], person_id: int, order: int | None, *, at: datetime) -> None:
    try:
        signed = votes.check(one)
    except PkiError as why:
        raise _unproved(why.reason) from why
    own = _standing(one["enrolled_by"], one["voter"], order, at=at) if signed else None
    if own is None or own.public_key.spki != bytes.fromhex(one["public_key"]):
        raise _unproved("who agreed to it did not sign with a certified key")
    if one["voter"] == person_id:
        raise _unproved("who agreed to it has the key")
    if not voted_as(one, Role.CA_ADMIN):
        raise _unproved("who agreed to it was no CA administrator then")


def voted_as(vote: Mapping[str, Any], role: Role) -> bool:
    """Whether whose vote it is had the role when they voted; only then does it count for it."""
    return vote["voter"] in held_at(role, at=datetime.fromisoformat(vote["voted_at"]))


def _standing(warrant: int, person_id: int, order: int | None, *, at: datetime) -> Parsed | None:
    """By the clock of who asks: what a signature says of its time says who made it. Refuses
    (NOT_READY) `operators.waits` where it is on hold, or ordered and not signed.
    """
    own = certificate(warrant, person_id, standing=at)
    if own is None and _comes(warrant, person_id, before=order):
        raise Refusal(Kind.NOT_READY, WAITS, "who agreed to it is certified first", cps="5.2.3")
    return own


def _comes(warrant: int, person_id: int, *, before: int | None) -> bool:
    """Whether the certificate of this key is ordered and not signed, or on hold. Only an order
    before this one counts: of two that wait for each other neither would ever be decided.
    """
    rows = Certificate.objects.filter(warrant=warrant, profile=OPERATOR)
    rows = rows if before is None else rows.filter(pk__lt=before)
    # where nothing waits for good
    rows = rows.filter(ca__state=AuthorityState.ACTIVE, ca__stopped_at__isnull=True)
    states = (*WAITING, State.HELD)
    return rows.filter(holder=rules.holder(person_id), state__in=states).exists()


def certificate(
    warrant: int, person_id: int, *, standing: datetime | None = None, even_lost: bool = False
) -> Parsed | None:
    """Of the key that was enrolled for this person by this approval, as an authority signed it.

    None: there is none, its key is lost (but for `even_lost`), or it was revoked, is on hold or
    has ended (`standing`: at this time).
    """
    rows = Certificate.objects.filter(warrant=warrant, profile=OPERATOR, der__isnull=False)
    rows = rows.filter(holder=rules.holder(person_id))
    if not even_lost:
        rows = rows.exclude(revocation__reason=rules.LOST)
    if standing:
        rows = rows.filter(state=State.VALID, not_after__gt=standing)
    row = rows.select_related("ca").first()
    if row is None:
        return None
    found = certificates.parse(bytes(row.der or b""))
    certificates.verify(found, parsed(bytes(row.ca.certificate or b"")))
    return found


def votes_on(approval: int | None) -> list[dict[str, Any]]:
    """Whose signatures hold; raises PkiError `vote.*`. The caller asks `is_certified` as well.

    Who put the keys to use is followed only as long as no certificate can say whose they are: the
    staff site's role may change since when a key was in use, and so whose signature is missing.
    """
    found = vote_records({approval} if approval else ())
    if not issuers():
        votes.check_all(found)
    own = [one for one in found if one["approval"] == approval]
    for one in own:
        votes.check(one)
    return own


def is_certified(vote: Mapping[str, Any], *, even_lost: bool = False) -> bool:
    """Whether its key has an operator's certificate; before there is the first nobody needs one.

    Workers alone write certificates, so the staff site's role enrols nobody it makes up.
    """
    if not issuers():
        return True
    own = certificate(vote["enrolled_by"], vote["voter"], even_lost=even_lost)
    return own is not None and own.public_key.spki == bytes.fromhex(vote["public_key"])


def check_certified(warrant: int, person_id: int, *, at: datetime) -> None:
    """Refuses (FORBIDDEN) `operators.uncertified`: once operators have certificates, what this key
    signed `at` that time proves nothing. Named in `anxin/flows.py`, too.
    """
    if not issuers():
        return
    own = certificate(warrant, person_id)
    if own is None or not own.not_before <= at <= own.not_after:
        raise Refusal(
            Kind.FORBIDDEN, "operators.uncertified", "the key has no certificate", cps="5.2.3"
        )


def issuers() -> list[Parsed]:
    """The authorities that have certified operators; none before the first certificate.

    Only workers write what this reads: no other process takes a certificate away.
    """
    there = Certificate.objects.filter(profile=OPERATOR, der__isnull=False).values("ca")
    rows = CertificateAuthority.objects.filter(pk__in=there).order_by("pk")
    return [parsed(bytes(row.certificate or b"")) for row in rows]


def _unproved(reason: str) -> Refusal:
    return Refusal(Kind.FORBIDDEN, RULE, reason, cps="5.2.3")
