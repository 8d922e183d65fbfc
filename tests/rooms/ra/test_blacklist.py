"""The list of those who are not served (CPS-4.2.2): two people each way, a hit stops approval."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audit.journal.models import Entry
from ra.applications.models import Application
from ra.blacklist import queries, services
from ra.blacklist.models import BlacklistEntry
from ra.review import decisions
from ra.review.case import case
from tests.support import ra
from tests.support.people import signed_in
from tests.support.ra import AT, COMPANY, FIELDS, MINUTE
from tests.support.refusals import refused

PERSON = {
    "kind": "document",
    "value": FIELDS["document_number"],
    "cause": "false_papers",
    "paper": "栖注函〔2026〕7 号",
}
LATER = AT + 30 * MINUTE


def ask(actor, **changes):
    return services.ask_to_list(**(PERSON | changes), actor=actor, at=AT)


def decide(entry_id, actor, *, grants=True, at=AT + MINUTE):
    seen = queries.entry(entry_id, actor, at=at).seen
    services.decide(entry_id, grants=grants, seen=seen, actor=actor, at=at)


def listed(counter, **changes):
    entry_id = ask(counter.chen, **changes)
    decide(entry_id, counter.ren)
    return entry_id


def state_of(entry_id):
    return BlacklistEntry.objects.get(pk=entry_id).state


def test_whom_two_people_list_is_noticed_at_intake_and_not_approved(counter):
    """CPS-4.2.2"""
    listed(counter)
    application_id, _ = ra.submitted(counter)

    assert Application.objects.get(pk=application_id).checks["blacklist"] == "bad"
    seen = ra.look_through(application_id, counter.shen)
    no = refused(decisions.decide_approve, application_id, seen=seen, actor=counter.shen, at=LATER)
    assert (no.rule, no.cps) == ("blacklist.listed_document", "4.2.2")
    assert ra.state_of(application_id) == "submitted"
    row = Application.objects.get(pk=application_id)
    view = case(row.number, counter.shen, at=AT + 3 * MINUTE)
    assert [one.rule for one in view.hindrances] == ["blacklist.listed_document"]


def test_somebody_listed_between_two_reviews_is_not_approved_by_the_last_vote(counter):
    """The vote itself refuses, whatever the page of the reviewer said before."""
    application_id, _ = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)
    listed(counter, kind="phone", value=FIELDS["phone"])

    no = refused(decisions.decide_approve, application_id, seen=seen, actor=counter.ren, at=LATER)

    assert no.rule == "blacklist.listed_phone"


def test_lifting_it_takes_two_people_and_lets_the_application_go_on(counter):
    entry_id = listed(counter)
    application_id, _ = ra.submitted(counter)
    services.ask_to_lift(entry_id, "entered_wrongly", actor=counter.chen, at=AT)
    assert refused(decide, entry_id, counter.chen).rule.startswith("approval.")
    assert state_of(entry_id) == "listed"
    decide(entry_id, counter.shen)

    seen = ra.look_through(application_id, counter.ren)
    decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=LATER)

    assert ra.state_of(application_id) == "approved"
    told = Entry.objects.filter(subject=f"ra.blacklistentry:{entry_id}")
    assert {"ra.ask_to_list", "ra.blacklistentry.enlist", "ra.ask_to_lift"} <= set(
        told.values_list("action", flat=True)
    )
    said = " ".join(str(entry.details) for entry in Entry.objects.all())
    assert FIELDS["document_number"] not in said
    assert PERSON["paper"] not in said


@pytest.mark.parametrize(
    ("entry", "fields", "rule"),
    [
        (
            {"kind": "organization", "value": COMPANY["credit_code"]},
            COMPANY,
            "blacklist.listed_organization",
        ),
        (
            {"kind": "document", "value": COMPANY["agent_document_number"]},
            COMPANY,
            "blacklist.listed_document",
        ),
        ({"kind": "phone", "value": COMPANY["agent_phone"]}, COMPANY, "blacklist.listed_phone"),
        ({"kind": "document", "value": COMPANY["agent_document_number"]}, FIELDS, None),
    ],
)
def test_organizations_agents_and_telephones_are_found_too(counter, entry, fields, rule):
    listed(counter, **entry)

    found = [one.rule for one in queries.hindrances(fields, "", at=AT)]

    assert found == ([rule] if rule else [])


def test_a_listed_key_is_found_by_its_fingerprint(counter):
    """CPS-4.2.2: a key that got out is not certified again."""
    fingerprint = "ab" * 32
    listed(counter, kind="key", value=":".join(fingerprint[n : n + 2] for n in range(0, 64, 2)))

    assert queries.hits(FIELDS, fingerprint, at=AT) == ["key"]
    assert queries.hits(FIELDS, "cd" * 32, at=AT) == []


def test_nobody_is_refused_before_another_agreed_or_after_the_last_day(counter):
    last = date(2026, 11, 23)
    entry_id = ask(counter.chen, until=last)
    assert queries.hits(FIELDS, "", at=AT) == []
    decide(entry_id, counter.ren)

    assert queries.hits(FIELDS, "", at=AT + timedelta(days=3)) == ["document"]  # the last day
    assert queries.hits(FIELDS, "", at=AT + timedelta(days=4)) == []


def test_who_refuses_or_withdraws_leaves_nobody_listed(counter):
    first, second = ask(counter.chen), ask(counter.chen)
    decide(first, counter.ren, grants=False)
    assert refused(services.take_back, second, actor=counter.zhao, at=AT).rule == (
        "blacklist.not_yours"
    )
    services.take_back(second, actor=counter.chen, at=AT)

    assert (state_of(first), state_of(second)) == ("refused", "withdrawn")
    assert queries.hits(FIELDS, "", at=AT) == []
    no = refused(services.take_back, second, actor=counter.chen, at=AT)
    assert no.rule == "blacklist.not_asked"


def test_two_wishes_to_lift_do_not_meet(counter):
    entry_id = listed(counter)
    services.ask_to_lift(entry_id, "cause_gone", actor=counter.chen, at=AT)

    no = refused(services.ask_to_lift, entry_id, "cause_gone", actor=counter.zhao, at=AT)

    assert no.rule == "blacklist.asked"


@pytest.mark.parametrize(
    ("wrong", "rule", "field"),
    [
        ({"kind": "face"}, "blacklist.kind", "kind"),
        ({"value": "330199199203150021"}, "identity.number_check_digit", "value"),
        ({"kind": "key", "value": "abc"}, "blacklist.fingerprint", "value"),
        ({"cause": "because"}, "blacklist.cause", "cause"),
        ({"paper": " "}, "blacklist.paper", "paper"),
        ({"until": date(2026, 11, 19)}, "blacklist.until", "until"),
    ],
)
def test_an_entry_says_who_why_and_by_which_paper(counter, wrong, rule, field):
    """CPS-4.2.2"""
    no = refused(ask, counter.chen, **wrong)

    assert (no.rule, no.field) == (rule, field)


def test_a_reviewer_proposes_no_entry(counter):
    assert refused(ask, counter.ren).rule.startswith("approval.")


def test_the_database_knows_no_entry_of_one_person(counter):
    """CPS-5.2.4"""
    entry_id = ask(counter.chen)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ra_blacklistentry SET decided_by = maker_id WHERE id = %s", [entry_id]
        )


# --- pages -----------------------------------------------------------------------------------


def test_the_pages_lead_from_the_wish_to_the_list_and_mask_the_number(counter):
    operator, reviewer = signed_in(counter.chen), signed_in(counter.ren)
    sent = operator.post(
        "/w/blacklist/ask/", PERSON | {"document_type": "resident_id", "until": ""}
    )
    address = sent.headers["Location"]
    page = reviewer.get(address).content.decode()
    seen = queries.entry(BlacklistEntry.objects.get().pk, counter.ren, at=AT).seen
    assert seen in page
    assert FIELDS["document_number"] not in page
    reviewer.post(f"{address}decide/", {"grants": "yes", "seen": seen})

    assert "已列入" in reviewer.get("/w/blacklist/?state=listed").content.decode()
    assert "提请解除" in operator.get(address).content.decode()


def test_a_wrong_number_is_said_beside_its_field(counter):
    answer = signed_in(counter.chen).post(
        "/w/blacklist/ask/", PERSON | {"document_type": "resident_id", "value": "123"}
    )

    assert answer.status_code == 422
    assert "号码" in answer.content.decode()


def test_who_may_not_decide_reads_why(counter):
    entry_id = ask(counter.chen)

    page = signed_in(counter.chen).get(f"/w/blacklist/{entry_id}/").content.decode()

    assert "撤回" in page
    assert 'value="yes"' not in page


@pytest.mark.parametrize("path", ["", "ask/", "1/"])
def test_others_do_not_see_the_list(counter, path):
    from people.api import Role
    from tests.support.people import hire

    outsider = signed_in(hire("jiang", Role.AUDITOR))

    assert outsider.get(f"/w/blacklist/{path}").status_code == 403
