"""The child that decodes what strangers send: `python -m ra.evidence.decoder jpeg|png|pdf`.

Everything is loaded first, then the process is locked (`ra.evidence.sandbox`), and only then the
bytes are read from standard input; fresh page images leave on standard output. Whatever goes wrong
ends this process only. No Django. A second argument `unlocked` lets it go on where the machine
cannot lock.

Answer: one line of JSON, then the pictures one after the other in the order of the line:
{"pages": [[width, height, bytes of image, bytes of thumbnail], ...]} or {"refused": "<rule>"}.
"""

import io
import json
import os
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from ra.evidence import sandbox
from ra.evidence.shapes import MAX_PAGES, MAX_PIXELS

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

# Pillow would look for these when it needs them, and no longer find them
LOADED = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)

A4 = (1654, 2339)  # pixels at 150 dpi
DPI = 150
STRIDE = 1 << 20  # bytes unpacked at a time
THUMBNAIL = (160, 226)
QUALITY = 80


class Refused(Exception):
    """The last word of an `evidence.*` rule."""


def main(kind: str, *, unlocked: bool) -> None:
    decode = load(kind)
    if sandbox.lock() and not unlocked:
        answer({"refused": "not_locked"})
        return
    blobs: list[bytes] = []
    try:
        rows = []
        for size, image, thumbnail in decode(read_all()):
            rows.append([*size, len(image), len(thumbnail)])
            blobs += [image, thumbnail]
        answer({"pages": rows}, *blobs)
    except Refused as refused:
        answer({"refused": str(refused)})
    except MemoryError:
        answer({"refused": "too_complex"})


def read_all() -> bytes:
    blocks = []
    while block := os.read(0, STRIDE):
        blocks.append(block)
    return b"".join(blocks)


def answer(head: Mapping[str, object], *blobs: bytes) -> None:
    for block in (json.dumps(head).encode() + b"\n", *blobs):
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(1, rest) :]


Made = tuple[tuple[int, int], bytes, bytes]


def pictures(data: bytes, form: str) -> Iterator[Made]:
    """One page: the picture, upright, without anything but its pixels."""
    Image.MAX_IMAGE_PIXELS = None  # counted here, before anything is unpacked
    try:
        with Image.open(io.BytesIO(data), formats=[form]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused("pixels")
            if getattr(image, "n_frames", 1) > 1:
                raise Refused("animated")
            if form == "PNG":
                check_rows(data)
            image.draft(None, _paper(image))  # a JPEG of 600 dpi is unpacked at half its size
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            yield _made(_colours(image))
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        zlib.error,
    ) as error:
        raise Refused("truncated" if "truncated" in str(error) else "damaged") from error


_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type, ISO/IEC 15948 11.2.2
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def check_rows(data: bytes) -> None:
    """Refuses a PNG whose pixels end early: Pillow would fill the rest with black."""
    head = data[16:29]
    width, height = int.from_bytes(head[:4]), int.from_bytes(head[4:8])
    if width * height > MAX_PIXELS:
        raise Refused("pixels")
    bits = head[8] * _SAMPLES.get(head[9], 0)
    passes = _ADAM7 if head[12] else ((0, 0, 1, 1),)
    expected = 0
    for left, top, across, down in passes:
        wide, tall = -(-(width - left) // across), -(-(height - top) // down)
        expected += tall * (1 + -(-wide * bits // 8)) if wide > 0 and tall > 0 else 0
    if _unpacked(data, expected) < expected:
        raise Refused("truncated")


def _unpacked(data: bytes, most: int) -> int:
    """How many bytes all IDAT chunks unpack to, counted up to `most`."""
    unpacker, count, position = zlib.decompressobj(), 0, 8
    while position < len(data) and count < most:
        size, kind = (
            int.from_bytes(data[position : position + 4]),
            data[position + 4 : position + 8],
        )
        if kind == b"IDAT":
            waiting = data[position + 8 : position + 8 + size]
            while waiting and count < most and not unpacker.eof:
                count += len(unpacker.decompress(waiting, STRIDE))
                waiting = unpacker.unconsumed_tail
        position += 12 + size
    return count


def sheets(data: bytes) -> Iterator[Made]:
    """The pages of a PDF at 150 dpi; forms and notes are drawn as a reader would see them."""
    import pypdfium2  # noqa: PLC0415 -- slow to load, and needed here only

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("encrypted" if "assword" in str(error) else "damaged") from error
    if pypdfium2.raw.FPDF_GetSecurityHandlerRevision(document) != -1:
        raise Refused("encrypted")
    if not 1 <= len(document) <= MAX_PAGES:
        raise Refused("pages" if len(document) else "damaged")
    if document.get_formtype() != pypdfium2.raw.FORMTYPE_NONE:
        document.init_forms()
    for number in range(len(document)):
        yield _sheet(document, number)


def _sheet(document: "PdfDocument", number: int) -> Made:
    import pypdfium2  # noqa: PLC0415

    try:
        page = document[number]
        width, height = page.get_size()
        if width <= 0 or height <= 0:
            raise Refused("damaged")
        wide, tall = A4 if width <= height else A4[::-1]
        scale = min(DPI / 72, wide / width, tall / height)
        return _made(_colours(page.render(scale=scale, rev_byteorder=True).to_pil()))
    except pypdfium2.PdfiumError as error:
        raise Refused("damaged") from error


def _made(image: Image.Image) -> Made:
    image.thumbnail(_paper(image), Image.Resampling.LANCZOS)
    page = Image.new("RGB", image.size)  # no metadata, no profile, no comment comes along
    page.paste(image)
    small = page.copy()
    small.thumbnail(THUMBNAIL, Image.Resampling.LANCZOS)
    return page.size, _webp(page), _webp(small)


def _paper(image: Image.Image) -> tuple[int, int]:
    """Pixels of an A4 sheet that lies as the picture does."""
    return A4 if image.width <= image.height else A4[::-1]


def _colours(image: Image.Image) -> Image.Image:
    """Red, green and blue, on white paper."""
    if image.mode.startswith(("I", "F")):
        image = image.convert("F").point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _webp(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=2)
    return buffer.getvalue()


def load(kind: str) -> Callable[[bytes], Iterator[Made]]:
    """The decoder of this kind, with all that it will use in memory."""
    Image.preinit()
    if kind == "pdf":
        import pypdfium2  # noqa: F401, PLC0415 -- slow to load, and needed here only
    return DECODERS[kind]


DECODERS: Mapping[str, Callable[[bytes], Iterator[Made]]] = {
    "jpeg": lambda data: pictures(data, "JPEG"),
    "png": lambda data: pictures(data, "PNG"),
    "pdf": sheets,
}

if __name__ == "__main__":
    main(sys.argv[1], unlocked="unlocked" in sys.argv[2:])
    os._exit(0)  # nothing is left to be tidied
