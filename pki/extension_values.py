"""What stands inside the extensions of certificates: readers, lenient where real ones demand it.

Each takes the DER of an extension's value and raises Malformed `der.*`.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from pki import der, names, oids
from pki.errors import Malformed
from pki.extensions import KEY_USAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

_same_for_many = lru_cache(maxsize=1024)  # these values are those of a profile, not of a person
# The choices of IdentifyCode, GB/T 20518-2018 5.2.4
_IDENTITY_KINDS = {0: "resident", 1: "officer", 2: "passport"}


class BasicConstraints(NamedTuple):
    ca: bool
    path_length: int | None


class IdentityCode(NamedTuple):
    """`kind` is resident, officer or passport, or empty where the certificate does not say."""

    kind: str
    number: str


class GeneralName(NamedTuple):
    """`kind`: otherName, email, dns, directory, uri, ip, registered or another tag's number."""

    kind: str
    text: str


@_same_for_many
def key_usage(value: bytes) -> frozenset[str]:
    octets, _ = der.decode_bit_string(_only(value, der.BIT_STRING))
    return frozenset(
        usage
        for bit, usage in enumerate(KEY_USAGES)
        if bit // 8 < len(octets) and octets[bit // 8] & 0x80 >> bit % 8
    )


@_same_for_many
def basic_constraints(value: bytes) -> BasicConstraints:
    """`30 03 01 01 00`, which is not DER but often issued, is read as an end entity."""
    reader = der.only(value)
    ca = reader.boolean() if reader.peek() == der.BOOLEAN else False
    path_length = reader.integer() if reader else None
    reader.finish()
    return BasicConstraints(ca, path_length)


def subject_key_identifier(value: bytes) -> bytes:
    return _only(value, der.OCTET_STRING)


def authority_key_identifier(value: bytes) -> bytes | None:
    """The key identifier, if it is given."""
    return der.only(value).optional(0x80)


@_same_for_many
def extended_key_usage(value: bytes) -> tuple[str, ...]:
    reader, found = der.only(value), []
    while reader:
        found.append(reader.oid())
    return tuple(found)


def general_names(reader: der.Reader) -> tuple[GeneralName, ...]:
    return tuple(_general_names(reader))


def _general_names(reader: der.Reader) -> Iterator[GeneralName]:
    kinds = {0x81: "email", 0x82: "dns", 0x86: "uri"}
    while reader:
        item = reader.any()
        if item.tag in kinds:
            yield GeneralName(kinds[item.tag], item.content.decode("ascii", "backslashreplace"))
        elif item.tag == 0xA4:  # noqa: PLR2004 - directoryName [4]
            yield GeneralName("directory", names.parse(item.content).text)
        elif item.tag == 0x87:  # noqa: PLR2004 - iPAddress [7]
            yield GeneralName("ip", _ip(item.content))
        else:
            yield GeneralName({0xA0: "otherName"}.get(item.tag, "other"), item.content.hex())


def _ip(octets: bytes) -> str:
    """The address; octets of no address's length stay hexadecimal."""
    try:
        return str(ip_address(octets))
    except ValueError:
        return octets.hex()


def subject_alternative_name(value: bytes) -> tuple[GeneralName, ...]:
    return general_names(der.only(value))


@_same_for_many
def distribution_points(value: bytes) -> tuple[GeneralName, ...]:
    """The full names of all points, in their order."""
    reader = der.only(value)
    found: list[GeneralName] = []
    while reader:
        point = reader.enter()
        name = point.optional(0xA0)
        if name is not None and (full := der.Reader(name).optional(0xA0)) is not None:
            found.extend(general_names(der.Reader(full)))
    return tuple(found)


@_same_for_many
def authority_information_access(value: bytes) -> tuple[tuple[str, GeneralName], ...]:
    """Pairs of method OID and place."""
    reader = der.only(value)
    found: list[tuple[str, GeneralName]] = []
    while reader:
        item = reader.enter()
        method = item.oid()
        found.extend((method, place) for place in general_names(der.Reader(item.any().der)))
        item.finish()
    return tuple(found)


@_same_for_many
def certificate_policies(value: bytes) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Pairs of policy OID and the addresses of its CPS."""
    reader, found = der.only(value), []
    while reader:
        item = reader.enter()
        policy = item.oid()
        qualifiers = item.enter() if item else der.Reader(b"")
        found.append((policy, tuple(_cps_addresses(qualifiers))))
    return tuple(found)


def _cps_addresses(qualifiers: der.Reader) -> Iterator[str]:
    while qualifiers:
        qualifier = qualifiers.enter()
        kind, value = qualifier.oid(), qualifier.any()
        if kind == oids.QUALIFIER_CPS:
            yield der.decode_text(value.tag, value.content)


def national_identity(value: bytes) -> IdentityCode:
    """A GB/T 20518 5.2.4 value in any of the forms in circulation.

    The CHOICE with EXPLICIT or IMPLICIT tags, a bare string, bare characters without a tag, NULL.
    """
    try:
        reader = der.Reader(value)
        item = reader.any()
        reader.finish()
        return _identity(item)
    except Malformed:
        return IdentityCode("", _bare(value))


def private(value: bytes) -> str:
    """The text of an installation's own extension; hexadecimal where it is no text."""
    try:
        return der.decode_text(der.UTF8, _only(value, der.UTF8))
    except Malformed:
        return value.hex()


def _bare(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return text if text.isprintable() and "\ufffd" not in text else value.hex()


def _identity(item: der.Value) -> IdentityCode:
    if item.tag == der.NULL_TAG:
        return IdentityCode("", "")
    if item.tag & 0xC0 != 0x80:  # noqa: PLR2004 - not context-specific: a bare string
        return IdentityCode("", der.decode_text(item.tag, item.content))
    kind = _IDENTITY_KINDS.get(item.tag & 0x1F, "")
    if item.tag & 0x20:
        inner = item.enter().any()
        return IdentityCode(kind, der.decode_text(inner.tag, inner.content))
    return IdentityCode(kind, der.decode_text(der.UTF8, item.content))


def _only(value: bytes, tag: int) -> bytes:
    return der.only(value, tag).rest()
