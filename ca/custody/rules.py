"""Custody of the CA's keys (CPS 6.2.2, 6.2.8, 6.2.9, 6.4): three seats, two of them activate. Pure.

The signer decides by its own list (docs/decisions/0013); what stands here is who may ask it.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from pki import shares, statements
from pki.errors import PkiError
from pki.signer import offers
from pki.signer.protocol import HOME

SEATS, NEED = shares.OF, shares.NEED  # CPS 6.2.2
ASKED_FOR = offers.OFFER_LIFE  # nobody waits longer for an offer than an offer lasts
ENDS_SOON = timedelta(days=1)  # before an activation ends by itself
LONGEST_REASON = 200
SIGNATURES = offers.MOST_SIGNATURES  # at most, of one activation
_POINT = 65  # octets of an uncompressed point of P-256
_SIGNATURE = 64
_MOST_SEALED = 1024  # octets; a share on its way has not a tenth of it
_CEREMONY = re.compile(r"[A-Z0-9-]{1,20}")


class SetState(StrEnum):
    DRAFTED = "drafted"  # another has to agree
    HANDING_OUT = "handing_out"  # keys are made, shares go out, receipts come in
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    DROPPED = "dropped"


SET_STEPS = Steps(
    ("agree", [SetState.DRAFTED], SetState.HANDING_OUT),
    ("drop", [SetState.DRAFTED, SetState.HANDING_OUT], SetState.DROPPED),
    ("put_in_force", [SetState.HANDING_OUT], SetState.IN_FORCE),
    ("replace", [SetState.IN_FORCE], SetState.REPLACED),
)


class SeatState(StrEnum):
    NAMED = "named"
    ENROLLED = "enrolled"  # the custodian's browser has made its keys
    HANDED_OUT = "handed_out"  # a share lies sealed to them
    RECEIPTED = "receipted"  # opened, checked, in the custodian's file; the signer is to be told
    HELD = "held"  # the signer has the receipt


SEAT_STEPS = Steps(
    ("enrol", [SeatState.NAMED, SeatState.ENROLLED], SeatState.ENROLLED),
    ("hand_out", [SeatState.ENROLLED], SeatState.HANDED_OUT),
    ("receipt", [SeatState.HANDED_OUT], SeatState.RECEIPTED),
    ("hold", [SeatState.RECEIPTED], SeatState.HELD),
)


class State(StrEnum):
    """Of an activation."""

    ASKED = "asked"  # the signer has not made its offer yet
    OFFERED = "offered"  # custodians may bring their shares
    ACTIVE = "active"
    ENDED = "ended"
    LAPSED = "lapsed"  # not enough shares in time
    REFUSED = "refused"  # by the signer


STEPS = Steps(
    ("offer", [State.ASKED], State.OFFERED),
    ("refuse", [State.ASKED], State.REFUSED),
    ("activate", [State.OFFERED], State.ACTIVE),
    ("lapse", [State.ASKED, State.OFFERED], State.LAPSED),
    ("end", [State.ACTIVE], State.ENDED),
)
OPEN = (State.ASKED, State.OFFERED)


def is_late(asked_at: datetime, expires_at: datetime | None, *, at: datetime) -> bool:
    """Whether it is over with what was asked for, or offered (`expires_at`). A time far ahead is
    nobody's: clocks differ by less.
    """
    return at >= expires_at if expires_at else abs(at - asked_at) >= ASKED_FOR


class ShareState(StrEnum):
    WAITING = "waiting"  # for a worker to take it to the signer
    ACCEPTED = "accepted"
    REFUSED = "refused"  # its custodian may bring another
    LAPSED = "lapsed"


SHARE_STEPS = Steps(
    ("accept", [ShareState.WAITING], ShareState.ACCEPTED),
    ("refuse", [ShareState.WAITING], ShareState.REFUSED),
    ("lapse", [ShareState.WAITING, ShareState.ACCEPTED], ShareState.LAPSED),
)
COUNTED = (ShareState.WAITING, ShareState.ACCEPTED)  # one of these for each seat


class StopState(StrEnum):
    ORDERED = "ordered"
    SEALING = "sealing"  # proved; not every signer has answered
    DONE = "done"
    REFUSED = "refused"  # nobody's signature proves it: not carried out


STOP_STEPS = Steps(
    ("take_up", [StopState.ORDERED], StopState.SEALING),
    ("carry_out", [StopState.SEALING], StopState.DONE),
    ("refuse", [StopState.ORDERED], StopState.REFUSED),
)


class Stop(StrEnum):
    EMERGENCY = "emergency"  # one person, at once
    ORDERLY = "orderly"  # CPS 6.2.9: a majority of the custodians


class Purpose(StrEnum):
    """What the signer does while it is active."""

    ACTIVATE = offers.ACTIVATE
    CEREMONY = offers.CEREMONY
    RESPLIT = offers.RESPLIT


LONGEST: Mapping[Purpose, int] = {one: offers.LONGEST[one] for one in Purpose}  # hours


@dataclass(frozen=True, slots=True)
class Wish:
    """What an activation is asked for: both limits count, whichever comes first."""

    purpose: str
    hours: int
    signatures: int
    reason: str
    ceremony: str = ""
    place: int = HOME  # which signer


def check_wish(wish: Wish) -> None:
    """Refuses (INVALID) a purpose nobody knows, and limits outside what it may have."""
    if wish.purpose not in set(Purpose):
        raise _invalid("purpose", "no such purpose", field="purpose")
    longest = LONGEST[Purpose(wish.purpose)]
    if not 1 <= wish.hours <= longest:
        raise _invalid("hours", f"1 to {longest} hours", field="hours", longest=longest)
    if not 1 <= wish.signatures <= SIGNATURES:
        raise _invalid("signatures", "too many", field="signatures", most=SIGNATURES)
    if wish.place != HOME and wish.purpose != Purpose.ACTIVATE:
        raise _invalid("place", "the home signer alone", field="place")
    named = bool(_CEREMONY.fullmatch(wish.ceremony))
    if named != (wish.purpose == Purpose.CEREMONY):
        raise _invalid("ceremony", "a ceremony has its number, nothing else", field="ceremony")
    check_reason(wish.reason)


def check_going_on(script: str | None) -> None:
    """Refuses (CONFLICT) an activation for a ceremony that nobody agreed to, or that is over."""
    if script is None:
        raise Refusal(
            Kind.CONFLICT, "custody.no_ceremony", "not going on", cps="6.2.8", field="ceremony"
        )


def check_reason(reason: str) -> str:
    """In one line; refuses (INVALID) none and one too long."""
    text = " ".join(reason.split())  # as the browser does before it signs
    if not 2 <= len(text) <= LONGEST_REASON:  # noqa: PLR2004 -- a letter is no reason
        raise _invalid("reason", "say why", field="reason", longest=LONGEST_REASON)
    return text


def check_people(chosen: Collection[int], holders: Collection[int]) -> list[int]:
    """Three different people who are custodians now, in their order (CPS 6.2.2)."""
    people = sorted(set(chosen))
    if len(people) != SEATS or len(chosen) != SEATS:
        raise _invalid("three_people", "three different people", field="people", seats=SEATS)
    if set(people) - set(holders):
        raise _invalid("not_custodians", "not all of them are custodians", field="people")
    return people


def check_role(actor: Actor, roles: Collection[str]) -> int:
    """The person's id; refuses (FORBIDDEN) whoever has none of the roles now."""
    if actor.person_id is None or not actor.roles & set(roles):
        raise Refusal(Kind.FORBIDDEN, "custody.role", "not of your role", cps="6.2.2")
    return actor.person_id


def check_own(person_id: int, actor: Actor) -> None:
    """Refuses (FORBIDDEN) everybody but the person whose seat it is: nobody acts for two."""
    if person_id != actor.person_id:
        raise Refusal(Kind.FORBIDDEN, "custody.not_your_seat", "somebody else's seat", cps="6.2.2")


def no_seat() -> Refusal:
    """Said to whoever holds no share of the set."""
    return Refusal(Kind.FORBIDDEN, "custody.no_seat", "holds no share of this set", cps="6.2.2")


def check_held(seat: str, kept: str) -> None:
    """Refuses (FORBIDDEN) a share that its custodian does not have, or of a set not in force."""
    if seat != SeatState.HELD or kept != SetState.IN_FORCE:
        raise no_seat()


def check_keys(key: bytes, transport: bytes) -> None:
    """Refuses (INVALID) what a browser did not make: a key and a point of P-256."""
    try:
        statements.check_key(key)
    except PkiError as error:
        raise _invalid("keys", error.reason) from error
    if len(transport) != _POINT or transport[0] != 4:  # noqa: PLR2004 -- SEC 1 2.3.3: uncompressed
        raise _invalid("keys", "no point of P-256")


def check_receipt(key: bytes, receipt: bytes, signature: bytes) -> None:
    """Refuses (INVALID) a receipt that the seat's key did not sign."""
    if not statements.holds(key, receipt, signature):
        raise _invalid("receipt", "not signed by the key of this seat")


def check_share(key: bytes, offer: str, number: int, sealed: bytes, signature: bytes) -> None:
    """Refuses (INVALID) what the seat's key did not sign for this offer (its digest)."""
    if len(signature) != _SIGNATURE or not 0 < len(sealed) <= _MOST_SEALED:
        raise _invalid("share_signature", "unreadable")
    said = shares.bringing(offer, number, statements.digest(sealed))
    if not statements.holds(key, said, signature):
        raise _invalid("share_signature", "not signed by the key of this seat")


def check_offered(state: str, expires_at: datetime | None, *, at: datetime) -> None:
    """Refuses (CONFLICT) a share for which there is no offer, or none any more."""
    if state != State.OFFERED or expires_at is None or at >= expires_at:
        raise Refusal(Kind.CONFLICT, "custody.no_offer", f"is {state}", cps="6.2.8")


def check_in_force(state: str) -> None:
    """Refuses (CONFLICT) a set that is not, or no longer, in force."""
    if state != SetState.IN_FORCE:
        raise Refusal(Kind.CONFLICT, "custody.no_set", f"is {state}", cps="6.2.2")


def check_majority(*persons: int, held: Collection[int]) -> None:
    """Refuses (FORBIDDEN) less than a majority of those who hold the shares (CPS 6.2.9)."""
    if 2 * len(set(persons) & set(held)) <= len(held):
        raise Refusal(Kind.FORBIDDEN, "custody.majority", "no majority of custodians", cps="6.2.9")


def is_over(active_at: datetime, hours: int, *, at: datetime) -> bool:
    return at >= active_at + timedelta(hours=hours)


def answer(pasted: str) -> dict[str, str]:
    """Of `python -m pki custodian`; refuses (INVALID) what it did not print."""
    try:
        said = json.loads(pasted)
    except ValueError as error:
        raise _invalid("pasted", "not what the command printed") from error
    if not isinstance(said, dict):
        raise _invalid("pasted", "not what the command printed")
    return {name: text for name, text in said.items() if isinstance(text, str)}


def octets(text: str) -> bytes:
    """Of hexadecimal; refuses (INVALID) anything else."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise _invalid("unreadable", "no hexadecimal") from error


def _invalid(rule: str, reason: str, *, field: str = "", **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"custody.{rule}", reason, cps="6.2.8", field=field, **details)
