import pytest
from django.db import IntegrityError, transaction

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ca.api import CAUSES, REASONS, Cause, certificate, revocation_subject
from ca.revocation.models import Revocation
from pki import crls
from tests.support import ca


def refused(rule, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        ca.revoke_it(*arguments, **named)
    assert refusal.value.rule == rule


def test_a_revoked_certificate_is_revoked_at_once(authorities):
    """CPS-4.9.5"""
    issued = ca.issue()

    ca.revoke_it(issued.id)

    seen = certificate(issued.id)
    assert (seen.state, seen.reason, seen.revoked_at) == ("revoked", "keyCompromise", ca.NOW)
    assert Entry.objects.filter(action="ca.certificate.revoke").count() == 1


def test_every_cause_of_the_cps_has_its_word_in_rfc_5280_and_its_name_on_screen(authorities):
    """CPS-4.9.1"""
    assert len(Cause) == 7
    for number, cause in enumerate(Cause):
        issued = ca.issue(number)
        ca.revoke_it(issued.id, cause)
        entry = bytes(Revocation.objects.get(pk=issued.id).entry)
        assert entry == crls.Entry(issued.parsed.serial, ca.NOW, REASONS[cause]).der
        assert CAUSES[cause]


def test_when_the_key_was_lost_is_written_beside_when_it_was_revoked(authorities):
    """CPS-4.9.4"""
    issued = ca.issue()
    since = ca.NOW - ca.DAY / 2

    ca.revoke_it(issued.id, invalid_since=since)

    entry = bytes(Revocation.objects.get(pk=issued.id).entry)
    assert entry == crls.Entry(issued.parsed.serial, ca.NOW, "keyCompromise", since).der


def test_an_approval_to_issue_is_none_to_revoke(authorities):
    """CPS-4.9.3"""
    issued = ca.issue()
    other = ca.warrant("ra.application:9")

    refused("revocation.no_warrant", issued.id, warrant=other)
    refused("revocation.no_warrant", issued.id, warrant=4711)
    assert certificate(issued.id).state == "valid"


def test_an_approval_about_one_certificate_revokes_no_other(authorities):
    """CPS-4.9.3: two people agreed to the end of the first."""
    first, second = ca.issue(1), ca.issue(2)
    approved = ca.warrant(revocation_subject(first.id), "ra.revoke_certificate")

    refused("revocation.no_warrant", second.id, warrant=approved)
    assert certificate(second.id).state == "valid"

    ca.revoke_it(first.id, warrant=approved)
    assert certificate(first.id).state == "revoked"


def test_one_approval_revokes_one_certificate(authorities):
    """CPS-4.9.3: the table says so, too."""
    first, second = ca.issue(1), ca.issue(2)
    ca.revoke_it(first.id)
    ca.revoke_it(second.id)
    used = Revocation.objects.get(pk=first.id).warrant

    with pytest.raises(IntegrityError, match="warrant"), transaction.atomic():
        Revocation.objects.filter(pk=second.id).update(warrant=used)


def test_nothing_is_revoked_twice(authorities):
    issued = ca.issue()
    ca.revoke_it(issued.id)

    refused("state.no_such_step", issued.id)


def test_what_is_only_ordered_is_not_revoked(authorities):
    refused("state.no_such_step", ca.put_on_order())


def test_what_has_expired_is_not_revoked_and_what_expires_today_is(authorities):
    """CPS-4.9.1"""
    issued, late = ca.issue(1), ca.issue(2)
    end = issued.parsed.not_after

    refused("revocation.expired", issued.id, at=end + ca.DAY)
    ca.revoke_it(late.id, at=late.parsed.not_after)


def test_a_cause_the_cps_does_not_know_is_refused(authorities):
    """CPS-4.9.1"""
    refused("revocation.unknown_cause", ca.issue().id, "bad_mood")


def test_a_key_is_not_lost_tomorrow(authorities):
    refused("revocation.future", ca.issue().id, invalid_since=ca.NOW + ca.DAY)
