import itertools
import json
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import IntegrityError, connection
from django.db.models import JSONField, Value

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from anxin.kernel.locks import Work, held
from anxin.wording import WORDING
from audit.journal.models import Entry
from ca.api import by_serial, certificate, certificate_of, order_certificate, overview
from ca.crl.models import RevocationList
from ca.crl.queries import entries, list_file
from ca.crl.services import issue_due_crls
from ca.hierarchy.models import CertificateAuthority
from ca.issuing.models import Certificate
from ca.issuing.rules import ANY_SERIAL, Draft, Wish, read
from ca.keys import services as keys
from ca.operators import services as operators
from ca.profiles.queries import profile as profile_of
from ca.signing import queries
from ca.signing.services import finish, plan_batch, settle, sweep_orders, sweep_replaced
from people.api import Role
from people.models import Approval
from pki import crls, extensions, names, oids, publickeys, statements
from pki.certificates import Plan, encode, parse, parse_tbs, verify
from pki.errors import BadSignature
from pki.signer import protocol
from pki.signer.client import Signer
from tests.support import ca
from tests.support.people import hire
from tests.support.signer import listening
from tests.support.voting import enrolled, pen

AT = ca.NOW


def states() -> set[str]:
    return set(Certificate.objects.values_list("state", flat=True))


def stored_tbs(certificate_id: int) -> bytes:
    return bytes(ca.row(certificate_id).tbs)


def as_ca(certificate_id: int) -> bytes:
    """The plan, changed so that its holder would be a CA."""
    body, issuer = parse_tbs(stored_tbs(certificate_id)), ca.authority()
    said = [e for e in body.extensions if e.oid not in (oids.BASIC_CONSTRAINTS, oids.KEY_USAGE)]
    return encode(
        Plan(
            body.serial,
            issuer.name,
            names.parse(body.subject),
            publickeys.parse(body.spki),
            body.not_before,
            body.not_after,
            issuer.signature_algorithm,
            (*said, extensions.basic_constraints(ca=True), extensions.key_usage(["keyCertSign"])),
        )
    )


def signed_by(issuer, plans) -> list:
    wanted, by = [plan.tbs for plan in plans], issuer.certificate.public_key
    return keys.sign(issuer.key_label, "certificate", wanted, by=by)


def test_an_order_becomes_a_certificate(authorities):
    """CPS-7.1, CPS-1.5.1"""
    issued = ca.issue()

    said = issued.parsed
    assert said.subject.text == "serialNumber=S000001, CN=王小明, C=CN"
    assert said.public_key.spki == ca.public_key(1)
    assert (said.not_before, (said.not_after - said.not_before).days) == (AT, 364)
    assert said.key_usage == {"digitalSignature", "nonRepudiation"}
    assert certificate(issued.id).state == "valid"
    assert certificate_of("ra.application:1").der == said.der
    assert by_serial(f"{said.serial:X}").id == issued.id


@pytest.mark.parametrize("make", [ca.order, ca.order_rsa], ids=["SM2", "RSA"])
def test_programs_we_did_not_write_accept_it(authorities, openssl, bouncycastle, make):
    """CPS-7.1"""
    wanted = make()
    action = "ra.approve_application_twice"
    certificate_id = order_certificate(
        wanted, requester="a", warrant=ca.warrant("a", action), actor=SYSTEM, at=AT
    )
    sweep_orders(at=AT, entropy=ca.entropy)

    leaf, issuer = bytes(ca.row(certificate_id).der), ca.row(certificate_id).ca
    openssl.verify_certificate(leaf, bytes(issuer.certificate), at=AT + ca.DAY)
    bouncycastle.verify_certificate(leaf, bytes(issuer.certificate))


def test_a_serial_number_is_random_and_has_sixteen_octets(authorities):
    """CPS-7.1"""
    for number in range(5):
        ca.put_on_order(number)
    ca.sign_all()

    serials = set(Certificate.objects.values_list("serial", flat=True))
    assert len(serials) == 5
    assert {len(serial) for serial in serials} == {32}
    assert all(int(serial, 16) >> 126 == 1 for serial in serials)


def test_every_step_is_in_the_journal(authorities):
    """CPS-5.4.1"""
    issued = ca.issue()

    entries = Entry.objects.filter(subject=f"ca.certificate:{issued.id}").order_by("pk")
    assert list(entries.values_list("action", flat=True)) == [
        "ca.order_certificate",
        "ca.certificate.plan",
        "ca.certificate.issue",
    ]


def test_a_worker_that_died_after_ordering_leaves_an_order(authorities):
    ca.put_on_order()

    assert sweep_orders(at=AT, entropy=ca.entropy) == 1
    assert states() == {"valid"}


def test_a_worker_that_died_after_planning_leaves_a_plan_and_the_plan_is_signed(authorities):
    """The signature may have been made before the end: it was one over the same bytes."""
    certificate_id = ca.put_on_order()
    plan_batch(ca.authority().id, at=AT, entropy=ca.entropy)
    planned = stored_tbs(certificate_id)

    made = sweep_orders(at=AT + ca.DAY, entropy=ca.entropy)

    assert made == 1
    assert parse(bytes(ca.row(certificate_id).der)).tbs == planned


def test_a_settlement_that_comes_second_changes_nothing(authorities):
    """Two workers had the same plans signed; the slower one finds them settled."""
    ca.put_on_order(1)
    ca.put_on_order(2)
    issuer = ca.authority()
    plans = queries.planned(plan_batch(issuer.id, at=AT, entropy=ca.entropy))
    first, second = (signed_by(issuer, plans) for _ in range(2))

    assert settle(issuer, plans, first, at=AT) == 2
    ders = list(Certificate.objects.order_by("pk").values_list("der", flat=True))
    assert settle(issuer, plans, second, at=AT) == 0

    assert list(Certificate.objects.order_by("pk").values_list("der", flat=True)) == ders
    assert Entry.objects.filter(action="ca.certificate.issue").count() == 2


def test_half_a_batch_settled_by_somebody_else_is_no_reason_to_lose_the_other_half(authorities):
    ca.put_on_order(1)
    ca.put_on_order(2)
    issuer = ca.authority()
    plans = queries.planned(plan_batch(issuer.id, at=AT, entropy=ca.entropy))
    signed = signed_by(issuer, plans)

    assert settle(issuer, plans[:1], signed[:1], at=AT) == 1
    assert settle(issuer, plans, signed, at=AT) == 1
    assert states() == {"valid"}


def test_plans_in_the_hands_of_one_worker_are_left_alone_by_others(authorities):
    ca.put_on_order()
    ids = plan_batch(ca.authority().id, at=AT, entropy=ca.entropy)

    def another_worker():
        try:
            return sweep_orders(at=AT, entropy=ca.entropy)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads, held(Work.SIGN_CERTIFICATES, ids) as mine:
        while_held = threads.submit(another_worker).result()

    assert (mine, while_held) == (ids, 0)
    assert sweep_orders(at=AT, entropy=ca.entropy) == 1


def test_four_workers_at_once_make_each_certificate_once(authorities):
    for number in range(120):
        ca.put_on_order(number)

    def work(_):
        try:
            return sweep_orders(at=AT, entropy=ca.entropy)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = sum(threads.map(work, range(4)))
    made += sweep_orders(at=AT, entropy=ca.entropy)

    assert made == 120
    assert states() == {"valid"}
    assert Entry.objects.filter(action="ca.certificate.issue").count() == 120


def test_a_signer_that_is_away_costs_time_and_no_order(authorities, settings):
    settings.SIGNER_SOCKET, home = "/nowhere/signer.sock", settings.SIGNER_SOCKET
    ca.put_on_order()
    assert ca.sign_all() == 0
    assert states() == {"planned"}

    settings.SIGNER_SOCKET = home

    assert sweep_orders(at=AT, entropy=ca.entropy) == 1


def test_whatever_piled_up_while_the_signer_was_away_is_signed_in_one_go(authorities, settings):
    settings.SIGNER_SOCKET, home = "/nowhere/signer.sock", settings.SIGNER_SOCKET
    for number in range(230):
        ca.put_on_order(number)
    for _ in range(3):
        assert sweep_orders(at=AT, entropy=ca.entropy) == 0
    assert states() == {"planned"}
    settings.SIGNER_SOCKET = home

    assert sweep_orders(at=AT, entropy=ca.entropy) == 230


def test_what_the_signer_refuses_for_good_is_refused_with_the_rule(authorities):
    """As if our linter had let through what the signer's own policy forbids: a second CA."""
    certificate_id = ca.put_on_order()
    good = ca.put_on_order(2)
    issuer = ca.authority()
    ids = plan_batch(issuer.id, at=AT, entropy=ca.entropy)
    Certificate.objects.filter(pk=certificate_id).update(tbs=as_ca(certificate_id))

    made = finish(issuer.id, ids, at=AT)

    refused = certificate(certificate_id)
    assert (made, refused.state, certificate(good).state) == (1, "refused", "valid")
    assert refused.refusal.startswith("policy.ca")
    assert Entry.objects.filter(action="ca.certificate.refuse").count() == 1
    assert sweep_orders(at=AT, entropy=ca.entropy) == 0


def test_an_order_that_would_say_something_else_by_now_is_refused(authorities, settings):
    """CPS-4.3.1: what was approved is what is signed."""
    certificate_id = ca.put_on_order()
    settings.PUBLIC_URL = "http://elsewhere.example.cn"

    assert ca.sign_all() == 0

    assert certificate(certificate_id).state == "refused"
    assert certificate(certificate_id).refusal.startswith("order.changed_meanwhile")


def tampered(certificate_id: int, **changes: object) -> int:
    """The order as somebody wrote it into the table, its digest as well."""
    row = ca.row(certificate_id)
    said = {"subject": bytes(row.subject), "days": row.days} | changes
    wish = Wish(
        profile_of(row.profile),
        names.parse(said["subject"]),
        publickeys.parse(bytes(row.public_key)),
        said["days"],
    )
    digest = Draft(wish, ca.authority()).template_digest
    Certificate.objects.filter(pk=row.pk).update(template_digest=digest, **said)
    return certificate_id


def test_what_the_linter_refuses_never_reaches_the_signer(authorities):
    certificate_id = ca.put_on_order()
    subject = bytes(ca.row(certificate_id).subject)
    tampered(certificate_id, subject=subject.replace(b"\x13\x02CN", b"\x13\x02cn"))

    assert ca.sign_all() == 0
    assert certificate(certificate_id).refusal.startswith("lint.")


def test_what_its_profile_does_not_allow_is_refused_whoever_wrote_it(authorities):
    """CPS-1.5.2: what the committee has agreed to binds workers, too."""
    bare = b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x06\x13\x02CN"  # C=CN, no common name
    asked = [
        tampered(ca.put_on_order(), subject=bare),
        tampered(ca.put_on_order(2), days=3650),
        ca.put_on_order(3),
    ]
    Certificate.objects.filter(pk=asked[2]).update(ca_id=ca.authority("anxin-rsa").id)

    assert (ca.sign_all(), ca.sign_all("anxin-rsa")) == (0, 0)

    said = [certificate(one).refusal.split(":")[0] for one in asked]
    assert said == ["profile.attribute_missing", "profile.days", "order.issuer"]


@pytest.mark.parametrize("said", [True, None])
def test_an_order_that_nobody_can_read_keeps_none_back(authorities, said):
    """CPS-4.3.1: names as the staff site's role can write them."""
    forged, good = ca.put_on_order(), ca.put_on_order(2)
    Certificate.objects.filter(pk=forged).update(names=Value(said, JSONField()))

    assert sweep_orders(at=AT, entropy=ca.entropy) == 1

    assert [certificate(one).state for one in (forged, good)] == ["refused", "valid"]
    assert certificate(forged).refusal == "order.unreadable: TypeError"
    assert {"order.unreadable", "order.issuer"} <= WORDING.keys()


@pytest.mark.parametrize("payload", ["[" * 100_000, '{"person": "abc", "fingerprint": "%s"}'])
def test_an_enrolment_that_nobody_can_read_keeps_no_order_back(authorities, settings, payload):
    """CPS-5.2.3: as the staff site's role can write approvals."""
    settings.DUTIES = settings.DUTIES | {"people.enrol_key": DUTIES["people.enrol_key"]}
    asks, admins = hire("tang", Role.SECURITY_ADMIN), [hire(n, Role.CA_ADMIN) for n in ("a", "b")]
    enrolled(pen(1), admins[0], asks, admins[1], at=AT)
    operators.certify(at=AT)
    ca.sign_all("anxin-rsa")
    enrolled(pen(2), admins[1], asks, admins[0], at=AT)
    assert operators.certify(at=AT) == 1
    order = Certificate.objects.get(state="ordered")
    about = "people.staffmember:abc"
    said = payload.replace("%s", statements.fingerprint(pen(2).public))
    Certificate.objects.filter(pk=order.pk).update(holder="staff:abc", requester=about)
    Approval.objects.filter(pk=order.warrant).update(payload=said, subject=about)
    twice = ca.warrant("a", "ra.approve_application_twice")
    wanted = {"requester": "a", "warrant": twice, "actor": SYSTEM, "at": AT}
    good = order_certificate(ca.order_rsa(), **wanted)

    assert sweep_orders(at=AT, entropy=ca.entropy) == 1

    assert [certificate(one).state for one in (order.pk, good)] == ["refused", "valid"]


def replacement(number: int, before: int, **changes: object) -> int:
    return ca.put_on_order(number, holder="subscriber:1", replaces=before, **changes)


def test_what_an_order_says_of_another_certificate_keeps_none_back(authorities, in_role):
    """CPS-4.8.1: what could not be revoked with its replacement is told, and tried again."""
    there, good = ca.issue(1), ca.put_on_order(2)
    successor = replacement(3, there.id, ends="content_wrong")
    ids = plan_batch(ca.authority().id, at=AT, entropy=ca.entropy)
    forged = Certificate.objects.filter(pk=successor)
    forged.update(ends="nothing")  # as somebody writes it who changes a plan

    with in_role("worker"):
        assert finish(ca.authority().id, ids, at=AT) == 2

    assert [certificate(one).state for one in (good, successor, there.id)] == ["valid"] * 3
    told = Entry.objects.get(action="ca.certificate.revoke", outcome="refused")
    assert told.subject == f"ca.certificate:{there.id}"
    assert json.loads(told.details) == {"rule": "revocation.unknown_cause", "successor": successor}
    assert "replaced_stand" in [alarm.code for alarm in overview(AT).alarms]
    with in_role("worker"):
        assert sweep_replaced(at=AT) == 0
    forged.update(ends="content_wrong")

    with in_role("worker"):
        assert [sweep_replaced(at=AT + ca.DAY) for _ in range(2)] == [1, 0]

    assert (certificate(there.id).state, certificate(successor).state) == ("revoked", "valid")
    assert "replaced_stand" not in [alarm.code for alarm in overview(AT + ca.DAY).alarms]


def test_an_order_that_ends_another_for_no_cause_is_refused(authorities):
    """CPS-4.9.1"""
    there = ca.issue(1)
    order = replacement(3, there.id, ends="content_wrong")
    Certificate.objects.filter(pk=order).update(ends="nothing")

    assert ca.sign_all() == 0

    assert certificate(order).refusal.startswith("revocation.unknown_cause")


def listed(serial: str) -> str:
    """The reason on the list that is due, "": it is not named."""
    issuer = ca.authority()
    issue_due_crls(at=AT)
    entry = crls.parse(list_file(issuer.code).der).by_serial.get(int(serial, 16))
    return entry.reason or "none" if entry else ""


@pytest.mark.parametrize(
    ("cause", "reason"), [("key_at_risk", "keyCompromise"), ("own_wish", "superseded")]
)
@pytest.mark.parametrize("generations", [1, 2])
def test_no_plan_outlives_the_key_it_is_for(authorities, in_role, cause, reason, generations):
    """CPS-3.3.2: revoked while the plan waits for the signer, which may have signed it already."""
    first = before = ca.issue(1).id
    if generations == 2:
        before = replacement(2, first, public_key=ca.public_key(1))
        ca.sign_all()
    renewal = replacement(3, before, public_key=ca.public_key(1))
    good = ca.put_on_order(9)
    ids = plan_batch(ca.authority().id, at=AT, entropy=ca.entropy)
    ca.revoke_it(first, cause)
    follows = generations == 2 and cause != "key_at_risk"  # another key's end is none of its own

    with in_role("worker"):
        assert finish(ca.authority().id, ids, at=AT) == 1 + follows

    row = ca.row(renewal)
    assert certificate(good).state == "valid"
    assert row.state == ("valid" if follows else "refused")
    assert listed(row.serial) == ("" if follows else reason)
    assert follows or row.refusal.startswith("succession.revoked")
    assert finish(ca.authority().id, ids, at=AT) == 0


def test_what_was_never_issued_leaves_no_list(authorities):
    """CPS-4.9.7: the signer wants to see the certificate of whoever leaves one; here is none."""
    first = ca.issue(1).id
    renewal = ca.row(replacement(2, first, public_key=ca.public_key(1)))
    ids = plan_batch(ca.authority().id, at=AT, entropy=ca.entropy)
    ca.revoke_it(first, "key_at_risk")
    finish(ca.authority().id, ids, at=AT)
    renewal.refresh_from_db()
    kept = bytes(renewal.revocation.entry)

    for days in (1, -1):  # before its end, and after
        last = RevocationList(this_update=renewal.not_after - days * ca.DAY)
        assert kept in entries(ca.authority().id, last)
    issued = bytes(ca.row(first).revocation.entry)
    ended = RevocationList(this_update=ca.row(first).not_after + ca.DAY)
    assert issued not in entries(ca.authority().id, ended)


def test_nothing_is_planned_for_a_key_that_was_compromised_meanwhile(authorities):
    """CPS-3.3.2: not for the younger certificate of the same key, either."""
    first = ca.issue(1).id
    second = replacement(2, first, public_key=ca.public_key(1))
    ca.sign_all()
    third = replacement(3, second, public_key=ca.public_key(1))
    ca.revoke_it(first, "key_at_risk")

    assert ca.sign_all() == 0

    assert certificate(third).refusal.startswith("succession.revoked")


def test_a_signer_with_another_key_settles_nothing(authorities):
    """The whole batch is given up when its first signature is not the CA's."""
    ca.put_on_order()
    issuer = ca.authority()
    plans = queries.planned(plan_batch(issuer.id, at=AT, entropy=ca.entropy))
    stray = issuer.certificate.signature  # made by the CA above

    with pytest.raises(BadSignature):
        settle(issuer, plans, [stray], at=AT)

    assert states() == {"planned"}


def test_no_two_certificates_share_a_serial_number(authorities):
    """CPS-7.1: randomness that repeats itself is stopped by the database."""
    ca.put_on_order(1)
    ca.put_on_order(2)
    stuck = itertools.repeat(secrets.token_bytes(16))

    with pytest.raises(IntegrityError, match="a_serial_number_is_given_once"):
        plan_batch(ca.authority().id, at=AT, entropy=lambda size: next(stuck)[:size])

    assert states() == {"ordered"}


def test_a_certificate_never_outlives_its_issuer(authorities):
    """CPS-6.3.2: not even where a term is longer than any that was known when it stopped."""
    issuer = ca.authority()
    end = issuer.certificate.not_after
    later = replace(issuer, stops=end)
    draft = Draft(read(ca.order(1), profile_of("personal-sm2-sign")), later)
    assert draft.plan(serial=ANY_SERIAL, not_before=end - 365 * ca.DAY)
    with pytest.raises(Refusal) as refusal:
        draft.plan(serial=ANY_SERIAL, not_before=end - 364 * ca.DAY)
    assert refusal.value.rule == "order.outlives_issuer"


def test_authorities_do_not_mix(authorities):
    ca.put_on_order(1)
    rsa = CertificateAuthority.objects.get(code="anxin-rsa")

    assert finish(rsa.pk, [], at=AT) == 0
    assert ca.sign_all("anxin-rsa") == 0
    assert ca.sign_all() == 1


@contextmanager
def rogue(home: Signer):
    """A helper in other hands: the first signature of a batch is right, the others are copies."""
    asked: list[int] = []

    def serve(caller: socket.socket) -> None:
        with caller:
            request, tbs = protocol.receive(caller)
            asked.append(len(tbs))
            real = home.sign_one(request["key"], request["kind"], tbs[0])
            said = {"ok": True, "refused": [None] * len(tbs)}
            said["of"] = [protocol.digest(one) for one in tbs]
            caller.sendall(protocol.pack(said, [real] * len(tbs)))

    with listening(serve) as path:
        yield path, asked


def test_every_signature_of_a_helper_is_verified_and_a_liar_is_passed_by(
    authorities, settings, signer
):
    """CPS-4.3.1: the home signer signs what it gave back wrong."""
    with rogue(signer.client()) as (path, asked):
        settings.HELPER_SOCKETS = (path,)
        for round_ in range(2):  # each begins with another signer
            for number in range(3):
                ca.put_on_order(10 * round_ + number)
            assert sweep_orders(at=AT, entropy=ca.entropy) == 3

    assert 3 in asked
    issuer = ca.authority().certificate
    for row in Certificate.objects.filter(state="valid"):
        verify(parse(bytes(row.der)), issuer)
    assert states() == {"valid"}
