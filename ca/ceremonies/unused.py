"""What a ceremony made that was broken off: certificates that were signed and never put to use, or
planned and perhaps signed by a worker that was killed.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from anxin.kernel.jobs import each, enqueue
from ca.ceremonies import queries, rules
from ca.ceremonies.models import Ceremony
from ca.ceremonies.rules import State
from ca.hierarchy.links import split
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.rules import State as Authority
from ca.operators import proving as operators
from ca.revocation.above import revoke_unused
from pki import ceremonies
from pki.certificates import Certificate

log = logging.getLogger(__name__)
Found = tuple[CertificateAuthority, Ceremony]
MADE = ("certify", "subordinate", "succeed", "link")


def revoke(*, at: datetime) -> int:
    """Have them revoked by whoever signed them (CPS 4.9.1); of how many authorities."""
    return each(partial(_revoke, at=at), _found())


def _revoke(found: Found, *, at: datetime) -> bool:
    """What no broken-off ceremony has planned is on no list."""
    row, ceremony = found
    kept = queries.so_far(ceremony, even_lost=True)
    ended = ceremonies.so_far(kept, operators.issuers(), early=True).end
    signed = {one.tbs: one.der for one in _made(ceremony)}
    if ended != State.ABORTED or queries.script_of(ceremony)["key"] != row.code:
        log.error("%s: no record says that its certificate was made in vain", row.code)
        return False
    for ca_id in revoke_unused(row, signed, at=at):
        enqueue("ca.issue_crl", ca_id=ca_id)
    return True


def _made(ceremony: Ceremony) -> list[Certificate]:
    """The certificates on record, also those of steps that were never attested."""
    steps = [step for step in queries.steps_of(ceremony) if step.code in MADE]
    return [one for step in steps for one in split(bytes(step.result or b""))]


def _found() -> Iterator[Found]:
    aborted = Ceremony.objects.filter(
        state=State.ABORTED, drill=False, kind__in=rules.CERTIFIED_HERE
    )
    planned = CertificateAuthority.objects.filter(
        state=Authority.PLANNED,
        certificate__isnull=True,
        revocation__isnull=True,
        code__in=aborted.values("key_label"),
    )
    for row in planned:
        for ceremony in aborted.filter(key_label=row.code):
            if row.parent_id or _made(ceremony):  # nobody lists a root
                yield row, ceremony
