"""Signing link certificates and keeping them: plan -> signature -> on record (RFC 4210 4.4).

What is planned is on record before the signer is asked, so a run that was broken off signs the same
bytes again.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record, subject_of
from ca.hierarchy import links, queries
from ca.hierarchy.links import Link
from ca.hierarchy.models import CertificateAuthority, LinkCertificate
from ca.hierarchy.services import Entropy
from ca.keys import services as keys
from pki import certificates, lint
from pki.certificates import Certificate
from pki.lint import ProfileRules
from pki.signer.protocol import CA_CERTIFICATE


@dataclass(frozen=True, slots=True)
class Wished:
    """Codes of the two generations, and the number of the ceremony that links them."""

    old: str
    new: str
    ceremony: str


def sign(wish: Wished, made: Certificate, *, actor: Actor, at: datetime, entropy: Entropy) -> bytes:
    """OldWithNew and NewWithOld, one after the other, DER. `made`: the new one's certificate.

    The signer has to know the new certificate: the new key signs in its name. In a ceremony only.
    """
    row = CertificateAuthority.objects.get(code=wish.new)
    known = keys.key_of(row.key_label)
    assert known is not None  # it has signed its own certificate
    keys.ensure_certificate(known, made.der, ceremony=wish.ceremony)
    pair = links.pair(queries.issuer_by_code(wish.old), queries.issuer_to_be(row, made))
    plans = [(link, _planned(row, link, actor=actor, at=at, entropy=entropy)) for link in pair]
    return b"".join(_sign(link, tbs, wish.ceremony) for link, tbs in plans)


def _sign(link: Link, tbs: bytes, ceremony: str) -> bytes:
    label = link.issuer.key_label
    signature = keys.sign_one(label, CA_CERTIFICATE, tbs, ceremony=ceremony)
    der = certificates.assemble(tbs, signature)
    certificates.verify(certificates.parse(der), link.issuer.certificate)
    return der


@transaction.atomic
def _planned(
    row: CertificateAuthority, link: Link, *, actor: Actor, at: datetime, entropy: Entropy
) -> bytes:
    there = LinkCertificate.objects.filter(code=link.code).first()
    if there is not None:
        return bytes(there.tbs)
    serial = certificates.serial_from(entropy(certificates.MIN_SERIAL_OCTETS))
    plan = links.plan(link, serial=serial, at=at)
    tbs = certificates.encode(plan)
    issuer = link.issuer.certificate
    lint.check_certificate_tbs(tbs, issuer=issuer, profile_rules=ProfileRules("ca"))
    LinkCertificate.objects.create(
        code=link.code, ca=row, tbs=tbs, not_after=plan.not_after, planned_at=at
    )
    record("ca.plan_link", subject_of(row), actor=actor, at=at, code=link.code)
    return tbs


@transaction.atomic
def keep(new_code: str, made: bytes, *, actor: Actor, at: datetime) -> None:
    """Both are there for everybody; done again it changes nothing."""
    row = CertificateAuthority.objects.get(code=new_code)
    for certificate in links.split(made):
        planned = LinkCertificate.objects.filter(ca=row, tbs=certificate.tbs)
        if planned.filter(certificate__isnull=True).update(certificate=certificate.der):
            code = planned.get().code
            digest = certificate.fingerprint_sm3
            record("ca.publish_link", subject_of(row), actor=actor, at=at, code=code, sm3=digest)
