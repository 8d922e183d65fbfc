from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.locks import Work, held
from audit.journal.models import Entry
from ca.api import overview, request_crl
from ca.crl import queries
from ca.crl.models import RevocationList
from ca.crl.services import issue_crl, issue_due_crls
from ca.hierarchy.models import CertificateAuthority
from ca.issuing.models import Certificate
from ca.revocation.models import Revocation
from pki import crls
from tests.oracles.refusals import OracleRefused
from tests.support import ca

HOUR = timedelta(hours=1)
BEFORE = ca.NOW - 2 * HOUR


def latest(code: str = "nmg-sm2") -> crls.RevocationList:
    return crls.parse(queries.list_file(code).der)


def nmg() -> int:
    return ca.authority().id


def test_a_list_tells_what_was_revoked(authorities, openssl, bouncycastle):
    """CPS-7.2, CPS-4.9.3: version 2, number, times, serials, dates, reasons, AKI."""
    issued, kept = ca.issue(1), ca.issue(2)
    ca.revoke_it(issued.id)

    issue_crl(nmg(), at=ca.NOW)

    found, issuer = latest(), ca.authority().certificate
    crls.verify(found, issuer, ca.NOW + HOUR)
    assert found.by_serial.keys() == {issued.parsed.serial}
    assert found.next_update - found.this_update == 24 * HOUR
    openssl.verify_crl(found.der, issuer.der)
    facts = bouncycastle.verify_crl(found.der, issuer.der)
    assert (facts["number"], facts["entries"]) == ("1", "1")
    told = bouncycastle.look_up(found.der, issued.parsed.serial)
    assert (told["listed"], told["reason"]) == ("yes", "KEY_COMPROMISE")
    assert bouncycastle.look_up(found.der, kept.parsed.serial)["listed"] == "no"


def test_a_relying_party_follows_the_path_with_all_its_lists(authorities, bouncycastle):
    """CPS-4.10, CPS-7.4"""
    good, bad = ca.issue(1), ca.issue(2)
    ca.revoke_it(bad.id)
    assert issue_due_crls(at=ca.NOW) == 4
    root, middle, low = (ca.authority(code).certificate.der for code in authorities[:3])
    lists = [latest(code).der for code in authorities[:3]]
    moment = ca.NOW + timedelta(minutes=1)

    bouncycastle.verify_path([good.parsed.der, low, middle], root, at=moment, crls=lists)
    with pytest.raises(OracleRefused, match=r"(?i)revo"):
        bouncycastle.verify_path([bad.parsed.der, low, middle], root, at=moment, crls=lists)


def test_an_authority_nobody_can_read_keeps_no_other_list_waiting(authorities):
    """CPS-4.9.7"""
    CertificateAuthority.objects.filter(code=authorities[0]).update(certificate=b"0")

    assert issue_due_crls(at=ca.NOW) == 3


def test_rsa_lists_are_signed_too(authorities, openssl):
    issue_crl(ca.authority("anxin-rsa").id, at=ca.NOW)

    openssl.verify_crl(latest("anxin-rsa").der, ca.authority("anxin-rsa").certificate.der)


def test_numbers_go_up_by_one(authorities):
    """CPS-7.2"""
    for hours in (3, 2, 1):
        issue_crl(nmg(), at=ca.NOW - hours * HOUR)

    assert list(RevocationList.objects.order_by("pk").values_list("number", flat=True)) == [1, 2, 3]


@pytest.mark.parametrize(("age", "due"), [(11.9, 0), (12, 1)])
def test_the_next_list_comes_after_twelve_hours(authorities, age, due):
    """CPS-4.9.7: half of the day the CPS allows."""
    issue_due_crls(at=ca.NOW - age * HOUR)

    issue_due_crls(at=ca.NOW)

    assert RevocationList.objects.filter(ca_id=nmg()).count() == 1 + due


@pytest.mark.parametrize(("waited", "due"), [(59, 0), (60, 1)])
def test_a_revocation_does_not_wait_for_the_schedule(authorities, waited, due):
    """CPS-4.9.5, CPS-4.9.8: within the hour, where the CPS allows a day."""
    issue_due_crls(at=BEFORE)
    issued = ca.issue(at=BEFORE)
    ca.revoke_it(issued.id, at=ca.NOW - timedelta(minutes=waited))

    issue_due_crls(at=ca.NOW)

    assert RevocationList.objects.filter(ca_id=nmg()).count() == 1 + due


def test_a_list_is_issued_on_demand(authorities):
    """CPS-2.2a: whoever asked is in the journal; the sweep finds the wish if nobody rang."""
    issue_due_crls(at=BEFORE)

    request_crl(nmg(), actor=SYSTEM, at=BEFORE + HOUR)

    assert issue_due_crls(at=ca.NOW) == 1
    assert issue_due_crls(at=ca.NOW) == 0
    assert Entry.objects.filter(action="ca.request_crl").count() == 1


def test_the_lag_from_revocation_to_list_is_measured(authorities):
    """CPS-4.9.8"""
    issued = ca.issue(at=BEFORE)
    ca.revoke_it(issued.id, at=ca.NOW - HOUR)
    assert queries.unlisted(nmg()).revoked == [issued.id]

    issue_crl(nmg(), at=ca.NOW)

    told = Revocation.objects.get()
    assert len(queries.unlisted(nmg())) == 0
    assert told.listed_at - told.revoked_at == HOUR


def test_a_list_that_would_forget_a_revocation_is_never_signed(authorities, caplog):
    """CPS-4.9.3: as if somebody had taken a row out of the table."""
    first, second = ca.issue(1), ca.issue(2)
    ca.revoke_it(first.id)
    ca.revoke_it(second.id)
    issue_crl(nmg(), at=BEFORE)
    Revocation.objects.filter(pk=first.id).delete()

    assert issue_crl(nmg(), at=ca.NOW) is False

    abandoned = RevocationList.objects.get(number=2)
    assert (abandoned.state, abandoned.der) == ("abandoned", None)
    assert abandoned.fault.startswith("crl.forgets")
    assert latest().by_serial.keys() == {first.parsed.serial, second.parsed.serial}
    assert "crl.forgets" in caplog.text
    assert Entry.objects.filter(action="ca.revocationlist.abandon").count() == 1


def test_what_expired_stays_on_one_more_list_and_then_goes(authorities):
    """RFC 5280 3.3"""
    old = ca.issue(1, ca.NOW - 366 * ca.DAY)
    end = old.parsed.not_after
    ca.revoke_it(old.id, at=end - HOUR)

    for moment in (end - HOUR / 2, end + HOUR, end + 2 * HOUR):
        assert issue_crl(nmg(), at=moment)

    sizes = RevocationList.objects.order_by("number").values_list("entries", flat=True)
    assert list(sizes) == [1, 1, 0]
    assert latest().entries == ()


def test_a_list_older_than_the_last_one_is_given_up(authorities):
    issue_crl(nmg(), at=ca.NOW)

    assert issue_crl(nmg(), at=BEFORE) is False

    assert RevocationList.objects.get(number=2).fault.startswith("crl.goes_back")


def test_a_list_broken_off_before_its_signature_is_abandoned_and_its_number_with_it(authorities):
    """As if the worker had been killed while the signer worked."""
    RevocationList.objects.create(
        state="planned",
        ca_id=nmg(),
        number=1,
        this_update=BEFORE,
        next_update=BEFORE + HOUR,
        entries=0,
    )

    issue_crl(nmg(), at=ca.NOW)

    assert dict(RevocationList.objects.values_list("number", "state")) == {
        1: "abandoned",
        2: "published",
    }


def test_two_workers_do_not_issue_one_list_twice(authorities):
    def another_worker():
        try:
            return issue_crl(ca_id, at=ca.NOW)
        finally:
            connection.close()

    ca_id = nmg()
    with ThreadPoolExecutor(1) as threads, held(Work.ISSUE_CRL, [ca_id]) as mine:
        refused = threads.submit(another_worker).result()

    assert (mine, refused) == ([ca_id], False)
    assert not RevocationList.objects.exists()


def test_a_signer_that_is_away_leaves_the_last_list_in_place(authorities, settings):
    issue_crl(nmg(), at=BEFORE)
    settings.SIGNER_SOCKET, home = "/nowhere/signer.sock", settings.SIGNER_SOCKET

    assert issue_crl(nmg(), at=BEFORE + HOUR) is False
    assert queries.list_file("nmg-sm2").this_update == BEFORE

    settings.SIGNER_SOCKET = home
    assert issue_crl(nmg(), at=ca.NOW) is True


def test_no_list_lives_longer_than_a_day(authorities):
    """CPS-4.9.7: the database says so, too."""
    with pytest.raises(IntegrityError, match="a_list_lives_for_a_day"), transaction.atomic():
        RevocationList.objects.create(
            state="planned",
            ca_id=nmg(),
            number=1,
            this_update=BEFORE,
            next_update=BEFORE + 25 * HOUR,
            entries=0,
        )


@pytest.mark.parametrize(
    ("age", "freshness"), [(1, "fresh"), (13, "due"), (21, "soon_over"), (25, "over")]
)
def test_the_margin_is_shown_before_the_limit_is_missed(authorities, age, freshness):
    """CPS-2.2b"""
    issue_due_crls(at=ca.NOW - age * HOUR)

    shown = {view.code: view for view in overview(ca.NOW).lists}["nmg-sm2"]

    assert shown.freshness == freshness
    assert shown.left == (24 - age) * HOUR
    assert (shown.planned, shown.elapsed) == (50, min(100, round(100 * age / 24)))


def test_one_authority_s_list_knows_nothing_of_the_other_s(authorities):
    """CPS-1.4.1"""
    issued = ca.issue()
    ca.revoke_it(issued.id)

    issue_due_crls(at=ca.NOW)

    assert latest("anxin-rsa").entries == ()
    assert len(latest("nmg-sm2").entries) == 1
    assert CertificateAuthority.objects.count() == RevocationList.objects.count() == 4
    assert Certificate.objects.get().state == "revoked"
