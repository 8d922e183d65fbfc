"""Applications with the certificates that came of them, for the counter."""

from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Refusal
from ca import api as ca
from pki.sm.sm3 import sm3
from ra.applications import queries as applications
from ra.applications.models import Application
from ra.applications.succession import successor_of
from ra.handover.queries import NextCodes, PickUp, codes_of
from ra.holds.queries import HoldView
from ra.holds.queries import of_certificate as holds_of
from ra.revocations.queries import RequestView, of_certificate

FEWEST_DIGITS = 8  # fewer hexadecimal digits are not taken for a serial number


@dataclass(frozen=True, slots=True)
class Holding:
    """`certificate` is None before it is ordered; `reference` waits to be used for picking up."""

    application_id: int
    number: str
    masked_name: str
    subscriber_id: int | None
    profile: str
    days: int
    state: str
    office: str
    decided_at: datetime | None
    issued_at: datetime | None
    accepted_at: datetime | None
    certificate: ca.CertificateView | None
    fingerprint: str  # SM3 of the certificate, "" before there is one
    reference: str
    codes: NextCodes
    pick_up: PickUp | None
    requests: tuple[RequestView, ...]
    holds: tuple[HoldView, ...]
    directory: ca.EntryView | None  # None: not to be published there
    successor: str  # number of the application that is to stand, or stands, in its place


def holding(number: str, actor: Actor) -> Holding:
    """By application. Refuses `applications.unknown`."""
    return _holding(applications.by_number(number, actor), actor)


def holding_of(certificate_id: int, actor: Actor) -> Holding:
    """By certificate. Refuses `applications.unknown` for another office's as well."""
    row = applications.in_view(actor).filter(certificate_id=certificate_id).first()
    if row is None:
        raise applications.unknown(f"of certificate {certificate_id}")
    return _holding(row, actor)


def by_serial(text: str, actor: Actor) -> int | None:
    """The id of the certificate with this serial number, if the person may see it."""
    digits = "".join(text.split()).replace(":", "")
    hexadecimal = all(digit in "0123456789abcdefABCDEF" for digit in digits)
    if len(digits) < FEWEST_DIGITS or not hexadecimal:
        return None
    try:
        found = ca.by_serial(digits)
    except Refusal:
        return None
    ours = applications.in_view(actor).filter(certificate_id=found.id).exists()
    return found.id if ours else None


def _holding(row: Application, actor: Actor) -> Holding:
    certificate = ca.certificate(row.certificate_id) if row.certificate_id else None
    issued = certificate is not None and bool(certificate.der)
    codes = codes_of(row.pk)
    return Holding(
        application_id=row.pk,
        number=row.number,
        masked_name=row.masked_name,
        subscriber_id=row.subscriber_id,
        profile=row.profile,
        days=row.days,
        state=row.state,
        office=row.office.name,
        decided_at=row.decided_at,
        issued_at=row.issued_at,
        accepted_at=row.accepted_at,
        certificate=certificate,
        fingerprint=sm3(certificate.der).hex() if certificate and issued else "",
        reference=codes.reference,
        codes=codes.next,
        pick_up=codes.used if row.accepted_at else None,
        requests=tuple(of_certificate(certificate, actor)) if certificate else (),
        holds=tuple(holds_of(certificate, actor)) if certificate else (),
        directory=ca.directory_entry(certificate.id) if certificate and issued else None,
        successor=successor_of(certificate.id) if certificate and issued else "",
    )
