"""Revoking on request (CPS-3.4, CPS-4.9.1, CPS-4.9.3, CPS-4.9.4): asked, decided, done at once."""

from datetime import timedelta

import pytest

from ca import api as ca_api
from people.api import approval
from ra.applications.models import Application
from ra.handover.queries import status
from ra.handover.services import issue_download_codes
from ra.revocations import queries, services
from ra.revocations.models import RevocationRequest
from tests.support import ra
from tests.support.ra import AT
from tests.support.refusals import refused

LATER = AT + timedelta(hours=2)
NOTE = "本人到场，介质遗失，交回挂失声明"


@pytest.fixture
def certificate(live_counter):
    """Of an issued application; its id."""
    return Application.objects.get(pk=ra.issued(live_counter)).certificate_id


def ask(certificate, actor, **changes):
    asked = {
        "cause": "key_at_risk",
        "asker": "subscriber",
        "checked_how": "on_site",
        "discovered_at": LATER - timedelta(hours=3),
        "note": NOTE,
    }
    return services.request_revocation(certificate, **(asked | changes), actor=actor, at=LATER)


def request(number, person):
    return queries.request(number, person)


def decide(number, person, **how):
    view = request(number, person)
    asked = {"grants": True, "seen": view.seen} | how
    services.decide(view.id, **asked, actor=person, at=LATER + timedelta(minutes=5))


def test_a_lost_key_is_revoked_with_the_second_persons_word(certificate, live_counter):
    """CPS-4.9.3, CPS-4.9.5: at once."""
    number = ask(certificate, live_counter.chen)
    assert ca_api.certificate(certificate).state == "valid"

    decide(number, live_counter.ren)

    view = ca_api.certificate(certificate)
    row = RevocationRequest.objects.get()
    assert (view.state, view.reason) == ("revoked", "keyCompromise")
    assert (row.state, row.decided_by) == ("done", live_counter.ren.person_id)
    assert approval(row.approval_id).state == "used"
    application = Application.objects.get(certificate_id=certificate)
    assert status(application.number).certificate_state == "revoked"
    assert status(application.number).history[-1].what == "revoked"


def test_who_ends_early_goes_the_way_of_a_revocation(certificate, live_counter):
    """CPS-4.11: asked by one, agreed to by another; the reason says that nothing was wrong."""
    number = ask(certificate, live_counter.chen, cause="own_wish")
    assert ca_api.certificate(certificate).state == "valid"

    decide(number, live_counter.ren)

    view = ca_api.certificate(certificate)
    assert (view.state, view.reason) == ("revoked", "cessationOfOperation")


def test_a_compromise_counts_from_its_discovery_and_a_wish_from_now(certificate, live_counter):
    from ca.revocation.models import Revocation

    number = ask(certificate, live_counter.chen)
    decide(number, live_counter.ren)

    assert Revocation.objects.get().invalid_since == LATER - timedelta(hours=3)


@pytest.mark.parametrize(
    ("cause", "hours", "late"),
    [
        ("key_at_risk", 7, False),
        ("key_at_risk", 9, True),
        ("own_wish", 47, False),
        ("own_wish", 49, True),
    ],
)
def test_a_late_request_is_flagged_and_taken_all_the_same(
    certificate, live_counter, cause, hours, late
):
    """CPS-4.9.4"""
    number = ask(
        certificate,
        live_counter.chen,
        cause=cause,
        discovered_at=LATER - timedelta(hours=hours),
    )

    view = request(number, live_counter.ren)
    assert view.late is late
    assert view.term_hours == (8 if cause == "key_at_risk" else 48)


def test_a_revoked_certificate_cannot_be_revoked_again_nor_handed_out(certificate, live_counter):
    decide(ask(certificate, live_counter.chen), live_counter.ren)
    application_id = Application.objects.get(certificate_id=certificate).pk

    assert refused(ask, certificate, live_counter.chen).rule == "revocations.not_valid"
    assert (
        refused(issue_download_codes, application_id, actor=live_counter.chen, at=LATER).rule
        == "handover.no_certificate"
    )
