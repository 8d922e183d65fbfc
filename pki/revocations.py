"""One revocation as an entry of a list (RFC 5280 5.1.2.6, 5.3): `pki.crls` is the door."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pki import der, extensions, oids
from pki.errors import Malformed, Refused
from pki.extensions import Extension

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

REASONS = {  # CRLReason, RFC 5280 5.3.1
    "unspecified": 0,
    "keyCompromise": 1,
    "cACompromise": 2,
    "affiliationChanged": 3,
    "superseded": 4,
    "cessationOfOperation": 5,
    "certificateHold": 6,
    "removeFromCRL": 8,
    "privilegeWithdrawn": 9,
    "aACompromise": 10,
}
_REASON_NAMES = {code: name for name, code in REASONS.items()}


def reason_code(reason: str) -> int:
    """The number of a CRLReason. Raises Refused `crl.reason`."""
    if reason not in REASONS:
        raise Refused("crl.reason", f"There is no revocation reason {reason}.")
    return REASONS[reason]


def reason_name(code: int) -> str:
    """The name of a CRLReason. Raises Malformed `crl.reason`."""
    if code not in _REASON_NAMES:
        raise Malformed("crl.reason", f"There is no revocation reason {code}.")
    return _REASON_NAMES[code]


class Entry(NamedTuple):
    """One revoked certificate; `reason` is a name of REASONS, None where the list gives none."""

    serial: int
    revoked_at: datetime
    reason: str | None = None
    invalidity_date: datetime | None = None

    @property
    def der(self) -> bytes:
        """What a list holds. `unspecified` is left out, as RFC 5280 5.3.1 asks."""
        said = _entry_extensions(self.reason, self.invalidity_date)
        return der.sequence(der.integer(self.serial), der.time(self.revoked_at), said)


@lru_cache(maxsize=1024)
def _entry_extensions(reason: str | None, invalidity_date: datetime | None) -> bytes:
    said = b""
    if reason is not None and (code := reason_code(reason)):
        said = Extension(oids.CRL_REASON, False, der.enumerated(code)).der
    if invalidity_date is not None:
        since = der.generalized_time(invalidity_date)
        said += Extension(oids.INVALIDITY_DATE, False, since).der
    return der.sequence(said) if said else b""


def read_time(reader: der.Reader) -> datetime:
    tag = reader.peek() or 0
    moment = der.decode_time(tag, reader.take(tag))
    if (tag == der.UTC_TIME) != (moment.year < 2050):  # noqa: PLR2004 - RFC 5280 5.1.2.4 to 5.1.2.6
        raise Malformed("crl.time_form", "Times are UTCTime through 2049, then GeneralizedTime.")
    return moment


def read_extensions(content: bytes | None) -> tuple[Extension, ...]:
    if content is None:
        return ()
    said = extensions.read_all(der.only(content))
    if len({extension.oid for extension in said}) != len(said):
        raise Malformed("crl.extension_twice", "An extension stands twice in the list.")
    return said


def read_entries(content: bytes) -> Iterator[Entry]:
    reader = der.Reader(content)
    while reader:
        entry = reader.enter()
        serial, revoked_at = entry.integer(), read_time(entry)
        reason, since = _read_entry_extensions(entry.rest()) if entry else (None, None)
        yield Entry(serial, revoked_at, reason, since)


@lru_cache(maxsize=1024)  # a handful of reasons makes up nearly all of a list
def _read_entry_extensions(content: bytes) -> tuple[str | None, datetime | None]:
    reason, since = None, None
    for extension in read_extensions(content):
        value = der.Reader(extension.value)
        if extension.oid == oids.CRL_REASON:
            reason = reason_name(der.decode_integer(value.take(der.ENUMERATED)))
        elif extension.oid == oids.INVALIDITY_DATE:
            since = der.decode_time(der.GENERALIZED_TIME, value.take(der.GENERALIZED_TIME))
        elif extension.critical:
            raise Refused("crl.entry_extension", f"Critical {extension.oid} is not understood.")
        else:
            value.rest()
        value.finish()
    return reason, since
