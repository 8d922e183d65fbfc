"""What a relying party is told of a certificate it names or holds in its hand (CPS 4.5.2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.errors import Kind, Refusal
from ca import wording
from ca.hierarchy.queries import known as known_authorities
from ca.hierarchy.queries import revoked_at
from ca.hierarchy.rules import Issuer
from ca.issuing import queries, rules
from ca.issuing.queries import CertificateView
from ca.issuing.rules import Verdict
from pki import certificates as x509
from pki import extension_values, oids
from pki.certificates import Certificate
from pki.errors import PkiError


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict, and what it stands on: issuer, validity, revocation, usage.

    `since`: of a revocation or a hold. `serial` hexadecimal. `published`: can be fetched here.
    `steps`: what CPS 4.5.2 has a relying party confirm: whether it is so, in words.
    """

    verdict: Verdict
    label: str
    serial: str
    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    usages: tuple[str, ...]
    since: datetime | None
    reason: str
    fingerprint_sm3: str
    fingerprint_sha256: str
    published: bool
    steps: tuple[tuple[bool, str], ...]


def by_serial(serial: str, *, at: datetime) -> Finding | None:
    """None when nothing was asked, or there is no such certificate for everybody (CPS 4.4.2)."""
    try:
        found = queries.published(serial)
    except Refusal:
        return None
    parsed = x509.parse(found.der)
    return _finding(parsed, _of(found, parsed, at=at), found, at=at)


def of_file(data: bytes, *, at: datetime) -> Finding:
    """Of a certificate, PEM or DER. Keeps nothing of it.

    Refuses `certificate.too_large`, `certificate.unreadable`.
    """
    rules.check_size(len(data))
    try:
        certificate = x509.parse(data)
        authorities = known_authorities()
        issuer = _issuer_of(certificate, authorities)
        known = queries.registered(certificate.der, issuer.id) if issuer else None
        verdict = _verdict(certificate, authorities, known, at=at)
        return _finding(certificate, verdict, known, at=at)
    except PkiError as error:
        raise Refusal(
            Kind.INVALID, "certificate.unreadable", error.reason, field="file", fault=error.rule
        ) from error


def _verdict(
    certificate: Certificate,
    authorities: Sequence[Issuer],
    known: CertificateView | None,
    *,
    at: datetime,
) -> Verdict:
    if not _leads_to_a_root(certificate, authorities):
        return Verdict.FOREIGN
    if known is not None:
        return _of(known, certificate, at=at)
    own = next((one for one in authorities if one.certificate.der == certificate.der), None)
    if own is not None:
        state = rules.State.REVOKED if own.id in revoked_at() else ""
        return rules.verdict(state, certificate.not_before, certificate.not_after, at=at)
    return Verdict.UNREGISTERED


def _of(found: CertificateView, parsed: Certificate, *, at: datetime) -> Verdict:
    return rules.verdict(found.state, parsed.not_before, parsed.not_after, at=at)


def _leads_to_a_root(certificate: Certificate, authorities: Sequence[Issuer]) -> bool:
    """Whether every signature on the way up to a root of ours holds (RFC 5280 6.1)."""
    for _ in authorities:
        issuer = _issuer_of(certificate, authorities)
        if issuer is None:
            return False
        if issuer.certificate.der == certificate.der:
            return True
        certificate = issuer.certificate
    return False


def _issuer_of(certificate: Certificate, authorities: Sequence[Issuer]) -> Issuer | None:
    """The authority whose signature it bears; a root's is its own."""
    return next((one for one in authorities if _signed_by(certificate, one)), None)


def _signed_by(certificate: Certificate, issuer: Issuer) -> bool:
    try:
        x509.verify(certificate, issuer.certificate)
    except PkiError:
        return False
    return True


def _finding(
    parsed: Certificate, verdict: Verdict, found: CertificateView | None, *, at: datetime
) -> Finding:
    ended = found.revoked_at if found and verdict is Verdict.REVOKED else None
    held = found.held_at if found and verdict is Verdict.HELD else None
    reason = found.reason if found else ""
    return Finding(
        verdict=verdict,
        label=str(wording.VERDICTS[verdict]),
        serial=f"{parsed.serial:x}",
        subject=parsed.subject.text,
        issuer=parsed.issuer.text,
        not_before=parsed.not_before,
        not_after=parsed.not_after,
        usages=_usages(parsed),
        since=ended or held,
        reason=str(wording.REASONS[reason]) if reason else "",
        fingerprint_sm3=parsed.fingerprint_sm3,
        fingerprint_sha256=parsed.fingerprint_sha256,
        published=found is not None and queries.is_published(found),
        steps=tuple(_steps(verdict, timely=parsed.not_before <= at <= parsed.not_after)),
    )


def _steps(verdict: Verdict, *, timely: bool) -> Iterator[tuple[bool, str]]:
    """Of a stranger's certificate nothing more is said: its dates prove nothing."""
    ours = verdict is not Verdict.FOREIGN
    found = {
        "issuer": ours,
        "validity": timely,
        "status": verdict not in {Verdict.HELD, Verdict.REVOKED, Verdict.UNREGISTERED},
    }
    for code in found if ours else ["issuer"]:
        yield found[code], str(wording.STEPS[code, found[code]])


def _usages(parsed: Certificate) -> tuple[str, ...]:
    """What the key may be used for, and by which applications (RFC 5280 4.2.1.3, 4.2.1.12)."""
    extended = parsed.body.extension(oids.EXTENDED_KEY_USAGE)
    purposes = extension_values.extended_key_usage(extended.value) if extended else ()
    return (
        *(str(wording.KEY_USAGES[usage]) for usage in sorted(parsed.key_usage or ())),
        *(str(wording.PURPOSES.get(purpose, purpose)) for purpose in purposes),
    )
