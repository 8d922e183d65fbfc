"""Giving private data out (CPS 9.3, 9.4.5, 9.4.6): on what ground, how much, to whom. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from ra.review.rules import FEW_CHARACTERS, MANY_CHARACTERS


class State(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    PRODUCED = "produced"  # the extract exists, once
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STEPS = Steps(
    ("approve", [State.ASKED], State.APPROVED),
    ("refuse", [State.ASKED], State.REFUSED),
    ("withdraw", [State.ASKED, State.APPROVED], State.WITHDRAWN),
    ("produce", [State.APPROVED], State.PRODUCED),
    ("hand_over", [State.PRODUCED], State.HANDED_OVER),
)


UNFINISHED = (State.ASKED, State.APPROVED, State.PRODUCED)


class Basis(StrEnum):
    """Nothing else lets private data out."""

    OWN = "own"  # CPS 9.4.6: the owner wants to see it
    CONSENT = "consent"  # CPS 9.4.6: the owner's written consent
    ORDER = "order"  # CPS 9.4.5: a court or an authority, by law


CLAUSE: Mapping[str, str] = {Basis.OWN: "9.4.6", Basis.CONSENT: "9.4.6", Basis.ORDER: "9.4.5"}
_NUMBER = re.compile(r"\S(.{0,58}\S)?")
LONGEST = {"authority": 100, "number": 60, "recipient": 100, "purpose": 300}


@dataclass(frozen=True, slots=True, repr=False)
class Ground:
    """Sealed: who consents or orders, number and day of the paper, who gets it, what for."""

    authority: str
    number: str
    recipient: str
    purpose: str


def check_ground(basis: str, ground: Ground, dated: date, *, today: date) -> Ground:
    """Refuses a disclosure for which there is no paper: field and clause say what is missing."""
    if basis not in set(Basis):
        raise refuse("basis", "consent or a legal order", field="basis")
    clause = CLAUSE[basis]
    said = {code: str(getattr(ground, code)).strip() for code in LONGEST}
    for code, text in said.items():
        if not 2 <= len(text) <= LONGEST[code]:  # noqa: PLR2004
            raise refuse(code, f"2 to {LONGEST[code]} characters", field=code, cps=clause)
    if not _NUMBER.fullmatch(said["number"]):
        raise refuse("number", "the number on the paper", field="number", cps=clause)
    if dated > today:
        raise refuse("dated", "a paper of tomorrow", field="dated", cps=clause)
    return Ground(**said)


def check_scope(
    fields: Collection[str], slots: Collection[str], held: Collection[str], kept: Collection[str]
) -> None:
    """Only what is there, and not nothing: each item is named, none comes along by itself."""
    if not fields and not slots:
        raise refuse("scope", "nothing is asked for", field="fields")
    if set(fields) - set(held) or set(slots) - set(kept):
        raise refuse("scope", "the application has no such item", field="fields")


def check_handed_to(recipient: str, document: str) -> tuple[str, str]:
    """Who took it, and by which paper that person was known."""
    who, how = recipient.strip(), document.strip()
    if not 2 <= len(who) <= 100:  # noqa: PLR2004
        raise refuse("taken_by", "who took it", field="taken_by")
    if not 2 <= len(how) <= 100:  # noqa: PLR2004
        raise refuse("identified", "how that person was identified", field="identified")
    return who, how


def check_answer(message: str) -> str:
    text = message.strip()
    if not FEW_CHARACTERS <= len(text) <= MANY_CHARACTERS:
        reason = f"{FEW_CHARACTERS} to {MANY_CHARACTERS} characters"
        raise refuse("message", reason, field="message", few=FEW_CHARACTERS, many=MANY_CHARACTERS)
    return text


def check_own(maker_id: int, person_id: int | None) -> None:
    if person_id != maker_id:
        raise Refusal(
            Kind.FORBIDDEN, "disclosures.not_yours", "somebody else asked for this", cps="9.3"
        )


def check_produced(state: str) -> None:
    """The extract can be fetched until it was handed over, not before it exists, not after."""
    if state != State.PRODUCED:
        raise Refusal(
            Kind.CONFLICT, "disclosures.no_extract", f"the case is {state}", cps="9.3", state=state
        )


def refuse(rule: str, reason: str, *, field: str, cps: str = "9.3", **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"disclosures.{rule}", reason, cps=cps, field=field, **details)
