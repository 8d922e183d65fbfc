"""Trusted persons: appointed by two, in order or at rest, shut out by one (CPS 5.2, 5.3)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import CommandError, call_command

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.accounts import codes, devices
from people.accounts import services as accounts
from people.api import (
    Item,
    Role,
    appoint,
    approval,
    create_staff,
    enrol_device,
    note_finding,
    open_file,
    propose,
    vote,
)
from people.models import Appointment, Finding, PersonnelFile, StaffMember
from people.personnel import newcomers, services
from people.personnel.matrix import matrix
from people.personnel.rules import Act, Cause
from people.templatetags.people import named
from people.trust.queries import roles_of
from people.trust.roles import Duty
from people.trust.rules import Grade, State
from people.trust.services import name_escort, note_lapses
from ra.branches.models import Office
from ra.branches.services import open_office
from tests.support.people import hire, in_order, signed_in
from tests.support.refusals import refused_by

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
PASSWORD, KEY = "qiyuan-Harbor-17", b"k" * 20


def lapses(person_id, item, due):
    Finding.objects.filter(file=person_id, item=item).update(due=due)


def newcomer(login="wen"):
    """Somebody with an account and nothing else."""
    return create_staff(
        login,
        name="闻溪",
        staff_number=f"N-{login}",
        password=PASSWORD,
        office="RA00",
        must_change_password=False,
        actor=SYSTEM,
        at=AT,
    )


# --- appointed by two ---------------------------------------------------------------------------


def test_a_role_is_given_by_one_who_asks_and_another_who_agrees(tang, gao):
    """CPS-5.2.1, CPS-5.2.4"""
    wen = hire("wen").person_id

    asked = services.propose_appointment(wen, Role.OPERATOR, actor=tang, at=AT)
    assert roles_of(wen, at=AT) == set()
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)

    assert roles_of(wen, at=AT) == {"operator"}
    row = Appointment.objects.get(person=wen)
    assert (row.warrant_id, row.appointed_by_id) == (asked.id, gao.person_id)
    entry = Entry.objects.get(action="people.appointed", subject=f"people.staffmember:{wen}")
    assert (entry.actor_id, entry.details) == (gao.person_id, '{"role":"operator"}')


def test_a_role_is_ended_by_two(tang, gao):
    """CPS-5.2.4"""
    chen = hire("chen", Role.OPERATOR).person_id

    asked = services.propose_dismissal(chen, Role.OPERATOR, actor=tang, at=AT)
    assert roles_of(chen, at=AT) == {"operator"}
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)

    assert roles_of(chen, at=AT) == set()


def test_a_no_gives_nothing(tang, gao):
    wen = hire("wen").person_id
    asked = services.propose_appointment(wen, Role.OPERATOR, actor=tang, at=AT)

    vote(asked.id, grants=False, seen=asked.digest, actor=gao, at=AT)

    assert approval(asked.id).state == "refused"
    assert not Appointment.objects.filter(person=wen).exists()


def test_who_asked_does_not_agree(tang):
    """CPS-5.2.4"""
    wen = hire("wen").person_id
    asked = services.propose_appointment(wen, Role.OPERATOR, actor=tang, at=AT)
    rule = refused_by(vote, asked.id, grants=True, seen=asked.digest, actor=tang, at=AT)

    assert rule == "approval.not_a_checker"


def test_nobody_asks_or_agrees_about_themselves(tang, gao):
    """CPS-5.2.4"""
    own = services.propose_appointment
    assert (
        refused_by(own, tang.person_id, Role.POLICY_MEMBER, actor=tang, at=AT) == "trust.own_file"
    )
    asked = own(gao.person_id, Role.POLICY_MEMBER, actor=tang, at=AT)

    named = {"grants": True, "seen": asked.digest, "actor": gao, "at": AT}
    assert refused_by(vote, asked.id, **named) == "trust.own_file"
    assert refused_by(vote, asked.id, **named | {"grants": False}) == "trust.own_file"
    assert roles_of(gao.person_id, at=AT) == {"ca_admin"}


def test_nobody_stops_their_own_dismissal(tang, gao):
    """CPS-5.2.4: a no is a decision, too."""
    asked = services.propose_dismissal(gao.person_id, Role.CA_ADMIN, actor=tang, at=AT)

    named = {"grants": False, "seen": asked.digest, "actor": gao, "at": AT}
    assert refused_by(vote, asked.id, **named) == "trust.own_file"
    assert approval(asked.id).state == "open"


def test_a_role_is_given_for_the_office_the_voter_was_shown(tang, gao):
    """CPS-1.4.2, CPS-5.2.4: an operator of one counter is not one of the whole authority."""
    open_office("RA01", name="栖原注册中心", actor=SYSTEM, at=AT)
    wen = hire("wen", office="LRA0103").person_id
    asked = services.propose_appointment(wen, Role.OPERATOR, actor=tang, at=AT)
    services.move(wen, "RA01", actor=tang, at=AT)

    decided = {"grants": True, "seen": asked.digest, "actor": gao, "at": AT}
    assert refused_by(vote, asked.id, **decided) == "approval.closed"
    assert approval(asked.id).state == "withdrawn"
    assert roles_of(wen, at=AT) == set()


def test_a_device_that_was_lost_does_not_come_back_with_its_person(tang, gao, shen):
    """CPS-5.3.6: a suspension for a lost device is no pause for whoever found it."""
    services.suspend(shen, Cause.TOKEN_LOST, actor=tang, at=AT)
    asked = services.propose_reinstatement(shen, actor=tang, at=AT)
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)

    now = datetime.now(UTC)
    code = codes.code(KEY, after=-1, at=now)
    assert refused_by(devices.check_code, shen, code, address="", at=now) == "sign_in.refused"
    assert accounts.check_password("shen", PASSWORD, address="", at=now) == shen


@pytest.mark.parametrize(
    ("held", "asked", "rule"),
    [
        ([Role.OPERATOR], Role.REVIEWER, "trust.incompatible_roles"),
        ([Role.OPERATOR], Role.OPERATOR, "trust.appointed_already"),
    ],
)
def test_a_hopeless_appointment_is_not_even_asked_for(tang, held, asked, rule):
    """CPS-5.2.4: enforced at assignment."""
    chen = hire("chen", *held).person_id

    assert refused_by(services.propose_appointment, chen, asked, actor=tang, at=AT) == rule


def test_what_lapsed_since_it_was_asked_for_is_not_given(tang, gao):
    """CPS-5.3.4: the standing at the vote counts."""
    wen = hire("wen").person_id
    asked = services.propose_appointment(wen, Role.OPERATOR, actor=tang, at=AT)
    lapses(wen, Item.RECOVERY, TODAY - timedelta(days=1))

    rule = refused_by(vote, asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)

    assert rule == "trust.recovery"
    assert approval(asked.id).state == "open"


def test_a_newcomer_gets_a_role_once_the_file_is_whole(tang):
    """CPS-5.3.1, CPS-5.3.2, CPS-5.3.3"""
    wen = newcomer()
    assert refused_by(appoint, wen, Role.OPERATOR, actor=SYSTEM, at=AT) == "trust.no_file"
    open_file(wen, engaged_on=date(2026, 1, 5), actor=tang, at=AT)
    for item in Item:
        with pytest.raises(Refusal) as refusal:
            appoint(wen, Role.OPERATOR, actor=SYSTEM, at=AT)
        assert refusal.value.cps in {"5.3.1", "5.3.2", "5.3.3"}
        note_finding(wen, item, passed=True, on=TODAY, actor=tang, at=AT)
        if item is Item.RECOVERY:
            break

    appoint(wen, Role.OPERATOR, actor=SYSTEM, at=AT)

    assert roles_of(wen, at=AT) == {"operator"}
    entries = Entry.objects.filter(subject=f"people.staffmember:{wen}", actor_id=tang.person_id)
    assert list(entries.order_by("pk").values_list("action", flat=True)) == [
        "people.file_opened",
        *["people.finding_noted"] * 12,
    ]
    assert '"item":"recovery"' in entries.latest("pk").details


# --- in order or at rest ------------------------------------------------------------------------


def test_an_overdue_training_rests_the_role_and_a_new_one_wakes_it(tang):
    """CPS-5.3.4: nobody has to do anything for it."""
    chen = hire("chen", Role.OPERATOR).person_id
    lapses(chen, Item.EMERGENCIES, TODAY)

    assert roles_of(chen, at=AT) == {"operator"}
    tomorrow = AT + timedelta(days=1)
    assert roles_of(chen, at=tomorrow) == set()
    assert Appointment.objects.filter(person=chen, until=None).exists()

    note_finding(
        chen, Item.EMERGENCIES, passed=True, on=TODAY + timedelta(days=1), actor=tang, at=tomorrow
    )
    assert roles_of(chen, at=tomorrow) == {"operator"}


def test_whose_training_lapsed_has_no_pages_of_that_role():
    """CPS-5.3.4, CPS-5.2.4: enforced at each act."""
    ren = hire("ren", Role.SECURITY_ADMIN)
    browser = signed_in(ren)
    before = browser.get("/people/").status_code
    lapses(ren.person_id, Item.PKI_BASICS, date(2026, 1, 1))

    page = browser.get("/me/")

    assert (before, browser.get("/people/").status_code) == (200, 403)
    assert page.status_code == 200
    assert "“CA 安全管理员”已暂停" in page.content.decode()


def test_notice_is_written_down_once_for_each_step():
    """CPS-5.3.4: a month before, a week before, and when it has lapsed."""
    chen = hire("chen", Role.OPERATOR).person_id
    lapses(chen, Item.DUTIES, TODAY)

    days = [-60, -31, -30, -29, -7, -6, 0, 1, 2]
    told = {day: note_lapses(at=AT + timedelta(days=day)) for day in days}

    assert [day for day, count in told.items() if count] == [-30, -7, 1]
    entries = Entry.objects.filter(subject=f"people.staffmember:{chen}", action__contains="lapse")
    assert [(e.action, e.details) for e in entries.order_by("pk")] == [
        (action, '{"due":"2026-11-20","item":"duties"}')
        for action in ("people.lapse_ahead", "people.lapse_ahead", "people.lapsed")
    ]


def test_nobody_keeps_their_own_file(tang):
    """CPS-5.3.2"""
    one = {"passed": True, "on": TODAY, "actor": tang, "at": AT}
    assert refused_by(note_finding, tang.person_id, Item.HONESTY, **one) == "trust.own_file"


def test_only_the_administrators_keep_files():
    """CPS-5.3.2"""
    ren, chen = hire("ren", Role.AUDITOR), hire("chen")
    one = {"passed": True, "on": TODAY, "actor": ren, "at": AT}
    assert refused_by(note_finding, chen.person_id, Item.HONESTY, **one) == "trust.not_a_keeper"


def test_a_result_of_tomorrow_is_refused(tang):
    chen = hire("chen").person_id
    one = {"passed": True, "actor": tang, "at": AT}
    tomorrow = TODAY + timedelta(days=1)

    assert refused_by(note_finding, chen, Item.DUTIES, on=tomorrow, **one) == "trust.day_to_come"
    note_finding(chen, Item.DUTIES, on=TODAY, **one)
    row = Finding.objects.filter(file=chen, item=Item.DUTIES).latest("pk")
    assert (row.due, row.noted_by_id) == (date(2027, 11, 20), tang.person_id)


def test_a_contractor_has_an_escort_from_the_first_day(tang):
    """CPS-5.3.7"""
    wen, wei = newcomer(), hire("wei").person_id
    terms = {"engaged_on": TODAY, "contractor": True, "employer": "A", "actor": tang, "at": AT}

    assert refused_by(open_file, wen, **terms) == "trust.escort"
    assert refused_by(open_file, wen, escort_id=wen, **terms) == "trust.escort"
    open_file(wen, escort_id=wei, **terms)

    assert PersonnelFile.objects.get(pk=wen).escort_id == wei
    assert refused_by(open_file, wen, escort_id=wei, **terms) == "trust.file_already"


@pytest.mark.parametrize("trouble", ["suspended", "left", "contractor"])
def test_an_escort_is_one_of_the_house_who_is_in_post(tang, trouble):
    """CPS-5.3.7"""
    wen, wei = newcomer(), hire("wei").person_id
    change = {"contractor": True} if trouble == "contractor" else {"state": trouble}
    PersonnelFile.objects.filter(pk=wei).update(**change)
    terms = {"engaged_on": TODAY, "contractor": True, "employer": "A", "actor": tang, "at": AT}

    assert refused_by(open_file, wen, escort_id=wei, **terms) == "trust.escort"


def test_a_contractors_role_rests_while_the_escort_is_not_in_post(tang, gao):
    """CPS-5.3.7"""
    wen, wei = hire("wen", Role.SUPPORT).person_id, hire("wei").person_id
    PersonnelFile.objects.filter(pk=wen).update(contractor=True, escort_id=wei)
    assert roles_of(wen, at=AT) == {"support"}

    services.suspend(wei, Cause.SUSPECTED, actor=tang, at=AT)
    assert roles_of(wen, at=AT) == set()

    name_escort(wen, gao.person_id, actor=tang, at=AT)
    assert roles_of(wen, at=AT) == {"support"}
    entry = Entry.objects.get(action="people.escort_named")
    assert entry.details == f'{{"escort":{gao.person_id}}}'


def test_an_escort_is_named_by_a_keeper_and_for_contractors(tang):
    """CPS-5.3.7"""
    wen, wei = hire("wen", Role.SUPPORT), hire("wei").person_id
    named = {"at": AT}

    name = name_escort
    assert refused_by(name, wen.person_id, wei, actor=tang, **named) == "trust.no_contractor"
    PersonnelFile.objects.filter(pk=wen.person_id).update(contractor=True, escort_id=wei)
    assert refused_by(name, wen.person_id, wei, actor=wen, **named) == "trust.not_a_keeper"
    own = refused_by(name, wen.person_id, wen.person_id, actor=tang, **named)
    assert own == "trust.escort"


# --- shut out by one ----------------------------------------------------------------------------


@pytest.fixture
def shen():
    """A reviewer with password, device, and a browser."""
    person_id = newcomer("shen")
    in_order(person_id)
    enrol_device(person_id, KEY, actor=SYSTEM, at=AT)
    appoint(person_id, Role.REVIEWER, actor=SYSTEM, at=AT)
    return person_id


def test_one_action_shuts_a_person_out_everywhere(tang, shen):
    """CPS-5.3.6: sessions, password, one-time device, roles, pending votes; in one transaction."""
    chen = hire("chen", Role.OPERATOR)
    actor = hire("nobody")  # only for the shape
    actor = type(actor)(shen, "闻溪", frozenset({"reviewer"}), proved_at=AT)
    browser = signed_in(actor)
    assert browser.get("/me/").status_code == 200
    asked = propose("ra.approve_application_twice", {"n": 1}, subject="x:1", actor=chen, at=AT)
    vote(asked.id, grants=True, seen=asked.digest, actor=actor, at=AT)

    services.suspend(shen, Cause.SUSPECTED, actor=tang, at=AT)

    assert browser.get("/me/")["Location"].startswith("/sign-in/")
    assert roles_of(shen, at=AT) == set()
    assert approval(asked.id).state == "withdrawn"
    now = datetime.now(UTC)
    code = codes.code(KEY, after=-1, at=now)
    assert refused_by(devices.check_code, shen, code, address="", at=now) == "sign_in.refused"
    password = refused_by(accounts.check_password, "shen", PASSWORD, address="", at=now)
    assert password == "sign_in.refused"
    entry = Entry.objects.get(action="people.personnelfile.suspend")
    assert (entry.actor_id, entry.subject) == (tang.person_id, f"people.personnelfile:{shen}")
    assert '"cause":"suspected"' in entry.details


def test_somebody_without_a_file_is_shut_out_as_well_and_comes_back_by_two(tang, gao):
    """CPS-5.3.6: nobody opens a file first for somebody who has to be stopped now."""
    open_office("RA00", name="栖原机构", actor=SYSTEM, at=AT)
    wen = newcomer()
    browser = signed_in(accounts.actor(wen, "127.0.0.1"))
    assert browser.get("/me/").status_code == 200
    keeper, page = signed_in(tang), "/people/of/N-wen/"
    assert "立即停职" in keeper.get(page).content.decode()

    keeper.post(f"{page}suspend/", {"cause": "suspected"})

    assert browser.get("/me/")["Location"].startswith("/sign-in/")
    now = datetime.now(UTC)
    password = refused_by(accounts.check_password, "wen", PASSWORD, address="", at=now)
    assert password == "sign_in.refused"
    entry = Entry.objects.get(action="people.account_suspended")
    assert (entry.actor_id, entry.subject) == (tang.person_id, f"people.staffmember:{wen}")
    assert "立即停职" not in keeper.get(page).content.decode()
    again = refused_by(services.suspend, wen, Cause.SUSPECTED, actor=tang, at=AT)
    assert again == "people.account_closed"
    asked = newcomers.propose_opening(wen, actor=tang, at=AT)
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)
    assert StaffMember.objects.get(pk=wen).is_active


def test_what_a_suspended_person_asked_for_is_taken_back(tang):
    """CPS-5.3.6"""
    chen, other = hire("chen", Role.OPERATOR), hire("wu", Role.OPERATOR)
    mine, theirs = (
        propose("ra.approve_application", {"n": 1}, subject=f"x:{who.person_id}", actor=who, at=AT)
        for who in (chen, other)
    )

    services.suspend(chen.person_id, Cause.TOKEN_LOST, actor=tang, at=AT)

    assert (approval(mine.id).state, approval(theirs.id).state) == ("withdrawn", "open")


def test_a_suspension_is_lifted_by_two(tang, gao, shen):
    """CPS-5.3.6"""
    services.suspend(shen, Cause.SUSPECTED, actor=gao, at=AT)

    asked = services.propose_reinstatement(shen, actor=tang, at=AT)
    assert roles_of(shen, at=AT) == set()
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)

    assert roles_of(shen, at=AT) == {"reviewer"}
    now = datetime.now(UTC)
    assert accounts.check_password("shen", PASSWORD, address="", at=now) == shen


# --- nobody left to agree -----------------------------------------------------------------------


def known_at_the_server(login, *roles):
    """Somebody who can show both factors."""
    actor = hire(login, *roles)
    StaffMember.objects.filter(pk=actor.person_id).update(password=make_password(PASSWORD))
    enrol_device(actor.person_id, KEY, actor=SYSTEM, at=AT)
    return actor


@pytest.fixture
def typed(monkeypatch):
    """What two people type at the server: everybody has the same password and device here."""
    code = codes.code(KEY, after=-1, at=datetime.now(UTC))
    monkeypatch.setattr(
        "people.management.commands.restore_keeper.getpass",
        lambda prompt: PASSWORD if "password" in prompt else code,
    )


def test_two_others_bring_the_only_administrator_back_at_the_server(gao, typed):
    """CPS-5.3.6, CPS-5.2.4"""
    known_at_the_server("tang", Role.SECURITY_ADMIN)
    jiang = known_at_the_server("jiang", Role.AUDITOR)
    services.suspend(gao.person_id, Cause.SUSPECTED, actor=hire("wu", Role.SECURITY_ADMIN), at=AT)

    call_command("restore_keeper", "S-gao", "ca_admin", by=["tang", "jiang"])

    assert roles_of(gao.person_id, at=AT) == {"ca_admin"}
    entry = Entry.objects.get(action="people.keeper_restored")
    assert (entry.actor_name, entry.address) == ("Tang", "server")
    assert f'"also":{jiang.person_id}' in entry.details


def test_who_is_given_an_orphaned_role_at_the_server_is_in_order(tang, gao, typed):
    """CPS-5.3.1: the file counts here as everywhere."""
    vouchers = [tang, hire("jiang", Role.AUDITOR)]
    services.leave(gao.person_id, actor=tang, at=AT)
    lu, restore = hire("lu", office="").person_id, services.restore_keeper
    lapses(lu, Item.RECOVERY, TODAY - timedelta(days=1))
    assert refused_by(restore, lu, Role.CA_ADMIN, vouchers=vouchers, at=AT) == "trust.recovery"

    lapses(lu, Item.RECOVERY, None)
    restore(lu, Role.CA_ADMIN, vouchers=vouchers, at=AT)

    assert roles_of(lu, at=AT) == {"ca_admin"}


def test_the_way_of_the_server_is_open_to_nobody_else(tang, gao):
    """CPS-5.2.4: not while two can decide, not to one, not to two of one duty or of none."""
    jiang, song = hire("jiang", Role.AUDITOR), hire("song", Role.SECURITY_ADMIN)
    restore, lu = services.restore_keeper, hire("lu")

    both = [tang, jiang]
    taken = refused_by(restore, lu.person_id, Role.CA_ADMIN, vouchers=both, at=AT)
    services.leave(gao.person_id, actor=tang, at=AT)
    for vouchers in ([tang, tang], [tang, song], [tang, lu], [jiang, hire("fang")]):
        rule = refused_by(restore, lu.person_id, Role.CA_ADMIN, vouchers=vouchers, at=AT)
        assert rule == "trust.two_vouch"

    assert taken == "trust.others_decide"
    assert roles_of(lu.person_id, at=AT) == set()


def test_a_wrong_password_at_the_server_restores_nobody(gao, monkeypatch):
    known_at_the_server("tang", Role.SECURITY_ADMIN)
    place = "people.management.commands.restore_keeper.getpass"
    monkeypatch.setattr(place, lambda prompt: "wrong")

    with pytest.raises(CommandError, match=r"sign_in\.refused"):
        call_command("restore_keeper", "S-gao", "ca_admin", by=["tang", "jiang"])


def test_a_leaver_is_gone_for_good_in_one_step(tang, gao, shen):
    """WP-8.2"""
    services.leave(shen, actor=tang, at=AT)

    assert not StaffMember.objects.get(pk=shen).is_active
    assert not StaffMember.objects.get(pk=shen).onetimedevice_set.filter(confirmed=True).exists()
    assert not Appointment.objects.filter(person=shen, until=None).exists()
    assert PersonnelFile.objects.get(pk=shen).state == "left"
    lift = refused_by(services.propose_reinstatement, shen, actor=tang, at=AT)
    assert lift == "state.no_such_step"
    one = {"passed": True, "on": TODAY, "actor": gao, "at": AT}
    assert refused_by(note_finding, shen, Item.DUTIES, **one) == "trust.left"
    entry = Entry.objects.get(action="people.left")
    assert entry.details == '{"roles":["reviewer"]}'


def test_a_mover_starts_anew(tang, gao, shen):
    """WP-8.2"""
    open_office("RA01", name="栖原注册中心", actor=SYSTEM, at=AT)
    browser = signed_in(type(tang)(shen, "闻溪"))

    services.move(shen, "RA01", actor=gao, at=AT)

    assert roles_of(shen, at=AT) == set()
    assert StaffMember.objects.get(pk=shen).office == "RA01"
    assert browser.get("/me/")["Location"].startswith("/sign-in/")
    asked = services.propose_appointment(shen, Role.OPERATOR, actor=tang, at=AT)
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)
    assert roles_of(shen, at=AT) == {"operator"}
    entry = Entry.objects.get(action="people.moved")
    assert entry.details == '{"office":"RA01","roles":["reviewer"]}'


def test_nobody_of_a_partner_s_office_keeps_the_files_of_all(tang, gao):
    """CPS-5.2.1, CPS-1.4.2: neither asked for, nor agreed to, nor kept by a move in between."""
    wen = hire("wen", office="RA01").person_id
    stray = hire("stray", Role.CA_ADMIN).person_id
    StaffMember.objects.filter(pk=stray).update(office="RA01")

    asked_for = refused_by(
        services.propose_appointment, wen, Role.SECURITY_ADMIN, actor=tang, at=AT
    )

    assert asked_for == "trust.headquarters"
    assert roles_of(stray, at=AT) == set()
    asked = propose(
        "people.appoint",
        {"person": wen, "role": "ca_admin"},
        subject=f"people.staffmember:{wen}",
        actor=tang,
        at=AT,
    )
    decided = {"grants": True, "seen": asked.digest, "actor": gao, "at": AT}
    assert refused_by(vote, asked.id, **decided) == "trust.headquarters"


def test_nobody_works_at_an_office_that_is_not_there_or_has_stopped(tang, gao, shen):
    """CPS-1.4.2, CPS-5.8"""
    open_office("RA01", name="栖原注册中心", actor=SYSTEM, at=AT)
    new = {"name": "米兰", "staff_number": "0401", "actor": tang, "at": AT}
    asked = newcomers.propose_account("milan", office="RA01", **new)
    Office.objects.filter(code="RA01").update(
        state="stopped", stopped_at=AT, successor=Office.objects.get(code="RA01")
    )

    for office, rule in (("RA99", "branches.unknown"), ("RA01", "branches.stopped")):
        assert refused_by(services.move, shen, office, actor=tang, at=AT) == rule
        other = new | {"staff_number": "0402"}
        propose_one = newcomers.propose_account
        assert refused_by(propose_one, "other", office=office, **other) == rule
    decided = {"grants": True, "seen": asked.digest, "actor": gao, "at": AT}
    assert refused_by(vote, asked.id, **decided) == "branches.stopped"
    assert StaffMember.objects.get(pk=shen).office != "RA99"
    assert roles_of(shen, at=AT) == {"reviewer"}


@pytest.mark.parametrize("act", [services.suspend, services.leave, services.move])
def test_only_administrators_shut_out_and_nobody_themselves(tang, act):
    """CPS-5.3.6"""
    ren, chen = hire("ren", Role.AUDITOR), hire("chen", Role.OPERATOR).person_id
    more = {services.suspend: [Cause.SUSPECTED], services.move: [""]}.get(act, [])

    assert refused_by(act, chen, *more, actor=ren, at=AT) == "trust.not_a_keeper"
    assert refused_by(act, tang.person_id, *more, actor=tang, at=AT) == "trust.own_file"
    assert roles_of(chen, at=AT) == {"operator"}


# --- pages --------------------------------------------------------------------------------------

PAGES = ["/people/", "/people/matrix/", "/people/of/S-chen/"]
ACTS = ["file", "finding", "role", "role/end", "return", "suspend", "leave", "move"]


@pytest.mark.parametrize("page", PAGES)
def test_the_administrators_see_the_pages_and_others_do_not(page):
    chen = hire("chen", Role.OPERATOR)
    for who in (hire("tang", Role.SECURITY_ADMIN), hire("gao", Role.CA_ADMIN)):
        assert signed_in(who).get(page).status_code == 200
    for who in (chen, hire("jiang", Role.AUDITOR), hire("wei", Role.CA_OPERATOR)):
        assert signed_in(who).get(page).status_code == 403


@pytest.mark.parametrize("act", ACTS)
def test_the_outsider_does_nothing_to_people(act):
    chen = hire("chen", Role.OPERATOR)
    before = Appointment.objects.filter(until=None).count()

    assert signed_in(chen).post(f"/people/of/S-chen/{act}/", {}).status_code == 403
    assert Appointment.objects.filter(until=None).count() == before


def test_two_administrators_appoint_on_the_pages(tang, gao):
    """CPS-5.2.4"""
    wen = hire("wen").person_id
    asks, agrees = signed_in(tang), signed_in(gao)

    asks.post("/people/of/S-wen/role/", {"role": "operator"})
    (one,) = agrees.get("/people/of/S-wen/").context["view"].proposals
    assert one.may_decide
    (seen_by_maker,) = asks.get("/people/of/S-wen/").context["view"].proposals
    assert not seen_by_maker.may_decide
    done = agrees.post(
        f"/approvals/{one.approval.id}/decide/", {"seen": one.approval.digest, "grants": "yes"}
    )

    assert done["Location"] == "/approvals/"
    assert roles_of(wen, at=datetime.now(UTC)) == {"operator"}


def test_a_file_is_kept_suspended_and_closed_on_the_page(tang):
    wen = newcomer()
    page, browser = "/people/of/N-wen/", signed_in(tang)
    assert "建立档案" in browser.get(page).content.decode()

    wrong = browser.post(f"{page}file/", {"engaged_on": "2026-01-05", "contractor": "on"})
    assert (wrong.status_code, "陪同" in wrong.content.decode()) == (422, True)
    browser.post(f"{page}file/", {"engaged_on": "2026-01-05"})
    future = {"item": "honesty", "passed": "yes", "on": "2999-01-01"}
    assert browser.post(f"{page}finding/", future).status_code == 422
    browser.post(f"{page}finding/", future | {"on": "2026-02-05", "reference": "RS-1"})
    assert "RS-1" in browser.get(page).content.decode()
    browser.post(f"{page}suspend/", {"cause": "suspected"})
    assert PersonnelFile.objects.get(pk=wen).state == "suspended"
    assert browser.post(f"{page}leave/", {"confirm": "N-wem"}).status_code == 422
    browser.post(f"{page}leave/", {"confirm": "N-wen"})

    assert PersonnelFile.objects.get(pk=wen).state == "left"
    assert browser.get(page).status_code == 200


def test_the_page_of_a_contractor_names_another_escort(tang):
    """CPS-5.3.7"""
    wen, wei, lu = (hire(login).person_id for login in ("wen", "wei", "lu"))
    PersonnelFile.objects.filter(pk=wen).update(contractor=True, escort_id=wei)
    PersonnelFile.objects.filter(pk=lu).update(state="suspended")
    page, browser = "/people/of/S-wen/", signed_in(tang)
    assert "指定陪同人员" in browser.get(page).content.decode()

    assert browser.post(f"{page}escort/", {"escort": "S-lu"}).status_code == 422
    assert browser.post(f"{page}escort/", {"escort": ""}).status_code == 422
    browser.post(f"{page}escort/", {"escort": "S-tang"})

    assert PersonnelFile.objects.get(pk=wen).escort_id == tang.person_id


def test_the_list_and_one_s_own_page_say_what_lapses(tang):
    """CPS-5.3.4"""
    chen = hire("chen", Role.OPERATOR)
    soon = datetime.now(UTC).date() + timedelta(days=20)
    lapses(chen.person_id, Item.SYSTEMS, soon)

    listed = signed_in(tang).get("/people/").content.decode()
    own = signed_in(chen).get("/me/").content.decode()

    assert f"{soon} 到期" in listed
    assert f"{soon} 到期" in own


def test_the_matrix_and_the_simulator_say_which_duties_would_meet(tang):
    """CPS-5.2.4"""
    hire("chen", Role.OPERATOR)
    rows = matrix()
    apart = {(row.role, cell.role) for row in rows for cell in row.cells if cell.apart}
    browser = signed_in(tang)

    page = browser.get("/people/matrix/?person=S-chen&role=reviewer")
    fine = browser.get("/people/matrix/?person=S-chen&role=policy_member").context["found"]

    assert len(rows) == len(Role)
    assert ("operator", "reviewer") in apart
    assert ("operator", "policy_member") not in apart
    assert apart == {(other, one) for one, other in apart}
    found = page.context["found"]
    assert [one.duties for one in found.clashes] == [("business", "subscriber_data")]
    assert "ra.approve_application" in found.both_sides
    assert "业务处理与订户资料管理会落在一人手里" in page.content.decode()
    assert fine.possible


def test_every_code_of_the_pages_has_a_name():
    for table, codes_of_it in {
        "act": Act,
        "cause": Cause,
        "duty": Duty,
        "grade": Grade,
        "item": Item,
        "standing": [*State, ""],
    }.items():
        assert [named(code, table) for code in codes_of_it].count("") == 0


@pytest.mark.django_db(transaction=True)
def test_the_worker_tells_of_lapses_and_changes_nothing_else(connection_as):
    chen = hire("chen", Role.OPERATOR).person_id
    call_command("grant")
    with connection_as("worker") as one:
        one.execute("UPDATE people_finding SET noticed = 1")
        for act in ("UPDATE people_finding SET passed = true", "DELETE FROM people_finding"):
            with pytest.raises(Exception, match="permission denied"):
                one.execute(act)
    with connection_as("staff") as one, pytest.raises(Exception, match="permission denied"):
        one.execute(f"UPDATE people_finding SET passed = true WHERE file_id = {chen}")


@pytest.mark.django_db(transaction=True)
def test_who_breaks_into_a_worker_reads_no_password(connection_as):
    """CPS-6.5.1: not even its hash."""
    chen = hire("chen", Role.OPERATOR).person_id
    call_command("grant")
    with connection_as("worker") as one:
        found = one.execute("SELECT name FROM people_staffmember WHERE id = %s", [chen])
        assert found.fetchone() == ("Chen",)
        with pytest.raises(Exception, match="permission denied"):
            one.execute("SELECT password FROM people_staffmember")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "act",
    [
        "UPDATE people_appointment SET role = 'ca_admin', duty = 'maintenance'",
        "UPDATE people_appointment SET person_id = 1",
        "UPDATE people_personnelfile SET engaged_on = '2000-01-01'",
        "UPDATE people_personnelfile SET contractor = false",
    ],
)
def test_an_appointment_is_not_turned_into_another(connection_as, act):
    """CPS-5.2.1, CPS-5.3.1: what the staff site's role may change of it is its end."""
    hire("chen", Role.OPERATOR)
    call_command("grant")
    with connection_as("staff") as one:
        one.execute("UPDATE people_appointment SET until = now()")
        with pytest.raises(Exception, match="permission denied"):
            one.execute(act)
