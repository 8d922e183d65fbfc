"""Taking in a scan: from the bytes of an upload to sealed page images on the disk.

A JPEG scan and a PDF of eight scanned pages, 5 MB each, go through
`ra.evidence.services.add_evidence`: the file is examined and digested, decoded by a process of its
own without rights, every page drawn again as WebP with a thumbnail, original and pictures sealed
(AES-256-GCM, chunks of 1 MiB), written under a temporary name, flushed to the disk and renamed,
then the rows and the journal's entry. The parts are measured one by one with the same files; the
whole holds what they do not.
"""

import io
import random
import secrets
from collections.abc import Callable
from uuid import UUID, uuid4

from django.utils import timezone
from PIL import Image, ImageDraw

from anxin.kernel.actors import Actor
from kmc import api as kmc
from ra.evidence import decoding, files
from ra.evidence.decoding import DecodedPage
from ra.evidence.services import add_evidence
from ra.intake.services import open_draft
from tests.benchmarks.harness import Run, milliseconds, written
from tests.benchmarks.house import House
from tests.support.ra import open_counter

SIZE = 5_000_000  # bytes
SHEETS = 8
SCAN = (2480, 3508)  # A4 at 300 dpi
TIMES = 30
SIGNED = b"created by Pillow PDF driver"


def measure(house: House) -> None:
    """Both kinds, whole and in parts."""
    operator = open_counter().chen
    for kind, data in (("JPEG", scan()), ("PDF", paper())):
        print(f"{kind}: {len(data) / 1e6:.2f} MB")
        _measure(kind, data, operator)


def _measure(kind: str, data: bytes, operator: Actor) -> None:
    times = 3 if Run.short else TIMES
    name, pages = f"{kind}, 5 MB", decoding.decode(kind.lower(), data)
    drafts = iter([_draft(operator) for _ in range(times + 1)])
    milliseconds(
        f"{name}: add_evidence",
        lambda: _take_in(next(drafts), kind, unlike(kind, data), operator),
        times=times,
    )
    milliseconds(
        f"{name}: decode, {_pages(pages)}",
        lambda: decoding.decode(kind.lower(), data),
        times=times,
    )
    key = kmc.new_data_key("ra.application", actor=operator, at=timezone.now())
    sealed = seal(key, data, pages)
    volume = written(sum(len(chunk) for blob in sealed for chunk in blob) / 1e6)
    milliseconds(f"{name}: seal, {volume} MB", lambda: seal(key, data, pages), times=times)
    milliseconds(
        f"{name}: write, {len(sealed)} files, flushed",
        lambda: [files.write(uuid4(), blob) for blob in sealed],
        times=times,
    )


def _draft(operator: Actor) -> int:
    return open_draft("personal-sm2-sign", actor=operator, at=timezone.now()).id


def _take_in(draft: int, kind: str, data: bytes, operator: Actor) -> None:
    form, at = "application_form", timezone.now()
    add_evidence(draft, form, f"scan.{kind.lower()}", data, actor=operator, at=at)


def _pages(pages: list[DecodedPage]) -> str:
    return f"{len(pages)} page{'s' if len(pages) > 1 else ''}"


def seal(key: UUID, data: bytes, pages: list[DecodedPage]) -> list[list[bytes]]:
    """The sealed chunks of each file: the original, then a picture and a thumbnail per page."""
    blobs = [data] + [blob for page in pages for blob in (page.image, page.thumbnail)]
    return [list(kmc.seal_file(key, "ra.evidence:bench", _chunks(blob))) for blob in blobs]


def _chunks(blob: bytes) -> list[bytes]:
    return [blob[start : start + files.BLOCK] for start in range(0, len(blob), files.BLOCK)]


def unlike(kind: str, data: bytes) -> bytes:
    """The same picture in a file that nobody has handed in before."""
    mark = secrets.token_hex(len(SIGNED) // 2).encode()
    if kind == "JPEG":  # a comment after the first marker
        return data[:2] + b"\xff\xfe" + (len(mark) + 2).to_bytes(2, "big") + mark + data[2:]
    assert SIGNED in data
    return data.replace(SIGNED, mark, 1)


# --- papers as a scanner makes them ------------------------------------------------------------


def scan() -> bytes:
    """A page of writing on grainy paper, a JPEG."""
    page = _sheet(SCAN, 1)

    def jpeg(quality: int) -> bytes:
        out = io.BytesIO()
        page.save(out, "JPEG", quality=quality)
        return out.getvalue()

    return _as_large_as(SIZE, jpeg)


def paper() -> bytes:
    """Several such pages in a PDF."""
    sheets = [_sheet((1654, 2339), number) for number in range(SHEETS)]

    def pdf(quality: int) -> bytes:
        out = io.BytesIO()
        sheets[0].save(out, "PDF", save_all=True, append_images=sheets[1:], quality=quality)
        return out.getvalue()

    return _as_large_as(SIZE, pdf)


def _as_large_as(size: int, make: Callable[[int], bytes]) -> bytes:
    """The best quality that is no larger."""
    good, bad = 1, 101
    while bad - good > 1:
        quality = (good + bad) // 2
        good, bad = (quality, bad) if len(make(quality)) <= size else (good, quality)
    return make(good)


def _sheet(size: tuple[int, int], seed: int) -> Image.Image:
    place = random.Random(seed)
    grain = Image.effect_noise(size, 24).convert("RGB")
    page = Image.blend(Image.new("RGB", size, "#f7f4ea"), grain, 0.12)
    pen = ImageDraw.Draw(page)
    for top in range(size[1] // 10, size[1] * 9 // 10, 60):
        left = size[0] // 10
        while left < size[0] * 9 // 10:
            width = place.randint(8, 60)
            pen.rectangle([left, top, left + width, top + 26], fill="#2a2f3a")
            left += width + place.randint(6, 20)
    return page
