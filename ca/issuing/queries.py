"""Reads: will an order go through, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anxin.kernel.errors import Kind, Refusal
from ca import wording
from ca.claims.queries import check_free
from ca.hierarchy.queries import issuer_by_code
from ca.issuing import rules
from ca.issuing.models import Certificate
from ca.profiles.rules import Publication, profile_of
from pki import certificates as x509


def check_order(order: rules.Order) -> None:
    """Refuses an order outside its profile, for a key or a name that is taken, or before the
    issuing authority is there. What it lets through may still be refused later.
    """
    wish = rules.read(order)
    issuer_by_code(wish.profile.issuer)
    check_free(fingerprint=wish.key.fingerprint, name_digest=wish.name_digest, holder=order.holder)


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as other houses see it; `serial` hexadecimal, `der` empty until it is valid.

    `revoked_at` and `reason` (of RFC 5280) are there once it is revoked, `held_at` while it is on
    hold and when it was revoked out of a hold, `refusal` if there will never be a certificate.
    """

    id: int
    state: str
    ca: str
    profile: str
    profile_version: int
    requester: str
    holder: str
    subject: str
    days: int
    serial: str
    not_before: datetime | None
    not_after: datetime | None
    der: bytes
    ordered_at: datetime
    settled_at: datetime | None
    refusal: str
    held_at: datetime | None
    revoked_at: datetime | None
    reason: str


# Named one by one: the public site may read these columns and no others.
_COLUMNS = {
    "id": "id",
    "state": "state",
    "ca": "ca__code",
    "profile": "profile",
    "profile_version": "profile_version",
    "requester": "requester",
    "holder": "holder",
    "subject": "subject_text",
    "days": "days",
    "serial": "serial",
    "not_before": "not_before",
    "not_after": "not_after",
    "der": "der",
    "ordered_at": "ordered_at",
    "settled_at": "settled_at",
    "refusal": "refusal",
    "held_at": "held_at",
    "revoked_at": "revocation__revoked_at",
    "reason": "revocation__reason",
}


def _view(row: dict[str, Any]) -> CertificateView:
    values = {name: row[column] for name, column in _COLUMNS.items()}
    values["der"] = bytes(values["der"] or b"")
    values["serial"] = values["serial"] or ""
    values["reason"] = values["reason"] or ""
    return CertificateView(**values)


def _views(**wanted: object) -> list[CertificateView]:
    rows = Certificate.objects.filter(**wanted).order_by("id").values(*_COLUMNS.values())
    return [_view(row) for row in rows]


def _one(found: list[CertificateView], what: str) -> CertificateView:
    if not found:
        raise Refusal(Kind.NOT_FOUND, "certificate.unknown", f"no certificate {what}")
    return found[-1]


def certificate(certificate_id: int) -> CertificateView:
    """Refuses `certificate.unknown`."""
    return _one(_views(pk=certificate_id), str(certificate_id))


def certificates(certificate_ids: Iterable[int]) -> list[CertificateView]:
    return _views(pk__in=list(certificate_ids))


def certificate_of(requester: str) -> CertificateView:
    """The latest one ordered for `requester`. Refuses `certificate.unknown`."""
    return _one(_views(requester=requester), f"of {requester}")


def certificates_of(holder: str) -> list[CertificateView]:
    """All of one holder, in the order of their orders."""
    return _views(holder=holder)


def by_serial(serial: str) -> CertificateView:
    """An issued one; colons, spaces and case do not count. Refuses `certificate.unknown`."""
    plain = rules.serial_of(serial)
    issued = [state.value for state in rules.ISSUED]
    found = _views(serial=plain, state__in=issued) if plain else []
    return _one(found, f"with serial number {plain[:40]}")


def published(serial: str) -> CertificateView:
    """One that everybody may have (CPS 4.4.2). Refuses `certificate.unknown` for all others."""
    found = by_serial(serial)
    if profile_of(found.profile).publication is not Publication.GENERAL:
        raise Refusal(Kind.NOT_FOUND, "certificate.unknown", "not a published certificate")
    return found


@dataclass(frozen=True, slots=True)
class Finding:
    """What the check page says about a serial number (CPS 4.5.2)."""

    verdict: str
    verdict_label: str
    certificate: CertificateView
    issuer: str
    usages: tuple[str, ...]
    reason: str
    fingerprint_sm3: str
    fingerprint_sha256: str


def verdict(serial: str, *, at: datetime) -> Finding | None:
    """None when nothing was asked, or we never issued it."""
    try:
        found = published(serial)
    except Refusal:
        return None
    parsed = x509.parse(found.der)
    outcome = rules.verdict(found.state, parsed.not_before, parsed.not_after, at=at)
    return Finding(
        verdict=outcome,
        verdict_label=str(wording.VERDICTS[outcome]),
        certificate=found,
        issuer=parsed.issuer.text,
        usages=tuple(str(wording.KEY_USAGES[u]) for u in sorted(parsed.key_usage or ())),
        reason=str(wording.REASONS[found.reason]) if found.reason else "",
        fingerprint_sm3=parsed.fingerprint_sm3,
        fingerprint_sha256=parsed.fingerprint_sha256,
    )
