"""Numbers as they are printed on receipts, RA20261120-0001: kind, day in China, count."""

import re
from datetime import datetime

from anxin.kernel.workdays import SHANGHAI

_NUMBER = re.compile(r"([A-Z]{2}\d{8})-?(\d{4,10})")


def heading(kind: str, at: datetime) -> str:
    """What the numbers of this day begin with."""
    return f"{kind}{at.astimezone(SHANGHAI):%Y%m%d}"


def printed(head: str, count: int) -> str:
    return f"{head}-{count:04}"


def number_in(text: str) -> str:
    """A printed number however it was typed; "" for anything else."""
    found = _NUMBER.fullmatch("".join(text.split()).upper())
    return f"{found[1]}-{found[2]}" if found else ""


def day_of(number: str) -> datetime | None:
    """The day a number was given on; None when there is no such day."""
    try:
        return datetime.strptime(number[2:10], "%Y%m%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
