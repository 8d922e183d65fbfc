"""How the journal may be searched (CPS 5.4.4: the auditors read, and their reading is written)."""

from dataclasses import dataclass
from datetime import datetime

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
