"""What nobody who holds the staff site's database role can make the CA sign (CPS 4.3.1)."""

import psycopg
import pytest
from django.core.management import call_command

from ca.issuing.models import Certificate
from ca.signing.services import sweep_orders
from tests.support import ca

COPIED = (
    "ca_id, profile, profile_version, requester, holder, subject, subject_text, public_key, days,"
    " template_digest, ordered_at, refusal"
)
NOT_APPROVED = 999_999


@pytest.fixture
def staff(authorities, connection_as):
    call_command("grant")
    with connection_as("staff") as one:
        yield one


def insert(staff, state="ordered", **more):
    """Another order by hand: all columns of the one that is there, but for these."""
    names = "".join(f", {name}" for name in more)
    places = ", %s" * len(more)
    staff.execute(
        f"INSERT INTO ca_certificate (state, warrant{names}, {COPIED})"
        f" SELECT %s, {NOT_APPROVED}{places}, {COPIED} FROM ca_certificate LIMIT 1",
        [state, *more.values()],
    )


@pytest.mark.parametrize(
    ("state", "more"),
    [
        ("planned", {"serial": "abcdef0123456789", "tbs": b"anything"}),
        ("valid", {"serial": "abcdef0123456789", "der": b"anything"}),
        ("ordered", {"tbs": b"anything"}),
        ("ordered", {"serial": "abcdef0123456789"}),
    ],
)
def test_bytes_to_be_signed_do_not_come_from_the_staff_site(staff, state, more):
    ca.put_on_order(1)

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="orders and revokes"):
        insert(staff, state, **more)


@pytest.mark.parametrize("state", ["planned", "valid", "refused", "ordered"])
def test_a_revoked_certificate_stays_revoked(staff, state):
    """CPS-4.9.1"""
    issued = ca.issue(1)
    ca.revoke_it(issued.id)

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="orders and revokes"):
        staff.execute("UPDATE ca_certificate SET state = %s", [state])


def test_an_order_without_an_approval_is_not_signed(staff):
    """CPS-4.3.1: the worker asks for the approval again before it plans a certificate."""
    ca.put_on_order(1)
    insert(staff)

    signed = sweep_orders(at=ca.NOW, entropy=ca.entropy)

    forged = Certificate.objects.get(warrant=NOT_APPROVED)
    assert signed == 1
    assert (forged.state, forged.serial, forged.der) == ("refused", None, None)
    assert forged.refusal.startswith("order.no_warrant")


def test_an_approval_of_something_else_does_not_sign(staff):
    ca.put_on_order(1)
    insert(staff)
    other = ca.warrant("ra.application:2")
    Certificate.objects.filter(warrant=NOT_APPROVED).update(warrant=other)

    signed = sweep_orders(at=ca.NOW, entropy=ca.entropy)

    assert signed == 1
    assert Certificate.objects.get(warrant=other).refusal.startswith("order.no_warrant")
