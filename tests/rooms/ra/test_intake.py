"""At the counter (CPS-4.1, CPS-4.3.1): drafts, requests, agreement, submission."""

import json
from datetime import timedelta

import pytest

from anxin.kernel.errors import Refusals
from audit.journal.models import Entry
from ca.api import Order, profile
from ca.claims.services import claim_key, claim_names
from ca.issuing.rules import read
from kmc.envelopes.models import DataKey
from people.api import approval
from pki import der, names, requests, signatures
from pki.extensions import basic_constraints
from pki.sm.sm3 import sm3
from ra.applicants.models import Subscriber
from ra.applications.models import Application
from ra.evidence.services import remove_evidence
from ra.intake import handing_in, queries, services
from tests.support import ra
from tests.support.ra import AT, FIELDS, MINUTE, OTHER
from tests.support.refusals import refused


def rules_of(refusal):
    return [(one.field, one.rule) for one in refusal.items]


def opened(counter, profile="personal-sm2-sign"):
    return services.open_draft(profile, actor=counter.chen, at=AT)


def row(application_id):
    return Application.objects.get(pk=application_id)


# --- drafts ----------------------------------------------------------------------------------


def test_numbers_of_a_day_follow_each_other(counter):
    numbers = [opened(counter).number for _ in range(3)]

    assert numbers == ["RA20261120-0001", "RA20261120-0002", "RA20261120-0003"]


def test_only_operators_enter_applications(counter):
    assert (
        refused(services.open_draft, "personal-sm2-sign", actor=counter.ren, at=AT).rule
        == "applications.not_an_operator"
    )


def test_there_is_no_application_for_a_profile_nobody_offers(counter):
    assert refused(opened, counter, "root-ca").rule == "profile.unknown"


def test_a_draft_keeps_what_was_typed_right_or_wrong(counter):
    draft = opened(counter)

    saved = services.save_draft(
        draft.id, FIELDS | {"phone": "12", "name": "匿名"}, actor=counter.chen, at=AT
    )

    view = queries.intake(draft.number, counter.chen, at=AT)
    assert {(one.field, one.rule) for one in saved.wrong} == {
        ("phone", "identity.phone"),
        ("name", "identity.name_placeholder"),
    }
    assert view.fields["phone"] == "12"
    assert view.editable


def test_right_values_are_kept_in_their_one_spelling(counter):
    draft = opened(counter)

    services.save_draft(
        draft.id, FIELDS | {"phone": "138 0000-2607", "name": "林 知夏"}, actor=counter.chen, at=AT
    )

    view = queries.intake(draft.number, counter.chen, at=AT)
    assert (view.fields["phone"], view.fields["name"]) == ("13800002607", "林知夏")
    assert row(draft.id).masked_name == "林*夏"


def test_saving_nothing_new_changes_nothing(counter):
    draft = opened(counter)
    first = services.save_draft(draft.id, FIELDS, years=1, actor=counter.chen, at=AT)

    again = services.save_draft(draft.id, FIELDS, years=1, actor=counter.chen, at=AT)

    assert again.version == first.version
    assert Entry.objects.filter(action="ra.save_draft").count() == 1


def test_an_older_page_does_not_overwrite_a_newer_one(counter):
    draft = opened(counter)
    services.save_draft(draft.id, FIELDS, seen=1, actor=counter.chen, at=AT)

    refusal = refused(services.save_draft, draft.id, OTHER, seen=1, actor=counter.chen, at=AT)

    assert refusal.rule == "applications.content_changed"
    assert row(draft.id).masked_name == "林*夏"


def test_a_distinguisher_that_could_be_a_document_number_is_not_kept(counter):
    """That column is not sealed."""
    draft = opened(counter)

    saved = services.save_draft(
        draft.id, FIELDS, distinguisher=FIELDS["document_number"], actor=counter.chen, at=AT
    )

    assert [one.rule for one in saved.wrong] == ["intake.distinguisher"]
    assert row(draft.id).distinguisher == ""


@pytest.mark.parametrize("typed", ["E12345678", "EA1234567", "e-1234-5678", "H12345678"])
def test_a_distinguisher_that_looks_like_a_passport_is_not_kept(counter, typed):
    """CPS-3.1.4, CPS-9.4: it would be published in the certificate."""
    draft = opened(counter)

    saved = services.save_draft(draft.id, FIELDS, distinguisher=typed, actor=counter.chen, at=AT)

    assert [one.rule for one in saved.wrong] == ["intake.distinguisher"]
    assert row(draft.id).distinguisher == ""


def test_a_foreign_passport_is_no_distinguisher_whichever_is_typed_first(counter):
    """A passport may have any shape: then it is known by being in the other field."""
    draft = opened(counter)
    services.save_draft(draft.id, {}, distinguisher="N7-K22Q", actor=counter.chen, at=AT)
    assert row(draft.id).distinguisher == "N7-K22Q"
    passport = FIELDS | {"document_type": "passport", "document_number": "n7k22q"}

    saved = services.save_draft(draft.id, passport, actor=counter.chen, at=AT)

    assert [one.rule for one in saved.wrong] == ["intake.distinguisher"]
    assert row(draft.id).distinguisher == ""


def test_a_staff_number_is_a_distinguisher(counter):
    draft = opened(counter)

    saved = services.save_draft(
        draft.id, FIELDS, distinguisher="YG-00012345", actor=counter.chen, at=AT
    )

    assert saved.wrong == ()
    assert row(draft.id).distinguisher == "YG-00012345"


@pytest.mark.parametrize("years", [0, 6, 11, -1])
def test_nobody_gets_a_certificate_for_an_odd_term(counter, years):
    """CPS-6.3.2"""
    draft = opened(counter)

    saved = services.save_draft(draft.id, FIELDS, years=years, actor=counter.chen, at=AT)

    assert [one.rule for one in saved.wrong] == ["applications.years"]


def test_another_office_sees_no_draft_and_others_of_the_office_see_it_masked(counter):
    """CPS-1.4.2, WP-6.4"""
    draft = opened(counter)
    services.save_draft(draft.id, FIELDS, actor=counter.chen, at=AT)

    assert refused(queries.intake, draft.number, counter.zhao, at=AT).rule == "applications.unknown"
    seen = queries.intake(draft.number, counter.ren, at=AT)
    assert seen.fields["document_number"] == "3301991992****0020"
    assert not seen.editable


def test_only_the_maker_edits(counter):
    from people.api import Role
    from tests.support.people import hire

    draft = opened(counter)
    colleague = hire("wang", Role.OPERATOR, office="RA01")

    assert (
        refused(services.save_draft, draft.id, FIELDS, actor=colleague, at=AT).rule
        == "applications.not_yours"
    )


def test_a_cancelled_draft_is_shredded(counter):
    """WP-6.4: what was never submitted is of no use to anybody."""
    draft = opened(counter)
    services.save_draft(draft.id, FIELDS, actor=counter.chen, at=AT)

    services.cancel(draft.id, reason="applicant_wish", actor=counter.chen, at=AT)

    assert DataKey.objects.get(pk=row(draft.id).data_key).wrapped is None
    assert queries.intake(draft.number, counter.chen, at=AT).fields == {}


@pytest.mark.parametrize("reason", ["", "林知夏不办了", "no longer 13800002607"])
def test_nothing_personal_gets_into_the_journal_as_a_reason(counter, reason):
    draft = opened(counter)

    assert (
        refused(services.cancel, draft.id, reason=reason, actor=counter.chen, at=AT).rule
        == "intake.cancel_reason"
    )


def test_a_submitted_application_can_be_withdrawn_and_the_vote_with_it(counter):
    application_id, _ = ra.submitted(counter)

    services.cancel(application_id, reason="applicant_wish", actor=counter.chen, at=AT)

    application = row(application_id)
    assert application.state == "cancelled"
    assert approval(application.approval_id).state == "withdrawn"
    assert DataKey.objects.get(pk=application.data_key).wrapped is not None


def test_the_words_of_a_cancelled_application_can_be_used_again(counter):
    """CPS-4.2.2"""
    application_id, _ = ra.submitted(counter)
    services.cancel(application_id, reason="applicant_wish", actor=counter.chen, at=AT)

    draft = services.open_again(application_id, actor=counter.chen, at=AT)

    view = queries.intake(draft.number, counter.chen, at=AT)
    assert view.fields["name"] == "林知夏"
    assert not any(slot.documents for slot in view.slots)


# --- the request -----------------------------------------------------------------------------


def altered(part):
    """A request whose signature is no longer about its content."""
    whole = bytearray(ra.request())
    whole[part] ^= 1
    return bytes(whole)


def without_z():
    """A request as old middleware signs it: over SM3 of the message alone."""
    key, body = ra.key(1), requests.parse(ra.request()).body
    signature = key.key.sign_digest(sm3(body))
    return der.sequence(body, signatures.identifier("sm2-sm3"), der.bit_string(signature))


def asks_for_ca():
    subject = names.build([("C", "CN"), ("CN", "林知夏")])
    return requests.build(subject, ra.key(1), (basic_constraints(ca=True),))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "request.not_pem_or_der"),
        (b"hello", "request.not_pem_or_der"),
        (bytes(20_000), "request.too_large"),
        (ra.request() + b"\0", "request.trailing_bytes"),
        (ra.request()[:-5], "request.not_der"),
        (altered(-3), "request.bad_signature"),
        (without_z(), "request.sm2_without_z"),
        (asks_for_ca(), "request.ca_requested"),
    ],
)
def test_a_request_that_proves_nothing_is_refused(counter, data, rule):
    """CPS-3.2.1: each fault by its own rule, at the field `request`."""
    draft = opened(counter)

    refusal = refused(services.attach_request, draft.id, data, actor=counter.chen, at=AT)

    assert (refusal.rule, refusal.field, refusal.cps) == (rule, "request", "3.2.1")
    assert row(draft.id).key_fingerprint == ""


def test_a_request_says_what_it_asks_for_and_what_is_ignored(counter):
    view = queries.request_view(queries.proven(ra.request()))

    assert (view.algorithm, view.bits) == ("sm2", 256)
    assert "林知夏" in view.subject
    assert view.ignored == ()


def test_a_key_of_the_wrong_kind_is_refused(counter):
    draft = opened(counter)

    refusal = refused(
        services.attach_request,
        draft.id,
        ra.request(1, algorithm="rsa-2048"),
        actor=counter.chen,
        at=AT,
    )

    assert (refusal.rule, refusal.field) == ("profile.key_algorithm", "request")


def test_a_key_is_certified_once(counter):
    """CPS-6.1.6"""
    draft = opened(counter)
    claim_key(ra.key(1).public.fingerprint, holder="subscriber:4711", at=AT)

    refusal = refused(services.attach_request, draft.id, ra.request(), actor=counter.chen, at=AT)

    assert refusal.rule == "key.certified"


def test_the_key_of_an_authority_is_never_a_subscribers(counter):
    draft = opened(counter)
    claim_key(ra.key(1).public.fingerprint, holder="ca:nmg-sm2", at=AT)

    refusal = refused(services.attach_request, draft.id, ra.request(), actor=counter.chen, at=AT)

    assert refusal.rule == "key.of_an_authority"


def taken(name, holder="subscriber:4711"):
    order = Order(
        "personal-sm2-sign", (("C", "CN"), ("CN", name)), ra.key(99).public.spki, 365, holder
    )
    claim_names([(read(order, profile(order.profile)).name_digest, holder)], at=AT)


def test_a_name_that_belongs_to_another_asks_for_a_distinguisher(counter):
    """CPS-3.1.4: namesakes are told apart, at the field that can do it."""
    taken("林知夏")
    draft = opened(counter)
    services.save_draft(draft.id, FIELDS, actor=counter.chen, at=AT)

    refusal = refused(services.attach_request, draft.id, ra.request(), actor=counter.chen, at=AT)
    assert (refusal.rule, refusal.field) == ("name.taken", "distinguisher")

    services.save_draft(draft.id, FIELDS, distinguisher="e-0017", actor=counter.chen, at=AT)
    services.attach_request(draft.id, ra.request(), actor=counter.chen, at=AT)
    assert row(draft.id).distinguisher == "E-0017"


def test_a_pasted_request_is_as_good_as_a_file(counter):
    import base64

    text = base64.encodebytes(ra.request()).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"
    draft = opened(counter)

    view = services.attach_request(draft.id, pem.encode(), actor=counter.chen, at=AT)

    assert view.fingerprint == sm3(ra.key(1).public.spki).hex()


# --- the agreement ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "how", "field"),
    [("1999-01", "on_screen", "agreement"), ("2026-01", "by_nodding", "agreement_how")],
)
def test_an_agreement_is_one_of_ours_and_really_accepted(counter, version, how, field):
    """CPS-4.1.2.4"""
    draft = opened(counter)

    refusal = refused(
        services.accept_agreement, draft.id, version, how=how, actor=counter.chen, at=AT
    )

    assert refusal.field == field


def test_which_agreement_was_accepted_when_and_how_is_kept_and_written_down(counter):
    """CPS-4.1.2.4"""
    draft = opened(counter)
    how, at = "signed_on_paper", AT + MINUTE

    services.accept_agreement(draft.id, "2026-01", how=how, actor=counter.chen, at=at)

    row = Application.objects.get()
    assert (row.agreement_version, row.agreement_how, row.agreement_at) == ("2026-01", how, at)
    assert Entry.objects.get(action="ra.accept_agreement").at == at


# --- submission ------------------------------------------------------------------------------


def test_everything_that_is_missing_is_told_at_once(counter):
    draft = opened(counter)

    refusal = refused(handing_in.submit, draft.id, actor=counter.chen, at=AT)

    assert isinstance(refusal, Refusals)
    assert {field for field, _ in rules_of(refusal)} == {
        *("name", "document_type", "document_number", "phone"),
        *("application_form", "id_front", "id_back"),
        *("request", "agreement"),
    }
    assert all(one.cps for one in refusal.items)


def test_a_complete_application_is_submitted_with_its_deadline(counter):
    """CPS-4.2.3, CPS-4.3.1"""
    application_id, told = ra.submitted(counter)

    application = row(application_id)
    assert application.state == "submitted"
    assert told.deadline_at == application.deadline_at
    assert application.deadline_at - application.submitted_at == timedelta(days=4)  # a weekend
    assert application.slots_needed == 3
    assert len(told.access_code) == 9
    assert approval(application.approval_id).payload == {
        "application_id": application_id,
        "digest": application.content_digest,
    }


def test_what_the_ra_must_record_is_recorded(counter):
    """CPS-5.4.1-RA: which documents, where their copies lie, who accepted them, how each was
    verified, which RA and CA; numbers stay sealed.
    """
    application_id, _ = ra.submitted(counter)

    entry = Entry.objects.get(action="ra.application.submit")
    assert entry.actor_name == "Chen"
    told, application = json.loads(entry.details), row(application_id)
    assert (told["document_type"], told["office"]) == ("resident_id", application.office_id)
    assert told["issuer"] == "nmg-sm2"
    assert told["verified"]["id_front"] == ["on_site", "passed"]
    kept = [
        [one.slot, one.pk, counter.chen.person_id] for one in application.documents.order_by("pk")
    ]
    assert told["documents"] == kept
    assert "330199" not in entry.details
    assert entry.subject == f"ra.application:{application_id}"


def test_a_passport_has_no_back(counter):
    """CPS-3.2.3: the documents follow the kind of identity document."""
    fields = FIELDS | {"document_type": "passport", "document_number": "E12345678"}
    application_id = ra.draft(counter.chen, fields=fields)
    back = Application.objects.get(pk=application_id).documents.get(slot="id_back")
    remove_evidence(back.pk, actor=counter.chen, at=AT)

    assert handing_in.submit(application_id, actor=counter.chen, at=AT).number


def test_by_proxy_two_more_documents_are_needed(counter):
    """CPS-3.2.3, CPS-3.2.6"""
    agent = {
        "agent_name": "方沐辰",
        "agent_document_type": "resident_id",
        "agent_document_number": OTHER["document_number"],
        "agent_phone": "13900001279",
    }
    application_id = ra.draft(counter.chen, fields=FIELDS | agent)

    refusal = refused(handing_in.submit, application_id, actor=counter.chen, at=AT)

    assert rules_of(refusal) == [
        ("authorization_letter", "evidence.missing"),
        ("agent_id", "evidence.missing"),
    ]


def test_an_employee_needs_the_word_of_the_organisation(counter):
    """CPS-3.2.3"""
    work = {"organization": "栖原科技有限公司", "organization_code": "91110000600037341L"}
    application_id = ra.draft(counter.chen, fields=FIELDS | work)

    refusal = refused(handing_in.submit, application_id, actor=counter.chen, at=AT)

    assert rules_of(refusal) == [("organization_letter", "evidence.missing")]


def test_what_is_submitted_is_not_edited(counter):
    application_id, _ = ra.submitted(counter)

    for act in (
        lambda: services.save_draft(application_id, OTHER, actor=counter.chen, at=AT),
        lambda: services.attach_request(application_id, ra.request(2), actor=counter.chen, at=AT),
        lambda: services.accept_agreement(
            application_id, "2026-01", how="on_screen", actor=counter.chen, at=AT
        ),
        lambda: handing_in.submit(application_id, actor=counter.chen, at=AT),
        lambda: ra.hold(application_id, "id_front", counter.chen),
    ):
        assert refused(act).rule == "applications.not_editable"


def test_the_same_document_is_the_same_subscriber(counter):
    """CPS-3.1.4"""
    first, _ = ra.submitted(counter, 1)
    second, _ = ra.submitted(counter, 2)
    third, _ = ra.submitted(counter, 3, fields=OTHER)

    assert row(first).subscriber_id == row(second).subscriber_id != row(third).subscriber_id
    assert Subscriber.objects.count() == 2
    assert Subscriber.objects.order_by("pk").first().number == "S00000001"


def test_the_machine_notices_what_a_person_should_look_at(counter):
    ra.submitted(counter, 1)
    renamed = FIELDS | {"name": "林知秋"}
    second, _ = ra.submitted(counter, 2, fields=renamed)

    assert row(second).checks == {
        "number": "ok",
        "proof": "ok",
        "request_name": "ok",
        "known_name": "bad",
        "twin": "warn",
        "same_file": "ok",
        "shared_phone": "ok",
        "blacklist": "ok",
    }


def test_an_approval_that_ran_out_is_asked_for_again(counter):
    from people.approvals.services import expire

    application_id, _ = ra.submitted(counter)
    old = row(application_id).approval_id
    expire(at=AT + timedelta(days=8))

    handing_in.propose_again(application_id, actor=counter.chen, at=AT + timedelta(days=8))

    assert row(application_id).approval_id != old
    assert approval(row(application_id).approval_id).state == "open"


def test_an_operator_who_is_gone_submits_nothing(counter):
    """The role is looked at with every act."""
    from dataclasses import replace

    application_id = ra.draft(counter.chen)
    nobody = replace(counter.chen, roles=frozenset())

    assert (
        refused(handing_in.submit, application_id, actor=nobody, at=AT + MINUTE).rule
        == "applications.not_an_operator"
    )
