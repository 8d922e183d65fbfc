"""The extract as PDF, A4: the items that were agreed to, nothing else; nothing on a disk."""

import io
from dataclasses import dataclass

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ra.receipts.drawing import BRAND, INK, SOFT, check_glyphs, wrapped, write

WIDTH, HEIGHT = A4
MARGIN = 20 * mm
LABEL = 42 * mm


@dataclass(frozen=True, slots=True, repr=False)
class Extract:
    """`rows` are label and value; `pages` are (caption, picture) of documents, each on its own."""

    title: str
    number: str
    rows: tuple[tuple[str, str], ...]
    pages: tuple[tuple[str, bytes], ...]
    footer: str


def draw(extract: Extract) -> bytes:
    """PDF bytes. Refuses `receipts.missing_glyph`."""
    texts = [extract.title, extract.number, extract.footer]
    check_glyphs([*texts, *(text for row in extract.rows for text in row)])
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, lang="zh-CN", invariant=True)
    canvas.setTitle(f"{extract.title} {extract.number}")
    y = _head(canvas, extract)
    for label, value in extract.rows:
        lines = wrapped(value, size=10.5, room=WIDTH - 2 * MARGIN - LABEL)
        if y - 16 * len(lines) < MARGIN + 20:
            canvas.showPage()
            y = _head(canvas, extract)
        write(canvas, MARGIN, y, label, size=9.5, color=SOFT)
        for line in lines:
            write(canvas, MARGIN + LABEL, y, line, size=10.5, color=INK)
            y -= 16
        y -= 3
    for caption, picture in extract.pages:
        canvas.showPage()
        _picture(canvas, _head(canvas, extract), caption, picture)
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, extract: Extract) -> float:
    top = HEIGHT - MARGIN
    write(canvas, MARGIN, top, f"{extract.title}　{extract.number}", size=14, color=BRAND)
    canvas.setStrokeColor(BRAND)
    canvas.line(MARGIN, top - 8, WIDTH - MARGIN, top - 8)
    write(canvas, MARGIN, MARGIN - 10, extract.footer, size=8, color=SOFT)
    return float(top - 30)


def _picture(canvas: Canvas, y: float, caption: str, picture: bytes) -> None:
    write(canvas, MARGIN, y, caption, size=9.5, color=SOFT)
    with Image.open(io.BytesIO(picture)) as image:
        reader = ImageReader(image.convert("RGB"))
    wide, high = reader.getSize()
    scale = min((WIDTH - 2 * MARGIN) / wide, (y - 2 * MARGIN) / high)
    canvas.drawImage(reader, MARGIN, y - 10 - high * scale, wide * scale, high * scale)
