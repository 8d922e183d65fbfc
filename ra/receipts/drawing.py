"""The receipt as PDF, A5 landscape (CPS 4.3.2): what was handed in, where to look, whom to ask.

Nothing is written to a disk; every glyph is checked before anything is printed.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path

import segno
from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A5, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.fonts import FONT_FILE, RARE
from anxin.kernel.workdays import SHANGHAI

FONT = FONT_FILE.stem
WIDTH, HEIGHT = landscape(A5)
MARGIN = 14 * mm
QR_SIZE = 34 * mm
BRAND, INK, SOFT = HexColor("#0c5d70"), HexColor("#16222c"), HexColor("#5d6c78")


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """What is printed. `rows` are label and value; `notes` are sentences below them."""

    title: str
    number: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    status_url: str
    footer: str
    printed_at: datetime


@cache
def _font(file: Path) -> TTFont:
    font = TTFont(file.stem, str(file))
    pdfmetrics.registerFont(font)
    return font


@cache
def _font_of(character: str) -> str:
    """Name of the first font that can print it; "" when none can."""
    for file in (FONT_FILE, *RARE):
        if file.exists() and ord(character) in _font(file).face.charToGlyph:
            return file.stem
    return ""


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """(font, text) for each stretch of one font."""
    return ((font, "".join(run)) for font, run in groupby(text, _font_of))


def check_glyphs(texts: Iterable[str]) -> None:
    """Refuses `receipts.missing_glyph` naming the first character no font can print."""
    for text in texts:
        for character in text:
            if not _font_of(character):
                raise Refusal(
                    Kind.INVALID,
                    "receipts.missing_glyph",
                    f"no glyph for {character!r} (U+{ord(character):04X})",
                    cps="4.3.2",
                    character=f"{character} (U+{ord(character):04X})",
                )


def draw(receipt: Receipt) -> bytes:
    """The receipt as PDF bytes. Refuses `receipts.missing_glyph`."""
    texts = [receipt.title, receipt.number, receipt.footer, *receipt.notes]
    check_glyphs([*texts, *(text for row in receipt.rows for text in row)])
    out = io.BytesIO()
    page = Canvas(out, pagesize=(WIDTH, HEIGHT), lang="zh-CN", invariant=True)
    page.setTitle(f"{receipt.title} {receipt.number}")
    _head(page, receipt)
    y = _rows(page, receipt.rows)
    _notes(page, receipt.notes, y)
    _code(page, receipt.status_url)
    _foot(page, receipt)
    page.save()
    return out.getvalue()


def write(page: Canvas, x: float, y: float, text: str, *, size: float, color: HexColor) -> None:
    """One line in as many fonts as it takes; points from the lower left."""
    page.setFillColor(color)
    for font, run in _runs(text):
        page.setFont(font, size)
        page.drawString(x, y, run)
        x += pdfmetrics.stringWidth(run, font, size)


def _head(page: Canvas, receipt: Receipt) -> None:
    top = HEIGHT - MARGIN
    write(page, MARGIN, top - 14, receipt.title, size=16, color=BRAND)
    page.setFont(FONT, 13)
    page.setFillColor(INK)
    page.drawRightString(WIDTH - MARGIN, top - 13, receipt.number)
    page.setStrokeColor(BRAND)
    page.line(MARGIN, top - 22, WIDTH - MARGIN, top - 22)


def _rows(page: Canvas, rows: tuple[tuple[str, str], ...]) -> float:
    y = HEIGHT - MARGIN - 42
    room = WIDTH - 2 * MARGIN - QR_SIZE - 34 * mm
    for label, value in rows:
        write(page, MARGIN, y, label, size=9, color=SOFT)
        for line in wrapped(value, size=10.5, room=room):
            write(page, MARGIN + 28 * mm, y, line, size=10.5, color=INK)
            y -= 15
        y -= 2
    return float(y)


def _notes(page: Canvas, notes: tuple[str, ...], y: float) -> None:
    y -= 4
    for note in notes:
        for line in wrapped(note, size=8.5, room=WIDTH - 2 * MARGIN):
            write(page, MARGIN, y, line, size=8.5, color=SOFT)
            y -= 12


def wrapped(text: str, *, size: float, room: float) -> list[str]:
    """Chinese breaks anywhere; that is enough for one line of a form."""
    lines = [""]
    for character in text:
        line = lines[-1] + character
        if sum(pdfmetrics.stringWidth(run, font, size) for font, run in _runs(line)) > room:
            lines.append("")
        lines[-1] += character
    return lines


def _code(page: Canvas, address: str) -> None:
    matrix = [list(row) for row in segno.make(address, error="m").matrix]
    cell = QR_SIZE / len(matrix)
    drawing = Drawing(QR_SIZE, QR_SIZE)
    for number, row in enumerate(matrix):
        for column, dark in enumerate(row):
            if dark:
                y = QR_SIZE - (number + 1) * cell
                drawing.add(Rect(column * cell, y, cell, cell, fillColor=INK, strokeColor=None))
    top = HEIGHT - MARGIN - 36
    renderPDF.draw(drawing, page, WIDTH - MARGIN - QR_SIZE, top - QR_SIZE)


def _foot(page: Canvas, receipt: Receipt) -> None:
    page.setStrokeColor(HexColor("#dbe2e7"))
    page.line(MARGIN, MARGIN + 12, WIDTH - MARGIN, MARGIN + 12)
    write(page, MARGIN, MARGIN, receipt.footer, size=8, color=SOFT)
    page.setFont(FONT, 8)
    moment = receipt.printed_at.astimezone(SHANGHAI)
    page.drawRightString(WIDTH - MARGIN, MARGIN, f"{moment:%Y-%m-%d %H:%M}")
