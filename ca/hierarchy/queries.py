"""Reads: issuers to write in the name of, and what the public page of CA certificates says."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db.models import F, Max, QuerySet

from anxin.kernel.errors import Kind, Refusal
from ca.hierarchy import life, rules
from ca.hierarchy.models import CertificateAuthority, LinkCertificate, Responder
from ca.profiles.queries import longest_days
from ca.wording import SIGNATURES
from pki import certificates
from pki.certificates import Certificate
from pki.names import Name


@lru_cache(maxsize=64)
def parsed(der: bytes) -> Certificate:
    """One of our own certificates; parsed once per process."""
    return certificates.parse(der)


def signed_by(certificate: Certificate) -> str:
    """Its signature's algorithm in words."""
    return SIGNATURES.get(certificate.signature_algorithm, certificate.signature_algorithm)


def issuer_of(row: CertificateAuthority) -> rules.Issuer:
    """Refuses `hierarchy.not_active` before the authority has its certificate."""
    if row.certificate is None:
        raise _not_active(row.code)
    return rules.Issuer(
        id=row.pk,
        code=row.code,
        lineage=row.lineage,
        key_label=row.key_label,
        certificate=parsed(bytes(row.certificate)),
        addresses=addresses(row.code),
        policy_arc=settings.POLICY_ARC,
        stops=stops(row),
        stopped=row.stopped_at is not None,
        retired=row.state == rules.State.RETIRED,
    )


def stops(row: CertificateAuthority) -> datetime:
    """From when on it issues nothing (CPS 5.6)."""
    return life.stops(row.not_after, longest_term(row))


def longest_term(row: CertificateAuthority) -> int:
    """Days of the longest term it offers; of a superior: that its subordinates offer."""
    certifies = rules.certifies_authorities(parsed(bytes(row.certificate or b"")))
    return longest_days("" if certifies else row.lineage)


def addresses(code: str) -> rules.Addresses:
    """Those of this installation."""
    return rules.addresses(code, settings.PUBLIC_URL, settings.LDAP_PUBLIC_URL, settings.LDAP_BASE)


def issuer_by_code(code: str) -> rules.Issuer:
    """Refuses `hierarchy.not_active`."""
    row = CertificateAuthority.objects.filter(code=code, state__in=rules.KNOWN).first()
    if row is None:
        raise _not_active(code)
    return issuer_of(row)


def issuer_for(lineage: str) -> rules.Issuer:
    """Who issues in the name of an authority: the newest generation of its keys (CPS 5.6).

    Refuses `hierarchy.not_active`.
    """
    rows = CertificateAuthority.objects.filter(lineage=lineage, state=rules.State.ACTIVE)
    row = rows.order_by("-generation").first()
    if row is None:
        raise _not_active(lineage)
    return issuer_of(row)


def stopped() -> set[int]:
    """Authorities that issue nothing any more, by id."""
    rows = CertificateAuthority.objects.filter(stopped_at__isnull=False)
    return set(rows.values_list("pk", flat=True))


def below(ca_id: int) -> list[CertificateAuthority]:
    """The active authority and all active ones below it, superiors first."""
    rows = CertificateAuthority.objects.filter(state=rules.State.ACTIVE).order_by("pk")
    found, ids = [], {ca_id}
    for row in rows:  # a superior is there before its subordinates
        if row.pk in ids or row.parent_id in ids:
            ids.add(row.pk)
            found.append(row)
    return found


def vouching(row: CertificateAuthority) -> list[rules.Issuer]:
    """By whose key an authority that is planned will be believed: its superior, or what it follows;
    locked, so that none of them is stopped meanwhile.
    """
    rows = CertificateAuthority.objects.select_for_update(of=("self",)).order_by("pk")
    if row.parent_id is not None:
        return [issuer_of(rows.get(pk=row.parent_id))]
    earlier = rows.filter(lineage=row.lineage, state=rules.State.ACTIVE, parent__isnull=True)
    return [issuer_of(one) for one in earlier.filter(generation__lt=row.generation)]


def issuer_to_be(row: CertificateAuthority, made: Certificate) -> rules.Issuer:
    """An authority that is planned, as its certificate `made` will have it."""
    certified = copy(row)
    certified.certificate = made.der
    return issuer_of(certified)


def names_taken(*, besides: str) -> set[str]:
    """Folded names of all authorities there are or were, but for that of one code."""
    rows = CertificateAuthority.objects.filter(state__in=rules.KNOWN).exclude(code=besides)
    return {
        parsed(bytes(der or b"")).subject.key for der in rows.values_list("certificate", flat=True)
    }


def place_of(subject: Name, code: str) -> tuple[str, int]:
    """Lineage and generation of a key that a CA elsewhere has certified: by its name (CPS 5.6)."""
    rows = CertificateAuthority.objects.filter(state__in=rules.KNOWN).order_by("-generation")
    for row in rows:
        if parsed(bytes(row.certificate or b"")).subject.key == subject.key:
            return row.lineage, next_generation(row.lineage)
    return code, 1


def next_generation(lineage: str) -> int:
    """The number of the next key; what was only planned has used its number up."""
    rows = CertificateAuthority.objects.filter(lineage=lineage)
    return (rows.aggregate(last=Max("generation"))["last"] or 0) + 1


@dataclass(frozen=True, slots=True)
class Present:
    """An authority that a new key may follow. `superior`: code of who certifies it now, "": none
    of ours; `newest`: code of its newest generation; `next`: number of the one to come.
    """

    issuer: rules.Issuer
    lineage: str
    newest: str
    next: int
    self_signed: bool
    superior: str
    key_since: datetime


def present(code: str) -> Present:
    """Refuses `hierarchy.not_active`."""
    row = CertificateAuthority.objects.select_related("parent").filter(code=code).first()
    if row is None or row.state != rules.State.ACTIVE:
        raise _not_active(code)
    issuer = issuer_of(row)
    own = issuer.certificate
    return Present(
        issuer=issuer,
        lineage=row.lineage,
        newest=issuer_for(row.lineage).code,
        next=next_generation(row.lineage),
        self_signed=own.body.issuer == own.body.subject,
        superior=issuer_for(row.parent.lineage).code if row.parent else "",
        key_since=row.key_since,
    )


def newest() -> list[rules.Issuer]:
    """The newest generation of each name, superiors first."""
    rows = CertificateAuthority.objects.filter(state=rules.State.ACTIVE).order_by("generation")
    found = {row.lineage: row for row in rows}
    return [issuer_of(row) for row in sorted(found.values(), key=lambda row: row.pk)]


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


def known() -> list[rules.Issuer]:
    """All authorities whose certificates can be met, superiors first; retired ones, too."""
    rows = CertificateAuthority.objects.filter(state__in=rules.KNOWN).order_by("pk")
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
    writing = Responder.objects.filter(ca__state=rules.State.ACTIVE)
    ends = writing.values("ca").annotate(end=Max("not_after"), most=Max("ca__not_after"))
    late = ends.filter(end__lt=at + rules.RENEW_RESPONDER).filter(end__lt=F("most"))
    planned = Responder.objects.filter(certificate__isnull=True)
    found = {*late.values_list("ca", flat=True), *planned.values_list("ca", flat=True)}
    return sorted(found)


def responder_ends() -> dict[str, datetime]:
    """When the last certificate of each authority's responder ends, by the authority's code."""
    rows = Responder.objects.filter(certificate__isnull=False, ca__state=rules.State.ACTIVE)
    rows = rows.order_by("pk")
    return dict(rows.values_list("ca__code", "not_after"))


def issuing_until() -> dict[str, datetime]:
    """From when on the newest generation of each name issues nothing, by its code."""
    return {issuer.code: issuer.stops for issuer in newest()}


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
    stopped_at: datetime | None = None  # since when it issues nothing
    revoked_at: datetime | None = None  # by its superior
    links: tuple[str, ...] = ()  # codes of link certificates


def links_there() -> QuerySet[LinkCertificate]:
    """Those that everybody may have: signed, in use, and not revoked since."""
    return LinkCertificate.objects.filter(certificate__isnull=False, revocation__isnull=True)


def ends_of_links(row: CertificateAuthority) -> list[datetime]:
    """Of the link certificates that its key has signed: its lists speak of them, too."""
    own = parsed(bytes(row.certificate or b"")).key_identifier
    signed = LinkCertificate.objects.filter(ca__lineage=row.lineage, certificate__isnull=False)
    made = [parsed(bytes(link.certificate or b"")) for link in signed]
    return [one.not_after for one in made if one.authority_key_identifier == own]


def authority_views() -> list[AuthorityView]:
    rows = CertificateAuthority.objects.filter(state=rules.State.ACTIVE).order_by("pk")
    revoked = revoked_at()
    there = links_there().order_by("pk")
    links: dict[int, list[str]] = {}
    for ca_id, code in there.values_list("ca_id", "code"):
        links.setdefault(ca_id, []).append(code)
    return [
        _view(
            row, parsed(bytes(row.certificate or b"")), revoked.get(row.pk), links.get(row.pk, ())
        )
        for row in rows
    ]


def revoked_at() -> dict[int, datetime]:
    """Of the authorities whose own certificates were revoked by their superiors."""
    rows = CertificateAuthority.objects.filter(revocation__isnull=False)
    return dict(rows.values_list("pk", "revocation__revoked_at"))


def _view(
    row: CertificateAuthority,
    certificate: Certificate,
    revoked: datetime | None,
    links: Iterable[str],
) -> AuthorityView:
    return AuthorityView(
        code=row.code,
        subject=certificate.subject.text,
        issuer=certificate.issuer.text,
        algorithm=signed_by(certificate),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        fingerprint_sm3=certificate.fingerprint_sm3,
        fingerprint_sha256=certificate.fingerprint_sha256,
        demo=row.demo,
        serial=f"{certificate.serial:x}",
        directory=addresses(row.code).directory,
        stopped_at=row.stopped_at,
        revoked_at=revoked,
        links=tuple(links),
    )


def certificate_of(code: str) -> bytes:
    """DER of an authority's certificate, or of a link certificate. Refuses `hierarchy.unknown`."""
    link = links_there().filter(code=code).first()
    if link is not None:
        return bytes(link.certificate or b"")
    row = CertificateAuthority.objects.filter(code=code, state__in=rules.KNOWN).first()
    if row is None or row.certificate is None:
        raise Refusal(Kind.NOT_FOUND, "hierarchy.unknown", f"no authority {code}")
    return bytes(row.certificate)
