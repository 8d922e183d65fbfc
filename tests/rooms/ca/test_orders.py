from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ca.api import Warranted, check_order, order_certificate, order_certificates, preview
from ca.issuing.models import Certificate
from tests.support import ca

AT = ca.NOW


def refused(rule, act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    assert refusal.value.rule == rule
    return refusal.value


def test_an_order_waits_for_its_signature_and_is_in_the_journal(authorities):
    """CPS-4.3.1"""
    certificate_id = ca.put_on_order()

    row = ca.row(certificate_id)
    entry = Entry.objects.get(action="ca.order_certificate")
    assert (row.state, row.ca.code, row.holder) == ("ordered", "nmg-sm2", "subscriber:1")
    assert entry.subject == f"ca.certificate:{certificate_id}"


def test_no_certificate_is_ordered_without_an_approval(authorities):
    """CPS-4.3.1"""
    refused(
        "order.no_warrant",
        order_certificate,
        ca.order(),
        requester="ra.application:1",
        warrant=4711,
        actor=SYSTEM,
        at=AT,
    )


def test_an_approval_of_something_else_orders_nothing(authorities):
    """CPS-4.3.1: a granted revocation is no order, nor is another applicant's approval."""
    revocation = ca.warrant("ra.application:1", "ra.revoke_certificate")
    neighbour = ca.warrant("ra.application:2")

    for warrant in (revocation, neighbour):
        refused(
            "order.no_warrant",
            order_certificate,
            ca.order(),
            requester="ra.application:1",
            warrant=warrant,
            actor=SYSTEM,
            at=AT,
        )


def test_an_approval_that_is_still_open_orders_nothing(authorities):
    from people.api import Role, propose

    asked = propose(
        "ra.approve_application",
        {},
        subject="ra.application:1",
        actor=ca.staff("chen", Role.OPERATOR),
        at=AT,
    )

    refused(
        "order.no_warrant",
        order_certificate,
        ca.order(),
        requester="ra.application:1",
        warrant=asked.id,
        actor=SYSTEM,
        at=AT,
    )


def test_two_reviews_are_wanted_for_rsa(authorities):
    """CPS-4.3.1: the profile says how many reviewers, and the CA counts."""
    once = ca.warrant("ra.application:1")
    twice = ca.warrant("ra.application:1", "ra.approve_application_twice")
    who = {"requester": "ra.application:1", "actor": SYSTEM, "at": AT}

    refused("order.no_warrant", order_certificate, ca.order_rsa(), warrant=once, **who)
    certificate_id = order_certificate(ca.order_rsa(), warrant=twice, **who)

    assert ca.row(certificate_id).ca.code == "anxin-rsa"


def test_one_approval_orders_one_certificate(authorities):
    warrant = ca.warrant("ra.application:1")
    who = {"requester": "ra.application:1", "warrant": warrant, "actor": SYSTEM, "at": AT}
    order_certificate(ca.order(), **who)
    again = ca.order(public_key=ca.public_key(2))

    refused("order.warrant_used", order_certificate, again, **who)

    assert Certificate.objects.count() == 1


def _warranted(number, **changes):
    requester = f"ra.application:{number}"
    return Warranted(ca.order(number, **changes), requester, ca.warrant(requester))


def test_many_orders_are_placed_together_each_with_its_entry(authorities):
    wanted = [_warranted(number) for number in (1, 2, 3)]

    ids = order_certificates(wanted, actor=SYSTEM, at=AT)

    entries = Entry.objects.filter(action="ca.order_certificate").order_by("pk")
    assert [ca.row(pk).holder for pk in ids] == ["subscriber:1", "subscriber:2", "subscriber:3"]
    assert [entry.subject for entry in entries] == [f"ca.certificate:{pk}" for pk in ids]


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("key.certified", {"public_key": ca.public_key(1)}),
        ("name.taken", {"subject": ca.order(1).subject}),
        ("profile.days", {"days": 17}),
    ],
)
def test_of_many_orders_none_is_placed_when_one_is_refused(authorities, rule, changes):
    """CPS-3.1.4, CPS-6.1.6: also against a neighbour in the same batch."""
    wanted = [_warranted(1), _warranted(2, **changes)]

    refused(rule, order_certificates, wanted, actor=SYSTEM, at=AT)

    assert not Certificate.objects.exists()
    check_order(ca.order(1), at=AT)


def test_a_key_is_certified_once(authorities):
    """CPS-6.1.6"""
    ca.put_on_order(1)
    same_key = ca.order(2, public_key=ca.public_key(1))

    refused("key.certified", check_order, same_key, at=AT)
    refused("key.certified", ca.put_on_order, 2, public_key=ca.public_key(1))


def test_the_key_of_an_authority_is_nobody_elses(authorities):
    """CPS-6.1.6"""
    spki = ca.authority().certificate.public_key.spki

    refused("key.of_an_authority", check_order, ca.order(public_key=spki), at=AT)
    refused("key.of_an_authority", ca.put_on_order, 1, public_key=spki)


def test_a_name_belongs_to_one_subscriber_however_it_is_spelt(authorities):
    """CPS-3.1.4"""
    ca.put_on_order(1, subject=(("C", "CN"), ("CN", "Wang Xiaoming")))
    squatter = (("C", "CN"), ("CN", "wang  XIAOMING"))

    refused("name.taken", check_order, ca.order(2, subject=squatter), at=AT)
    refused("name.taken", ca.put_on_order, 2, subject=squatter)


def test_one_subscriber_may_have_many_certificates_under_one_name(authorities):
    """CPS-3.1.4"""
    ca.put_on_order(1)
    ca.put_on_order(1, public_key=ca.public_key(7))

    assert Certificate.objects.filter(holder="subscriber:1").count() == 2


@pytest.mark.parametrize(
    "clash",
    [
        {"subject": (("C", "CN"), ("CN", "王小明"))},
        {"public_key": ca.public_key(1)},
    ],
    ids=["same name", "same key"],
)
def test_of_fifty_who_come_at_once_one_gets_it(authorities, clash):
    """CPS-3.1.4: the database keeps names and keys unique, also between transactions."""
    warrants = [ca.warrant(f"ra.application:{n}") for n in range(50)]
    for number in range(50):
        ca.public_key(number)
    gate = Barrier(10)

    def come(number):
        try:
            if number < 10:
                gate.wait()
            return order_certificate(
                ca.order(number, **clash),
                requester=f"ra.application:{number}",
                warrant=warrants[number],
                actor=SYSTEM,
                at=AT,
            )
        except Refusal as refusal:
            return refusal.rule
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        outcomes = list(threads.map(come, range(50)))

    lost = {outcome for outcome in outcomes if isinstance(outcome, str)}
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert lost == {"name.taken"} if "subject" in clash else {"key.certified"}
    assert Certificate.objects.count() == 1


def test_fifty_different_orders_at_once_all_go_through(authorities):
    warrants = [ca.warrant(f"ra.application:{n}") for n in range(50)]

    def come(number):
        try:
            return order_certificate(
                ca.order(number),
                requester=f"ra.application:{number}",
                warrant=warrants[number],
                actor=SYSTEM,
                at=AT,
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        ids = list(threads.map(come, range(50)))

    assert len(set(ids)) == Certificate.objects.count() == 50


def test_an_authority_that_is_not_there_takes_no_orders(signer, transactional_db):
    refusal = refused("hierarchy.not_active", check_order, ca.order(), at=AT)

    assert refusal.kind == "not_ready"


def test_nobody_writes_a_certificate_without_its_bytes_into_the_database(authorities):
    certificate_id = ca.put_on_order()

    with (
        pytest.raises(IntegrityError, match="an_issued_certificate_is_there"),
        transaction.atomic(),
    ):
        Certificate.objects.filter(pk=certificate_id).update(state="valid")


def test_the_preview_says_what_the_certificate_says(authorities):
    """CPS-4.3.1: what was seen is what is signed."""
    shown = preview(ca.order(), at=AT)
    issued = ca.issue()

    rows = dict(shown.rows)
    assert shown.digest == ca.row(issued.id).template_digest
    assert rows["颁发者"] == issued.parsed.issuer.text
    assert rows["主体"] == issued.parsed.subject.text
    assert rows["主体密钥标识符"] == issued.parsed.key_identifier.hex()
    assert rows["颁发机构密钥标识符"] == issued.parsed.authority_key_identifier.hex()
    assert rows["密钥用法（关键）"] == "数字签名、不可否认"
    assert rows["增强型密钥用法"] == "客户端身份验证、安全电子邮件"
    assert rows["CRL 分布点"] == ca.authority().addresses.crl
    assert len(shown.rows) == 7 + len(issued.parsed.extensions)


def test_the_preview_of_tomorrow_has_the_digest_of_today(authorities):
    assert preview(ca.order(), at=AT).digest == preview(ca.order(), at=AT + ca.DAY).digest


@pytest.mark.parametrize(
    "change",
    [
        {"days": 730},
        {"subject": (("C", "CN"), ("CN", "王小明"), ("serialNumber", "S000002"))},
        {"public_key": ca.public_key(2)},
    ],
)
def test_whatever_changes_the_certificate_changes_the_digest(authorities, change):
    assert preview(ca.order(), at=AT).digest != preview(ca.order(**change), at=AT).digest
