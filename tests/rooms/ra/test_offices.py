"""What an RA may take in, how it keeps its terms, how it ends (CPS-1.4.2, CPS-4.2.3, CPS-5.8)."""

import re
from datetime import date, timedelta
from functools import partial
from importlib import import_module

import pytest
from django.db import connection

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca import api as ca
from people.api import Role, open_approvals, vote
from people.models import StaffMember
from ra.applications.models import Application
from ra.branches import queries as branches
from ra.branches import services
from ra.branches.models import Authority, Office
from ra.fees.models import FeeOrder
from ra.holds import queries as holds
from ra.intake import handing_in
from ra.intake import queries as intake_queries
from ra.intake import services as intake
from ra.offices import estate, queries
from ra.offices import services as offices
from ra.partners.models import PartnerKey
from ra.review import decisions
from ra.review import services as review
from ra.revocations import queries as revocations
from ra.revocations.models import RevocationRequest
from tests.rooms.ra import test_fees, test_holds, test_revocations
from tests.support import partners, ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE
from tests.support.races import at_once, while_open
from tests.support.refusals import refused

TERMS = {
    "agreement": "RA-2026-007",
    "profiles": ["personal-sm2-sign"],
    "quota": None,
    "valid_from": date(2026, 11, 1),
    "valid_until": date(2027, 10, 31),
}


@pytest.fixture
def tang(db):
    return hire("tang", Role.SECURITY_ADMIN, office="")


@pytest.fixture
def gao(db):
    return hire("gao", Role.CA_ADMIN, office="")


def office(code):
    return Office.objects.get(code=code)


def agreed(approval, person, at=AT):
    return vote(approval.id, grants=True, seen=approval.digest, actor=person, at=at)


def authorise(code, tang, gao, **changes):
    asked = services.propose_authority(office(code).pk, **(TERMS | changes), actor=tang, at=AT)
    agreed(asked, gao)


def rules_of(error):
    return [one.rule for one in getattr(error, "items", [error])]


def submit(counter, number=1, **how):
    draft = ra.draft(counter.chen, number, **how)
    return handing_in.submit(draft, actor=counter.chen, at=AT + MINUTE)


# --- authority -------------------------------------------------------------------------------


def test_an_authority_is_asked_for_by_one_and_given_by_another(counter, tang, gao):
    """CPS-1.4.2"""
    asked = services.propose_authority(office("RA01").pk, **TERMS, actor=tang, at=AT)
    assert branches.standing(office("RA01").pk).authority.agreement == "RA-2026-001"

    agreed(asked, gao)

    in_force = Authority.objects.get(office=office("RA01"), ended_at=None)
    assert (in_force.agreement, in_force.approval_id) == ("RA-2026-007", asked.id)
    assert Authority.objects.get(agreement="RA-2026-001", office__code="RA01").ended_at == AT
    assert Entry.objects.filter(action="ra.grant_authority", actor_id=gao.person_id).exists()


def test_who_asked_for_an_authority_does_not_give_it(counter, tang):
    asked = services.propose_authority(office("RA01").pk, **TERMS, actor=tang, at=AT)

    assert refused(agreed, asked, tang).rule == "approval.not_a_checker"
    assert branches.standing(office("RA01").pk).authority.agreement == "RA-2026-001"


def test_only_the_installation_gives_authority_by_itself_and_only_once(counter, tang):
    given = refused(services.install_authority, "RA01", ra.authority(), actor=tang, at=AT)
    again = refused(services.install_authority, "RA01", ra.authority(), actor=SYSTEM, at=AT)

    assert (given.rule, given.cps) == ("branches.needs_approval", "1.4.2")
    assert again.rule == "branches.authorised_already"


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"agreement": "-"}, "agreement", "agreement"),
        ({"profiles": []}, "profiles", "profiles"),
        ({"profiles": ["bench-p256-sign"]}, "profiles", "profiles"),
        ({"quota": 0}, "quota_size", "quota"),
        ({"valid_until": date(2026, 10, 31)}, "term", "valid_until"),
        ({"valid_until": date(2026, 11, 19)}, "term", "valid_until"),
    ],
)
def test_an_agreement_that_says_nothing_gives_nothing(counter, tang, changes, rule, field):
    error = refused(
        services.propose_authority, office("RA01").pk, **(TERMS | changes), actor=tang, at=AT
    )

    assert (error.rule, error.field, error.cps) == (f"branches.{rule}", field, "1.4.2")


def test_a_counter_works_under_its_ras_agreement(counter, tang):
    error = refused(services.propose_authority, office("LRA0103").pk, **TERMS, actor=tang, at=AT)

    assert error.rule == "branches.not_an_ra"
    assert branches.standing(office("LRA0103").pk).ground == "/RA01/"


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"profiles": ["personal-rsa-sign"]}, "branches.other_profile"),
        ({"valid_from": date(2026, 11, 21)}, "branches.agreement_over"),
        ({"valid_until": date(2026, 11, 20)}, ""),  # its last day
    ],
)
def test_an_application_outside_the_agreement_is_not_handed_in(counter, tang, gao, changes, rule):
    """CPS-1.4.2: and the page says so before."""
    authorise("RA01", tang, gao, **changes)
    draft = ra.draft(counter.chen)
    number = Application.objects.get(pk=draft).number

    told = [one.rule for one in intake_queries.intake(number, counter.chen, at=AT).wrong]

    assert told == ([rule] if rule else [])
    if rule:
        error = refused(handing_in.submit, draft, actor=counter.chen, at=AT)
        assert (rules_of(error), error.cps) == ([rule], "1.4.2")
    else:
        assert handing_in.submit(draft, actor=counter.chen, at=AT).number == number


def test_the_page_of_a_draft_says_what_the_agreement_lacks(counter, tang, gao):
    """CPS-1.4.2: before anything is handed in."""
    number = Application.objects.get(pk=ra.draft(counter.chen)).number
    browser, address = signed_in(counter.chen), f"/w/intake/{number}/"
    assert "授权不含这种证书" not in browser.get(address).content.decode()

    authorise("RA01", tang, gao, profiles=["personal-rsa-sign"])

    assert "授权不含这种证书" in browser.get(address).content.decode()


def test_an_office_without_an_agreement_hands_nothing_in(counter):
    Authority.objects.all().delete()

    assert rules_of(refused(submit, counter)) == ["branches.no_authority"]


def test_a_quota_is_a_year_of_all_counters_and_what_came_back_keeps_its_place(counter, tang, gao):
    authorise("RA01", tang, gao, quota=1)
    first = submit(counter)
    error = refused(submit, counter, 2, fields=ra.OTHER)
    assert (rules_of(error), error.details["quota"]) == (["branches.quota_used"], 1)

    row = Application.objects.get(number=first.number)
    review.claim(row.pk, actor=counter.ren, at=AT + 2 * MINUTE)
    decisions.return_for_correction(
        row.pk, ["A06"], message="请补签申请表", actor=counter.ren, at=AT + 2 * MINUTE
    )
    again = handing_in.submit(row.pk, actor=counter.chen, at=AT + 3 * MINUTE)

    assert again.number == first.number


def test_what_was_declined_does_not_use_the_quota_up(counter, tang, gao):
    authorise("RA01", tang, gao, quota=1)
    row = Application.objects.get(number=submit(counter).number)
    intake.cancel(row.pk, reason="applicant_wish", actor=counter.chen, at=AT + 2 * MINUTE)

    assert submit(counter, 2, fields=ra.OTHER).number


# --- the end ---------------------------------------------------------------------------------


def stop(code, successor, tang, gao):
    asked = offices.propose_stop(office(code).pk, successor, actor=tang, at=AT + 5 * MINUTE)
    agreed(asked, gao, AT + 6 * MINUTE)


def test_an_office_that_stops_hands_over_what_it_was_working_on(counter, tang, gao):
    """CPS-5.8: no new applications; the open ones go on elsewhere."""
    application_id, _ = ra.submitted(counter)
    draft = ra.draft(counter.chen, 2, fields=ra.OTHER)
    stop("LRA0103", "RA02", tang, gao)

    stopped = office("LRA0103")
    assert (stopped.state, stopped.successor.code) == ("stopped", "RA02")
    assert refused(intake.open_draft, "personal-sm2-sign", actor=counter.chen, at=AT).rule == (
        "branches.stopped"
    )
    seen = ra.look_through(application_id, counter.zhou, at=AT + 7 * MINUTE)
    decisions.decide_approve(application_id, seen=seen, actor=counter.zhou, at=AT + 8 * MINUTE)
    assert ra.state_of(application_id) == "approved"
    intake.take_over(draft, actor=counter.zhao, at=AT + 9 * MINUTE)
    assert handing_in.submit(draft, actor=counter.zhao, at=AT + 9 * MINUTE).number
    assert Entry.objects.filter(action="ra.hand_on").count() == 2
    assert Entry.objects.filter(action="ra.office.stop", actor_id=gao.person_id).exists()


def test_requests_against_certificates_go_to_the_successor_too(live_counter):
    """CPS-5.8, CPS-4.9.14: nobody waits for an office that does no work any more."""
    counter = live_counter
    tang = hire("tang", Role.SECURITY_ADMIN, office="")
    gao = hire("gao", Role.CA_ADMIN, office="")
    numbers = []
    for number, fields in ((1, ra.FIELDS), (2, ra.OTHER)):
        row = Application.objects.get(pk=ra.issued(counter, number, fields=fields))
        numbers.append(row.certificate_id)
    frozen = test_holds.ask(numbers[0], counter.chen)
    test_revocations.ask(numbers[1], counter.chen)

    asked = offices.propose_stop(office("LRA0103").pk, "RA02", actor=tang, at=test_holds.LATER)
    agreed(asked, gao, test_holds.LATER)

    assert [one.number for one in holds.waiting(counter.zhou)] == [frozen]
    assert len(revocations.waiting(counter.zhou)) == 1
    test_holds.decide(frozen, counter.zhou)
    assert ca.certificate(numbers[0]).state == "held"
    told = Entry.objects.get(action="ra.office.stop").details
    assert '"requests":2' in told


def test_what_goes_over_is_listed_before_it_is_agreed_to(live_counter):
    """CPS-5.8: applications, requests, fees; and what the second person reads counts them."""
    counter, yuan = live_counter, hire("yuan", Role.FINANCE, office="")
    tang, gao = hire("tang", Role.SECURITY_ADMIN, office=""), hire("gao", Role.CA_ADMIN, office="")
    test_fees.publish(yuan, gao)
    row = Application.objects.get(pk=ra.issued(counter))
    test_revocations.ask(row.certificate_id, counter.chen)
    declined, told = ra.submitted(counter, 2, fields=ra.OTHER)
    test_fees.services.take_payment(
        FeeOrder.objects.get(application_id=declined).pk,
        20_000,
        method="cash",
        receipt="R-2",
        actor=yuan,
        at=test_holds.LATER,
    )
    review.claim(declined, actor=counter.ren, at=test_holds.LATER)
    why = {"message": "无权办理", "actor": counter.ren, "at": test_holds.LATER}
    decisions.reject(declined, ["J03"], **why)

    page = estate.estate("LRA0103", tang)

    assert [one.number for one in page.applications] == [row.number, told.number]
    assert [one.state for one in page.fees] == ["open", "refund_due"]
    assert (len(page.revocations), page.holds) == (1, ())
    assert page.counts == estate.Counts(
        applications=2, submissions=0, certificates=0, requests=1, fees=2
    )
    asked = offices.propose_stop(office("LRA0103").pk, "RA02", actor=tang, at=test_holds.LATER)
    admin = signed_in(gao)
    assert "未缴和待退的费用" in admin.get(f"/approvals/{asked.id}/").content.decode()
    assert told.number in admin.get("/w/offices/LRA0103/hand-over/").content.decode()
    agreed(asked, gao, test_holds.LATER)
    assert Application.objects.get(pk=declined).office.code == "RA02"  # money is to go back
    assert signed_in(counter.chen).get("/w/offices/RA02/hand-over/").status_code == 403


def test_two_offices_do_not_hand_over_to_each_other(live_counter):
    """CPS-5.8: agreed to by two people at once."""
    tang = hire("tang", Role.SECURITY_ADMIN, office="")
    admins = [hire(login, Role.CA_ADMIN, office="") for login in ("gao", "gu")]
    services.open_office("RA03", name="云麓注册中心", actor=SYSTEM, at=AT)
    asked = [
        offices.propose_stop(office(code).pk, successor, actor=tang, at=AT)
        for code, successor in (("RA02", "RA03"), ("RA03", "RA02"))
    ]

    outcomes = at_once(*(lambda n=n: agreed(asked[n], admins[n]).state for n in range(len(asked))))

    assert sorted(outcomes) == ["branches.successor", "used"]
    assert Office.objects.filter(code__in=["RA02", "RA03"], state="open").count() == 1


def test_nothing_begins_at_an_office_while_it_stops(live_counter):
    """CPS-5.8"""
    tang = hire("tang", Role.SECURITY_ADMIN, office="")
    gao = hire("gao", Role.CA_ADMIN, office="")
    asked = offices.propose_stop(office("RA02").pk, "RA01", actor=tang, at=AT)

    outcomes = at_once(
        lambda: agreed(asked, gao).state,
        lambda: intake.open_draft("personal-sm2-sign", actor=live_counter.zhao, at=AT).number,
        lambda: services.open_office(
            "LRA0201", name="江海受理点", kind="service_point", parent="RA02", actor=tang, at=AT
        ),
    )

    if outcomes[0] == "used":
        assert outcomes[2] == "branches.stopped"
        assert not Application.objects.filter(office__code="RA02").exists()
    else:
        assert outcomes[0] == "branches.open_below"


def test_nothing_is_asked_for_at_an_office_while_it_stops(live_counter, tang, gao):
    """CPS-5.8: a request entered at that instant would wait for people who see nothing any more."""
    counter = live_counter
    certificate = Application.objects.get(pk=ra.issued(counter)).certificate_id
    asked = offices.propose_stop(office("LRA0103").pk, "RA02", actor=tang, at=test_holds.LATER)
    agree = partial(agreed, asked, gao, test_holds.LATER)

    outcome = while_open(agree, lambda: test_revocations.ask(certificate, counter.chen))

    assert outcome == "branches.stopped"
    assert not RevocationRequest.objects.exists()
    assert test_revocations.ask(certificate, counter.zhao)


def test_keys_of_its_systems_end_with_an_office_and_no_others(counter, tang, gao):
    """CPS-1.4.2, CPS-5.8: drawn or not; the journal says so in the same act."""
    drawn, waiting = partners.system(counter.chen), partners.issued(counter.chen)
    elsewhere = partners.issued(counter.zhao)

    stop("LRA0103", "RA02", tang, gao)

    ended = PartnerKey.objects.filter(state="revoked").values_list("number", flat=True)
    assert set(ended) == {drawn.number, waiting.number}
    assert PartnerKey.objects.get(pk=elsewhere.pk).state == "granted"
    assert Entry.objects.filter(action="ra.partnerkey.revoke", at=AT + 6 * MINUTE).count() == 2
    assert '"partner_keys":2' in Entry.objects.get(action="ra.office.stop").details


def test_what_is_over_stays_where_it_was_decided(counter, tang, gao):
    draft = ra.draft(counter.chen)
    intake.cancel(draft, reason="applicant_wish", actor=counter.chen, at=AT)
    stop("LRA0103", "RA02", tang, gao)

    assert Application.objects.get(pk=draft).office.code == "LRA0103"


def test_an_ra_does_not_stop_above_counters_that_work(counter, tang):
    error = refused(offices.propose_stop, office("RA01").pk, "RA02", actor=tang, at=AT)

    assert (error.rule, error.cps) == ("branches.open_below", "5.8")


def test_nobody_hands_over_to_nobody(counter, tang, gao):
    itself = refused(offices.propose_stop, office("RA02").pk, "RA02", actor=tang, at=AT)
    stop("LRA0103", "RA02", tang, gao)
    closed = refused(offices.propose_stop, office("RA02").pk, "LRA0103", actor=tang, at=AT)
    twice = refused(offices.propose_stop, office("LRA0103").pk, "RA02", actor=tang, at=AT)

    assert (itself.rule, closed.rule) == ("branches.successor", "branches.successor")
    assert twice.rule == "branches.stopped"


# --- how terms are kept ----------------------------------------------------------------------


def test_weeks_tell_what_came_what_was_late_and_what_went_back(counter):
    """CPS-4.2.3"""
    ra.approved(counter)
    submit(counter, 2, fields=ra.OTHER)

    soon = queries.weeks("/RA01/", at=AT + timedelta(hours=1))[-1]
    later = queries.weeks("/RA01/", at=AT + timedelta(days=7))[-2]

    assert (soon.monday, soon.received, soon.in_time, soon.late) == (date(2026, 11, 16), 2, 1, 0)
    assert (later.received, later.in_time, later.late) == (2, 1, 1)
    assert sum(week.received for week in queries.weeks("/RA02/", at=AT)) == 0


# --- pages -----------------------------------------------------------------------------------


def test_staff_see_their_own_branch_and_no_other(counter):
    """CPS-1.4.2: by the list and by address."""
    browser = signed_in(counter.ren)

    listed = re.findall(r"/w/offices/([A-Z0-9-]+)/", browser.get("/w/offices/").content.decode())

    assert listed == ["RA01", "LRA0103"]
    assert browser.get("/w/offices/LRA0103/").status_code == 200
    assert browser.get("/w/offices/RA02/").status_code == 404
    assert signed_in(counter.chen).get("/w/offices/RA01/").status_code == 404


def test_somebody_of_one_ra_opens_offices_below_it_only(counter):
    """CPS-1.4.2"""
    song = hire("song", Role.OPERATOR, office="RA01")
    wanted = {"name": "栖原第二受理点", "actor": song, "at": AT}

    for parent in ("", "RA02"):
        rule = refused(services.open_office, "RA09", parent=parent, **wanted).rule
        assert rule == "branches.unknown"
    assert services.open_office("RA09", parent="RA01", **wanted)


@pytest.mark.parametrize("page", ["rename", "authority", "stop"])
def test_the_counter_changes_no_office(counter, page):
    assert signed_in(counter.chen).post(f"/w/offices/LRA0103/{page}/").status_code == 403
    assert signed_in(counter.chen).post("/w/offices/open/").status_code == 403


def test_who_runs_the_ca_at_its_topmost_office_is_of_headquarters_after_an_upgrade(db):
    """CPS-5.2.1: of one office above all others; two beside each other are partners."""
    services.open_office("CA", name="电子认证中心", actor=SYSTEM, at=AT)
    people = [hire("gao", Role.CA_ADMIN), hire("yuan", Role.FINANCE)]
    rows = StaffMember.objects.filter(pk__in=[one.person_id for one in people])
    rows.update(office="CA")
    move = import_module("ra.migrations.0026_headquarters").MOVE

    with connection.cursor() as cursor:
        services.open_office("RA01", name="栖原注册中心", actor=SYSTEM, at=AT)
        cursor.execute(move)
        assert set(rows.values_list("office", flat=True)) == {"CA"}
        Office.objects.filter(code="RA01").delete()
        cursor.execute(move)

    assert dict(rows.values_list("login", "office")) == {"gao": "", "yuan": "CA"}


def test_an_administrator_who_came_to_an_ra_changes_no_office(counter):
    """CPS-1.4.2, CPS-5.2.1: the role is one of headquarters."""
    su = hire("su", Role.SECURITY_ADMIN)
    own = signed_in(su)
    StaffMember.objects.filter(pk=su.person_id).update(office="RA02")

    assert own.post("/w/offices/RA02/rename/", {"name": "改名"}).status_code == 403
    assert office("RA02").name == "江海注册中心"


def test_the_pages_open_rename_authorise_and_stop(counter, tang, gao):
    asking, deciding = signed_in(tang), signed_in(gao)
    new = {"code": "RA03", "name": "云岭注册中心", "kind": "authority", "parent": ""}
    assert asking.post("/w/offices/open/", new).status_code == 302
    assert asking.post("/w/offices/RA03/rename/", {"name": "云岭中心"}).status_code == 302
    assert office("RA03").name == "云岭中心"
    assert Entry.objects.filter(action="ra.rename_office").count() == 1
    term = {"valid_from": "2026-01-01", "valid_until": "2099-12-31", "quota": ""}
    answer = asking.post("/w/offices/RA03/authority/", TERMS | term)
    assert answer.status_code == 302, answer.content.decode()

    page = deciding.get("/w/offices/RA03/").content.decode()
    address = re.search(r'href="(/approvals/\d+/)"', page)[1]
    page = deciding.get(address).content.decode()
    assert "RA-2026-007" in page
    seen = re.search(r'name="seen" value="(\w+)"', page)[1]
    assert deciding.post(f"{address}decide/", {"seen": seen, "grants": "yes"}).status_code == 302
    assert "RA-2026-007" in asking.get("/w/offices/RA03/").content.decode()

    assert asking.post("/w/offices/RA03/stop/", {"successor": "RA01"}).status_code == 302
    found = open_approvals("ra.stop_office", [f"ra.office:{office('RA03').pk}"])
    (asked,) = found.values()
    no = {"seen": asked.digest, "grants": "no", "comment": "另有安排"}
    assert deciding.post(f"/approvals/{asked.id}/decide/", no).status_code == 302
    assert office("RA03").state == "open"


def test_a_form_that_says_nothing_comes_back_with_what_is_wrong(counter, tang):
    answer = signed_in(tang).post("/w/offices/RA01/authority/", {"agreement": "x"})

    assert answer.status_code == 422
    assert "可受理的证书" in answer.content.decode()
