"""Codes that are told once (CPS 4.3.1): how they look, how they are kept, when they lock. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.rates import Limit
from anxin.kernel.states import Steps
from ra.verifications.rules import IDENTIFIED

# An application's number can be counted through, so its code is not the four characters people
# would like: 40 bits, and a pause after five wrong ones.
ACCESS_LENGTH = 8
AUTHORISATION_LENGTH = 16  # 80 bits
REFERENCE_LENGTH = 10  # decimal digits

TRIES = 5  # CPS 4.3.1 leaves it open; the house's own number
MOST = 1000  # counted wrong tries on one credential; more say no more
ACCESS_LOCKED_FOR = timedelta(minutes=15)
VALID_FOR = timedelta(days=30)

MINUTE = timedelta(minutes=1)
ASKED = Limit(10, MINUTE)  # of one address, on each public page that takes a code
DECOY = "-"  # the row that is tried when nobody's is: the same work, the same time


REPLACE = "ra.replace_codes"  # what two people agree to
ACCESS, DOWNLOAD = "access", "download"  # what a code is for; part of its hash


class State(StrEnum):
    OPEN = "open"
    USED = "used"
    LOCKED = "locked"  # five wrong codes
    EXPIRED = "expired"  # in time, or because newer codes were issued


STEPS = Steps(
    ("use", [State.OPEN], State.USED),
    ("lock", [State.OPEN], State.LOCKED),
    ("expire", [State.OPEN], State.EXPIRED),
)


def reference_from(randomness: bytes) -> str:
    """Ten decimal digits."""
    return f"{int.from_bytes(randomness) % 10**REFERENCE_LENGTH:0{REFERENCE_LENGTH}}"


def number_as_printed(number: str) -> str:
    """An application's number however it was typed: RA20261121-0001."""
    plain = "".join(number.upper().replace("-", "").split())[:19]
    return f"{plain[:10]}-{plain[10:]}"


def after_wrong_access(tries: int, *, at: datetime) -> tuple[int, datetime | None]:
    """Count and pause after one more wrong access code."""
    return (tries + 1, None) if tries + 1 < TRIES else (0, at + ACCESS_LOCKED_FOR)


def no_match() -> Refusal:
    """One answer for: no such number, wrong code, locked, used, expired."""
    return Refusal(
        Kind.NOT_FOUND,
        "handover.no_match",
        "number and code do not go together, or were tried too often",
        cps="4.3.1",
        tries=TRIES,
        minutes=ACCESS_LOCKED_FOR // MINUTE,
    )


class ReplacementCause(StrEnum):
    """Why others are issued: CPS 4.3.1 leaves it open; the house's own."""

    LOST = "lost"
    SEEN = "seen"  # by somebody it was not meant for
    LOCKED = "locked"
    EXPIRED = "expired"


def check_replacement(cause: str, checked_how: str) -> None:
    """Why, and how it was made sure who asks (CPS 3.2.3)."""
    if cause not in set(ReplacementCause):
        raise _replacement(Kind.INVALID, "replacement_cause", f"no {cause}", field="cause")
    if checked_how not in IDENTIFIED:
        raise _replacement(Kind.INVALID, "checked_how", f"no {checked_how}", field="checked_how")


def check_replaceable(*, issued: bool, agreed: bool, asked: bool) -> None:
    """Only codes that were issued are replaced, one request at a time."""
    if not issued:
        raise _replacement(Kind.CONFLICT, "nothing_to_replace", "no codes were issued yet")
    if asked:
        raise _replacement(Kind.CONFLICT, "replacement_asked", "it was asked for already")
    if agreed:
        raise _replacement(Kind.CONFLICT, "replacement_agreed", "new ones may be issued now")


def check_first_or_agreed(*, issued: bool, agreed: bool) -> None:
    """The first pair is one person's work, every other one two people's."""
    if issued and not agreed:
        raise _replacement(Kind.FORBIDDEN, "replace_first", "nobody has agreed to new codes")


def _replacement(kind: Kind, rule: str, reason: str, *, field: str = "") -> Refusal:
    return Refusal(kind, f"handover.{rule}", reason, cps="4.3.1", field=field)


def check_valid(certificate_state: str) -> None:
    """Nobody accepts what is revoked already, or on hold just now."""
    if certificate_state == "held":
        raise Refusal(Kind.CONFLICT, "handover.on_hold", "the certificate is on hold", cps="4.9.12")
    if certificate_state != "valid":
        raise Refusal(
            Kind.CONFLICT,
            "handover.certificate_over",
            f"the certificate is {certificate_state}",
            cps="4.4.1",
        )


def check_codes_due(state: str, certificate_state: str) -> None:
    """Codes are issued for a certificate that is there, valid, and not picked up yet."""
    if state == "accepted":
        raise Refusal(
            Kind.CONFLICT, "handover.picked_up", "the subscriber has it already", cps="4.4.1"
        )
    if state != "issued" or certificate_state not in {"", "valid"}:
        raise Refusal(
            Kind.CONFLICT,
            "handover.no_certificate",
            f"application {state}, certificate {certificate_state}",
            cps="4.3.1",
        )
