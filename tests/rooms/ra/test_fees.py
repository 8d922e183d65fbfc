"""Fees (CPS-9.1): a public price list, an order for each application, money in and back."""

from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client

from audit.journal.models import Entry
from people.api import Role, approval, vote
from people.approvals.models import Approval
from ra.applications.models import Application
from ra.applications.rules import TERMS
from ra.fees import prices as pricing
from ra.fees import queries, services
from ra.fees.models import FeeAgreement, FeeOrder, FeePayment, FeeSchedule
from ra.fees.rules import TERM, Price, Service, terms
from ra.intake import forms, handing_in
from ra.intake import services as intake
from ra.notices.models import Notice
from ra.review import decisions
from ra.review import services as review
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE
from tests.support.races import at_once
from tests.support.refusals import refused

PROFILE = "personal-sm2-sign"
TODAY = date(2026, 11, 20)
LATER = AT + timedelta(hours=2)


@pytest.fixture
def yuan(db):
    return hire("yuan", Role.FINANCE, office="")


@pytest.fixture
def gu(db):
    """A system administrator: who agrees."""
    return hire("gu", Role.CA_ADMIN, office="")


def propose(yuan, fen=20_000, valid_from=TODAY, years=1):
    prices = [Price(PROFILE, years, fen)]
    return pricing.propose_schedule(prices, valid_from=valid_from, actor=yuan, at=AT)


def decide(approval_id, person, *, grants=True, at=AT):
    """A vote for what stands in the approval."""
    seen = approval(approval_id).digest
    return vote(approval_id, grants=grants, seen=seen, actor=person, at=at)


def publish(yuan, gu, **how):
    propose(yuan, **how)
    decide(queries.proposed().approval_id, gu)


def pay(yuan, fen=20_000, receipt="R-1"):
    order = FeeOrder.objects.get()
    services.take_payment(
        order.pk, fen, method="cash", receipt=receipt, actor=yuan, at=AT + 2 * MINUTE
    )


def state():
    return FeeOrder.objects.get().state


# --- prices ----------------------------------------------------------------------------------


def test_a_price_list_needs_a_second_person(counter, yuan, gu):
    """CPS-9.1, CPS-2.3: what is published is agreed to by another, and written down."""
    propose(yuan)
    asked = queries.proposed().approval_id
    assert queries.schedule(AT) is None

    assert refused(decide, asked, yuan).rule.startswith("approval.")
    decide(asked, gu)

    assert queries.schedule(AT).rows == ((PROFILE, "new", (20_000, None, None, None, None)),)
    assert Entry.objects.filter(action="ra.feeschedule.publish").count() == 1


def test_prices_changed_behind_everybodys_back_are_not_published(counter, yuan, gu):
    propose(yuan)
    FeeSchedule.objects.get().prices.update(fen=1)

    refusal = refused(decide, queries.proposed().approval_id, gu)

    assert refusal.rule == "approval.other_act"


def test_the_next_list_counts_from_its_day(counter, yuan, gu):
    publish(yuan, gu)
    publish(yuan, gu, fen=25_000, valid_from=TODAY + timedelta(days=3))

    assert queries.published_price(PROFILE, 1, at=AT + timedelta(days=2)).fen == 20_000
    assert queries.published_price(PROFILE, 1, at=AT + timedelta(days=3)).fen == 25_000


def test_lists_are_proposed_by_finance_one_at_a_time_and_not_for_the_past(counter, yuan, gu):
    yesterday = TODAY - timedelta(days=1)
    assert refused(propose, gu).rule == "fees.not_finance"
    assert refused(propose, yuan, valid_from=yesterday).rule == "fees.valid_from"
    assert refused(propose, yuan, fen=-1).field == f"{PROFILE}.new.1"
    propose(yuan)
    assert refused(propose, yuan).rule == "fees.proposed_already"


def test_a_list_is_not_published_for_days_that_are_over(counter, yuan, gu):
    """CPS-9.1: agreed to three days late, it would have asked for other prices since then."""
    propose(yuan)
    asked, later = queries.proposed().approval_id, AT + timedelta(days=3)

    refusal = refused(decide, asked, gu, at=later)

    assert refusal.rule == "fees.valid_from"
    assert queries.schedule(later) is None
    decide(asked, gu, grants=False, at=later)


def test_of_two_lists_proposed_at_once_one_waits(live_counter, yuan):
    outcomes = at_once(lambda: propose(yuan), lambda: propose(yuan, fen=30_000))

    assert "fees.proposed_already" in outcomes
    assert FeeSchedule.objects.count() == 1


def test_money_that_came_in_at_once_came_in_once(live_counter, yuan, gu):
    """CPS-9.1: two clicks, two receipts, one payment."""
    publish(yuan, gu)
    ra.submitted(live_counter)

    outcomes = at_once(lambda: pay(yuan), lambda: pay(yuan, receipt="R-2"))

    assert sorted(outcomes, key=str) == [None, "fees.payment"]
    assert FeePayment.objects.count() == 1


def test_a_published_list_stays_as_it_was_agreed_to(live_counter, yuan, gu, in_role):
    """CPS-9.1: the staff site's own role cannot move its day."""
    publish(yuan, gu)
    with in_role("staff"), pytest.raises(ProgrammingError, match="permission denied"):
        FeeSchedule.objects.update(valid_from=date(2020, 1, 1))


def test_a_refused_list_is_over(counter, yuan, gu):
    propose(yuan)

    decide(queries.proposed().approval_id, gu, grants=False)

    assert (queries.proposed(), queries.schedule(AT)) == (None, None)


def test_an_agreement_overrides_the_list_and_is_never_dearer(counter, yuan, gu):
    """CPS-9.1"""
    publish(yuan, gu)
    application_id, _ = ra.submitted(counter)
    subscriber = Application.objects.get().subscriber_id
    FeeOrder.objects.all().delete()
    dates = {"valid_from": TODAY, "valid_until": TODAY + timedelta(days=365)}

    def agree(fen):
        return pricing.propose_agreement(
            subscriber, Price(PROFILE, 1, fen), **dates, actor=yuan, at=AT
        )

    assert refused(agree, 20_001).rule == "fees.above_published"
    asked = Approval.objects.get(pk=agree(15_000))
    decide(asked.pk, gu)
    row = Application.objects.get(pk=application_id)
    services.open_order(row, actor=counter.chen, at=AT)

    assert FeeOrder.objects.get().fen == 15_000
    assert FeeAgreement.objects.get().approval_id == asked.pk


# --- orders ----------------------------------------------------------------------------------


def test_an_application_is_ordered_paid_and_receipted(counter, yuan, gu):
    """CPS-9.1"""
    publish(yuan, gu)
    _, told = ra.submitted(counter)
    order = queries.order(told.number, yuan)
    assert (order.state, order.fen, order.missing) == ("open", 20_000, 20_000)

    pay(yuan)

    order = queries.order(told.number, yuan)
    assert (order.state, order.missing, order.payments[0].receipt) == ("paid", 0, "R-1")
    entry = Entry.objects.get(action="ra.feeorder.pay")
    assert '"fen":20000' in entry.details


def test_without_a_price_nothing_is_owed(counter):
    ra.submitted(counter)

    assert not FeeOrder.objects.exists()


def handed_in_again(counter, application_id, years):
    """Sent back by a reviewer, and handed in for another term."""
    review.claim(application_id, actor=counter.ren, at=LATER)
    decisions.return_for_correction(
        application_id, ["A01"], message="请更正有效期", actor=counter.ren, at=LATER
    )
    fields = ra.FIELDS
    intake.save_draft(application_id, fields, years=years, actor=counter.chen, at=LATER)
    return handing_in.submit(application_id, actor=counter.chen, at=LATER)


def publish_terms(yuan, gu, **fen_by_years):
    prices = [Price(PROFILE, int(years[1:]), fen) for years, fen in fen_by_years.items()]
    pricing.propose_schedule(prices, valid_from=TODAY, actor=yuan, at=AT)
    decide(queries.proposed().approval_id, gu)


def test_one_year_is_not_paid_for_and_five_taken(counter, yuan, gu):
    """CPS-9.1"""
    publish_terms(yuan, gu, y1=20_000, y5=80_000)
    application_id, _ = ra.submitted(counter)
    pay(yuan)

    refusal = refused(handed_in_again, counter, application_id, 5)

    assert (refusal.rule, refusal.field) == ("fees.paid_for_another_term", "years")
    assert (state(), FeeOrder.objects.get().fen) == ("paid", 20_000)


def test_who_has_not_paid_and_wants_another_term_pays_for_that(counter, yuan, gu):
    """CPS-9.1"""
    publish_terms(yuan, gu, y1=0, y5=80_000)
    application_id, told = ra.submitted(counter)
    assert state() == "paid"  # nothing

    handed_in_again(counter, application_id, 5)

    order = queries.order(told.number, yuan)
    assert (order.state, order.fen, order.years) == ("open", 80_000, 5)
    entry = Entry.objects.get(action="ra.feeorder.reprice")
    assert '"fen":80000' in entry.details


def test_handed_in_again_for_the_same_term_it_costs_what_it_cost(counter, yuan, gu):
    publish_terms(yuan, gu, y1=20_000, y5=80_000)
    application_id, _ = ra.submitted(counter)
    pay(yuan)

    handed_in_again(counter, application_id, 1)

    assert (state(), FeeOrder.objects.get().fen) == ("paid", 20_000)


def test_a_term_without_a_price_is_not_offered_rather_than_free(counter, yuan, gu):
    """CPS-9.1"""
    publish_terms(yuan, gu, y1=20_000)
    draft = ra.draft(counter.chen)
    intake.save_draft(draft, ra.FIELDS, years=4, actor=counter.chen, at=AT)

    refusal = refused(handing_in.submit, draft, actor=counter.chen, at=AT)

    assert (refusal.rule, refusal.field) == ("fees.not_offered", "years")


def test_every_term_people_can_ask_for_can_have_a_price():
    asked = [years for years, _ in forms.DraftForm.base_fields["years"].choices]
    assert tuple(asked) == TERMS == terms(Service.NEW)


def test_payments_are_whole_once_and_with_a_receipt_of_their_own(counter, yuan, gu):
    publish(yuan, gu)
    ra.submitted(counter)
    assert refused(pay, yuan, 19_999).rule == "fees.payment"
    assert refused(pay, gu).rule == "fees.not_finance"
    pay(yuan)
    assert refused(pay, yuan, receipt="R-2").rule == "fees.payment"
    ra.submitted(counter, 2, fields=ra.OTHER)
    other = FeeOrder.objects.get(state="open")

    refusal = refused(
        services.take_payment, other.pk, 20_000, method="cash", receipt="R-1", actor=yuan, at=AT
    )

    assert refusal.rule == "fees.receipt_used"
    assert FeePayment.objects.count() == 1


def test_who_does_not_pay_in_time_is_in_arrears_and_may_still_pay(counter, yuan, gu):
    """CPS-9.1"""
    publish(yuan, gu)
    ra.submitted(counter)
    end = AT + MINUTE + TERM
    services.note_arrears(at=end)
    assert state() == "open"

    services.note_arrears(at=end + MINUTE)

    assert state() == "arrears"
    pay(yuan)
    assert state() == "paid"


def test_an_application_that_comes_to_nothing_costs_nothing(counter, yuan, gu):
    publish(yuan, gu)
    application_id, _ = ra.submitted(counter)

    intake.cancel(application_id, reason="applicant", actor=counter.chen, at=LATER)

    assert state() == "void"


def test_what_a_rejected_applicant_paid_goes_back_in_full(counter, yuan, gu):
    publish(yuan, gu)
    application_id, _ = ra.submitted(counter)
    pay(yuan)
    review.claim(application_id, actor=counter.ren, at=LATER)

    decisions.reject(application_id, ["J03"], message="无权办理", actor=counter.ren, at=LATER)

    assert (state(), FeeOrder.objects.get().refund) == ("refund_due", 20_000)


# --- refunds ---------------------------------------------------------------------------------


def test_a_revocation_by_wish_is_refunded_by_two_people_and_told(live_counter, yuan, gu):
    """CPS-9.1.5"""
    from tests.rooms.ra import test_revocations as revocations

    publish(yuan, gu)
    row = Application.objects.get(pk=ra.issued(live_counter))
    pay(yuan)
    asked = revocations.ask(row.certificate_id, live_counter.chen, cause="own_wish")
    revocations.decide(asked, live_counter.ren)
    order = queries.order(row.number, yuan)
    assert (order.state, order.refund) == ("refund_due", 20_000)

    services.ask_refund(order.id, actor=yuan, at=LATER)
    waiting = queries.order(row.number, yuan).approval_id
    assert refused(decide, waiting, yuan, at=LATER).rule == "approval.not_a_checker"
    decide(waiting, gu, at=LATER)

    assert state() == "refunded"
    assert Notice.objects.filter(event="refund").count() == 1
    assert Entry.objects.filter(action="ra.feeorder.refund").count() == 1


def test_who_broke_the_agreement_has_nothing_back(live_counter, yuan, gu):
    from tests.rooms.ra import test_revocations as revocations

    publish(yuan, gu)
    row = Application.objects.get(pk=ra.issued(live_counter))
    pay(yuan)
    asked = revocations.ask(
        row.certificate_id,
        live_counter.chen,
        cause="obligations_broken",
        asker="authority",
        checked_how="not_needed",
    )
    revocations.decide(asked, live_counter.ren)

    assert state() == "paid"


def test_a_refund_that_is_not_agreed_to_can_be_asked_again(counter, yuan, gu):
    publish(yuan, gu)
    application_id, told = ra.submitted(counter)
    pay(yuan)
    services.close_order(application_id, actor=counter.chen, at=LATER)
    order = FeeOrder.objects.get()
    services.ask_refund(order.pk, actor=yuan, at=LATER)

    decide(queries.order(told.number, yuan).approval_id, gu, grants=False, at=LATER)
    assert state() == "refund_due"
    services.ask_refund(order.pk, actor=yuan, at=LATER)
    assert state() == "refund_asked"


@pytest.mark.urls("anxin.urls_public")
def test_who_gets_money_back_reads_how_far_it_is(live_counter, yuan, gu, in_role, settings):
    """CPS-9.1.5"""
    settings.SITE = "public"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    publish(yuan, gu)
    application_id, told = ra.submitted(live_counter)
    pay(yuan)
    visitor = Client()

    def read():
        with in_role("public"):
            visitor.post("/status/", {"number": told.number, "code": told.access_code})
            return visitor.get("/status/current/").content.decode()

    assert "退款进度" not in read()
    with transaction.atomic():
        services.close_order(application_id, actor=live_counter.chen, at=AT)
    assert "等财务办理" in read()
    services.ask_refund(FeeOrder.objects.get().pk, actor=yuan, at=LATER)
    assert "审批中" in read()
    decide(queries.order(told.number, yuan).approval_id, gu, at=LATER)
    page = read()

    assert "<dt>退款日期</dt><dd>2026-11-20</dd>" in page
    assert "200.00" in page
    assert "审批中" not in page


# --- pages -----------------------------------------------------------------------------------


def test_finance_and_the_administrator_work_on_pages(counter, yuan, gu, settings):
    finance, admin = signed_in(yuan), signed_in(gu)
    form = {"valid_from": "2999-01-01", f"{PROFILE}.new.1": "200.00"}
    assert finance.post("/w/fees/schedule/", form).status_code == 302
    waiting = queries.proposed()
    assert "200.00" in admin.get("/w/fees/schedule/").content.decode()
    page = f"/approvals/{waiting.approval_id}/"
    assert page in admin.get("/w/fees/schedule/").content.decode()
    assert "200.00" in admin.get(page).content.decode()
    agreed = {"grants": "yes", "seen": approval(waiting.approval_id).digest}
    assert finance.post(f"{page}decide/", agreed).status_code == 403
    decided = admin.post(f"{page}decide/", agreed)
    assert (decided.status_code, queries.proposed()) == (302, None)

    publish(yuan, gu)
    _, told = ra.submitted(counter)
    assert told.number in finance.get("/w/fees/").content.decode()
    page = f"/w/fees/{told.number}/"
    wrong = finance.post(f"{page}pay/", {"method": "cash", "amount": "1", "receipt": "R-9"})
    assert wrong.status_code == 422
    finance.post(f"{page}pay/", {"method": "cash", "amount": "200.00", "receipt": "R-9"})
    assert "R-9" in admin.get(page).content.decode()
    for view in ("refunds", "all"):
        assert finance.get(f"/w/fees/?view={view}").status_code == 200


def test_others_keep_out_of_the_money(counter, yuan, gu):
    """CPS-5.2.1"""
    publish(yuan, gu)
    _, told = ra.submitted(counter)
    chen, admin = signed_in(counter.chen), signed_in(gu)

    for path in ("/w/fees/", "/w/fees/schedule/", f"/w/fees/{told.number}/"):
        assert chen.get(path).status_code == 403
    assert admin.post(f"/w/fees/{told.number}/pay/").status_code == 403


def test_the_money_of_one_ra_is_not_anothers(counter, yuan, gu):
    """CPS-1.4.2"""
    publish(yuan, gu)
    _, told = ra.submitted(counter)
    order = FeeOrder.objects.get()
    qin, own = hire("qin", Role.FINANCE, office="RA02"), hire("jin", Role.FINANCE, office="RA01")

    assert queries.orders("unpaid", qin) == []
    assert refused(queries.order, told.number, qin).rule == "fees.unknown"
    assert refused(services.ask_refund, order.pk, actor=qin, at=LATER).rule == "fees.unknown"
    assert refused(pay, qin).rule == "fees.unknown"
    assert signed_in(qin).get(f"/w/fees/{told.number}/").status_code == 404
    assert [one.number for one in queries.orders("unpaid", own)] == [told.number]


@pytest.mark.urls("anxin.urls_public")
def test_everybody_reads_the_price_list(counter, yuan, gu):
    """CPS-2.1"""
    assert "还没有公布" in Client().get("/fees/").content.decode()
    publish(yuan, gu)
    FeeSchedule.objects.update(valid_from=date(2020, 1, 1))

    assert "200.00" in Client().get("/fees/").content.decode()


def test_the_public_role_reads_prices_and_no_orders(live_counter, yuan, gu, in_role):
    from tests.rooms.ra.test_public_role import denied

    publish(yuan, gu)

    with in_role("public"):
        assert queries.schedule(AT).rows
        assert denied("SELECT fen FROM ra_feeorder")
        assert denied("SELECT fen FROM ra_feeagreement")
