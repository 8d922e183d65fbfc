"""Distinguished names: build strictly, read what real certificates hold, compare, print."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from pki import der, oids
from pki.errors import Malformed, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Kind(NamedTuple):
    """How an attribute is written, and where in the order of a name."""

    place: int
    oid: str
    short: str
    limit: int  # upper bound in characters, X.520 (RFC 5280 Appendix A.1)
    tag: int


# In the order in which they are encoded: country first, common name last but for its qualifiers.
_ATTRIBUTES: tuple[tuple[str, str, int, int], ...] = (
    (oids.DOMAIN_COMPONENT, "DC", 63, der.IA5),
    (oids.COUNTRY, "C", 2, der.PRINTABLE),
    (oids.STATE, "ST", 128, der.UTF8),
    (oids.LOCALITY, "L", 128, der.UTF8),
    (oids.STREET, "STREET", 128, der.UTF8),
    (oids.ORGANIZATION, "O", 64, der.UTF8),
    (oids.ORGANIZATION_IDENTIFIER, "organizationIdentifier", 64, der.UTF8),
    (oids.ORGANIZATIONAL_UNIT, "OU", 64, der.UTF8),
    (oids.TITLE, "title", 64, der.UTF8),
    (oids.SURNAME, "SN", 64, der.UTF8),
    (oids.GIVEN_NAME, "GN", 64, der.UTF8),
    (oids.COMMON_NAME, "CN", 64, der.UTF8),
    (oids.SERIAL_NUMBER, "serialNumber", 64, der.PRINTABLE),
    (oids.DN_QUALIFIER, "dnQualifier", 64, der.PRINTABLE),
    (oids.USER_ID, "UID", 256, der.UTF8),
    (oids.EMAIL_ADDRESS, "emailAddress", 255, der.IA5),
)
KINDS = {row[0]: Kind(place, *row) for place, row in enumerate(_ATTRIBUTES)}
_BY_WORD = {word.lower(): kind for kind in KINDS.values() for word in (kind.short, kind.oid)}
COUNTRY_CODE = re.compile(r"[A-Z]{2}")
_ESCAPED = re.compile(r'([,+"\\<>;=])')
_MAX_SIZE = 8192


class Attribute(NamedTuple):
    """One attribute: dotted OID, text, and the tag of its string type."""

    oid: str
    text: str
    tag: int

    @property
    def short(self) -> str:
        """`CN`, `O`, ... or the dotted OID."""
        kind = KINDS.get(self.oid)
        return kind.short if kind else self.oid


@dataclass(frozen=True)
class Name:
    """A distinguished name: its exact bytes, and its RDNs in the order of the encoding."""

    der: bytes
    rdns: tuple[tuple[Attribute, ...], ...]

    def __iter__(self) -> Iterator[Attribute]:
        return chain.from_iterable(self.rdns)

    def __str__(self) -> str:
        return self.text

    def get(self, word: str) -> str | None:
        """The first value of `CN`, `O`, ... or of a dotted OID."""
        return next(iter(self.all(word)), None)

    def all(self, word: str) -> tuple[str, ...]:
        kind = _BY_WORD.get(word.lower())
        wanted = kind.oid if kind else word
        return tuple(attribute.text for attribute in self if attribute.oid == wanted)

    @cached_property
    def text(self) -> str:
        """In the manner of RFC 4514: `CN=..., O=..., C=CN`."""
        return ", ".join(
            "+".join(f"{attribute.short}={_escape(attribute.text)}" for attribute in rdn)
            for rdn in reversed(self.rdns)
        )

    @cached_property
    def key(self) -> str:
        """Equal for names that RFC 5280 7.1 calls equal: case, width and spaces do not count."""
        return "\n".join(
            "\t".join(sorted(f"{attribute.oid}={fold(attribute.text)}" for attribute in rdn))
            for rdn in self.rdns
        )


def build(pairs: Iterable[tuple[str, str]]) -> Name:
    """From (short name or dotted OID, text), one attribute per RDN, put into our standing order.

    Country, serial number and qualifier become PrintableString, e-mail and domain IA5String, all
    others UTF8String. Raises Refused `name.*`.
    """
    attributes = sorted((_attribute(word, text) for word, text in pairs), key=_standing)
    if not attributes:
        raise Refused("name.empty", "A name has at least one attribute.")
    encoded = der.sequence(*map(_encode_rdn, attributes))
    return Name(encoded, tuple((attribute,) for attribute in attributes))


def _standing(attribute: Attribute) -> int:
    return KINDS[attribute.oid].place


def _encode_rdn(attribute: Attribute) -> bytes:
    text = der.tlv(attribute.tag, attribute.text.encode())
    return der.set_of(der.sequence(der.oid(attribute.oid), text))


def _attribute(word: str, text: str) -> Attribute:
    kind = _BY_WORD.get(word.lower())
    if kind is None:
        raise Refused("name.unknown_attribute", f"{word} is no attribute of our names.")
    text = unicodedata.normalize("NFC", text)
    for rule, broken, reason in (
        ("name.empty_value", not text.strip(), "is empty"),
        ("name.too_long", len(text) > kind.limit, f"has more than {kind.limit} characters"),
        ("name.spaces", text != text.strip(), "begins or ends with a space"),
        ("name.invisible", not visible(text), "holds characters that cannot be seen"),
        (
            "name.country",
            kind.short == "C" and not COUNTRY_CODE.fullmatch(text),
            "is no country code",
        ),
        ("name.characters", not fits(text, kind.tag), "holds characters its type does not allow"),
    ):
        if broken:
            raise Refused(rule, f"{kind.short} {reason}.", attribute=kind.short)
    return Attribute(kind.oid, text, kind.tag)


def visible(text: str) -> bool:
    """Planes 2 and 3 hold ideographs only, also those younger than this Python's Unicode."""
    return all(letter.isprintable() or ord(letter) >> 16 in {2, 3} for letter in text)


def fits(text: str, tag: int) -> bool:
    """Whether a string type allows these characters."""
    if tag == der.PRINTABLE:
        return der.PRINTABLE_CHARACTERS.issuperset(text)
    return tag != der.IA5 or text.isascii()


def parse(data: bytes) -> Name:
    """Read any name, with whatever string types. Raises Malformed `name.*`."""
    if len(data) > _MAX_SIZE:
        raise Malformed("name.too_large", "The name has more than 8192 octets.")
    return _parse(data)


@lru_cache(maxsize=256)  # a name is read again when what it stands in is looked at
def _parse(data: bytes) -> Name:
    with der.reading("name", "The name"):
        reader = der.only(data)
        rdns = []
        while reader:
            rdns.append(_read_rdn(reader.enter(der.SET)))
        return Name(data, tuple(rdns))


def _read_rdn(reader: der.Reader) -> tuple[Attribute, ...]:
    members = []
    while reader:
        pair = reader.enter()
        attribute, value = pair.oid(), pair.any()
        pair.finish()
        members.append(Attribute(attribute, der.decode_text(value.tag, value.content), value.tag))
    if not members:
        raise Malformed("name.empty_rdn", "A relative name is empty.")
    return tuple(members)


def fold(text: str) -> str:
    """One form for all spellings that count as the same (RFC 5280 7.1, RFC 4518 in short)."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _escape(text: str) -> str:
    text = _ESCAPED.sub(r"\\\1", text)
    if text.startswith(("#", " ")):
        text = "\\" + text
    if text.endswith(" ") and not text.endswith("\\ "):
        text = text[:-1] + "\\ "
    return "".join(c if visible(c) else _hex_pairs(c) for c in text)


def _hex_pairs(character: str) -> str:
    return "".join(f"\\{octet:02X}" for octet in character.encode())
