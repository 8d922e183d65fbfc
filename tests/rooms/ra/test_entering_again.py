"""Applying again with the same details (CPS-4.2.2): whoever typed them checks them no more."""

import pytest

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role
from ra.applications.models import Application
from ra.intake import handing_in, services
from ra.review import decisions
from ra.review import services as review
from tests.rooms.ra.test_taking_over import now_a_reviewer
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, FIELDS, MINUTE

LATER = AT + 10 * MINUTE


@pytest.fixture
def lin(counter):
    """A second operator of the same office."""
    return hire("lin", Role.OPERATOR, office=counter.chen.office)


def rejected(counter):
    """Chen entered it, Ren said no; its id and number."""
    application_id, told = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=LATER)
    decisions.reject(application_id, ["J01"], message="无法核实身份", actor=counter.ren, at=LATER)
    return application_id, told.number


def completed(draft_id, actor):
    """What is not carried over is handed in, and the draft submitted."""
    for slot in ("application_form", "id_front", "id_back"):
        ra.hold(draft_id, slot, actor, at=LATER)
    ra.verify(draft_id, actor, at=LATER)
    services.attach_request(draft_id, ra.request(), actor=actor, at=LATER)
    services.accept_agreement(draft_id, "2026-01", how="signed_on_paper", actor=actor, at=LATER)
    handing_in.submit(draft_id, actor=actor, at=LATER)


def test_nobody_reviews_words_they_typed_into_the_application_before(counter, lin):
    """CPS-4.3.1"""
    old, _ = rejected(counter)

    draft = services.open_again(old, actor=lin, at=LATER)
    completed(draft.id, lin)
    chen = now_a_reviewer(counter.chen)

    assert Application.objects.get(pk=draft.id).makers == {lin.person_id, chen.person_id}
    assert review.claim_next(actor=chen, at=LATER) is None
    with pytest.raises(Refusal) as refusal:
        review.claim(draft.id, actor=chen, at=LATER)
    assert refusal.value.rule == "review.own_work"
    entry = Entry.objects.get(action="ra.open_again")
    assert (entry.subject, entry.actor_id) == (f"ra.application:{old}", lin.person_id)
    assert draft.number in entry.details


def test_whoever_opens_their_own_again_is_its_only_maker(counter):
    old, _ = rejected(counter)

    draft = services.open_again(old, actor=counter.chen, at=LATER)

    assert Application.objects.get(pk=draft.id).former_makers == []


def test_only_operators_apply_again_and_only_for_what_has_ended(counter):
    old, _ = rejected(counter)
    waiting, _ = ra.submitted(counter, 2, fields=ra.OTHER)

    for application_id, actor, rule in (
        (old, counter.ren, "applications.not_an_operator"),
        (old, counter.zhao, "applications.unknown"),
        (waiting, counter.chen, "intake.not_over"),
    ):
        with pytest.raises(Refusal) as refusal:
            services.open_again(application_id, actor=actor, at=LATER)
        assert refusal.value.rule == rule


@pytest.mark.parametrize("place", ["intake", "cases"])
def test_the_pages_of_a_rejected_application_have_the_button(counter, lin, place):
    _, number = rejected(counter)
    browser, door = signed_in(lin), f"/w/intake/{number}/open-again/"

    assert door in browser.get(f"/w/{place}/{number}/").content.decode()
    opened = browser.post(door)

    assert FIELDS["document_number"] in browser.get(opened["Location"]).content.decode()
    assert door not in signed_in(counter.ren).get(f"/w/cases/{number}/").content.decode()


def test_a_shredded_draft_offers_nothing_to_go_on_from(counter):
    """WP-6.4: a draft that was never submitted is shredded when it is cancelled."""
    draft = ra.draft(counter.chen)
    number = Application.objects.get(pk=draft).number
    services.cancel(draft, reason="applicant_wish", actor=counter.chen, at=LATER)

    page = signed_in(counter.chen).get(f"/w/intake/{number}/")

    assert page.status_code == 200
    assert "open-again" not in page.content.decode()
