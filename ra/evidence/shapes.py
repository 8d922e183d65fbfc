"""JPEG, PNG and PDF seen from outside: where a file begins and where it ends. Pure.

A picture with something behind its end, or a PDF with something in front, is two files in one.
"""

import zlib
from collections.abc import Callable, Mapping

JPEG, PNG, PDF = "jpeg", "png", "pdf"
MAX_PIXELS = 40_000_000
MAX_PAGES = 30

_SIGNATURES = ((b"\xff\xd8\xff", JPEG), (b"\x89PNG\r\n\x1a\n", PNG), (b"%PDF-", PDF))
_READERS_SEARCH = 1024  # PDF readers look for the header in so many bytes
_BLANK = b"\0\t\n\f\r "


def kind_of(data: bytes) -> str | None:
    """By the very first bytes."""
    return next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), None)


def hides_pdf(data: bytes) -> bool:
    """Whether a reader would take it for a PDF that begins a little later."""
    return b"%PDF-" in data[:_READERS_SEARCH]


def fault(kind: str, data: bytes) -> str:
    """`truncated`, `trailing_data`, `damaged`, or "" when begin and end are right."""
    return _FAULTS[kind](data)


# --- JPEG, ITU-T T.81 annex B ----------------------------------------------------------------

_EOI, _SOI, _SOS = 0xD9, 0xD8, 0xDA
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD8)))


def _jpeg_fault(data: bytes) -> str:
    position = 2
    while True:
        marker, position = _marker(data, position)
        if marker is None:
            return "truncated" if position >= len(data) else "damaged"
        if marker == _EOI:
            return "" if position == len(data) else "trailing_data"
        if marker == _SOI:
            return "damaged"
        if marker in _STANDALONE:
            continue
        size = int.from_bytes(data[position : position + 2], "big")
        if size < 2:  # noqa: PLR2004 -- the length counts its own two bytes
            return "truncated" if position + 2 > len(data) else "damaged"
        position += size
        if marker == _SOS:
            position = _end_of_scan(data, position)


def _marker(data: bytes, position: int) -> tuple[int | None, int]:
    """(marker, where it ends); no marker when the bytes are over or something else stands here."""
    if data[position : position + 1] != b"\xff":
        return None, position
    while data[position : position + 1] == b"\xff":
        position += 1
    if position >= len(data):
        return None, position
    return data[position], position + 1


def _end_of_scan(data: bytes, position: int) -> int:
    """Where the next marker begins that is neither a stuffed byte nor a restart."""
    while (position := data.find(b"\xff", position)) != -1:
        following = data[position + 1 : position + 2]
        if not following:
            return len(data)
        if following[0] != 0 and not 0xD0 <= following[0] <= 0xD7 and following[0] != 0xFF:  # noqa: PLR2004
            return position
        position += 1 if following[0] == 0xFF else 2  # noqa: PLR2004
    return len(data)


# --- PNG, ISO/IEC 15948 clause 5 -------------------------------------------------------------

_CHUNK = 12  # length, type, checksum


def _png_fault(data: bytes) -> str:
    position, kind = 8, b""
    while kind != b"IEND":
        size = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        end = position + _CHUNK + size
        if end > len(data):
            return "truncated"
        if zlib.crc32(data[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return "damaged"
        if kind == b"acTL":
            return "animated"
        position = end
    return "" if position == len(data) else "trailing_data"


# --- PDF, ISO 32000-1 7.5 --------------------------------------------------------------------


def _pdf_fault(data: bytes) -> str:
    end = data.rfind(b"%%EOF")
    if end < 0 or data.rfind(b"startxref", 0, end) < 0:
        return "truncated"
    return "trailing_data" if data[end + 5 :].strip(_BLANK) else ""


_FAULTS: Mapping[str, Callable[[bytes], str]] = {
    JPEG: _jpeg_fault,
    PNG: _png_fault,
    PDF: _pdf_fault,
}
