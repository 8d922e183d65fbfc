"""The custodians' register: who has shown that their file opens, and when it is due again. Pure.

The CPS asks that activation data is kept by different people and changed often (6.4.2), and gives
no numbers; these are ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from ca.custody.rules import NEED
from pki import shares, statements

DRILL_EVERY = timedelta(days=183)  # CPS 6.4.2: twice a year
DRILL_SOON = timedelta(days=30)  # before that, its custodian is told
DRILL_OPEN = timedelta(minutes=10)  # as an offer
RESPLIT_WITHIN = timedelta(days=30)  # CPS 6.2.2: of a custodian who cannot come
CHALLENGE = 32  # octets


class DrillState(StrEnum):
    ASKED = "asked"
    PROVED = "proved"
    LAPSED = "lapsed"


DRILL_STEPS = Steps(
    ("prove", [DrillState.ASKED], DrillState.PROVED),
    ("lapse", [DrillState.ASKED], DrillState.LAPSED),
)


class Due(StrEnum):
    """How a seat stands with its next drill."""

    LATER = "later"
    SOON = "soon"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Kept:
    """A seat of the set in force. `shown`: its file opened, at handing out, in use or in a drill;
    `away_since`: its custodian cannot come.
    """

    seat_id: int
    person_id: int
    shown: datetime
    away_since: datetime | None
    reachable: bool

    @property
    def due_at(self) -> datetime:
        return self.shown + DRILL_EVERY

    def due(self, *, at: datetime) -> Due:
        if at >= self.due_at:
            return Due.OVER
        return Due.SOON if at >= self.due_at - DRILL_SOON else Due.LATER


@dataclass(frozen=True, slots=True)
class Weakness:
    """Something that is wrong with the custodians. `since`: tells two of one kind apart."""

    code: str
    since: datetime
    seat_id: int = 0


def weaknesses(seats: Iterable[Kept], *, at: datetime) -> list[Weakness]:
    """What the administrators are told by mail, once each."""
    kept = list(seats)
    found = [
        Weakness("overdue", one.due_at, one.seat_id)
        for one in kept
        if one.due(at=at) is Due.OVER and one.reachable
    ]
    away = sorted((one.away_since, one.seat_id) for one in kept if one.away_since)
    found += [Weakness("away", since, seat_id) for since, seat_id in away]
    found += [
        Weakness("replace", since, seat_id) for since, seat_id in away if at >= resplit_by(since)
    ]
    if away and sum(one.reachable for one in kept) < NEED:
        found.append(Weakness("few", away[-1][0]))
    return found


def resplit_by(away_since: datetime) -> datetime:
    """Until then the seat of somebody who cannot come has another custodian."""
    return away_since + RESPLIT_WITHIN


def check_open(state: str, expires_at: datetime, *, at: datetime) -> None:
    """Refuses (CONFLICT) a drill that was done, or is over."""
    if state != DrillState.ASKED or at >= expires_at:
        raise Refusal(Kind.CONFLICT, "custody.no_drill", f"is {state}", cps="6.4.2")


def check_proof(key: bytes, statement: bytes, signature: bytes) -> None:
    """Refuses (INVALID) what the seat's key did not sign."""
    if not statements.holds(key, statement, signature):
        raise Refusal(Kind.INVALID, "custody.proof", "not signed by this seat's key", cps="6.4.2")


def statement(*, signer: str, set_code: str, number: int, check: str, challenge: str) -> bytes:
    """What a custodian signs in a drill."""
    return shares.drilled(
        signer=signer, set_id=set_code, number=number, check=check, drill=challenge
    )
