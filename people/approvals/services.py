"""Propose, vote, redeem: the one way by which several people must agree (CPS 5.2.2, 5.2.4).

A service that `anxin/duties.py` names is called as `perform(approval, *, actor, at, **payload)`
by the deciding vote, in the vote's transaction, and starts with `redeem`.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from anxin.kernel import canonical
from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.jobs import enqueue
from anxin.kernel.rows import guarded
from audit.log import advance, advance_many, record, subject_of
from people.accounts.services import lock as lock_person
from people.approvals import inbox, queries, rules, signing, telling
from people.approvals.models import Approval, Vote
from people.approvals.queries import ApprovalView
from people.notices.rules import Event
from people.sessions.rules import check_proved


@transaction.atomic
def propose(
    action: str, payload: dict[str, Any], *, subject: str, actor: Actor, at: datetime
) -> ApprovalView:
    """Ask for an action of `anxin/duties.py`; nothing happens yet.

    `payload` is JSON of ids and digests of what the checker will be shown. Refuses who may not
    propose (FORBIDDEN), and a second open approval of this action on this subject (CONFLICT).
    """
    maker_id = rules.check_maker(settings.DUTIES[action], actor)
    row = Approval(
        state=rules.State.OPEN,
        action=action,
        subject=subject,
        payload=canonical.encode(payload).decode(),
        digest=rules.digest(action, payload),
        maker_id=maker_id,
        proposed_at=at,
        expires_at=at + rules.OPEN_FOR,
    )
    open_already = Refusal(
        Kind.CONFLICT, "approval.proposed_already", f"{action} on {subject} is open"
    )
    with guarded(open_already, by="one_open_approval"):
        row.save(force_insert=True)
    record(
        "people.approval.propose",
        subject_of(row),
        actor=actor,
        at=at,
        on=subject,
        act=action,
        digest=row.digest,
    )
    enqueue("people.tell_checkers")
    return queries.approval(row.pk)


@transaction.atomic
def vote(
    approval_id: int, *, grants: bool, seen: str, comment: str = "", actor: Actor, at: datetime
) -> ApprovalView:
    """Count one vote; the one that completes the number performs the action, one no ends it.

    `seen` is the digest the voter's page showed. Refuses who may not vote, whose second factor
    was shown too long ago or whose signature could prove nothing (FORBIDDEN), a second vote, a
    decided or expired approval, and a page that showed something else (CONFLICT).
    """
    row = _locked(approval_id)
    duty = settings.DUTIES[row.action]
    votes = dict(row.votes.values_list("checker_id", "grants"))
    checker_id = rules.check_voter(duty, actor, maker_id=row.maker_id, voters=votes)
    rules.check_undecided(row.state)
    rules.check_in_time(row.expires_at, at=at)
    rules.check_seen(seen, row.digest)
    rules.check_other(row.subject, actor)
    check_proved(actor, at=at)
    signed = signing.check(row, grants=grants, comment=comment, duty=duty, actor=actor, at=at)
    Vote.objects.create(
        approval=row,
        maker_id=row.maker_id,
        checker_id=checker_id,
        grants=grants,
        comment=comment,
        address=actor.address,
        voted_at=at,
        key_id=signed.key_id,
        statement=signed.statement,
        signature=signed.signature,
    )
    record(
        "people.approval.vote",
        subject_of(row),
        actor=actor,
        at=at,
        grants=grants,
        seen=seen,
        signed=signed.key_id is not None,
    )
    verb = rules.verdict(duty, [*votes.values(), grants])
    if verb:
        advance(row, verb, actor=actor, at=at)
        telling.tell_maker([row], Event.APPROVAL_DECIDED, actor=actor, at=at)
    if verb == "grant":
        _perform(row, duty, actor=actor, at=at)
    elif verb:
        _decline(row, duty, actor=actor, at=at)
    return queries.approval(approval_id)


@transaction.atomic
def decide(
    approval_id: int, *, grants: bool, seen: str, comment: str, actor: Actor, at: datetime
) -> ApprovalView:
    """A vote on the page of approvals; a no says why (INVALID `comment`).

    Refuses (FORBIDDEN) what is decided on a page of its own, (NOT_FOUND) what this person is not
    shown.
    """
    row = _locked(approval_id)
    rules.check_here(settings.DUTIES[row.action])
    inbox.check_sight(row, actor)
    rules.check_comment(comment, grants=grants)
    return vote(approval_id, grants=grants, seen=seen, comment=comment, actor=actor, at=at)


def _perform(row: Approval, duty: rules.Duty, *, actor: Actor, at: datetime) -> None:
    """Do what was agreed to. A service that does not redeem is a bug and undoes the vote."""
    granted = queries.approval(row.pk)
    import_string(duty.perform)(granted, actor=actor, at=at, **granted.payload)
    if not queries.spent([row.pk]):
        raise RuntimeError(f"{duty.perform} did not redeem its approval")


def _decline(row: Approval, duty: rules.Duty, *, actor: Actor, at: datetime) -> None:
    """Tell the room that nothing comes of it, in this transaction."""
    if duty.declined:
        ended = queries.approval(row.pk)
        import_string(duty.declined)(ended, actor=actor, at=at, **ended.payload)


def redeem(
    approval: ApprovalView, action: str, payload: dict[str, Any], *, actor: Actor, at: datetime
) -> None:
    """Spend a granted approval, once, on exactly what was agreed to: action and payload.

    The caller states what it is about to do; FORBIDDEN when that is not what people saw.
    """
    row = _locked(approval.id)
    if row.digest != rules.digest(action, payload):
        raise Refusal(Kind.FORBIDDEN, "approval.other_act", "agreed to something else")
    advance(row, "use", actor=actor, at=at)


@transaction.atomic
def withdraw(approval_id: int, *, reason: str, actor: Actor, at: datetime) -> ApprovalView:
    """Take an open approval back: its maker, another possible maker, or the system.

    `reason` goes to the journal: a code or a phrase without personal data.
    """
    row = _locked(approval_id)
    rules.check_withdrawal(settings.DUTIES[row.action], actor, maker_id=row.maker_id)
    advance(row, "withdraw", actor=actor, at=at, reason=reason)
    telling.tell_maker([row], Event.APPROVAL_DECIDED, actor=actor, at=at)
    return queries.approval(approval_id)


@transaction.atomic
def take_back(approval_id: int, *, actor: Actor, at: datetime) -> ApprovalView:
    """Withdraw on the page of approvals; refuses as `decide` does."""
    row = _locked(approval_id)
    duty = settings.DUTIES[row.action]
    rules.check_here(duty)
    inbox.check_sight(row, actor)
    withdraw(approval_id, reason="taken back", actor=actor, at=at)
    _decline(row, duty, actor=actor, at=at)
    return queries.approval(approval_id)


@transaction.atomic
def withdraw_all_of(person_id: int, *, reason: str, actor: Actor, at: datetime) -> int:
    """Take back every open approval this person proposed or voted on; how many (CPS 5.3.6)."""
    theirs = Approval.objects.filter(
        Q(maker=person_id) | Q(votes__checker=person_id), state=rules.State.OPEN
    )
    rows = list(
        Approval.objects.select_for_update()
        .filter(pk__in=theirs.values("pk"), state=rules.State.OPEN)
        .order_by("pk")
    )
    why = {row.pk: {"reason": reason} for row in rows}
    advance_many(rows, "withdraw", actor=actor, at=at, details=why)
    telling.tell_maker(rows, Event.APPROVAL_DECIDED, actor=actor, at=at)
    return len(rows)


@transaction.atomic
def expire(*, at: datetime) -> int:
    """End the open approvals nobody decided in time; returns how many."""
    late = Approval.objects.select_for_update(skip_locked=True).filter(
        state=rules.State.OPEN, expires_at__lte=at
    )
    rows = list(late)
    advance_many(rows, "expire", actor=SYSTEM, at=at)
    telling.tell_maker(rows, Event.APPROVAL_EXPIRED, actor=SYSTEM, at=at)
    return len(rows)


def _locked(approval_id: int) -> Approval:
    """The person whom it is about first, as where people leave: nobody waits in a ring."""
    about = Approval.objects.filter(pk=approval_id).values_list("subject", flat=True).first()
    if about is None:
        raise Refusal(Kind.NOT_FOUND, "approval.unknown", f"no approval {approval_id}")
    person_id = rules.person_of(about)
    if person_id is not None:
        lock_person(person_id)
    return Approval.objects.select_for_update().get(pk=approval_id)
