"""Who is acting: a value handed down every call, never looked up on the way."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (`person_id` set) or the system; `office` is the code of the RA they serve.

    `proved_at`: when the person last showed a second factor, None: never at this browser.
    `signature`: of their operator key, over the vote in the form they sent.
    """

    person_id: int | None
    name: str
    roles: frozenset[str] = frozenset()
    address: str = ""
    office: str = ""
    proved_at: datetime | None = None
    signature: str = ""


SYSTEM = Actor(None, "system")
APPLICANT = Actor(None, "applicant")
