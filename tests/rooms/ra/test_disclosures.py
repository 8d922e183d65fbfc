"""Giving private data out (CPS-9.3/9.4): with a paper, by two people, once, what was asked only."""

import re
from datetime import date

import pypdfium2
import pytest
from django.db import IntegrityError, transaction

from audit.journal.models import Entry
from people.approvals.services import expire
from pki.sm.sm3 import sm3
from ra.applications.models import Application
from ra.disclosures import queries, services
from ra.disclosures.models import DisclosureCase
from tests.support import ra
from tests.support.people import signed_in
from tests.support.ra import AT, FIELDS, MINUTE
from tests.support.refusals import refused

GROUND = {
    "authority": "栖原市人民法院",
    "number": "（2026）栖民初字第 118 号",
    "recipient": "栖原市人民法院民一庭",
    "purpose": "核实合同签署人身份",
}
ORDER = {
    "basis": "order",
    "ground": GROUND,
    "dated": date(2026, 11, 18),
    "fields": ["name", "phone"],
    "slots": ["id_front"],
}


@pytest.fixture
def application(counter):
    """Number of a submitted application."""
    return ra.submitted(counter)[1].number


def ask(number, actor, **changes):
    return services.ask(number, **(ORDER | changes), actor=actor, at=AT + MINUTE)


def decide(number, actor, **how):
    seen = queries.case(number, actor).seen
    asked = {"grants": True, "seen": seen} | how
    services.decide(number, **asked, actor=actor, at=AT + 2 * MINUTE)


def produced(application, counter):
    number = ask(application, counter.chen)
    decide(number, counter.ren)
    services.produce(number, actor=counter.chen, at=AT + 3 * MINUTE)
    return number


def text_of(pdf):
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def test_an_order_of_a_court_is_answered_with_what_it_asks_for_and_no_more(application, counter):
    """CPS-9.3/9.4"""
    number = produced(application, counter)
    pdf = services.take_extract(number, actor=counter.chen, at=AT + 4 * MINUTE)
    hidden = FIELDS["document_number"]
    read = text_of(pdf)

    assert FIELDS["phone"] in read
    assert hidden not in read
    assert "zhixia.lin" not in read
    assert len(pypdfium2.PdfDocument(pdf)) == 2  # what was said, and the one document
    assert sm3(pdf).hex() == queries.case(number, counter.ren).extract_sm3
    services.hand_over(
        number,
        taken_by="书记员方敏",
        identified="工作证 0712",
        actor=counter.chen,
        at=AT + 5 * MINUTE,
    )
    view = queries.case(number, counter.ren)
    assert (view.line.state, view.taken_by, view.identified) == (
        "handed_over",
        "书记员方敏",
        "工作证 0712",
    )


def test_every_step_is_in_the_journal_and_none_names_anybody(application, counter):
    """CPS-9.3/9.4, WP-6.4"""
    number = produced(application, counter)
    services.take_extract(number, actor=counter.chen, at=AT + 4 * MINUTE)
    services.hand_over(
        number,
        taken_by="书记员方敏",
        identified="工作证 0712",
        actor=counter.chen,
        at=AT + 5 * MINUTE,
    )

    told = Entry.objects.filter(subject=f"ra.disclosurecase:{DisclosureCase.objects.get().pk}")

    assert list(told.order_by("pk").values_list("action", flat=True)) == [
        "ra.ask_disclosure",
        "ra.disclosurecase.approve",
        "ra.disclosurecase.produce",
        "ra.take_extract",
        "ra.disclosurecase.hand_over",
    ]
    words = "".join(entry.details for entry in Entry.objects.all())
    for private in (*GROUND.values(), "方敏", "0712", FIELDS["name"], FIELDS["phone"]):
        assert private not in words


def test_what_is_private_lies_sealed(application, counter):
    """WP-6.4"""
    produced(application, counter)

    row = DisclosureCase.objects.get()

    for blob in (row.ground, row.extract):
        assert b"%PDF" not in bytes(blob)
        assert GROUND["number"].encode() not in bytes(blob)


def test_who_asked_does_not_agree(application, counter):
    """CPS-9.3/9.4, CPS-5.2.4"""
    number = ask(application, counter.chen)

    assert refused(decide, number, counter.chen).rule == "approval.not_a_checker"
    with pytest.raises(IntegrityError, match="nobody_decides"), transaction.atomic():
        DisclosureCase.objects.update(decided_by=counter.chen.person_id)


def test_nothing_is_opened_before_another_agreed(application, counter):
    number = ask(application, counter.chen)

    early = refused(services.produce, number, actor=counter.chen, at=AT + 2 * MINUTE)
    none = refused(services.take_extract, number, actor=counter.chen, at=AT + 2 * MINUTE)

    assert (early.rule, none.rule) == ("state.no_such_step", "disclosures.no_extract")
    assert none.cps == "9.3"
    with pytest.raises(IntegrityError, match="an_extract_was_agreed_to"), transaction.atomic():
        DisclosureCase.objects.update(state="produced")


def test_an_extract_is_made_once_and_not_fetched_after_it_went(application, counter):
    number = produced(application, counter)
    assert refused(services.produce, number, actor=counter.chen, at=AT + 4 * MINUTE).rule == (
        "state.no_such_step"
    )
    services.hand_over(
        number, taken_by="书记员方敏", identified="工作证", actor=counter.chen, at=AT + 5 * MINUTE
    )

    gone = refused(services.take_extract, number, actor=counter.chen, at=AT + 6 * MINUTE)

    assert gone.rule == "disclosures.no_extract"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"basis": "friend"}, ("basis", "basis", "9.3")),
        ({"ground": GROUND | {"authority": " "}}, ("authority", "authority", "9.4.5")),
        ({"ground": GROUND | {"number": ""}}, ("number", "number", "9.4.5")),
        (
            {"basis": "consent", "ground": GROUND | {"number": ""}},
            ("number", "number", "9.4.6"),
        ),
        ({"ground": GROUND | {"recipient": ""}}, ("recipient", "recipient", "9.4.5")),
        ({"ground": GROUND | {"purpose": "x" * 301}}, ("purpose", "purpose", "9.4.5")),
        ({"dated": date(2026, 11, 21)}, ("dated", "dated", "9.4.5")),
        ({"fields": [], "slots": []}, ("scope", "fields", "9.3")),
        ({"fields": ["organization"]}, ("scope", "fields", "9.3")),
        ({"slots": ["agent_id"]}, ("scope", "fields", "9.3")),
    ],
)
def test_without_a_paper_and_a_scope_there_is_no_case(application, counter, changes, said):
    """CPS-9.3/9.4"""
    error = refused(ask, application, counter.chen, **changes)

    assert (error.rule.removeprefix("disclosures."), error.field, error.cps) == said
    assert not DisclosureCase.objects.exists()


def test_a_refused_case_says_why_and_opens_nothing(application, counter):
    number = ask(application, counter.chen)
    short = refused(decide, number, counter.ren, grants=False, message="否")
    assert short.rule == "disclosures.message"

    decide(number, counter.ren, grants=False, message="文书没有盖章")

    view = queries.case(number, counter.chen)
    assert (view.line.state, view.message) == ("refused", "文书没有盖章")
    assert refused(services.produce, number, actor=counter.chen, at=AT).rule == "state.no_such_step"


def test_only_who_asked_goes_on_with_it(application, counter):
    number = ask(application, counter.chen)
    decide(number, counter.ren)

    error = refused(services.produce, number, actor=counter.ren, at=AT + 3 * MINUTE)

    assert error.rule == "disclosures.not_yours"


def test_a_case_is_withdrawn_with_its_approval_also_when_that_ended_by_itself(application, counter):
    number = ask(application, counter.chen)
    later = AT + 60 * 24 * 8 * MINUTE
    expire(at=later)

    services.withdraw_case(number, actor=counter.chen, at=later)

    assert queries.case(number, counter.ren).line.state == "withdrawn"
    assert refused(decide, number, counter.ren, seen="x").rule == "state.no_such_step"


# --- pages -----------------------------------------------------------------------------------


def test_another_ra_neither_asks_nor_sees(application, counter):
    """CPS-1.4.2: by address."""
    number = ask(application, counter.chen)
    outsider, reviewer = signed_in(counter.zhao), signed_in(counter.zhou)

    assert outsider.get(f"/w/disclosures/ask/?number={application}").status_code == 404
    assert outsider.get(f"/w/disclosures/{number}/").status_code == 404
    assert number not in outsider.get("/w/disclosures/").content.decode()
    yes = {"grants": "yes", "seen": queries.case(number, counter.ren).seen}
    assert reviewer.post(f"/w/disclosures/{number}/decide/", yes).status_code == 404
    for act in ("produce", "extract", "withdraw"):
        assert outsider.post(f"/w/disclosures/{number}/{act}/").status_code == 404


def test_the_pages_lead_from_the_question_to_the_record(application, counter):
    asking, deciding = signed_in(counter.chen), signed_in(counter.ren)
    address = f"/w/disclosures/ask/?number={application}"
    assert "手机号" in asking.get(address).content.decode()
    given = GROUND | {
        "basis": "order",
        "dated": "2026-11-18",
        "fields_": ["name"],
        "slots": ["id_front"],
    }
    assert asking.post(address, given | {"fields_": [], "slots": []}).status_code == 422
    place = asking.post(address, given)["Location"]
    assert deciding.post(f"{place}produce/").status_code == 403

    page = deciding.get(place).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', page).group(1)
    bad = {"grants": "no", "seen": seen, "message": ""}
    assert deciding.post(f"{place}decide/", bad).status_code == 422
    assert asking.post(f"{place}decide/", {"grants": "yes", "seen": seen}).status_code == 403
    assert deciding.post(f"{place}decide/", {"grants": "yes", "seen": seen}).status_code == 302
    assert asking.post(f"{place}produce/").status_code == 302
    answer = asking.post(f"{place}extract/")
    assert answer.content.startswith(b"%PDF")
    assert "no-store" in answer["Cache-Control"]
    assert asking.post(f"{place}hand-over/", {"taken_by": ""}).status_code == 422
    taken = {"taken_by": "书记员方敏", "identified": "工作证"}
    assert asking.post(f"{place}hand-over/", taken).status_code == 302
    assert "书记员方敏" in deciding.get(place).content.decode()
    assert Application.objects.get(number=application).masked_name in (
        asking.get("/w/disclosures/").content.decode()
    )
