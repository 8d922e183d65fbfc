"""Maker and checkers as arithmetic: who may propose, who may vote, when it is decided."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel import canonical
from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from people.trust.roles import Role, check_compatible
from people.trust.rules import own_file

OPEN_FOR = timedelta(days=7)  # an approval nobody decides ends by itself


class State(StrEnum):
    OPEN = "open"
    GRANTED = "granted"  # only between the deciding vote and `redeem`, in one transaction
    USED = "used"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


STEPS = Steps(
    ("grant", [State.OPEN], State.GRANTED),
    ("refuse", [State.OPEN], State.REFUSED),
    ("withdraw", [State.OPEN], State.WITHDRAWN),
    ("expire", [State.OPEN], State.EXPIRED),
    ("use", [State.GRANTED], State.USED),
)


@dataclass(frozen=True, slots=True)
class Duty:
    """One row of `anxin/duties.py`: who proposes, who decides, how many, what is then done."""

    perform: str  # dotted name of a service: perform(approval, *, actor, at, **payload)
    makers: frozenset[Role]
    checkers: frozenset[Role]
    votes: int
    cps: str
    shows: str = ""  # dotted name of a query: shows(payload, *, actor) -> Shown; empty: raw payload
    page: str = ""  # name of the address where it is decided; empty: on the page of approvals
    sight: str = ""  # sight(approval ids, actor) -> how many of them this person sees; empty: all
    mailed: bool = True  # deciders and proposer get mail; not where there is a queue to work from
    signed: bool = False  # nobody votes on it without a key of their own
    declined: str = ""  # like `perform`, after a no or a withdrawal


def digest(action: str, payload: object) -> str:
    """What is agreed to: SM3 over the action and exactly this payload, as 64 hex digits."""
    return canonical.digest([action, payload])


def subject_of_person(person_id: int) -> str:
    """What approvals and the journal call a person."""
    return f"people.staffmember:{person_id}"


def person_of(subject: str) -> int | None:
    """The person an approval is about; None: about something else."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "people.staffmember" and number.isdecimal() else None


def check_other(subject: str, actor: Actor) -> None:
    """Refuses (FORBIDDEN) whoever the approval is about."""
    if actor.person_id is not None and subject == subject_of_person(actor.person_id):
        raise own_file()


def check_here(duty: Duty) -> None:
    """Refuses (FORBIDDEN) on the page of approvals what is decided on a page of its own."""
    if duty.page:
        raise Refusal(Kind.FORBIDDEN, "approval.page_of_its_own", "decided elsewhere", cps=duty.cps)


def check_comment(comment: str, *, grants: bool) -> None:
    """Refuses (INVALID) a no that does not say why."""
    if not grants and not comment.strip():
        raise Refusal(Kind.INVALID, "approval.why_not", "say why", field="comment")


def check_maker(duty: Duty, actor: Actor) -> int:
    """The maker's id; refuses (FORBIDDEN) whoever may not propose this."""
    check_compatible(actor.roles)
    if actor.person_id is None or not duty.makers & actor.roles:
        raise Refusal(
            Kind.FORBIDDEN, "approval.not_a_maker", "your role may not propose this", cps=duty.cps
        )
    return actor.person_id


def check_checker(duty: Duty, actor: Actor) -> int:
    """The checker's id; refuses (FORBIDDEN) whoever may not decide this, whoever proposed it."""
    check_compatible(actor.roles)
    if actor.person_id is None or not duty.checkers & actor.roles:
        raise Refusal(
            Kind.FORBIDDEN, "approval.not_a_checker", "your role may not decide this", cps=duty.cps
        )
    return actor.person_id


def check_voter(duty: Duty, actor: Actor, *, maker_id: int, voters: Collection[int]) -> int:
    """The voter's id; refuses who lacks the role, the maker, and a second vote of one person."""
    voter_id = check_checker(duty, actor)
    if voter_id == maker_id:
        raise Refusal(
            Kind.FORBIDDEN, "approval.own_work", "nobody checks their own work", cps="5.2.4"
        )
    if voter_id in voters:
        raise Refusal(
            Kind.CONFLICT, "approval.voted_already", "you have voted already", cps=duty.cps
        )
    return voter_id


def check_undecided(state: str) -> None:
    """Refuses (CONFLICT) when there is nothing left to decide."""
    if state != State.OPEN:
        raise Refusal(Kind.CONFLICT, "approval.closed", f"already {state}", state=state)


def check_in_time(expires_at: datetime, *, at: datetime) -> None:
    """Refuses (CONFLICT) a vote that comes too late, whether or not the sweep was here."""
    if at >= expires_at:
        raise Refusal(Kind.CONFLICT, "approval.expired", "nobody decided in time")


def check_seen(seen: str, digest: str) -> None:
    """Refuses (CONFLICT) a vote on something other than what the voter was shown."""
    if seen != digest:
        raise Refusal(
            Kind.CONFLICT, "approval.seen_something_else", "the page showed something else"
        )


def check_withdrawal(duty: Duty, actor: Actor, *, maker_id: int) -> None:
    """Refuses all but the maker, others who might have proposed it, and the system."""
    if actor.person_id not in (None, maker_id):
        check_maker(duty, actor)


def verdict(duty: Duty, votes: Collection[bool]) -> str | None:
    """The step the votes call for, or None while it is undecided: one no ends it."""
    if not all(votes):
        return "refuse"
    return "grant" if len(votes) >= duty.votes else None
