"""One certificate in the place of another: same holder, one at a time, within the key's life."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ca.api import hindrances_to_succeed
from ca.claims.models import KeyClaim
from ca.issuing.models import Certificate
from ca.issuing.services import order_certificate
from ca.signing.services import sweep_orders
from tests.support import ca

AT = ca.NOW
YEAR = timedelta(days=365)


def ordered(number, before, *, at=AT, **changes):
    """Application `number` of the holder of certificate `before`, for its own place."""
    requester = f"ra.application:{number}"
    fields = {"replaces": before, "holder": "subscriber:1", "public_key": ca.public_key(1)}
    subject = ca.order(1).subject
    order = ca.order(number, **({"subject": subject} | fields | changes))
    who = {"requester": requester, "warrant": ca.warrant(requester)}
    return order_certificate(order, **who, actor=SYSTEM, at=at)


def refused_by(number, before, **changes):
    with pytest.raises(Refusal) as refusal:
        ordered(number, before, **changes)
    return refusal.value.rule, refusal.value.cps


def test_a_renewal_has_the_same_key_and_both_are_valid(authorities):
    """CPS-4.6"""
    old = ca.issue(1).id

    new = ordered(2, old)
    ca.sign_all()

    first, second = ca.row(old), ca.row(new)
    assert (first.state, second.state, second.replaces_id) == ("valid", "valid", old)
    assert bytes(first.public_key) == bytes(second.public_key)
    assert KeyClaim.objects.filter(holder="subscriber:1").count() == 1


def test_the_key_of_another_certificate_is_not_kept(authorities):
    """CPS-4.6: the predecessor's own key, and nobody else's."""
    old, neighbour = ca.issue(1).id, ca.issue(3)

    assert refused_by(2, old, public_key=ca.public_key(3)) == ("key.certified", "6.1.6")
    assert refused_by(2, neighbour.id) == ("succession.another_holder", "4.6.3")


def test_nothing_follows_a_revocation(authorities):
    """CPS-3.3.2: neither with the old key nor with a new one."""
    old = ca.issue(1).id
    ca.revoke_it(old, "own_wish")

    for key in (ca.public_key(1), ca.public_key(9)):
        assert refused_by(2, old, public_key=key) == ("succession.revoked", "3.3.2")


def test_a_key_once_compromised_is_certified_no_more(authorities):
    """CPS-3.3.2: not for the younger certificate of the same key, either."""
    old = ca.issue(1).id
    new = ordered(2, old)
    ca.sign_all()
    ca.revoke_it(old, "key_at_risk")

    assert refused_by(3, new) == ("succession.compromised", "3.3.2")
    assert ordered(4, new, public_key=ca.public_key(9))


def test_what_is_on_hold_or_over_has_no_successor(authorities):
    """CPS-4.6"""
    held, old = ca.issue(1).id, ca.issue(3).id
    ca.hold_it(held)

    assert refused_by(2, held) == ("succession.held", "4.9.12")
    late = hindrances_to_succeed(
        old, holder="subscriber:3", keeps_key=True, days=365, at=AT + YEAR + ca.DAY
    )
    assert [refusal.rule for refusal in late] == ["succession.expired"]


def test_one_successor_at_a_time_and_the_table_knows(authorities):
    """CPS-4.6"""
    old = ca.issue(1).id
    new = ordered(2, old)

    assert refused_by(3, old) == ("succession.succeeded", "4.6.3")
    other = ca.put_on_order(5)
    with pytest.raises(IntegrityError, match="one_successor_at_a_time"):
        Certificate.objects.filter(pk=other).update(replaces=old)
    ca.sign_all()
    ca.revoke_it(new, "own_wish")
    assert ordered(6, old)


def test_a_renewal_counts_the_whole_age_of_the_key(authorities):
    """CPS-6.3.2: an SM2 key of a subscriber lives ten years, over all its certificates."""
    old = ca.issue(1, days=1825).id

    KeyClaim.objects.update(claimed_at=AT - 8 * YEAR)
    assert refused_by(2, old, days=1095) == ("key.too_old", "6.3.2")

    assert ordered(3, old, days=730)


def test_an_old_key_does_not_keep_a_new_one_from_being_certified(authorities):
    """CPS-4.7"""
    old = ca.issue(1).id
    KeyClaim.objects.filter(holder="subscriber:1").update(claimed_at=AT - 10 * YEAR)

    assert refused_by(2, old) == ("key.too_old", "6.3.2")
    assert ordered(3, old, public_key=ca.public_key(9))


def test_the_old_one_is_revoked_the_moment_the_new_one_is_valid(authorities):
    """CPS-4.8: in the same transaction, by the approval that ordered the new one."""
    old = ca.issue(1).id

    new = ordered(2, old, public_key=ca.public_key(9), ends="content_wrong")
    assert ca.row(old).state == "valid"
    ca.sign_all()

    ended, issued = ca.row(old), ca.row(new)
    assert (ended.state, issued.state) == ("revoked", "valid")
    assert (ended.revocation.reason, ended.revocation.warrant) == (
        "affiliationChanged",
        issued.warrant,
    )
    assert ended.revocation.revoked_at == issued.settled_at
    entry = Entry.objects.get(action="ca.certificate.revoke")
    assert f'"successor":{new}' in entry.details.replace(" ", "")


def test_a_hold_ends_with_what_it_held(authorities):
    """CPS-4.8: frozen between order and signature, it is revoked all the same."""
    old = ca.issue(1).id
    new = ordered(2, old, ends="key_at_risk", public_key=ca.public_key(9))
    ca.hold_it(old)

    ca.sign_all()

    assert (ca.row(old).state, ca.row(new).state) == ("revoked", "valid")
    assert not ca.row(old).holds.filter(ended_at__isnull=True).exists()


def test_an_order_whose_predecessor_was_revoked_meanwhile_is_not_signed(authorities):
    """CPS-3.3.2"""
    old = ca.issue(1).id
    new = ordered(2, old, ends="content_wrong", public_key=ca.public_key(9))
    ca.revoke_it(old, "own_wish")

    ca.sign_all()

    assert ca.row(new).state == "refused"
    assert ca.row(new).refusal.startswith("succession.revoked")


def test_one_that_has_expired_meanwhile_stays_as_it_is(authorities):
    """CPS-4.8, 4.11"""
    old = ca.issue(1, at=AT - YEAR + ca.DAY).id
    new = ordered(2, old, ends="content_wrong", public_key=ca.public_key(9))

    ca.sign_all(at=AT + 2 * ca.DAY)

    assert (ca.row(old).state, ca.row(new).state) == ("valid", "valid")


def test_a_worker_with_its_own_rights_ends_the_old_one(authorities, in_role):
    """CPS-4.8: the database role of workers is enough, and no more is needed."""
    old = ca.issue(1).id
    new = ordered(2, old, ends="content_wrong", public_key=ca.public_key(9))
    ca.hold_it(old)

    with in_role("worker"):
        sweep_orders(at=AT, entropy=ca.entropy)

    assert (ca.row(old).state, ca.row(new).state) == ("revoked", "valid")
