"""Revoking certificates about authorities: whoever signed one lists it (CPS 5.7.3, 5.8)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.log import record, subject_of
from ca.hierarchy.models import CertificateAuthority, LinkCertificate
from ca.hierarchy.queries import parsed
from ca.revocation.models import AuthorityRevocation, LinkRevocation
from ca.revocation.rules import END_REASONS, NEVER_USED, End
from ca.revocation.services import whole
from pki.certificates import Certificate, assemble, parse
from pki.crls import Entry


@transaction.atomic
def revoke_authority(
    row: CertificateAuthority,
    why: End,
    *,
    ending: int,
    invalid_since: datetime | None,
    at: datetime,
) -> bool:
    """An authority's own certificate, by its superior; False: it is revoked, or nobody here can."""
    if row.certificate is None:
        return False
    own, reason = parsed(bytes(row.certificate)), END_REASONS[why]
    return _revoke_own(row, own, reason, ending=ending, invalid_since=invalid_since, at=at)


def _revoke_own(
    row: CertificateAuthority,
    own: Certificate,
    reason: str,
    *,
    ending: int | None,
    invalid_since: datetime | None,
    at: datetime,
) -> bool:
    if row.parent is None or AuthorityRevocation.objects.filter(authority=row).exists():
        return False
    said = _said(own, row.parent, reason, ending=ending, invalid_since=invalid_since, at=at)
    AuthorityRevocation.objects.create(authority=row, **said)
    record(
        "ca.revoke_authority",
        subject_of(row),
        actor=SYSTEM,
        at=at,
        reason=reason,
        ending=ending,
        by=row.parent_id,
    )
    return True


@transaction.atomic
def revoke_links(
    row: CertificateAuthority,
    why: End,
    *,
    ending: int,
    invalid_since: datetime | None,
    at: datetime,
) -> int:
    """Link certificates of this authority's key, by it or about it; how many (RFC 4210 4.4)."""
    key = parsed(bytes(row.certificate or b"")).key_identifier
    links = LinkCertificate.objects.filter(ca__lineage=row.lineage, certificate__isnull=False)
    count = 0
    for link in links.filter(revocation__isnull=True).order_by("pk"):
        made = parsed(bytes(link.certificate or b""))
        if key in (made.key_identifier, made.authority_key_identifier):
            reason = END_REASONS[why]
            _revoke_link(link, made, reason, ending=ending, invalid_since=invalid_since, at=at)
            count += 1
    return count


def _revoke_link(
    link: LinkCertificate,
    made: Certificate,
    reason: str,
    *,
    ending: int | None,
    invalid_since: datetime | None,
    at: datetime,
) -> None:
    by = _signer_of(link, made)
    said = _said(made, by, reason, ending=ending, invalid_since=invalid_since, at=at)
    LinkRevocation.objects.create(link=link, **said)
    record(
        "ca.revoke_link",
        subject_of(link.ca),
        actor=SYSTEM,
        at=at,
        code=link.code,
        reason=reason,
        ending=ending,
        by=by.pk,
    )


def _signer_of(link: LinkCertificate, made: Certificate) -> CertificateAuthority:
    """Of the two generations the one whose key signed it."""
    rows = CertificateAuthority.objects.filter(lineage=link.ca.lineage, certificate__isnull=False)
    wanted = made.authority_key_identifier
    return next(
        one for one in rows if parsed(bytes(one.certificate or b"")).key_identifier == wanted
    )


def _said(
    made: Certificate,
    by: CertificateAuthority,
    reason: str,
    *,
    ending: int | None,
    invalid_since: datetime | None,
    at: datetime,
) -> dict[str, object]:
    since = invalid_since and whole(invalid_since)
    # Who leaves a list is shown to the signer; what nobody can show stays as long as there are any
    until = made.not_after if made.signature else by.not_after
    return {
        "ca_id": by.pk,
        "ending_id": ending,
        "reason": reason,
        "serial": f"{made.serial:x}",
        "revoked_at": at,
        "not_after": until,
        "entry": Entry(made.serial, whole(at), reason, since).der,
    }


@transaction.atomic
def revoke_unused(
    row: CertificateAuthority, signed: Mapping[bytes, bytes], *, at: datetime
) -> list[int]:
    """What a ceremony made that was broken off, and nobody may ever meet: ids of who lists it.

    `signed`: the certificates on record, by what was planned. They are kept: lists and the signer
    name them until they end. Of what was only planned the signature may exist: a worker was killed.
    A root's own has no superior; nobody believes it, and its links are revoked.
    """
    planned = CertificateAuthority.objects.select_for_update().filter(pk=row.pk, state="planned")
    if not planned.update(certificate=signed.get(bytes(row.tbs))):
        return []
    own = _read(row, signed)
    done = _revoke_own(row, own, NEVER_USED, ending=None, invalid_since=None, at=at)
    for link in row.links.filter(revocation__isnull=True):
        row.links.filter(pk=link.pk).update(certificate=signed.get(bytes(link.tbs)))
        made = _read(link, signed)
        _revoke_link(link, made, NEVER_USED, ending=None, invalid_since=None, at=at)
        done = True
    if done or own.signature:
        record("ca.drop_authority", subject_of(row), actor=SYSTEM, at=at, serial=f"{own.serial:x}")
    own_list = AuthorityRevocation.objects.filter(authority=row).values_list("ca_id", flat=True)
    of_links = LinkRevocation.objects.filter(link__ca=row).values_list("ca_id", flat=True)
    return sorted({*own_list, *of_links} - {row.pk})


def _read(
    row: CertificateAuthority | LinkCertificate, signed: Mapping[bytes, bytes]
) -> Certificate:
    """Without a signature where none is on record."""
    tbs = bytes(row.tbs)
    return parse(signed.get(tbs) or assemble(tbs, b""))
