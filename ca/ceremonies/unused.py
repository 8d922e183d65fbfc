"""What a ceremony made that was broken off: certificates that were signed and never put to use."""

from collections.abc import Iterator
from datetime import datetime

from anxin.kernel.jobs import enqueue
from ca.ceremonies.models import Ceremony, CeremonyStep
from ca.ceremonies.rules import State
from ca.hierarchy.links import split
from ca.hierarchy.models import CertificateAuthority
from ca.hierarchy.rules import State as Authority
from ca.revocation.above import revoke_unused
from pki.certificates import Certificate, parse

OWN, LINKS = ("certify", "subordinate", "succeed"), "link"


def revoke(*, at: datetime) -> int:
    """Have them revoked by whoever signed them (CPS 4.9.1); of how many authorities."""
    count = 0
    for row, own, links in _found():
        lists = revoke_unused(row, own, links, at=at)
        for ca_id in lists:
            enqueue("ca.issue_crl", ca_id=ca_id)
        count += 1
    return count


def _found() -> Iterator[tuple[CertificateAuthority, Certificate, list[Certificate]]]:
    aborted = Ceremony.objects.filter(state=State.ABORTED, drill=False)
    planned = CertificateAuthority.objects.filter(
        state=Authority.PLANNED,
        certificate__isnull=True,
        code__in=aborted.values("key_label"),
    )
    for row in planned:
        steps = CeremonyStep.objects.filter(
            ceremony__in=aborted.filter(key_label=row.code), result__isnull=False
        )
        made = {step.code: bytes(step.result or b"") for step in steps}
        own = next((made[code] for code in OWN if code in made), None)
        if own is not None:
            yield row, parse(own), split(made.get(LINKS, b""))
