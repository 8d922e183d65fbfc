"""One subscriber's page: everything in the office's sight, nothing in the clear (CPS-1.4.2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.api import Role
from ra.applications.models import Application
from ra.subscribers import queries
from tests.rooms.ra import test_holds, test_revocations
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, FIELDS, MINUTE, OTHER
from tests.support.refusals import refused

LATER = AT + 60 * MINUTE


def subscriber_of(application_id):
    return Application.objects.get(pk=application_id).subscriber_id


def test_a_page_brings_together_what_one_subscriber_has(live_counter):
    """CPS-9.4: numbers and names are masked."""
    counter = live_counter
    first = ra.issued(counter)
    certificate = Application.objects.get(pk=first).certificate_id
    test_holds.frozen(certificate, counter)
    test_revocations.ask(certificate, counter.chen)
    second, _ = ra.submitted(counter, 2)
    ra.submitted(counter, 3, fields=OTHER)

    view = queries.subscriber(subscriber_of(first), counter.ren, at=LATER)

    assert [row.id for row in view.page.rows] == [second, first]
    assert [one.id for one in view.certificates] == [certificate]
    assert (len(view.requests), len(view.holds)) == (1, 1)
    assert {one.event for one in view.notices} >= {"received"}
    page = signed_in(counter.chen).get(f"/w/subscribers/{view.id}/").content.decode()
    assert "林*夏" in page
    assert view.requests[0].number in page
    assert view.holds[0].number in page
    for whole in (FIELDS["name"], FIELDS["document_number"], FIELDS["phone"], FIELDS["email"]):
        assert whole not in page


def test_another_office_sees_nothing_of_a_subscriber_it_never_served(counter):
    """CPS-1.4.2: the same answer as for who is not there."""
    application_id, _ = ra.submitted(counter)
    theirs = subscriber_of(application_id)

    for who, wanted in ((counter.zhou, theirs), (counter.ren, theirs + 1)):
        no = refused(queries.subscriber, wanted, who, at=LATER)
        assert (no.rule, no.cps) == ("subscribers.unknown", "1.4.2")
    assert signed_in(counter.zhao).get(f"/w/subscribers/{theirs}/").status_code == 404


def test_who_was_served_by_two_offices_is_seen_by_each_with_its_own(counter):
    """CPS-1.4.2"""
    ours, _ = ra.submitted(counter)
    theirs = ra.draft(counter.zhao, 2)

    shown = {
        who: [row.id for row in queries.subscriber(subscriber_of(ours), who, at=LATER).page.rows]
        for who in (counter.ren, counter.zhou)
    }

    assert shown == {counter.ren: [ours], counter.zhou: [theirs]}


def test_older_applications_are_on_the_next_page(counter, monkeypatch):
    monkeypatch.setattr("ra.review.queries.PAGE", 2)
    made = [ra.submitted(counter, number)[0] for number in range(1, 4)]
    number = subscriber_of(made[0])

    first = queries.subscriber(number, counter.ren, at=LATER)
    second = queries.subscriber(number, counter.ren, after=first.page.after, at=LATER)

    pages = [[row.id for row in view.page.rows] for view in (first, second)]
    assert pages == [[made[2], made[1]], [made[0]]]
    assert second.page.after is None
    answer = signed_in(counter.ren).get(f"/w/subscribers/{number}/?after={first.page.after}")
    assert "最新" in answer.content.decode()


def test_the_page_is_found_from_a_search_and_from_a_certificate(live_counter):
    issued = ra.issued(live_counter)
    row, operator = Application.objects.get(pk=issued), signed_in(live_counter.chen)
    link = f'href="/w/subscribers/{row.subscriber_id}/"'

    assert link in operator.post("/w/search/", {"q": FIELDS["phone"]}).content.decode()
    assert link in operator.get(f"/w/certificates/{row.certificate_id}/").content.decode()
    assert link in operator.get(f"/w/handover/{row.number}/").content.decode()


def test_a_page_takes_few_queries_however_many_there_are(counter):
    for number in range(1, 6):
        latest, _ = ra.submitted(counter, number)

    with CaptureQueriesContext(connection) as made:
        queries.subscriber(subscriber_of(latest), counter.ren, at=LATER)

    assert len(made) <= 18


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.FINANCE, Role.CA_ADMIN])
def test_others_than_the_counter_are_kept_out(counter, role):
    application_id, _ = ra.submitted(counter)
    outsider = signed_in(hire("jiang", role))

    assert outsider.get(f"/w/subscribers/{subscriber_of(application_id)}/").status_code == 403
