"""A responder's certificate is renewed before it ends (RFC 6960 4.2.2.2)."""

from datetime import timedelta

import pytest

from audit.journal.models import Entry
from ca.api import overview
from ca.hierarchy import rules
from ca.hierarchy.models import Responder
from ca.hierarchy.queries import responder_of, responders_due
from ca.hierarchy.services import renew_responders
from ca.ocsp import queries as ocsp_queries
from ca.ocsp.services import answer_status
from pki import certificates, ocsp
from tests.support import ca

SOON = ca.FOUNDED + timedelta(days=730) - rules.RENEW_RESPONDER + timedelta(minutes=1)


@pytest.fixture
def nmg(authorities) -> int:
    return ca.authority().id


def renew(at=SOON) -> int:
    return renew_responders(at=at, entropy=ca.entropy)


def test_nothing_is_renewed_before_its_time_and_everything_once(nmg):
    assert renew(SOON - timedelta(hours=1)) == 0

    assert [renew(), renew(), renew(SOON + ca.DAY)] == [2, 0, 0]
    assert Responder.objects.filter(ca=nmg).count() == 2
    assert Entry.objects.filter(action="ca.activate_responder").count() == 4


def test_the_key_stays_and_the_new_certificate_holds_elsewhere(nmg, openssl):
    renew()
    old, new = Responder.objects.filter(ca=nmg).order_by("pk")

    parsed, issuer = certificates.parse(bytes(new.certificate)), ca.authority().certificate
    certificates.verify(parsed, issuer, SOON)
    openssl.verify_certificate(parsed.der, issuer.der, at=SOON)
    assert parsed.public_key.spki == certificates.parse(bytes(old.certificate)).public_key.spki
    assert parsed.serial != certificates.parse(bytes(old.certificate)).serial
    assert new.not_after - SOON > timedelta(days=700)


def test_the_old_certificate_answers_for_one_more_day(nmg):
    """A client whose clock is behind must not find a certificate from the future."""
    old = responder_of(nmg, at=SOON).certificate
    renew()

    early = responder_of(nmg, at=SOON + ca.DAY - timedelta(seconds=1))
    later = responder_of(nmg, at=SOON + ca.DAY)

    assert early.certificate == old
    assert later.certificate != old
    certificates.verify(old, ca.authority().certificate, SOON + ca.DAY)  # both are in force


def test_an_answer_signed_after_the_renewal_is_verified_with_the_new_certificate(nmg):
    """The signer was never told of it: key and name are the same."""
    moment = ca.NOW
    rows = Responder.objects.filter(ca=nmg)
    rows.update(not_after=moment + timedelta(days=30))
    assert renew(moment - 2 * ca.DAY) == 1
    issued = ca.issue()
    answer_status([issued.id], at=moment)

    asked = ocsp.encode_request(
        [ocsp.cert_id_for(ca.authority().certificate, issued.parsed.serial)]
    )
    answer = ocsp.parse_response(ocsp_queries.answer(asked, at=moment).der)

    signer = ocsp.verify_response(answer, ca.authority().certificate, moment)
    assert signer.der == bytes(rows.order_by("-pk")[0].certificate)


def test_a_renewal_that_was_planned_and_never_signed_is_signed_as_planned(nmg, settings):
    """As if the signer had been away, or the worker had died."""
    socket, settings.SIGNER_SOCKET = settings.SIGNER_SOCKET, "/nowhere/signer.sock"
    assert renew() == 0
    planned = bytes(Responder.objects.get(ca=nmg, certificate=None).tbs)
    settings.SIGNER_SOCKET = socket

    assert renew(SOON + timedelta(hours=1)) == 2

    signed = Responder.objects.filter(ca=nmg).order_by("-pk")[0]
    assert certificates.parse(bytes(signed.certificate)).tbs == planned


def test_a_renewal_that_fails_for_two_weeks_is_an_alarm(nmg):
    late = SOON + timedelta(days=15, minutes=1)
    assert "responder_ends" in [alarm.code for alarm in overview(late).alarms]

    renew(late)

    assert "responder_ends" not in [alarm.code for alarm in overview(late).alarms]


def test_a_responder_that_ends_with_its_authority_is_not_renewed_for_ever(nmg):
    end = ca.authority().certificate.not_after

    assert nmg in responders_due(end - timedelta(days=61))
    renew(end - timedelta(days=61))
    assert nmg not in responders_due(end - timedelta(days=1))
