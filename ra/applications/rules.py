"""Life of an application (CPS 4.1 to 4.4) and its numbers of days. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from anxin.kernel.workdays import add_workdays, add_working_time, working_time
from ra.applications.workcalendar import is_workday


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"  # for correction
    APPROVED = "approved"  # the certificate is on order
    FAILED = "failed"  # the CA refused the order for good: to be corrected or withdrawn
    ISSUED = "issued"  # the certificate is there, the subscriber has yet to take it
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


STEPS = Steps(
    ("submit", [State.DRAFT, State.RETURNED, State.FAILED], State.SUBMITTED),
    ("return", [State.SUBMITTED], State.RETURNED),
    ("approve", [State.SUBMITTED], State.APPROVED),
    ("reject", [State.SUBMITTED], State.REJECTED),
    ("cancel", [State.DRAFT, State.SUBMITTED, State.RETURNED, State.FAILED], State.CANCELLED),
    ("fail", [State.APPROVED], State.FAILED),
    ("hand_over", [State.APPROVED], State.ISSUED),
    ("accept", [State.ISSUED], State.ACCEPTED),
)
EDITABLE = (State.DRAFT, State.RETURNED, State.FAILED)
UNDECIDED = (*EDITABLE, State.SUBMITTED)
ENDED = (State.REJECTED, State.CANCELLED)  # CPS 4.2.2: may be applied for again

WORKING_DAYS = 2  # CPS 4.2.3
CORRECTION_DAYS = 5  # working days to answer a return; the house's own term
TERMS = (1, 2, 3, 4, 5)  # years that can be applied for, within CPS 6.3.2
DAYS_OF_A_YEAR = 365  # of a certificate
SOON = timedelta(hours=2)  # working time: alarm before breach

# people.api action by the number of reviewers a profile asks for, CPS 4.3.1
ACTIONS: Mapping[int, str] = {1: "ra.approve_application", 2: "ra.approve_application_twice"}


class Channel(StrEnum):
    """Where an application came in (CPS 1.4.2, 4.1)."""

    COUNTER = "counter"
    ONLINE = "online"
    PARTNER = "partner"  # over the interface


class AcceptedHow(StrEnum):
    """CPS 4.1.2.4: how the subscriber agreed."""

    SIGNED_ON_PAPER = "signed_on_paper"
    ON_SCREEN = "on_screen"


@dataclass(frozen=True, slots=True)
class Sla:
    """Working time left; `percent` of the two days that is used, 0 to 100."""

    left: timedelta
    percent: int
    soon: bool
    late: bool


def deadline(submitted_at: datetime) -> datetime:
    """CPS 4.2.3: two working days after everything was handed in."""
    return add_workdays(submitted_at, WORKING_DAYS, is_workday)


def soon_until(at: datetime) -> datetime:
    """What ends up to this instant ends soon, or has ended."""
    return add_working_time(at, SOON, is_workday)


def correction_deadline(at: datetime) -> datetime:
    return add_workdays(at, CORRECTION_DAYS, is_workday)


def is_overdue(state: str, due_at: datetime | None, *, at: datetime) -> bool:
    """Whether a returned application was not corrected in time; closing it is a person's act."""
    return state == State.RETURNED and due_at is not None and at > due_at


def sla(deadline_at: datetime | None, *, at: datetime) -> Sla | None:
    """How the promise stands; None when nothing was promised yet."""
    if deadline_at is None:
        return None
    left = working_time(at, deadline_at, is_workday)
    whole = timedelta(hours=9) * WORKING_DAYS
    used = min(max(1 - left / whole, 0.0), 1.0)
    late = at > deadline_at
    return Sla(left, round(100 * used), soon=not late and left <= SOON, late=late)


def person(actor: Actor) -> int:
    """The person who acts. Refuses the system: people enter, review and print."""
    if actor.person_id is None:
        raise Refusal(
            Kind.FORBIDDEN, "applications.no_person", "a person has to do this", cps="5.2.4"
        )
    return actor.person_id


def check_editable(state: str) -> None:
    """Refuses to touch what is being reviewed or is decided."""
    if state not in EDITABLE:
        raise Refusal(
            Kind.CONFLICT,
            "applications.not_editable",
            f"an application that is {state} is not edited",
            cps="4.2.1",
            state=state,
        )


def check_version(version: int, seen: int) -> None:
    """Refuses to judge what has changed since the page was made."""
    if version != seen:
        raise Refusal(
            Kind.CONFLICT,
            "applications.content_changed",
            f"the page showed version {seen}, this is version {version}",
            cps="4.2.1",
        )


def check_same(digest: str, agreed: str) -> None:
    """Refuses to act on anything but what was agreed to, and to agree to what has changed."""
    if digest != agreed:
        raise Refusal(
            Kind.CONFLICT,
            "applications.content_changed",
            "the dossier is not what was proposed",
            cps="4.2.1",
        )


def check_reviewed(done: int, needed: int) -> None:
    """Each vote must come from a whole review, field by field (CPS 4.2.1)."""
    if done < needed:
        raise Refusal(
            Kind.FORBIDDEN,
            "applications.not_reviewed",
            f"{done} of {needed} reviews were done",
            cps="4.2.1",
        )


def check_own(maker_id: int, person_id: int | None) -> None:
    """An application is entered by one person; others may look (CPS 4.3.1)."""
    if person_id != maker_id:
        raise Refusal(
            Kind.FORBIDDEN, "applications.not_yours", "somebody else entered this", cps="4.3.1"
        )


def check_anothers(maker_id: int, person_id: int | None) -> None:
    """Refuses to take over what one enters already."""
    if person_id == maker_id:
        raise Refusal(
            Kind.CONFLICT, "applications.yours_already", "this person enters it", cps="4.3.1"
        )


def check_days(years: int) -> int:
    """Days of a term in years."""
    if years not in TERMS:
        raise Refusal(
            Kind.INVALID,
            "applications.years",
            f"no term of {years} years",
            cps="6.3.2",
            field="years",
        )
    return DAYS_OF_A_YEAR * years


def check_agreement(version: str, how: str, *, in_force: str) -> None:
    """CPS 4.1.2.4: the agreement in force when it was accepted, and how; "": none is published."""
    if not in_force or version != in_force:
        raise Refusal(
            Kind.INVALID,
            "applications.agreement_version",
            f"no agreement {version}",
            cps="4.1.2.4",
            field="agreement",
        )
    if how not in set(AcceptedHow):
        raise Refusal(
            Kind.INVALID,
            "applications.agreement_how",
            f"nobody agrees by {how}",
            cps="4.1.2.4",
            field="agreement_how",
        )


def content_digest(content: Mapping[str, object]) -> str:
    """What reviewers agree to, as 64 hex digits. A salt keeps short numbers from being guessed."""
    if not content.get("salt"):
        raise ValueError("the digest of personal data needs a salt")
    return canonical.digest(dict(content))
