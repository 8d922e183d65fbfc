"""Reviewing (CPS 4.2.1, 4.2.2): what is ticked off, coded reasons, when one may decide. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from ra.applicants.kinds import TICKS

LEASE = timedelta(minutes=30)  # a claim lasts so long after the last act
FEW_CHARACTERS = 4
MANY_CHARACTERS = 300


class Verdict(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"


class Outcome(StrEnum):
    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


CHECKLIST = TICKS  # what a reviewer confirms beside the fields
PREVIEWED = "check.certificate"  # is about what the certificate will contain: its preview


@dataclass(frozen=True, slots=True)
class Reason:
    """`items` are fields or slots that are pre-ticked with it, and that pre-tick it."""

    code: str
    outcomes: frozenset[Outcome]
    items: tuple[str, ...]


_BOTH = frozenset({Outcome.RETURN, Outcome.REJECT})
_RETURN = frozenset({Outcome.RETURN})
_REJECT = frozenset({Outcome.REJECT})

# CPS 4.2.2: a rejection carries reasons. The sentences are in `review/wording.py`.
REASONS: Mapping[str, Reason] = {
    reason.code: reason
    for reason in (
        Reason("A01", _RETURN, ("id_front", "id_back", "agent_id", "licence")),  # unreadable
        Reason("A02", _RETURN, ("id_front", "id_back")),  # document not in force
        Reason("A03", _RETURN, ("name",)),
        Reason("A04", _RETURN, ("document_number", "document_type")),
        Reason("A05", _RETURN, ("phone", "email")),
        Reason(
            "A06",
            _RETURN,
            ("application_form", "sealed_form", "check.form_signed", "check.sealed"),
        ),
        Reason(
            "A07",
            _RETURN,
            (
                "authorization_letter",
                "sealed_authorization",
                "check.proxy_authorised",
                "check.agent_authorised",
                "agent_name",
            ),
        ),
        Reason("A08", _RETURN, ("organization_letter", "organization", "organization_code")),
        Reason("A11", _RETURN, ("licence", "legal_name", "credit_code")),
        Reason(
            "A12",
            _RETURN,
            (
                *("domain_right", "icp_record", "ip_right", "ownership_undertaking"),
                *("host_name", "other_names", "check.hosts"),
            ),
        ),
        Reason("A09", _RETURN, ("request",)),
        Reason("A10", _RETURN, ()),  # see the message
        Reason("J01", _REJECT, ("check.same_person",)),  # identity could not be verified
        Reason("J02", _REJECT, ()),  # document false or altered
        Reason("J03", _REJECT, ()),  # not entitled to act
        Reason("J04", _REJECT, ()),  # dispute over names or marks, CPS 3.1.5
        Reason("J05", _BOTH, ()),  # law or policy forbids it
        Reason("J06", _REJECT, ()),  # not corrected in time
    )
}

# CPS 9.3: what a whole value may be looked at for
REVEALED_FOR = 15  # seconds a whole value stays on the screen; the house's own
REVEAL_REASONS = ("compare_document", "call_applicant", "same_subject", "complaint", "court")


def reasons_for(outcome: Outcome) -> list[Reason]:
    """The reasons that may be given for a return or a rejection."""
    return [reason for reason in REASONS.values() if outcome in reason.outcomes]


# Why a claim is handed on, or put back: the house's own codes.
PASS_REASONS = ("shift_ends", "knows_applicant", "needs_colleague", "called_away")


# --- may one? --------------------------------------------------------------------------------


def check_reviewer(is_reviewer: bool) -> None:  # noqa: FBT001 -- one question
    if not is_reviewer:
        raise Refusal(Kind.FORBIDDEN, "review.not_a_reviewer", "reviewers review", cps="4.3.1")


def check_not_own(makers: Collection[int], person_id: int | None) -> None:
    """CPS 4.3.1: a different person reviews."""
    if person_id is None or person_id in makers:
        raise Refusal(
            Kind.FORBIDDEN, "review.own_work", "nobody reviews what they entered", cps="4.3.1"
        )


def check_was_submitted(round_: int) -> None:
    """Refuses what is still the operator's alone: nobody has handed it in."""
    if round_ == 0:
        raise Refusal(Kind.CONFLICT, "review.draft", "it was never submitted", cps="4.2.1")


def check_submitted(state: str) -> None:
    if state != "submitted":
        raise Refusal(
            Kind.CONFLICT, "review.not_submitted", f"it is {state}", cps="4.2.1", state=state
        )


def check_free(
    claimed_by: int | None, claimed_until: datetime | None, person_id: int | None, *, at: datetime
) -> None:
    """Refuses what somebody else has on the desk."""
    if claimed_by not in (None, person_id) and claimed_until and claimed_until > at:
        raise Refusal(
            Kind.CONFLICT, "review.claimed", f"claimed until {claimed_until:%H:%M}", cps="4.2.1"
        )


def check_held(
    claimed_by: int | None, claimed_until: datetime | None, person_id: int | None, *, at: datetime
) -> None:
    """Refuses to work on what one has not claimed, or not any more."""
    if claimed_by != person_id or not claimed_until or claimed_until <= at:
        raise not_claimed()


def not_claimed() -> Refusal:
    return Refusal(
        Kind.CONFLICT,
        "review.not_claimed",
        "not on your desk",
        cps="4.2.1",
        minutes=LEASE // timedelta(minutes=1),
    )


def approval_over() -> Refusal:
    """Approvals end by themselves when nobody decides; the operator asks again."""
    return Refusal(
        Kind.CONFLICT, "review.approval_over", "the approval ended undecided", cps="4.3.1"
    )


def check_fresh_eyes(decided: bool) -> None:  # noqa: FBT001 -- one question
    """CPS 4.3.1: the second check is another person's."""
    if decided:
        raise Refusal(
            Kind.FORBIDDEN, "review.decided_already", "you have checked this", cps="4.3.1"
        )


def check_item(item: str, items: Collection[str]) -> None:
    if item not in items:
        raise Refusal(Kind.INVALID, "review.no_such_item", f"no {item} here", field=item)


def check_reveal_reason(reason: str) -> None:
    if reason not in REVEAL_REASONS:
        raise Refusal(
            Kind.INVALID, "review.reveal_reason", f"no reason {reason}", cps="9.3", field="reason"
        )


def check_pass_reason(reason: str) -> None:
    if reason not in PASS_REASONS:
        raise Refusal(Kind.INVALID, "review.pass_reason", f"no {reason}", field="reason")


def check_colleague(person_id: int | None, colleagues: Collection[int]) -> None:
    """CPS 4.3.1: nobody gets what they entered or have decided, nor what is not their office's."""
    if person_id not in colleagues:
        raise Refusal(
            Kind.FORBIDDEN, "review.no_colleague", "may not review this", cps="4.3.1", field="to"
        )


def check_seen(unseen: Collection[str]) -> None:
    """Nobody agrees to a value that is masked: it is looked at first (CPS 4.2.1)."""
    if unseen:
        raise Refusal(
            Kind.CONFLICT,
            "review.not_seen",
            f"{len(unseen)} masked values not looked at",
            cps="4.2.1",
            field=next(iter(unseen)),
            count=len(unseen),
        )


def check_previewed(items: Collection[str], seen: Collection[str]) -> None:
    """Nobody vouches for a certificate whose preview they have not opened (CPS 4.2.1)."""
    if PREVIEWED in items and PREVIEWED not in seen:
        raise Refusal(
            Kind.CONFLICT,
            "review.not_previewed",
            "the preview was not opened",
            cps="4.2.1",
            field=PREVIEWED,
        )


def hindrances(
    items: Collection[str], verdicts: Mapping[str, str], unopened: Collection[str]
) -> list[Refusal]:
    """Why it cannot be approved yet: mismatches, what is left to tick, documents nobody opened."""
    differs = [item for item in items if verdicts.get(item) == Verdict.DIFFERS]
    left = [item for item in items if item not in verdicts]
    ticks = [item for item in left if item in CHECKLIST]
    fields = [item for item in left if item not in CHECKLIST]
    found = []
    if differs:
        found.append(_hindrance("mismatch", len(differs), differs[0]))
    if fields:
        found.append(_hindrance("incomplete", len(fields), fields[0]))
    if ticks:
        found.append(_hindrance("unticked", len(ticks), ticks[0]))
    if unopened:
        found.append(_hindrance("unopened", len(unopened), next(iter(unopened))))
    return found


def _hindrance(rule: str, count: int, first: str) -> Refusal:
    return Refusal(
        Kind.CONFLICT,
        f"review.{rule}",
        f"{count} items, first {first}",
        cps="4.2.1",
        field=first,
        count=count,
    )


_PERSONAL = re.compile(r"\d{11}|\d{15,17}[\dXx]|[\w.]+@[\w.]+")


def check_words(outcome: Outcome, codes: Collection[str], message: str) -> None:
    """A return or a rejection has coded reasons and a message the applicant can act on.

    The message is read on the public site: no numbers of documents or telephones in it.
    """
    allowed = {reason.code for reason in reasons_for(outcome)}
    if not codes or not set(codes) <= allowed:
        raise Refusal(
            Kind.INVALID, "review.reasons", "say why, by code", cps="4.2.2", field="reasons"
        )
    if not FEW_CHARACTERS <= len(message.strip()) <= MANY_CHARACTERS:
        raise Refusal(
            Kind.INVALID,
            "review.message",
            f"{FEW_CHARACTERS} to {MANY_CHARACTERS} characters",
            cps="4.2.2",
            field="message",
            few=FEW_CHARACTERS,
            many=MANY_CHARACTERS,
        )
    if _PERSONAL.search(message):
        raise Refusal(
            Kind.INVALID,
            "review.message_personal",
            "a number or address in it",
            cps="9.4",
            field="message",
        )
