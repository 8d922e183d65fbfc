"""Map 3 of 3: who proposes, who decides, how many, and what is then done (CPS 5.2.2, 5.2.4)."""

from people.approvals.rules import Duty
from people.trust.rules import Role

DUTIES: dict[str, Duty] = {
    "people.appoint": Duty(
        perform="people.personnel.services.appoint",
        makers=frozenset({Role.SECURITY_ADMIN}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="5.2.4",
    ),
    "people.dismiss": Duty(
        perform="people.personnel.services.dismiss",
        makers=frozenset({Role.SECURITY_ADMIN}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="5.2.4",
    ),
    "people.reinstate": Duty(
        perform="people.personnel.services.reinstate",
        makers=frozenset({Role.SECURITY_ADMIN}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="5.3.6",
    ),
    "ra.approve_application": Duty(
        perform="ra.applications.services.approve",
        makers=frozenset({Role.OPERATOR}),
        checkers=frozenset({Role.REVIEWER}),
        votes=1,
        cps="4.3.1",
    ),
    "ra.approve_application_twice": Duty(
        perform="ra.applications.services.approve",
        makers=frozenset({Role.OPERATOR}),
        checkers=frozenset({Role.REVIEWER}),
        votes=2,
        cps="4.3.1",
    ),
    "ra.disclose": Duty(
        perform="ra.disclosures.services.approve",
        makers=frozenset({Role.OPERATOR}),
        checkers=frozenset({Role.REVIEWER}),
        votes=1,
        cps="9.3",
    ),
    "ra.grant_authority": Duty(
        perform="ra.branches.services.grant_authority",
        makers=frozenset({Role.SECURITY_ADMIN}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="1.4.2",
    ),
    "ra.stop_office": Duty(
        perform="ra.offices.services.stop",
        makers=frozenset({Role.SECURITY_ADMIN}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="5.8",
    ),
    "ra.publish_fees": Duty(
        perform="ra.fees.services.publish",
        makers=frozenset({Role.FINANCE}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="9.1",
    ),
    "ra.agree_fee": Duty(
        perform="ra.fees.services.agree",
        makers=frozenset({Role.FINANCE}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="9.1.1",
    ),
    "ra.refund_fee": Duty(
        perform="ra.fees.services.make_refund",
        makers=frozenset({Role.FINANCE}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="9.1.5",
    ),
    "ra.revoke_certificate": Duty(
        perform="ra.revocations.services.approve",
        makers=frozenset({Role.OPERATOR}),
        checkers=frozenset({Role.REVIEWER}),
        votes=1,
        cps="4.9.3",
    ),
    "ra.freeze_certificate": Duty(
        perform="ra.holds.services.approve",
        makers=frozenset({Role.OPERATOR}),
        checkers=frozenset({Role.REVIEWER}),
        votes=1,
        cps="4.9.14",
    ),
    "ra.unfreeze_certificate": Duty(
        perform="ra.holds.services.approve",
        makers=frozenset({Role.OPERATOR}),
        checkers=frozenset({Role.REVIEWER}),
        votes=1,
        cps="4.9.14",
    ),
}
