"""A key that is reported lost by one person stops no end that has begun, and no authority for good
(CPS-5.7.3, CPS-5.2.3).
"""

import pytest

from anxin.duties import DUTIES
from ca.endings import services
from ca.hierarchy.models import CertificateAuthority
from ca.issuing.models import Certificate
from ca.operators import services as operators
from people.api import Role, approval
from people.personnel import services as personnel
from people.personnel.rules import Cause
from tests.support import ca
from tests.support.endings import RAN, Ending, Office, issue_many, states, step, tell_everybody
from tests.support.people import hire
from tests.support.refusals import refused_by
from tests.support.voting import enrolled, pen, sign_vote

YAN = pen(42)


@pytest.fixture
def office(authorities, settings) -> Office:
    for duty in RAN:
        settings.DUTIES[duty] = DUTIES[duty]
    return Office().furnish()


def begun(office: Office) -> str:
    number = office.agreed()
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    return number


def certified(office: Office) -> None:
    operators.certify(at=office.now())
    ca.sign_all("anxin-rsa", at=office.now())


def lose(office: Office) -> None:
    """Whose vote it was has lost the key; one person says so."""
    shao, tang = office.people["shao"].person_id, office.people["tang"]
    personnel.suspend(shao, Cause.TOKEN_LOST, actor=tang, at=office.now())


def test_a_loss_does_not_stop_an_end_that_revokes(office):
    """CPS-5.7.3, CPS-5.2.3: a worker had proved the vote; 1500 of 1500."""
    certified(office)
    issue_many(ca.authority().id, 1500)
    number = begun(office)
    office.begin(number)
    office.work(most=1)
    assert 0 < step(number, "revoke").counted < 1500
    lose(office)

    office.work()

    assert states(number)["revoke"] == "done"
    assert step(number, "revoke").fault == ""
    left = Certificate.objects.filter(ca__code="nmg-sm2").exclude(state="revoked")
    assert not left.exists()


@pytest.mark.parametrize("late", [False, True], ids=["before it begins", "before the first batch"])
def test_what_cannot_be_proved_revokes_nothing_and_is_broken_off(office, late):
    """CPS-5.7.3"""
    certified(office)
    ca.issue(1)
    number = begun(office)
    if late:
        office.begin(number)
    lose(office)

    if not late:
        assert refused_by(office.begin, number) == "endings.unproved"
    office.work()
    assert step(number, "revoke").fault == ("endings.unproved" if late else "")
    assert Certificate.objects.get(ca__code="nmg-sm2").state == "valid"

    by = {"actor": office.people["gao"], "at": office.now()}
    asked = services.ask_abort(number, reason="密钥已挂失，重新声明", **by)
    yan = member(office)
    sign_vote(YAN, asked.id, yan, at=office.now())
    office.work()
    assert Ending.objects.get().state == "aborted"
    again = office.declare()
    fresh = approval(Ending.objects.get(number=again).approval_id)
    sign_vote(YAN, fresh.id, yan, at=office.now())
    office.work()
    assert states(again)["stop"] == "done"


def member(office: Office):
    """Another member of the committee, whose key has its certificate."""
    yan = hire("yan", Role.POLICY_MEMBER)
    enrolled(YAN, yan, office.people["tang"], office.people["gao"], at=office.now())
    certified(office)
    return yan


def test_a_lost_no_stops_no_authority_for_ever(office):
    """CPS-5.7.3: the committee says no again, to the same said anew."""
    certified(office)
    number = office.declare()
    office.decide(number, grants=False)
    lose(office)  # before any worker has seen the vote
    office.work()
    assert CertificateAuthority.objects.get(code="nmg-sm2").stopped_at

    again = office.declare()
    fresh = approval(Ending.objects.get(number=again).approval_id)
    yan = member(office)
    office.work()
    assert CertificateAuthority.objects.get(code="nmg-sm2").stopped_at
    sign_vote(YAN, fresh.id, yan, at=office.now(), grants=False)
    office.work()

    assert not CertificateAuthority.objects.filter(stopped_at__isnull=False).exists()
