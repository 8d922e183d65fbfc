"""What an end stopped stays stopped, whoever tries it alone; nothing is over while something stands
(CPS-5.7.3, CPS-5.8).
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, transaction

from anxin.duties import DUTIES
from anxin.kernel.workdays import day_of
from audit.journal.models import Entry
from ca.authorities import services as authorities_
from ca.ceremonies.models import Ceremony
from ca.crl import queries as lists
from ca.crl.services import issue_crl, issue_due_crls, request_crl
from ca.directory.services import publish
from ca.endings import pages, queries, services, working
from ca.endings.models import Ending, EndingStep, Stop
from ca.hierarchy.models import CertificateAuthority, LinkCertificate
from ca.hierarchy.queries import certificate_of
from ca.issuing import checking
from ca.operators.services import certify, revoke
from ca.revocation.models import AuthorityRevocation, LinkRevocation, Revocation
from people.approvals.models import Vote
from people.approvals.services import expire, take_back
from people.operatorkeys.models import OperatorKey
from pki import certificates, crls
from tests.rooms.ca.test_ceremonies import fresh
from tests.rooms.ca.test_ending_pages import page, text
from tests.rooms.ca.test_rollover import below, certificate, following, row
from tests.support import ca
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import step_of
from tests.support.endings import RAN, Office, ceremony_held, states, tell_everybody
from tests.support.refusals import refused_by
from tests.support.voting import enrolled, pen


@pytest.fixture
def office(authorities, settings) -> Office:
    for duty in RAN:
        settings.DUTIES[duty] = DUTIES[duty]
    return Office().furnish()


def stopped() -> set[str]:
    rows = CertificateAuthority.objects.filter(stopped_at__isnull=False)
    return set(rows.values_list("code", flat=True))


def latest(code: str) -> crls.RevocationList:
    return crls.parse(lists.list_file(code).der)


# --- who lifts a stop --------------------------------------------------------------------------


def test_who_takes_the_request_back_alone_lifts_no_stop(office):
    """CPS-5.7.3, CPS-5.2.4: it is asked for again, and only the committee's no lets it go on."""
    number = office.declare()

    take_back(Ending.objects.get().approval_id, actor=office.people["gao"], at=office.now())
    office.work()

    assert (Ending.objects.get().state, stopped()) == ("declared", {"nmg-sm2"})
    assert "停止签发证书：nmg-sm2" in text(page(office, "gao", "ending", number))
    services.ask_again(number, actor=office.people["gao"], at=office.now())
    office.decide(number, grants=False)
    office.work()
    assert (Ending.objects.get().state, stopped()) == ("refused", set())


def test_nobody_decides_in_time_and_the_list_goes_on(office):
    """CPS-5.7.3, CPS-4.9.7: it stays stopped, the page says so, a list never stops."""
    office.at -= timedelta(days=8)
    number = office.declare()
    office.at += timedelta(days=8)
    assert expire(at=office.now()) == 1
    office.work()

    assert issue_due_crls(at=office.now()) == 4

    shown = text(page(office, "gao", "ending", number))
    assert stopped() == {"nmg-sm2"}
    assert "停止签发证书：nmg-sm2。CRL 和 OCSP 照常" in shown
    assert "再次提请" in shown


def test_a_refused_plan_leaves_lists_and_issuing_as_they_were(office):
    """CPS-5.7.3, CPS-4.9.7"""
    number = office.declare()
    office.decide(number, grants=False)
    assert "核对后恢复签发" in text(page(office, "gao", "ending", number))
    assert issue_crl(ca.authority().id, at=office.now())

    office.work()

    assert issue_crl(ca.authority().id, at=office.now())
    assert stopped() == set()
    assert "停止签发证书：nmg-sm2" not in text(page(office, "gao", "ending", number))


def test_what_another_end_stopped_stays(office):
    """CPS-5.8: an end that is over keeps its authority stopped, whatever is declared after it."""
    office.agreed()
    office.work()
    Ending.objects.update(state="finished")
    again = office.declare()

    office.decide(again, grants=False)
    office.work()

    assert stopped() == {"nmg-sm2"}
    assert refused_by(ca.put_on_order, 1) == "hierarchy.stopped"


def test_the_staff_site_lifts_no_stop_in_the_database(office, in_role):
    """CPS-5.7.3: neither the column, nor the row behind it, nor a state without a vote."""
    office.declare()
    with in_role("staff"):
        for forged in (
            lambda: CertificateAuthority.objects.update(stopped_at=None),
            lambda: Stop.objects.update(lifted_at=office.at),
            lambda: Stop.objects.all().delete(),
        ):
            with pytest.raises(ProgrammingError), transaction.atomic():
                forged()
        Ending.objects.update(state="refused", end_warrant=Ending.objects.get().approval_id)
    with in_role("worker"):
        working.run(at=office.now())

    assert stopped() == {"nmg-sm2"}


def test_each_process_does_its_part_with_its_own_rights(office, in_role):
    with in_role("staff"):
        number = office.declare()
        office.decide(number, grants=False)
    with in_role("worker"):
        office.work()

    assert stopped() == set()


def test_a_run_that_nobody_signed_does_nothing(office):
    """CPS-5.7.3: the worker asks for a signature of the committee before each step."""
    ca.issue(1)
    number = office.declare()
    row_ = Ending.objects.get()
    Ending.objects.update(state="running", agreed_at=office.now())
    EndingStep.objects.create(ending=row_, position=0, code="revoke", state="acting")

    office.work()

    step = EndingStep.objects.get()
    assert (step.state, step.fault) == ("acting", "endings.unproved")
    assert not Revocation.objects.exists()
    assert refused_by(queries.check_agreed, row_) == "endings.unproved"
    office.work()
    doubts = Entry.objects.filter(action="ca.end_authority", outcome="refused")
    assert doubts.count() == 1
    assert number == row_.number


def test_since_when_a_key_is_in_use_stops_no_run(office):
    """CPS-5.7.3: who agreed to the first key had one already, as a row now says."""
    gao = office.people["gao"]
    enrolled(pen(42), gao, office.people["tang"], gao, at=office.now())
    certify(at=office.now())
    ca.sign_all("anxin-rsa", at=office.now())
    number = office.agreed()
    OperatorKey.objects.update(active_from=ca.FOUNDED)

    queries.check_agreed(Ending.objects.get(number=number))


def test_a_key_without_a_certificate_agrees_to_no_end(office):
    """CPS-5.7.3: said at once, not by the worker who cannot prove the vote."""
    OperatorKey.objects.filter(person=office.people["shao"].person_id).update(state="suspended")
    assert certify(at=office.now()) == 2  # of who put it to use
    ca.sign_all("anxin-rsa", at=office.now())
    OperatorKey.objects.update(state="active")
    number = office.declare()

    assert refused_by(office.decide, number) == "operators.uncertified"
    assert Ending.objects.get(number=number).state == "declared"


def test_a_row_that_nobody_can_read_stops_no_other(office, in_role):
    """CPS-5.7.3: neither the next end, nor the next step of its own."""
    running = [office.agreed(authority=code) for code in ("nmg-sm2", "anxin-rsa")]
    with in_role("staff"):
        first = Ending.objects.get(number=running[0])
        EndingStep.objects.create(ending=first, position=0, code="nothing", state="acting")

    with in_role("worker"):
        office.work()

    assert [states(number)["stop"] for number in running] == ["done", "done"]


def test_a_no_that_nobody_can_read_stops_no_other(office, in_role):
    """CPS-5.7.3: one authority goes on, the other stays stopped."""
    for code in ("nmg-sm2", "anxin-rsa"):
        office.decide(office.declare(code), grants=False)
    unread = OperatorKey.objects.select_related("warrant").get(person__login="shao")
    unread.pk = unread.warrant.pk = None
    unread.state, unread.fingerprint, unread.warrant.payload = "replaced", "0" * 64, "[" * 100_000
    unread.warrant.save()
    unread.warrant_id = unread.warrant.pk
    unread.save()
    Vote.objects.filter(approval=Ending.objects.get(ca__code="nmg-sm2").end_warrant).update(
        key=unread
    )

    with in_role("worker"):
        office.work()

    assert stopped() == {"nmg-sm2"}


def test_an_old_factor_begins_nothing(office):
    """CPS-5.2.3"""
    number = office.agreed()
    office.work()
    tired = {login: replace(one, proved_at=ca.FOUNDED) for login, one in office.people.items()}
    office.people |= {"tang": tired["tang"], "gao": tired["gao"]}
    by = {"actor": tired["gao"], "at": office.now()}

    found = [
        refused_by(office.declare, "anxin-rsa"),
        refused_by(office.begin, number),
        refused_by(office.confirm, number, "tell_ministry"),
        refused_by(services.link, number, "new_key", "KC-2026-001", **by),
        refused_by(services.set_aside, number, "republish", reason="不再公布", **by),
        refused_by(services.ask_abort, number, reason="不再需要", **by),
        refused_by(services.ask_again, number, **by),
    ]

    assert set(found) == {"sessions.proof_old"}


# --- what was agreed to ------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["letter", "message", "authorities", "notice"])
def test_the_committee_agrees_to_every_text_and_to_each_authority(office, column):
    """CPS-5.8: what goes out, and whose end it is, is under the digest."""
    number = office.agreed(authority="anxin-sm2")
    row_ = Ending.objects.get()
    assert set(queries.agreed_codes(row_)) == {"anxin-sm2", "nmg-sm2"}
    shown = text(page(office, "shao", "ending", number))
    assert "签发您证书的 CA（anxin-sm2）密钥受到损害" in shown
    assert "关于 CA 密钥损害的报告" in shown

    Ending.objects.update(**{column: "{}"})

    row_.refresh_from_db()
    assert refused_by(queries.check_agreed, row_) == "endings.not_agreed"
    assert queries.audiences() == []


def test_an_authority_that_came_later_does_not_end_with_the_others(office):
    """CPS-5.8: the committee agrees anew."""
    number = office.terminate(day_of(office.at) + 90 * ca.DAY, "anxin-sm2")
    CertificateAuthority.objects.filter(code="anxin-rsa").update(parent=row("anxin-sm2"))

    assert refused_by(office.decide, number) == "endings.grown"


# --- days, ceremonies, the report --------------------------------------------------------------


def test_those_affected_have_had_their_days_before_the_service_stops(office, in_role):
    """CPS-5.8, Electronic Signature Law, article 23: 90 days after they were told, 60 after the
    authority was; just inside, and just outside.
    """
    start = day_of(office.at) - 100 * ca.DAY
    office.at -= 100 * ca.DAY
    number = office.terminate(start + 90 * ca.DAY)
    office.decide(number)
    office.confirm(number, "tell_ministry", "successor")
    tell_everybody(at=office.now())
    office.at += 5 * ca.DAY
    assert refused_by(office.begin, number, "stop") == "endings.turn"
    office.confirm(number, "tell_public")

    office.at += 89 * ca.DAY
    assert refused_by(office.begin, number, "stop") == "endings.too_early"
    EndingStep.objects.filter(code="stop").update(state="acting")  # by whoever asks no service
    Stop.objects.create(ca=row("nmg-sm2"), ending=Ending.objects.get(), at=office.at)
    office.work()
    assert stopped() == set()
    EndingStep.objects.filter(code="stop").update(state="waiting")
    office.at += ca.DAY
    with in_role("staff"):
        office.begin(number, "stop")
    with in_role("worker"):
        office.work()

    assert states(number)["stop"] == "done"
    assert stopped() == {"nmg-sm2"}


def link(office: Office, number: str, ceremony: str) -> None:
    services.link(number, "new_key", ceremony, actor=office.people["gao"], at=office.now())


def test_a_ceremony_counts_that_was_held_for_this_to_its_end(both, in_role):
    """CPS-5.7.3: neither a drill, nor one that goes on or was held before; named by the site."""
    house, office = both
    before = ceremony_held(house, office)
    number = office.agreed()
    office.work()
    drill = ceremony_held(house, office, drill=True)
    house.at = office.now()
    goes_on = house.opened(below(fresh("sub")))
    office.at = house.now()

    for wrong in (before, drill, goes_on, "KC-2026-999"):
        assert refused_by(link, office, number, wrong) == "endings.ceremony"
    right = ceremony_held(house, office)
    with in_role("staff"):
        link(office, number, right)

    assert states(number)["new_key"] == "done"


def test_rows_of_a_ceremony_are_no_ceremony(both, connection_as):
    """CPS-5.7.3, CPS-5.2.2: the staff site's role writes that one was held, or was called off; and
    that the step was done in it, which neither the worker nor the report believes.
    """
    house, office = both
    number = office.agreed()
    office.work()
    house.at = office.now()
    held = house.opened(below(fresh("sub")))
    house.step(held, "gather")
    office.at = house.now()
    call_command("grant")
    with connection_as("staff") as staff:
        staff.execute("UPDATE ca_ceremonystep SET state = 'done'")
        staff.execute("UPDATE ca_ceremony SET state = 'finished', ended_at = now()")
        assert refused_by(link, office, number, held) == "endings.ceremony_unproved"
        staff.execute(
            "UPDATE ca_endingstep SET state = CASE code WHEN 'report' THEN 'waiting'"
            " WHEN 'republish' THEN 'acting' ELSE 'done' END, note = %s, done_at = now()"
            " WHERE code <> 'revoke'",
            [held],
        )
    EndingStep.objects.filter(code="revoke").update(state="done")  # by a worker

    office.work()

    waits = EndingStep.objects.get(code="republish")
    assert (waits.state, waits.fault) == ("acting", "endings.ceremony_unproved")
    waits.state = "set_aside"
    waits.save()
    assert refused_by(office.confirm, number, "report") == "endings.ceremony_unproved"


def test_keys_that_were_lost_since_keep_no_end_from_its_report(both):
    """CPS-5.7.3, CPS-5.2.3: what was proved when it was named was held all the same."""
    house, office = both
    certify(at=office.now())
    ca.sign_all("anxin-rsa", at=office.now())
    number = office.agreed(drill=True)
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    office.begin(number)
    office.work()
    link(office, number, ceremony_held(house, office, drill=True))
    office.work()
    own = OperatorKey.objects.get(person=house.people["lu"].person_id)
    with transaction.atomic():
        revoke(warrant=own.warrant_id, why="lost", actor=house.people["tang"], at=office.now())

    office.confirm(number, "report")

    assert Ending.objects.get().state == "finished"


def ran_to_its_report(office: Office, **changes: object) -> str:
    """A compromise of which all is done but what is revoked, listed and reported."""
    number = office.agreed(**changes)
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    return number


def test_nothing_is_reported_as_over_while_something_stands(both):
    """CPS-5.8, CPS-5.7.3: certificates, the authority's own, lists."""
    house, office = both
    ca.issue(1)
    number = ran_to_its_report(office)
    left = lambda: {str(one) for one in queries.left(Ending.objects.get(), at=office.at)}  # noqa: E731
    assert left() == {"certificates", "own"}
    link(office, number, ceremony_held(house, office))
    EndingStep.objects.exclude(code="report").update(state="done")

    assert refused_by(office.confirm, number, "report") == "endings.left_certificates"
    EndingStep.objects.filter(code="revoke").update(state="acting")
    office.work()
    assert left() == {"own", "lists"}
    assert refused_by(office.confirm, number, "report") == "endings.left_own"
    issue_crl(row("anxin-sm2").pk, at=office.now())
    assert refused_by(office.confirm, number, "report") == "endings.left_lists"
    issue_crl(ca.authority().id, at=office.now())
    office.confirm(number, "report")

    assert Ending.objects.get().state == "finished"
    _page, told = pages.report(number, office.people["gao"], at=office.now())
    assert [code for code, _, _ in told] == ["anxin-sm2", "nmg-sm2"]


def test_the_directory_is_emptied_of_what_was_revoked(office, directory, in_role):
    """CPS-5.8, CPS-2.2: and nothing publishes it again."""
    ca.issue(1)
    publish(at=office.now())
    branch = ("ou=nmg-sm2,c=CN", "(objectClass=pkiUser)")
    assert len(directory.search(*branch)) == 1
    number = ran_to_its_report(office)
    office.begin(number)
    with in_role("worker"):
        office.work()
        publish(at=office.now())
        office.work()

    assert states(number)["directory"] == "done"
    assert directory.search(*branch) == []
    with in_role("worker"):
        publish(at=office.now())
    assert directory.search(*branch) == []


def test_who_asks_about_a_certificate_is_told_why_it_was_revoked(office):
    """CPS-4.5.2, CPS-5.7.3"""
    issued = ca.issue(1)
    number = ran_to_its_report(office)
    office.begin(number)
    office.work()

    found = checking.of_file(issued.parsed.der, at=office.now())

    assert (found.verdict, found.reason) == ("revoked", "CA 密钥损害")


def test_the_page_says_what_a_key_waits_for(office):
    """CPS-5.8, CPS-6.2.5: it signs lists to the end of its certificate."""
    number = office.terminate(day_of(office.at) + 90 * ca.DAY)
    office.decide(number)

    shown = text(page(office, "gao", "ending", number))
    found = pages.page(number, office.people["gao"], at=office.at)

    assert "CA 证书到期之前密钥还要签 CRL，不能归档或销毁" in shown
    assert "cessationOfOperation" in shown
    keys = next(one for one in found.steps if one.code == "keys")
    assert keys.not_before == day_of(row("nmg-sm2").not_after)


# --- retired -----------------------------------------------------------------------------------


def test_a_retired_authority_signs_nothing_any_more(office):
    """CPS-5.6: no certificate, no list, no authority below it; its page says so."""
    ordered = ca.put_on_order(1)
    CertificateAuthority.objects.filter(code="nmg-sm2").update(state="retired")
    nmg = row("nmg-sm2").pk
    issued = lists.latest(nmg)

    assert refused_by(ca.put_on_order, 2) == "hierarchy.not_active"
    assert ca.sign_all() == 0
    assert ca.row(ordered).state == "ordered"
    by = {"actor": office.people["gao"], "at": office.at}
    assert refused_by(request_crl, nmg, **by) == "hierarchy.retired"
    assert not issue_crl(nmg, at=office.at)
    assert lists.latest(nmg) == issued
    assert "这个 CA 已退役" in text(page(office, "jiang", "authority", "nmg-sm2"))


# --- ceremonies --------------------------------------------------------------------------------


def test_links_of_a_root_that_was_rolled_over_go_with_it(both, in_role, client, settings):
    """CPS-5.7.3, RFC 4210 4.4: each is on the list of who signed it, and offered to nobody."""
    crew, office = both
    label = fresh()
    crew.run(draft(key=label, path_length=0, name=f"Lost {label}"))
    said = following(label)
    crew.run(said)
    office.at = crew.now()
    assert authorities_.retire(at=crew.now()) == 0  # its link is in force
    number = office.agreed(authority=label)
    with in_role("worker"):
        office.work()
        crew.at = office.at
    office.begin(number)
    with in_role("worker"):
        office.work()

    made = {one.code: one for one in LinkCertificate.objects.all()}
    assert LinkRevocation.objects.count() == 2
    for by, code in ((said.key, "old-with-new"), (label, "new-with-old")):
        serial = certificate_serial(made[f"{said.key}-{code}"])
        assert latest(by).by_serial[serial].reason == "cACompromise"
        assert refused_by(certificate_of, f"{said.key}-{code}") == "hierarchy.unknown"
    assert row(said.key).stopped_at is None
    settings.ROOT_URLCONF = "anxin.urls_public"
    with in_role("public"):
        assert label in text(client.get("/certificates/"))


def certificate_serial(link: LinkCertificate) -> int:
    return queries.parsed(bytes(link.certificate)).serial


def test_what_was_certified_below_a_superior_that_stops_does_not_come_into_use(both):
    """CPS-5.7.3: the step that would put it to use is refused, and what it made is revoked."""
    crew, office = both
    label = fresh("sub")
    number = crew.opened(below(label))
    crew.steps(number, "gather", "device", "make_key", "make_responder")
    crew.begin(number, "subordinate")
    crew.work()
    office.at = crew.now()
    office.declare("anxin-sm2")
    crew.at = office.at
    for login in ("lu", "qin", "gao", "jiang"):
        crew.attest(number, "subordinate", login)

    crew.work()

    found = step_of(number, "subordinate")
    assert (found.state, row(label).state) == ("waiting", "planned")
    assert "hierarchy.stopped" in found.fault


def test_a_key_that_follows_one_that_stops_does_not_come_into_use(both):
    """CPS-5.6, CPS-5.7.3: a rollover, too, while its superior is stopped."""
    crew, office = both
    said = following("nmg-sm2")
    number = crew.opened(said)
    crew.steps(number, "gather", "device", "make_key", "make_responder", "succeed")
    office.at = crew.now()
    office.declare("anxin-sm2")
    crew.at = office.at

    crew.step(number, "hand_over")

    found = step_of(number, "hand_over")
    assert (found.state, row(said.key).state) == ("waiting", "planned")
    assert "hierarchy.stopped" in found.fault


def test_what_an_aborted_ceremony_has_certified_is_revoked(both, in_role):
    """CPS-4.9.1: the superior lists it, and it never comes into use."""
    crew, _office = both
    label = fresh("sub")
    number = crew.opened(below(label))
    crew.steps(number, "gather", "device", "make_key", "make_responder")
    crew.begin(number, "subordinate")
    crew.work()
    made = certificate_of_step(number, "subordinate")
    Ceremony.objects.filter(number=number).update(state="aborted")  # a row; no record says so
    crew.work()
    assert not AuthorityRevocation.objects.exists()
    Ceremony.objects.filter(number=number).update(state="running")
    crew.end_early(number, "tang", "名称写错了")
    crew.end_early(number, "lu")

    with in_role("worker"):
        crew.work()
        crew.work()

    assert row(label).state == "planned"
    assert AuthorityRevocation.objects.get().authority.code == label
    issue_crl(row("anxin-sm2").pk, at=crew.now())
    assert latest("anxin-sm2").by_serial[made.serial].reason == "cessationOfOperation"
    assert certificate(label).der == made.der
    assert refused_by(certificate_of, label) == "hierarchy.unknown"


def test_what_a_killed_worker_may_have_had_certified_is_revoked(both, in_role):
    """CPS-4.9.1: nobody has the certificate, and its serial number stands in the plan."""
    crew, _office = both
    label = fresh("sub")
    number = crew.opened(below(label))
    crew.steps(number, "gather", "device", "make_key", "make_responder")
    crew.begin(number, "subordinate")
    crew.die_at_work()
    assert refused_by(crew.end_early, number, "tang", "名称写错了") == "ceremonies.entering"
    crew.at += timedelta(minutes=11)
    assert refused_by(crew.end_early, number, "tang", "名称写错了") == "ceremonies.entering"
    crew.work()  # the step waits for its host again
    crew.end_early(number, "tang", "名称写错了")
    crew.end_early(number, "lu")

    with in_role("worker"):
        crew.work()
        crew.work()

    revoked = AuthorityRevocation.objects.get()
    assert (row(label).certificate, revoked.authority.code) == (None, label)
    assert revoked.not_after == row("anxin-sm2").not_after  # it has nothing to show for itself
    issue_crl(row("anxin-sm2").pk, at=crew.now())
    serial = certificates.parse_tbs(bytes(row(label).tbs)).serial
    assert latest("anxin-sm2").by_serial[serial].reason == "cessationOfOperation"


def test_links_that_a_killed_worker_may_have_had_signed_are_revoked(both):
    """CPS-4.9.1, RFC 4210 4.4: the one by the old key is on its list."""
    crew, _office = both
    label = fresh()
    crew.run(draft(key=label, path_length=0, name=f"Linked {label}"))
    said = following(label)
    number = crew.opened(said)
    crew.steps(number, "gather", "device", "make_key", "make_responder", "succeed")
    crew.begin(number, "link")
    crew.die_at_work()
    crew.at += timedelta(minutes=11)
    crew.work()
    crew.end_early(number, "tang", "名称写错了")
    crew.end_early(number, "lu")

    crew.work()
    crew.work()

    assert LinkRevocation.objects.count() == 2
    issue_crl(row(label).pk, at=crew.now())
    planned = LinkCertificate.objects.get(code=f"{said.key}-new-with-old")
    serial = certificates.parse_tbs(bytes(planned.tbs)).serial
    assert latest(label).by_serial[serial].reason == "cessationOfOperation"


def certificate_of_step(number: str, code: str):
    found = step_of(number, code)
    return queries.parsed(bytes(found.result))
