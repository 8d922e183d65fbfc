"""What counts as verified before (CPS-4.2.1): reviewed content that stands, not one's own word."""

import pytest
from django.db import transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.log import advance
from ca.issuing.models import Certificate
from ra.applications.models import Application
from ra.handover import services as handover
from ra.intake import handing_in
from ra.intake import services as intake
from ra.review import services
from ra.review.case import case
from tests.support import ra
from tests.support.ra import AT, FIELDS, MINUTE, OTHER

LATER = AT + 10 * MINUTE
TYPED = FIELDS | {"phone": "13999999999"}  # nobody has ever checked this telephone


def row(application_id):
    return Application.objects.get(pk=application_id)


def failed(counter, fields=TYPED):
    """Approved, refused by the CA, and then corrected by the operator without any review."""
    application_id = ra.approved(counter)
    with transaction.atomic():
        order = Certificate.objects.get(pk=row(application_id).certificate_id)
        advance(order, "refuse", actor=SYSTEM, at=LATER, rule="lint.broken")
    handover.sweep_issued(at=LATER)
    intake.save_draft(application_id, fields, actor=counter.chen, at=LATER)
    return application_id


def field(application_id, code, reviewer):
    view = case(row(application_id).number, reviewer, at=LATER)
    return next(one for one in view.fields if one.code == code)


def handed_in(counter, fields):
    application_id = ra.draft(counter.chen, 2, fields=fields, at=LATER)
    handing_in.submit(application_id, actor=counter.chen, at=LATER)
    services.claim(application_id, actor=counter.ren, at=LATER)
    return application_id


def agree(application_id, code, reviewer):
    version = row(application_id).content_version
    services.set_verdict(application_id, code, "agrees", seen=version, actor=reviewer, at=LATER)


@pytest.mark.parametrize("cancelled", [False, True])
def test_what_was_typed_after_a_failure_is_no_source(counter, cancelled):
    """CPS-4.2.1: a certificate was ordered once, but for other words."""
    other = failed(counter)
    if cancelled:
        intake.cancel(other, reason="applicant_asked", actor=counter.chen, at=LATER)
    application_id = handed_in(counter, TYPED)

    phone = field(application_id, "phone", counter.ren)

    assert (phone.known, phone.agrees, phone.unseen) == (None, None, True)
    with pytest.raises(Refusal) as refusal:
        agree(application_id, "phone", counter.ren)
    assert refusal.value.rule == "review.not_seen"


def test_one_subscriber_does_not_vouch_for_another_by_way_of_a_failure(counter):
    """The failed application takes another person's identity after it was approved."""
    ra.approved(counter, 3, fields=OTHER)
    stolen = OTHER | {"phone": "13999999999"}
    intake.cancel(failed(counter, stolen), reason="asked", actor=counter.chen, at=LATER)

    application_id = handed_in(counter, stolen)

    phone = field(application_id, "phone", counter.ren)
    assert (phone.known.text, phone.agrees) == ("139****1279", False)


@pytest.mark.parametrize(("state", "stands"), [("valid", True), ("revoked", False)])
def test_a_revoked_certificate_vouches_for_nothing(counter, state, stands):
    first = ra.approved(counter)
    Application.objects.filter(pk=first).update(certificate_state=state)

    application_id = handed_in(counter, FIELDS)

    assert (field(application_id, "phone", counter.ren).agrees is True) is stands


def test_the_makers_own_request_is_no_second_source(counter):
    """CPS-4.2.1: the operator who types a name can put the same into a request."""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    name = field(application_id, "name", counter.ren)

    assert (name.in_request.text, name.agrees, name.unseen) == ("林*夏", None, True)
    with pytest.raises(Refusal) as refusal:
        agree(application_id, "name", counter.ren)
    assert refusal.value.rule == "review.not_seen"


def test_a_request_that_says_something_else_contradicts(counter):
    """CPS-4.2.1: also what was verified before."""
    ra.approved(counter)
    application_id = ra.draft(counter.chen, 2, at=LATER)
    other = ra.request(2, "林知霞")
    intake.attach_request(application_id, other, actor=counter.chen, at=LATER)
    handing_in.submit(application_id, actor=counter.chen, at=LATER)
    services.claim(application_id, actor=counter.ren, at=LATER)

    name = field(application_id, "name", counter.ren)

    assert (name.known.text, name.agrees, name.unseen) == ("林*夏", False, True)
