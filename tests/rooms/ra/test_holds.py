"""Freezing and unfreezing on request (CPS-4.9.12 to CPS-4.9.15): asked, decided, done at once."""

from datetime import timedelta

import pytest

from ca import api as ca_api
from people.api import approval
from ra.applications.models import Application
from ra.certificates.queries import holding_of
from ra.handover import services as handover
from ra.handover.queries import status
from ra.holds import queries, services
from ra.holds.models import HoldRequest
from ra.notices.models import Notice
from ra.portal.progress import progress
from ra.revocations import queries as revocations
from ra.revocations import services as revoking
from tests.support import ra
from tests.support.ra import AT
from tests.support.refusals import refused

LATER = AT + timedelta(hours=2)
NOTE = "林知夏到场，近期出境，暂不使用"
COURT = {
    "asker": "court",
    "cause": "authority",
    "checked_how": "sealed_letter",
    "document": "（2026）栖原执字第 18 号，2026-11-19",
    "note": "协助执行通知书",
}


@pytest.fixture
def certificate(live_counter):
    """Of an issued application; its id."""
    return Application.objects.get(pk=ra.issued(live_counter)).certificate_id


def ask(certificate, actor, act="freeze", **changes):
    asked = {
        "act": act,
        "cause": "own_wish" if act == "freeze" else "",
        "asker": "subscriber",
        "checked_how": "on_site",
        "document": "冻结申请表 2026-031，2026-11-20",
        "note": NOTE,
    }
    return services.request_hold(certificate, **(asked | changes), actor=actor, at=LATER)


def decide(number, person, **how):
    view = queries.request(number, person)
    asked = {"grants": True, "seen": view.seen} | how
    services.decide(view.id, **asked, actor=person, at=LATER + timedelta(minutes=5))


def frozen(certificate, counter, **changes):
    number = ask(certificate, counter.chen, **changes)
    decide(number, counter.ren)
    return number


def test_a_certificate_is_frozen_with_the_second_persons_word_and_good_again(
    certificate, live_counter
):
    """CPS-4.9.14, CPS-4.9.15"""
    number = ask(certificate, live_counter.chen)
    assert ca_api.certificate(certificate).state == "valid"
    application = Application.objects.get(certificate_id=certificate).number

    decide(number, live_counter.ren)
    held, told = ca_api.certificate(certificate).state, status(application)
    decide(ask(certificate, live_counter.chen, "unfreeze"), live_counter.ren)

    assert (held, told.certificate_state, progress(told).title) == ("held", "held", "证书已冻结")
    assert ca_api.certificate(certificate).state == "valid"
    assert status(application).certificate_state == "valid"
    row = HoldRequest.objects.get(number=number)
    assert (row.state, row.decided_by) == ("done", live_counter.ren.person_id)
    assert approval(row.approval_id).state == "used"


def test_the_subscriber_is_told_of_the_freeze_and_of_its_end(certificate, live_counter):
    """CPS-4.9.14"""
    frozen(certificate, live_counter)
    decide(ask(certificate, live_counter.chen, "unfreeze"), live_counter.ren)

    events = Notice.objects.filter(event__in=["frozen", "unfrozen"]).order_by("pk")
    assert [notice.event for notice in events] == ["frozen", "unfrozen"]


@pytest.mark.parametrize(
    ("changes", "rule", "cps"),
    [
        ({"asker": "neighbour"}, "holds.asker", "4.9.13"),
        ({"cause": "bad_mood"}, "holds.cause", "4.9.12"),
        ({"cause": "unpaid"}, "holds.cause", "4.9.12"),
        (COURT | {"cause": "own_wish"}, "holds.cause", "4.9.12"),
        ({"checked_how": "guessed"}, "holds.checked_how", "4.9.14"),
        ({"checked_how": "sealed_letter"}, "holds.wrong_proof", "4.9.14"),
        (COURT | {"checked_how": "on_site"}, "holds.wrong_proof", "4.9.14"),
        ({"document": " "}, "holds.document", "4.9.14"),
        ({"note": "?"}, "holds.note", "4.9.14"),
    ],
)
def test_who_asks_why_and_with_which_papers_has_to_fit(
    certificate, live_counter, changes, rule, cps
):
    """CPS-4.9.12, CPS-4.9.13, CPS-4.9.14"""
    refusal = refused(ask, certificate, live_counter.chen, **changes)

    assert (refusal.rule, refusal.cps) == (rule, cps)
    assert not HoldRequest.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"asker": "agent"},
        {"asker": "ra", "cause": "unpaid", "checked_how": "sealed_letter"},
        {"asker": "government", "cause": "authority", "checked_how": "sealed_letter"},
        COURT,
    ],
)
def test_everybody_the_cps_names_can_have_a_certificate_frozen(certificate, live_counter, changes):
    """CPS-4.9.13"""
    frozen(certificate, live_counter, **changes)

    assert ca_api.certificate(certificate).state == "held"


def test_what_a_court_froze_only_a_court_unfreezes(certificate, live_counter):
    """CPS-4.9.13"""
    frozen(certificate, live_counter, **COURT)

    for asker, how in (("subscriber", "on_site"), ("ra", "sealed_letter")):
        refusal = refused(
            ask, certificate, live_counter.chen, "unfreeze", asker=asker, checked_how=how
        )
        assert refusal.rule == "holds.lifted_by_another"
    decide(ask(certificate, live_counter.chen, "unfreeze", **COURT), live_counter.ren)

    assert ca_api.certificate(certificate).state == "valid"


def test_only_what_is_valid_is_frozen_and_only_what_is_frozen_unfrozen(certificate, live_counter):
    """CPS-4.9.12"""
    assert refused(ask, certificate, live_counter.chen, "unfreeze").rule == "holds.not_now"
    frozen(certificate, live_counter)
    assert refused(ask, certificate, live_counter.chen).rule == "holds.not_now"


def test_a_frozen_certificate_is_not_handed_out_and_can_be_revoked(certificate, live_counter):
    """CPS-4.9.1, CPS-4.9.12"""
    application = Application.objects.get(certificate_id=certificate)
    codes = handover.issue_download_codes(application.pk, actor=live_counter.chen, at=LATER)
    frozen(certificate, live_counter)

    pair = (codes.reference, codes.authorisation_code)
    assert refused(handover.pick_up, *pair, at=LATER).rule == "handover.on_hold"
    number = revoking.request_revocation(
        certificate,
        cause="key_at_risk",
        asker="subscriber",
        checked_how="on_site",
        discovered_at=LATER,
        note=NOTE,
        actor=live_counter.chen,
        at=LATER,
    )
    view = revocations.request(number, live_counter.ren)
    revoking.decide(view.id, grants=True, seen=view.seen, actor=live_counter.ren, at=LATER)

    assert ca_api.certificate(certificate).state == "revoked"


def test_the_workers_copy_what_became_of_a_frozen_certificate(certificate, live_counter):
    frozen(certificate, live_counter)
    Application.objects.update(certificate_state="valid")

    handover.note_status([certificate], at=LATER)

    assert Application.objects.get(certificate_id=certificate).certificate_state == "held"


def test_the_page_of_a_certificate_shows_its_requests(certificate, live_counter):
    number = ask(certificate, live_counter.chen)

    shown = holding_of(certificate, live_counter.chen)

    assert [view.number for view in shown.holds] == [number]


def test_it_is_all_done_under_the_staff_role(certificate, live_counter, in_role):
    with in_role("staff"):
        frozen(certificate, live_counter)
        decide(ask(certificate, live_counter.chen, "unfreeze"), live_counter.ren)

    assert ca_api.certificate(certificate).state == "valid"
