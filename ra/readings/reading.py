"""Handing page images to the child that reads them, and taking lines of text back."""

import json
import threading
from collections.abc import Sequence
from importlib.util import find_spec

from anxin.kernel.errors import Kind, Refusal
from ra.evidence import children
from ra.readings.rules import Line, line_of

ENGINE = ("rapidocr", "onnxruntime")  # requirements-ocr.txt
MOST = 1024 * 1024  # bytes of text we are willing to take back
LINES = 1000  # of a page

_turns = threading.BoundedSemaphore(1)  # half a gigabyte, and a processor for seconds


def installed() -> bool:
    """Whether documents can be read here."""
    return all(find_spec(name) for name in ENGINE)


def read(pictures: Sequence[bytes]) -> list[list[Line]]:
    """The lines of each page image (WebP); one short-lived, locked process for all of them.

    Refuses `readings.not_installed`, `readings.busy`, `readings.not_locked` in production on a
    machine that cannot lock it, and `readings.failed`.
    """
    if not installed():
        raise Refusal(Kind.NOT_READY, "readings.not_installed", "no engine is installed")
    sizes = json.dumps([len(one) for one in pictures]).encode()
    with children.turn(_turns, "readings.busy"):
        said = children.ask(
            "ra.readings.reader", data=b"\n".join((sizes, b"".join(pictures))), most=MOST
        )
    try:
        head = json.loads(said)
        if head.get("refused") == "not_locked":
            raise Refusal(Kind.NOT_READY, "readings.not_locked", "this machine cannot lock it")
        return _pages(head["pages"], len(pictures))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(Kind.NOT_READY, "readings.failed", "the reader has not read") from error


def _pages(pages: list[list[list[object]]], wanted: int) -> list[list[Line]]:
    """What the child says is not believed: it has read what a stranger sent."""
    if len(pages) != wanted or any(len(page) > LINES for page in pages):
        raise ValueError("not the pages that were asked for")
    return [[line_of(row) for row in page] for page in pages]
