"""Rows of text out of a file that somebody hands in, CSV or XLSX; nothing is computed. Pure."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import openpyxl

from anxin.kernel.errors import Refusal
from pki.sm.sm3 import sm3
from ra.imports import rules

_ZIP = b"PK\x03\x04"
_DELIMITERS = ",\t;"


def read(data: bytes) -> Iterator[list[str]]:
    """Row by row, the header first; empty rows as they stand. Refuses `imports.*`, field `file`."""
    rules.check_size(len(data))
    rows = _of_xlsx(data) if data.startswith(_ZIP) else _of_csv(data)
    for number, row in enumerate(rows, 1):
        rules.check_line(number)
        if len(row) > rules.MOST_COLUMNS or any(len(cell) > rules.LONGEST for cell in row):
            raise rules.refuse("cell", "too many columns, or too long a cell")
        yield row


def digest(data: bytes) -> str:
    return sm3(data).hex()


def write_csv(rows: Iterator[list[str]]) -> bytes:
    """UTF-8 with the mark by which programs of tables know it; no cell is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([rules.guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _of_csv(data: bytes) -> Iterator[list[str]]:
    text = _decoded(data)
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise rules.refuse("file", "not CSV") from error


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise rules.refuse("encoding", "neither UTF-8 nor GB18030")


def _of_xlsx(data: bytes) -> Iterator[list[str]]:
    """The first sheet. Formulas come as their text: nothing of theirs is evaluated."""
    _check_zip(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        with closing(book):
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size is its own word
            for row in sheet.iter_rows(values_only=True):
                yield [_text(value) for value in row]
    except Refusal:
        raise
    except Exception as error:  # the library raises whatever a damaged file leads it to
        raise rules.refuse("file", "not XLSX") from error


def _check_zip(data: bytes) -> None:
    """Refuses what would grow beyond all measure when it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except zipfile.BadZipFile as error:
        raise rules.refuse("file", "not XLSX") from error
    unpacked = sum(part.file_size for part in parts)
    grows = any(part.file_size > rules.RATIO * max(part.compress_size, 1024) for part in parts)
    if len(parts) > rules.PARTS or unpacked > rules.UNPACKED or grows:
        raise rules.refuse("unpacked", f"{len(parts)} parts, {unpacked} bytes")


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)
