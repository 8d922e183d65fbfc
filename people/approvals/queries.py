"""Approvals as frozen values; rows do not leave this room."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Prefetch, QuerySet

from anxin.kernel.actors import Actor
from anxin.kernel.errors import Kind, Refusal
from people.approvals import rules
from people.approvals.models import Approval, Vote


@dataclass(frozen=True, slots=True)
class VoteView:
    checker_id: int
    checker: str
    grants: bool
    comment: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """`digest` is what a voter's page must carry and give back as `seen`."""

    id: int
    action: str
    subject: str
    payload: dict[str, Any]
    digest: str
    state: str
    maker_id: int
    maker: str
    proposed_at: datetime
    expires_at: datetime
    votes: tuple[VoteView, ...]

    @property
    def is_open(self) -> bool:
        """It waits for votes."""
        return self.state == rules.State.OPEN


def approval(approval_id: int) -> ApprovalView:
    """One approval with its votes; Refusal NOT_FOUND."""
    found = _whole().filter(pk=approval_id).first()
    if found is None:
        raise unknown(approval_id)
    return view(found)


def unknown(approval_id: int) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "approval.unknown", f"no approval {approval_id}")


def open_ones() -> QuerySet[Approval]:
    """Rows that wait for votes, for the queries of this room."""
    return _whole().filter(state=rules.State.OPEN)


def open_approvals(action: str, subjects: Collection[str]) -> dict[str, ApprovalView]:
    """The open approvals of one action on these subjects, by subject; two queries."""
    found = open_ones().filter(action=action, subject__in=list(subjects))
    return {row.subject: view(row) for row in found}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page carries of an approval: `digest` to give back, and whether it can be voted on."""

    digest: str
    state: str

    @property
    def is_open(self) -> bool:
        """It waits for votes."""
        return self.state == rules.State.OPEN


def standing(approval_id: int) -> Standing:
    """How one approval stands, without its votes; Refusal NOT_FOUND. One query."""
    rows = Approval.objects.filter(pk=approval_id)
    found = rows.values_list("digest", "state").first()
    if found is None:
        raise unknown(approval_id)
    return Standing(*found)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a used approval was spent on."""

    action: str
    subject: str


def subjects(approval_ids: Collection[int]) -> dict[int, str]:
    """What approvals are about, by id."""
    return dict(Approval.objects.filter(pk__in=list(approval_ids)).values_list("pk", "subject"))


def spent(approval_ids: Collection[int]) -> dict[int, Spent]:
    """By id; approvals that were never used are left out."""
    used = Approval.objects.filter(pk__in=list(approval_ids), state=rules.State.USED)
    return {pk: Spent(*found) for pk, *found in used.values_list("pk", "action", "subject")}


def may(actor: Actor, action: str, *, approval: ApprovalView | None = None) -> list[Refusal]:
    """Why this person may not propose the action, or vote on `approval`; empty when they may."""
    duty = settings.DUTIES[action]
    if approval is None:
        return _reasons(lambda: rules.check_maker(duty, actor))
    voters = [vote.checker_id for vote in approval.votes]
    return [
        *_reasons(lambda: rules.check_undecided(approval.state)),
        *_reasons(
            lambda: rules.check_voter(duty, actor, maker_id=approval.maker_id, voters=voters)
        ),
        *_reasons(lambda: rules.check_other(approval.subject, actor)),
    ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """`approval` waits for a second person, one of `checkers`; `may_decide`: the one who asks may.

    `may_propose`: nothing waits, and the one who asks may propose it.
    """

    approval: ApprovalView | None
    checkers: tuple[str, ...]
    may_decide: bool
    may_propose: bool


def waiting(action: str, subject: str, actor: Actor) -> Waiting:
    """How `action` on `subject` stands for this person."""
    found = open_approvals(action, [subject]).get(subject)
    return Waiting(
        found,
        tuple(sorted(settings.DUTIES[action].checkers)),
        found is not None and not may(actor, action, approval=found),
        found is None and not may(actor, action),
    )


def _reasons(check: Callable[[], object]) -> list[Refusal]:
    try:
        check()
    except Refusal as refusal:
        return [refusal]
    return []


def _whole() -> QuerySet[Approval]:
    votes = Vote.objects.select_related("checker").order_by("pk")
    return Approval.objects.select_related("maker").prefetch_related(Prefetch("votes", votes))


def view(row: Approval) -> ApprovalView:
    """The frozen value of a row of `open_ones`."""
    return ApprovalView(
        id=row.pk,
        action=row.action,
        subject=row.subject,
        payload=json.loads(row.payload),
        digest=row.digest,
        state=row.state,
        maker_id=row.maker_id,
        maker=row.maker.name,
        proposed_at=row.proposed_at,
        expires_at=row.expires_at,
        votes=tuple(_vote(vote) for vote in row.votes.all()),
    )


def _vote(row: Vote) -> VoteView:
    return VoteView(
        row.checker_id, row.checker.name, row.grants, row.comment, row.address, row.voted_at
    )
