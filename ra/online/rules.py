"""What comes in over the public site (CPS 4.1, 4.2.2): limits, steps, why it is turned down. Pure.

The numbers are the house's own; the CPS leaves them open.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.rates import Limit
from anxin.kernel.states import Steps
from ra.evidence.rules import PER_SLOT
from ra.holds.rules import Act
from ra.revocations.rules import Asker
from ra.verifications.rules import IDENTIFIED

OPENED = Limit(5, timedelta(minutes=10))  # submissions one address begins
OPEN_AT_ONCE = 10  # of one address, neither settled nor given up
UNSETTLED_AT_ONCE = 5_000  # of all addresses together: what anybody may fill stays bounded
BYTES_AT_ONCE = 4 * 1024**3  # of the files of all of them
LIMIT = 8 * 1024 * 1024  # bytes of a file: a photograph by a telephone
BODY = LIMIT + (1 << 16)  # bytes of a request with one file
MOST_FILES = 16
LONGEST_MESSAGE = 500  # characters

UNFINISHED = timedelta(days=1)  # begun and never handed in: shredded
UNTAKEN = timedelta(days=30)  # handed in and never looked at; requests wait until somebody does
ALARM_AFTER = timedelta(hours=2)  # a request nobody looked at: CPS 4.9.5 wants it done at once
ALARM_AGAIN = timedelta(days=1)
DIGITS = 8  # of a number, drawn: nobody counts through them


class Purpose(StrEnum):
    APPLY = "apply"
    CORRECT = "correct"  # what came back (CPS 4.2.2)
    SUCCEED = "succeed"  # signed by the old key (CPS 4.6, 4.7)
    REVOKE = "revoke"  # CPS 4.9.3
    FREEZE = "freeze"  # CPS 4.9.14
    UNFREEZE = "unfreeze"  # CPS 4.9.14, 4.9.15: what the holder asked to be frozen
    REFUND = "refund"  # CPS 9.1.5: revoked, and what is left goes back
    INVOICE = "invoice"  # CPS 9.1: for the fee that was paid


# What may be asked of a certificate in this state, with number and access code
ASKABLE: Mapping[str, tuple[Purpose, ...]] = {
    "valid": (Purpose.FREEZE, Purpose.REVOKE, Purpose.REFUND),
    "held": (Purpose.UNFREEZE, Purpose.REVOKE, Purpose.REFUND),
}
REQUESTS = (Purpose.REVOKE, Purpose.FREEZE, Purpose.UNFREEZE, Purpose.REFUND)
ASKED = (*REQUESTS, Purpose.INVOICE)  # what its sender sees on the page of progress
HOLDS: Mapping[str, Act] = {Purpose.FREEZE: Act.FREEZE, Purpose.UNFREEZE: Act.UNFREEZE}
URGENT = (Purpose.REVOKE, Purpose.FREEZE)
HOLDER = Asker.SUBSCRIBER.value  # who asks
OWN_WISH = "own_wish"  # the cause of a freeze and of a refund (CPS 4.9.12, 9.1.5)


class State(StrEnum):
    OPEN = "open"  # the applicant adds documents
    WAITING = "waiting"  # for an operator
    TAKEN = "taken"
    REFUSED = "refused"
    EXPIRED = "expired"


STEPS = Steps(
    ("hand_in", [State.OPEN], State.WAITING),
    ("take", [State.WAITING], State.TAKEN),
    ("refuse", [State.WAITING], State.REFUSED),
    ("expire", [State.OPEN, State.WAITING], State.EXPIRED),
)
UNSETTLED = (State.OPEN, State.WAITING)


class Reason(StrEnum):
    """Why nothing was taken in; a code, because the public site shows it."""

    UNREADABLE = "unreadable"
    NOT_OURS = "not_ours"  # another office has to do it
    DUPLICATE = "duplicate"
    KEY = "key"  # the key is certified already, or not allowed
    UNIDENTIFIED = "unidentified"  # CPS 3.4: nobody could tell who asks
    UNPAID = "unpaid"  # nothing an invoice could be for
    ABUSE = "abuse"


def number_from(day: str, randomness: bytes) -> str:
    """ON20261120-40917322; `day` as in the number."""
    return f"ON{day}-{int.from_bytes(randomness) % 10**DIGITS:0{DIGITS}}"


def check_body(length: int) -> None:
    """Refuses a request before it is read."""
    if length > BODY:
        raise refuse("too_large", f"a request of {length} bytes", megabytes=LIMIT >> 20)


def check_size(size: int) -> None:
    if size > LIMIT:
        raise refuse("too_large", f"a file of {size} bytes", megabytes=LIMIT >> 20)


def check_room(in_slot: int, in_all: int) -> None:
    if in_slot >= PER_SLOT or in_all >= MOST_FILES:
        raise refuse("many_files", f"{in_slot} here, {in_all} in all", files=PER_SLOT)


def check_open(state: str) -> None:
    """Refuses to add to what was handed in."""
    if state != State.OPEN:
        raise Refusal(Kind.CONFLICT, "online.not_open", f"it is {state}", cps="4.1")


def check_few(open_now: int) -> None:
    if open_now >= OPEN_AT_ONCE:
        raise Refusal(Kind.TOO_OFTEN, "online.many_open", f"{open_now} are open", most=OPEN_AT_ONCE)


def check_holds(submissions: int, size: int = 0) -> None:
    """Refuses (NOT_READY) what would fill the disk the journal and the lists are written to."""
    if submissions >= UNSETTLED_AT_ONCE or size > BYTES_AT_ONCE:
        raise Refusal(Kind.NOT_READY, "online.full", f"{submissions} wait, {size} bytes", cps="4.1")


def check_agreed(agreed: str, *, in_force: str) -> None:
    """The version on the page, and it is the one in force; "": none is published (CPS 4.1.2.4)."""
    if not in_force:
        raise refuse("no_agreement", "none is published", cps="4.1.2.4", field="agreed")
    if agreed != in_force:
        raise refuse("not_agreed", "the agreement", cps="4.1.2.4", field="agreed")


def check_complete(asked: list[str], held: frozenset[str]) -> None:
    """Refuses to hand in what nobody can check (CPS 4.2.3: the clock starts by what is whole)."""
    missing = [slot for slot in asked if slot not in held]
    if missing:
        raise refuse("incomplete", f"no {missing[0]}", cps="4.2.3", field=missing[0])


def check_something(*, files: int, said: bool) -> None:
    """Refuses a correction that corrects nothing."""
    if not files and not said:
        raise refuse("nothing", "neither file nor word", cps="4.2.2")


def check_askable(purpose: str, certificate_state: str) -> None:
    if purpose not in ASKABLE.get(certificate_state, ()):
        reason = f"no {purpose} of a certificate that is {certificate_state or 'not there'}"
        raise refuse("not_now", reason, cps="4.9.3", field="")


def check_alive(certificate_state: str, not_after: datetime | None, *, at: datetime) -> None:
    """Refuses a successor of what is revoked, frozen or over (CPS 3.3.2, 4.6.3)."""
    if certificate_state != "valid" or not_after is None or at >= not_after:
        raise refuse("not_now", f"it is {certificate_state}", cps="4.6.3", field="signed")


def check_identified(how: str) -> None:
    """CPS 3.4: who asks is identified as in 3.2 before anything is asked of others."""
    if how not in IDENTIFIED:
        raise refuse("identified", f"not by {how}", cps="3.4", field="checked_how")


def asked_already() -> Refusal:
    return Refusal(Kind.CONFLICT, "online.asked_already", "the same waits already", cps="4.9.3")


def check_reason(reason: str) -> None:
    if reason not in set(Reason):
        raise refuse("reason", f"no reason {reason}", field="reason", cps="4.2.2")


def refuse(
    rule: str, reason: str, *, cps: str = "4.1", field: str = "file", **details: object
) -> Refusal:
    return Refusal(Kind.INVALID, f"online.{rule}", reason, cps=cps, field=field, **details)
