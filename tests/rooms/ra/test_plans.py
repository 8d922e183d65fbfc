"""No list and no search reads a large table from end to end, however large it grows.

The planner is told to avoid that wherever an index serves: what it reads whole then has none.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ca.api import certificate
from ra.applications.models import Application
from ra.applications.succession import successor_of
from ra.certificates import queries as certificates
from ra.handover.services import issue_download_codes, pick_up
from ra.review.case import case
from ra.review.queries import Filters, View, counts, queue, search
from ra.statistics.queries import report
from ra.statistics.rules import month
from ra.subscribers import queries as subscribers
from tests.rooms.ra import test_revocations
from tests.support import ra
from tests.support.people import signed_in
from tests.support.ra import AT, FIELDS

LARGE = {
    "ra_application",
    "ra_subscriber",
    "ra_notice",
    "ra_feeorder",
    "ra_feepayment",
    "ra_revocationrequest",
    "ra_holdrequest",
    "ra_decision",
    "ra_document",
    "ca_certificate",
    "ca_revocation",
    "people_approval",
}


def scanned(act):
    """Large tables that a query of this act reads whole."""
    with CaptureQueriesContext(connection) as made:
        act()
    asked = [query["sql"] for query in made.captured_queries if query["sql"].startswith("SELECT")]
    assert asked
    assert not [sql for sql in asked if " OFFSET " in sql]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plans = []
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}")
            plans += [line for (line,) in cursor.fetchall()]
    return set(re.findall(r"Seq Scan on (\w+)", "\n".join(plans))) & LARGE


@pytest.mark.parametrize("view", list(View))
def test_every_list_has_its_index(counter, view):
    ra.submitted(counter)

    assert scanned(lambda: queue(counter.ren, view, Filters(), at=AT)) == set()


def test_the_counts_of_the_tabs_have_theirs(counter):
    ra.submitted(counter)

    assert scanned(lambda: counts(counter.ren, at=AT)) == set()


@pytest.mark.parametrize("text", ["RA20261120-0001", FIELDS["name"], FIELDS["document_number"]])
def test_the_search_has_its_indexes(counter, text):
    ra.submitted(counter)

    assert scanned(lambda: search(counter.ren, text, at=AT)) == set()


def test_a_serial_number_has_its_index(counter):
    assert scanned(lambda: certificates.by_serial("4" * 32, counter.ren)) == set()


def test_a_certificates_page_has_its_indexes(counter):
    application_id = ra.approved(counter)
    row = Application.objects.get(pk=application_id)

    assert scanned(lambda: certificates.holding(row.number, counter.ren)) == set()
    assert scanned(lambda: successor_of(row.certificate_id)) == set()


def test_a_serial_number_leads_to_its_certificate_with_twenty_queries(
    live_counter, django_assert_max_num_queries
):
    """Search and page together, session and roles with them; it was fetched and asked about."""
    row = Application.objects.get(pk=ra.issued(live_counter))
    codes = issue_download_codes(row.pk, actor=live_counter.chen, at=test_revocations.LATER)
    pick_up(codes.reference, codes.authorisation_code, at=test_revocations.LATER)
    test_revocations.ask(row.certificate_id, live_counter.chen)
    browser = signed_in(live_counter.ren)
    address = f"/w/search/?q={certificate(row.certificate_id).serial}"
    browser.get(address, follow=True)

    with django_assert_max_num_queries(20):
        shown = browser.get(address, follow=True)

    assert shown.redirect_chain == [(f"/w/certificates/{row.certificate_id}/", 302)]


def test_a_review_has_its_indexes(counter):
    _, told = ra.submitted(counter)

    assert scanned(lambda: case(told.number, counter.ren, at=AT)) == set()


def test_a_subscribers_page_has_its_indexes(counter):
    application_id, _ = ra.submitted(counter)
    subscriber = Application.objects.get(pk=application_id).subscriber_id

    assert scanned(lambda: subscribers.subscriber(subscriber, counter.ren, at=AT)) == set()


def test_the_figures_of_a_month_have_their_indexes(counter):
    ra.submitted(counter)

    assert scanned(lambda: report(month("", AT), counter.ren, at=AT)) == set()


def test_a_table_without_an_index_for_it_is_noticed(counter):
    ra.submitted(counter)

    assert scanned(lambda: list(Application.objects.filter(days=17))) == {"ra_application"}
