"""Map 3 of 3: who proposes, who decides, how many, and what is then done (CPS 5.2.2, 5.2.4)."""

from functools import partial

from people.approvals.rules import Duty
from people.trust.roles import Role

_administration = partial(
    Duty,
    makers=frozenset({Role.SECURITY_ADMIN}),
    checkers=frozenset({Role.CA_ADMIN}),
    votes=1,
)
_committee = partial(  # the policy committee
    Duty,
    makers=frozenset({Role.SECURITY_ADMIN, Role.CA_ADMIN}),
    checkers=frozenset({Role.POLICY_MEMBER}),
    votes=1,
)
_finance = partial(
    Duty,
    makers=frozenset({Role.FINANCE}),
    checkers=frozenset({Role.CA_ADMIN}),
    votes=1,
)
_counter = partial(
    Duty,
    makers=frozenset({Role.OPERATOR}),
    checkers=frozenset({Role.REVIEWER}),
    votes=1,
)
_application = partial(
    _counter,
    "ra.applications.services.approve",
    cps="4.3.1",
    page="queue",
    mailed=False,
    sight="ra.applications.queries.approvals_seen",
)
_hold = partial(
    _counter,
    "ra.holds.services.approve",
    cps="4.9.14",
    page="holds",
    sight="ra.holds.queries.approvals_seen",
)

# Asked before anybody is to work at an office: check(code), which refuses
OFFICE_WORKS = "ra.branches.queries.check_open"

DUTIES: dict[str, Duty] = {
    "people.appoint": _administration(
        "people.personnel.services.appoint", cps="5.2.4", shows="people.personnel.shown.role"
    ),
    "people.dismiss": _administration(
        "people.personnel.services.dismiss", cps="5.2.4", shows="people.personnel.shown.role"
    ),
    "people.open_account": _administration(
        "people.personnel.newcomers.open_account",
        cps="5.2.3",
        shows="people.personnel.shown.account",
    ),
    "people.enrol": _administration(
        "people.factors.services.enrol", cps="5.2.3", shows="people.personnel.shown.factor"
    ),
    "people.reinstate": _administration(
        "people.personnel.services.reinstate", cps="5.3.6", shows="people.personnel.shown.person"
    ),
    "people.enrol_key": _administration(
        "people.personnel.services.enrol_key",
        signed=True,  # by a key enrolled before; workers certify no other, see ca/operators/proving
        cps="5.2.3",
        shows="people.personnel.shown.key",
        declined="people.personnel.services.drop_key",
    ),
    "ca.hold_ceremony": Duty(
        "ca.ceremonies.services.approve",
        makers=frozenset({Role.SECURITY_ADMIN}),
        checkers=frozenset({Role.CA_ADMIN, Role.CUSTODIAN}),
        votes=2,  # one of them a CA administrator, see `approve`
        signed=True,  # workers prove them before each act
        cps="5.2.2",
        shows="ca.ceremonies.shown.ceremony",
        declined="ca.ceremonies.services.drop",
    ),
    "ca.change_profile": Duty(
        "ca.profiling.services.agree",
        makers=frozenset({Role.SECURITY_ADMIN, Role.CA_ADMIN}),
        checkers=frozenset({Role.POLICY_MEMBER}),
        votes=2,
        signed=True,  # workers prove them before a version counts
        cps="1.5.2",
        shows="ca.profiling.shown.change",
        declined="ca.profiling.services.drop",
    ),
    "ca.call_off_profile": _committee(
        "ca.profiling.services.agree_to_call_off",
        cps="1.5.2",
        shows="ca.profiling.shown.calling_off",
    ),
    "ca.hand_out_shares": _administration(
        "ca.custody.services.agree",
        cps="6.2.2",
        shows="ca.custody.shown.custodians",
        declined="ca.custody.services.drop",
    ),
    # CPS 6.2.9: with who proposes it a majority of three; the service asks for their seats
    "ca.deactivate_keys": Duty(
        "ca.custody.activating.end",
        makers=frozenset({Role.CUSTODIAN}),
        checkers=frozenset({Role.CUSTODIAN}),
        votes=1,
        cps="6.2.9",
        shows="ca.custody.shown.orderly_end",
    ),
    "ca.end_authority": _committee(
        "ca.endings.services.agree",
        signed=True,  # workers prove the vote before each step
        cps="5.7.3",
        shows="ca.endings.shown.ending",
        declined="ca.endings.services.refuse",
    ),
    "ca.abort_ending": _committee(
        "ca.endings.services.abort",
        signed=True,  # workers prove the vote before an authority goes on
        cps="5.7.3",
        shows="ca.endings.shown.abort",
    ),
    "ra.approve_application": _application(),
    "ra.approve_application_twice": _application(votes=2),
    "ra.disclose": _counter(
        "ra.disclosures.services.approve",
        cps="9.3",
        page="disclosures",
        sight="ra.disclosures.queries.approvals_seen",
    ),
    "ra.list_on_blacklist": _counter("ra.blacklist.services.enlist", cps="4.2.2", page="blacklist"),
    "ra.lift_from_blacklist": _counter("ra.blacklist.services.lift", cps="4.2.2", page="blacklist"),
    "ra.grant_authority": _administration(
        "ra.branches.services.grant_authority", cps="1.4.2", shows="ra.offices.shown.office"
    ),
    "ra.issue_partner_key": _administration(
        "ra.partners.services.issue", cps="1.4.2", shows="ra.partners.shown.key"
    ),
    "ra.stop_office": _administration(
        "ra.offices.services.stop", cps="5.8", shows="ra.offices.shown.office"
    ),
    "ra.destroy_evidence": _administration(
        "ra.retention.services.destroy", cps="3.2.3", shows="ra.retention.shown.destruction"
    ),
    "ra.enter_ca_agreement": _administration(
        "ra.agreements.services.enter", cps="3.2.7", shows="ra.agreements.shown.agreement"
    ),
    "ra.publish_fees": _finance(
        "ra.fees.prices.publish",
        cps="9.1",
        shows="ra.fees.shown.schedule",
        declined="ra.fees.prices.drop_schedule",
    ),
    "ra.agree_fee": _finance("ra.fees.prices.agree", cps="9.1.1", shows="ra.fees.shown.agreement"),
    "ra.waive_fee": _finance("ra.fees.waivers.waive", cps="9.1.1", shows="ra.fees.shown.waiver"),
    "ra.refund_fee": _finance(
        "ra.fees.services.make_refund",
        cps="9.1.5",
        shows="ra.fees.shown.refund",
        declined="ra.fees.services.decline_refund",
    ),
    "ra.publish_document": _committee(
        "ra.publications.services.publish",
        cps="2.3",
        shows="ra.publications.shown.publication",
        declined="ra.publications.services.drop",
    ),
    "ra.replace_codes": _counter(
        "ra.handover.replacement.approve",
        cps="4.3.1",
        shows="ra.handover.shown.replacement",
        sight="ra.handover.queries.approvals_seen",
    ),
    "ra.revoke_certificate": _counter(
        "ra.revocations.services.approve",
        cps="4.9.3",
        page="revocations",
        sight="ra.revocations.queries.approvals_seen",
    ),
    "ra.freeze_certificate": _hold(),
    "ra.unfreeze_certificate": _hold(),
}
