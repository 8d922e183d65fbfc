"""Accounts for somebody new: two agree, and two hand over what it takes to sign in (CPS 5.2.3)."""

from datetime import datetime

from django.db import transaction

from anxin.kernel.actors import Actor
from audit.log import record
from people.accounts import queries as accounts_read
from people.accounts import services as accounts
from people.accounts.offices import check_office
from people.approvals.queries import ApprovalView
from people.approvals.services import propose, redeem
from people.factors import services as factors
from people.factors.rules import Factor
from people.notices.queries import address_of
from people.notices.services import keep_address
from people.personnel.rules import ACTIONS, Act, subject_of
from people.trust import rules
from people.trust import services as trust


@transaction.atomic
def propose_account(
    login: str,
    *,
    name: str,
    staff_number: str,
    office: str,
    address: str = "",
    actor: Actor,
    at: datetime,
) -> ApprovalView:
    """Ask for an account for somebody new. It is closed, and has no password, until two agree.

    `address`: where they get mail, empty: nowhere until they say so themselves.
    """
    person_id = accounts.create_staff(
        login,
        name=name,
        staff_number=staff_number,
        office=office,
        password=None,
        actor=actor,
        at=at,
    )
    keep_address(person_id, address, actor=actor, at=at)
    return propose_opening(person_id, actor=actor, at=at)


@transaction.atomic
def propose_opening(person_id: int, *, actor: Actor, at: datetime) -> ApprovalView:
    """Ask once more for an account that was not agreed to; refuses one that is open, or shut."""
    rules.check_other(actor, person_id)
    _check_may_open(person_id)
    accounts.check_closed(person_id)
    action = ACTIONS[Act.OPEN_ACCOUNT]
    return propose(action, _shown(person_id), subject=subject_of(person_id), actor=actor, at=at)


def open_account(
    approval: ApprovalView, *, actor: Actor, at: datetime, person: int, account: str
) -> None:
    """Open it, as it was shown; password and device are handed over by one person each."""
    rules.check_other(actor, person)
    redeem(approval, ACTIONS[Act.OPEN_ACCOUNT], _shown(person), actor=actor, at=at)
    _check_may_open(person)
    accounts.reopen_account(person)
    record("people.account_opened", subject_of(person), actor=actor, at=at, account=account)
    for factor in (Factor.PASSWORD, Factor.DEVICE):
        factors.grant(person, factor, warrant=approval.id, actor=actor, at=at)


def _shown(person_id: int) -> dict[str, object]:
    """What is agreed to: the person, and what the page says of the account."""
    address = address_of(person_id)
    account = accounts_read.fingerprint(person_id, *([address] if address else []))
    return {"person": person_id, "account": account}


def _check_may_open(person_id: int) -> None:
    trust.check_may_open(person_id)
    check_office(accounts_read.profile(person_id).office)
