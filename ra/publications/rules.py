"""What is published and how it changes: by one who asks and the committee that agrees. Pure."""

import re
from datetime import date
from enum import StrEnum

from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from anxin.kernel.states import Steps


class Kind(StrEnum):
    """CPS 2.1"""

    CPS = "cps"
    AGREEMENT = "agreement"
    NOTICE = "notice"


class State(StrEnum):
    PROPOSED = "proposed"
    PUBLISHED = "published"  # for good: a later version takes its place, the older stays readable
    REFUSED = "refused"


STEPS = Steps(
    ("publish", [State.PROPOSED], State.PUBLISHED),
    ("refuse", [State.PROPOSED], State.REFUSED),
)

PUBLISH = "ra.publish_document"  # people.api action, CPS 2.3

# One version at a time is in force; notices stand beside each other.
SUCCEED = frozenset({Kind.CPS, Kind.AGREEMENT})

LARGEST = 4 << 20  # bytes, the house's own
TEXT, PDF = "text/plain; charset=utf-8", "application/pdf"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,19}")


def refuse(rule: str, reason: str, field: str) -> Refusal:
    return Refusal(Why.INVALID, f"publications.{rule}", reason, cps="2.3", field=field)


def check_version(version: str) -> None:
    """It stands in addresses, and people write it on paper."""
    if not _VERSION.fullmatch(version):
        raise refuse("version", "letters, digits, dots, dashes; at most 20", "version")


def check_day(day: date, *, today: date, succeeds: bool) -> None:
    """What `succeeds` another begins tomorrow at the earliest: people agreed to that one today."""
    if day < today:
        raise refuse("valid_from", "nothing counts for days that are over", "valid_from")
    if succeeds and day == today:
        raise refuse("succeeds_today", "another is in force today", "valid_from")


def media(body: bytes) -> str:
    """What the file is. Refuses what is neither a PDF nor text in UTF-8, or too large."""
    if not 0 < len(body) <= LARGEST:
        raise refuse("size", f"1 to {LARGEST} bytes", "file")
    if body.startswith(b"%PDF-"):
        return PDF
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse("file", "neither PDF nor text", "file") from error
    if not text.strip() or any(letter < " " and letter not in "\t\r\n" for letter in text):
        raise refuse("file", "neither PDF nor text", "file")
    return TEXT
