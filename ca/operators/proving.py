"""Which operators' keys a worker has certified: those that others have put to use with certified
keys of their own (CPS 5.2.3).

Whoever has the staff site's database role can write keys, approvals, votes and orders as rows. He
writes no signature of somebody else's key, and no certificate: those come from workers.
"""

import json
from collections.abc import Mapping
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
    *, warrant: int, key: bytes, holder: str, requester: str, number: str, order: int
) -> None:
    """Refuses (FORBIDDEN) `operators.unproved`: nobody with a certified key has enrolled this one;
    (NOT_READY) `operators.waits`: who has is certified by an order before this one (`order`: its
    id, 0: none yet), which is not signed.

    Before the first certificate of an operator there is nobody who could. `number`: of staff, as
    the certificate will say it.
    """
    fingerprint = statements.fingerprint(key)
    if not issuers() or fingerprint in settings.TRUSTED_KEYS:
        return
    found = [one for one in vote_records({warrant}) if one["approval"] == warrant]
    if not found or any(one["action"] != votes.ENROL or not one["grants"] for one in found):
        raise _unproved("nobody agreed to this enrolment")
    try:
        enrolled = json.loads(found[0]["payload"])
        person_id, known = enrolled["person"], enrolled["fingerprint"]
    except (KeyError, TypeError, ValueError) as why:  # not written by us
        raise _unproved(f"the enrolment cannot be read: {why!r}") from why
    said = (fingerprint, rules.holder(person_id), rules.requester(person_id))
    if said != (known, holder, requester):
        raise _unproved("another key or person was enrolled")
    if staff_numbers([person_id]).get(person_id) != number:
        raise _unproved("it names another person")
    for one in found:
        _check_vote(one, order)


def _check_vote(one: dict[str, Any], order: int) -> None:
    try:
        signed = votes.check(one)
    except PkiError as why:
        raise _unproved(why.reason) from why
    own = certificate(one["enrolled_by"], one["voter"], standing=True) if signed else None
    if signed and own is None and _comes(one["enrolled_by"], one["voter"], before=order):
        raise Refusal(Kind.NOT_READY, WAITS, "who agreed to it is certified first", cps="5.2.3")
    if own is None or own.public_key.spki != bytes.fromhex(one["public_key"]):
        raise _unproved("who agreed to it did not sign with a certified key")
    if one["voter"] not in held_at(Role.CA_ADMIN, at=datetime.fromisoformat(one["voted_at"])):
        raise _unproved("who agreed to it was no CA administrator then")


def _comes(warrant: int, person_id: int, *, before: int) -> bool:
    """Whether the certificate of this key is ordered and not signed. Only an order before this one
    counts: of two that wait for each other neither would ever be decided.
    """
    rows = Certificate.objects.filter(warrant=warrant, profile=OPERATOR, pk__lt=before)
    # where nothing waits for good
    rows = rows.filter(ca__state=AuthorityState.ACTIVE, ca__stopped_at__isnull=True)
    return rows.filter(holder=rules.holder(person_id), state__in=WAITING).exists()


def certificate(
    warrant: int, person_id: int, *, standing: bool = False, even_lost: bool = False
) -> Parsed | None:
    """Of the key that was enrolled for this person by this approval, as an authority signed it.

    None: there is none, its key is lost (but for `even_lost`), or (`standing`) it was revoked or
    is on hold.
    """
    rows = Certificate.objects.filter(warrant=warrant, profile=OPERATOR, der__isnull=False)
    rows = rows.filter(holder=rules.holder(person_id))
    if not even_lost:
        rows = rows.exclude(revocation__reason=rules.LOST)
    row = (rows.filter(state=State.VALID) if standing else rows).select_related("ca").first()
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
    signed `at` that time proves nothing.
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
