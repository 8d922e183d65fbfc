"""Three custodians and a real signer: shares handed out, two of three activate, one stops."""

import json
import re
import signal
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from django.db import IntegrityError, connection
from django.db.models import F
from django.utils import timezone

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ca.api import overview
from ca.ceremonies.models import Ceremony
from ca.custody import activating, delivery, noting, orders, pages, queries, sealing, services
from ca.custody.models import Activation, BroughtShare, CustodySet, Seat, StopOrder
from ca.custody.rules import Wish
from ca.keys import clients
from ca.keys import services as keys
from ca.overview.services import note_signer
from people.api import Role, appoint, approval, dismiss, vote
from people.approvals.models import Vote
from people.operatorkeys.models import OperatorKey
from pki import custodians, readback, statements, stops, votes
from pki.shares import Share
from pki.signer.offers import ACTIVATE
from tests.support import custody
from tests.support.ceremonies import draft
from tests.support.ceremony_rooms import House
from tests.support.custody import WISH
from tests.support.people import HIRED, hire, signed_in
from tests.support.races import at_once
from tests.support.signer import SignerProcess, activate
from tests.support.voting import enrolled, pen, with_pen

NOW = datetime.now(UTC).replace(microsecond=0)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BEFORE = NOW - HOUR
LONG_AFTER = NOW + timedelta(days=1)  # also than the clock, however late this file has its turn


@pytest.fixture
def box(settings):
    """A signer that nobody has given shares yet."""
    with tempfile.TemporaryDirectory(prefix="anxin-box-") as folder:
        process = SignerProcess(Path(folder) / "home", purpose="").prepare().start()
        settings.SIGNER_SOCKET = str(process.path)
        settings.CELERY_BROKER_URL = ""
        settings.DUTIES = DUTIES
        yield process
        process.end()


@pytest.fixture
def room(box, transactional_db):
    return custody.room()


@pytest.fixture
def held(room):
    """A set in force."""
    room.put_in_force(at=NOW)
    return room


def rule_of(act) -> str:
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value.rule


def state(activation_id: int) -> str:
    return Activation.objects.get(pk=activation_id).state


def share_states(activation_id: int) -> list[tuple[str, str]]:
    rows = BroughtShare.objects.filter(activation=activation_id).order_by("pk")
    assert all((row.state == "waiting") == (row.sealed is not None) for row in rows)
    return [(row.state, row.fault) for row in rows]


# --- handing out -------------------------------------------------------------------------------


def test_three_receive_their_shares_and_two_of_them_activate(room):
    """CPS-6.2.2, CPS-6.2.8: the journal knows who received what and when."""
    assert keys.custody()["state"] == "empty"
    set_id = room.put_in_force(at=NOW)
    row = CustodySet.objects.get(pk=set_id)
    assert (row.state, row.code) == ("in_force", keys.custody()["set"])
    assert {seat.state for seat in row.seats.all()} == {"held"}
    assert {seat.sealed for seat in row.seats.all()} == {None}
    received = Entry.objects.filter(action="ca.seat.receipt").values_list("actor_id", flat=True)
    assert sorted(received) == sorted(one.person_id for one in room.custodians)

    activation_id = room.activate(at=NOW)

    assert state(activation_id) == "active"
    assert share_states(activation_id) == [("accepted", ""), ("accepted", "")]
    said = queries.signer(at=NOW)
    assert (said.state, said.purpose, said.signatures_left) == ("active", "activate", 1000)
    opened = [one.seat().opened_at for one in room.custodians]
    assert opened == [NOW, NOW, None]


def test_one_share_alone_activates_nothing(held):
    """CPS-6.2.2"""
    activation_id = held.ask(at=NOW)
    held.custodians[2].bring(activation_id, at=NOW)
    noting.tend(at=NOW)

    assert state(activation_id) == "offered"
    assert keys.custody()["state"] == "sealed"


def test_nothing_is_handed_out_before_another_agrees_and_all_three_are_there(room):
    """CPS-5.2.2, CPS-6.2.2"""
    set_id = room.draft(at=NOW)
    one, two, three = room.custodians
    assert rule_of(lambda: one.enrol(at=NOW)) == "state.no_such_step"
    room.agree(set_id, at=NOW)
    for each in (one, two):
        each.enrol(at=NOW)
    noting.tend(at=NOW)
    assert one.seat().state == "enrolled"

    three.enrol(at=NOW)
    noting.tend(at=NOW)

    assert {each.seat().state for each in room.custodians} == {"handed_out"}
    assert keys.custody()["state"] == "empty"  # before the receipts


def test_who_asks_for_a_handing_out_does_not_agree_to_it(room):
    """CPS-5.2.4"""
    asked = approval(CustodySet.objects.get(pk=room.draft(at=NOW)).approval_id)

    def agree():
        vote(asked.id, grants=True, seen=asked.digest, actor=room.host, at=NOW)

    assert rule_of(agree) == "approval.not_a_checker"


def test_a_no_drops_the_set_and_another_can_be_drafted(room):
    asked = approval(CustodySet.objects.get(pk=room.draft(at=NOW)).approval_id)
    assert rule_of(lambda: room.draft(at=NOW)) == "custody.set_coming"
    vote(asked.id, grants=False, seen=asked.digest, comment="换人", actor=room.admin, at=NOW)

    assert CustodySet.objects.get().state == "dropped"
    assert room.draft(at=NOW)


@pytest.mark.parametrize(
    ("chosen", "rule"),
    [
        ([0, 1], "custody.three_people"),
        ([0, 0, 1], "custody.three_people"),
        ([0, 1, 2, 3], "custody.three_people"),
        ([0, 1, 3], "custody.not_custodians"),
    ],
)
def test_three_different_custodians_are_named(room, chosen, rule):
    """CPS-6.2.2"""
    people = [*(one.person_id for one in room.custodians), room.admin.person_id]

    def draft():
        services.draft_set([people[at] for at in chosen], actor=room.host, at=NOW)

    assert rule_of(draft) == rule


def test_nobody_takes_anothers_share(room):
    """CPS-6.2.8"""
    room.hand_out(at=NOW)
    one, two, _ = room.custodians
    signed = custodians.receipt(one.open_share()).hex()

    def take(actor, seat, signature=signed):
        return rule_of(lambda: services.receipt(seat.pk, signature, actor=actor, at=NOW))

    assert take(two.actor, one.seat()) == "custody.not_your_seat"
    assert take(room.host, one.seat()) == "custody.not_your_seat"
    no_role = replace(one.actor, roles=frozenset())
    assert take(no_role, one.seat()) == "custody.role"
    assert take(replace(one.actor, proved_at=NOW - HOUR), one.seat()) == "sessions.proof_old"
    assert take(two.actor, two.seat()) == "custody.receipt"  # signed by another's key
    assert take(one.actor, one.seat(), "00" * 64) == "custody.receipt"
    assert take(one.actor, one.seat(), "no hex") == "custody.unreadable"
    with pytest.raises(Refusal):
        pages.seat(one.seat().pk, two.actor, at=NOW)


@pytest.mark.parametrize(("key", "transport"), [("00", "04"), ("", ""), ("zz", "04")])
def test_keys_that_no_browser_made_are_refused(room, key, transport):
    room.agree(room.draft(at=NOW), at=NOW)
    one = room.custodians[0]

    def enrol():
        services.enrol(one.seat().pk, key=key, transport=transport, actor=one.actor, at=NOW)

    assert rule_of(enrol).startswith("custody.")
    assert one.seat().state == "named"


def test_a_signer_that_was_started_anew_has_forgotten_the_shares_on_their_way(room, box):
    """The set is dropped, and says why; the next one works."""
    set_id = room.hand_out(at=NOW)
    box.kill()
    box.start()
    room.custodians[0].receive(at=NOW)
    noting.tend(at=NOW)

    row = CustodySet.objects.get(pk=set_id)
    assert (row.state, row.fault) == ("dropped", "custody.no_handing_out")
    assert not row.seats.filter(sealed__isnull=False).exists()
    room.put_in_force(at=NOW)
    assert state(room.activate(at=NOW)) == "active"


def test_receipts_whose_delivery_was_interrupted_are_made_good(room):
    """The worker died after the signer had them all: the set is in force, not lost."""
    set_id = room.hand_out(at=NOW)
    for one in room.custodians:
        one.receive(at=NOW)
        seat = one.seat()
        keys.received(seat.set.code, seat.number, bytes(seat.receipt))

    noting.tend(at=NOW)

    row = CustodySet.objects.get(pk=set_id)
    assert (row.state, {seat.state for seat in row.seats.all()}) == ("in_force", {"held"})


def test_a_signer_that_is_back_at_an_older_set_stops_no_other_work(held):
    CustodySet.objects.update(state="replaced")  # as after a restore of the signer alone
    stopped = activating.stop("发现异常", actor=held.host, at=NOW)
    noting.tend(at=NOW)

    assert StopOrder.objects.get(pk=stopped).state == "done"
    assert queries.signer(at=NOW).state == "sealed"


def test_what_is_given_up_is_wiped(room):
    set_id = room.hand_out(at=NOW)
    assert rule_of(lambda: services.give_up(set_id, actor=room.admin, at=NOW)) == "custody.role"
    services.give_up(set_id, actor=room.host, at=NOW)

    assert not Seat.objects.filter(sealed__isnull=False).exists()
    assert rule_of(lambda: room.custodians[0].enrol(at=NOW)) == "state.no_such_step"


def test_two_of_the_old_set_let_a_new_one_be_handed_out_and_their_files_end(held):
    """CPS-6.2.2: the old shares open nothing any more."""
    held.hand_out(at=NOW)
    assert {one.seat().state for one in held.custodians} == {"enrolled"}  # nobody agreed yet
    resplit = held.ask(at=NOW, purpose="resplit", hours=1)
    for one in held.custodians[:2]:
        one.bring(resplit, at=NOW)
    noting.tend(at=NOW)
    assert keys.custody()["state"] == "sealed"  # for handing out, not for signing
    noting.tend(at=NOW)
    for one in held.custodians:
        one.receive(at=NOW)
    noting.tend(at=NOW)

    assert state(resplit) == "ended"
    assert [row.state for row in CustodySet.objects.order_by("pk")] == ["replaced", "in_force"]
    activation_id = held.activate(at=NOW)
    assert state(activation_id) == "active"
    with pytest.raises(Exception, match="another custody set"):
        held.custodians[0].answer(activation_id, held.custodians[0].files[0])


def test_a_signer_whose_list_was_put_aside_hands_out_anew(held, box):
    """CPS-6.2.2: two have lost their shares; nobody is asked for what is lost."""
    box.terminate()
    (box.home / "custody.json").unlink()
    box.start()

    held.put_in_force(at=NOW)

    assert [row.state for row in CustodySet.objects.order_by("pk")] == ["replaced", "in_force"]
    assert state(held.activate(at=NOW)) == "active"


def test_the_signers_own_list_counts(held):
    """After a restore the database knows of no set; the signer does."""
    BroughtShare.objects.all().delete()
    Seat.objects.all().delete()
    CustodySet.objects.all().delete()

    noting.tend(at=NOW)

    row = CustodySet.objects.get()
    assert (row.state, row.code) == ("in_force", keys.custody()["set"])
    assert state(held.activate(at=NOW)) == "active"


# --- activation --------------------------------------------------------------------------------


def test_a_wrong_share_is_refused_at_once_and_spoils_nothing(held):
    """CPS-6.2.8"""
    one, two, _ = held.custodians
    activation_id = held.ask(at=NOW)
    two.bring(activation_id, at=NOW)
    right = one.files[-1]
    wrong = replace(right, share=Share(right.share.number, bytes(16)))
    one.bring(activation_id, at=NOW, file=wrong)
    noting.tend(at=NOW)
    assert share_states(activation_id) == [("accepted", ""), ("refused", "custody.wrong_share")]
    assert state(activation_id) == "offered"

    one.bring(activation_id, at=NOW)
    noting.tend(at=NOW)

    assert state(activation_id) == "active"


def test_nobody_brings_twice_or_for_another(held):
    """CPS-6.2.2"""
    one, two, _ = held.custodians
    activation_id = held.ask(at=NOW)
    one.bring(activation_id, at=NOW)
    assert rule_of(lambda: one.bring(activation_id, at=NOW)) == "custody.brought_already"
    noting.tend(at=NOW)
    assert rule_of(lambda: one.bring(activation_id, at=NOW)) == "custody.brought_already"

    answer = one.answer(activation_id)

    def bring(actor):
        return rule_of(lambda: activating.bring(activation_id, **answer, actor=actor, at=NOW))

    assert bring(two.actor) == "custody.share_signature"
    assert bring(hire("qiu", Role.CUSTODIAN)) == "custody.no_seat"
    assert bring(held.host) == "custody.role"
    assert bring(replace(two.actor, roles=frozenset())) == "custody.role"
    assert bring(replace(two.actor, proved_at=NOW - HOUR)) == "sessions.proof_old"
    assert len(share_states(activation_id)) == 1


def test_shares_that_come_at_once_are_both_taken_in(held):
    activation_id = held.ask(at=NOW)
    one, two, three = held.custodians
    outcomes = at_once(
        *(lambda each=each: each.bring(activation_id, at=NOW) for each in (one, two, three))
    )
    at_once(*[lambda: noting.tend(at=NOW)] * 2)
    noting.tend(at=NOW)

    assert len(set(outcomes)) == 3
    assert state(activation_id) == "active"
    assert {found for found, _ in share_states(activation_id)} <= {"accepted", "refused", "lapsed"}


def test_one_seat_brings_one_share_however_fast_it_presses(held):
    activation_id = held.ask(at=NOW)
    one = held.custodians[0]
    outcomes = at_once(*[lambda: one.bring(activation_id, at=NOW)] * 2)

    assert "custody.brought_already" in outcomes
    assert len(share_states(activation_id)) == 1


def test_shares_nobody_completed_die_after_ten_minutes(held):
    """CPS-6.2.8: and nothing of them stays."""
    activation_id = held.ask(at=NOW)
    one, two, _ = held.custodians
    one.bring(activation_id, at=NOW)
    noting.tend(at=NOW)
    two.bring(activation_id, at=NOW)

    assert rule_of(lambda: two.bring(activation_id, at=LONG_AFTER)) == "custody.no_offer"
    delivery.lapse(at=LONG_AFTER)

    assert state(activation_id) == "lapsed"
    assert share_states(activation_id) == [("lapsed", ""), ("lapsed", "")]
    assert state(held.activate(at=NOW)) == "active"


def test_a_share_that_came_in_while_its_offer_ended_is_wiped(held):
    activation_id = held.ask(at=NOW)
    delivery.lapse(at=LONG_AFTER)
    BroughtShare.objects.create(
        state="waiting",
        activation_id=activation_id,
        seat=held.custodians[0].seat(),
        sealed=b"x",
        signature=b"y",
        brought_at=NOW,
    )

    delivery.lapse(at=LONG_AFTER)

    assert share_states(activation_id) == [("lapsed", "")]


def test_an_offer_of_before_a_restart_is_none(held, box):
    activation_id = held.ask(at=NOW)
    box.kill()
    box.start()
    held.custodians[0].bring(activation_id, at=NOW)
    noting.tend(at=NOW)

    assert share_states(activation_id) == [("refused", "custody.offer")]


def test_a_delivery_that_was_interrupted_is_made_good(held):
    """The worker died after the signer had answered; once for each share."""
    activation_id = held.ask(at=datetime.now(UTC))
    one, two, _ = held.custodians
    session = Activation.objects.get(pk=activation_id).session
    for each in (one, two):
        each.bring(activation_id, at=NOW)
        row = BroughtShare.objects.get(seat=each.seat())
        keys.bring(session, row.seat.number, bytes(row.signature), bytes(row.sealed))
        if each is one:
            noting.tend(at=datetime.now(UTC))
            assert share_states(activation_id) == [("accepted", "")]

    noting.tend(at=datetime.now(UTC))

    assert state(activation_id) == "active"


def test_an_activation_that_nobody_has_written_down_has_not_lapsed(held):
    """CPS-6.2.8: the worker died after the last share, and the next one came late."""
    activation_id = held.ask(at=NOW)
    session = Activation.objects.get(pk=activation_id).session
    for each in held.custodians[:2]:
        each.bring(activation_id, at=NOW)
        row = BroughtShare.objects.get(seat=each.seat())
        keys.bring(session, row.seat.number, bytes(row.signature), bytes(row.sealed))

    noting.tend(at=LONG_AFTER)

    assert state(activation_id) == "active"
    assert {code for code, _ in share_states(activation_id)} == {"lapsed"}, "none is refused"


def test_without_a_signer_everything_waits_and_nothing_is_lost(held, box):
    activation_id = held.ask(at=NOW)
    box.terminate()
    held.custodians[0].bring(activation_id, at=NOW)
    noting.tend(at=NOW)

    assert share_states(activation_id) == [("waiting", "")]
    assert queries.signer(at=NOW).fault == "signer.unreachable"
    later = activating.ask
    assert rule_of(lambda: later(Wish(**WISH), actor=held.host, at=NOW)) == "custody.asked_already"
    delivery.lapse(at=LONG_AFTER)
    assert share_states(activation_id) == [("lapsed", "")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"purpose": "other"}, "purpose"),
        ({"hours": 0}, "hours"),
        ({"hours": 24 * 92 + 1}, "hours"),
        ({"purpose": "ceremony", "hours": 9, "ceremony": "KC-2026-001"}, "hours"),
        ({"signatures": 0}, "signatures"),
        ({"purpose": "ceremony", "hours": 8}, "ceremony"),
        ({"ceremony": "KC-2026-001"}, "ceremony"),
        ({"reason": " "}, "reason"),
    ],
)
def test_an_activation_is_asked_for_within_its_limits(held, changes, field):
    """CPS-6.2.8"""
    with pytest.raises(Refusal) as refusal:
        activating.ask(Wish(**(WISH | changes)), actor=held.host, at=NOW)

    assert refusal.value.field == field


@pytest.fixture
def ceremony(held, box) -> tuple[House, str]:
    """A drill that goes on; nobody has activated the signer for it yet."""
    house = House(box).furnish()
    return house, house.opened(draft(drill=True, key="bound"), active=False)


def for_ceremony(number: str) -> dict:
    return {"purpose": "ceremony", "ceremony": number, "hours": 8}


def test_nobody_is_asked_for_a_ceremony_that_does_not_go_on(held, ceremony):
    """CPS-6.2.8"""
    house, number = ceremony
    drafted = house.draft(draft(drill=True, key="drafted"))
    house.end_early(number, "qin", "封条破损，停止仪式")
    house.end_early(number, "gao")

    for one in ("KC-2020-001", drafted, number):
        wish = Wish(**(WISH | for_ceremony(one)))
        asked = partial(activating.ask, wish, actor=held.host, at=NOW)
        assert rule_of(asked) == "custody.no_ceremony"


def test_custodians_see_the_script_that_the_signer_will_keep_to(held, ceremony):
    """CPS-6.2.2"""
    number = ceremony[1]
    activation_id = held.ask(at=NOW, **for_ceremony(number))

    one = held.custodians[0].actor
    offer = pages.activation(activation_id, one, at=datetime.now(UTC)).offer

    said = json.loads(offer["statement"])
    assert said["script"] == offer["script"] == Ceremony.objects.get(number=number).digest
    assert (said["kind"], said["keys"]) == ("generate_root", "drill-bound")
    assert said["ceremony"] == number
    page = signed_in(one).get(f"/ca/custody/activations/{activation_id}/").text
    assert " ".join(readback.chinese(offer["script"])) in page  # as the room and the paper say it


def test_an_activation_for_a_ceremony_ends_with_it(held, ceremony):
    """CPS-6.2.9: the signer is sealed; daily work that goes on is left alone."""
    house, number = ceremony
    activation_id = held.activate(at=NOW, **for_ceremony(number))
    assert (keys.custody()["ceremony"], state(activation_id)) == (number, "active")

    house.end_early(number, "qin", "封条破损，停止仪式")
    noting.tend(at=NOW)
    assert state(activation_id) == "active"  # one has asked for its end, another has not agreed
    house.end_early(number, "gao")
    noting.tend(at=NOW)

    assert (keys.custody()["state"], state(activation_id)) == ("sealed", "ended")
    daily = held.activate(at=NOW)
    noting.tend(at=NOW)
    assert (keys.custody()["purpose"], state(daily)) == ("activate", "active")


def test_while_it_is_active_for_a_ceremony_the_dashboard_says_so_and_warns_of_no_end(
    held, ceremony
):
    """CPS-6.2.9: it is sealed when the ceremony is over, whatever hours are left."""
    number = ceremony[1]
    activation_id = held.activate(at=NOW, **for_ceremony(number))
    noting.tend(at=NOW)
    note_signer(at=NOW)

    seen = signed_in(held.host).get("/ca/").text
    assert f"为密钥仪式 {number} 启用，仪式结束即封存" in seen
    assert "activation_ends" not in alarms()
    custody = signed_in(held.host).get("/ca/custody/").text
    assert "一天内结束" not in custody
    assert "日常启用随之结束" in custody
    told = signed_in(held.host).get(f"/ca/custody/activations/{activation_id}/").text
    assert "密钥仪式：脚本写明的事，以及日常签发" in told


def test_a_sealed_signer_leads_those_who_may_to_the_page_where_it_is_activated(held):
    """CPS-6.2.8"""
    noting.tend(at=NOW)
    note_signer(at=timezone.now())
    told = "由安全管理员发起启用，两位密钥管理员提交份额"

    for role, leads in ((Role.CA_OPERATOR, True), (Role.SUPPORT, False)):
        seen = signed_in(hire(f"reads-{role}", role)).get("/ca/").text
        alerts = seen.split('<section class="card c12 alerts"')[1].split("</section>")[0]
        assert told in alerts
        assert ('href="/ca/custody/"' in alerts) is leads


def test_only_a_security_administrator_asks(held):
    wish = Wish(**WISH)
    for actor in (held.admin, held.custodians[0].actor):
        assert rule_of(lambda a=actor: activating.ask(wish, actor=a, at=NOW)) == "custody.role"


def test_an_activation_ends_with_the_signers(held, box):
    activation_id = held.activate(at=NOW)
    box.kill()
    box.start()

    noting.tend(at=NOW)

    assert state(activation_id) == "ended"
    assert queries.signer(at=NOW).state == "sealed"


def test_an_activation_that_another_followed_unseen_has_ended(held, box):
    """CPS-6.2.8: after a restart, by the command line, for the same purpose and the same time."""
    activation_id = held.activate(at=NOW)
    box.kill()
    box.start()
    activate(box.client(), [one.files[-1] for one in held.custodians[:2]], ACTIVATE)

    noting.tend(at=NOW)

    assert state(activation_id) == "ended"
    assert queries.signer(at=NOW).state == "active"


def test_another_activation_takes_the_place_of_the_one_before(held):
    first = held.activate(at=NOW)
    second = held.activate(at=NOW, hours=72)

    assert (state(first), state(second)) == ("ended", "active")


def test_shares_are_in_no_entry_and_no_message(held):
    """CPS-6.2.8: the journal has ids, codes and digests."""
    activation_id = held.ask(at=NOW)
    held.custodians[0].bring(activation_id, at=NOW)
    sealed = bytes(BroughtShare.objects.get().sealed).hex()
    noting.tend(at=NOW)

    written = "".join(Entry.objects.values_list("details", flat=True))
    secret = held.custodians[0].files[-1].share.value.hex()
    assert sealed[:32] not in written
    assert secret not in written


# --- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["custodian", "host", "admin"])
def test_any_one_of_those_who_may_stops_at_once(held, who):
    """CPS-6.2.9: without another's word, and without another code."""
    activation_id = held.activate(at=NOW)
    actors = {"custodian": held.custodians[2].actor, "host": held.host, "admin": held.admin}

    activating.stop("发现异常", actor=replace(actors[who], proved_at=None), at=NOW)
    sealing.seal(at=NOW)

    assert keys.custody()["state"] == "sealed"
    assert state(activation_id) == "ended"
    assert StopOrder.objects.get().state == "done"


def test_others_stop_nothing(held):
    auditor = hire("jiang", Role.AUDITOR)

    assert rule_of(lambda: activating.stop("试试", actor=auditor, at=NOW)) == "custody.role"
    assert rule_of(lambda: activating.stop("", actor=held.host, at=NOW)) == "custody.reason"


def test_an_order_is_carried_out_once_the_signer_answers(held, box):
    held.activate(at=NOW)
    box.process.send_signal(19)  # SIGSTOP
    activating.stop("发现异常", actor=held.host, at=NOW)
    box.kill()
    assert sealing.seal(at=NOW) == 0
    box.start()

    noting.tend(at=NOW)

    assert StopOrder.objects.get().state == "done"


def test_an_orderly_end_takes_two_of_the_three_who_hold_shares(held):
    """CPS-6.2.9"""
    one, two, _ = held.custodians
    activation_id = held.activate(at=NOW)
    asked = activating.propose_end("年度停机", actor=one.actor, at=NOW)
    newcomer = hire("qiu", Role.CUSTODIAN)

    def agree(actor):
        vote(asked.id, grants=True, seen=asked.digest, actor=actor, at=NOW)

    assert rule_of(lambda: agree(one.actor)) == "approval.own_work"
    assert rule_of(lambda: agree(held.host)) == "approval.not_a_checker"
    assert rule_of(lambda: agree(newcomer)) == "custody.majority"
    assert state(activation_id) == "active"
    agree(two.actor)
    noting.tend(at=NOW)

    assert StopOrder.objects.get().how == "orderly"
    assert state(activation_id) == "ended"
    assert keys.custody()["state"] == "sealed"


def test_who_holds_no_share_proposes_no_end(held):
    """CPS-6.2.9"""
    newcomer = hire("qiu", Role.CUSTODIAN)

    assert rule_of(lambda: activating.propose_end("停机", actor=newcomer, at=NOW)) == (
        "custody.no_seat"
    )


# --- who can be reached, and pages ---------------------------------------------------------------


def alarms() -> set[str]:
    return {one.code for one in overview(NOW).alarms}


def test_a_page_of_words_has_the_products_own_file_button(held):
    seen = signed_in(held.custodians[0].actor).get(
        f"/ca/custody/seats/{held.custodians[0].seat().pk}/words/"
    )

    assert re.search(r'class="pickfile armed">.*选择文件</span><input type="file"', seen.text)


def test_too_few_custodians_and_an_end_that_is_near_are_alarms(held):
    """CPS-6.2.2"""
    held.activate(at=NOW, hours=12)
    assert "custodians_few" not in alarms()
    assert "activation_ends" in alarms()
    for one in held.custodians[:2]:
        dismiss(one.person_id, Role.CUSTODIAN, actor=SYSTEM, at=NOW)

    assert "custodians_few" in alarms()
    appoint(held.custodians[0].person_id, Role.CUSTODIAN, actor=SYSTEM, at=HIRED)
    assert "custodians_few" not in alarms()


def test_pages_of_custody_for_everybody_who_has_to_do_with_it(held):
    """CPS-6.2.2: no page holds a share of another."""
    activation_id = held.ask(at=datetime.now(UTC))
    one = held.custodians[0]
    own = signed_in(one.actor).get(f"/ca/custody/activations/{activation_id}/").text
    host = signed_in(held.host).get(f"/ca/custody/activations/{activation_id}/").text

    assert 'data-custody="bring"' in own
    assert 'data-custody="bring"' not in host
    for actor in (held.host, held.admin, one.actor, hire("jiang", Role.AUDITOR)):
        page = signed_in(actor).get("/ca/custody/")
        assert page.status_code == 200
        assert ("立即封存密钥" in page.text) == (Role.AUDITOR not in actor.roles)
        part = signed_in(actor).get("/ca/custody/", headers={"HX-Request": "true"})
        assert "<html" not in part.text
    assert signed_in(hire("chen", Role.OPERATOR)).get("/ca/custody/").status_code == 403


def test_a_signer_that_was_activated_elsewhere_is_not_said_never_to_have_been(held, box):
    def shown() -> str:
        return signed_in(held.host).get("/ca/custody/").text

    noting.note(at=datetime.now(UTC))
    assert "还没有在本页发起过启用" in shown()

    with closing(box.client()) as client:
        activate(client, [one.files[-1] for one in held.custodians[:2]], ACTIVATE)
    noting.note(at=datetime.now(UTC))

    assert "已启用，可以签名" in shown()
    assert "当前的启用不是在本页发起的" in shown()
    assert "还没有" not in shown().split("启用记录")[1].split("停用记录")[0]


def test_a_form_that_no_script_has_filled_says_so(held):
    activation_id = held.ask(at=datetime.now(UTC))
    browser = signed_in(held.custodians[0].actor)

    answer = browser.post(f"/ca/custody/activations/{activation_id}/share/", {})

    assert answer.status_code == 422
    assert not BroughtShare.objects.exists()


def test_what_the_command_line_printed_is_pasted_into_the_page(held):
    """CPS-6.2.8"""
    activation_id = held.ask(at=datetime.now(UTC))
    one = held.custodians[0]
    page = signed_in(one.actor).get(f"/ca/custody/activations/{activation_id}/").text
    assert "在本软件的目录里运行命令" in page  # it is no installed program
    made = one.answer(activation_id)
    printed = {"sealed": made["sealed"], "share_signature": made["signature"], "asked": {}}
    browser, address = signed_in(one.actor), f"/ca/custody/activations/{activation_id}/share/"

    assert browser.post(address, {"answer": "sealed"}).status_code == 422
    assert browser.post(address, {"answer": "[]"}).status_code == 422
    assert browser.post(address, {"answer": json.dumps(printed)}).status_code == 302

    assert BroughtShare.objects.get().seat.person_id == one.person_id


def test_both_sites_of_the_work_get_by_with_their_rights(room, in_role):
    with in_role("staff"):
        room.agree(room.draft(at=NOW), at=NOW)
        for one in room.custodians:
            one.enrol(at=NOW)
    with in_role("worker"):
        noting.tend(at=NOW)
    with in_role("staff"):
        for one in room.custodians:
            one.receive(at=NOW)
    with in_role("worker"):
        noting.tend(at=NOW)
    with in_role("staff"):
        activation_id = activating.ask(Wish(**WISH), actor=room.host, at=NOW)
    with in_role("worker"):
        noting.tend(at=NOW)
    with in_role("staff"):
        for one in room.custodians[:2]:
            one.bring(activation_id, at=NOW)
        pages.custody(room.host, at=NOW)
        pages.activation(activation_id, room.host, at=NOW)
    with in_role("worker"):
        noting.tend(at=NOW)
    with in_role("staff"):
        activating.stop("演练", actor=room.admin, at=NOW)
    with in_role("worker"):
        sealing.seal(at=NOW)

    assert keys.custody()["state"] == "sealed"


@pytest.fixture
def helper(held, box, settings):
    """A second signer: it opens with the shares of the same custodians."""
    with tempfile.TemporaryDirectory(prefix="anxin-helper-") as folder:
        other = SignerProcess(Path(folder) / "home", ("--helper",), purpose="").prepare()
        box.share_custody(other)
        settings.HELPER_SOCKETS = (str(other.start().path),)
        noting.tend(at=NOW)
        yield other
        other.end()


def test_a_helper_is_activated_by_two_custodians_for_itself_and_sealed_with_the_others(
    held, helper, settings
):
    """CPS-6.2.8"""
    settings.ROOT_URLCONF = "anxin.urls_staff"
    number = held.activate(at=NOW, place=1)

    assert (state(number), queries.signer(at=NOW, place=1).state) == ("active", "active")
    assert queries.signer(at=NOW).state == "sealed"
    page = signed_in(held.host).get("/ca/custody/").content.decode()
    assert "协助签名服务 1" in page
    other = held.activate(at=NOW)
    assert (state(number), state(other)) == ("active", "active")
    assert [keys.custody(place)["state"] for place in keys.places()] == ["active", "active"]

    activating.stop("演习", actor=held.host, at=NOW)
    noting.tend(at=NOW)

    assert (state(number), state(other)) == ("ended", "ended")
    assert [keys.custody(place)["state"] for place in keys.places()] == ["sealed", "sealed"]


def test_a_helper_is_not_activated_for_a_ceremony(held, helper):
    wish = Wish(**WISH | {"purpose": "ceremony", "ceremony": "KC-1", "hours": 8, "place": 1})

    assert rule_of(lambda: activating.ask(wish, actor=held.host, at=NOW)) == "custody.place"


def test_a_stop_waits_for_the_signer_that_is_away_and_holds_up_no_other(held, helper, settings):
    """CPS-6.2.9: the home signer is sealed at once, and activated again by two custodians."""
    settings.ROOT_URLCONF = "anxin.urls_staff"
    note_signer(at=NOW)
    there, old = settings.HELPER_SOCKETS, held.activate(at=NOW, place=1)
    held.activate(at=NOW)
    settings.HELPER_SOCKETS = ("/nowhere/signer.sock",)

    activating.stop("演习", actor=held.host, at=NOW)
    noting.tend(at=NOW)
    noting.tend(at=NOW)

    assert keys.custody()["state"] == "sealed"
    assert StopOrder.objects.get().state == "sealing"
    assert alarms() >= {"stop_waits"}
    page = signed_in(held.host).get("/ca/custody/").content.decode()
    assert "协助签名服务 1 还没有应答" in page
    assert "主签名服务还没有应答" not in page
    assert helper.client().custody()["state"] == "active"
    waits = activating.ask(Wish(**WISH | {"place": 1}), actor=held.host, at=NOW)
    again = held.activate(at=NOW)
    noting.tend(at=NOW)
    assert (state(waits), state(again)) == ("asked", "active")
    assert keys.custody()["state"] == "active"

    settings.HELPER_SOCKETS = there

    assert keys.custody(1)["state"] == "sealed"  # before it is asked anything
    noting.tend(at=NOW)
    assert (StopOrder.objects.get().state, state(old)) == ("done", "ended")
    assert keys.custody()["state"] == "active"
    assert "stop_waits" not in alarms()
    entries = Entry.objects.filter(action="ca.sealing.seal").order_by("pk")
    assert [json.loads(one.details)["place"] for one in entries] == [0, 1]


def test_a_signer_that_hangs_is_waited_for_a_few_seconds(held, helper):
    """CPS-6.2.9"""
    held.activate(at=NOW)
    helper.process.send_signal(signal.SIGSTOP)
    activating.stop("演习", actor=held.host, at=NOW)

    begun = time.monotonic()
    assert sealing.seal(at=NOW) == 0

    assert time.monotonic() - begun < 2 * clients.SEALS_WITHIN
    assert keys.custody()["state"] == "sealed"


# --- orders are signed ---------------------------------------------------------------------------


@pytest.fixture
def signing(held):
    """The host and two custodians have keys in use; (who, text) -> who, having signed that."""
    people = [held.host, held.custodians[0].actor, held.custodians[1].actor]
    asks = hire("xie", Role.SECURITY_ADMIN)
    for number, one in enumerate(people):
        enrolled(pen(number), one, asks, held.admin, at=BEFORE)

    def sign(actor, reason, how="emergency", *, number=None):
        said = stops.fields(how=how, person=actor.person_id, reason=reason)
        key = pen(people.index(actor) if number is None else number)
        signature = key.sign(stops.statement(said, at=NOW.isoformat()))
        return replace(actor, signature=f"{NOW.isoformat()} {signature.hex()}")

    return sign


def test_who_has_a_key_signs_the_stop_with_the_same_click(held, signing):
    """CPS-6.2.9"""
    held.activate(at=NOW)

    assert rule_of(lambda: activating.stop("发现异常", actor=held.host, at=NOW)) == (
        "keys.not_signed"
    )
    other = signing(held.host, "另一个原因")
    assert rule_of(lambda: activating.stop("发现异常", actor=other, at=NOW)) == "keys.signed_wrong"
    assert keys.custody()["state"] == "active"
    activating.stop(" 发现\n异常 ", actor=signing(held.host, "发现 异常"), at=NOW)
    sealing.seal(at=NOW)

    assert StopOrder.objects.get().state == "done"
    assert keys.custody()["state"] == "sealed"


def written(
    by: int, signed: dict, *, how: str = "emergency", approval: int | None = None, at=NOW
) -> str:
    """What becomes of an order that somebody wrote with the staff site's role."""
    row = StopOrder.objects.create(
        state="ordered",
        how=how,
        reason="发现异常",
        ordered_by=by,
        ordered_at=at,
        approval_id=approval,
        signed=signed,
    )
    sealing.seal(at=at)
    row.refresh_from_db()
    assert (row.state, keys.custody()["state"]) == ("refused", "active")
    return row.fault


def test_an_order_that_no_officer_s_key_signed_is_not_carried_out(held, signing, in_role):
    """CPS-6.2.9: the attacker writes rows as the staff site does."""
    held.activate(at=NOW)
    actor = signing(held.host, "发现异常")
    with in_role("staff"):
        real = orders.signed("emergency", "发现异常", actor=actor, at=NOW)
    host, auditor = held.host.person_id, hire("jiang", Role.AUDITOR).person_id
    of_nobody = pen(99)
    forged = {
        "public_key": of_nobody.public.hex(),
        "signature": of_nobody.sign(real["statement"].encode()).hex(),
        "enrolment": json.dumps(
            {"fingerprint": statements.fingerprint(of_nobody.public), "person": host}
        ),
    }

    assert written(host, {}) == "stop.unsigned"
    assert written(host, real | {"statement": "[]"}) == "stop.record"
    assert written(host, real | {"statement": "{}", "enrolled_by": "nobody"}) == "stop.record"
    assert written(host, ["no record"]) == "stop.record"  # and the next order is not kept waiting
    assert written(held.admin.person_id, real) == "stop.statement"
    assert written(auditor, {}) == "stop.role"
    assert written(host, {}, how="orderly", approval=987_654) == "stop.majority"
    StopOrder.objects.all().delete()
    assert written(host, real | forged) == "stop.key"
    with pytest.raises(IntegrityError):
        written(host, real)  # what was signed once


def test_a_stop_that_was_signed_earlier_stops_nothing_later(held, signing, in_role):
    """CPS-6.2.9: caught on its way and kept; on the page, and as a row of its own."""
    late = NOW + votes.WITHIN + timedelta(seconds=1)
    actor = signing(held.host, "发现异常")
    held.activate(at=NOW)
    assert rule_of(lambda: activating.stop("发现异常", actor=actor, at=late)) == "keys.signed_wrong"
    with in_role("staff"):
        caught = orders.signed("emergency", "发现异常", actor=actor, at=NOW)

    assert written(held.host.person_id, caught, at=late) == "stop.time"


def test_a_stop_stops_once_however_late_a_worker_carries_it_out(held, signing, in_role):
    """CPS-6.2.9: it came in at its time; after the next activation it is none any more."""
    actor = signing(held.host, "发现异常")
    held.activate(at=NOW)
    with in_role("staff"):
        activating.stop("发现异常", actor=actor, at=NOW + votes.WITHIN)
    with in_role("worker"):
        assert sealing.seal(at=NOW + timedelta(days=1)) == 1
    assert keys.custody()["state"] == "sealed"

    held.activate(at=NOW)
    with in_role("staff"):
        again = rule_of(lambda: activating.stop("发现异常", actor=actor, at=NOW))

    assert (again, sealing.seal(at=NOW)) == ("custody.stopped_by_this", 0)
    assert keys.custody()["state"] == "active"


@pytest.mark.parametrize("how", ["emergency", "orderly"])
def test_since_when_keys_are_in_use_unproves_no_stop(held, signing, in_role, how):
    """CPS-6.2.9: one UPDATE, and who agreed to the officers' keys should have signed, it seems."""
    asks = hire("fang", Role.SECURITY_ADMIN)
    enrolled(pen(9), held.admin, asks, hire("bao", Role.CA_ADMIN), at=BEFORE)
    one, two = (each.actor for each in held.custodians[:2])
    held.activate(at=NOW)
    with in_role("staff"):
        earlier = F("active_from") - timedelta(days=365)
        assert OperatorKey.objects.update(active_from=earlier) == 6
        if how == "emergency":
            activating.stop("发现异常", actor=signing(one, "发现异常"), at=NOW)
        else:
            asked = activating.propose_end("停机", actor=signing(one, "停机", how), at=NOW)
            agrees = with_pen(pen(2), asked, two, at=NOW)
            vote(asked.id, grants=True, seen=asked.digest, actor=agrees, at=NOW)

    assert sealing.seal(at=NOW) == 1

    assert keys.custody()["state"] == "sealed"


def test_an_order_that_nobody_can_read_keeps_no_other_waiting(held, signing):
    """CPS-6.2.9: a row of JSON that no worker's parser gets through."""
    held.activate(at=NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ca_stoporder (state, how, reason, ordered_by, ordered_at, signed, fault)"
            " VALUES ('ordered', 'emergency', 'x', 1, now(),"
            " (repeat('[', 3000) || repeat(']', 3000))::jsonb, '')"
        )
    activating.stop("发现异常", actor=signing(held.host, "发现异常"), at=NOW)

    assert sealing.seal(at=NOW) == 1

    assert keys.custody()["state"] == "sealed"


def test_an_orderly_end_is_proved_by_what_two_custodians_signed(held, signing):
    """CPS-6.2.9"""
    one, two = (each.actor for each in held.custodians[:2])
    held.activate(at=NOW)
    assert rule_of(lambda: activating.propose_end("年度停机", actor=one, at=NOW)) == (
        "keys.not_signed"
    )
    asked = activating.propose_end("年度停机", actor=signing(one, "年度停机", "orderly"), at=NOW)
    vote(
        asked.id, grants=True, seen=asked.digest, actor=with_pen(pen(2), asked, two, at=NOW), at=NOW
    )
    Vote.objects.filter(approval=asked.id).update(statement="", signature=b"", key=None)

    sealing.seal(at=NOW)

    assert StopOrder.objects.get().fault == "vote.unsigned"
    assert keys.custody()["state"] == "active"
    asked = activating.propose_end("停机", actor=signing(one, "停机", "orderly"), at=NOW)
    vote(
        asked.id, grants=True, seen=asked.digest, actor=with_pen(pen(2), asked, two, at=NOW), at=NOW
    )
    sealing.seal(at=NOW)
    assert keys.custody()["state"] == "sealed"
