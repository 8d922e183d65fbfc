"""The page of approvals: what waits, for whom, in words, and one way to decide it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role, approval, propose, redeem, vote
from people.approvals import inbox, services
from people.approvals.inbox import Shown
from people.approvals.rules import Duty
from people.trust.queries import roles_given
from tests.support.people import hire, signed_in
from tests.support.ra import open_counter
from tests.support.refusals import refused_by

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
declined = []


def appoint_asked(maker):
    """Somebody asks that Wen becomes an operator; now, because pages read the clock."""
    wen = hire("wen").person_id
    payload = {"person": wen, "role": "operator"}
    subject = f"people.staffmember:{wen}"
    at = datetime.now(UTC)
    return wen, propose("people.appoint", payload, subject=subject, actor=maker, at=at)


def test_who_may_decide_finds_it_and_who_asked_sees_their_own(tang, gao):
    """CPS-5.2.4"""
    _, asked = appoint_asked(tang)

    (line,) = inbox.inbox(gao).waiting
    assert (line.approval.id, line.about, line.cps) == (
        asked.id,
        "Wen · 证书业务受理员",
        "5.2.4",
    )
    assert [one.approval.id for one in inbox.inbox(tang).own] == [asked.id]
    assert inbox.inbox(tang).waiting == inbox.inbox(gao).own == ()


def test_the_page_says_in_words_what_is_agreed_to_and_keeps_the_comment(tang, gao):
    """CPS-5.2.2, CPS-5.2.4"""
    wen, asked = appoint_asked(tang)
    page, browser = f"/approvals/{asked.id}/", signed_in(gao)
    assert "Wen · 证书业务受理员" in browser.get("/approvals/").content.decode()
    shown = browser.get(page).content.decode()
    assert all(word in shown for word in ("S-wen", "证书业务受理员", asked.digest[:8]))

    given = {"seen": asked.digest, "grants": "yes", "comment": "已核对\r\n档案"}
    assert browser.post(f"{page}decide/", given)["Location"] == "/approvals/"

    assert roles_given(wen) == {"operator"}
    assert [one.comment for one in approval(asked.id).votes] == ["已核对\n档案"]
    assert "已核对" in signed_in(tang).get(page).content.decode()
    assert inbox.inbox(gao).waiting == ()


def test_who_asked_reads_who_decides_and_not_that_their_post_cannot(tang, gao):
    """CPS-5.2.4: nobody checks their own work, whatever their posts are."""
    _, asked = appoint_asked(tang)
    page = f"/approvals/{asked.id}/"

    shown = signed_in(tang).get(page).content.decode()

    assert "提请的人不审批" in shown
    assert "须由担任下列岗位的另外 1 人审批：CA 系统管理员" in shown
    assert "您的岗位不能审批" not in shown
    assert "提请的人不审批" not in signed_in(gao).get(page).content.decode()


def test_a_no_says_why(tang, gao):
    wen, asked = appoint_asked(tang)
    page, browser = f"/approvals/{asked.id}/", signed_in(gao)
    no = {"seen": asked.digest, "grants": "no", "comment": " "}

    assert browser.post(f"{page}decide/", no).status_code == 422
    assert approval(asked.id).is_open
    browser.post(f"{page}decide/", no | {"comment": "培训未完成"})

    assert (approval(asked.id).state, roles_given(wen)) == ("refused", set())


def test_what_changed_after_the_page_was_shown_is_not_decided(tang, gao):
    """CPS-5.2.4: a vote counts for what the voter saw."""
    _, asked = appoint_asked(tang)

    named = {"grants": True, "comment": "", "actor": gao, "at": datetime.now(UTC)}
    rule = refused_by(services.decide, asked.id, seen="ab" * 32, **named)

    assert rule == "approval.seen_something_else"


def test_nobody_decides_about_themselves(tang, gao):
    """CPS-5.2.4"""
    payload = {"person": gao.person_id, "role": "policy_member"}
    subject = f"people.staffmember:{gao.person_id}"
    asked = propose("people.appoint", payload, subject=subject, actor=tang, at=AT)

    shown = inbox.page(asked.id, gao)
    assert [one.rule for one in shown.reasons] == ["trust.own_file"]
    assert refused_by(vote, asked.id, grants=True, seen=asked.digest, actor=gao, at=AT) == (
        "trust.own_file"
    )


def test_who_asked_takes_it_back_on_the_page(tang, gao):
    _, asked = appoint_asked(tang)
    page = f"/approvals/{asked.id}/"
    assert f"{page}withdraw/" in signed_in(tang).get(page).content.decode()
    assert signed_in(gao).post(f"{page}withdraw/").status_code == 403

    signed_in(tang).post(f"{page}withdraw/")

    assert approval(asked.id).state == "withdrawn"
    entry = Entry.objects.get(action="people.approval.withdraw")
    assert entry.actor_id == tang.person_id


def test_what_has_a_page_of_its_own_is_not_decided_here():
    counter = open_counter()
    chen, ren = counter.chen, counter.ren
    asked = propose("ra.approve_application", {"n": 1}, subject="x:1", actor=chen, at=AT)
    named = {"grants": True, "seen": asked.digest, "comment": "", "actor": ren, "at": AT}

    assert refused_by(services.decide, asked.id, **named) == "approval.page_of_its_own"
    assert refused_by(services.take_back, asked.id, actor=chen, at=AT) == "approval.page_of_its_own"
    assert inbox.inbox(ren).waiting == inbox.inbox(chen).own == ()


@pytest.mark.parametrize(("sight", "waiting"), [("", 1), (f"{__name__}.see_nothing", 0)])
def test_what_waits_on_other_pages_is_counted_as_far_as_one_sees_it(
    duty, tang, gao, sight, waiting
):
    """CPS-5.2.4"""
    duty(page="queue", sight=sight)
    asked = gate_asked(tang)

    (there,) = inbox.inbox(gao).elsewhere
    assert (there.address, there.waiting) == ("/w/queue/", waiting)
    vote(asked.id, grants=False, seen=asked.digest, actor=gao, at=AT)
    assert inbox.inbox(gao).elsewhere[0].waiting == 0


def see_nothing(approval_ids, actor):
    assert approval_ids
    return 0


def test_others_read_nothing_of_it(tang):
    _, asked = appoint_asked(tang)
    chen, jiang = hire("chen", Role.OPERATOR), hire("jiang", Role.AUDITOR)

    assert signed_in(chen).get(f"/approvals/{asked.id}/").status_code == 404
    for path in ("/approvals/", f"/approvals/{asked.id}/"):
        assert signed_in(jiang).get(path).status_code == 403


# --- what a duty may name besides its service ------------------------------------------------


def open_the_gate(approval, *, actor, at, gate):
    redeem(approval, "test.open_gate", {"gate": gate}, actor=actor, at=at)


def keep_it_shut(approval, *, actor, at, gate):
    declined.append(gate)


def show_the_gate(payload, *, actor):
    return Shown(f"gate {payload['gate']}", (("gate", payload["gate"]),))


def show_nothing(payload, *, actor):
    raise Refusal("not_found", "approval.unknown", "out of sight")


@pytest.fixture
def duty(settings):
    declined.clear()
    one = Duty(
        perform=f"{__name__}.open_the_gate",
        makers=frozenset({Role.SECURITY_ADMIN}),
        checkers=frozenset({Role.CA_ADMIN}),
        votes=1,
        cps="5.2.4",
        shows=f"{__name__}.show_the_gate",
        declined=f"{__name__}.keep_it_shut",
    )
    settings.DUTIES = {"test.open_gate": one}

    def change(**values):
        settings.DUTIES = {"test.open_gate": replace(one, **values)}

    return change


def gate_asked(maker):
    return propose("test.open_gate", {"gate": "north"}, subject="gate:1", actor=maker, at=AT)


@pytest.mark.parametrize("ending", ["no", "taken back"])
def test_the_room_hears_that_nothing_comes_of_it(duty, tang, gao, ending):
    asked = gate_asked(tang)

    if ending == "no":
        vote(asked.id, grants=False, seen=asked.digest, actor=gao, at=AT)
    else:
        services.take_back(asked.id, actor=tang, at=AT)

    assert declined == ["north"]


def test_a_yes_declines_nothing(duty, tang, gao):
    asked = gate_asked(tang)
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)

    assert (approval(asked.id).state, declined) == ("used", [])


def test_without_words_the_payload_itself_is_shown(duty, tang, gao):
    duty(shows="")
    asked = gate_asked(tang)

    assert inbox.page(asked.id, gao).shown == Shown("gate:1", (("gate", "north"),))


def test_what_is_out_of_sight_is_not_listed(duty, tang, gao):
    duty(shows=f"{__name__}.show_nothing")
    asked = gate_asked(tang)

    assert inbox.inbox(gao).waiting == ()
    assert refused_by(inbox.page, asked.id, gao) == "approval.unknown"
