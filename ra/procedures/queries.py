"""Which procedures a certificate may be taken through, and why not the others."""

from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from ca import api as ca
from pki import certificates as x509
from pki import cms
from pki.errors import PkiError
from ra.applications import procedures
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.procedures import WAYS, Procedure, Way
from ra.applications.rules import DAYS_OF_A_YEAR, UNDECIDED, State
from ra.applications.succession import successor_of
from ra.intake.queries import proven


@dataclass(frozen=True, slots=True)
class Choice:
    """One procedure; `refusals` empty: it may be begun."""

    way: Way
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything that can be begun with one certificate; `under_way`: the number of a successor."""

    certificate: ca.CertificateView
    masked_name: str
    under_way: str
    choices: tuple[Choice, ...]


def predecessor(certificate_id: int, actor: Actor) -> Application:
    """The application a certificate came of. Refuses `applications.unknown`."""
    row = applications.in_view(actor).filter(certificate_id=certificate_id).first()
    if row is None:
        raise applications.unknown(f"of certificate {certificate_id}")
    return row


def choices(certificate_id: int, actor: Actor, *, at: datetime) -> Choices:
    """Refuses `applications.unknown`, also for another office's."""
    row = predecessor(certificate_id, actor)
    certificate = ca.certificate(certificate_id)
    return Choices(
        certificate=certificate,
        masked_name=row.masked_name,
        under_way=under_way(certificate_id),
        choices=tuple(
            Choice(way, tuple(hindrances(row, certificate, way, at=at))) for way in WAYS.values()
        ),
    )


def under_way(certificate_id: int) -> str:
    """The number of the application that is to succeed it, "" if there is none."""
    return successor_of(certificate_id, [*UNDECIDED, State.APPROVED])


def hindrances(
    row: Application,
    certificate: ca.CertificateView,
    way: Way,
    *,
    days: int = DAYS_OF_A_YEAR,
    at: datetime,
) -> list[Refusal]:
    """Why `way` cannot be begun now; empty: it can."""
    if certificate.not_after is None:  # it was never issued
        return [procedures.not_issued()]
    found = procedures.hindrances(way, row.profile, certificate.not_after, at=at)
    if under_way(certificate.id):
        found.append(procedures.begun_already())
    return found + ca.hindrances_to_succeed(
        certificate.id,
        holder=certificate.holder,
        keeps_key=way.keeps_key is True,
        days=days,
        at=at,
    )


def term(row: Application, certificate: ca.CertificateView, way: Way, *, at: datetime) -> int:
    """Years of the new certificate: those of the old one, or as many as the key has left."""
    for years in range(row.years, 1, -1):
        if not hindrances(row, certificate, way, days=DAYS_OF_A_YEAR * years, at=at):
            return years
    return 1


def signed_request(data: bytes) -> cms.SignedData:
    """What a subscriber sent in; the signature is verified by `signer`. Refuses `cms.*`."""
    try:
        return cms.parse(data)
    except PkiError as error:
        raise _unreadable(error) from error


def signer(signed: cms.SignedData) -> ca.CertificateView:
    """The certificate of ours whose key has signed (CPS 3.3.1).

    Refuses `certificate.unknown`, and by the rule of `pki` a signature that does not hold.
    """
    found = ca.by_serial(f"{signed.signer_serial:x}")
    certificate = x509.parse(found.der)
    try:
        cms.verify(signed, certificate)
    except PkiError as error:
        raise _unreadable(error) from error
    return found


def procedure_of(signed: cms.SignedData, before: ca.CertificateView) -> Procedure:
    """The old key asks for a renewal, another for a re-key."""
    old = x509.parse(before.der).public_key.fingerprint
    new = proven(signed.content).public_key.fingerprint
    return Procedure.RENEWAL if old == new else Procedure.RE_KEY


def _unreadable(error: PkiError) -> Refusal:
    return Refusal(
        Kind.INVALID, error.rule, error.reason, cps="3.3.1", field="signed", **error.details
    )
