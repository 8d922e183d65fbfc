"""Appoint and dismiss with two people, suspend and close with one (CPS 5.2.4, 5.3.6, WP-8.2).

What takes rights away is done at once by one person; what gives them needs another's vote.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.jobs import announce, at_once
from audit.log import advance, record
from people.accounts import services as accounts
from people.accounts.offices import check_office
from people.approvals.queries import ApprovalView, open_approvals
from people.approvals.services import propose, redeem, withdraw, withdraw_all_of
from people.factors import services as factors
from people.operatorkeys import queries as key_rows
from people.operatorkeys import services as keys
from people.operatorkeys.proving import check_may_replace
from people.operatorkeys.rules import Ending
from people.operatorkeys.statements import check as check_signed
from people.personnel.rules import ACTIONS, Act, Cause, subject_of
from people.sessions.services import end_others
from people.trust import queries, rules
from people.trust import services as trust
from people.trust.roles import Role
from pki import votes
from pki.statements import encoded


@transaction.atomic
def propose_appointment(person_id: int, role: Role, *, actor: Actor, at: datetime) -> ApprovalView:
    """Ask for a role for a person; refuses at once what an appointment would refuse."""
    rules.check_other(actor, person_id)
    trust.check_appointable(person_id, role, at=at)
    return _propose(Act.APPOINT, person_id, {"role": role}, actor=actor, at=at)


@transaction.atomic
def propose_dismissal(person_id: int, role: Role, *, actor: Actor, at: datetime) -> ApprovalView:
    """Ask for the end of a person's role."""
    rules.check_other(actor, person_id)
    rules.check_given(role, queries.roles_given(person_id))
    return _propose(Act.DISMISS, person_id, {"role": role}, actor=actor, at=at)


@transaction.atomic
def propose_reinstatement(person_id: int, *, actor: Actor, at: datetime) -> ApprovalView:
    """Ask for the end of a suspension."""
    rules.check_other(actor, person_id)
    rules.STEPS.after("reinstate", queries.locked(person_id).state)
    return _propose(Act.REINSTATE, person_id, {}, actor=actor, at=at)


@transaction.atomic
def propose_key(person_id: int, key_id: int, *, actor: Actor, at: datetime) -> ApprovalView:
    """Ask that a key its owner made signs their votes (CPS 5.2.3); its fingerprint is agreed to.

    Signed by who asks: one key in other hands puts no further ones to use. Refuses (FORBIDDEN)
    `keys.*` without a signature, but for the first key of who agrees and the first of who asks.
    """
    rules.check_other(actor, person_id)
    row = key_rows.locked(key_id, person_id)
    row.STEPS.after("activate", row.state)
    stated: dict[str, Any] = {"key": key_id, "fingerprint": row.fingerprint}
    if not _founds(person_id):
        stated["asked"] = _asked(person_id, row.fingerprint, actor=actor, at=at)
    _check_certified(person_id, stated, actor=actor, at=at)
    return _propose(Act.ENROL_KEY, person_id, stated, actor=actor, at=at)


def _founds(person_id: int) -> bool:
    """Whether nobody who may ask has a key, and this is the first of who agrees or of who asks."""
    duty = settings.DUTIES[ACTIONS[Act.ENROL_KEY]]
    first = (key_rows.would_be_first(person_id, roles) for roles in (duty.checkers, duty.makers))
    return any(first) and not key_rows.somebody_signs(duty.makers)


def _check_certified(
    person_id: int, stated: Mapping[str, Any], *, actor: Actor, at: datetime
) -> None:
    """Before a good key is replaced: of who asked, and who acts now."""
    own = key_rows.active(actor.person_id)
    check_may_replace(person_id, own.warrant if own else None, at=at)
    check_may_replace(person_id, stated.get("asked", {}).get("by"), at=at)


def _asked(person_id: int, fingerprint: str, *, actor: Actor, at: datetime) -> dict[str, object]:
    """Who asks, signed: part of what is agreed to, and proved before the key is certified."""
    said = votes.proposal_fields(person=person_id, key=fingerprint, maker=actor.person_id or 0)
    signed = check_signed(lambda when: encoded({**said, "at": when}), actor=actor, at=at)
    when = json.loads(signed.statement)["at"]
    return {"at": when, "by": signed.enrolled_by, "signature": signed.signature.hex()}


def enrol_key(
    approval: ApprovalView, *, actor: Actor, at: datetime, person: int, key: int, **stated: object
) -> None:
    """Put the key to use whose fingerprint was agreed to."""
    rules.check_other(actor, person)
    row = key_rows.locked(key, person)
    stated = {**stated, "person": person, "key": key, "fingerprint": row.fingerprint}
    redeem(approval, ACTIONS[Act.ENROL_KEY], stated, actor=actor, at=at)
    _check_certified(person, stated, actor=actor, at=at)
    keys.activate(person, key, warrant=approval.id, actor=actor, at=at)


def drop_key(
    _approval: ApprovalView, *, actor: Actor, at: datetime, person: int, key: int, **_stated: object
) -> None:
    """Named in `anxin/duties.py`: a key nobody agreed to is given up."""
    keys.give_up(person, key, actor=actor, at=at)


@transaction.atomic
def revoke_key(person_id: int, key_id: int, *, actor: Actor, at: datetime) -> None:
    """End a key that may be in other hands, at once and by one person (CPS 5.3.6)."""
    rules.check_keeper(actor, person_id)
    accounts.lock(person_id)  # before the key, as who signs in does
    asked = open_approvals(ACTIONS[Act.ENROL_KEY], [subject_of(person_id)]).values()
    for one in asked:
        if one.payload["key"] == key_id:
            withdraw(one.id, reason="key revoked", actor=SYSTEM, at=at)
    keys.revoke(person_id, key_id, actor=actor, at=at)


def appoint(approval: ApprovalView, *, actor: Actor, at: datetime, person: int, role: str) -> None:
    """Give the role that was agreed to."""
    rules.check_other(actor, person)
    redeem(approval, ACTIONS[Act.APPOINT], {"person": person, "role": role}, actor=actor, at=at)
    trust.appoint(person, Role(role), warrant=approval.id, actor=actor, at=at)


def dismiss(approval: ApprovalView, *, actor: Actor, at: datetime, person: int, role: str) -> None:
    """End the role whose end was agreed to."""
    rules.check_other(actor, person)
    redeem(approval, ACTIONS[Act.DISMISS], {"person": person, "role": role}, actor=actor, at=at)
    trust.dismiss(person, Role(role), warrant=approval.id, actor=actor, at=at)


def reinstate(approval: ApprovalView, *, actor: Actor, at: datetime, person: int) -> None:
    """End a suspension; the roles count again as far as the person is in order."""
    rules.check_other(actor, person)
    redeem(approval, ACTIONS[Act.REINSTATE], {"person": person}, actor=actor, at=at)
    _bring_back(person, agreed=approval.id, actor=actor, at=at)


def _bring_back(
    person_id: int, *, agreed: int | None, actor: Actor, at: datetime, **also: object
) -> None:
    advance(queries.locked(person_id), "reinstate", actor=actor, at=at, **also)
    accounts.reopen_account(person_id)
    keys.reinstate(person_id, agreed=agreed, actor=actor, at=at)


@transaction.atomic
def restore_keeper(person_id: int, role: Role, *, vouchers: Sequence[Actor], at: datetime) -> None:
    """The way back at the server, when nobody of an administrator's role is left to agree.

    Ends a suspension, and gives the role to whoever has it no more; the person must be in order.
    Refuses `trust.two_vouch`, and `trust.others_decide` while somebody of that role is in post.
    """
    rules.check_vouchers(person_id, vouchers)
    rules.check_nobody_left(role, left=queries.is_filled(role, at=at))
    accounts.lock(person_id)
    actor, also = vouchers
    if queries.locked(person_id).state == rules.State.SUSPENDED:
        _bring_back(person_id, agreed=None, actor=actor, at=at, also=also.person_id)
    if role not in queries.roles_given(person_id):
        trust.appoint(person_id, role, actor=SYSTEM, at=at)
    record(
        "people.keeper_restored",
        subject_of(person_id),
        actor=actor,
        at=at,
        role=role,
        also=also.person_id,
    )


@transaction.atomic
def suspend(person_id: int, cause: Cause, *, actor: Actor, at: datetime) -> None:
    """Shut a person out everywhere at once (CPS 5.3.6): roles, account, device, sessions, votes.

    A device that may be in other hands does not come back with its person; somebody of whom there
    is no file comes back as a newcomer does, with an account that two open. Refuses who keeps no
    files, oneself, and somebody who is not in post.
    """
    rules.check_keeper(actor, person_id)
    accounts.lock(person_id)  # before file and approvals, as who agrees about them does
    if person_id in queries.files([person_id]):
        advance(queries.locked(person_id), "suspend", actor=actor, at=at, cause=cause)
    else:
        accounts.check_open(person_id)
        record("people.account_suspended", subject_of(person_id), actor=actor, at=at, cause=cause)
    lost = cause is Cause.TOKEN_LOST
    _shut_out(person_id, "suspended", device_too=lost, actor=actor, at=at)


@transaction.atomic
def leave(person_id: int, *, actor: Actor, at: datetime) -> None:
    """Close a leaver's accounts and end their roles, for good, in one step (WP-8.2)."""
    rules.check_keeper(actor, person_id)
    accounts.lock(person_id)  # before file and approvals, as who agrees about them does
    advance(queries.locked(person_id), "leave", actor=actor, at=at)
    roles = trust.end_roles(person_id, actor=actor, at=at)
    record("people.left", subject_of(person_id), actor=actor, at=at, roles=roles)
    _shut_out(person_id, "left", device_too=True, actor=actor, at=at)


@transaction.atomic
def move(person_id: int, office: str, *, actor: Actor, at: datetime) -> None:
    """End a mover's roles and sessions and note the new office (WP-8.2); new roles are asked for.

    `office`: code of an RA that works, empty for headquarters.
    """
    rules.check_keeper(actor, person_id)
    accounts.lock(person_id)  # before file and approvals, as who agrees about them does
    rules.check_not_left(queries.locked(person_id).state)
    roles = trust.end_roles(person_id, actor=actor, at=at)
    check_office(office)
    accounts.change_office(person_id, office)
    record("people.moved", subject_of(person_id), actor=actor, at=at, roles=roles, office=office)
    _end_keys(person_id, Ending.LEFT, actor=actor, at=at)
    _drop(person_id, "moved", actor=actor, at=at)


def _shut_out(person_id: int, why: str, *, device_too: bool, actor: Actor, at: datetime) -> None:
    accounts.close_account(person_id)
    factors.shut_out(person_id, factors_too=device_too, actor=actor, at=at)
    if device_too:
        why_key = Ending.LEFT if why == "left" else Ending.LOST
        _end_keys(person_id, why_key, actor=actor, at=at)
    else:
        keys.suspend(person_id, actor=actor, at=at)
    _drop(person_id, why, actor=actor, at=at)
    announce("people.suspended", person_id=person_id)


def _end_keys(person_id: int, why: Ending, *, actor: Actor, at: datetime) -> None:
    """Those they sign with, and those by which machines act in their name (CPS 1.4.2)."""
    keys.revoke_all(person_id, why, actor=actor, at=at)
    at_once("people.keys_ended", person_id=person_id, actor=actor, at=at)


def _drop(person_id: int, why: str, *, actor: Actor, at: datetime) -> None:
    """End every session; take back what is open and came from this person, or would give them
    something: whoever is asked to agree was shown another office, or somebody in post.
    """
    end_others(person_id, keep=None, why=why, actor=actor, at=at)
    about = subject_of(person_id)
    for act in (Act.APPOINT, Act.REINSTATE, Act.ENROL_KEY, Act.OPEN_ACCOUNT, Act.ENROL):
        for asked in open_approvals(ACTIONS[act], [about]).values():
            withdraw(asked.id, reason=f"{why}: the person it is about", actor=SYSTEM, at=at)
    withdraw_all_of(
        person_id, reason=f"{why}: one of those who asked or agreed", actor=actor, at=at
    )


def _propose(
    act: Act, person_id: int, more: Mapping[str, object], *, actor: Actor, at: datetime
) -> ApprovalView:
    payload = {"person": person_id, **more}
    return propose(ACTIONS[act], payload, subject=subject_of(person_id), actor=actor, at=at)
