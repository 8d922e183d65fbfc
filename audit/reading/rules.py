"""How the journal may be searched (CPS 5.4.4: the auditors read, and their reading is written)."""

import re
from dataclasses import dataclass
from datetime import datetime

from anxin.kernel.workdays import SHANGHAI

PAGE = 50  # entries on a page
NOBODY = ("system", "applicant", "anonymous")  # actors without an account


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty means all. `actor` is a name, login or staff number, or one of NOBODY; `action` is
    how the code begins; `subject` may also be a printed number (RA20261121-0001) or somebody who
    works here; `until` is exclusive.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False


_NUMBER = re.compile(r"([A-Z]{2}\d{8})-?(\d{4,10})")  # as on receipts: kind, day, count


def number_in(text: str) -> str:
    """A printed number however it was typed; "" for anything else."""
    found = _NUMBER.fullmatch("".join(text.split()).upper())
    return f"{found[1]}-{found[2]}" if found else ""


def day_of(number: str) -> datetime | None:
    """The day a number was given on, in China; None when there is no such day."""
    try:
        return datetime.strptime(number[2:10], "%Y%m%d").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
