"""Front door of the people house; views also use `people.gates`."""

from people.accounts.demo import accounts as demo_accounts
from people.accounts.demo import new_account as new_demo_account
from people.accounts.demo import password as demo_password
from people.accounts.demo import write_accounts as write_demo_accounts
from people.accounts.devices import enrol_device, reseal_devices
from people.accounts.queries import staff_matching, staff_names, staff_numbers
from people.accounts.services import create_staff
from people.accounts.services import lock as lock_person
from people.approvals.inbox import Shown
from people.approvals.proofs import records_of as vote_records
from people.approvals.queries import ApprovalView as Approval
from people.approvals.queries import (
    Spent,
    Waiting,
    approval,
    may,
    open_approvals,
    spent,
    standing,
    subjects,
    waiting,
)
from people.approvals.queries import VoteView as Vote
from people.approvals.services import propose, redeem, vote, withdraw
from people.notices.rules import Event as StaffEvent
from people.notices.services import keep_address as keep_mail_address
from people.notices.services import tell as tell_staff
from people.operatorkeys.queries import Enrolled as OperatorKey
from people.operatorkeys.queries import had_one as had_key
from people.operatorkeys.queries import in_use as operator_keys
from people.operatorkeys.statements import SignedStatement, to_sign
from people.operatorkeys.statements import check as check_signed
from people.operatorkeys.statements import fingerprint_of as key_fingerprint
from people.sessions.browsers import alert as alert_staff
from people.sessions.rules import Alarm, check_proved
from people.trust.queries import Holder, acting, held_at, holders
from people.trust.roles import Role
from people.trust.rules import Item
from people.trust.services import appoint, dismiss, note_finding, open_file

__all__ = [
    "Alarm",
    "Approval",
    "Holder",
    "Item",
    "OperatorKey",
    "Role",
    "Shown",
    "SignedStatement",
    "Spent",
    "StaffEvent",
    "Vote",
    "Waiting",
    "acting",
    "alert_staff",
    "appoint",
    "approval",
    "check_proved",
    "check_signed",
    "create_staff",
    "demo_accounts",
    "demo_password",
    "dismiss",
    "enrol_device",
    "had_key",
    "held_at",
    "holders",
    "keep_mail_address",
    "key_fingerprint",
    "lock_person",
    "may",
    "new_demo_account",
    "note_finding",
    "open_approvals",
    "open_file",
    "operator_keys",
    "propose",
    "redeem",
    "reseal_devices",
    "spent",
    "staff_matching",
    "staff_names",
    "staff_numbers",
    "standing",
    "subjects",
    "tell_staff",
    "to_sign",
    "vote",
    "vote_records",
    "waiting",
    "withdraw",
    "write_demo_accounts",
]
