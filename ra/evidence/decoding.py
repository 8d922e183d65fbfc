"""Handing a stranger's file to the child that decodes it, and taking pages back."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

from django.conf import settings

from anxin.kernel.errors import Kind, Refusal
from ra.evidence.rules import refuse

LOADER = ("LD_LIBRARY_PATH",)  # where Python's own library is, when Python is a copy
SECONDS = 60  # from start to answer
MOST = 64 * 1024 * 1024  # bytes of pages we are willing to take back

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

    Refuses `evidence.not_locked` in production on a machine that cannot lock it.
    """
    answer = _ask(kind, data)
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
    pages, position = [], 0
    for width, height, image, thumbnail in rows:
        middle, end = position + image, position + image + thumbnail
        pages.append(DecodedPage(width, height, blobs[position:middle], blobs[middle:end]))
        position = end
    if not pages or position != len(blobs):
        raise ValueError("the pictures do not fill the answer")
    return pages


def _ask(kind: str, data: bytes) -> bytes:
    child = subprocess.Popen(
        [sys.executable, "-E", "-s", "-m", "ra.evidence.decoder", kind, *_leave()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=settings.BASE_DIR,
        env={name: os.environ[name] for name in LOADER if name in os.environ},
        close_fds=True,
    )
    assert child.stdin
    assert child.stdout
    patience = threading.Timer(SECONDS, child.kill)
    feeder = threading.Thread(target=_feed, args=(child.stdin, data), daemon=True)
    patience.start()
    feeder.start()
    try:
        answer = child.stdout.read(MOST + 1)
    finally:
        child.kill()  # it has said all, or more than we take
        patience.cancel()
        feeder.join()
        child.stdout.close()
        child.wait()
    if len(answer) > MOST or not answer:
        raise refuse("too_complex", f"decoding this {kind} took too much")
    return answer


def _leave() -> list[str]:
    return [] if settings.PRODUCTION else ["unlocked"]


def _feed(pipe: object, data: bytes) -> None:
    try:
        with pipe:  # type: ignore[attr-defined]
            pipe.write(data)  # type: ignore[attr-defined]
    except BrokenPipeError:
        pass  # the child had seen enough
