"""The child that reads text off page images: `python -m ra.readings.reader`.

As the decoder (`ra.evidence.decoder`): everything is loaded, the process is locked, and only then
are the pictures read from standard input. It needs requirements-ocr.txt. No Django.

In: a line of JSON, the sizes of the pictures in bytes, then the pictures (WebP). Out: one line,
{"pages": [[[text, certainty from 0 to 1, left, top, right, bottom], ...], ...]} in pixels, or
{"refused": "not_locked" | "too_complex" | "damaged"}.
"""

import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any

# One thread, which is the one that is locked; and the engine reports to nobody.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ORT_DISABLE_TELEMETRY": "1",
}

import cv2
import numpy as np
from PIL import Image, WebPImagePlugin
from rapidocr import RapidOCR

from ra.evidence import sandbox
from ra.evidence.decoder import answer, read_all

LOADED = (WebPImagePlugin,)  # Pillow would look for it when it needs it, and no longer find it
LARGEST = (1600, 1600)  # pixels: a sheet full of words takes memory and time by its area
Line = tuple[str, float, int, int, int, int]
ONE_THREAD = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "critical",
}


def main(*, unlocked: bool) -> None:
    read = load()
    if sandbox.lock() and not unlocked:
        answer({"refused": "not_locked"})
        return
    try:
        answer({"pages": [read(picture) for picture in pictures(read_all())]})
    except MemoryError:
        answer({"refused": "too_complex"})
    except Exception:  # noqa: BLE001 -- whatever an engine of strangers raises over a picture
        answer({"refused": "damaged"})


def load() -> Callable[[bytes], list[Line]]:
    """The engine, with all that it will use in memory: it has read a word."""
    cv2.setNumThreads(0)
    Image.preinit()
    engine: Any = RapidOCR(params=ONE_THREAD)  # its answer is one of four types: this one reads
    word = np.full((200, 400, 3), 255, np.uint8)
    cv2.putText(word, "AB12", (50, 110), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 3)
    engine(word)

    def read(picture: bytes) -> list[Line]:
        with Image.open(io.BytesIO(picture), formats=["WEBP"]) as image:
            image.thumbnail(LARGEST, Image.Resampling.LANCZOS)
            found = engine(np.asarray(image.convert("RGB"))[:, :, ::-1])
        if found.txts is None:
            return []
        rows = zip(found.txts, found.scores, found.boxes, strict=True)
        return [(text, float(score), *_frame(box)) for text, score, box in rows]

    return read


def _frame(box: np.ndarray) -> tuple[int, int, int, int]:
    (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
    return int(left), int(top), int(right), int(bottom)


def pictures(data: bytes) -> list[bytes]:
    line, _, blobs = data.partition(b"\n")
    found, position = [], 0
    for size in json.loads(line):
        found.append(blobs[position : position + size])
        position += size
    return found


if __name__ == "__main__":
    main(unlocked="unlocked" in sys.argv[1:])
    os._exit(0)  # nothing is left to be tidied
