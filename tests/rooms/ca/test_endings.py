"""The end of an authority: its key is compromised (CPS-5.7.3), or its service ends (CPS-5.8)."""

import os
import re
import signal
from datetime import timedelta

import pytest
from django.db import connections

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from anxin.kernel.workdays import day_of
from audit.journal.models import Entry
from ca.api import found_bench_authority
from ca.ceremonies.models import Ceremony
from ca.crl import queries as lists
from ca.crl.services import issue_crl, issue_due_crls
from ca.endings import services
from ca.endings.models import Ending, EndingNotice, EndingStep
from ca.hierarchy.models import CertificateAuthority
from ca.issuing.models import Certificate
from ca.ocsp.queries import due
from ca.ocsp.services import answer_status, sweep_status
from ca.revocation.models import AuthorityRevocation, Revocation
from ca.signing.services import plan_batch, sweep_orders
from pki import crls
from tests.support import ca
from tests.support.ceremony_rooms import House
from tests.support.endings import (
    RAN,
    Office,
    ceremony_held,
    issue_many,
    states,
    step,
    tell_everybody,
)
from tests.support.races import while_open
from tests.support.refusals import refused_by

MANY = 10_000


@pytest.fixture
def office(authorities, settings) -> Office:
    """The demonstration's hierarchy, whose lists are out, and the people of a run."""
    for duty in RAN:
        settings.DUTIES[duty] = DUTIES[duty]
    return Office().furnish()


def latest(code: str) -> crls.RevocationList:
    return crls.parse(lists.list_file(code).der)


def test_ten_thousand_certificates_from_the_notice_to_the_report(both, openssl):
    """CPS-5.7.3: none is forgotten, none is revoked twice though the worker is killed, and OpenSSL
    reads all of them on the list; the superior's list names the authority.
    """
    house, office = both
    issue_many(ca.authority().id, MANY)
    number = office.agreed()
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    assert step(number, "tell_subscribers").counted == MANY
    office.begin(number)

    kill_on_the_way(office, number)
    begun = step(number, "revoke").counted
    while step(number, "revoke").state == "acting":
        office.work()

    assert begun < MANY
    revoke = step(number, "revoke")
    assert (revoke.counted, revoke.total, revoke.state) == (MANY, MANY, "done")
    assert Certificate.objects.filter(state="revoked").count() == MANY
    assert Revocation.objects.filter(ending__number=number, reason="cACompromise").count() == MANY
    told = Entry.objects.filter(action="ca.certificate.revoke").values_list("subject", flat=True)
    assert len(told) == len(set(told)) == MANY
    office.work()
    assert states(number)["lists"] == "done"
    found, issuer = latest("nmg-sm2"), ca.authority().certificate
    text = openssl.verify_crl(found.der, issuer.der)
    read = {int(serial, 16) for serial in re.findall(r"Serial Number: ([0-9A-F]+)", text)}
    assert read == {int(serial, 16) for serial in serials()}
    assert len(found.entries) == MANY
    assert {one.reason for one in found.entries} == {"cACompromise"}
    above = latest(CertificateAuthority.objects.get(code="nmg-sm2").parent.code)
    assert above.by_serial[issuer.serial].reason == "cACompromise"
    begin_anew(house, office, number)
    some_answers(office, number)
    office.confirm(number, "report", note="证书已全部吊销，密钥已更换。")
    assert {code for code, state in states(number).items() if state != "done"} == {"answers"}
    assert Ending.objects.get().state == "finished"


def some_answers(office: Office, number: str) -> None:
    """Of one batch, the rest left out: all of them are 30,000 signatures, minutes in a test."""
    answered = answer_status(due(at=office.now()), at=office.now())
    office.work()
    found = step(number, "answers")
    assert (found.counted, found.total) == (answered, MANY)
    aside = {"reason": "其余应答由定时任务补签", "actor": office.people["gao"]}
    services.set_aside(number, "answers", **aside, at=office.now())


def begin_anew(house: House, office: Office, number: str) -> None:
    """A new authority, from a ceremony that is named, and its first list."""
    key = ceremony_held(house, office)
    services.link(number, "new_key", key, actor=office.people["gao"], at=office.now())
    issue_due_crls(at=office.now())
    office.work()


def serials() -> list[str]:
    return list(Certificate.objects.values_list("serial", flat=True))


def kill_on_the_way(office: Office, number: str) -> None:
    """A worker of its own, killed once it has finished a batch."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        connections.close_all()
        office.work()
        os._exit(0)
    while not step(number, "revoke").counted and step(number, "revoke").state == "acting":
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def test_a_compromised_authority_issues_nothing_from_the_declaration_on(office):
    """CPS-5.7.3: neither what is ordered now nor what was on order."""
    ordered = ca.put_on_order(1)

    office.declare()

    assert refused_by(ca.put_on_order, 2) == "hierarchy.stopped"
    assert ca.sign_all() == 0
    assert sweep_orders(at=ca.NOW, entropy=ca.entropy) == 0
    assert ca.row(ordered).state == "ordered"
    assert Entry.objects.filter(action="ca.stop_authority").count() == 1


def test_a_superior_stops_all_below_it(office):
    office.declare(CertificateAuthority.objects.order_by("pk")[0].code)

    assert refused_by(ca.put_on_order, 1) == "hierarchy.stopped"


def test_a_committee_that_says_no_lets_it_issue_again(office):
    """CPS-5.7.3"""
    ordered = ca.put_on_order(1)
    number = office.declare()

    office.decide(number, grants=False)

    assert Ending.objects.get().state == "refused"
    office.work()
    assert ca.sign_all() == 1
    assert ca.row(ordered).state == "valid"
    assert not EndingNotice.objects.exists()


def test_what_is_on_order_or_perhaps_signed_is_refused_and_listed(office):
    """CPS-5.7.3: a plan may have a signature that nobody has seen."""
    valid, planned = ca.issue(1), ca.put_on_order(2)
    assert plan_batch(ca.authority().id, at=ca.NOW, entropy=ca.entropy) == [planned]
    ordered = ca.put_on_order(3)
    number = office.agreed()
    office.work()
    office.begin(number)

    office.work()

    assert [ca.row(one).state for one in (ordered, planned, valid.id)] == [
        "refused",
        "refused",
        "revoked",
    ]
    listed = {f"{serial:x}" for serial in latest("nmg-sm2").by_serial}
    assert listed == {ca.row(planned).serial, ca.row(valid.id).serial}


def test_every_step_is_done_and_the_run_ends_with_its_report(both):
    """CPS-5.7.3: authorities informed, all revoked and published, new keys, republished."""
    house, office = both
    valid = ca.issue(1)
    number = office.agreed()
    assert states(number)["stop"] == "acting"
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    office.begin(number)
    office.work()
    sweep_status(at=office.now())
    office.work()
    assert states(number)["answers"] == "done"
    key = ceremony_held(house, office)
    services.link(number, "new_key", key, actor=office.people["gao"], at=office.now())
    office.work()
    assert step(number, "republish").state == "acting"
    issue_due_crls(at=office.now())
    office.work()
    assert step(number, "republish").state == "done"
    assert Ending.objects.get().state == "running"

    office.confirm(number, "report", note="封条破损，密钥全部更换，证书已全部吊销。")

    assert set(states(number).values()) == {"done"}
    assert Ending.objects.get().state == "finished"
    assert ca.row(valid.id).state == "revoked"
    notice = EndingNotice.objects.get()
    assert (notice.number, notice.withdrawn_at) == (number, None)


def test_the_end_of_a_superior_takes_a_new_one_and_new_authorities_below_it(both):
    """CPS-5.7.3: one new key alone stands in for no hierarchy."""
    house, office = both
    number = office.agreed(authority="anxin-sm2")
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    office.begin(number)
    office.work()
    named = ceremony_held(house, office, superior="rootca", path_length=1)
    label = Ceremony.objects.get(number=named).key_label
    services.link(number, "new_key", named, actor=office.people["gao"], at=office.now())
    issue_due_crls(at=office.now())
    office.work()
    waits = step(number, "republish")
    assert (waits.state, waits.fault) == ("acting", "endings.none_below_yet")
    assert (waits.counted, waits.total) == (1, 2)
    assert refused_by(office.confirm, number, "report") == "endings.turn"

    above = CertificateAuthority.objects.get(key_label=label)
    ceremony_held(house, office, superior=above.code, years=9)
    office.work()
    assert step(number, "republish").state == "acting", "it has no list yet"
    issue_due_crls(at=office.now())
    office.work()

    found = step(number, "republish")
    assert (found.state, found.fault, found.counted) == ("done", "", 2)
    sweep_status(at=office.now())
    office.work()
    office.confirm(number, "report", note="上级密钥损害，下级已重新签发。")
    assert Ending.objects.get().state == "finished"


def test_a_run_waits_for_lists_that_a_sealed_signer_does_not_sign(office, signer):
    """CPS-5.7.3, CPS-4.9.7: revoked is not published; the step says what it waits for."""
    ca.issue(1)
    number = office.agreed()
    signer.client().lock()
    office.work()
    office.begin(number)
    office.work()

    waits = step(number, "lists")
    assert (waits.state, waits.fault) == ("acting", "endings.list_waits")
    assert waits.counted < waits.total
    assert step(number, "revoke").state == "done"

    signer.be_active()
    office.work()

    assert (step(number, "lists").state, step(number, "lists").fault) == ("done", "")


def test_the_authority_of_another_ceremony_does_not_stand_in_for_the_one_that_ends(both):
    """CPS-5.7.3: what is republished is the authority of the key that was named."""
    house, office = both
    number = office.agreed()
    office.work()
    named = ceremony_held(house, office)
    services.link(number, "new_key", named, actor=office.people["gao"], at=office.now())
    house.signer.activate()
    another = found_bench_authority(actor=SYSTEM, at=office.now(), entropy=ca.entropy)
    assert issue_crl(another, at=office.now())

    office.work()

    waits = step(number, "republish")
    assert (waits.state, waits.fault) == ("acting", "endings.no_new_authority")


def test_nothing_is_aborted_once_revocation_began(office):
    """CPS-5.7.3, CPS-4.9.1: what is revoked stays so."""
    ca.issue(1)
    number = office.agreed()
    office.work()
    asked = services.ask_abort(
        number, reason="封条是检修时破损的", actor=office.people["gao"], at=office.now()
    )
    office.begin(number)
    office.work()

    assert refused_by(office.vote, asked) == "endings.too_late"
    again = {"reason": "再次提请", "actor": office.people["gao"], "at": office.now()}
    assert refused_by(services.ask_abort, number, **again) == "endings.too_late"


def test_an_abort_meets_a_batch(office):
    """CPS-5.7.3: nothing is revoked for a run that is over."""
    issue_many(ca.authority().id, 600)
    number = office.agreed()
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    tell_everybody(at=office.now())
    by = {"actor": office.people["gao"], "at": office.now()}
    asked = services.ask_abort(number, reason="封条是检修时破损的", **by)
    office.begin(number)

    while_open(lambda: office.vote(asked), office.work)

    assert Ending.objects.get().state == "aborted"
    assert not Revocation.objects.exists()


def test_an_abort_meets_another_step(office):
    """CPS-5.7.3: it is not put down as done, and the worker goes on to other work."""
    number = office.agreed()
    by = {"actor": office.people["gao"], "at": office.now()}
    asked = services.ask_abort(number, reason="封条是检修时破损的", **by)

    assert while_open(lambda: office.vote(asked), office.work) == 0

    assert step(number, "stop").state == "acting"


def test_nothing_is_aborted_where_revoking_is_over_and_found_nothing(office):
    """CPS-5.7.3: what follows ends the key."""
    number = office.agreed()
    office.work()
    office.begin(number)
    revoking = EndingStep.objects.filter(ending__number=number, code="revoke")
    revoking.update(state="done")  # an authority of somebody else's root, and nothing issued
    by = {"actor": office.people["gao"], "at": office.now()}

    late = refused_by(services.ask_abort, number, reason="封条是检修时破损的", **by)

    assert late == "endings.too_late"


def test_each_step_is_done_by_whose_it_is_and_none_after_the_end(office):
    """CPS-5.7.3: people confirm nothing that the system does, nor leave out what must be."""
    number = office.agreed()
    office.work()
    by = {"actor": office.people["gao"], "at": office.now()}

    assert refused_by(office.confirm, number, "revoke") == "endings.not_yours"
    assert refused_by(office.begin, number, "tell_ministry") == "endings.not_yours"
    assert refused_by(services.link, number, "tell_public", "KC", **by) == "endings.not_yours"
    aside = {"reason": "来不及通知", **by}
    assert refused_by(services.set_aside, number, "tell_ministry", **aside) == "endings.must_be"
    office.vote(services.ask_abort(number, reason="封条是检修时破损的", **by))
    for act in (office.confirm, office.begin):
        assert refused_by(act, number, "tell_ministry") == "endings.not_running"


def test_the_committee_breaks_a_run_off_and_the_notice_says_so(office):
    number = office.agreed()
    office.work()
    assert refused_by(ca.put_on_order, 1) == "hierarchy.stopped"

    office.vote(
        services.ask_abort(
            number, reason="封条是检修时破损的", actor=office.people["gao"], at=office.now()
        )
    )

    assert Ending.objects.get().state == "aborted"
    assert EndingNotice.objects.get().withdrawn_at
    office.work()
    assert ca.put_on_order(1)


def test_a_drill_goes_all_the_way_and_touches_no_certificate(both):
    """CPS-5.7.3: rehearsed on what is there, and counted."""
    house, office = both
    issue_many(ca.authority().id, 1_200)
    number = office.agreed(drill=True)
    office.work()
    office.confirm(number, "tell_ministry", "tell_public")
    office.begin(number)

    office.work()

    found = step(number, "revoke")
    assert (found.state, found.counted, found.total) == ("done", 1_200, 1_200)
    assert states(number)["tell_subscribers"] == "done"
    assert not Revocation.objects.exists()
    assert not AuthorityRevocation.objects.exists()
    assert not EndingNotice.objects.exists()
    assert not Certificate.objects.filter(state="revoked").exists()
    assert ca.put_on_order(1)
    key = ceremony_held(house, office, drill=True)
    services.link(number, "new_key", key, actor=office.people["gao"], at=office.now())
    office.work()
    office.confirm(number, "report")
    assert Ending.objects.get().state == "finished"


def test_a_row_alone_revokes_nothing(office):
    """CPS-5.7.3: the worker asks for the committee's word once more."""
    ca.issue(1)
    number = office.agreed()
    office.work()
    office.begin(number)

    Ending.objects.filter(number=number).update(known="别的原因，委员会没有见过")
    office.work()

    assert step(number, "revoke").counted == 0
    assert not Revocation.objects.exists()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"kind": "holiday"}, "endings.kind"),
        ({"known": "x"}, "endings.words"),
        ({"notice": ""}, "endings.words"),
        ({"since": None}, "endings.since"),
        ({"since": ca.NOW + ca.DAY}, "endings.since"),
        ({"since": ca.NOW.replace(year=26)}, "endings.since"),
        ({"authority": "nobody"}, "endings.authority"),
        ({"kind": "termination", "ends_on": None}, "endings.too_soon"),
    ],
)
def test_what_is_declared_wrongly_is_refused(office, changes, rule):
    assert refused_by(office.declare, **changes) == rule
    assert not CertificateAuthority.objects.filter(stopped_at__isnull=False).exists()


def test_one_end_at_a_time(office):
    office.declare()

    assert refused_by(office.declare) == "endings.declared"
    assert office.declare(drill=True) == f"CE-{day_of(office.at).year}-002"


# --- termination -------------------------------------------------------------------------------


def test_a_service_ends_ninety_days_after_it_was_said(office):
    """CPS-5.8: just inside, and just outside."""
    today = day_of(office.at)

    assert refused_by(office.terminate, today + 89 * ca.DAY) == "endings.too_soon"
    assert office.terminate(today + 90 * ca.DAY)


def test_a_termination_step_by_step(office):
    """CPS-5.8: notice, successor, stop on the day, revocation, last list, records, keys, report."""
    valid = ca.issue(1)
    office.at -= 100 * ca.DAY
    day = day_of(office.at) + 100 * ca.DAY
    number = office.terminate(day)
    assert ca.put_on_order(2), "it issues until the day it ends"
    office.decide(number)
    office.confirm(number, "tell_ministry", "tell_public", "successor")
    tell_everybody(at=office.now())
    assert refused_by(office.begin, number, "stop") == "endings.too_early"

    office.at += 100 * ca.DAY
    office.begin(number, "stop")
    office.work()
    assert refused_by(ca.put_on_order, 3) == "hierarchy.stopped"
    office.begin(number)
    office.work()
    sweep_status(at=office.now())
    office.work()
    office.confirm(number, "records")
    assert refused_by(office.confirm, number, "report") == "endings.turn"
    services.set_aside(
        number, "keys", reason="密钥由承接机构接管", actor=office.people["gao"], at=office.now()
    )
    office.confirm(number, "report")

    assert Ending.objects.get().state == "finished"
    assert Revocation.objects.get(certificate=valid.id).reason == "cessationOfOperation"
    assert latest("nmg-sm2").by_serial.keys() == {valid.parsed.serial}


def test_the_list_goes_on_after_the_end(office):
    """CPS-5.8: the revocation service is kept up."""
    ca.issue(1)
    office.at -= timedelta(hours=13)
    number = office.agreed()
    office.work()
    office.begin(number)
    office.work()
    before = latest("nmg-sm2").number

    issue_due_crls(at=office.at + timedelta(hours=13))

    assert latest("nmg-sm2").number == before + 1
