"""Organisations and devices, from the counter to the certificate (CPS 3.1, 3.2)."""

import json

import pytest

from anxin.kernel.errors import Refusal, Refusals
from audit.journal.models import Entry
from ca import api as ca_api
from ca.hierarchy.models import CertificateAuthority
from kmc import api as kmc
from pki import certificates
from ra.applicants.kinds import KINDS
from ra.applicants.models import Subscriber
from ra.applications.models import Application
from ra.applications.queries import content
from ra.evidence.services import remove_evidence
from ra.intake import handing_in, queries, services
from ra.review import decisions
from ra.review import services as review
from ra.review.case import case
from tests.support import ra
from tests.support.ra import AT, COMPANY, MACHINE, MINUTE

ORGANIZATION, DEVICE = "organization-sm2-sign", "device-sm2-sign"
OWNED = {"legal_name": COMPANY["legal_name"], "credit_code": COMPANY["credit_code"]}


def company(counter, number=1, **changes):
    return ra.draft(counter.chen, number, COMPANY | changes, profile=ORGANIZATION)


def machine(counter, number=1, **changes):
    return ra.draft(counter.chen, number, MACHINE | changes, profile=DEVICE)


def sent(application_id, counter):
    return handing_in.submit(application_id, actor=counter.chen, at=AT + MINUTE)


def what_is_wrong(application_id, counter):
    with pytest.raises(Refusals) as caught:
        sent(application_id, counter)
    return [(one.field, one.rule, one.cps) for one in caught.value.items]


def row(application_id):
    return Application.objects.get(pk=application_id)


def certificate_of(application_id):
    return ca_api.certificate(row(application_id).certificate_id)


def issuer_of(code):
    return CertificateAuthority.objects.get(code=code).certificate


def remove(application_id, slot, counter):
    held = row(application_id).documents.get(slot=slot, removed_at__isnull=True)
    remove_evidence(held.pk, actor=counter.chen, at=AT)


def test_an_organisation_gets_its_certificate(live_counter, openssl):
    """CPS-1.4.3, CPS-1.5.1, CPS-3.1.1, CPS-3.1.2, CPS-3.2.2"""
    application_id = ra.issued(live_counter, fields=COMPANY, profile=ORGANIZATION)

    found = certificate_of(application_id)
    leaf = certificates.parse(found.der)
    assert leaf.subject.get("CN") == leaf.subject.get("O") == COMPANY["legal_name"]
    assert leaf.subject.get("serialNumber") == COMPANY["credit_code"]
    assert leaf.key_usage == {"digitalSignature", "nonRepudiation"}
    assert (found.profile, found.profile_version) == (ORGANIZATION, 1)
    openssl.verify_certificate(found.der, bytes(issuer_of(found.ca)), at=AT + 5 * MINUTE)


def test_an_organisation_is_a_subscriber_found_again_by_its_code(counter):
    """CPS-1.4.3"""
    first, second = company(counter, 1), company(counter, 2)
    sent(first, counter)
    sent(second, counter)

    assert row(first).subscriber_id == row(second).subscriber_id
    assert row(first).masked_name == COMPANY["legal_name"]
    assert Subscriber.objects.get().kind == "organization"


def test_an_agent_acts_for_an_organisation_with_a_letter(counter):
    """CPS-3.2.6: no letter of authority, no certificate."""
    application_id = company(counter)
    remove(application_id, "sealed_authorization", counter)

    assert what_is_wrong(application_id, counter) == [
        ("sealed_authorization", "evidence.missing", "3.2.3")
    ]


def test_an_organisation_does_not_come_by_itself(counter):
    """CPS-3.2.6: the agent is named, with document and telephone."""
    nobody = {code: "" for code in COMPANY if code.startswith("agent_")}
    application_id = company(counter, **nobody)

    assert {field for field, _, _ in what_is_wrong(application_id, counter)} == set(nobody)


@pytest.mark.parametrize("slot", ["sealed_form", "licence", "sealed_authorization", "agent_id"])
def test_every_document_of_an_organisation_is_asked_for(counter, slot):
    """CPS-3.2.2"""
    application_id = company(counter)
    remove(application_id, slot, counter)

    assert [field for field, _, _ in what_is_wrong(application_id, counter)] == [slot]


def test_a_credit_code_with_a_wrong_digit_is_refused(counter):
    """CPS-3.1.2"""
    application_id = company(counter)
    wrong = COMPANY["credit_code"][:-1] + "0"
    services.save_draft(application_id, COMPANY | {"credit_code": wrong}, actor=counter.chen, at=AT)

    assert ("credit_code", "identity.credit_code_check_digit", "3.1.2") in what_is_wrong(
        application_id, counter
    )


@pytest.mark.parametrize("name", ["匿名", "测试", "aa"])
def test_an_organisation_has_a_real_name(counter, name):
    """CPS-3.1.3"""
    application_id = company(counter)
    services.save_draft(application_id, COMPANY | {"legal_name": name}, actor=counter.chen, at=AT)

    (wrong,) = what_is_wrong(application_id, counter)
    assert wrong == ("legal_name", "identity.organization_placeholder", "3.1.2")


def test_the_request_may_come_before_the_name(counter):
    draft = services.open_draft(ORGANIZATION, actor=counter.chen, at=AT)

    view = services.attach_request(draft.id, ra.request(), actor=counter.chen, at=AT)

    assert view.algorithm == "sm2"


def test_the_reviewer_sees_which_fields_enter_the_certificate(counter):
    """CPS-3.2.5"""
    application_id = company(counter)
    told = sent(application_id, counter)

    view = case(told.number, counter.ren, at=AT + MINUTE)

    assert {field.code for field in view.fields if field.certified} == {"legal_name", "credit_code"}
    assert {field.code: field.document_id for field in view.fields}["credit_code"]
    assert {tick.code for tick in view.checklist} >= {"check.sealed", "check.agent_authorised"}
    assert dict(view.preview.rows)["主体"].startswith(f"serialNumber={COMPANY['credit_code']}")


def test_the_journal_says_which_documents_an_organisation_brought(counter):
    """CPS-5.4.1"""
    sent(company(counter), counter)

    entry = Entry.objects.get(action="ra.application.submit")
    details = json.loads(entry.details)
    assert details["document_type"] == "credit_code"
    assert details["slots"] == ["sealed_form", "licence", "sealed_authorization", "agent_id"]
    assert COMPANY["agent_phone"] not in entry.details


def test_a_field_nobody_verified_enters_no_certificate(counter):
    """CPS-3.2.5: approval waits for every single field."""
    application_id = company(counter)
    told = sent(application_id, counter)
    view = case(told.number, counter.ren, at=AT + MINUTE)
    review.claim(application_id, actor=counter.ren, at=AT + MINUTE)

    with pytest.raises(Refusals) as caught:
        decisions.decide_approve(application_id, seen=view.seen, actor=counter.ren, at=AT + MINUTE)

    assert "review.incomplete" in {one.rule for one in caught.value.items}
    assert row(application_id).certificate_id is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_all_that_enters_a_certificate_is_proved_by_a_document(kind):
    """CPS-3.2.5, CPS-3.1.5: and no kind has a field for a trade mark."""
    proved = {code for slot in kind.slots.values() for code in slot.proves}

    assert kind.certified <= proved
    assert not any("mark" in code for code in kind.fields)


def test_a_device_gets_its_certificate(live_counter, openssl):
    """CPS-1.4.3, CPS-1.5.1, CPS-3.1.2: the device is named, and whoever answers for it."""
    application_id = ra.issued(live_counter, fields=MACHINE | OWNED, profile=DEVICE)

    found = certificate_of(application_id)
    leaf = certificates.parse(found.der)
    assert leaf.subject.get("CN") == MACHINE["device_name"]
    assert leaf.subject.get("O") == COMPANY["legal_name"]
    openssl.verify_certificate(found.der, bytes(issuer_of(found.ca)), at=AT + 5 * MINUTE)
    device = row(application_id).subscriber
    assert (device.kind, device.responsible.kind) == ("device", "organization")


def test_a_person_may_answer_for_a_device(counter):
    """CPS-1.4.3"""
    application_id = machine(counter)
    sent(application_id, counter)

    device = row(application_id).subscriber
    assert (device.kind, device.responsible.kind) == ("device", "person")
    assert row(application_id).masked_name == MACHINE["device_name"]


def test_two_owners_may_have_devices_of_one_name_but_not_one_certificate_name(counter):
    """CPS-3.1.4"""
    first, second = machine(counter, 1), machine(counter, 2, **ra.OTHER)
    sent(first, counter)
    sent(second, counter)

    assert row(first).subscriber_id != row(second).subscriber_id


def test_the_device_of_an_organisation_needs_its_papers(counter):
    """CPS-3.2.2"""
    application_id = machine(counter, **OWNED)
    for slot in ("licence", "sealed_authorization", "ownership_undertaking"):
        remove(application_id, slot, counter)

    assert [field for field, _, _ in what_is_wrong(application_id, counter)] == [
        "ownership_undertaking",
        "licence",
        "sealed_authorization",
    ]


def test_what_belongs_to_another_kind_is_not_kept(counter):
    application_id = company(counter)
    services.save_draft(
        application_id, COMPANY | {"device_name": "栖原网关"}, actor=counter.chen, at=AT
    )

    assert "device_name" not in content(row(application_id)).fields


def test_nobody_applies_for_what_is_not_on_offer(counter):
    """CPS-1.5.2"""
    assert {one.code for one in queries.profiles()} >= {ORGANIZATION, DEVICE}
    with pytest.raises(Refusal) as caught:
        services.open_draft("scenario-sm2-sign", actor=counter.chen, at=AT)
    assert caught.value.rule in {"profile.unknown", "kinds.not_offered"}


def test_a_rejected_organisation_applies_again_from_its_words(counter):
    """CPS-4.2.2"""
    application_id = company(counter)
    services.cancel(application_id, reason="duplicate", actor=counter.chen, at=AT)

    with pytest.raises(Refusal, match="destroyed"):
        services.open_again(application_id, actor=counter.chen, at=AT)

    other = company(counter, 2)
    sent(other, counter)
    services.cancel(other, reason="applicant_wish", actor=counter.chen, at=AT + MINUTE)
    again = services.open_again(other, actor=counter.chen, at=AT + MINUTE)
    assert content(row(again.id)).fields == COMPANY


def test_the_name_of_a_company_is_sealed_like_all_that_was_said(counter):
    application_id = company(counter)
    dossier = row(application_id).dossier

    assert COMPANY["credit_code"].encode() not in bytes(dossier.identity)
    plain = kmc.unseal(
        row(application_id).data_key, dossier.identity_context(), bytes(dossier.identity)
    )
    assert COMPANY["credit_code"].encode() in plain
