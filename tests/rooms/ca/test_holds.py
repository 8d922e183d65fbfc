"""Certificates on hold (CPS-4.9.12 to CPS-4.9.15): not good, and perhaps good again."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ca.api import HOLD_CAUSES, HoldCause, certificate, order_certificate, overview
from ca.api import revocation_subject as subject
from ca.crl import queries
from ca.crl.models import RevocationList
from ca.crl.services import issue_crl, issue_due_crls
from ca.hierarchy.queries import responder_of
from ca.issuing.checking import by_serial
from ca.ocsp import queries as ocsp_queries
from ca.ocsp.services import answer_status
from ca.revocation.models import Hold, Revocation
from pki import crls, ocsp
from tests.oracles.refusals import OracleRefused
from tests.support import ca
from tests.support.races import while_open

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value.rule, refusal.value.cps


def list_of(code: str = "nmg-sm2", *, at) -> crls.RevocationList:
    assert issue_crl(ca.authority(code).id, at=at)
    return crls.parse(queries.list_file(code).der)


def answer_about(issued: ca.Issued, *, at) -> bytes:
    """The OCSP response, made now."""
    issuer = ca.authority().certificate
    answer_status([issued.id], at=at)
    asked = ocsp.encode_request([ocsp.cert_id_for(issuer, issued.parsed.serial, "sha256")])
    return ocsp_queries.answer(asked, at=at).der


def said(response: bytes) -> ocsp.Single:
    (single,) = ocsp.parse_response(response).basic.singles
    return single


@pytest.mark.parametrize("cause", HoldCause)
def test_a_certificate_is_held_at_once_for_each_cause_of_the_cps(authorities, cause):
    """CPS-4.9.12"""
    issued = ca.issue()

    ca.hold_it(issued.id, cause)

    seen, row = certificate(issued.id), Hold.objects.get()
    assert (seen.state, seen.held_at, row.cause) == ("held", ca.NOW, cause)
    assert bytes(row.entry) == crls.Entry(issued.parsed.serial, ca.NOW, "certificateHold").der
    assert by_serial(seen.serial, at=ca.NOW).verdict == "held"
    assert Entry.objects.filter(action="ca.certificate.hold").count() == 1
    assert HOLD_CAUSES[cause]


def test_openssl_reads_the_hold_in_list_and_answer_and_nothing_of_it_after_the_release(
    authorities, openssl
):
    """CPS-4.9.14, CPS-4.9.15"""
    issued, issuer = ca.issue(), ca.authority().certificate.der
    responder = responder_of(ca.authority().id, at=ca.NOW).certificate.der
    assert "good" in openssl.verify_ocsp(answer_about(issued, at=ca.NOW), issuer, responder)

    ca.hold_it(issued.id)
    answer, listed = answer_about(issued, at=ca.NOW), list_of(at=ca.NOW)
    answered = openssl.verify_ocsp(answer, issuer, responder)
    told = openssl.verify_crl(listed.der, issuer)
    ca.release_it(issued.id, at=ca.NOW + MINUTE)
    free, dropped = answer_about(issued, at=ca.NOW + MINUTE), list_of(at=ca.NOW + MINUTE)
    answered_then = openssl.verify_ocsp(free, issuer, responder)
    told_then = openssl.verify_crl(dropped.der, issuer)

    assert "Cert Status: revoked" in answered
    assert "certificateHold" in answered
    assert "Certificate Hold" in told
    assert "Cert Status: good" in answered_then
    assert "No Revoked Certificates" in told_then


def test_openssl_verify_refuses_what_is_held_and_takes_it_again(authorities, openssl):
    """CPS-4.9.14, CPS-4.9.6: what a relying party's own check says."""
    approved = ca.warrant("a", "ra.approve_application_twice")
    made = order_certificate(
        ca.order_rsa(), requester="a", warrant=approved, actor=SYSTEM, at=ca.NOW
    )
    ca.sign_all("anxin-rsa")
    leaf, issuer = bytes(ca.row(made).der), ca.authority("anxin-rsa").certificate.der

    def check(moment):
        listed = list_of("anxin-rsa", at=moment).der
        return openssl.check_revocation(leaf, issuer, listed, at=moment + MINUTE)

    assert "OK" in check(ca.NOW)
    ca.hold_it(made, at=ca.NOW)
    with pytest.raises(OracleRefused, match="certificate revoked"):
        check(ca.NOW + MINUTE)
    ca.release_it(made, at=ca.NOW + MINUTE)
    assert "OK" in check(ca.NOW + 2 * MINUTE)


def test_the_answer_changes_with_the_transaction_of_hold_and_release(authorities):
    """CPS-4.9.14: no old answer is given once it is not true."""
    issued, issuer = ca.issue(), ca.authority().certificate
    asked = ocsp.encode_request([ocsp.cert_id_for(issuer, issued.parsed.serial, "sm3")])

    def status():
        found = ocsp.parse_response(ocsp_queries.answer(asked, at=ca.NOW).der)
        return found.basic.singles[0].status if found.basic else found.status

    answer_status([issued.id], at=ca.NOW)
    seen = [status()]
    for act in (ca.hold_it, ca.release_it):
        act(issued.id)
        seen.append(status())
        answer_status([issued.id], at=ca.NOW)
        seen.append(status())

    assert seen == ["good", "tryLater", "revoked", "tryLater", "good"]


@pytest.mark.parametrize(("waited", "due"), [(59, 0), (60, 1)])
def test_holds_and_releases_do_not_wait_for_the_schedule(authorities, waited, due):
    """CPS-4.9.14: within the hour, as revocations."""
    issued, nmg = ca.issue(at=ca.NOW - 3 * HOUR), ca.authority().id
    issue_due_crls(at=ca.NOW - 3 * HOUR)
    ca.hold_it(issued.id, at=ca.NOW - 2 * HOUR - waited * MINUTE)
    lists = [RevocationList.objects.filter(ca_id=nmg).count()]

    issue_due_crls(at=ca.NOW - 2 * HOUR)
    lists.append(RevocationList.objects.filter(ca_id=nmg).count())
    issue_crl(nmg, at=ca.NOW - 2 * HOUR)
    ca.release_it(issued.id, at=ca.NOW - waited * MINUTE)
    shown = {view.code: view for view in overview(ca.NOW).lists}["nmg-sm2"].unlisted
    before = RevocationList.objects.filter(ca_id=nmg).count()
    issue_due_crls(at=ca.NOW)

    assert lists == [1, 1 + due]
    assert shown == 1
    assert RevocationList.objects.filter(ca_id=nmg).count() == before + due


def test_when_a_hold_was_first_told_and_no_longer_told_is_on_record(authorities):
    """CPS-4.9.8"""
    issued = ca.issue()
    ca.hold_it(issued.id)
    list_of(at=ca.NOW)
    ca.release_it(issued.id)
    list_of(at=ca.NOW + MINUTE)
    list_of(at=ca.NOW + 2 * MINUTE)

    row = Hold.objects.get()

    assert (row.listed_at, row.dropped_at) == (ca.NOW, ca.NOW + MINUTE)
    assert len(queries.unlisted(ca.authority().id)) == 0


def test_a_release_that_nobody_approved_takes_nothing_off_a_list(authorities, caplog):
    """CPS-4.9.14: as if somebody had written it into the tables."""
    issued = ca.issue()
    ca.hold_it(issued.id)
    list_of(at=ca.NOW)
    Hold.objects.update(ended_at=ca.NOW, release_warrant=4711)

    assert issue_crl(ca.authority().id, at=ca.NOW + MINUTE) is False

    assert RevocationList.objects.get(number=2).fault.startswith("crl.forgets")
    assert "crl.forgets" in caplog.text


def test_a_release_of_long_ago_does_not_excuse_a_lost_revocation(authorities):
    """CPS-4.9.3: the entry that vanishes must be that very hold."""
    issued = ca.issue()
    ca.hold_it(issued.id)
    list_of(at=ca.NOW)
    ca.release_it(issued.id)
    ca.revoke_it(issued.id, at=ca.NOW + MINUTE)
    list_of(at=ca.NOW + MINUTE)
    Revocation.objects.all().delete()

    assert issue_crl(ca.authority().id, at=ca.NOW + 2 * MINUTE) is False

    assert RevocationList.objects.get(number=3).fault.startswith("crl.forgets")


def test_each_act_has_an_approval_of_its_own_about_this_certificate(authorities):
    """CPS-4.9.14"""
    issued, other = ca.issue(1), ca.issue(2)
    to_revoke = ca.warrant(subject(issued.id), "ra.revoke_certificate")
    to_freeze = ca.warrant(subject(issued.id), "ra.freeze_certificate")

    for held, warrant in ((issued, to_revoke), (other, to_freeze), (issued, 4711)):
        assert refused(ca.hold_it, held.id, warrant=warrant) == ("hold.no_warrant", "4.9.14")
    ca.hold_it(issued.id, warrant=to_freeze)
    assert refused(ca.release_it, issued.id, warrant=to_freeze) == ("hold.no_warrant", "4.9.14")
    ca.release_it(issued.id)
    assert refused(ca.hold_it, issued.id, warrant=to_freeze) == ("hold.warrant_used", "4.9.14")
    assert certificate(issued.id).state == "valid"


def test_only_what_is_valid_is_held_and_only_what_is_held_is_released(authorities):
    issued, ended = ca.issue(1), ca.issue(2)
    ca.revoke_it(ended.id)

    assert refused(ca.release_it, issued.id)[0] == "state.no_such_step"
    assert refused(ca.hold_it, ended.id)[0] == "state.no_such_step"
    assert refused(ca.release_it, ended.id)[0] == "state.no_such_step"
    ca.hold_it(issued.id)
    assert refused(ca.hold_it, issued.id)[0] == "state.no_such_step"
    assert refused(ca.hold_it, issued.id, "bad_mood") == ("hold.unknown_cause", "4.9.12")


def test_a_certificate_is_held_more_than_once_and_each_time_is_kept(authorities):
    """CPS-4.9.12"""
    issued = ca.issue()
    ca.hold_it(issued.id)
    list_of(at=ca.NOW)
    ca.release_it(issued.id, at=ca.NOW + MINUTE)
    ca.hold_it(issued.id, "authority", at=ca.NOW + 2 * MINUTE)

    found = list_of(at=ca.NOW + 3 * MINUTE)

    (entry,) = found.entries
    assert (entry.reason, entry.revoked_at) == ("certificateHold", ca.NOW + 2 * MINUTE)
    causes = Hold.objects.order_by("pk").values_list("cause", "ended_at")
    assert list(causes) == [("own_wish", ca.NOW + MINUTE), ("authority", None)]


def test_a_hold_that_becomes_final_is_dated_back_to_its_first_day(authorities):
    """CPS-4.9.1, X.509: list and answer say since when nobody should have relied on it."""
    issued = ca.issue()
    ca.hold_it(issued.id, at=ca.NOW - HOUR)
    list_of(at=ca.NOW - HOUR)

    ca.revoke_it(issued.id)

    (entry,) = list_of(at=ca.NOW).entries
    single = said(answer_about(issued, at=ca.NOW))
    assert (entry.reason, entry.revoked_at) == ("keyCompromise", ca.NOW - HOUR)
    assert (single.reason, single.revoked_at) == ("keyCompromise", ca.NOW - HOUR)
    assert Hold.objects.get().ended_at == certificate(issued.id).revoked_at == ca.NOW
    assert refused(ca.release_it, issued.id)[0] == "state.no_such_step"


def test_a_revocation_that_meets_a_hold_is_dated_by_it(authorities):
    """X.509 8.5.2.2: it waits for the hold's transaction, and says what that has put down."""
    one = ca.issue(1)

    while_open(partial(ca.hold_it, one.id, at=ca.NOW - HOUR), partial(ca.revoke_it, one.id))

    (entry,) = list_of(at=ca.NOW).entries
    assert (entry.reason, entry.revoked_at) == ("keyCompromise", ca.NOW - HOUR)


def test_a_hold_ends_with_the_certificate(authorities):
    """CPS-4.9.15: nobody can lengthen it, and the certificate has expired like any other."""
    issued = ca.issue(1, ca.NOW - 366 * ca.DAY)
    end = issued.parsed.not_after
    ca.hold_it(issued.id, at=end - HOUR)
    sizes = [len(list_of(at=end + hours * HOUR).entries) for hours in (-0.5, 1, 2)]

    assert sizes == [1, 1, 0]
    assert by_serial(certificate(issued.id).serial, at=end + HOUR).verdict == "expired"
    response = answer_about(issued, at=end + HOUR)
    assert ocsp.parse_response(response).status == "unauthorized"
    assert refused(ca.release_it, issued.id, at=end + HOUR) == ("hold.expired", "4.9.15")


def test_what_has_expired_is_not_held(authorities):
    """CPS-4.9.15"""
    issued = ca.issue()

    late = issued.parsed.not_after + HOUR
    assert refused(ca.hold_it, issued.id, at=late) == ("hold.expired", "4.9.15")


def test_the_tables_know_one_hold_at_a_time(authorities):
    issued = ca.issue()
    ca.hold_it(issued.id)
    row = Hold.objects.get()
    row.pk, row.warrant = None, 4711

    with pytest.raises(IntegrityError, match="one_hold_at_a_time"), transaction.atomic():
        row.save(force_insert=True)
