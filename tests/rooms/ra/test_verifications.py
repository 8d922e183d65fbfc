"""How each document was verified, by whom, and what that lets into a certificate (CPS 3.2)."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from anxin.kernel.errors import Refusal, Refusals
from audit.journal.models import Entry
from people.api import Role, vote
from ra.agreements import queries as agreements
from ra.agreements import services as agreeing
from ra.agreements.models import CaAgreement
from ra.applicants.kinds import kind_of
from ra.applications.models import Application
from ra.applications.queries import checked_order, content
from ra.evidence.services import remove_evidence
from ra.intake import handing_in
from ra.intake import queries as intakes
from ra.intake import services as intake
from ra.receipts import drawing
from ra.receipts.services import print_receipt
from ra.review import decisions
from ra.review import services as review
from ra.review.case import case
from ra.verifications import services
from ra.verifications.models import Verification
from ra.verifications.rules import METHODS, Method, Verified, methods
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, COMPANY, FIELDS, MINUTE

LATER = AT + 5 * MINUTE
NUMBER = "安信-互认-2026-01"
ID = "id_front"


@pytest.fixture
def application(counter):
    return ra.draft(counter.chen)


def row(application_id):
    return Application.objects.get(pk=application_id)


def note(counter, application_id, slot=ID, method="on_site", at=AT, **more):
    found = [Verified(slot, method, **more)]
    services.note(application_id, found, actor=counter.chen, at=at)


def current(application_id, slot=ID):
    return Verification.objects.get(application=application_id, slot=slot, ended_at=None)


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as caught:
        act(*arguments, **named)
    return caught.value


def submitting(application_id, counter, at=AT):
    """What is wrong with it: (field, rule, clause)."""
    with pytest.raises(Refusals) as caught:
        handing_in.submit(application_id, actor=counter.chen, at=at)
    return [(one.field, one.rule, one.cps) for one in caught.value.items]


# --- item by item ----------------------------------------------------------------------------


def test_each_document_says_how_it_was_verified_by_whom_and_with_what_result(counter, application):
    """CPS-3.2.2, CPS-3.2.3: the number of the query lies sealed."""
    note(counter, application, method="database", reference="CX-2026-0417", at=LATER)

    kept = current(application)
    assert (kept.method, kept.result, kept.at) == ("database", "passed", LATER)
    assert kept.officer_id == counter.chen.person_id
    assert b"CX-2026" not in bytes(kept.reference)
    seen = intakes.intake(row(application).number, counter.chen, at=LATER).verifications[ID]
    assert (seen.reference, seen.officer) == ("CX-2026-0417", "Chen")


def test_the_journal_keeps_each_finding_without_its_number(counter, application):
    """CPS-5.4.1-RA"""
    note(counter, application, method="biometric", reference="BIO-7781")

    entry = Entry.objects.filter(action="ra.verify_evidence").latest("pk")
    assert entry.actor_id == counter.chen.person_id
    told = json.loads(entry.details)
    assert (told["slot"], told["method"], told["result"]) == (ID, "biometric", "passed")
    assert "BIO-7781" not in entry.details


def test_nothing_is_submitted_before_every_document_is_verified(counter, application):
    """CPS-3.2.2, CPS-3.2.3: each with its clause."""
    Verification.objects.filter(application=application).update(ended_at=AT)

    assert submitting(application, counter) == [
        ("application_form", "verifications.missing", "3.2.2"),
        ("id_front", "verifications.missing", "3.2.3"),
        ("id_back", "verifications.missing", "3.2.3"),
    ]


def test_another_document_has_to_be_verified_anew(counter, application):
    """CPS-3.2.3"""
    held = row(application).documents.get(slot="id_back")
    remove_evidence(held.pk, actor=counter.chen, at=AT)
    ra.hold(application, "id_back", counter.chen)

    assert submitting(application, counter) == [("id_back", "verifications.missing", "3.2.3")]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (Verified("licence", "on_site"), "slot"),
        (Verified("authorization_letter", "on_site"), "no_document"),
        (Verified("application_form", "biometric", reference="1"), "method"),
        (Verified(ID, "by_looks"), "method"),
        (Verified(ID, "on_site", result="perhaps"), "result"),
        (Verified(ID, "database"), "reference"),
        (Verified(ID, "database", reference="x" * 65), "reference"),
    ],
)
def test_what_is_no_verification_is_refused(counter, application, said, rule):
    """CPS-3.2.2, CPS-3.2.3"""
    refusal = refused(services.note, application, [said], actor=counter.chen, at=AT)

    assert (refusal.rule, refusal.field) == (f"verifications.{rule}", said.slot)
    assert refusal.cps in {"3.2.2", "3.2.3"}


def test_organisations_are_not_verified_by_their_faces():
    """CPS-3.2.2, CPS-3.2.3: biometrics are of persons."""
    assert Method.BIOMETRIC not in METHODS["licence"]
    assert methods("agent_id") == list(Method)
    assert methods("domain_right") == [Method.ON_SITE, Method.DATABASE]


def test_nobody_verifies_what_somebody_else_enters(counter, application):
    """CPS-4.3.1"""
    li = hire("li", Role.OPERATOR, office="LRA0103")

    refusal = refused(services.note, application, [Verified(ID, "on_site")], actor=li, at=AT)

    assert refusal.rule == "applications.not_yours"


def test_saying_the_same_twice_is_one_finding(counter, application):
    before = current(application).pk
    note(counter, application, at=LATER)
    assert current(application).pk == before

    note(counter, application, method="database", reference="A-1", at=LATER)
    changed = current(application).pk
    note(counter, application, method="database", reference="A-1", at=LATER + MINUTE)
    assert current(application).pk == changed != before


def test_the_database_keeps_one_finding_of_a_slot(counter, application):
    kept = current(application)
    kept.pk = None
    with pytest.raises(IntegrityError, match="one_finding_of_a_slot"), transaction.atomic():
        kept.save(force_insert=True)


# --- what it lets into the certificate -------------------------------------------------------


def test_a_value_that_changed_after_it_was_verified_enters_nothing(counter, application):
    """CPS-3.2.5: the operator verifies anew, or it is not handed in."""
    intake.save_draft(application, FIELDS | {"name": "林之夏"}, actor=counter.chen, at=AT)

    assert submitting(application, counter) == [("name", "kinds.unverified", "3.2.5")]

    ra.verify(application, counter.chen)
    assert handing_in.submit(application, actor=counter.chen, at=LATER).number


def test_what_no_certificate_says_may_change(counter, application):
    """CPS-3.2.5: other information need not be verified."""
    intake.save_draft(application, FIELDS | {"email": "a@example.cn"}, actor=counter.chen, at=AT)

    assert handing_in.submit(application, actor=counter.chen, at=AT).number


def test_only_verified_fields_are_ordered(counter):
    """CPS-3.2.5: the last look, in the transaction that orders the certificate."""
    application_id, _ = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)
    held = content(row(application_id))
    assert checked_order(row(application_id), held).subject[-1] == ("CN", FIELDS["name"])

    Verification.objects.filter(application=application_id, slot=ID).update(ended_at=LATER)

    assert refused(checked_order, row(application_id), held).rule == "kinds.unverified"
    with pytest.raises(Refusals) as caught:
        decisions.decide_approve(application_id, seen=seen, actor=counter.ren, at=LATER)
    assert ("kinds.unverified", "3.2.5") in {(one.rule, one.cps) for one in caught.value.items}


def test_the_reviewer_sees_which_fields_are_verified_and_how(counter):
    """CPS-3.2.5, CPS-4.2.1"""
    application_id = ra.draft(counter.chen, fields=COMPANY, profile="organization-sm2-sign")
    note(counter, application_id, "licence", "database", reference="GS-0099")
    told = handing_in.submit(application_id, actor=counter.chen, at=AT)

    view = case(told.number, counter.ren, at=LATER)

    how = {field.code: field.verified for field in view.fields}
    assert how["legal_name"] == how["credit_code"] == "database"
    assert how["agent_name"] == "on_site"
    (licence,) = [one for one in view.verifications if one.slot == "licence"]
    assert (licence.method, licence.reference, licence.officer) == ("database", "GS-0099", "Chen")


def test_a_document_that_failed_is_told_and_never_approved(counter, application):
    """CPS-4.2.2: it is handed in, and rejected with its reason."""
    note(counter, application, result="failed")
    told = handing_in.submit(application, actor=counter.chen, at=AT)

    found = {one.rule for one in case(told.number, counter.ren, at=LATER).hindrances}
    assert {"verifications.failed", "kinds.unverified"} <= found

    review.claim(application, actor=counter.ren, at=LATER)
    decisions.reject(application, ["J01"], message="未能核实本人身份", actor=counter.ren, at=LATER)
    assert row(application).state == "rejected"


def test_who_approves_agrees_to_how_it_was_verified(counter):
    """CPS-3.2.2: the digest they agree to holds every finding."""
    application_id, _ = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)
    Verification.objects.filter(application=application_id, slot=ID).update(method="database")

    refusal = refused(
        decisions.decide_approve, application_id, seen=seen, actor=counter.ren, at=LATER
    )

    assert refusal.rule == "applications.content_changed"


def test_the_page_of_a_case_asks_no_more_than_twelve_queries(
    counter, django_assert_max_num_queries
):
    application_id = ra.draft(counter.chen, fields=COMPANY, profile="organization-sm2-sign")
    note(counter, application_id, "licence", "database", reference="GS-0099")
    told = handing_in.submit(application_id, actor=counter.chen, at=AT)

    with django_assert_max_num_queries(12, connection=connection):
        case(told.number, counter.ren, at=LATER)


def test_the_receipt_says_how_documents_were_verified(counter, monkeypatch):
    """CPS-5.4.1-RA, CPS-4.3.2"""
    application_id, told = ra.submitted(counter)
    drawn = []
    monkeypatch.setattr(drawing, "draw", lambda receipt: drawn.append(receipt) or b"%PDF")

    print_receipt(
        application_id,
        access_code=told.access_code,
        status_url="http://127.0.0.1/status/",
        actor=counter.chen,
        at=LATER,
    )

    assert "身份证件（人像面）（现场核验原件）" in dict(drawn[0].rows)["材料"]


def test_all_documents_of_all_kinds_can_be_verified():
    for profile in ("personal", "organization", "device", "server"):
        assert all(methods(slot) for slot in kind_of(f"{profile}-x").slots)


# --- other CAs -------------------------------------------------------------------------------


@pytest.fixture
def tang():
    return hire("tang", Role.SECURITY_ADMIN)


@pytest.fixture
def gao():
    return hire("gao", Role.CA_ADMIN)


def proposed(tang, number=NUMBER, *, days=365, at=AT):
    begins = (AT - timedelta(days=30)).date()
    terms = {"valid_from": begins, "valid_until": begins + timedelta(days=days)}
    return agreeing.propose_agreement("江海认证", number=number, **terms, actor=tang, at=at)


def agreed(tang, gao, **terms):
    asked = proposed(tang, **terms)
    vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT)


def test_another_ca_is_believed_under_an_agreement_on_record(counter, application, tang, gao):
    """CPS-3.2.7: two people put it there."""
    agreed(tang, gao)

    note(counter, application, method="other_ca", reference="JH-51", agreement=NUMBER)

    assert current(application).agreement.ca_name == "江海认证"
    entry = Entry.objects.get(action="ra.enter_ca_agreement")
    assert json.loads(entry.details)["terms"]["number"] == NUMBER
    told = handing_in.submit(application, actor=counter.chen, at=AT)
    (seen,) = [
        one for one in case(told.number, counter.ren, at=LATER).verifications if one.agreement
    ]
    assert (seen.slot, seen.agreement) == (ID, NUMBER)


@pytest.mark.parametrize(
    "make",
    [
        lambda *_: None,
        lambda tang, _: proposed(tang),
        lambda tang, gao: agreed(tang, gao, days=29),
    ],
    ids=["none", "only asked for", "over"],
)
def test_another_ca_is_not_believed_without_a_valid_agreement(
    counter, application, tang, gao, make
):
    """CPS-3.2.7"""
    make(tang, gao)

    refusal = refused(
        note, counter, application, method="other_ca", reference="JH-51", agreement=NUMBER
    )

    assert (refusal.rule, refusal.cps, refusal.field) == ("agreements.none", "3.2.7", "agreement")
    assert current(application).method == "on_site"


def test_the_database_believes_no_other_ca_without_an_agreement(counter, application):
    """CPS-3.2.7"""
    rows = Verification.objects.filter(application=application)
    with pytest.raises(IntegrityError, match="under_an_agreement"), transaction.atomic():
        rows.update(method="other_ca")


def test_nobody_enters_an_agreement_alone(counter, tang):
    """CPS-3.2.7"""
    asked = proposed(tang)

    refusal = refused(vote, asked.id, grants=True, seen=asked.digest, actor=tang, at=AT)

    assert refusal.rule.startswith("approval.")
    assert not CaAgreement.objects.exists()


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"ca_name": "江"}, "agreements.name"),
        ({"number": "a b"}, "agreements.number"),
        ({"valid_until": AT.date() - timedelta(days=400)}, "agreements.term"),
        ({}, "agreements.taken"),
    ],
)
def test_an_agreement_that_says_nothing_is_refused(counter, tang, gao, changes, rule):
    """CPS-3.2.7"""
    agreed(tang, gao)
    terms = {"number": NUMBER, "valid_from": AT.date(), "valid_until": AT.date()} | changes
    name = terms.pop("ca_name", "江海认证")

    refusal = refused(agreeing.propose_agreement, name, **terms, actor=tang, at=AT)

    assert (refusal.rule, refusal.cps) == (rule, "3.2.7")


def test_agreements_are_asked_for_on_their_page(counter, tang, gao):
    """CPS-3.2.7"""
    page = signed_in(tang)
    sent = {"ca_name": "江海认证", "number": NUMBER}
    sent |= {"valid_from": "2026-01-01", "valid_until": "2036-12-31"}

    assert page.post("/w/ca-agreements/", sent | {"valid_until": ""}).status_code == 422
    assert page.post("/w/ca-agreements/", sent).status_code == 302
    assert page.post("/w/ca-agreements/", sent).status_code in {302, 409, 422}

    shown = signed_in(gao).get("/w/ca-agreements/").content.decode()
    assert NUMBER in shown
    assert "去审批" in shown
    assert agreements.page(gao, at=AT).waiting.may_decide


def test_who_has_nothing_to_do_with_agreements_does_not_see_them(counter):
    assert signed_in(hire("wang", Role.AUDITOR)).get("/w/ca-agreements/").status_code == 403


# --- the counter's page ----------------------------------------------------------------------


def test_the_counter_notes_what_it_verified(counter, application):
    """CPS-3.2.3: one form for all documents."""
    number = row(application).number
    page, address = signed_in(counter.chen), f"/w/intake/{number}/verifications/"
    sent = {"id_front.method": "database", "id_front.result": "passed"}

    refused_page = page.post(address, sent)
    assert refused_page.status_code == 422
    assert "不在现场核验的，请填写" in refused_page.content.decode()

    assert page.post(address, sent | {"id_front.reference": "CX-9"}).status_code == 302
    assert current(application).method == "database"
    assert "CX-9" in page.get(f"/w/intake/{number}/").content.decode()


def test_a_reviewer_notes_nothing(counter, application):
    """CPS-4.3.1"""
    address = f"/w/intake/{row(application).number}/verifications/"
    assert signed_in(counter.ren).post(address, {}).status_code == 403
