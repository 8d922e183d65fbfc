"""Writing a transcript, line after line; the caller holds the ceremony's row (CPS 5.2.2)."""

from datetime import datetime

from anxin.kernel.actors import Actor
from audit.log import record, subject_of
from ca.ceremonies.models import Attestation, Ceremony, CeremonyLine, CeremonyStep
from ca.ceremonies.wording import UNKNOWN
from people.api import SignedStatement
from pki import ceremonies


def head_of(row: Ceremony) -> tuple[int, str]:
    """Number and digest of the last line; 0 and the digest of the script before the first."""
    last = CeremonyLine.objects.filter(ceremony=row).order_by("-seq").first()
    return (last.seq, last.digest) if last else (0, row.digest)


def append(
    row: Ceremony, what: str, step: str = "", *, actor: Actor, at: datetime, **details: str
) -> CeremonyLine:
    """One more line, and its entry in the journal: what and where, without what people wrote."""
    seq, head = head_of(row)
    line = ceremonies.Line(
        seq=seq + 1,
        at=at.replace(microsecond=0).isoformat(),
        step=step,
        what=what,
        by=str(actor.person_id or ""),
        details=details,
    )
    text = line.text()
    written = CeremonyLine.objects.create(
        ceremony=row, seq=line.seq, text=text, digest=ceremonies.chained(head, text), at=at
    )
    record(
        "ca.ceremony_line",
        subject_of(row),
        actor=actor,
        at=at,
        seq=line.seq,
        what=what,
        step=step,
        digest=written.digest,
    )
    return written


def note_of(line: ceremonies.Line) -> str:
    """Besides what happened: which rule refused, why somebody ends it, or the result's digest; of
    an act that was never answered that nobody knows its outcome.
    """
    details = line.details
    if "unknown" in details:
        return str(UNKNOWN)
    return details.get("rule") or details.get("reason") or details.get("result", "")


def keep(
    line: CeremonyLine,
    signed: SignedStatement,
    *,
    step: CeremonyStep | None,
    round_: int,
    person_id: int,
) -> None:
    """The signature that belongs to a line."""
    Attestation.objects.create(
        line=line,
        step=step,
        round=round_,
        person_id=person_id,
        statement=signed.statement,
        signature=signed.signature,
        public_key=signed.public_key,
        enrolled_by=signed.enrolled_by,
        enrolment=signed.enrolment,
    )
