"""Reads: issuers to write in the name of, and what the public page of CA certificates says."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db.models import F, Max

from anxin.kernel.errors import Kind, Refusal
from ca.hierarchy import rules
from ca.hierarchy.models import CertificateAuthority, Responder
from pki import certificates
from pki.certificates import Certificate


@lru_cache(maxsize=64)
def parsed(der: bytes) -> Certificate:
    """One of our own certificates; parsed once per process."""
    return certificates.parse(der)


def issuer_of(row: CertificateAuthority) -> rules.Issuer:
    """Refuses `hierarchy.not_active` before the authority has its certificate."""
    if row.certificate is None:
        raise _not_active(row.code)
    return rules.Issuer(
        id=row.pk,
        code=row.code,
        key_label=row.key_label,
        certificate=parsed(bytes(row.certificate)),
        addresses=addresses(row.code),
        policy_arc=settings.POLICY_ARC,
    )


def addresses(code: str) -> rules.Addresses:
    """Those of this installation."""
    return rules.addresses(code, settings.PUBLIC_URL, settings.LDAP_PUBLIC_URL, settings.LDAP_BASE)


def issuer_by_code(code: str) -> rules.Issuer:
    """Refuses `hierarchy.not_active`."""
    row = CertificateAuthority.objects.filter(code=code).first()
    if row is None:
        raise _not_active(code)
    return issuer_of(row)


def issuer_by_id(ca_id: int) -> rules.Issuer:
    """Refuses `hierarchy.not_active`."""
    row = CertificateAuthority.objects.filter(pk=ca_id).first()
    if row is None:
        raise _not_active(str(ca_id))
    return issuer_of(row)


def _not_active(code: str) -> Refusal:
    return Refusal(
        Kind.NOT_READY, "hierarchy.not_active", f"authority {code} is not active", code=code
    )


def active() -> list[rules.Issuer]:
    """All authorities that can write, superiors first."""
    rows = CertificateAuthority.objects.filter(state=rules.State.ACTIVE).order_by("pk")
    return [issuer_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Answering:
    """The responder of one authority, ready to sign."""

    key_label: str
    certificate: Certificate


def responder_of(ca_id: int, *, at: datetime) -> Answering | None:
    """The latest certificate that has settled; a first one at once."""
    rows = list(Responder.objects.filter(ca_id=ca_id, certificate__isnull=False).order_by("-pk"))
    settled = [row for row in rows if row.planned_at <= at - rules.RESPONDER_SETTLES]
    for row in settled or rows[-1:]:
        return Answering(row.key_label, parsed(bytes(row.certificate or b"")))
    return None


def responders_due(at: datetime) -> list[int]:
    """Authorities whose responder is to be certified again, or was only planned to be."""
    ends = Responder.objects.values("ca").annotate(end=Max("not_after"), most=Max("ca__not_after"))
    late = ends.filter(end__lt=at + rules.RENEW_RESPONDER).filter(end__lt=F("most"))
    planned = Responder.objects.filter(certificate__isnull=True)
    found = {*late.values_list("ca", flat=True), *planned.values_list("ca", flat=True)}
    return sorted(found)


def responder_ends() -> dict[str, datetime]:
    """When the last certificate of each authority's responder ends, by the authority's code."""
    rows = Responder.objects.filter(certificate__isnull=False).order_by("pk")
    return dict(rows.values_list("ca__code", "not_after"))


@dataclass(frozen=True, slots=True)
class AuthorityView:
    """One line of the page of CA certificates (CPS 6.1.4)."""

    code: str
    subject: str
    issuer: str
    algorithm: str
    not_before: datetime
    not_after: datetime
    fingerprint_sm3: str
    fingerprint_sha256: str
    demo: bool
    serial: str
    directory: str  # its branch, "": there is no directory


def authority_views() -> list[AuthorityView]:
    rows = CertificateAuthority.objects.filter(state=rules.State.ACTIVE).order_by("pk")
    return [_view(row, parsed(bytes(row.certificate or b""))) for row in rows]


def _view(row: CertificateAuthority, certificate: Certificate) -> AuthorityView:
    return AuthorityView(
        code=row.code,
        subject=certificate.subject.text,
        issuer=certificate.issuer.text,
        algorithm=certificate.signature_algorithm,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        fingerprint_sm3=certificate.fingerprint_sm3,
        fingerprint_sha256=certificate.fingerprint_sha256,
        demo=row.demo,
        serial=f"{certificate.serial:x}",
        directory=addresses(row.code).directory,
    )


def certificate_of(code: str) -> bytes:
    """DER of an authority's certificate. Refuses `hierarchy.unknown`."""
    row = CertificateAuthority.objects.filter(code=code, state=rules.State.ACTIVE).first()
    if row is None or row.certificate is None:
        raise Refusal(Kind.NOT_FOUND, "hierarchy.unknown", f"no authority {code}")
    return bytes(row.certificate)
