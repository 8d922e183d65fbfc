"""Certificates of staff (CPS 5.2.3): what they say, and how they end with their keys. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from ca.revocation.rules import REASONS, Cause

# Why the key ended, in the words of `people.operatorkeys.rules.Ending` -> CPS 4.9.1
CAUSES: Mapping[str, Cause] = {
    "replaced": Cause.OWN_WISH,
    "left": Cause.AFFILIATION_ENDED,
    "lost": Cause.KEY_AT_RISK,
}
NOTICE = timedelta(days=30)  # before a certificate ends; the house's own
LOST = REASONS[Cause.KEY_AT_RISK]  # what such a key signs proves nothing, whatever day it names


def subject(name: str, number: str, organization: str) -> tuple[tuple[str, str], ...]:
    """CPS 3.1.2: the real name; the staff number tells namesakes apart."""
    return (("C", "CN"), ("O", organization), ("CN", name), ("serialNumber", number))


def holder(person_id: int) -> str:
    """Whose names and keys these are, for the CA's claims."""
    return f"staff:{person_id}"


def requester(person_id: int) -> str:
    """Whom the approval is about by which the key was enrolled."""
    return f"people.staffmember:{person_id}"
