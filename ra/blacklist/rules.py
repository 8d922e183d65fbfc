"""Who is not served until two people say otherwise (CPS 4.2.2): what, why, how long. Pure."""

import re
from collections.abc import Collection
from datetime import date
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps


class State(StrEnum):
    PROPOSED = "proposed"
    LISTED = "listed"
    LIFTED = "lifted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


STEPS = Steps(
    ("enlist", [State.PROPOSED], State.LISTED),
    ("refuse", [State.PROPOSED], State.REFUSED),
    ("withdraw", [State.PROPOSED], State.WITHDRAWN),
    ("lift", [State.LISTED], State.LIFTED),
)


class Subject(StrEnum):
    """What an entry is about."""

    DOCUMENT = "document"  # a person, by identity document
    ORGANIZATION = "organization"  # by unified social credit code
    PHONE = "phone"
    KEY = "key"  # by SM3 of its SPKI


# The house's own: reasons for which an identity does not pass again by itself (CPS 4.2.2).
CAUSES = ("false_papers", "false_identity", "misuse", "compromised_key", "court_order")
LIFTS = ("cause_gone", "entered_wrongly", "court_order")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
FIELD_OF = {  # the field of an application whose rule judges the value
    Subject.DOCUMENT: "document_number",
    Subject.ORGANIZATION: "credit_code",
    Subject.PHONE: "phone",
}
LONGEST = 60  # of the number of a paper


def check_subject(kind: str) -> Subject:
    if kind not in set(Subject):
        raise refuse("kind", "no such kind", field="kind")
    return Subject(kind)


def check_fingerprint(text: str) -> str:
    """64 hex digits, whatever stands between them."""
    plain = re.sub(r"[\s:]", "", text).lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise refuse("fingerprint", "SM3 of the key, 64 hex digits", field="value")
    return plain


def check_cause(cause: str) -> None:
    if cause not in CAUSES:
        raise refuse("cause", "no such cause", field="cause")


def check_lift(reason: str) -> None:
    if reason not in LIFTS:
        raise refuse("lift", "no such reason", field="reason")


def check_paper(number: str) -> str:
    """The number of the paper the entry rests on."""
    text = number.strip()
    if not 2 <= len(text) <= LONGEST:  # noqa: PLR2004
        raise refuse("paper", f"2 to {LONGEST} characters", field="paper", most=LONGEST)
    return text


def check_until(until: date | None, *, today: date) -> None:
    """`until` is the last day; None: until it is lifted."""
    if until is not None and until < today:
        raise refuse("until", "lies in the past", field="until")


def check_own(maker_id: int, person_id: int | None) -> None:
    if maker_id != person_id:
        raise Refusal(Kind.FORBIDDEN, "blacklist.not_yours", "somebody else's", cps="5.2.4")


def check_not_asked(approval_is_open: bool) -> None:  # noqa: FBT001 -- one question
    """One wish to lift at a time."""
    if approval_is_open:
        raise Refusal(Kind.CONFLICT, "blacklist.asked", "somebody wants it lifted", cps="4.2.2")


def hindrances(kinds: Collection[str]) -> list[Refusal]:
    """Why an application with these hits is not approved; empty: nobody of it is listed."""
    found = sorted(set(kinds))
    return [
        Refusal(
            Kind.CONFLICT, f"blacklist.listed_{kind}", f"{kind} is listed", cps="4.2.2", field=kind
        )
        for kind in found
    ]


def refuse(rule: str, reason: str, *, field: str, **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"blacklist.{rule}", reason, cps="4.2.2", field=field, **details)
