"""Writing and reading DER (X.690). The reader accepts DER and nothing else.

Writers take and return bytes. `Reader` walks over one value after the other and raises `Malformed`
(rule `der.*`) on anything that has another, shorter or missing encoding.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from pki.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL_TAG, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTF8, NUMERIC, PRINTABLE, T61, IA5 = 0x0A, 0x0C, 0x12, 0x13, 0x14, 0x16
UTC_TIME, GENERALIZED_TIME, VISIBLE, UNIVERSAL, BMP = 0x17, 0x18, 0x1A, 0x1C, 0x1E
SEQUENCE, SET = 0x30, 0x31
NULL, TRUE = b"\x05\x00", b"\x01\x01\xff"

PRINTABLE_CHARACTERS = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"
)
_DOTTED = re.compile(r"([01]\.[1-3]?\d|2\.\d{1,32})(\.\d{1,32})*", re.ASCII)
_TEXT_CODECS = {
    UTF8: "utf-8",
    NUMERIC: "ascii",
    PRINTABLE: "ascii",
    T61: "latin-1",
    IA5: "ascii",
    VISIBLE: "ascii",
    UNIVERSAL: "utf-32-be",
    BMP: "utf-16-be",
}


# -- writing ------------------------------------------------------------------------------------


def length(size: int) -> bytes:
    if size < 0x80:  # noqa: PLR2004 - X.690 8.1.3.4
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:  # noqa: PLR2004 - the usual, short case
        return bytes((tag, size)) + content
    return bytes((tag,)) + length(size) + content


def sequence(*parts: bytes) -> bytes:
    return tlv(SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    return tlv(SET, b"".join(sorted(parts)))


def integer(value: int) -> bytes:
    magnitude = value if value >= 0 else ~value
    return tlv(INTEGER, value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True))


def enumerated(value: int) -> bytes:
    return tlv(ENUMERATED, integer(value)[2:])


def boolean(value: bool) -> bytes:  # noqa: FBT001 - an encoder has one argument
    return TRUE if value else b"\x01\x01\x00"


def octet_string(value: bytes) -> bytes:
    return tlv(OCTET_STRING, value)


def bit_string(value: bytes, unused: int = 0) -> bytes:
    return tlv(BIT_STRING, bytes((unused,)) + value)


def named_bits(positions: Iterable[int]) -> bytes:
    """A BIT STRING with the given bits set, without trailing zero bits (X.690 11.2.2)."""
    wanted = set(positions)
    if not wanted:
        return bit_string(b"")
    last = max(wanted)
    octets = bytearray(last // 8 + 1)
    for position in wanted:
        octets[position // 8] |= 0x80 >> position % 8
    return bit_string(bytes(octets), 7 - last % 8)


def _arc(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(0x80 | number & 0x7F)
    return bytes(reversed(octets))


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    if not _DOTTED.fullmatch(dotted):
        raise Malformed("der.oid", f"{dotted!r} is no object identifier.")
    first, second, *rest = (int(number) for number in dotted.split("."))
    return tlv(OID, b"".join(_arc(number) for number in (first * 40 + second, *rest)))


def utf8(text: str) -> bytes:
    return tlv(UTF8, text.encode())


def printable(text: str) -> bytes:
    if not PRINTABLE_CHARACTERS.issuperset(text):
        raise Malformed("der.not_printable", "The text does not fit a PrintableString.", text=text)
    return tlv(PRINTABLE, text.encode("ascii"))


def ia5(text: str) -> bytes:
    if not text.isascii():
        raise Malformed("der.not_ascii", "The text does not fit an IA5String.", text=text)
    return tlv(IA5, text.encode("ascii"))


def utc_time(moment: datetime) -> bytes:
    return tlv(UTC_TIME, moment.astimezone(UTC).strftime("%y%m%d%H%M%SZ").encode())


def generalized_time(moment: datetime) -> bytes:
    moment = moment.astimezone(UTC)
    return tlv(GENERALIZED_TIME, f"{moment.year:04}{moment:%m%d%H%M%S}Z".encode())


@lru_cache(maxsize=256)  # certificates that are made together begin and end together
def time(moment: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5)."""
    in_utc_range = 1950 <= moment.astimezone(UTC).year < 2050  # noqa: PLR2004 - RFC 5280 4.1.2.5
    return utc_time(moment) if in_utc_range else generalized_time(moment)


def explicit(number: int, content: bytes) -> bytes:
    return tlv(0xA0 | number, content)


def implicit(number: int, content: bytes, *, constructed: bool = False) -> bytes:
    return tlv((0xA0 if constructed else 0x80) | number, content)


# -- reading ------------------------------------------------------------------------------------


class Value(NamedTuple):
    """One TLV: its tag, its content, and the whole encoding."""

    tag: int
    content: bytes
    der: bytes

    def enter(self) -> Reader:
        return Reader(self.content)


def _header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """(tag, start of the content, end of the content)."""
    if at + 2 > end:
        raise Malformed("der.truncated", "The encoding ends too early.")
    tag, size = data[at], data[at + 1]
    at += 2
    if tag & 0x1F == 0x1F:  # noqa: PLR2004 - X.690 8.1.2.4
        raise Malformed("der.tag", "Tags above 30 do not occur here.")
    if size & 0x80:
        count = size & 0x7F
        if not 1 <= count <= 4 or at + count > end:  # noqa: PLR2004 - 4 GiB are plenty
            raise Malformed("der.length", "The length is indefinite, too long or cut off.")
        size = int.from_bytes(data[at : at + count], "big")
        if size < 0x80 or not data[at]:  # noqa: PLR2004 - X.690 10.1
            raise Malformed("der.length", "The length has a shorter encoding.")
        at += count
    if at + size > end:
        raise Malformed("der.truncated", "The encoding ends too early.")
    return tag, at, at + size


class Reader:
    """Walks over consecutive values: `with_tag = reader.take(SEQUENCE)`; ends with `finish()`."""

    __slots__ = ("_at", "_data", "_end")

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._end = data, 0, len(data)

    def __bool__(self) -> bool:
        return self._at < self._end

    def peek(self) -> int | None:
        """The tag of the next value, or None at the end."""
        return self._data[self._at] if self._at < self._end else None

    def any(self) -> Value:
        begin = self._at
        tag, start, end = _header(self._data, begin, self._end)
        self._at = end
        return Value(tag, self._data[start:end], self._data[begin:end])

    def value(self, tag: int) -> Value:
        found = self.any()
        if found.tag != tag:
            raise Malformed(
                "der.unexpected", f"Tag {found.tag:#04x} stands where {tag:#04x} belongs."
            )
        return found

    def take(self, tag: int) -> bytes:
        """The content of the next value, which must have this tag."""
        data, at = self._data, self._at
        if at + 1 < self._end and data[at] == tag:
            size = data[at + 1]
            end = at + 2 + size
            if size < 0x80 and end <= self._end:  # noqa: PLR2004 - the usual, short case
                self._at = end
                return data[at + 2 : end]
        found, start, end = _header(data, self._at, self._end)
        if found != tag:
            raise Malformed("der.unexpected", f"Tag {found:#04x} stands where {tag:#04x} belongs.")
        self._at = end
        return data[start:end]

    def enter(self, tag: int = SEQUENCE) -> Reader:
        return Reader(self.take(tag))

    def optional(self, tag: int) -> bytes | None:
        """The content of the next value if it has this tag; otherwise nothing moves."""
        return self.take(tag) if self.peek() == tag else None

    def rest(self) -> bytes:
        """All that is left, unread."""
        left = self._data[self._at : self._end]
        self._at = self._end
        return left

    def finish(self) -> None:
        if self._at != self._end:
            raise Malformed("der.trailing_bytes", "Bytes follow after the end of the structure.")

    def integer(self) -> int:
        return decode_integer(self.take(INTEGER))

    def oid(self) -> str:
        return decode_oid(self.take(OID))

    def octet_string(self) -> bytes:
        return self.take(OCTET_STRING)

    def bit_string(self) -> bytes:
        """The octets of a BIT STRING without unused bits."""
        octets, unused = decode_bit_string(self.take(BIT_STRING))
        if unused:
            raise Malformed("der.bit_string", "Whole octets are expected in this BIT STRING.")
        return octets

    def time(self) -> datetime:
        value = self.any()
        return decode_time(value.tag, value.content)

    def boolean(self) -> bool:
        return decode_boolean(self.take(BOOLEAN))


@contextmanager
def reading(area: str, what: str) -> Iterator[None]:
    """Within this block, a Malformed `der.*` becomes Malformed `<area>.not_der` about `what`."""
    try:
        yield
    except Malformed as problem:
        if not problem.rule.startswith("der."):
            raise
        raise Malformed(f"{area}.not_der", f"{what} is not DER: {problem.reason}") from problem


def only(data: bytes, tag: int = SEQUENCE) -> Reader:
    """Enter the one value that `data` consists of."""
    reader = Reader(data)
    inner = reader.enter(tag)
    reader.finish()
    return inner


def decode_integer(content: bytes) -> int:
    shortest = len(content) == 1 or content[:1] not in (b"\x00", b"\xff")
    if not content or not (shortest or (content[0] ^ content[1]) & 0x80):
        raise Malformed("der.integer", "The INTEGER is empty or has a shorter encoding.")
    return int.from_bytes(content, "big", signed=True)


def decode_boolean(content: bytes) -> bool:
    if content not in (b"\x00", b"\xff"):
        raise Malformed("der.boolean", "A BOOLEAN is 00 or FF.")
    return content == b"\xff"


def decode_bit_string(content: bytes) -> tuple[bytes, int]:
    """(octets, number of unused bits in the last one)."""
    unused = content[0] if content else 8
    if unused > 7 or (unused and (len(content) == 1 or content[-1] & ((1 << unused) - 1))):  # noqa: PLR2004
        raise Malformed("der.bit_string", "The unused bits of the BIT STRING are wrong.")
    return content[1:], unused


@lru_cache(maxsize=2048)
def decode_oid(content: bytes) -> str:
    if not content or len(content) > 64 or content[-1] & 0x80:  # noqa: PLR2004 - far above any in use
        raise Malformed("der.oid", "The OBJECT IDENTIFIER is empty, too long or cut off.")
    numbers, number, fresh = [], 0, True
    for octet in content:
        if fresh and octet == 0x80:  # noqa: PLR2004 - X.690 8.19.2
            raise Malformed("der.oid", "The OBJECT IDENTIFIER has a shorter encoding.")
        number = number << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))


def decode_time(tag: int, content: bytes) -> datetime:
    """UTCTime or GeneralizedTime in the one form of RFC 5280 4.1.2.5: seconds, Z, no fraction."""
    digits = {UTC_TIME: 12, GENERALIZED_TIME: 14}.get(tag)
    stem = content[:-1]
    if digits != len(stem) or not stem.isdigit() or not content.endswith(b"Z"):
        raise Malformed("der.time", "The time is not in the form of RFC 5280.")
    if tag == UTC_TIME:
        stem = (b"19" if stem >= b"50" else b"20") + stem
    text = stem.decode()
    try:
        return datetime.fromisoformat(f"{text[:8]}T{text[8:]}+00:00")
    except ValueError:
        raise Malformed("der.time", "There is no such day or hour.") from None


def decode_text(tag: int, content: bytes) -> str:
    """Any of the string types that occur in names."""
    codec = _TEXT_CODECS.get(tag)
    if codec is None:
        raise Malformed("der.text", f"Tag {tag:#04x} is no character string.")
    try:
        return content.decode(codec)
    except UnicodeDecodeError:
        raise Malformed("der.text", "The string does not follow its own type.") from None
