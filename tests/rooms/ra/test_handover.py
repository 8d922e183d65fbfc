"""Handing certificates over (CPS-4.3.1, CPS-4.3.2, CPS-4.4.1): codes, tries, acceptance."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from audit.log import advance
from ca.issuing.models import Certificate
from people.api import Role, appoint, approval, dismiss, open_approvals, vote
from people.approvals import inbox
from people.approvals.services import decide, take_back
from ra.applications.models import Application
from ra.certificates.queries import holding
from ra.handover import replacement, rules, services
from ra.handover.models import DownloadCredential
from ra.handover.queries import status
from ra.intake import handing_in
from ra.intake import services as intake
from ra.intake.queries import intake as intake_page
from ra.review import decisions
from ra.review import services as review
from ra.review.queries import Filters, View, queue
from ra.revocations import services as revocations
from ra.revocations.queries import request
from tests.support import ca, ra
from tests.support.people import signed_in
from tests.support.ra import AT, MINUTE
from tests.support.refusals import refused

LATER = AT + timedelta(hours=1)


@pytest.fixture
def issued(live_counter):
    return ra.issued(live_counter)


@pytest.fixture
def codes(issued, live_counter):
    return services.issue_download_codes(issued, actor=live_counter.chen, at=LATER)


def pick_up(reference, code, at=LATER):
    return services.pick_up(reference, code, at=at)


def wrong(codes, times, at=LATER):
    for _ in range(times):
        assert (
            refused(pick_up, codes.reference, "0000-0000-0000-0000", at).rule == "handover.no_match"
        )


# --- from approved to issued -----------------------------------------------------------------


def test_a_signed_certificate_makes_its_application_issued(live_counter):
    application_id = ra.approved(live_counter)
    row = Application.objects.get(pk=application_id)
    assert services.hand_over([row.certificate_id], at=LATER) == 0  # not signed yet
    ca.sign_all(at=AT + 4 * MINUTE)

    assert services.hand_over([row.certificate_id], at=LATER) == 1
    assert services.hand_over([row.certificate_id], at=LATER) == 0

    assert ra.state_of(application_id) == "issued"
    assert Entry.objects.filter(action="ra.application.hand_over").count() == 1


def test_the_sweep_finds_what_nobody_rang_for(live_counter):
    application_id = ra.approved(live_counter)
    ca.sign_all(at=AT + 4 * MINUTE)

    assert services.sweep_issued(at=LATER) == 1
    assert ra.state_of(application_id) == "issued"


def test_what_was_revoked_before_it_was_handed_over_is_known_to_be(live_counter):
    application_id = ra.approved(live_counter)
    ca.sign_all(at=AT + 4 * MINUTE)
    certificate = Application.objects.get(pk=application_id).certificate_id
    revoke_now(certificate, live_counter)

    services.sweep_issued(at=LATER)

    row = Application.objects.get(pk=application_id)
    assert (row.state, row.certificate_state) == ("issued", "revoked")
    assert (
        refused(
            services.issue_download_codes, application_id, actor=live_counter.chen, at=LATER
        ).rule
        == "handover.no_certificate"
    )


def revoke_now(certificate, people):
    number = revocations.request_revocation(
        certificate,
        cause="own_wish",
        asker="subscriber",
        checked_how="on_site",
        discovered_at=AT,
        note="本人到场申请",
        actor=people.chen,
        at=AT + 5 * MINUTE,
    )
    asked = request(number, people.ren)
    revocations.decide(asked.id, grants=True, seen=asked.seen, actor=people.ren, at=AT + 6 * MINUTE)


def test_a_revoked_certificate_is_not_picked_up(issued, codes, live_counter):
    revoke_now(Application.objects.get(pk=issued).certificate_id, live_counter)

    refusal = refused(pick_up, codes.reference, codes.authorisation_code)

    assert refusal.rule == "handover.certificate_over"
    assert ra.state_of(issued) == "issued"


# --- the two codes ---------------------------------------------------------------------------


def test_both_codes_bring_the_certificate_once_and_that_is_acceptance(issued, codes):
    """CPS-4.4.1"""
    picked = pick_up(codes.reference, codes.authorisation_code)

    row = Application.objects.get(pk=issued)
    assert picked.der == picked.certificate.der
    assert (row.state, row.accepted_at) == ("accepted", LATER)
    entry = Entry.objects.get(action="ra.application.accept")
    assert entry.actor_name == "applicant"
    assert '"how":"download"' in entry.details
    assert refused(pick_up, codes.reference, codes.authorisation_code).rule == "handover.no_match"


def test_no_code_is_kept(issued, codes):
    """CPS-4.3.1: hashes only."""
    row = DownloadCredential.objects.get(reference=codes.reference)

    assert len(bytes(row.code_hash)) == 32
    assert codes.authorisation_code.replace("-", "").encode() not in bytes(row.code_hash)


def test_a_code_may_be_typed_as_it_was_read(codes):
    sloppy = codes.authorisation_code.replace("-", " ").lower().replace("0", "o").replace("1", "l")

    assert pick_up(f" {codes.reference[:4]} {codes.reference[4:]}", sloppy).der


def test_five_wrong_codes_lock_for_good(issued, codes, live_counter):
    """CPS-4.3.1"""
    wrong(codes, 4)
    assert DownloadCredential.objects.get(reference=codes.reference).state == "open"
    wrong(codes, 1)

    assert DownloadCredential.objects.get(reference=codes.reference).state == "locked"
    assert refused(pick_up, codes.reference, codes.authorisation_code).rule == "handover.no_match"
    fresh = replaced(issued, live_counter, "locked")
    assert pick_up(fresh.reference, fresh.authorisation_code).der


def test_four_wrong_codes_and_the_right_one_open(codes):
    wrong(codes, 4)

    assert pick_up(codes.reference, codes.authorisation_code).der


def test_codes_end_after_thirty_days(issued, codes):
    late = LATER + timedelta(days=30)
    assert (
        refused(pick_up, codes.reference, codes.authorisation_code, late).rule
        == "handover.no_match"
    )

    assert services.expire_codes(at=late) == 1
    assert DownloadCredential.objects.get(reference=codes.reference).state == "expired"
    assert services.expire_codes(at=late) == 0


# --- other codes for lost ones -----------------------------------------------------------------


def asked(issued, counter, cause="lost", checked_how="on_site", actor=None):
    """The id of the approval that waits for another person."""
    who = {"actor": actor or counter.chen, "at": LATER}
    return replacement.ask_replacement(issued, cause=cause, checked_how=checked_how, **who)


def replaced(issued, counter, cause="lost"):
    """New codes, agreed to by Ren."""
    approval_id = asked(issued, counter, cause)
    seen = approval(approval_id).digest
    vote(approval_id, grants=True, seen=seen, actor=counter.ren, at=LATER)
    return services.issue_download_codes(issued, actor=counter.chen, at=LATER)


def test_lost_codes_die_when_it_is_reported_and_two_people_replace_them(
    issued, codes, live_counter
):
    """CPS-4.3.1: void at once, new ones only when another person has agreed, told once."""
    approval_id = asked(issued, live_counter)

    assert refused(pick_up, codes.reference, codes.authorisation_code).rule == "handover.no_match"
    issue = {"actor": live_counter.chen, "at": LATER}
    early = refused(services.issue_download_codes, issued, **issue)
    assert (early.rule, early.cps) == ("handover.replace_first", "4.3.1")
    seen = approval(approval_id).digest
    vote(approval_id, grants=True, seen=seen, actor=live_counter.ren, at=LATER)
    fresh = services.issue_download_codes(issued, **issue)
    assert pick_up(fresh.reference, fresh.authorisation_code).der
    actions = Entry.objects.values_list("action", flat=True)
    assert {"ra.ask_replacement", "ra.permit_codes"} <= set(actions)


def test_one_agreement_is_good_for_one_pair(issued, codes, live_counter):
    """CPS-4.3.1"""
    replaced(issued, live_counter)

    again = refused(services.issue_download_codes, issued, actor=live_counter.chen, at=LATER)

    assert again.rule == "handover.replace_first"
    assert replaced(issued, live_counter, "seen").reference


def test_nobody_agrees_to_the_replacement_they_asked_for(issued, codes, live_counter):
    """CPS-4.3.1, CPS-5.2.4"""
    approval_id = asked(issued, live_counter)
    chen = replace(live_counter.chen, roles=frozenset({Role.OPERATOR, Role.REVIEWER}))
    seen = approval(approval_id).digest

    refusal = refused(vote, approval_id, grants=True, seen=seen, actor=chen, at=LATER)

    assert refusal.kind == "forbidden"
    assert DownloadCredential.objects.get(reference=codes.reference).warrant is None


def test_another_offices_replacement_is_neither_seen_nor_decided_nor_withdrawn(
    issued, codes, live_counter
):
    """CPS-1.4.2: a no of theirs would be a no, too."""
    approval_id = asked(issued, live_counter)
    how = {"grants": False, "seen": approval(approval_id).digest, "comment": "不同意"}
    zhao, zhou = live_counter.zhao, live_counter.zhou

    told = [
        refused(inbox.page, approval_id, zhou),
        refused(decide, approval_id, **how, actor=zhou, at=LATER),
        refused(take_back, approval_id, actor=zhao, at=LATER),
    ]

    assert {one.rule for one in told} == {"applications.unknown"}
    assert inbox.inbox(zhou).waiting == ()
    assert approval(approval_id).is_open
    assert [line.approval.id for line in inbox.inbox(live_counter.ren).waiting] == [approval_id]


def test_after_a_no_it_may_be_asked_again_and_the_old_codes_stay_void(issued, codes, live_counter):
    """CPS-4.3.1"""
    approval_id = asked(issued, live_counter)
    seen = approval(approval_id).digest
    vote(
        approval_id,
        grants=False,
        seen=seen,
        comment="没有核对身份",
        actor=live_counter.ren,
        at=LATER,
    )

    assert refused(pick_up, codes.reference, codes.authorisation_code).rule == "handover.no_match"
    assert replaced(issued, live_counter).reference


def test_what_is_wrong_with_asking_for_other_codes_is_told(issued, live_counter):
    """CPS-4.3.1"""
    ask = (issued, live_counter)

    assert refused(asked, *ask).rule == "handover.nothing_to_replace"
    services.issue_download_codes(issued, actor=live_counter.chen, at=LATER)
    for rule, changes in (
        ("handover.replacement_cause", {"cause": "boredom"}),
        ("handover.checked_how", {"checked_how": "by_voice"}),
        ("applications.not_an_operator", {"actor": live_counter.ren}),
        ("applications.unknown", {"actor": live_counter.zhao}),
    ):
        assert refused(asked, *ask, **changes).rule == rule
    approval_id = asked(*ask)
    assert refused(asked, *ask).rule == "handover.replacement_asked"
    seen = approval(approval_id).digest
    vote(approval_id, grants=True, seen=seen, actor=live_counter.ren, at=LATER)
    assert refused(asked, *ask).rule == "handover.replacement_agreed"


def test_the_counter_replaces_codes_from_the_page_of_handing_over(issued, codes, live_counter):
    """CPS-4.3.1: the reviewer reads in words what is asked for."""
    number = Application.objects.get(pk=issued).number
    desk, other = signed_in(live_counter.chen), signed_in(live_counter.ren)
    page = f"/w/handover/{number}/"

    before = desk.get(page).content.decode()
    answer = desk.post(f"{page}replace/", {"cause": "seen", "checked_how": "on_site"})
    waiting = desk.get(page).content.decode()
    approval_id = next(
        iter(open_approvals("ra.replace_codes", [f"ra.application:{issued}"]).values())
    ).id
    shown = other.get(f"/approvals/{approval_id}/").content.decode()

    assert "作废原凭证并申请补发" in before
    assert answer.headers["Location"] == page
    assert "补发等另一人审批" in waiting
    assert "授权码可能被他人看到" in shown
    assert desk.post(f"{page}replace/", {"cause": "boredom"}).status_code == 422
    assert other.post(f"{page}replace/").status_code == 403


def test_codes_are_issued_for_a_certificate_that_is_there(counter):
    application_id = ra.approved(counter)

    assert (
        refused(services.issue_download_codes, application_id, actor=counter.chen, at=LATER).rule
        == "handover.no_certificate"
    )


def test_only_operators_of_the_office_hand_over(issued, live_counter):
    assert (
        refused(services.issue_download_codes, issued, actor=live_counter.ren, at=LATER).rule
        == "applications.not_an_operator"
    )
    assert (
        refused(services.issue_download_codes, issued, actor=live_counter.zhao, at=LATER).rule
        == "applications.unknown"
    )


def test_every_wrong_code_is_written_down(codes, live_counter):
    """CPS-5.4.1: failed accesses, too."""
    wrong(codes, 2)

    entries = Entry.objects.filter(action="ra.wrong_authorisation_code")
    assert [entry.outcome for entry in entries] == ["refused", "refused"]


# --- unknown numbers -------------------------------------------------------------------------


def shape(sql):
    """A statement without its values and the names of savepoints."""
    words = sql.split()
    return words[0] if words[0] in {"SAVEPOINT", "RELEASE"} else words[:3]


def test_an_unknown_reference_costs_the_same_steps_as_a_wrong_code(codes):
    """One answer, one path: nothing tells which numbers exist."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def steps(reference):
        with CaptureQueriesContext(connection) as made:
            refusal = refused(pick_up, reference, "0000-0000-0000-0000")
        return refusal.rule, [shape(query["sql"]) for query in made.captured_queries]

    assert steps(codes.reference) == steps("9999999999")


def test_an_unknown_number_costs_the_same_steps_as_a_wrong_code(counter):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _, told = ra.submitted(counter)

    def steps(number):
        with CaptureQueriesContext(connection) as made:
            refusal = refused(services.status_of, number, "0000-0000", at=LATER)
        return refusal.rule, [shape(query["sql"]) for query in made.captured_queries]

    assert steps(told.number) == steps("RA20261120-9999")


def test_the_decoy_opens_for_nobody_and_never_fills_up(db):
    for code in ("", "-", "0000-0000", "anything"):
        for _ in range(4):
            assert refused(pick_up, rules.DECOY, code).rule == "handover.no_match"
            assert (
                refused(services.status_of, rules.DECOY, code, at=LATER).rule == "handover.no_match"
            )

    assert DownloadCredential.objects.get(reference=rules.DECOY).tries == 0


# --- the status page -------------------------------------------------------------------------


def test_number_and_code_show_how_the_application_stands(counter):
    _, told = ra.submitted(counter)

    view = services.status_of(told.number, told.access_code, at=LATER)

    assert (view.number, view.state, view.masked_name) == (told.number, "submitted", "林*夏")
    assert view.deadline_at == told.deadline_at
    assert view.office == "栖原受理点"
    assert [step.what for step in view.history] == ["submitted"]


def test_a_return_tells_reasons_message_and_deadline(counter):
    """CPS-4.2.2"""
    application_id, told = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=LATER)
    decisions.return_for_correction(
        application_id,
        ["A06"],
        items=["application_form"],
        message="请在申请表上补签姓名和日期",
        actor=counter.ren,
        at=LATER,
    )

    view = services.status_of(told.number, told.access_code, at=LATER)

    assert (view.state, view.reasons, view.items) == ("returned", ("A06",), ("application_form",))
    assert view.message == "请在申请表上补签姓名和日期"
    assert view.correction_due_at > LATER
    assert [step.what for step in view.history] == ["submitted", "returned"]


def test_five_wrong_codes_make_everybody_wait_a_quarter_of_an_hour(counter):
    _, told = ra.submitted(counter)

    def ask(code, at):
        return services.status_of(told.number, code, at=at)

    for _ in range(5):
        assert refused(ask, "0000-0000", LATER).rule == "handover.no_match"

    assert refused(ask, told.access_code, LATER + 14 * MINUTE).rule == "handover.no_match"
    assert ask(told.access_code, LATER + 15 * MINUTE).number == told.number


def test_the_right_code_forgives_earlier_slips(counter):
    _, told = ra.submitted(counter)
    for _ in range(2):
        for _ in range(4):
            refused(services.status_of, told.number, "0000-0000", at=LATER)
        assert services.status_of(told.number, told.access_code, at=LATER)


def test_a_lost_receipt_is_replaced_by_a_new_code(counter):
    application_id, told = ra.submitted(counter)

    fresh = services.renew_access_code(application_id, actor=counter.chen, at=LATER)

    assert refused(services.status_of, told.number, told.access_code, at=LATER)
    assert services.status_of(told.number, fresh, at=LATER).number == told.number


def test_while_codes_wait_the_page_shows_the_reference_and_not_the_code(codes, issued):
    number = Application.objects.get(pk=issued).number

    view = status(number)

    assert (view.reference, view.codes_expire_at) == (codes.reference, codes.expires_at)
    assert codes.authorisation_code not in repr(view)


# --- orders that the CA refuses for good -------------------------------------------------------


@pytest.fixture
def failed(counter):
    """An approved application whose order the signer has refused for good."""
    application_id = ra.approved(counter)
    refuse(application_id)
    services.sweep_issued(at=LATER)
    return application_id


def refuse(application_id):
    key = Application.objects.get(pk=application_id).certificate_id
    with transaction.atomic():
        order = Certificate.objects.get(pk=key)
        advance(order, "refuse", actor=SYSTEM, at=LATER, rule="lint.broken")
    Certificate.objects.filter(pk=key).update(refusal="lint.broken: what it says")


def test_a_refused_order_does_not_look_like_waiting(counter, failed):
    """CPS-4.3.1: the counter sees it, the journal tells it, the operator has it on the list."""
    row = Application.objects.get(pk=failed)
    entry = Entry.objects.get(action="ra.application.fail")

    assert (row.state, row.certificate_state) == ("failed", "refused")
    assert entry.subject == f"ra.application:{failed}"
    for view in (View.DRAFTS, View.ISSUING):
        (line,) = queue(counter.chen, view, Filters(), at=LATER).rows
        assert (line.number, line.state) == (row.number, "failed")
    assert intake_page(row.number, counter.chen, at=LATER).refusal == "lint.broken: what it says"
    assert status(row.number).state == "failed"


def test_whoever_approved_it_may_go_on_with_it_in_another_post(counter, failed):
    """CPS-4.3.1: the next round is checked by somebody else."""
    dismiss(counter.ren.person_id, Role.REVIEWER, actor=SYSTEM, at=LATER)
    appoint(counter.ren.person_id, Role.OPERATOR, actor=SYSTEM, at=LATER)
    ren = replace(counter.ren, roles=frozenset({Role.OPERATOR}))

    intake.take_over(failed, actor=ren, at=LATER)

    assert Application.objects.get(pk=failed).maker_id == ren.person_id


def test_a_failed_application_is_corrected_and_reviewed_anew(counter, failed):
    """With another key: the CA gives the refused one to nobody."""
    again = refused(handing_in.submit, failed, actor=counter.chen, at=LATER)
    assert again.rule == "key.certified"

    intake.attach_request(failed, ra.request(7), actor=counter.chen, at=LATER)
    handing_in.submit(failed, actor=counter.chen, at=LATER)
    row = Application.objects.get(pk=failed)
    assert (row.state, row.certificate_id, row.certificate_state) == ("submitted", None, "")

    seen = ra.look_through(failed, counter.shen, LATER)
    decisions.decide_approve(failed, seen=seen, actor=counter.shen, at=LATER)
    assert ra.state_of(failed) == "approved"


def test_a_failed_application_may_be_withdrawn(counter, failed):
    intake.cancel(failed, reason="applicant_wish", actor=counter.chen, at=LATER)

    assert ra.state_of(failed) == "cancelled"


def test_the_workers_role_may_do_that(live_counter, in_role):
    application_id = ra.approved(live_counter)
    refuse(application_id)

    with in_role("worker"):
        services.sweep_issued(at=LATER)

    assert ra.state_of(application_id) == "failed"


def test_those_that_wait_hold_up_nobody(counter, monkeypatch):
    """The sweep goes through all of them, however many are ahead."""
    monkeypatch.setattr(services, "SWEEP", 2)
    waiting = [ra.approved(counter, number) for number in range(1, 6)]
    refuse(waiting[-1])

    services.sweep_issued(at=LATER)

    assert [ra.state_of(key) for key in waiting] == ["approved"] * 4 + ["failed"]


# --- after the certificate was picked up -------------------------------------------------------


def test_who_has_the_certificate_gets_no_more_codes(issued, codes, live_counter):
    """CPS-4.4.1: the page says when it was fetched, and who had handed the codes out."""
    pick_up(codes.reference, codes.authorisation_code)

    refusal = refused(services.issue_download_codes, issued, actor=live_counter.chen, at=LATER)

    fetched = holding(Application.objects.get(pk=issued).number, live_counter.chen).pick_up
    assert refusal.rule == "handover.picked_up"
    assert (fetched.reference, fetched.at, fetched.handed_out_by) == (
        codes.reference,
        LATER,
        "Chen",
    )
