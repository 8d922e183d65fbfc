"""The authority sources that are set up: a registered protocol, two kinds of it, one page of JSON.

`ANXIN_SOURCES` names the page: `[{"name", "answers": ["person", "organization"], ...}]`, with
`"file"` for a register on this machine or `"url"` (and `"ca"`, `"certificate"`, `"key"`,
`"token"`: files) for a service. Hosts must also stand in `ANXIN_SOURCE_HOSTS`.
"""

import json
import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ra.lookups.file_source import FileSource
from ra.lookups.http_source import HttpSource
from ra.lookups.rules import NUMBERS, NoAnswer, Question, Reply, Silence

PATIENCE = 5.0  # seconds for all sources together: somebody waits at the screen
NAME = 60  # characters
_KEYS = {"name", "answers", "file", "url", "ca", "certificate", "key", "token"}

log = logging.getLogger(__name__)


class Source(Protocol):
    """Somebody to ask. `answers` are the kinds of parties it knows."""

    @property
    def name(self) -> str: ...
    @property
    def answers(self) -> frozenset[str]: ...
    def look_up(self, question: Question, patience: float) -> Reply:
        """Raises NoAnswer."""


Asked = tuple[Source, Question]


def configured() -> list[Source]:
    """In the order of the page. Raises ImproperlyConfigured."""
    if not settings.SOURCES_FILE:
        return []
    try:
        rows = json.loads(Path(settings.SOURCES_FILE).read_text("utf-8"))
        found = [_source(row) for row in rows]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ImproperlyConfigured(f"ANXIN_SOURCES: {error}") from error
    if len({one.name for one in found}) < len(found):
        raise ImproperlyConfigured("ANXIN_SOURCES: two sources of one name")
    return found


def _source(row: dict[str, Any]) -> Source:
    name, answers = row["name"], frozenset(row["answers"])
    if not (isinstance(name, str) and 0 < len(name) <= NAME and name.isprintable()):
        raise ValueError("a source needs a name")
    if row.keys() - _KEYS or not answers or answers - NUMBERS.keys():
        raise ValueError(f"{name}: what is {sorted(row.keys() - _KEYS)}, {sorted(answers)}?")
    if "file" in row:
        return FileSource(name, answers, Path(row["file"]))
    parts = urlsplit(row["url"])
    if parts.scheme != "https" or parts.hostname not in settings.SOURCE_HOSTS:
        raise ValueError(f"{name}: https, and a host of ANXIN_SOURCE_HOSTS")
    files = {key: row.get(key, "") for key in ("ca", "certificate", "key", "token")}
    return HttpSource(name, answers, row["url"], **files)


def pairs(sources: Sequence[Source], questions: Sequence[Question]) -> list[Asked]:
    """Who is asked what."""
    return [(one, each) for one in sources for each in questions if each.kind in one.answers]


def ask(asked: Sequence[Asked]) -> list[Reply | Silence]:
    """All at once, in the order given; who takes longer than PATIENCE has not answered."""
    pool = ThreadPoolExecutor(max_workers=max(len(asked), 1))
    try:
        running = [pool.submit(one.look_up, each, PATIENCE) for one, each in asked]
        wait(running, timeout=PATIENCE)
        return [_heard(one.name, future) for (one, _), future in zip(asked, running, strict=True)]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _heard(name: str, future: Future[Reply]) -> Reply | Silence:
    if not future.done():
        return Silence.TIMEOUT
    try:
        return future.result()
    except NoAnswer as silence:
        return silence.why
    except ImproperlyConfigured as error:  # names a file, never what is in it
        log.error("source %s: %s", name, error)  # noqa: TRY400 -- no trace of what was asked
        return Silence.SETTINGS
