"""Who is acting: a value handed down every call, never looked up on the way."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (`person_id` set) or the system; `office` is the code of the RA they serve."""

    person_id: int | None
    name: str
    roles: frozenset[str] = frozenset()
    address: str = ""
    office: str = ""


SYSTEM = Actor(None, "system")
APPLICANT = Actor(None, "applicant")
