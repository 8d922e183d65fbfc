"""Asking for a revocation (CPS 3.4, 4.9.1 to 4.9.4): who may, why, how late. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.workdays import EARLIEST
from ra.requests.rules import Desk, steps

DESK = Desk("revocation", "RV", cps="4.9.3")
STEPS = steps("revoke")


class Asker(StrEnum):
    """CPS 4.9.2, 3.4: the subscriber (or an agent) identifies himself, the CA gives reasons."""

    SUBSCRIBER = "subscriber"
    AGENT = "agent"
    AUTHORITY = "authority"  # the CA or the RA itself
    COURT = "court"  # a court or another authority by law


class CheckedHow(StrEnum):
    """CPS 3.4 with 3.2: how the person who asks was identified."""

    ON_SITE = "on_site"
    DATABASE = "database"
    BIOMETRIC = "biometric"
    NOT_NEEDED = "not_needed"  # CPS 3.4: not for what the CA does of its own accord


KEY_TERM = timedelta(hours=8)  # CPS 4.9.4: a leaked key
OTHER_TERM = timedelta(hours=48)  # CPS 4.9.4: any other cause


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the form; yes means this cause of CPS 4.9.1.

    `dates_back`: the certificate cannot be trusted since the discovery, not only from now on.
    """

    cause: str  # of ca.api.Cause
    term: timedelta
    askers: frozenset[Asker]
    dates_back: bool = False


_HOLDER = frozenset({Asker.SUBSCRIBER, Asker.AGENT})
_INSIDE = frozenset({Asker.AUTHORITY, Asker.COURT})

# CPS 4.9.1, asked in this order: the first yes is the cause, the gravest comes first.
QUESTIONS: tuple[Question, ...] = (
    Question("key_at_risk", KEY_TERM, _HOLDER | _INSIDE, dates_back=True),  # 1
    Question("wrongly_issued", OTHER_TERM, _HOLDER | _INSIDE, dates_back=True),  # 4
    Question("content_wrong", OTHER_TERM, _HOLDER | _INSIDE),  # 5
    Question("affiliation_ended", OTHER_TERM, _HOLDER | _INSIDE),  # 3
    Question("obligations_broken", OTHER_TERM, _INSIDE),  # 2
    Question("law_or_policy", OTHER_TERM, _INSIDE),  # 7
    Question("own_wish", OTHER_TERM, _HOLDER),  # 6
)
BY_CAUSE: Mapping[str, Question] = {question.cause: question for question in QUESTIONS}


def questions_for(asker: str) -> list[Question]:
    """What is asked of this kind of asker. Refuses `revocations.asker`."""
    return [question for question in QUESTIONS if _asker(asker) in question.askers]


def check_request(
    cause: str, asker: str, checked_how: str, *, discovered_at: datetime, asked_at: datetime
) -> Question:
    """The question that was answered with yes. Refuses `revocations.*` with field and clause."""
    question = BY_CAUSE.get(cause)
    if question is None or _asker(asker) not in question.askers:
        raise DESK.invalid("cause", f"{asker} cannot give {cause}", cps="4.9.1", field="cause")
    if not EARLIEST <= discovered_at <= asked_at:
        raise DESK.invalid(
            "discovered", "asked before it was discovered", cps="4.9.4", field="discovered_at"
        )
    if checked_how not in set(CheckedHow):
        raise DESK.invalid("checked_how", f"no {checked_how}", cps="3.4", field="checked_how")
    if (checked_how == CheckedHow.NOT_NEEDED) != (asker in _INSIDE):
        raise DESK.invalid(
            "not_identified",
            "holders are identified, the CA is not",
            cps="3.4",
            field="checked_how",
        )
    return question


def is_late(question: Question, *, discovered_at: datetime, asked_at: datetime) -> bool:
    """CPS 4.9.4: flagged, never refused."""
    return asked_at - discovered_at > question.term


def check_revocable(state: str) -> None:
    if state not in {"valid", "held"}:
        raise Refusal(
            Kind.CONFLICT,
            "revocations.not_valid",
            f"the certificate is {state}",
            cps="4.9.3",
            state=state,
        )


def _asker(asker: str) -> Asker:
    if asker not in set(Asker):
        raise DESK.invalid("asker", f"no {asker}", cps="4.9.2", field="asker")
    return Asker(asker)
