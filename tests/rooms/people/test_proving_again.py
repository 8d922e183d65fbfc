"""Who decides has shown a second factor a moment ago (CPS-5.2.3, WP-7.2)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.accounts import codes
from people.accounts.models import OneTimeDevice, StaffMember
from people.api import Role, approval, enrol_device, propose, vote
from people.personnel.services import propose_appointment
from people.sessions import store
from people.sessions.rules import PROOF
from tests.support.people import hire, signed_in

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
KEY, SECOND = b"k" * 20, timedelta(seconds=1)


@pytest.fixture
def gao():
    """Who decides about people, at a browser whose last proof is a quarter of an hour old."""
    gao = hire("gao", Role.CA_ADMIN)
    enrol_device(gao.person_id, KEY, actor=SYSTEM, at=AT)
    return gao


@pytest.fixture
def asked():
    """A role somebody asks for, for somebody."""
    tang, wen = hire("tang", Role.SECURITY_ADMIN), hire("wen")
    return propose_appointment(wen.person_id, Role.REVIEWER, actor=tang, at=datetime.now(UTC))


@pytest.fixture
def browser(gao):
    client = signed_in(gao)
    let_it_lie(client)
    return client


def let_it_lie(client):
    session = client.session
    store.prove(session, at=datetime.now(UTC) - PROOF - SECOND)
    session.save()


def decide(client, asked, **more):
    typed = {"approval": asked.id, "seen": asked.digest, "grants": "yes"}
    return client.post(address(asked.id), typed | more)


def address(approval_id):
    return f"/approvals/{approval_id}/decide/"


def kept(page):
    """The hidden fields of a page's last form."""
    form = page.content.decode().rpartition("<form")[2]
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in pairs if name != "csrfmiddlewaretoken"}


def go_on(client, page, code):
    """Send that form, as browsers do."""
    typed = kept(page) | {"proof-code": code}
    return client.post(
        address(typed["approval"]),
        urlencode(typed),
        content_type="application/x-www-form-urlencoded",
    )


def code_now(person_id):
    after = OneTimeDevice.objects.get(user=person_id, confirmed=True).last_step
    return codes.code(KEY, after=after, at=datetime.now(UTC))


@pytest.mark.parametrize("age", [PROOF, timedelta(0), -SECOND])
def test_a_proof_counts_for_a_quarter_of_an_hour(age):
    """WP-7.2"""
    chen, shen = hire("chen", Role.OPERATOR), hire("shen", Role.REVIEWER)
    asked = propose("ra.approve_application_twice", {"n": 1}, subject="x:1", actor=chen, at=AT)

    voted = vote(
        asked.id, grants=True, seen=asked.digest, actor=replace(shen, proved_at=AT - age), at=AT
    )

    assert [one.checker_id for one in voted.votes] == [shen.person_id]


@pytest.mark.parametrize("proved_at", [AT - PROOF - SECOND, None])
def test_nobody_decides_on_an_older_proof_or_none(proved_at):
    """WP-7.2"""
    chen, shen = hire("chen", Role.OPERATOR), hire("shen", Role.REVIEWER)
    asked = propose("ra.approve_application_twice", {"n": 1}, subject="x:1", actor=chen, at=AT)

    with pytest.raises(Refusal) as refused:
        vote(
            asked.id,
            grants=True,
            seen=asked.digest,
            actor=replace(shen, proved_at=proved_at),
            at=AT,
        )

    assert (refused.value.rule, refused.value.cps) == ("sessions.proof_old", "5.2.3")
    assert approval(asked.id).votes == ()


def test_the_page_asks_for_a_code_and_keeps_what_was_typed(browser, gao, asked):
    """WP-7.2"""
    page = decide(browser, asked, comment="一\n二 <b>")

    assert page.status_code == 403
    assert "请再次证明是您本人" in page.content.decode()
    assert kept(page) == {
        "approval": str(asked.id),
        "seen": asked.digest,
        "grants": "yes",
        "comment": "一\n二 <b>",
    }
    assert approval(asked.id).votes == ()
    assert not Entry.objects.filter(action="site.refused").exists()


def test_a_right_code_goes_on_with_what_was_typed(browser, gao, asked):
    """WP-7.2"""
    page = decide(browser, asked)

    done = go_on(browser, page, code_now(gao.person_id))

    assert done["Location"] == "/approvals/"
    assert approval(asked.id).state == "used"
    proved = Entry.objects.get(action="people.proved_again")
    assert (proved.actor_id, proved.outcome) == (gao.person_id, "done")


def test_the_proof_then_counts_for_the_next_decision_too(browser, gao, asked):
    page = decide(browser, asked)
    go_on(browser, page, code_now(gao.person_id))

    again = decide(browser, asked)

    assert "请再次证明" not in again.content.decode()


def test_a_wrong_code_does_nothing_and_counts_like_a_wrong_password(browser, gao, asked):
    """WP-7.2"""
    page = decide(browser, asked, comment="核对无误")

    wrong = go_on(browser, page, "abcdef")

    assert wrong.status_code == 422
    assert kept(wrong)["comment"] == "核对无误"
    assert approval(asked.id).votes == ()
    assert StaffMember.objects.get(pk=gao.person_id).failed_tries == 1
    assert Entry.objects.get(action="people.proved_again").outcome == "refused"


def test_a_code_proves_nothing_for_somebody_who_is_not_signed_in(client, gao, asked):
    typed = urlencode({"approval": asked.id, "proof-code": code_now(gao.person_id)})

    answer = client.post(address(asked.id), typed, content_type="application/x-www-form-urlencoded")

    assert answer["Location"].startswith("/sign-in/")
    assert not Entry.objects.filter(action="people.proved_again").exists()


def test_whoever_may_not_decide_is_not_asked_for_a_code(asked):
    """A refusal that no code can mend comes first."""
    client = signed_in(hire("tangs", Role.SECURITY_ADMIN))
    let_it_lie(client)

    assert "请再次证明" not in decide(client, asked).content.decode()
