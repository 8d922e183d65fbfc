"""Another operator goes on entering (CPS-4.3.1): all who entered are makers, and none checks."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from people.api import Role, appoint, dismiss
from ra.applications.models import Application
from ra.intake import handing_in, queries, services
from ra.review import services as review
from ra.review.queries import Filters, View, queue
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, FIELDS, MINUTE
from tests.support.refusals import refused_by

LATER = AT + 10 * MINUTE


@pytest.fixture
def lin(counter):
    """A second operator of the same office."""
    return hire("lin", Role.OPERATOR, office=counter.chen.office)


def now_a_reviewer(actor):
    """Somebody who entered applications changes their post (CPS 5.2.4 keeps both apart)."""
    dismiss(actor.person_id, Role.OPERATOR, actor=SYSTEM, at=LATER)
    appoint(actor.person_id, Role.REVIEWER, actor=SYSTEM, at=LATER)
    roles = frozenset({Role.REVIEWER})
    return replace(actor, roles=roles)


def test_another_operator_goes_on_where_the_first_stopped(counter, lin):
    application_id = ra.draft(counter.chen)

    services.take_over(application_id, actor=lin, at=LATER)
    services.save_draft(application_id, FIELDS, actor=lin, at=LATER)
    told = handing_in.submit(application_id, actor=lin, at=LATER)

    assert told.access_code
    assert Application.objects.get(pk=application_id).makers == {
        lin.person_id,
        counter.chen.person_id,
    }
    entry = Entry.objects.get(action="ra.take_over")
    assert (entry.actor_id, f'"before":{counter.chen.person_id}' in entry.details) == (
        lin.person_id,
        True,
    )


def test_whoever_handed_it_on_no_longer_edits_it(counter, lin):
    application_id = ra.draft(counter.chen)
    services.take_over(application_id, actor=lin, at=LATER)

    rule = refused_by(services.save_draft, application_id, FIELDS, actor=counter.chen, at=LATER)

    assert rule == "applications.not_yours"


def test_a_file_that_was_still_on_its_way_is_not_the_new_makers(counter, lin):
    """Decoding takes seconds; whose application it is, is asked again when the rows are written."""
    application_id = ra.draft(counter.chen)
    before = Application.objects.get(pk=application_id)
    services.take_over(application_id, actor=lin, at=LATER)

    assert refused_by(ra.hold, application_id, "id_back", counter.chen) == "applications.not_yours"
    assert before.documents.count() == 3


def test_only_an_operator_who_does_not_have_it_takes_it_and_only_before_it_is_reviewed(
    counter, lin
):
    draft = ra.draft(counter.chen)
    handed_in, _ = ra.submitted(counter, 2)

    assert refused_by(services.take_over, draft, actor=counter.ren, at=LATER) == (
        "applications.not_an_operator"
    )
    assert refused_by(services.take_over, draft, actor=counter.chen, at=LATER) == (
        "applications.yours_already"
    )
    assert refused_by(services.take_over, draft, actor=counter.zhao, at=LATER) == (
        "applications.unknown"
    )
    assert refused_by(services.take_over, handed_in, actor=lin, at=LATER) == (
        "applications.not_editable"
    )


def test_nobody_reviews_what_they_have_handed_on(counter, lin):
    """CPS-4.3.1: neither through the services nor through the queue."""
    application_id = ra.draft(counter.chen)
    services.take_over(application_id, actor=lin, at=LATER)
    handing_in.submit(application_id, actor=lin, at=LATER)
    chen = now_a_reviewer(counter.chen)

    assert refused_by(review.claim, application_id, actor=chen, at=LATER) == "review.own_work"
    assert review.claim_next(actor=chen, at=LATER) is None
    assert queue(chen, View.WAITING, Filters(), at=LATER).rows == ()
    assert review.claim(application_id, actor=counter.ren, at=LATER)


@pytest.mark.parametrize("column", ["claimed_by", "decided_by"])
def test_the_database_lets_no_former_maker_check(counter, lin, column):
    """CPS-4.3.1: whatever code may try."""
    application_id = ra.draft(counter.chen)
    services.take_over(application_id, actor=lin, at=LATER)
    row = Application.objects.filter(pk=application_id)

    with pytest.raises(IntegrityError, match="nobody_checks"), transaction.atomic():
        row.update(**{column: counter.chen.person_id})
    assert row.update(**{column: counter.ren.person_id}) == 1


def test_the_page_shows_the_button_to_colleagues_and_masks_until_then(counter, lin):
    application_id = ra.draft(counter.chen)
    number = Application.objects.get(pk=application_id).number
    browser, address = signed_in(lin), f"/w/intake/{number}/"

    before = browser.get(address).content.decode()
    assert "take-over/" in before
    assert FIELDS["document_number"] not in before

    assert browser.post(f"{address}take-over/")["Location"] == address
    assert FIELDS["document_number"] in browser.get(address).content.decode()
    assert not queries.intake(number, counter.chen, at=LATER).editable
