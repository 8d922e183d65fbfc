import base64
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from ca.api import order_certificate
from ca.hierarchy.queries import responder_of
from ca.issuing.models import Certificate
from ca.ocsp import queries, rules
from ca.ocsp.models import StatusAnswer
from ca.ocsp.services import _store, answer_status, sweep_status
from pki import ocsp
from pki.certificates import parse
from tests.support import ca

HASHES = ("sha1", "sha256", "sm3")
HOUR = timedelta(hours=1)


def question(issued: ca.Issued, name: str = "sha1", code: str = "nmg-sm2") -> bytes:
    issuer = ca.authority(code).certificate
    return ocsp.encode_request([ocsp.cert_id_for(issuer, issued.parsed.serial, name)])


def ask(request: bytes, at=None) -> ocsp.Response:
    return ocsp.parse_response(queries.answer(request, at=at or ca.NOW).der)


def status_of(issued: ca.Issued, at=None) -> str:
    found = ask(question(issued), at)
    return found.basic.singles[0].status if found.basic else found.status


@pytest.mark.parametrize("name", HASHES)
def test_a_client_is_answered_in_the_hash_it_asked_with(authorities, name, openssl, bouncycastle):
    """CPS-7.3, CPS-4.10"""
    issued = ca.issue()
    answer_status([issued.id], at=ca.NOW)
    request = question(issued, name)

    der = queries.answer(request, at=ca.NOW).der

    issuer = ca.authority()
    responder = responder_of(issuer.id, at=ca.NOW).certificate
    response = ocsp.parse_response(der)
    ocsp.verify_response(response, issuer.certificate, at=ca.NOW + HOUR)
    (single,) = response.basic.singles
    assert (single.status, single.cert_id.hash_algorithm) == ("good", name)
    assert "good" in openssl.verify_ocsp(der, issuer.certificate.der, responder.der)
    if name != "sm3":  # of which BouncyCastle's responder classes make nothing
        facts = bouncycastle.verify_ocsp(der, issuer.certificate.der, request)
        assert facts["delegated"] == "true"


def test_rsa_answers_hold_as_well(authorities, openssl):
    warrant = ca.warrant("a", "ra.approve_application_twice")
    made = order_certificate(
        ca.order_rsa(), requester="a", warrant=warrant, actor=SYSTEM, at=ca.NOW
    )
    ca.sign_all("anxin-rsa")
    issued = ca.Issued(made, parse(bytes(ca.row(made).der)))
    answer_status([made], at=ca.NOW)

    der = queries.answer(question(issued, code="anxin-rsa"), at=ca.NOW).der

    issuer = ca.authority("anxin-rsa")
    responder = responder_of(issuer.id, at=ca.NOW).certificate
    assert "good" in openssl.verify_ocsp(der, issuer.certificate.der, responder.der)


def test_a_revocation_is_effective_with_its_own_transaction(authorities):
    """CPS-4.9.5: the good answer is not given any more, even before the new one is signed."""
    issued = ca.issue()
    answer_status([issued.id], at=ca.NOW)
    assert status_of(issued) == "good"

    ca.revoke_it(issued.id)
    assert status_of(issued) == "tryLater"

    answer_status([issued.id], at=ca.NOW)
    assert status_of(issued) == "revoked"


def test_the_answer_says_when_and_why(authorities, bouncycastle):
    """CPS-4.9.1"""
    issued = ca.issue()
    ca.revoke_it(issued.id, "affiliation_ended")
    answer_status([issued.id], at=ca.NOW)

    (single,) = ask(question(issued)).basic.singles

    assert (single.revoked_at, single.reason) == (ca.NOW, "affiliationChanged")
    der = queries.answer(question(issued), at=ca.NOW).der
    assert "revoked" in bouncycastle.verify_ocsp(der, ca.authority().certificate.der)["statuses"]


def test_an_answer_signed_while_the_certificate_was_revoked_is_thrown_away(authorities):
    """A worker read `valid`, had it signed, and meanwhile the certificate was revoked."""
    issued = ca.issue()
    before = queries.subjects([issued.id], at=ca.NOW)
    ca.revoke_it(issued.id)

    assert _store(before, [b"good"] * 3, at=ca.NOW) == 0
    assert not StatusAnswer.objects.exists()
    assert queries.due(at=ca.NOW) == [issued.id]


def test_nothing_is_said_about_what_we_did_not_issue(authorities):
    """RFC 5019 2.2.3"""
    issued = ca.issue()
    answer_status([issued.id], at=ca.NOW)
    stranger = ca.Issued(0, ca.authority("rootca").certificate)
    other_issuer = question(issued, code="anxin-rsa")

    assert status_of(stranger) == "unauthorized"
    assert ask(other_issuer).status == "unauthorized"


def test_a_certificate_too_young_to_have_an_answer_is_asked_about_later(authorities):
    assert status_of(ca.issue()) == "tryLater"


def test_an_order_without_a_certificate_is_nobody(authorities):
    ca.put_on_order()
    nobody = ca.Issued(0, ca.authority().certificate)

    assert status_of(nobody) == "unauthorized"


def test_an_answer_is_not_given_after_its_time(authorities):
    issued = ca.issue()
    answer_status([issued.id], at=ca.NOW)

    assert status_of(issued, ca.NOW + rules.LIFETIME - timedelta(seconds=1)) == "good"
    assert status_of(issued, ca.NOW + rules.LIFETIME) == "tryLater"


def test_the_sweep_answers_what_is_missing_and_renews_what_lapses(authorities):
    """CPS-4.9.9"""
    for number in range(3):
        ca.put_on_order(number)
    ca.sign_all()

    past = ca.NOW - rules.LIFETIME
    assert sweep_status(at=past) == 3
    assert sweep_status(at=past) == 0
    renew = past + rules.LIFETIME - rules.RENEW_BEFORE
    assert sweep_status(at=renew) == 0
    assert sweep_status(at=renew + timedelta(seconds=1)) == 3


def test_a_signer_that_is_away_leaves_the_old_answers_until_they_end(authorities, settings):
    issued = ca.issue()
    past = ca.NOW - rules.RENEW_BEFORE - HOUR
    answer_status([issued.id], at=past)
    settings.SIGNER_SOCKET = "/nowhere/signer.sock"

    assert sweep_status(at=ca.NOW) == 0
    assert status_of(issued) == "good"


def test_service_about_a_certificate_ends_with_its_validity(authorities):
    """CPS-4.11"""
    issued = ca.issue(1, ca.NOW - 365 * ca.DAY + HOUR)
    answer_status([issued.id], at=ca.NOW)
    after = issued.parsed.not_after + rules.LIFETIME

    sweep_status(at=after)

    assert status_of(issued, after) == "unauthorized"
    assert not StatusAnswer.objects.exists()
    assert queries.due(at=after + 30 * ca.DAY) == []
    assert Certificate.objects.get().answers_until == rules.NEVER


@pytest.fixture
def browser(settings) -> Client:
    settings.ROOT_URLCONF = "anxin.urls_public"
    return Client(enforce_csrf_checks=True)


def test_post_and_get_bring_the_same_answer(authorities, browser):
    """CPS-7.3: RFC 6960 Appendix A."""
    issued = ca.issue()
    answer_status([issued.id], at=timezone.now())
    request = question(issued)
    text = base64.b64encode(request).decode()

    posted = browser.post("/ocsp/", request, content_type="application/ocsp-request")
    got = browser.get(f"/ocsp/{text}")
    quoted = browser.get(
        "/ocsp/" + text.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D")
    )

    assert posted.content == got.content == quoted.content
    assert {r["Content-Type"] for r in (posted, got, quoted)} == {"application/ocsp-response"}
    assert ocsp.parse_response(posted.content).status == "successful"


def test_a_question_is_answered_by_http_with_and_without_the_slash(authorities, settings):
    """RFC 5280 8: no client is sent to https, where its POST would be lost."""
    settings.ROOT_URLCONF = "anxin.urls_public"
    settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT = True, [settings.MACHINES]
    client, issued = Client(), ca.issue()
    answer_status([issued.id], at=timezone.now())

    for path in ("/ocsp", "/ocsp/"):
        posted = client.post(path, question(issued), content_type="application/ocsp-request")
        assert posted.status_code == 200
        assert ocsp.parse_response(posted.content).status == "successful"
    for page in ("/status/", "/ocspx", "/certificates/"):
        assert client.get(page).status_code == 301


def test_caches_may_keep_an_answer_for_a_minute(authorities, browser):
    """CPS-4.9.5; RFC 5019 6.2"""
    issued = ca.issue()
    answer_status([issued.id], at=timezone.now())

    got = browser.get("/ocsp/" + base64.b64encode(question(issued)).decode())

    assert got["Cache-Control"] == "max-age=60, public, no-transform, must-revalidate"
    assert {"ETag", "Last-Modified", "Expires"} <= set(got.headers)
    assert not got.cookies


def test_a_client_that_has_the_answer_is_spared_it(authorities, browser):
    issued = ca.issue()
    answer_status([issued.id], at=timezone.now())
    path = "/ocsp/" + base64.b64encode(question(issued)).decode()
    etag = browser.get(path)["ETag"]

    assert browser.get(path, headers={"If-None-Match": etag}).status_code == 304
    ca.revoke_it(issued.id)
    assert browser.get(path, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "junk", [b"", b"\x30\x00", b"hello", b"\x30\x80\x00\x00", b"0" * 70_000], ids=repr
)
def test_what_is_no_request_is_told_so(authorities, browser, junk):
    answer = browser.post("/ocsp/", junk, content_type="application/ocsp-request")

    assert ocsp.parse_response(answer.content).status == "malformedRequest"
    assert answer.status_code == 200


@pytest.mark.parametrize("junk", ["%01", "äöü", "MAo", "not-base64!"])
def test_what_is_no_request_in_an_address_is_told_so(authorities, browser, junk):
    answer = browser.get(f"/ocsp/{junk}")

    assert ocsp.parse_response(answer.content).status == "malformedRequest"
    assert answer["Cache-Control"] == "no-store"


def test_several_questions_at_once_are_not_answered(authorities):
    issued = ca.issue()
    answer_status([issued.id], at=ca.NOW)
    one = ocsp.cert_id_for(ca.authority().certificate, issued.parsed.serial)

    assert ask(ocsp.encode_request([one, one])).status == "unauthorized"


def test_a_nonce_does_not_disturb_and_is_not_echoed(authorities):
    """docs/decisions/0006: answers are made before the question."""
    issued = ca.issue()
    answer_status([issued.id], at=ca.NOW)
    one = ocsp.cert_id_for(ca.authority().certificate, issued.parsed.serial)

    found = ask(ocsp.encode_request([one], nonce=b"0123456789abcdef"))

    assert (found.status, found.basic.nonce) == ("successful", None)
