"""Profiles are rows: which version counts, for whom, and what nobody can change."""

import json
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, transaction

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from audit.log import subject_of
from ca.api import by_serial, certificate, overview, profile, profiles
from ca.issuing.models import Certificate
from ca.operators.services import certify
from ca.profiles import delivered
from ca.profiles.models import ProfileVersion
from ca.profiles.queries import are_published, in_force
from ca.profiling import proving, services
from ca.profiling.proving import agreed_to
from ca.signing import rules as signing
from ca.signing.services import sweep_orders
from people.api import Role, vote_records
from people.models import Appointment, Approval, OperatorKey, StaffMember, Vote
from pki.sm.sm3 import sm3
from tests.support import ca
from tests.support import profiles as support
from tests.support.voting import enrolled, pen

PERSONAL, HOUR = "personal-sm2-sign", timedelta(hours=1)


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as refusal:
        act(*arguments, **named)
    return refusal.value.rule


def test_a_new_house_has_the_profiles_it_was_delivered_with(db):
    """CPS-1.5.1"""
    assert [one.code for one in profiles()] == list(delivered.PROFILES)
    assert {one.code: one for one in in_force()} == {o.code: o for o in delivered.EVERYTHING}
    assert set(ProfileVersion.objects.values_list("version", flat=True)) == {1}


def test_who_asks_for_a_profile_nobody_knows_is_refused(db):
    """CPS-1.5.2"""
    assert refused(profile, "gold-card") == "profile.unknown"
    assert refused(profile, PERSONAL, 2) == "profile.unknown"


def test_which_version_counts_is_asked_once_and_what_it_says_never_again(
    db, django_assert_num_queries
):
    with django_assert_num_queries(1):
        profile(PERSONAL)
    with django_assert_num_queries(0):
        named = [(PERSONAL, 1), ("operator-p256", 1)]
        assert are_published(named) == {(PERSONAL, 1)}


def test_what_a_version_says_stays(transactional_db):
    """CPS-1.5.1: not even the owner of the table rewrites what certificates were issued by."""
    rows = ProfileVersion.objects.filter(code=PERSONAL)
    for change in (lambda: rows.update(document="{}"), rows.delete):
        with pytest.raises(DatabaseError, match="profile"), transaction.atomic():
            change()


def test_the_staff_site_rewrites_no_profile(in_role):
    """CPS-4.3.1"""
    with in_role("staff"), pytest.raises(DatabaseError) as refusal, transaction.atomic():
        ProfileVersion.objects.filter(code=PERSONAL).update(document="{}")
    assert isinstance(refusal.value.__cause__, psycopg.errors.InsufficientPrivilege)


STATES = ("proposed", "agreed", "in_force", "replaced", "dropped")


@pytest.mark.parametrize("state", STATES[1:])
def test_the_staff_site_enters_nothing_but_proposals(in_role, state):
    """CPS-1.5.2"""
    one = ProfileVersion.objects.get(code=PERSONAL)
    more = {"document": one.document, "digest": one.digest, "approval_id": 7, "proposed_by": 7}
    with in_role("staff"), pytest.raises(DatabaseError, match="proposes"), transaction.atomic():
        ProfileVersion.objects.create(code=PERSONAL, version=2, state=state, **more)


@pytest.mark.parametrize("state", STATES)
def test_the_staff_site_moves_no_version_that_counts(in_role, state):
    """CPS-1.5.2: neither out of force nor into it."""
    agreed = ProfileVersion.objects.create(
        code=PERSONAL, version=2, state="agreed", document="{}", digest="", approval_id=4711
    )
    current = ProfileVersion.objects.get(code=PERSONAL, version=1)
    for pk, wanted in [(agreed.pk, "in_force")] if state == "in_force" else [(current.pk, state)]:
        with in_role("staff"), pytest.raises(DatabaseError, match="profile"), transaction.atomic():
            ProfileVersion.objects.filter(pk=pk).update(state=wanted)


@pytest.mark.parametrize("column", ["approval_id", "valid_from", "reason", "proposed_by"])
def test_what_people_agreed_to_keeps_its_approval_and_its_day(transactional_db, column):
    row = ProfileVersion.objects.create(
        code=PERSONAL, version=2, state="proposed", document="{}", digest="", approval_id=4711
    )
    changed = {"approval_id": 4712, "valid_from": "2026-12-01", "reason": "x", "proposed_by": 2}
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        ProfileVersion.objects.filter(pk=row.pk).update(**{column: changed[column]})


def test_each_process_does_its_part(in_role):
    """CPS-1.5.2: in the roles of the product, the staff site asks and a worker puts in force."""
    support.members()
    with in_role("staff"):
        row = support.propose(replace(profile(PERSONAL), years=(1, 2)))
        for login in support.VOTERS:
            support.agree(row, login)
    assert ProfileVersion.objects.get(pk=row.pk).state == "agreed"
    assert profile(PERSONAL).version == 1

    with in_role("worker"):
        assert services.begin_due(at=ca.NOW) == 1
    assert profile(PERSONAL).version == 2


def proposed(**changes):
    return support.propose(replace(profile(PERSONAL), **{"years": (1, 2)} | changes))


def by_hand(row, *, state="agreed", at=ca.NOW):
    ProfileVersion.objects.filter(pk=row.pk, state="proposed").update(state=state)
    row.refresh_from_db()
    assert refused(proving.check, row) == "profiles.unproved"
    assert services.begin_due(at=at) == 0
    row.refresh_from_db()
    told = Entry.objects.filter(action="ca.profileversion.drop").latest("pk")
    assert (row.state, profile(PERSONAL).version) == ("dropped", 1)
    return json.loads(told.details)["fault"]


def test_what_nobody_voted_for_does_not_begin(db):
    """CPS-1.5.2: the staff site's role can write that a version was agreed to, and its approval."""
    row = proposed()
    Approval.objects.filter(pk=row.approval_id).update(state="used")
    assert by_hand(row) == "votes.few"


def test_one_vote_is_not_enough(db):
    row = proposed()
    support.agree(row, "shao")
    assert by_hand(row) == "votes.few"


def test_votes_without_a_key_do_not_count(db, settings):
    """CPS-5.2.2"""
    row = proposed()
    for login in support.VOTERS:
        support.agree(row, login)
    Vote.objects.filter(approval=row.approval_id).update(key=None, signature=b"", statement="")
    OperatorKey.objects.update(active_until=ca.NOW - timedelta(seconds=30), state="revoked")
    assert by_hand(row) == "votes.few"


def test_an_approval_by_hand_stops_no_worker(db):
    """What somebody wrote into the tables is refused, and what others agreed to begins."""
    row = proposed()
    support.agree(row, "shao")
    nothing = {"payload": "[]", "digest": sm3(b'["ca.change_profile",[]]').hex()}
    Vote.objects.filter(approval=row.approval_id).update(key=None, signature=b"", statement="")
    OperatorKey.objects.update(active_until=ca.NOW - timedelta(seconds=30), state="revoked")
    Approval.objects.filter(pk=row.approval_id).update(**nothing)
    assert by_hand(row) == "votes.record"


def test_a_vote_for_another_version_does_not_count(db):
    """CPS-1.5.2: two people agreed to a version; another text begins by their votes."""
    agreed = support.decide(proposed())
    agreed.document = agreed.document.replace("clientAuth", "codeSigning")
    with pytest.raises(Refusal, match="something else"):
        proving.check(agreed)


def test_only_members_of_the_committee_count(db):
    """CPS-1.6.3: whoever was none when the vote was cast, as people_appointment says."""
    row = proposed()
    for login in support.VOTERS:
        support.agree(row, login)
    pei = StaffMember.objects.get(login="pei").pk
    Appointment.objects.filter(person=pei).update(until=ca.NOW - timedelta(days=1))
    assert by_hand(row) == "votes.committee"


def test_one_key_is_one_person(db):
    """CPS-5.2.2: two people who vote with one key are one."""
    row = support.decide(proposed())
    proving.PROVED.clear()
    key = OperatorKey.objects.get(person__login="shao")
    found = vote_records([row.approval_id])
    voted = [one for one in found if one["approval"] == row.approval_id]
    assert len({one["public_key"] for one in voted if one["signature"]}) == 2
    Vote.objects.filter(approval=row.approval_id).update(key=key)
    with pytest.raises(Refusal, match="key"):
        proving.check(row)


def uncertified():
    """A version for which two have voted without certificates, in a house that has some now."""
    row, members = proposed(), OperatorKey.objects.filter(person__login__in=support.VOTERS)
    for login in support.VOTERS:
        support.agree(row, login)
    members.update(state="suspended")  # so that theirs are not certified
    assert certify(at=ca.NOW) == 2  # the keys that put theirs to use
    assert ca.sign_all("anxin-rsa") == 2
    members.update(state="active")
    return row


def test_votes_count_with_certified_keys_alone(authorities):
    """CPS-5.2.3: as soon as there is one. The staff site's role makes keys up, no certificates."""
    row = uncertified()

    assert [services.begin_due(at=ca.NOW + hours * HOUR) for hours in (0, 1, 23)] == [0, 0, 0]
    row.refresh_from_db()
    assert (row.state, profile(PERSONAL).version) == ("agreed", 1)
    assert by_hand(row, at=ca.NOW + 24 * HOUR) == "votes.certificate"

    assert refused(support.agree, proposed(), "shao") == "operators.uncertified"


def test_votes_count_as_soon_as_their_keys_are_certified(authorities, in_role):
    """CPS-5.2.3, CPS-1.5.2: what people agreed to waits for the signer, and the journal says so
    once.
    """
    row = uncertified()
    for _ in range(2):
        with in_role("worker"):
            assert services.begin_due(at=ca.NOW) == 0
    (told,) = Entry.objects.filter(subject=subject_of(row), outcome="refused")
    assert (told.action, json.loads(told.details)["fault"]) == (
        "ca.profileversion.put_in_force",
        "votes.certificate",
    )

    assert certify(at=ca.NOW) == 2
    assert ca.sign_all("anxin-rsa") == 2

    assert services.begin_due(at=ca.NOW) == 1
    assert profile(PERSONAL).version == 2


def test_since_when_a_key_is_in_use_unproves_no_vote_of_a_certified_one(authorities):
    """CPS-5.2.3: who agreed to the first key had one already, as a row now says."""
    support.members()
    gao, asks = ca.staff("gao", Role.CA_ADMIN), ca.staff("qi", Role.SECURITY_ADMIN)
    with support.own_duties("people.enrol_key"):
        enrolled(pen(70), gao, asks, gao, at=ca.NOW)
    certify(at=ca.NOW)
    ca.sign_all("anxin-rsa")
    OperatorKey.objects.update(active_from=ca.FOUNDED)

    assert support.decide(proposed()).state == "in_force"


def test_votes_are_proved_once(db, django_assert_num_queries):
    support.decide(proposed())
    proving.PROVED.clear()
    assert agreed_to([(PERSONAL, 2)])
    with django_assert_num_queries(1):
        assert agreed_to([(PERSONAL, 2)])


def test_a_version_nobody_agreed_to_signs_nothing(authorities):
    """CPS-1.5.2, CPS-4.3.1: a row by hand, in force by its own word."""
    text = ProfileVersion.objects.get(code=PERSONAL).document.replace("clientAuth", "codeSigning")
    ProfileVersion.objects.filter(code=PERSONAL).update(state="replaced")
    ProfileVersion.objects.create(
        state="in_force", code=PERSONAL, version=2, document=text, digest="", approval_id=4711
    )
    certificate_id = ca.put_on_order()

    assert agreed_to([(PERSONAL, 2)]) == {(PERSONAL, 2): None}
    sweep_orders(at=ca.NOW, entropy=ca.entropy)

    row = Certificate.objects.get(pk=certificate_id)
    assert (row.state, row.profile_version) == ("ordered", 2)


@pytest.fixture
def unproved(authorities):
    """A version in force whose votes are older than operators' certificates, and a worker that was
    started anew.
    """
    row = support.decide(proposed())
    members = OperatorKey.objects.filter(person__login__in=support.VOTERS)
    members.update(state="suspended")  # so that theirs are not certified
    assert (certify(at=ca.NOW), ca.sign_all("anxin-rsa")) == (2, 2)
    members.update(state="active")
    proving.PROVED.clear()
    return row


def test_an_order_waits_until_its_version_can_be_proved(unproved, caplog, monkeypatch):
    """CPS-1.5.2, CPS-4.3.1: nothing else waits, and the dashboard says so."""
    monkeypatch.setattr(signing, "BATCH", 2)
    waiting = [ca.put_on_order(number) for number in range(3)]
    device = ca.put_on_order(9, profile="device-sm2-sign")
    later = ca.NOW + timedelta(minutes=6)

    caplog.clear()
    assert [sweep_orders(at=ca.NOW, entropy=ca.entropy) for _ in range(2)] == [1, 0]

    assert states([*waiting, device]) == ["ordered"] * 3 + ["valid"]
    assert caplog.text.count("no operator's certificate") == 1
    assert "profiles_unproved" not in alarms(ca.NOW)
    (said,) = [one for one in overview(later).alarms if one.code == "profiles_unproved"]
    assert f"{PERSONAL} 2" in said.text

    assert (certify(at=later), ca.sign_all("anxin-rsa", at=later)) == (2, 2)
    assert sweep_orders(at=later, entropy=ca.entropy) == 3
    assert "profiles_unproved" not in alarms(later)


def test_an_order_by_a_version_that_was_replaced_before_it_could_be_proved_is_refused(unproved):
    """CPS-1.5.2: so that people can decide it by the later one."""
    order = ca.put_on_order()
    assert (sweep_orders(at=ca.NOW, entropy=ca.entropy), states([order])) == (0, ["ordered"])
    ProfileVersion.objects.filter(pk=unproved.pk).update(state="replaced")

    assert sweep_orders(at=ca.NOW, entropy=ca.entropy) == 0

    assert certificate(order).refusal.startswith("profile.unknown")


def test_an_order_by_a_version_that_is_not_there_is_refused(authorities):
    """CPS-1.5.2"""
    order = ca.put_on_order()
    Certificate.objects.filter(pk=order).update(profile_version=7)

    assert sweep_orders(at=ca.NOW, entropy=ca.entropy) == 0

    assert certificate(order).refusal.startswith("profile.unknown")


def states(ids):
    return [certificate(one).state for one in ids]


def alarms(at):
    return [one.code for one in overview(at).alarms]


def test_an_approval_that_nobody_can_read_keeps_no_version_back(db):
    """CPS-1.5.2: as the staff site's role can write approvals."""
    deep, row = "[" * 100_000, proposed()
    other = support.propose(replace(profile("device-sm2-sign"), years=(1, 2)))
    for one in (row, other):
        for login in support.VOTERS:
            support.agree(one, login)
    digest = sm3(f'["ca.change_profile",{deep}]'.encode()).hex()
    Approval.objects.filter(pk=row.approval_id).update(payload=deep, digest=digest)
    Vote.objects.filter(approval=row.approval_id).update(key=None, signature=b"", statement="")
    OperatorKey.objects.update(active_until=ca.NOW - timedelta(seconds=30), state="revoked")

    assert services.begin_due(at=ca.NOW) == 1

    assert (profile(PERSONAL).version, profile("device-sm2-sign").version) == (1, 2)
    assert Entry.objects.filter(action="ca.profileversion.drop").count() == 1


def test_a_certificate_names_the_version_it_was_issued_by(authorities):
    """CPS-1.5.1"""
    issued = ca.issue()

    view = by_serial(f"{issued.parsed.serial:x}")
    assert (view.profile, view.profile_version) == (PERSONAL, 1)
