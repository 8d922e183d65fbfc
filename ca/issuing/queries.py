"""Reads: will an order go through, and what became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anxin.kernel.errors import Kind, Refusal, Refusals
from ca.claims.queries import check_free, key_since
from ca.hierarchy import life
from ca.hierarchy.queries import issuer_for
from ca.issuing import rules, successors
from ca.issuing.models import Certificate
from ca.profiles.queries import are_published, profile
from ca.profiles.rules import Bearer, longest_key_years
from pki import certificates as x509
from pki import publickeys


def check_order(order: rules.Order, *, at: datetime) -> None:
    """Refuses an order outside its profile, for a key or a name that is taken, before the issuing
    authority is there or after it has stopped. What it lets through may still be refused later.
    """
    wish = rules.read(order, profile(order.profile, order.version))
    life.check_issuing(issuer_for(wish.profile.issuer), at=at)
    check_free(
        fingerprint=wish.key.fingerprint,
        name_digest=wish.name_digest,
        holder=order.holder,
        keeps_key=keeps_key(order, wish, at=at),
    )


def keeps_key(order: rules.Order, wish: rules.Wish, *, at: datetime) -> bool:
    """Whether the order is for the key of the certificate it replaces (CPS 4.6).

    Refuses `succession.*` and `key.too_old` where that one is to have no successor, or not so.
    """
    if order.replaces is None:
        return False
    row = _to_be_replaced(order.replaces)
    kept = bytes(row.public_key) == wish.key.spki
    found = successors.hindrances(
        _predecessor(row), holder=order.holder, keeps_key=kept, days=wish.days, at=at
    )
    if found:
        raise Refusals(found)
    return kept


def hindrances_to_succeed(
    certificate_id: int, *, holder: str, keeps_key: bool, days: int, at: datetime
) -> list[Refusal]:
    """Why no certificate may take this one's place; empty: one may. `days`: of the new one."""
    before = _predecessor(_to_be_replaced(certificate_id))
    return successors.hindrances(before, holder=holder, keeps_key=keeps_key, days=days, at=at)


def _to_be_replaced(certificate_id: int) -> Certificate:
    row = Certificate.objects.filter(pk=certificate_id).first()
    if row is None or row.not_after is None:
        raise Refusal(Kind.NOT_FOUND, "certificate.unknown", f"no certificate {certificate_id}")
    return row


def _predecessor(row: Certificate) -> successors.Predecessor:
    key = publickeys.parse(bytes(row.public_key))
    years = longest_key_years(Bearer.SUBSCRIBER, key)
    same_key = Certificate.objects.filter(holder=row.holder, public_key=row.public_key)
    assert row.not_after  # `_to_be_replaced` looked
    return successors.Predecessor(
        holder=row.holder,
        state=row.state,
        not_after=row.not_after,
        key_until=successors.key_until(key_since(key.fingerprint) or row.ordered_at, years),
        compromised=same_key.filter(revocation__reason=successors.COMPROMISED).exists(),
        succeeded=row.successors.filter(state__in=rules.STANDING).exists(),
    )


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate as other houses see it; `serial` hexadecimal, `der` empty until it is valid.

    `revoked_at` and `reason` (of RFC 5280) are there once it is revoked, `held_at` while it is on
    hold and when it was revoked out of a hold, `refusal` if there will never be a certificate.
    `replaces` is the id of the one it succeeds.
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
    replaces: int | None


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
    "replaces": "replaces",
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


def states(certificate_ids: Iterable[int]) -> dict[int, str]:
    """Certificate id to state; an unknown one is not among them."""
    rows = Certificate.objects.filter(pk__in=list(certificate_ids))
    return dict(rows.values_list("pk", "state"))


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
    if not is_published(found):
        raise Refusal(Kind.NOT_FOUND, "certificate.unknown", "not a published certificate")
    return found


def is_published(view: CertificateView) -> bool:
    return bool(are_published([(view.profile, view.profile_version)]))


def registered(der: bytes, ca_id: int) -> CertificateView | None:
    """The certificate of just these bytes, whatever its profile: whoever asks has it already."""
    serial = f"{x509.parse(der).serial:x}"
    issued = [state.value for state in rules.ISSUED]
    found = _views(ca_id=ca_id, serial=serial, state__in=issued)
    return next((view for view in found if view.der == der), None)
