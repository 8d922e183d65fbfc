"""Staff have certificates of our own CA and sign in with them (CPS-5.2.3); they end together."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from anxin.duties import DUTIES
from anxin.kernel import canonical
from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Refusal
from anxin.kernel.workdays import SHANGHAI
from audit.journal.models import Entry
from ca.api import by_serial, certificates_of, profiles
from ca.crl.queries import list_file
from ca.crl.services import issue_crl
from ca.issuing.models import Certificate
from ca.issuing.queries import published
from ca.issuing.rules import check_warrant
from ca.operators import proving, rules, services
from ca.operators.rules import holder
from ca.overview.queries import overview
from ca.profiles.delivered import EVERYTHING, OPERATOR
from people.accounts.models import StaffMember
from people.api import Role, StaffEvent, create_staff, vote, vote_records
from people.approvals.models import Approval
from people.factors import services as factors
from people.factors.rules import Factor
from people.notices.models import Mailbox, StaffNotice
from people.operatorkeys import services as keys
from people.operatorkeys.models import OperatorKey, OperatorToken
from people.operatorkeys.rules import Ending
from people.personnel import services as personnel
from people.personnel.rules import Cause
from people.trust.models import Appointment
from people.trust.roles import DUTY_OF
from pki import certificates, crls, names, statements, votes
from pki.votes import check as check_vote
from tests.support import ca
from tests.support import people as support
from tests.support.people import hire, in_order
from tests.support.races import while_open
from tests.support.voting import enrolled, hand_in, pen, proposed, sign_vote

AT, LATER = ca.NOW, ca.NOW + timedelta(minutes=1)
PASSWORD = "qiyuan-Harbor-17"
BAI, OTHER = pen(1), pen(2)


@pytest.fixture
def authorities(authorities, settings):
    """With the duties of the house as they are: enrolling is performed."""
    settings.DUTIES = DUTIES
    return authorities


@pytest.fixture
def tang():
    return hire("tang", Role.SECURITY_ADMIN)


@pytest.fixture
def gao():
    return hire("gao", Role.CA_ADMIN)


def account(login):
    """Somebody who signs in by password; their id."""
    person_id = create_staff(
        login,
        name=login.title(),
        staff_number=f"S-{login}",
        office="",
        password=PASSWORD,
        must_change_password=False,
        actor=SYSTEM,
        at=AT,
    )
    in_order(person_id)
    return person_id


@pytest.fixture
def bai(authorities, tang, gao):
    """Has a key that two enrolled, and its certificate."""
    person_id = account("bai")
    person = StaffMember.objects.get(pk=person_id)
    enrolled(BAI, _actor(person), tang, gao, at=AT)
    services.certify(at=AT)
    ca.sign_all("anxin-rsa")
    return person_id


def _actor(person):
    return Actor(person.pk, person.name)


def certificate_of(person_id):
    return certificates_of(holder(person_id))[-1]


def asked(login="bai"):
    """A browser after the password, and what it is asked to sign."""
    window = Client()
    window.post("/sign-in/", {"login": login, "password": PASSWORD})
    page = window.get("/sign-in/code/")
    return window, question_of(page)


def question_of(page):
    return json.loads(page.context["certificate"] or "{}")


def answer(window, question, *, by=BAI, **changes):
    fields = question["fields"] | changes
    signature = by.sign(statements.encoded(fields)).hex()
    return window.post("/sign-in/code/", {"code": "", "certificate": signature})


def signed_in(window):
    return window.get("/me/").status_code == 200


# --- the certificate -------------------------------------------------------------------------


def test_a_key_that_two_enrolled_gets_a_certificate_of_our_own(bai):
    """CPS-5.2.3: bound to one person."""
    view = certificate_of(bai)

    found = certificates.parse(view.der)
    assert view.state == "valid"
    assert found.public_key.spki == BAI.public
    assert view.subject == "serialNumber=S-bai, CN=Bai, O=AnXin CA, C=CN"
    certificates.verify(found, ca.authority("anxin-rsa").certificate, at=AT)
    assert services.certify(at=LATER) == 0


def test_it_is_neither_on_offer_nor_published(bai):
    """CPS-4.4.2"""
    with pytest.raises(Refusal):
        published(certificate_of(bai).serial)
    assert by_serial(certificate_of(bai).serial).profile == OPERATOR.code
    assert OPERATOR.code not in {profile.code for profile in profiles()}


@pytest.mark.parametrize(
    ("action", "profile"),
    [
        ("ra.approve_application", OPERATOR.code),
        ("ra.approve_application_twice", OPERATOR.code),
        ("people.enrol_key", "personal-sm2-sign"),
    ],
)
def test_no_application_leads_to_one_and_no_enrolment_to_another(action, profile):
    """CPS-4.3.1: one approval, one kind of certificate."""
    with pytest.raises(Refusal) as refusal:
        check_warrant(action, {one.code: one for one in EVERYTHING}[profile])
    assert refusal.value.rule == "order.no_warrant"


def test_without_an_authority_the_key_waits(transactional_db, tang, gao):
    person = StaffMember.objects.get(pk=account("bai"))
    enrolled(BAI, _actor(person), tang, gao, at=AT)

    assert services.certify(at=AT) == 0


def test_a_worker_orders_under_its_own_rights(authorities, tang, gao, in_role):
    person = StaffMember.objects.get(pk=account("bai"))
    enrolled(BAI, _actor(person), tang, gao, at=AT)

    with in_role("worker"):
        assert services.certify(at=AT) == 3  # with those of who have signed for it
        ca.sign_all("anxin-rsa")

    assert certificate_of(person.pk).state == "valid"


def test_of_one_batch_who_put_the_others_key_to_use_is_certified_first(authorities, tang, gao):
    """CPS-5.2.3: orders placed before anybody was certified, and planned after the first was."""
    person = StaffMember.objects.get(pk=account("bai"))
    enrolled(pen(3), gao, tang, gao, at=AT)  # by a founder
    enrolled(BAI, _actor(person), tang, gao, at=AT)
    assert services.certify(at=AT) == 4
    both = Certificate.objects.filter(holder__in=[holder(gao.person_id), holder(person.pk)])

    def sign():
        return ca.sign_all("anxin-rsa")

    assert while_open(lambda: list(both.select_for_update()), sign) == 2  # founder and asker
    assert sign() == 1
    assert [row.state for row in both.order_by("pk")] == ["valid", "ordered"]
    assert sign() == 1

    assert [row.state for row in both] == ["valid", "valid"]


def test_it_is_on_hold_while_its_person_is_suspended_and_good_when_two_bring_them_back(
    bai, tang, gao, in_role
):
    """CPS-5.3.6: in one step, as often as it comes to that."""
    for at in (LATER, LATER + timedelta(hours=1)):
        with in_role("staff"):
            personnel.suspend(bai, Cause.SUSPECTED, actor=gao, at=at)
            assert certificate_of(bai).state == "held"
            again = personnel.propose_reinstatement(bai, actor=tang, at=at)
            vote(again.id, grants=True, seen=again.digest, actor=gao, at=at)
        assert certificate_of(bai).state == "valid"


def test_a_leavers_is_revoked_in_the_same_step(bai, gao, in_role):
    """WP-8.2"""
    with in_role("staff"):
        personnel.leave(bai, actor=gao, at=LATER)

    assert (certificate_of(bai).state, certificate_of(bai).reason) == (
        "revoked",
        "affiliationChanged",
    )


def test_one_that_may_be_in_other_hands_says_so(bai, gao):
    personnel.suspend(bai, Cause.TOKEN_LOST, actor=gao, at=LATER)

    assert certificate_of(bai).reason == "keyCompromise"


def test_a_lost_device_takes_the_certificate_along(bai, tang, gao):
    """CPS-5.2.3: what was beside the device may be in the same hands."""
    proposed = factors.propose_enrolment(bai, Factor.DEVICE, actor=tang, at=LATER)
    vote(proposed.id, grants=True, seen=proposed.digest, actor=gao, at=LATER)

    assert certificate_of(bai).reason == "keyCompromise"
    window = Client()
    window.post("/sign-in/", {"login": "bai", "password": PASSWORD})
    assert window.get("/sign-in/code/")["Location"].startswith("/sign-in/device/")


def test_another_key_ends_the_certificate_of_the_first(bai, tang, gao):
    person = StaffMember.objects.get(pk=bai)
    enrolled(OTHER, _actor(person), tang, gao, at=LATER)
    services.certify(at=LATER)
    ca.sign_all("anxin-rsa", at=LATER)

    states = [view.state for view in certificates_of(holder(bai))]
    assert states == ["revoked", "valid"]


def test_what_is_signed_after_its_key_has_ended_does_not_last(authorities, tang, gao):
    person = StaffMember.objects.get(pk=account("bai"))
    enrolled(BAI, _actor(person), tang, gao, at=AT)
    services.certify(at=AT)
    with transaction.atomic():
        keys.revoke_all(person.pk, Ending.LEFT, actor=SYSTEM, at=AT)
    ca.sign_all("anxin-rsa")
    assert certificate_of(person.pk).state == "valid"

    services.certify(at=LATER)

    assert certificate_of(person.pk).state == "revoked"


def test_what_is_signed_while_its_key_is_suspended_is_on_hold(authorities, tang, gao, in_role):
    """CPS-5.3.6: the signer was down; and comes back with its person."""
    person = StaffMember.objects.get(pk=account("bai"))
    enrolled(BAI, _actor(person), tang, gao, at=AT)
    services.certify(at=AT)
    personnel.suspend(person.pk, Cause.SUSPECTED, actor=gao, at=AT)
    ca.sign_all("anxin-rsa")
    assert certificate_of(person.pk).state == "valid"

    with in_role("worker"):
        services.certify(at=LATER)

    assert certificate_of(person.pk).state == "held"
    again = personnel.propose_reinstatement(person.pk, actor=tang, at=LATER)
    vote(again.id, grants=True, seen=again.digest, actor=gao, at=LATER)
    services.certify(at=LATER)
    assert certificate_of(person.pk).state == "valid"


# --- before it ends ----------------------------------------------------------------------------


def soon(person_id, days=30):
    """So many days before the certificate ends."""
    return certificate_of(person_id).not_after - timedelta(days=days)


def reachable(person_id):
    Mailbox.objects.create(person_id=person_id, address="bai@staff.example.cn", kept_at=AT)


def told(person_id):
    notices = StaffNotice.objects.filter(person=person_id, event=StaffEvent.KEY_ENDS)
    return list(notices.values_list("occasion", flat=True))


def test_who_needs_a_new_key_soon_is_told_once(bai, in_role):
    """CPS-5.2.3: by workers, with the rights of workers, a month before the end."""
    reachable(bai)
    assert (services.tell_of_ends(at=soon(bai, days=31)), told(bai)) == (0, [])

    warrant = OperatorKey.objects.get(person=bai).warrant_id

    with in_role("worker"):
        counts = [services.tell_of_ends(at=soon(bai)) for _ in range(2)]

    assert (counts, told(bai)) == ([1, 0], [str(warrant)])


def test_the_dashboard_says_whose_certificates_end_or_have_ended(bai):
    """CPS-5.2.3: also where nobody has an address."""
    (now, then, after) = (
        [one.text[:1] for one in overview(at).alarms if one.code == "operators_end"]
        for at in (soon(bai, days=31), soon(bai), soon(bai, days=-1))
    )

    assert (now, then, after) == ([], ["3"], ["3"])  # with those of who asked and who agreed


def test_of_a_key_that_was_replaced_nobody_is_told(bai, tang, gao):
    reachable(bai)
    enrolled(OTHER, _actor(StaffMember.objects.get(pk=bai)), tang, gao, at=LATER)

    assert (services.tell_of_ends(at=soon(bai)), told(bai)) == (0, [])


def test_nothing_is_certified_again_without_an_approval(bai):
    """CPS-4.3.1"""
    assert services.certify(at=soon(bai, days=1)) == 0
    assert services.certify(at=soon(bai, days=-1)) == 0


def test_ones_page_says_until_when(bai):
    """CPS-5.2.3"""
    founder = StaffMember.objects.get(login="founder")
    until = certificate_of(founder.pk).not_after

    page = support.signed_in(_actor(founder)).get("/me/key/").content.decode()

    assert f"{until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" in page


def test_whose_key_waits_for_others_or_for_its_certificate_is_seen_with_what_to_do(
    authorities, tang, gao
):
    """CPS-5.2.3: in the list, on the person's page and on one's own."""
    bai, wei = account("bai"), hire("wei", Role.CUSTODIAN)
    enrolled(BAI, _actor(StaffMember.objects.get(pk=bai)), tang, gao, at=AT)
    pages = [("tang", "/people/"), ("tang", "/people/of/S-bai/"), ("wei", "/me/key/")]
    windows = {"tang": support.signed_in(tang), "wei": support.signed_in(wei)}

    def read():
        return [windows[login].get(page).content.decode() for login, page in pages]

    everybody, person, _ = read()
    assert "密钥等待证书" in everybody
    assert "密钥等待启用" not in everybody
    assert "等待证书：操作员证书还没有签发" in person
    services.certify(at=AT)
    ca.sign_all("anxin-rsa")
    assert "等待证书" not in "".join(read())

    proof = OTHER.proof(wei.person_id)
    keys.make(public_key=OTHER.public, proof=proof, actor=wei, at=LATER)
    everybody, person, own = read()
    assert "密钥等待启用" in everybody
    assert "等待启用" not in person
    assert "等待启用：本人把指纹当面告诉 CA 安全管理员，由其提请，CA 系统管理员审批后启用" in own

    warrant = OperatorKey.objects.get(person=bai).warrant_id
    with transaction.atomic():
        services.revoke(warrant=warrant, why="lost", actor=SYSTEM, at=LATER)
    assert "操作员证书已经到期、停用、吊销或没有签发" in read()[1]


# --- whose keys are certified ------------------------------------------------------------------


@pytest.fixture
def staff(authorities, tang, gao, connection_as):
    """The staff site's role in other hands, in a house whose operators have certificates."""
    enrolled(BAI, _actor(StaffMember.objects.get(pk=account("bai"))), tang, gao, at=AT)
    services.certify(at=AT)
    ca.sign_all("anxin-rsa")
    call_command("grant")
    with connection_as("staff") as one:
        yield one


def forged_enrolment(
    staff, person_id, forged, voter, *, by=None, asked=None, state="active"
) -> int:
    """A key that nobody enrolled, as it would stand in the tables if somebody had; the approval.

    `by`: who signs the vote, with a key of the attacker's own, enrolled in the same way; or, of
    no id, with this very key. `asked`: who is said to have asked, and how that is signed.
    """
    fingerprint = statements.fingerprint(forged.public)
    row = "INSERT INTO people_operatorkey (person_id, public_key, fingerprint, made_at, state)"
    (key_id,) = staff.execute(
        f"{row} VALUES (%s, %s, %s, now(), 'proposed') RETURNING id",
        [person_id, forged.public, fingerprint],
    ).fetchone()
    payload = {"person": person_id, "key": key_id, "fingerprint": fingerprint}
    maker = asked[0] if asked else StaffMember.objects.get(login="tang").pk
    if asked:
        payload["asked"] = asked[1](payload)
    said = canonical.encode(payload).decode()
    digest = canonical.digest(["people.enrol_key", payload])
    (approval_id,) = staff.execute(
        "INSERT INTO people_approval (state, action, subject, payload, digest, maker_id,"
        " proposed_at, expires_at) VALUES ('used', 'people.enrol_key', %s, %s, %s, %s, now(),"
        " now()) RETURNING id",
        [f"people.staffmember:{person_id}", said, digest, maker],
    ).fetchone()
    signed = (None, "", b"")
    if by is not None:
        key, own = by[0], by[1] or key_id
        at = AT.isoformat()
        statement = votes.statement(
            approval=approval_id,
            action="people.enrol_key",
            digest=digest,
            grants=True,
            comment=votes.comment_digest(""),
            voter=voter,
            at=at,
        )
        signed = (own, statement.decode(), key.sign(statement))
    staff.execute(
        "INSERT INTO people_vote (approval_id, maker_id, checker_id, grants, comment, address,"
        " voted_at, key_id, statement, signature)"
        " VALUES (%s, %s, %s, true, '', '', %s, %s, %s, %s)",
        [approval_id, maker, voter, AT, *signed],
    )
    staff.execute(
        "UPDATE people_operatorkey SET state = %s, active_from = %s, warrant_id = %s WHERE id = %s",
        [state, AT - timedelta(days=1), approval_id, key_id],
    )
    return approval_id


def test_a_key_written_as_a_row_gets_no_certificate(staff):
    """CPS-5.2.3: with approval and vote, all of them rows."""
    victim, voter = account("wei"), StaffMember.objects.get(login="gao").pk
    forged_enrolment(staff, victim, OTHER, voter)

    assert services.certify(at=LATER) == 0
    assert certificates_of(holder(victim)) == []


def test_a_vote_signed_by_a_key_without_a_certificate_certifies_none(staff):
    """CPS-5.2.3: he makes up a key for the voter first, and signs with it."""
    victim, voter = account("wei"), StaffMember.objects.get(login="gao").pk
    own = forged_enrolment(staff, voter, pen(3), victim)
    key_id = OperatorKey.objects.get(warrant=own).pk
    forged = forged_enrolment(staff, victim, OTHER, voter, by=(pen(3), key_id))
    (vote,) = vote_records({forged})[:1]
    assert check_vote(vote)  # as far as a record can say

    assert services.certify(at=LATER) == 0


def asked_by(one, maker, warrant, **changes):
    """What a proposal says of its signature."""

    def asked(payload):
        said = {"person": payload["person"], "key": payload["fingerprint"], "maker": maker}
        fields = votes.proposal_fields(**said | changes) | {"at": AT.isoformat()}
        signed = one.sign(statements.encoded(fields)).hex()
        return {"at": AT.isoformat(), "by": warrant, "signature": signed}

    return maker, asked


def test_a_certified_key_is_not_given_up_for_one_that_nobody_will_certify(bai, tang, gao):
    """CPS-5.2.3: who asked has another key by now, which has no certificate yet."""
    before, person = certificate_of(bai), _actor(StaffMember.objects.get(pk=bai))
    enrolled(pen(8), tang, tang, gao, at=AT)
    services.certify(at=AT)
    ca.sign_all("anxin-rsa")
    asked = proposed(person, hand_in(OTHER, person, at=LATER), tang, at=LATER)
    asker, founder = (StaffMember.objects.get(login=login) for login in ("asker", "founder"))
    other = replace(tang, person_id=asker.pk, name=asker.name)
    enrolled(pen(9), tang, other, gao, at=LATER)
    agrees = replace(gao, person_id=founder.pk, name=founder.name)

    with pytest.raises(Refusal) as refused:
        sign_vote(pen(60_000), asked.id, agrees, at=LATER)

    assert refused.value.rule == "keys.uncertified"
    assert certificate_of(bai) == before
    assert keys.queries.active(bai).fingerprint == statements.fingerprint(BAI.public)


def two_with_keys():
    """Bai, a CA administrator by a row that says so, and who may ask; which approvals certify."""
    bai, asker = (StaffMember.objects.get(login=login).pk for login in ("bai", "asker"))
    Appointment.objects.create(
        person_id=bai, role=Role.CA_ADMIN, duty=DUTY_OF[Role.CA_ADMIN], since=AT
    )
    return (bai, asker), dict(OperatorKey.objects.values_list("person", "warrant"))


def test_one_certified_key_puts_no_other_to_use(staff):
    """CPS-5.2.2, CPS-5.2.3: whatever roles rows give its owner, the second signature is missing;
    with it the key is certified.
    """
    (bai, asker), warrants = two_with_keys()
    own = OperatorKey.objects.get(person=bai).pk
    tries = {
        "nobody signed": None,
        "somebody else's name": asked_by(BAI, asker, warrants[asker]),
        "the key that votes": asked_by(BAI, asker, warrants[bai]),
        "a key without a certificate": asked_by(pen(9), asker, warrants[bai]),
        "another key was asked for": asked_by(pen(60_001), asker, warrants[asker], key="00" * 32),
        "for somebody else": asked_by(pen(60_001), asker, warrants[asker], person=bai),
        "what cannot be read": (asker, lambda _: {"at": "never", "by": "x", "signature": "zz"}),
        "two with certified keys": asked_by(pen(60_001), asker, warrants[asker]),
    }
    made = {}
    for number, (what, asked) in enumerate(tries.items()):
        victim = account(f"victim{number}")
        forged_enrolment(staff, victim, pen(100 + number), bai, by=(BAI, own), asked=asked)
        made[what] = services.certify(at=LATER)

    assert [what for what, count in made.items() if count] == ["two with certified keys"]


@pytest.mark.parametrize(
    ("owner", "reason"), [("bai", "who agreed to it has the key"), ("asker", "has not signed")]
)
def test_nobody_puts_their_own_next_key_to_use(staff, owner, reason):
    """CPS-5.2.2: neither who agrees nor who asks."""
    (bai, asker), warrants = two_with_keys()
    person = StaffMember.objects.get(login=owner)
    asked = asked_by(pen(60_001), asker, warrants[asker])
    own = OperatorKey.objects.get(person=bai).pk
    warrant = forged_enrolment(
        staff, person.pk, OTHER, bai, by=(BAI, own), asked=asked, state="proposed"
    )

    with pytest.raises(Refusal, match=reason):
        proven(warrant, OTHER, person)


def test_a_certificate_that_has_ended_puts_no_key_to_use(staff, tang, gao):
    """CPS-5.2.3: whatever day the vote names; a key lost later proves nothing."""
    (bai, asker), warrants = two_with_keys()
    after = certificate_of(bai).not_after + timedelta(days=1)
    own = OperatorKey.objects.get(person=bai).pk
    asked = asked_by(pen(60_001), asker, warrants[asker])
    forged_enrolment(staff, account("wei"), OTHER, bai, by=(BAI, own), asked=asked)

    assert services.certify(at=after) == 0

    assert proving.certificate(warrants[bai], bai)
    personnel.suspend(bai, Cause.TOKEN_LOST, actor=gao, at=after)
    assert certificate_of(bai).reason == "keyCompromise"
    assert proving.certificate(warrants[bai], bai) is None


def test_an_order_waits_while_who_agreed_is_suspended(staff, tang, gao):
    """CPS-5.3.6: and is decided when two have brought them back."""
    enrolled(pen(3), gao, tang, gao, at=AT)
    services.certify(at=AT)
    ca.sign_all("anxin-rsa")
    shi = hire("shi", Role.CA_ADMIN)
    wei = StaffMember.objects.get(pk=account("wei"))
    enrolled(OTHER, _actor(wei), tang, gao, at=AT)
    assert services.certify(at=AT) == 1
    personnel.suspend(gao.person_id, Cause.SUSPECTED, actor=tang, at=LATER)
    assert ca.sign_all("anxin-rsa", at=LATER) == 0
    assert certificate_of(wei.pk).state == "ordered"

    again = personnel.propose_reinstatement(gao.person_id, actor=tang, at=LATER)
    founder = StaffMember.objects.get(login="founder")
    back = replace(shi, person_id=founder.pk, name=founder.name)
    sign_vote(pen(60_000), again.id, back, at=LATER)
    ca.sign_all("anxin-rsa", at=LATER)

    assert certificate_of(wei.pk).state == "valid"


def forged_order(staff, warrant, person_id, forged) -> None:
    real = Certificate.objects.get(holder=holder(StaffMember.objects.get(login="bai").pk))
    person = StaffMember.objects.get(pk=person_id)
    subject = names.build([*rules.subject(person.name, person.staff_number, "AnXin CA")])
    staff.execute(
        "INSERT INTO ca_certificate (state, ca_id, profile, profile_version, requester, holder,"
        " warrant, subject, subject_text, public_key, days, names, template_digest, ordered_at,"
        " refusal, ends) SELECT 'ordered', ca_id, profile, profile_version, %s, %s, %s, %s, %s, %s,"
        " days, names, template_digest, now(), '', '' FROM ca_certificate WHERE id = %s",
        [
            *(rules.requester(person_id), holder(person_id), warrant, subject.der, subject.text),
            *(forged.public, real.pk),
        ],
    )


def test_orders_written_as_rows_do_not_wait_for_ever(staff):
    """CPS-5.2.3: a key made up for the voter puts another one to use; one puts itself to use."""
    victim, voter = account("wei"), StaffMember.objects.get(login="gao").pk
    own = forged_enrolment(staff, voter, pen(3), victim)
    key_id = OperatorKey.objects.get(warrant=own).pk
    forged = forged_enrolment(staff, victim, OTHER, voter, by=(pen(3), key_id))
    alone = account("ma")
    itself = forged_enrolment(staff, alone, pen(4), alone, by=(pen(4), None))
    forged_order(staff, own, voter, pen(3))
    forged_order(staff, forged, victim, OTHER)
    forged_order(staff, itself, alone, pen(4))

    made = [ca.sign_all("anxin-rsa", at=LATER) for _ in range(2)]

    states = Certificate.objects.filter(warrant__in=[own, forged, itself]).values_list("state")
    assert (made, list(states)) == ([0, 0], [("refused",)] * 3)


def test_an_order_written_as_a_row_is_refused(staff):
    """CPS-5.2.3, CPS-4.3.1: past the service that would not have placed it."""
    victim, voter = account("wei"), StaffMember.objects.get(login="gao").pk
    warrant = forged_enrolment(staff, victim, OTHER, voter)
    forged_order(staff, warrant, victim, OTHER)

    ca.sign_all("anxin-rsa", at=LATER)

    row = Certificate.objects.get(warrant=warrant)
    assert (row.state, row.der, row.refusal.split(":")[0]) == (
        "refused",
        None,
        "operators.unproved",
    )


def test_an_enrolment_that_nobody_can_read_stops_no_other(staff, tang, gao):
    """CPS-5.2.3: the next key is certified, and what outlived its key ends."""
    unread = forged_enrolment(staff, account("wei"), OTHER, gao.person_id)
    Approval.objects.filter(pk=unread).update(payload="[" * 100_000)
    enrolled(pen(3), gao, tang, gao, at=AT)

    assert services.certify(at=LATER) == 1

    ca.sign_all("anxin-rsa", at=LATER)
    assert certificate_of(gao.person_id).state == "valid"
    assert not Certificate.objects.filter(warrant=unread).exists()


def test_whom_the_workers_host_names_is_certified(staff, settings):
    """CPS-5.2.3: where all who enrol keys have lost theirs, the house begins again there."""
    again, voter = account("wei"), StaffMember.objects.get(login="gao").pk
    warrant = forged_enrolment(staff, again, OTHER, voter)
    settings.TRUSTED_KEYS = {statements.fingerprint(OTHER.public)}
    other = StaffMember.objects.get(pk=account("ma"))
    with pytest.raises(Refusal, match="another key or person"):  # and as nobody else
        proven(warrant, OTHER, other)

    assert services.certify(at=LATER) == 1
    ca.sign_all("anxin-rsa", at=LATER)
    assert certificate_of(again).state == "valid"


def proven(warrant, one, person, at=LATER):
    proving.check(
        warrant=warrant,
        key=one.public,
        holder=holder(person.pk),
        requester=rules.requester(person.pk),
        number=person.staff_number,
        order=0,
        at=at,
    )


# --- signing in ------------------------------------------------------------------------------


def test_who_has_the_certificates_key_is_let_in(bai):
    """CPS-5.2.3, WP-7.2: after the password, beside code and security key."""
    window, question = asked()
    assert question["fingerprint"] == statements.fingerprint(BAI.public)

    answer(window, question)

    assert signed_in(window)
    entry = Entry.objects.filter(action="people.sign_in").latest("pk")
    assert json.loads(entry.details)["factor"] == "certificate"


def test_a_challenge_counts_once(bai):
    window, question = asked()
    answer(window, question, by=OTHER)  # the wrong key uses it up

    signature = BAI.sign(statements.encoded(question["fields"])).hex()
    window.post("/sign-in/code/", {"code": "", "certificate": signature})

    assert not signed_in(window)


def test_an_answer_of_another_browser_is_none(bai):
    _, question = asked()
    other, _ = asked()

    answer(other, question)

    assert not signed_in(other)


@pytest.mark.parametrize(
    "changes",
    [{"purpose": "people.proved_again"}, {"what": "anxin vote 1"}, {"certificate": "01"}],
)
def test_a_signature_for_something_else_is_none_for_signing_in(bai, changes):
    window, question = asked()

    answer(window, question, **changes)

    assert not signed_in(window)


@pytest.mark.parametrize("rubbish", ["", "zz", "00" * 64, "0" * 200])
def test_rubbish_lets_nobody_in(bai, rubbish):
    window, _ = asked()

    window.post("/sign-in/code/", {"code": "", "certificate": rubbish})

    assert not signed_in(window)


def test_anothers_certificate_lets_nobody_in(bai, tang, gao):
    other = StaffMember.objects.get(pk=account("hei"))
    enrolled(OTHER, _actor(other), tang, gao, at=AT)
    services.certify(at=AT)
    ca.sign_all("anxin-rsa")
    window, question = asked("hei")

    answer(window, question, by=BAI)

    assert not signed_in(window)


def test_after_a_revocation_nothing_is_asked_and_no_answer_counts(bai, gao):
    """The sessions that hang on it end with it."""
    before, earlier = asked()
    inside, question = asked()
    answer(inside, question)
    assert signed_in(inside)
    key_id = keys.queries.active(bai).id

    personnel.revoke_key(bai, key_id, actor=gao, at=LATER)

    answer(before, earlier)
    assert not signed_in(before)
    assert not signed_in(inside)
    assert asked()[1] == {}


def test_an_answer_that_meets_a_revocation_lets_nobody_in(bai, gao):
    """CPS-5.2.3: whichever comes first."""
    window, question = asked()
    key_id = keys.queries.active(bai).id

    answered = while_open(
        lambda: personnel.revoke_key(bai, key_id, actor=gao, at=LATER),
        lambda: answer(window, question),
    )

    assert answered.status_code < 500
    assert not signed_in(window)
    assert not OperatorToken.objects.filter(confirmed=True).exists()


def test_before_the_certificate_is_there_a_code_is_asked_for(authorities, tang, gao):
    person = StaffMember.objects.get(pk=account("bai"))
    enrolled(BAI, _actor(person), tang, gao, at=AT)

    assert asked()[1] == {}


def test_who_comes_back_leaves_the_list_and_the_list_goes_on(authorities, tang, gao, in_role):
    """CPS-4.9.13, CPS-5.3.6: listed while suspended, and on no list after the reinstatement."""
    person = StaffMember.objects.get(pk=account("bai"))
    enrolled(BAI, _actor(person), tang, gao, at=AT)
    services.certify(at=AT)
    ca.sign_all("anxin-rsa")
    serial = int(certificate_of(person.pk).serial, 16)
    issuer = ca.authority("anxin-rsa").id
    with in_role("staff"):
        personnel.suspend(person.pk, Cause.SUSPECTED, actor=gao, at=AT)
    assert issue_crl(issuer, at=LATER)
    assert crls.parse(list_file("anxin-rsa").der).by_serial[serial].reason == "certificateHold"

    with in_role("staff"):
        again = personnel.propose_reinstatement(person.pk, actor=tang, at=LATER)
        vote(again.id, grants=True, seen=again.digest, actor=gao, at=LATER)

    with in_role("worker"):
        assert issue_crl(issuer, at=LATER + timedelta(minutes=1))
    assert serial not in crls.parse(list_file("anxin-rsa").der).by_serial
