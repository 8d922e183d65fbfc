"""The auditors' pages (CPS-5.4.1, CPS-5.4.4)."""

import hashlib
import html
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from anxin.kernel.actors import SYSTEM, Actor
from audit.api import Filters, chain_state, entries, seal
from audit.journal.models import Entry
from audit.log import record
from audit.reading.services import verify
from people.api import Role
from tests.plugin_journal import triggers_disabled
from tests.support.people import hire, signed_in

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)  # only what is committed can be chained
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def staff_site(settings):
    settings.ROOT_URLCONF = "tests.rooms.audit.urls"


@pytest.fixture
def jiang():
    return hire("jiangwan", Role.AUDITOR)


def text_of(response):
    return html.unescape(response.content.decode())


def shown(response):
    return [one.content.subject for one in response.context["page"].entries]


def write(subject, *, actor=SYSTEM, action="ra.application.read", at=AT, **more):
    record(action, subject, actor=actor, at=at, **more)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_nobody_but_an_auditor_reads_the_journal(role):
    outsider = signed_in(hire("zhao", role))

    assert outsider.get("/audit/").status_code == 403
    assert outsider.post("/audit/verify/").status_code == 403


def test_a_stranger_is_sent_to_the_entrance():
    assert Client().get("/audit/").headers["Location"].startswith("/sign-in/")


def test_searching_the_journal_is_in_the_journal(jiang):
    """CPS-5.4.1: reading security records is an event itself."""
    signed_in(jiang).get("/audit/", {"action": "ra.", "since": "2026-11-20"})

    entry = Entry.objects.get(action="audit.searched")
    assert (entry.actor_id, entry.actor_roles) == (jiang.person_id, "auditor")
    assert json.loads(entry.details)["filters"] == {
        "action": "ra.",
        "since": "2026-11-20T00:00:00+08:00",
    }


def test_entries_are_found_by_who_what_on_what_and_when(jiang):
    chen = hire("chenyue", Role.OPERATOR)
    the_day_before = AT - timedelta(days=1)
    write("ra.application:1", actor=chen)
    write("ra.application:2")
    write("ca.certificate:3", action="ca.certificate.revoke")
    write("ra.application:4", at=the_day_before)
    write("/w/queue/", action="site.refused", outcome="refused")
    auditor = signed_in(jiang)

    assert shown(auditor.get("/audit/?actor=chenyue&action=ra.")) == ["ra.application:1"]
    assert shown(auditor.get("/audit/?actor=S-chenyue&action=ra.")) == ["ra.application:1"]
    assert shown(auditor.get("/audit/?actor=system&action=ca.certificate")) == ["ca.certificate:3"]
    assert shown(auditor.get("/audit/?subject=ra.application:2")) == ["ra.application:2"]
    assert shown(auditor.get("/audit/?since=2026-11-19&until=2026-11-19")) == ["ra.application:4"]
    assert shown(auditor.get("/audit/?refused=on")) == ["/w/queue/"]
    assert "没有符合条件的记录" in text_of(auditor.get("/audit/?subject=ra.application:99"))


@pytest.mark.parametrize(
    "query", ["actor=林知夏", "action=林知夏", "subject=林知夏", "since=tomorrow", "before=x"]
)
def test_what_cannot_be_searched_for_is_said_and_not_written_down(jiang, query):
    """A subscriber's name typed into the wrong field must not end up in the journal."""
    answer = signed_in(jiang).get(f"/audit/?{query}")

    assert answer.status_code == 422
    told = json.loads(Entry.objects.get(action="audit.searched").details)
    assert told == {"filters": {}}


def test_a_field_that_cannot_be_read_leaves_the_list_there(jiang):
    write("ra.application:1")
    write("ca.certificate:3", action="ca.certificate.revoke")

    answer = signed_in(jiang).get("/audit/?action=ca.&since=tomorrow")

    assert shown(answer) == ["ca.certificate:3"]
    assert answer.context["form"].errors.keys() == {"since"}


def test_an_application_is_found_by_the_number_on_its_receipt(jiang):
    write("ra.application:7", action="ra.open_draft", number="RA20261120-0001")
    write("ra.application:7", action="ra.application.submit")
    write("ra.application:8", action="ra.open_draft", number="RA20261120-0002")
    auditor = signed_in(jiang)

    for typed in ("RA20261120-0001", "ra20261120 0001"):
        answer = auditor.get("/audit/", {"subject": typed})
        assert shown(answer) == ["ra.application:7"] * 2
    assert shown(auditor.get("/audit/?subject=RA20261120-0009")) == []
    assert shown(auditor.get("/audit/?subject=RA20269999-0001")) == []


def test_what_was_done_to_a_person_is_found_by_their_name(jiang):
    chen = hire("chenyue", Role.OPERATOR)
    write(f"people.staffmember:{chen.person_id}", action="people.dismissed")
    auditor = signed_in(jiang)

    for name in ("chenyue", "S-chenyue", chen.name):
        found = shown(auditor.get("/audit/", {"subject": name, "action": "people.dismissed"}))
        assert found == [f"people.staffmember:{chen.person_id}"]


@committed
def test_the_banner_says_what_came_after_the_last_full_walk(jiang):
    write("ra.application:1")
    seal()
    verify(actor=SYSTEM, at=AT)
    write("ra.application:2")
    seal()

    page = text_of(signed_in(jiang).get("/audit/"))

    assert "全量校验 2026-11-20 17:00:00" in page
    assert "此后新增 2 条未校验" in page  # the walk's own entry is the other one
    assert "未比对它留存的末端" in page


def test_paging_goes_back_in_time_and_forth_again(jiang):
    for number in range(120):
        write(f"ra.application:{number}")
    auditor = signed_in(jiang)
    newest = auditor.get("/audit/?action=ra.")
    assert shown(newest)[0] == "ra.application:119"
    assert (len(shown(newest)), newest.context["page"].newer) == (50, None)

    middle = auditor.get(f"/audit/?action=ra.&before={newest.context['page'].older}")
    oldest = auditor.get(f"/audit/?action=ra.&before={middle.context['page'].older}")
    back = auditor.get(f"/audit/?action=ra.&after={oldest.context['page'].newer}")

    assert shown(middle)[0] == "ra.application:69"
    assert (len(shown(oldest)), oldest.context["page"].older) == (20, None)
    assert shown(back) == shown(middle)
    assert f'href="?action=ra.&before={newest.context["page"].older}"' in text_of(newest)


@committed
def test_an_entry_s_proof_can_be_recomputed_from_the_page(jiang):
    """CPS-5.4.4: the canonical text and its SM3, each as the page shows it."""
    write("ra.application:1", actor=Actor(7, "陈越", frozenset({"operator"}), "10.8.3.21"))
    write("ra.application:2")
    seal()
    second = Entry.objects.get(subject="ra.application:2")

    page = text_of(signed_in(jiang).get(f"/audit/?entry={second.id}"))

    (canonical,) = re.findall(r'<pre class="json" tabindex="0">(\{.*?"xid":\d+\})</pre>', page)
    digest = hashlib.new("sm3", canonical.encode()).hexdigest()
    assert " ".join(re.findall(".{8}", digest)) in page
    assert "重算一致" in page
    assert Entry.objects.filter(action="audit.opened", subject=f"audit.entry:{second.id}").exists()


@committed
def test_a_changed_entry_stands_out_in_the_list_and_in_its_proof(jiang):
    write("ra.application:1")
    write("ra.application:2")
    seal()
    first = Entry.objects.get(subject="ra.application:1")
    with triggers_disabled(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET details = '{}x' WHERE id = %s", [first.id])

    answer = signed_in(jiang).get(f"/audit/?action=ra.&entry={first.id}")

    assert [one.holds for one in answer.context["page"].entries] == [True, False]
    assert "记录在入链之后被改动过" in text_of(answer)


@committed
def test_the_banner_says_what_the_last_full_walk_found(jiang):
    auditor = signed_in(jiang)
    assert "还没有做过全量校验" in text_of(auditor.get("/audit/"))

    write("ra.application:1")
    seal()
    assert verify(actor=SYSTEM, at=AT) == "unwitnessed"  # there is no signer here
    page = text_of(auditor.get("/audit/"))
    assert "未经见证" in page
    assert "链完整" not in page

    with triggers_disabled(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET action = 'x' WHERE subject = 'ra.application:1'")
    assert verify(actor=SYSTEM, at=AT) == "broken"
    broken = text_of(auditor.get("/audit/"))
    assert "链断开" in broken
    assert "对不上（内容被改动）" in broken


def test_an_auditor_can_ask_for_a_full_walk(jiang):
    answer = signed_in(jiang).post("/audit/verify/", follow=True)

    assert "全量校验已经开始" in text_of(answer)
    assert Entry.objects.get(action="audit.verification_asked").actor_id == jiang.person_id


@committed
def test_the_state_names_the_head_and_what_waits():
    write("ra.application:1")
    seal()
    write("ra.application:2", at=AT + timedelta(seconds=5))

    state = chain_state()

    assert (state.seq, state.waiting, state.waiting_since) == (1, 1, AT + timedelta(seconds=5))
    assert state.digest == entries(Filters(subject="ra.application:1")).entries[0].digest


@committed
def test_the_page_asks_few_questions(jiang, django_assert_max_num_queries):
    for number in range(60):
        write(f"ra.application:{number}")
    seal()
    auditor = signed_in(jiang)
    auditor.get("/audit/")  # the session's first page notes where it is

    with django_assert_max_num_queries(14):
        auditor.get("/audit/?action=ra.")


def test_an_entry_that_is_not_there_is_not_found(jiang):
    assert signed_in(jiang).get("/audit/?entry=999999").status_code == 404
