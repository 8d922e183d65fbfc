"""Link certificates: the old key certifies the new one and the new one the old (RFC 4210 4.4).
Pure.
"""

from dataclasses import dataclass
from datetime import datetime

from ca.hierarchy.rules import Issuer, whereabouts
from pki import certificates, der, extensions
from pki.certificates import Certificate, Plan


@dataclass(frozen=True, slots=True)
class Link:
    """One of the two: `code` names it at /ca/, `issuer` signs that `about` is the same authority.

    `about` may be the certificate of an authority that is only planned.
    """

    code: str
    issuer: Issuer
    about: Certificate


def pair(old: Issuer, new: Issuer) -> tuple[Link, Link]:
    """OldWithNew and NewWithOld, in this order."""
    return (
        Link(f"{new.code}-old-with-new", new, old.certificate),
        Link(f"{new.code}-new-with-old", old, new.certificate),
    )


def plan(link: Link, *, serial: int, at: datetime) -> Plan:
    """It is valid while both certificates are, from now on: nothing outlives its issuer."""
    issuer, about = link.issuer.certificate, link.about
    return Plan(
        serial=serial,
        issuer=link.issuer.name,
        subject=about.subject,
        public_key=about.public_key,
        not_before=max(at.replace(microsecond=0), issuer.not_before, about.not_before),
        not_after=min(issuer.not_after, about.not_after),
        signature_algorithm=link.issuer.signature_algorithm,
        extensions=(
            extensions.authority_key_identifier(link.issuer.key_identifier),
            extensions.subject_key_identifier(about.public_key.key_identifier),
            extensions.key_usage(("keyCertSign", "cRLSign")),
            extensions.basic_constraints(ca=True, path_length=about.basic_constraints.path_length),
            *whereabouts(link.issuer),
        ),
    )


def split(made: bytes) -> list[Certificate]:
    """Those that stand one after the other, DER."""
    reader, found = der.Reader(made), []
    while reader:
        found.append(certificates.parse(reader.any().der))
    return found
