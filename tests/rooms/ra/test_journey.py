"""From the counter to an accepted certificate (CPS 4.1 to 4.4)."""

from ca import api as ca_api
from ra.applications.models import Application
from ra.handover.services import issue_download_codes, pick_up, status_of
from ra.review import decisions
from tests.support import ra
from tests.support.ra import AT, MINUTE


def test_an_application_becomes_a_certificate_that_is_taken(live_counter):
    """CPS-4.1, CPS-4.3.1, CPS-4.4.1"""
    counter = live_counter
    application_id, told = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)
    assert ra.state_of(application_id) == "submitted"

    done = decisions.decide_approve(
        application_id, seen=seen, actor=counter.ren, at=AT + 3 * MINUTE
    )
    assert done.state == "approved"

    ra.ca.sign_all(at=AT + 4 * MINUTE)
    row = Application.objects.get(pk=application_id)
    ra.hand_over([row.certificate_id], at=AT + 5 * MINUTE)
    codes = issue_download_codes(application_id, actor=counter.chen, at=AT + 6 * MINUTE)
    picked = pick_up(codes.reference, codes.authorisation_code, at=AT + 7 * MINUTE)

    assert picked.number == told.number
    assert picked.certificate.subject == "CN=林知夏, C=CN"
    assert ca_api.by_serial(picked.certificate.serial).der == picked.der
    status = status_of(told.number, told.access_code, at=AT + 8 * MINUTE)
    assert status.state == "accepted"
    assert [step.what for step in status.history] == ["submitted", "approved", "issued", "accepted"]


def test_a_draft_is_submitted_and_waits(counter):
    application_id, told = ra.submitted(counter)

    assert ra.state_of(application_id) == "submitted"
    assert told.number.startswith("RA20261120-")
