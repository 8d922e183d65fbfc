"""Certificate revocation lists (RFC 5280 section 5; CPS 7.2): write, read, verify, compare.

An entry can be encoded at the moment of the revocation and stored; a list of a million stored
entries is then a concatenation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pki import der, extension_values, extensions, names, oids, signatures
from pki.errors import BadSignature, Malformed, Refused
from pki.extensions import Extension
from pki.revocations import REASONS, Entry, read_entries, read_extensions, read_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pki.certificates import Certificate
    from pki.extension_values import GeneralName
    from pki.names import Name

__all__ = [
    "REASONS",
    "Difference",
    "Entry",
    "RevocationList",
    "Scope",
    "assemble",
    "delta_indicator",
    "difference",
    "encode",
    "issuing_distribution_point",
    "parse",
    "parse_tbs",
    "scope_of",
    "verify",
]

_V2 = der.integer(1)
_UNDERSTOOD = frozenset({oids.DELTA_CRL_INDICATOR, oids.ISSUING_DISTRIBUTION_POINT})  # if critical


# -- writing ------------------------------------------------------------------------------------


def encode(  # noqa: PLR0917 - in the order of RFC 5280 5.1
    issuer: Name | bytes,
    number: int,
    this_update: datetime,
    next_update: datetime,
    entries: Iterable[bytes | Entry],
    authority_key_id: bytes,
    signature_algorithm: str,
    *,
    more: Iterable[Extension] = (),
) -> bytes:
    """The TBSCertList. `issuer` is copied byte for byte; entries given as bytes are not looked at.

    `more` are further extensions: `delta_indicator`, `issuing_distribution_point`.
    """
    body = b"".join([entry if isinstance(entry, bytes) else entry.der for entry in entries])
    said = (
        extensions.authority_key_identifier(authority_key_id),
        Extension(oids.CRL_NUMBER, False, der.integer(number)),
        *more,
    )
    return der.sequence(
        _V2,
        signatures.identifier(signature_algorithm),
        issuer if isinstance(issuer, bytes) else issuer.der,
        der.time(this_update),
        der.time(next_update),
        der.sequence(body) if body else b"",  # never an empty SEQUENCE, RFC 5280 5.1.2.6
        der.explicit(0, extensions.encode_all(said)),
    )


def assemble(tbs: bytes, signature: bytes) -> bytes:
    """The signed list; the algorithm is the one that stands in `tbs`."""
    return der.sequence(tbs, _algorithm_in(tbs), der.bit_string(signature))


def delta_indicator(base_number: int) -> Extension:
    """The list only tells what changed since the complete list of that number (5.2.4)."""
    return Extension(oids.DELTA_CRL_INDICATOR, True, der.integer(base_number))


def issuing_distribution_point(
    place: str | Name, *, only_users: bool = False, only_cas: bool = False
) -> Extension:
    """The list covers what was issued with `place` as its distribution point (5.2.5)."""
    if only_users and only_cas:
        raise Refused("crl.scope", "A list is for users or for CAs, not for both alone.")
    parts = [der.explicit(0, extensions.full_name(place))]
    parts += [der.implicit(1, b"\xff")] if only_users else []
    parts += [der.implicit(2, b"\xff")] if only_cas else []
    return Extension(oids.ISSUING_DISTRIBUTION_POINT, True, der.sequence(*parts))


# -- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RevocationList:
    """A parsed list; `verify` has yet to be asked."""

    der: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    issuer: Name
    this_update: datetime
    next_update: datetime
    entries: tuple[Entry, ...] = field(repr=False)
    extensions: tuple[Extension, ...]
    signature_algorithm: str
    signature: bytes = field(repr=False)

    @cached_property
    def by_serial(self) -> dict[int, Entry]:
        return {entry.serial: entry for entry in self.entries}

    @cached_property
    def number(self) -> int | None:
        return self._integer(oids.CRL_NUMBER)

    @cached_property
    def base_number(self) -> int | None:
        """The number of the list that this delta adds to; None for a complete list."""
        return self._integer(oids.DELTA_CRL_INDICATOR)

    @cached_property
    def authority_key_identifier(self) -> bytes | None:
        value = self.extension(oids.AUTHORITY_KEY_IDENTIFIER)
        return None if value is None else extension_values.authority_key_identifier(value)

    def extension(self, oid: str) -> bytes | None:
        """The value of an extension of the list, None if it is not there."""
        return next((found.value for found in self.extensions if found.oid == oid), None)

    def _integer(self, oid: str) -> int | None:
        value = self.extension(oid)
        return None if value is None else der.decode_integer(der.only(value, der.INTEGER).rest())


def parse(encoded: bytes) -> RevocationList:
    """From DER. Raises Malformed or Refused `crl.*`, `name.*`, `signature.*`."""
    with der.reading("crl", "The revocation list"):
        outer = der.only(encoded)
        tbs, algorithm = outer.value(der.SEQUENCE), outer.value(der.SEQUENCE)
        signature = outer.bit_string()
        outer.finish()
        found = _read(tbs.der, encoded, signature)
        if algorithm.der != _algorithm_in(tbs.der):
            raise Malformed("crl.algorithms_differ", "Inside and outside name two algorithms.")
        return found


def parse_tbs(tbs: bytes) -> RevocationList:
    """A list that is not yet signed; `der` and `signature` are empty. Raises as `parse` does."""
    with der.reading("crl", "The revocation list"):
        return _read(tbs, b"", b"")


def _algorithm_in(tbs: bytes) -> bytes:
    reader = der.only(tbs)
    reader.value(der.INTEGER)
    return reader.value(der.SEQUENCE).der


def _read(tbs: bytes, encoded: bytes, signature: bytes) -> RevocationList:
    reader = der.only(tbs)
    if reader.value(der.INTEGER).der != _V2:
        raise Malformed("crl.version", "Revocation lists have version 2 (RFC 5280 5.1.2.1).")
    algorithm, issuer = reader.value(der.SEQUENCE), reader.value(der.SEQUENCE)
    this_update, next_update = read_time(reader), read_time(reader)
    revoked = reader.optional(der.SEQUENCE)
    said = read_extensions(reader.optional(0xA0))
    reader.finish()
    if revoked == b"":
        raise Malformed("crl.empty_sequence", "A list without entries leaves their SEQUENCE out.")
    return RevocationList(
        encoded,
        tbs,
        names.parse(issuer.der),
        this_update,
        next_update,
        tuple(read_entries(revoked or b"")),
        said,
        signatures.parse_identifier(algorithm.der),
        signature,
    )


# -- verifying and comparing --------------------------------------------------------------------


def verify(crl: RevocationList, issuer: Certificate, at: datetime | None = None) -> None:
    """The list is signed by this CA, and with `at` valid at that moment; not what it is about.

    Raises Refused `crl.scope`; BadSignature `crl.*`: wrong_issuer, issuer_may_not_sign,
    unknown_critical_extension, weak_signature, not_yet_valid, stale, bad_signature,
    sm2_without_z, ...
    """
    scope_of(crl)
    for rule, holds, reason in _rules(crl, issuer, at):
        if not holds:
            raise BadSignature(f"crl.{rule}", reason)
    signatures.verify(
        issuer.public_key, crl.tbs, crl.signature, crl.signature_algorithm, about="crl"
    )


def _rules(
    crl: RevocationList, issuer: Certificate, at: datetime | None
) -> tuple[tuple[str, bool, str], ...]:
    wanted, own = crl.authority_key_identifier, issuer.key_identifier
    same_name = issuer.body.subject == crl.issuer.der or issuer.subject.key == crl.issuer.key
    usage = issuer.key_usage
    unknown = {e.oid for e in crl.extensions if e.critical} - _UNDERSTOOD
    strong = crl.signature_algorithm in signatures.STRONG
    moment = at or crl.this_update
    return (
        ("wrong_issuer", same_name, "The issuer's name is another one."),
        ("wrong_issuer", None in (wanted, own) or wanted == own, "The key identifiers differ."),
        ("issuer_may_not_sign", usage is None or "cRLSign" in usage, "The key signs no lists."),
        ("unknown_critical_extension", not unknown, "A critical extension is not understood."),
        ("weak_signature", strong, f"{crl.signature_algorithm} proves nothing any more."),
        ("not_yet_valid", crl.this_update <= moment, "The list is from the future."),
        ("stale", moment <= crl.next_update, "The list is out of date."),
    )


class Scope(NamedTuple):
    """What a list speaks about: `places` are the distribution points, none means all."""

    places: tuple[GeneralName, ...] = ()
    only_users: bool = False
    only_cas: bool = False


def scope_of(crl: RevocationList) -> Scope:
    """Raises Refused `crl.scope` for lists of other CAs, of attributes or of some reasons only."""
    value = crl.extension(oids.ISSUING_DISTRIBUTION_POINT)
    if value is None:
        return Scope()
    with der.reading("crl", "The issuing distribution point"):
        reader = der.only(value)
        point = der.Reader(reader.optional(0xA0) or b"")
        places = extension_values.general_names(der.Reader(point.take(0xA0))) if point else ()
        point.finish()
        flags = [reader.optional(tag) for tag in (0x81, 0x82)]
    if reader:
        raise Refused("crl.scope", "The list is for some reasons, other CAs or attributes only.")
    only_users, only_cas = (flag is not None and der.decode_boolean(flag) for flag in flags)
    return Scope(places, only_users, only_cas)


class Difference(NamedTuple):
    """Serial numbers that only the newer, or only the older list holds."""

    added: frozenset[int]
    removed: frozenset[int]


def difference(old: RevocationList, new: RevocationList) -> Difference:
    before, after = old.by_serial.keys(), new.by_serial.keys()
    return Difference(frozenset(after - before), frozenset(before - after))
