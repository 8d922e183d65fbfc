"""Extensions of certificates: one function to write each. Reading them is `pki.extension_values`.

Criticality is fixed here as RFC 5280 and the profiles of GB/T 20518 want it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from pki import der, oids
from pki.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.names import Name

KEY_USAGES = (  # RFC 5280 4.2.1.3: the position is the bit
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)
PURPOSES = {
    "serverAuth": oids.SERVER_AUTH,
    "clientAuth": oids.CLIENT_AUTH,
    "codeSigning": oids.CODE_SIGNING,
    "emailProtection": oids.EMAIL_PROTECTION,
    "timeStamping": oids.TIME_STAMPING,
    "OCSPSigning": oids.OCSP_SIGNING,
    "smartCardLogon": oids.SMART_CARD_LOGON,
}
# A URI is ASCII without spaces, has a host, and a scheme with which lists and keys are fetched.
URI = re.compile(r"(https?|ldap)://[A-Za-z0-9.\-\[\]:]+(/[!-~]*)?")


@dataclass(frozen=True)
class Extension:
    """One extension; `value` is the DER inside extnValue, `der` the whole SEQUENCE."""

    oid: str
    critical: bool
    value: bytes

    @cached_property
    def der(self) -> bytes:
        critical = der.TRUE if self.critical else b""
        return der.sequence(der.oid(self.oid), critical, der.octet_string(self.value))


def encode_all(extensions: Iterable[Extension]) -> bytes:
    """Extensions ::= SEQUENCE OF Extension."""
    return der.sequence(*(extension.der for extension in extensions))


def read_all(reader: der.Reader) -> tuple[Extension, ...]:
    """The members of Extensions, tolerant of an explicit `critical FALSE`."""
    found = []
    while reader:
        found.append(_read(reader.take(der.SEQUENCE)))
    return tuple(found)


@lru_cache(maxsize=1024)  # all but one or two are the same in every certificate of a profile
def _read(content: bytes) -> Extension:
    item = der.Reader(content)
    oid = item.oid()
    critical = item.boolean() if item.peek() == der.BOOLEAN else False
    extension = Extension(oid, critical, item.octet_string())
    item.finish()
    return extension


# -- RFC 5280 -----------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def authority_key_identifier(key_id: bytes) -> Extension:
    value = der.sequence(der.implicit(0, key_id))
    return Extension(oids.AUTHORITY_KEY_IDENTIFIER, False, value)


def subject_key_identifier(key_id: bytes) -> Extension:
    return Extension(oids.SUBJECT_KEY_IDENTIFIER, False, der.octet_string(key_id))


def key_usage(usages: Iterable[str]) -> Extension:
    """From names of KEY_USAGES; critical."""
    return _key_usage(frozenset(usages))


@lru_cache
def _key_usage(usages: frozenset[str]) -> Extension:
    if unknown := usages.difference(KEY_USAGES):
        raise Refused("extension.key_usage", f"There is no key usage {min(unknown)}.")
    value = der.named_bits(KEY_USAGES.index(usage) for usage in usages)
    return Extension(oids.KEY_USAGE, True, value)


@lru_cache
def basic_constraints(ca: bool, path_length: int | None = None) -> Extension:  # noqa: FBT001
    """Critical for a CA; an empty SEQUENCE, not critical, for an end entity."""
    if path_length is not None and not (ca and path_length >= 0):
        raise Refused("extension.path_length", "Only a CA has a path length, from 0 on.")
    members = (der.TRUE if ca else b"", b"" if path_length is None else der.integer(path_length))
    return Extension(oids.BASIC_CONSTRAINTS, ca, der.sequence(*members))


def extended_key_usage(purposes: Iterable[str], *, critical: bool = False) -> Extension:
    """From names of PURPOSES or dotted OIDs, in the order given."""
    return _extended_key_usage(tuple(purposes), critical)


@lru_cache
def _extended_key_usage(purposes: tuple[str, ...], critical: bool) -> Extension:  # noqa: FBT001
    if not purposes:
        raise Refused("extension.extended_key_usage", "At least one purpose is needed.")
    value = der.sequence(*(der.oid(PURPOSES.get(purpose, purpose)) for purpose in purposes))
    return Extension(oids.EXTENDED_KEY_USAGE, critical, value)


def _address(text: str) -> str:
    if not URI.fullmatch(text):
        raise Refused("extension.uri", f"{text!r} is no http, https or ldap address.")
    return text


def _uri(text: str) -> bytes:
    return der.implicit(6, _address(text).encode("ascii"))


@lru_cache(maxsize=4096)
def _distribution_points(points: tuple[str | Name, ...]) -> Extension:
    if not points:
        raise Refused("extension.distribution_points", "At least one place is needed.")
    places = der.sequence(*map(distribution_point, points))
    return Extension(oids.CRL_DISTRIBUTION_POINTS, False, places)


def crl_distribution_points(points: Iterable[str | Name]) -> Extension:
    """One DistributionPoint per address or directory name, in the order given."""
    return _distribution_points(tuple(points))


def distribution_point(place: str | Name) -> bytes:
    """DistributionPoint with one fullName."""
    return der.sequence(der.explicit(0, full_name(place)))


def full_name(place: str | Name) -> bytes:
    """DistributionPointName: fullName with one URI or directoryName."""
    inner = _uri(place) if isinstance(place, str) else der.explicit(4, place.der)
    return der.implicit(0, inner, constructed=True)


def authority_information_access(
    ocsp: Iterable[str] = (), issuers: Iterable[str] = ()
) -> Extension:
    """Where to ask for the status, and where the issuer's certificate is."""
    return _authority_information_access(tuple(ocsp), tuple(issuers))


@lru_cache
def _authority_information_access(ocsp: tuple[str, ...], issuers: tuple[str, ...]) -> Extension:
    if not ocsp + issuers:
        raise Refused("extension.information_access", "At least one address is needed.")
    places = [(oids.ACCESS_OCSP, uri) for uri in ocsp]
    places += [(oids.ACCESS_CA_ISSUERS, uri) for uri in issuers]
    members = (der.sequence(der.oid(method), _uri(uri)) for method, uri in places)
    return Extension(oids.AUTHORITY_INFORMATION_ACCESS, False, der.sequence(*members))


def certificate_policies(policies: Iterable[str], cps: str | None = None) -> Extension:
    """Policy OIDs; the address of the CPS stands with the first of them."""
    return _certificate_policies(tuple(policies), cps)


@lru_cache
def _certificate_policies(policies: tuple[str, ...], cps: str | None) -> Extension:
    if not policies or len(set(policies)) != len(policies):
        raise Refused("extension.policies", "Policies are needed, each of them once.")
    qualifier = b""
    if cps is not None:
        address = der.ia5(_address(cps))
        qualifier = der.sequence(der.sequence(der.oid(oids.QUALIFIER_CPS), address))
    members = (
        der.sequence(der.oid(policy), qualifier if place == 0 else b"")
        for place, policy in enumerate(policies)
    )
    return Extension(oids.CERTIFICATE_POLICIES, False, der.sequence(*members))


def subject_alternative_name(
    *,
    emails: Iterable[str] = (),
    dns: Iterable[str] = (),
    uris: Iterable[str] = (),
    addresses: Iterable[str] = (),
) -> Extension:
    """Not critical: our subjects are never empty. `addresses` are of IP, in text."""
    members = [der.implicit(1, _ascii(text)) for text in emails]
    members += [der.implicit(2, _ascii(text)) for text in dns]
    members += [_uri(text) for text in uris]
    members += [der.implicit(7, _octets(text)) for text in addresses]
    if not members:
        raise Refused("extension.alternative_name", "At least one name is needed.")
    return Extension(oids.SUBJECT_ALT_NAME, False, der.sequence(*members))


def _ascii(text: str) -> bytes:
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise Refused("extension.alternative_name", f"{text!r} is no address in ASCII.")
    return text.encode("ascii")


def _octets(text: str) -> bytes:
    """Four octets of IPv4, sixteen of IPv6 (RFC 5280 4.2.1.6)."""
    try:
        return ip_address(text).packed
    except ValueError as error:
        raise Refused("extension.alternative_name", f"{text!r} is no IP address.") from error


@lru_cache
def ocsp_no_check() -> Extension:
    return Extension(oids.OCSP_NO_CHECK, False, der.NULL)


# -- GB/T 20518-2018 5.2.4 ----------------------------------------------------------------------


def insurance_number(number: str, *, old: bool = False) -> Extension:
    """个人社会保险号; `old` takes 1.2.86."""
    return _national(oids.INSURANCE_NUMBER, _code_text(number), old=old)


def registration_number(number: str, *, old: bool = False) -> Extension:
    """企业工商注册号."""
    return _national(oids.REGISTRATION_NUMBER, _code_text(number), old=old)


def organization_code(number: str, *, old: bool = False) -> Extension:
    """企业组织机构代码."""
    return _national(oids.ORGANIZATION_CODE, _code_text(number), old=old)


def taxation_number(number: str, *, old: bool = False) -> Extension:
    """企业税号."""
    return _national(oids.TAXATION_NUMBER, _code_text(number), old=old)


NATIONAL = {
    "insurance_number": insurance_number,
    "registration_number": registration_number,
    "organization_code": organization_code,
    "taxation_number": taxation_number,
}


def private(oid: str, text: str) -> Extension:
    """One of an installation's own: UTF8String, not critical."""
    return Extension(oid, False, der.tlv(der.UTF8, text.encode()))


def _code_text(number: str) -> bytes:
    fits = der.PRINTABLE_CHARACTERS.issuperset(number)
    if not 1 <= len(number) <= 64 or not fits:  # noqa: PLR2004 - far above any number in use
        raise Refused("extension.national_number", "The number holds characters that do not fit.")
    return der.tlv(der.PRINTABLE, number.encode())


def _national(oid: str, value: bytes, *, old: bool) -> Extension:
    return Extension(oids.NATIONAL_IDENTITY[oid] if old else oid, False, value)
