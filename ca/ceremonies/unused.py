"""What a ceremony made that was broken off: certificates that were signed and never put to use."""

import logging
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from anxin.kernel.jobs import each, enqueue
from ca.ceremonies import queries
from ca.ceremonies.models import Ceremony, CeremonyStep
from ca.ceremonies.rules import State
from ca.hierarchy.links import split
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.rules import State as Authority
from ca.operators import proving as operators
from ca.revocation.above import revoke_unused
from pki import ceremonies
from pki.certificates import parse

log = logging.getLogger(__name__)
Found = tuple[CertificateAuthority, Ceremony, bytes, bytes]  # certificate, links
OWN, LINKS = ("certify", "subordinate", "succeed"), "link"


def revoke(*, at: datetime) -> int:
    """Have them revoked by whoever signed them (CPS 4.9.1); of how many authorities."""
    return each(partial(_revoke, at=at), _found())


def _revoke(found: Found, *, at: datetime) -> bool:
    """What the plan does not say, or no broken-off ceremony has made, is on no list."""
    row, ceremony, made, links = found
    ended = ceremonies.so_far(queries.so_far(ceremony), operators.issuers(), early=True).end
    own = parse(made)
    if own.tbs != bytes(row.tbs) or ended != State.ABORTED:
        log.error("%s: no record says that its certificate was made in vain", row.code)
        return False
    for ca_id in revoke_unused(row, own, split(links), at=at):
        enqueue("ca.issue_crl", ca_id=ca_id)
    return True


def _found() -> Iterator[Found]:
    aborted = Ceremony.objects.filter(state=State.ABORTED, drill=False)
    planned = CertificateAuthority.objects.filter(
        state=Authority.PLANNED,
        certificate__isnull=True,
        code__in=aborted.values("key_label"),
    )
    for row in planned:
        for ceremony in aborted.filter(key_label=row.code):
            steps = CeremonyStep.objects.filter(ceremony=ceremony, result__isnull=False)
            made = {step.code: bytes(step.result or b"") for step in steps}
            own = next((made[code] for code in OWN if code in made), None)
            if own is not None:
                yield row, ceremony, own, made.get(LINKS, b"")
