"""Handing a stranger's file to the child that decodes it, and taking pages back."""

import json
import threading
from dataclasses import dataclass

from anxin.kernel.errors import Kind, Refusal
from ra.evidence import children
from ra.evidence.rules import refuse
from ra.evidence.shapes import MAX_PAGES, MAX_PIXELS

AT_ONCE = 2  # children of one process: each takes a processor and much memory
MOST = 64 * 1024 * 1024  # bytes of pages we are willing to take back

_turns = threading.BoundedSemaphore(AT_ONCE)

# Refusals the child may speak; anything else it says is taken for a crash.
SAID = frozenset(
    ("animated", "damaged", "encrypted", "pages", "pixels", "too_complex", "truncated")
)


@dataclass(frozen=True, slots=True, repr=False)
class DecodedPage:
    """One page: pixels wide and high, WebP of the page and of its thumbnail."""

    width: int
    height: int
    image: bytes
    thumbnail: bytes


def decode(kind: str, data: bytes) -> list[DecodedPage]:
    """The pages of a file. Refuses `evidence.*`; one short-lived, locked process per file.

    Refuses `evidence.not_locked` in production on a machine that cannot lock it, `evidence.busy`
    when too many files came at once.
    """
    with children.turn(_turns, "evidence.busy"):
        answer = children.ask("ra.evidence.decoder", kind, data=data, most=MOST)
    if not answer:
        raise refuse("too_complex", f"decoding this {kind} took too much")
    line, _, blobs = answer.partition(b"\n")
    try:
        head = json.loads(line)
        if head.get("refused") == "not_locked":
            raise Refusal(
                Kind.NOT_READY, "evidence.not_locked", "this machine lacks Landlock or seccomp"
            )
        if head.get("refused") in SAID:
            raise refuse(head["refused"], f"{kind}: {head['refused']}")
        return _pages(head["pages"], blobs)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise refuse("damaged", f"the decoder could make nothing of this {kind}") from error


def _pages(rows: list[list[int]], blobs: bytes) -> list[DecodedPage]:
    """What the child says is not believed: it has read what a stranger sent."""
    if len(rows) > MAX_PAGES:
        raise ValueError("more pages than were asked for")
    pages, position = [], 0
    for row in rows:
        if any(type(number) is not int or number < 1 for number in row):
            raise ValueError("a page measures and weighs something")
        width, height, image, thumbnail = row
        if width * height > MAX_PIXELS:
            raise ValueError("a page larger than any sheet")
        middle, end = position + image, position + image + thumbnail
        pages.append(
            DecodedPage(width, height, _webp(blobs[position:middle]), _webp(blobs[middle:end]))
        )
        position = end
    if not pages or position != len(blobs):
        raise ValueError("the pictures do not fill the answer")
    return pages


def _webp(blob: bytes) -> bytes:
    """One WebP file and nothing behind it (RFC 9649 2.4). Raises ValueError."""
    size = int.from_bytes(blob[4:8], "little") + 8
    if blob[:4] != b"RIFF" or blob[8:12] != b"WEBP" or size != len(blob):
        raise ValueError("not a picture as the child makes them")
    return blob
