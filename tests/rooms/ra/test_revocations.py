"""Revoking on request (CPS-3.4, CPS-4.9.1, CPS-4.9.3, CPS-4.9.4): asked, decided, done at once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ca import api as ca_api
from people.api import Role, approval
from people.approvals.services import expire
from ra.applications.models import Application
from ra.handover.queries import status
from ra.handover.services import issue_download_codes
from ra.revocations import queries, services
from ra.revocations.models import RevocationRequest
from tests.support import ra
from tests.support.people import hire
from tests.support.ra import AT

LATER = AT + timedelta(hours=2)
NOTE = "本人到场，介质遗失，交回挂失声明"


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value


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


def test_nobody_decides_what_they_asked_for(certificate, live_counter):
    """CPS-4.9.3: the same as at issuance."""
    from dataclasses import replace

    number = ask(certificate, live_counter.chen)
    both = replace(live_counter.chen, roles=live_counter.chen.roles | live_counter.ren.roles)

    assert refused(decide, number, both).rule == "revocations.own_work"
    with pytest.raises(IntegrityError, match="nobody_decides"), transaction.atomic():
        RevocationRequest.objects.update(decided_by=live_counter.chen.person_id)
    assert ca_api.certificate(certificate).state == "valid"


def test_a_refused_request_revokes_nothing_and_says_why(certificate, live_counter):
    number = ask(certificate, live_counter.chen)
    assert refused(decide, number, live_counter.ren, grants=False).rule == "revocations.message"

    decide(number, live_counter.ren, grants=False, message="提出人不是订户本人")

    view = request(number, live_counter.chen)
    assert (view.state, view.message) == ("refused", "提出人不是订户本人")
    assert ca_api.certificate(certificate).state == "valid"
    assert ask(certificate, live_counter.chen)  # and one may ask again


def test_why_a_request_was_refused_is_sealed_and_opened_for_its_page_only(
    certificate, live_counter
):
    """WP-6.2/6.3: the words may name people."""
    number, why = ask(certificate, live_counter.chen), "提出人方沐辰不是订户本人"
    decide(number, live_counter.ren, grants=False, message=why)

    row = RevocationRequest.objects.get()
    assert why.encode() not in bytes(row.answer)
    assert request(number, live_counter.chen).message == why
    assert queries.decided(live_counter.ren)[0].message == ""
    told = Entry.objects.filter(subject=f"ra.revocationrequest:{row.pk}")
    assert "方沐辰" not in "".join(entry.details for entry in told)


def test_a_page_that_showed_something_else_revokes_nothing(certificate, live_counter):
    number = ask(certificate, live_counter.chen)

    refusal = refused(decide, number, live_counter.ren, seen="0" * 64)

    assert refusal.rule == "approval.seen_something_else"


def test_a_request_changed_behind_everybodys_back_is_not_carried_out(certificate, live_counter):
    number = ask(certificate, live_counter.chen)
    RevocationRequest.objects.update(cause="law_or_policy")

    assert refused(decide, number, live_counter.ren).rule == "approval.other_act"
    assert ca_api.certificate(certificate).state == "valid"


def test_one_request_at_a_time(certificate, live_counter):
    ask(certificate, live_counter.chen)

    assert refused(ask, certificate, live_counter.chen).rule == "revocations.open_already"


def test_a_withdrawn_request_is_over(certificate, live_counter):
    number = ask(certificate, live_counter.chen)
    view = request(number, live_counter.chen)

    services.withdraw_request(view.id, actor=live_counter.chen, at=LATER)

    assert request(number, live_counter.chen).state == "withdrawn"
    assert approval(RevocationRequest.objects.get().approval_id).state == "withdrawn"
    assert (
        refused(services.withdraw_request, view.id, actor=live_counter.ren, at=LATER).rule
        == "revocations.not_yours"
    )


def test_a_revoked_certificate_cannot_be_revoked_again_nor_handed_out(certificate, live_counter):
    decide(ask(certificate, live_counter.chen), live_counter.ren)
    application_id = Application.objects.get(certificate_id=certificate).pk

    assert refused(ask, certificate, live_counter.chen).rule == "revocations.not_valid"
    assert (
        refused(issue_download_codes, application_id, actor=live_counter.chen, at=LATER).rule
        == "handover.no_certificate"
    )


def test_another_offices_certificates_are_out_of_reach(certificate, live_counter):
    """CPS-1.4.2"""
    number = ask(certificate, live_counter.chen)

    assert refused(ask, certificate, live_counter.zhao).rule == "applications.unknown"
    assert refused(request, number, live_counter.zhou).rule == "revocations.unknown"
    assert queries.waiting(live_counter.zhou) == []
    assert [view.number for view in queries.waiting(live_counter.ren)] == [number]


def test_the_note_is_sealed_and_opened_for_its_page_only(certificate, live_counter):
    """WP-6.2/6.3"""
    number = ask(certificate, live_counter.chen)

    row = RevocationRequest.objects.get()
    assert NOTE.encode() not in bytes(row.note)
    assert request(number, live_counter.ren).note == NOTE
    assert queries.waiting(live_counter.ren)[0].note == ""


def test_a_request_and_its_end_are_in_the_journal(certificate, live_counter):
    """CPS-5.4.1"""
    decide(ask(certificate, live_counter.chen), live_counter.ren)

    row = RevocationRequest.objects.get()
    told = Entry.objects.filter(subject=f"ra.revocationrequest:{row.pk}").order_by("pk")
    assert [entry.action for entry in told] == [
        "ra.request_revocation",
        "ra.revocationrequest.revoke",
    ]
    assert NOTE not in "".join(entry.details for entry in told)


def test_requests_are_decided_under_the_staff_role(certificate, live_counter, in_role):
    with in_role("staff"):
        decide(ask(certificate, live_counter.chen), live_counter.ren)

    assert ca_api.certificate(certificate).state == "revoked"


def test_a_request_whose_approval_ran_out_is_asked_again_or_refused(certificate, live_counter):
    number = ask(certificate, live_counter.chen)
    late = LATER + timedelta(days=8)
    expire(at=late)
    assert refused(decide, number, live_counter.ren).rule.startswith("approval.")

    services.propose_again(request(number, live_counter.chen).id, actor=live_counter.chen, at=late)
    decide(number, live_counter.ren)

    assert ca_api.certificate(certificate).state == "revoked"


def test_people_of_other_trades_see_no_requests(certificate, live_counter):
    """CPS-5.2.1: not even at headquarters."""
    number = ask(certificate, live_counter.chen)
    outsider = hire("wu", Role.CA_ADMIN)

    assert refused(request, number, outsider).rule == "revocations.unknown"
    assert queries.waiting(outsider) == []
