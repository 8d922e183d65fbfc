"""Reviewing (CPS-4.2.1, CPS-4.2.2, CPS-4.3.1): claims, verdicts, decisions."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from anxin.kernel.errors import Refusals
from audit.journal.models import Entry
from ca.issuing.models import Certificate
from kmc import api as kmc
from people.api import approval, vote
from people.approvals.services import expire
from ra.applications.models import Application, Dossier
from ra.evidence.services import page_image, remove_evidence, take_in
from ra.intake import handing_in
from ra.intake import services as intake
from ra.review import decisions, services
from ra.review.case import case
from ra.review.models import Decision, ItemVerdict
from ra.review.wording import REASONS
from tests.support import ra
from tests.support.ra import AT, FIELDS, MINUTE, OTHER
from tests.support.refusals import refused

LATER = AT + 2 * MINUTE


def told(refusal):
    return [one.rule for one in refusal.items]


def row(application_id):
    return Application.objects.get(pk=application_id)


def seen_by(application_id, person, at=LATER):
    return case(row(application_id).number, person, at=at)


def approve(application_id, person, seen, at=AT + 3 * MINUTE):
    return decisions.decide_approve(application_id, seen=seen, actor=person, at=at)


def send_back(application_id, person, reasons=("A06",), **more):
    return decisions.return_for_correction(
        application_id,
        reasons,
        message="请在申请表上补签姓名和日期",
        actor=person,
        at=AT + 3 * MINUTE,
        **more,
    )


# --- the desk --------------------------------------------------------------------------------


def test_the_most_urgent_application_is_taken_first(counter):
    """CPS-4.2.3"""
    later = ra.draft(counter.chen, 1)
    sooner = ra.draft(counter.chen, 2, fields=OTHER)
    handing_in.submit(later, actor=counter.chen, at=AT + timedelta(hours=1))
    handing_in.submit(sooner, actor=counter.chen, at=AT)

    number = services.claim_next(actor=counter.ren, at=AT + timedelta(hours=2))

    assert number == row(sooner).number


def test_one_application_lies_on_one_desk(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    assert (
        refused(services.claim, application_id, actor=counter.shen, at=LATER).rule
        == "review.claimed"
    )
    assert services.claim_next(actor=counter.shen, at=LATER) is None
    assert seen_by(application_id, counter.shen).lock.holder == "Ren"


def test_a_claim_ends_by_itself_after_half_an_hour_without_an_act(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    version = seen_by(application_id, counter.ren).version
    services.set_verdict(
        application_id, "name", "differs", seen=version, actor=counter.ren, at=LATER + 20 * MINUTE
    )

    assert (
        refused(services.claim, application_id, actor=counter.shen, at=LATER + 49 * MINUTE).rule
        == "review.claimed"
    )
    assert services.claim_next(actor=counter.shen, at=LATER + 51 * MINUTE)
    assert (
        refused(
            services.set_verdict,
            application_id,
            "phone",
            "agrees",
            seen=version,
            actor=counter.ren,
            at=LATER + 52 * MINUTE,
        ).rule
        == "review.not_claimed"
    )


def test_a_released_application_can_be_taken_by_others(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    services.release(application_id, actor=counter.ren, at=LATER)

    assert services.claim_next(actor=counter.shen, at=LATER) == row(application_id).number


def test_another_office_reviews_nothing_here(counter):
    """CPS-1.4.2"""
    application_id, _ = ra.submitted(counter)

    assert services.claim_next(actor=counter.zhou, at=LATER) is None
    assert (
        refused(services.claim, application_id, actor=counter.zhou, at=LATER).rule
        == "applications.unknown"
    )
    assert (
        refused(case, row(application_id).number, counter.zhou, at=LATER).rule
        == "applications.unknown"
    )


# --- nobody checks their own work ------------------------------------------------------------


def test_nobody_reviews_what_they_entered(counter):
    """CPS-4.3.1: not even somebody who has both roles by mistake."""
    application_id, _ = ra.submitted(counter)
    both = replace(counter.chen, roles=counter.chen.roles | counter.ren.roles)

    assert refused(services.claim, application_id, actor=both, at=LATER).rule == "review.own_work"
    assert services.claim_next(actor=both, at=LATER) is None


def test_operators_do_not_review(counter):
    application_id, _ = ra.submitted(counter)

    for act in (
        lambda: services.claim(application_id, actor=counter.chen, at=LATER),
        lambda: services.claim_next(actor=counter.chen, at=LATER),
    ):
        assert refused(act).rule == "review.not_a_reviewer"


@pytest.mark.parametrize("column", ["decided_by", "claimed_by"])
def test_the_database_says_so_too(counter, column):
    """CPS-4.3.1, for whoever writes SQL by hand."""
    application_id, _ = ra.submitted(counter)

    with pytest.raises(IntegrityError, match="nobody_"), transaction.atomic():
        Application.objects.filter(pk=application_id).update(
            **{column: row(application_id).maker_id}
        )


# --- item by item ----------------------------------------------------------------------------


def test_verdicts_are_kept_one_by_one(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    version = seen_by(application_id, counter.ren).version

    for item, verdict in (
        ("document_type", "agrees"),
        ("phone", "differs"),
        ("check.form_signed", "agrees"),
    ):
        services.set_verdict(
            application_id, item, verdict, seen=version, actor=counter.ren, at=LATER
        )
    services.set_verdict(
        application_id, "check.form_signed", "", seen=version, actor=counter.ren, at=LATER
    )

    view = seen_by(application_id, counter.ren)
    assert {field.code: field.verdict for field in view.fields if field.verdict} == {
        "document_type": "agrees",
        "phone": "differs",
    }
    assert not any(tick.ticked for tick in view.checklist)


def test_a_verdict_on_what_is_not_there_is_refused(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    refusal = refused(
        services.set_verdict,
        application_id,
        "shoe_size",
        "agrees",
        seen=row(application_id).content_version,
        actor=counter.ren,
        at=LATER,
    )

    assert refusal.rule == "review.no_such_item"


def test_a_page_that_is_out_of_date_judges_nothing(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    refusal = refused(
        services.set_verdict,
        application_id,
        "name",
        "agrees",
        seen=1,
        actor=counter.ren,
        at=LATER,
    )

    assert refusal.rule == "applications.content_changed"


def test_verdicts_do_not_give_the_values_away(counter):
    """What is kept of a judged value is a keyed digest."""
    application_id, _ = ra.submitted(counter)
    ra.look_through(application_id, counter.ren)

    for verdict in ItemVerdict.objects.all():
        assert len(bytes(verdict.mark)) == 32
    judged = ItemVerdict.objects.exclude(item__startswith="seen.")
    assert judged.exists()
    assert len({bytes(verdict.mark) for verdict in judged}) == judged.count()


# --- saying yes ------------------------------------------------------------------------------


def test_what_is_left_to_do_is_said_and_nothing_is_approved(counter):
    """CPS-4.2.1"""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    view = seen_by(application_id, counter.ren)

    refusal = refused(approve, application_id, counter.ren, view.seen)

    assert isinstance(refusal, Refusals)
    assert told(refusal) == ["review.incomplete", "review.unticked", "review.unopened"]
    assert [one.rule for one in view.hindrances] == told(refusal)


def test_one_mismatch_forbids_it(counter):
    application_id, _ = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)
    services.set_verdict(
        application_id,
        "phone",
        "differs",
        seen=row(application_id).content_version,
        actor=counter.ren,
        at=LATER,
    )

    assert told(refused(approve, application_id, counter.ren, seen)) == ["review.mismatch"]


def test_every_document_must_have_been_opened(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    view = seen_by(application_id, counter.ren)
    items = [field.code for field in view.fields] + [tick.code for tick in view.checklist]
    masked = [field.code for field in view.fields if field.masked]
    ra.reveal(application_id, masked, counter.ren, LATER)
    services.open_preview(application_id, actor=counter.ren, at=LATER)
    services.confirm_fields(application_id, items, seen=view.version, actor=counter.ren, at=LATER)
    page_image(view.documents[0].id, 1, actor=counter.ren, at=LATER)

    (left,) = refused(approve, application_id, counter.ren, view.seen).items

    assert (left.rule, left.details["count"]) == ("review.unopened", 2)


def test_every_page_of_a_document_must_have_been_opened(counter):
    application_id = ra.draft(counter.chen)
    old = row(application_id).documents.get(slot="id_back")
    remove_evidence(old.pk, actor=counter.chen, at=AT)
    take_in(
        row(application_id), "id_back", "pdf", b"%PDF", ra._pages() * 3, actor=counter.chen, at=AT
    )
    ra.verify(application_id, counter.chen)
    handing_in.submit(application_id, actor=counter.chen, at=AT)
    services.claim(application_id, actor=counter.ren, at=LATER)
    (document,) = [d for d in seen_by(application_id, counter.ren).documents if len(d.pages) == 3]

    for page in (1, 3):
        page_image(document.id, page, actor=counter.ren, at=LATER)

    (found,) = [d for d in seen_by(application_id, counter.ren).documents if d.id == document.id]
    assert [page.opened for page in found.pages] == [True, False, True]
    assert not found.opened


def test_an_approved_application_is_on_order(counter):
    """CPS-4.3.1"""
    application_id = ra.approved(counter)

    application = row(application_id)
    certificate = Certificate.objects.get(pk=application.certificate_id)
    assert (application.state, application.decided_by) == ("approved", counter.ren.person_id)
    assert certificate.requester == f"ra.application:{application_id}"
    assert certificate.warrant == application.approval_id
    assert approval(application.approval_id).state == "used"


def test_a_page_that_showed_something_else_approves_nothing(counter):
    """What was seen is what is approved."""
    application_id, _ = ra.submitted(counter)
    ra.look_through(application_id, counter.ren)

    refusal = refused(approve, application_id, counter.ren, "0" * 64)

    assert refusal.rule == "approval.seen_something_else"
    assert row(application_id).state == "submitted"


def test_content_changed_behind_everybodys_back_is_not_approved(counter):
    """The digest is computed anew from the dossier, whatever way it was changed."""
    application_id, _ = ra.submitted(counter)
    seen = ra.look_through(application_id, counter.ren)
    application, dossier = row(application_id), Dossier.objects.get(pk=application_id)
    plain = kmc.unseal(application.data_key, dossier.identity_context(), bytes(dossier.identity))
    forged = plain.replace(b"zhixia.lin", b"someone.el")
    Dossier.objects.filter(pk=application_id).update(
        identity=kmc.seal(application.data_key, dossier.identity_context(), forged)
    )
    ra.reveal(application_id, ["email"], counter.ren, LATER)
    services.confirm_fields(
        application_id,
        ["email"],
        seen=application.content_version,
        actor=counter.ren,
        at=LATER,
    )

    refusal = refused(approve, application_id, counter.ren, seen)

    assert refusal.rule == "applications.content_changed"
    assert not Certificate.objects.exists()


def test_a_vote_without_a_review_approves_nothing(counter):
    """CPS-4.2.1: the generic door of approvals leads past no check."""
    application_id, _ = ra.submitted(counter)
    waiting = approval(row(application_id).approval_id)

    refusal = refused(
        vote, waiting.id, grants=True, seen=waiting.digest, actor=counter.ren, at=LATER
    )

    assert refusal.rule == "applications.not_reviewed"
    assert row(application_id).state == "submitted"


# --- two reviewers ---------------------------------------------------------------------------

RSA = {"profile": "personal-rsa-sign", "algorithm": "rsa-2048"}


def test_where_two_reviews_are_wanted_one_is_not_enough(counter):
    """CPS-4.3.1: the second check is another person's, and blind."""
    application_id, _ = ra.submitted(counter, **RSA)
    first = approve(application_id, counter.ren, ra.look_through(application_id, counter.ren))
    assert first.state == "submitted"

    assert (
        refused(services.claim, application_id, actor=counter.ren, at=LATER).rule
        == "review.decided_already"
    )
    blind = seen_by(application_id, counter.shen)
    assert not any(field.verdict for field in blind.fields)
    assert blind.decisions == ()

    done = approve(application_id, counter.shen, ra.look_through(application_id, counter.shen))
    assert done.state == "approved"


def test_the_second_reviewer_may_say_no(counter):
    application_id, _ = ra.submitted(counter, **RSA)
    approve(application_id, counter.ren, ra.look_through(application_id, counter.ren))
    services.claim(application_id, actor=counter.shen, at=LATER)

    send_back(application_id, counter.shen)

    assert row(application_id).state == "returned"
    assert not Certificate.objects.exists()


# --- saying no -------------------------------------------------------------------------------


def test_a_return_keeps_everything_and_says_what_to_do(counter):
    """CPS-4.2.2"""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    voted_on = row(application_id).approval_id

    send_back(application_id, counter.ren, ("A06", "A01"), items=["application_form"])

    application = row(application_id)
    decision = Decision.objects.get()
    assert application.state == "returned"
    assert application.correction_due_at > AT
    assert application.documents.filter(removed_at__isnull=True).count() == 3
    assert (decision.reasons, decision.items) == (["A06", "A01"], ["application_form"])
    assert approval(voted_on).state == "refused"


def test_a_corrected_application_is_looked_at_anew_where_it_changed(counter):
    application_id, _ = ra.submitted(counter)
    ra.look_through(application_id, counter.ren)
    send_back(application_id, counter.ren, ("A05",))
    corrected = FIELDS | {"phone": "13900002607"}
    intake.save_draft(application_id, corrected, actor=counter.chen, at=LATER)
    old_form = row(application_id).documents.get(slot="application_form")
    remove_evidence(old_form.pk, actor=counter.chen, at=LATER)
    ra.hold(application_id, "application_form", counter.chen)
    ra.verify(application_id, counter.chen)

    again = handing_in.submit(application_id, actor=counter.chen, at=AT + timedelta(hours=3))

    services.claim(application_id, actor=counter.ren, at=AT + timedelta(hours=4))
    view = seen_by(application_id, counter.ren, AT + timedelta(hours=4))
    assert again.access_code == ""  # the applicant has one already
    assert row(application_id).round == 2
    assert {field.code for field in view.fields if not field.verdict} == {"phone"}
    assert not any(tick.ticked for tick in view.checklist)
    assert [document.slot for document in view.documents if not document.opened] == [
        "application_form"
    ]


def test_the_old_approval_is_worth_nothing_after_a_correction(counter):
    application_id, _ = ra.submitted(counter)
    old = approval(row(application_id).approval_id)
    services.claim(application_id, actor=counter.ren, at=LATER)
    send_back(application_id, counter.ren)
    intake.save_draft(application_id, OTHER, actor=counter.chen, at=LATER)
    ra.verify(application_id, counter.chen)
    intake.attach_request(application_id, ra.request(5), actor=counter.chen, at=LATER)
    handing_in.submit(application_id, actor=counter.chen, at=AT + timedelta(hours=3))
    ra.look_through(application_id, counter.ren, AT + timedelta(hours=4))

    late = AT + timedelta(hours=4)
    refusal = refused(approve, application_id, counter.ren, old.digest, at=late)

    assert refusal.rule == "approval.seen_something_else"


def test_a_rejection_is_for_good_and_can_be_applied_for_again(counter):
    """CPS-4.2.2"""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    done = decisions.reject(
        application_id, ["J01"], message="未能核实本人身份", actor=counter.ren, at=LATER
    )

    assert done.state == "rejected"
    assert (
        refused(services.claim, application_id, actor=counter.shen, at=LATER).rule
        == "review.not_submitted"
    )
    assert intake.open_again(application_id, actor=counter.chen, at=LATER).number


def test_an_application_in_a_dispute_over_a_mark_is_rejected_for_that(counter):
    """CPS-3.1.5"""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    why = {"message": "商标权属争议，待裁决", "actor": counter.ren, "at": LATER}

    decisions.reject(application_id, ["J04"], **why)

    assert Decision.objects.get(application_id=application_id).reasons == ["J04"]
    assert str(REASONS["J04"]) == "存在名称或商标争议"


@pytest.mark.parametrize("act", ["return", "reject", "approve"])
def test_what_is_not_on_ones_desk_is_not_decided(counter, act):
    application_id, _ = ra.submitted(counter)
    acts = {
        "return": lambda: send_back(application_id, counter.ren),
        "reject": lambda: decisions.reject(
            application_id, ["J01"], message="未能核实本人身份", actor=counter.ren, at=LATER
        ),
        "approve": lambda: approve(application_id, counter.ren, "0" * 64),
    }

    assert refused(acts[act]).rule == "review.not_claimed"


# --- looking at whole values -----------------------------------------------------------------


def test_the_page_shows_masked_values_with_their_documents(counter):
    """WP-6.4, CPS-4.2.1"""
    application_id, _ = ra.submitted(counter)

    view = seen_by(application_id, counter.ren)

    shown = {field.code: field.shown for field in view.fields}
    proof = next(d.id for d in view.documents if d.slot == "id_front")
    number = next(field for field in view.fields if field.code == "document_number")
    assert shown["document_number"] == "3301991992****0020"
    assert shown["phone"] == "138****2607"
    assert shown["name"] == "林*夏"
    assert (number.masked, number.document_id) == (True, proof)
    assert view.maker == "Chen"


def test_the_page_shows_the_certificate_that_will_come_of_it(counter):
    application_id, _ = ra.submitted(counter)

    view = seen_by(application_id, counter.ren)

    assert view.preview.profile == "personal-sm2-sign"
    assert ("主体", "CN=林知夏, C=CN") in view.preview.rows
    assert view.preview_refused is None


def test_what_was_verified_before_is_compared(counter):
    """CPS-4.2.1: fields that agree with an approved application may be confirmed at once."""
    first = ra.approved(counter)
    second, _ = ra.submitted(counter, 2, fields=FIELDS | {"phone": "13900002607"})

    view = seen_by(second, counter.ren)

    agrees = {field.code: field.agrees for field in view.fields}
    phone = next(field for field in view.fields if field.code == "phone")
    assert agrees["document_number"] is True
    assert agrees["phone"] is False
    assert (phone.known.text, phone.known_from) == ("138****2607", row(first).number)
    assert [other.number for other in view.same] == [row(first).number]


def test_another_offices_number_is_not_told(counter):
    """CPS-1.4.2: that the value was verified is, where is not."""
    ra.approved(counter)
    second = ra.draft(counter.zhao, 2, FIELDS)
    handing_in.submit(second, actor=counter.zhao, at=AT + ra.MINUTE)

    view = seen_by(second, counter.zhou)

    number = next(field for field in view.fields if field.code == "document_number")
    assert (number.known is not None, number.agrees, number.known_from) == (True, True, "")


def test_a_whole_value_is_shown_for_a_reason_and_written_down(counter):
    """WP-5.3a, CPS-9.3/9.4"""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    value = services.reveal(
        application_id, "document_number", reason="compare_document", actor=counter.ren, at=LATER
    )

    entry = Entry.objects.get(action="ra.reveal")
    assert value == FIELDS["document_number"]
    assert entry.actor_name == "Ren"
    assert entry.details == '{"field":"document_number","reason":"compare_document"}'


@pytest.mark.parametrize(
    ("field", "reason", "rule"),
    [
        ("document_number", "curiosity", "review.reveal_reason"),
        ("shoe_size", "court", "review.no_such_item"),
    ],
)
def test_nothing_is_revealed_without_a_reason(counter, field, reason, rule):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    refusal = refused(
        services.reveal, application_id, field, reason=reason, actor=counter.ren, at=LATER
    )

    assert refusal.rule == rule


def look_at(application_id, person):
    return services.reveal(
        application_id, "phone", reason="complaint", actor=person, at=AT + 10 * MINUTE
    )


def test_only_the_reviewer_who_holds_it_looks_at_whole_values(counter):
    """CPS-9.4: neither who entered it, nor a colleague without it on the desk."""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)

    assert refused(look_at, application_id, counter.chen).rule == "review.not_a_reviewer"
    assert refused(look_at, application_id, counter.shen).rule == "review.not_claimed"
    assert look_at(application_id, counter.ren) == FIELDS["phone"]
    assert seen_by(application_id, counter.ren).may_reveal
    assert not seen_by(application_id, counter.shen).may_reveal


def test_what_is_decided_may_be_looked_at_for_a_reason(counter):
    application_id = ra.approved(counter)

    assert look_at(application_id, counter.shen) == FIELDS["phone"]
    assert seen_by(application_id, counter.shen).may_reveal


def test_an_application_that_was_never_submitted_is_not_reviewed(counter):
    application_id = ra.draft(counter.chen)

    assert refused(case, row(application_id).number, counter.ren, at=LATER).rule == "review.draft"
    assert refused(look_at, application_id, counter.ren).rule == "review.draft"


def test_nobody_vouches_for_a_certificate_they_have_not_looked_at(counter):
    """CPS-4.2.1: the preview is what will be issued; a new submission has a new one."""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    item = "check.certificate"

    assert refused(agree, application_id, item, counter.ren).rule == "review.not_previewed"
    services.open_preview(application_id, actor=counter.ren, at=LATER)
    services.open_preview(application_id, actor=counter.ren, at=LATER)
    agree(application_id, item, counter.ren)

    assert Entry.objects.filter(action="ra.open_preview").count() == 1
    send_back(application_id, counter.ren)
    handing_in.submit(application_id, actor=counter.chen, at=LATER)
    services.claim(application_id, actor=counter.ren, at=LATER)
    assert refused(agree, application_id, item, counter.ren).rule == "review.not_previewed"


def agree(application_id, item, person, at=LATER):
    version = row(application_id).content_version
    services.set_verdict(application_id, item, "agrees", seen=version, actor=person, at=at)


@pytest.mark.parametrize("field", ["name", "document_number", "phone", "email"])
def test_nobody_agrees_to_a_masked_value_unseen(counter, field):
    """CPS-4.2.1: neither alone nor with others, and not by way of "differs"."""
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.ren, at=LATER)
    version = row(application_id).content_version
    services.set_verdict(
        application_id, field, "differs", seen=version, actor=counter.ren, at=LATER
    )

    alone = refused(agree, application_id, field, counter.ren)
    together = refused(
        services.confirm_fields,
        application_id,
        ["document_type", field],
        seen=version,
        actor=counter.ren,
        at=LATER,
    )

    assert (alone.rule, alone.cps, alone.field) == ("review.not_seen", "4.2.1", field)
    assert (together.rule, together.details["count"]) == ("review.not_seen", 1)
    assert [(v.item, v.verdict) for v in ItemVerdict.objects.all()] == [(field, "differs")]


def test_who_has_seen_a_value_may_agree_to_it_and_nobody_else(counter):
    application_id, _ = ra.submitted(counter)
    services.claim(application_id, actor=counter.shen, at=LATER)
    ra.reveal(application_id, ["phone"], counter.shen, LATER)
    services.release(application_id, actor=counter.shen, at=LATER)
    services.claim(application_id, actor=counter.ren, at=LATER)
    assert refused(agree, application_id, "phone", counter.ren).rule == "review.not_seen"

    ra.reveal(application_id, ["phone"], counter.ren, LATER)
    agree(application_id, "phone", counter.ren)

    fields = {field.code: field for field in seen_by(application_id, counter.ren).fields}
    assert (fields["phone"].verdict, fields["phone"].unseen) == ("agrees", False)
    assert fields["email"].unseen


def test_a_value_that_was_changed_is_looked_at_again(counter):
    application_id, _ = ra.submitted(counter)
    ra.look_through(application_id, counter.ren)
    send_back(application_id, counter.ren, ("A05",))
    corrected = FIELDS | {"phone": "13900002607"}
    intake.save_draft(application_id, corrected, actor=counter.chen, at=LATER)
    handing_in.submit(application_id, actor=counter.chen, at=LATER)
    services.claim(application_id, actor=counter.ren, at=LATER)

    assert refused(agree, application_id, "phone", counter.ren).rule == "review.not_seen"
    agree(application_id, "document_number", counter.ren)


def test_what_was_verified_before_need_not_be_revealed(counter):
    """CPS-4.2.1: another source says the same."""
    ra.approved(counter)
    application_id, _ = ra.submitted(counter, 2, fields=FIELDS | {"phone": "13900002607"})
    services.claim(application_id, actor=counter.shen, at=LATER)

    agree(application_id, "document_number", counter.shen)

    assert refused(agree, application_id, "phone", counter.shen).rule == "review.not_seen"


# --- approvals that end by themselves --------------------------------------------------------

TOO_LATE = AT + timedelta(days=8)


@pytest.fixture
def run_out(counter):
    """An application whose approval nobody decided in time."""
    application_id, _ = ra.submitted(counter)
    expire(at=TOO_LATE)
    return application_id


def test_the_page_says_that_the_approval_ran_out(counter, run_out):
    ra.look_through(run_out, counter.ren, TOO_LATE)

    found = seen_by(run_out, counter.ren, TOO_LATE).hindrances

    assert [refusal.rule for refusal in found] == ["review.approval_over"]


def test_it_can_still_be_returned_rejected_and_withdrawn(counter):
    acts = (
        lambda key: send_back(key, counter.ren),
        lambda key: decisions.reject(
            key, ["J01"], message="未能核实本人身份", actor=counter.ren, at=AT + 3 * MINUTE
        ),
        lambda key: intake.cancel(key, reason="applicant_wish", actor=counter.chen, at=TOO_LATE),
    )
    ended = []
    for number, act in enumerate(acts, start=1):
        application_id, _ = ra.submitted(counter, number)
        services.claim(application_id, actor=counter.ren, at=LATER)
        expire(at=TOO_LATE)
        act(application_id)
        ended.append(row(application_id).state)

    assert ended == ["returned", "rejected", "cancelled"]


def test_asked_again_it_is_looked_at_again_by_the_same_people(counter):
    """Also where the first of two reviewers had agreed already."""
    application_id, _ = ra.submitted(counter, **RSA)
    approve(application_id, counter.ren, ra.look_through(application_id, counter.ren))
    expire(at=TOO_LATE)

    handing_in.propose_again(application_id, actor=counter.chen, at=TOO_LATE)

    for person in (counter.ren, counter.shen):
        seen = ra.look_through(application_id, person, TOO_LATE)
        approve(application_id, person, seen, TOO_LATE)
    assert row(application_id).state == "approved"
