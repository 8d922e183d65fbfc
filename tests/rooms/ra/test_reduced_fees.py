"""Prices by what is asked for, prices agreed with one subscriber, fees let go (CPS-9.1)."""

from datetime import timedelta

import pytest

from audit.journal.models import Entry
from people.api import Role, open_approvals
from ra.applications.models import Application
from ra.fees import prices as pricing
from ra.fees import queries, services, waivers
from ra.fees.models import FeeAgreement, FeeOrder
from ra.fees.queries import WAIVE
from ra.fees.rules import TERM, Price
from ra.intake import services as intake
from tests.rooms.ra import test_handover as handover
from tests.rooms.ra import test_procedures as procedures
from tests.rooms.ra.test_fees import LATER, PROFILE, TODAY, decide, gu, pay, publish, yuan
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, MINUTE
from tests.support.refusals import refused

__all__ = ["gu", "yuan"]


def publish_prices(yuan, gu, *prices):
    pricing.propose_schedule(prices, valid_from=TODAY, actor=yuan, at=AT)
    decide(queries.proposed().approval_id, gu)


def asked_to_waive(order, yuan, cause="hardship"):
    waivers.ask_waiver(order.pk, cause, actor=yuan, at=LATER)
    subject = f"ra.feeorder:{order.pk}"
    return open_approvals(WAIVE, [subject])[subject].id


def test_a_renewal_has_a_price_of_its_own(live_counter, yuan, gu):
    """CPS-9.1: CPS 9.1.1 names issuing and renewal."""
    new, renewal = Price(PROFILE, 1, 20_000), Price(PROFILE, 1, 12_000, "renewal")
    publish_prices(yuan, gu, new, renewal)
    held = Application.objects.get(pk=ra.issued(live_counter))

    draft = procedures.begun(live_counter, held.certificate_id, "renewal", "expiring")
    procedures.completed(live_counter, draft)

    order = queries.order(draft.number, yuan)
    assert (order.service, order.fen) == ("renewal", 12_000)
    assert queries.order(held.number, yuan).fen == 20_000


def test_a_procedure_without_a_price_costs_what_a_new_certificate_costs(counter, yuan, gu):
    """CPS-9.1: nothing is free because its line was left empty."""
    publish_prices(yuan, gu, Price(PROFILE, 1, 20_000), Price(PROFILE, 1, 12_000, "renewal"))

    assert queries.published_price(PROFILE, 1, "re_key", at=AT).fen == 20_000
    assert queries.published_price(PROFILE, 1, "renewal", at=AT).fen == 12_000
    assert queries.published_price(PROFILE, 0, "codes", at=AT) is None


def test_a_price_stands_for_a_service_and_a_term_that_there_are(counter, yuan):
    for odd in (Price(PROFILE, 1, 5, "gift"), Price(PROFILE, 0, 5), Price(PROFILE, 1, 5, "codes")):
        refusal = refused(publish_prices, yuan, None, odd)
        assert (refusal.rule, refusal.field) == (
            "fees.price",
            f"{PROFILE}.{odd.service}.{odd.years}",
        )


def test_new_codes_are_paid_for_when_another_person_has_agreed(live_counter, yuan, gu):
    """CPS-9.1, CPS-4.3.1"""
    publish_prices(yuan, gu, Price(PROFILE, 1, 20_000), Price(PROFILE, 0, 1_500, "codes"))
    application_id = ra.issued(live_counter)
    number = Application.objects.get(pk=application_id).number
    handover.services.issue_download_codes(application_id, actor=live_counter.chen, at=LATER)

    handover.replaced(application_id, live_counter)
    handover.replaced(application_id, live_counter, "seen")

    first, second = (queries.order(f"{number}-R{n}", yuan) for n in (1, 2))
    assert (first.service, first.fen, second.fen) == ("codes", 1_500, 1_500)
    assert queries.order(number, yuan).fen == 20_000


def test_an_agreement_for_new_certificates_is_none_for_renewals_with_a_price(counter, yuan, gu):
    """CPS-9.1"""
    publish_prices(yuan, gu, Price(PROFILE, 1, 20_000), Price(PROFILE, 1, 12_000, "renewal"))
    ra.submitted(counter)
    row = Application.objects.get()
    dates = {"valid_from": TODAY, "valid_until": TODAY + timedelta(days=365)}
    agreed = pricing.propose_agreement(
        row.subscriber_id, Price(PROFILE, 1, 15_000), **dates, actor=yuan, at=AT
    )
    decide(agreed, gu)

    assert queries.agreement(row, {"new"}, 1, at=AT).fen == 15_000
    assert queries.agreement(row, {"re_key", "new"}, 1, at=AT).fen == 15_000
    assert queries.agreement(row, {"renewal"}, 1, at=AT) is None


# --- let go ----------------------------------------------------------------------------------


def test_a_fee_is_let_go_by_two_people(counter, yuan, gu):
    """CPS-9.1: with a reason, and never by finance alone."""
    publish(yuan, gu)
    _, told = ra.submitted(counter)
    order = FeeOrder.objects.get()

    waiting = asked_to_waive(order, yuan)
    assert refused(decide, waiting, yuan, at=LATER).rule == "approval.not_a_checker"
    assert queries.order(told.number, yuan).missing == 20_000
    decide(waiting, gu, at=LATER)

    view = queries.order(told.number, yuan)
    assert (view.state, view.missing) == ("waived", 0)
    assert '"cause":"hardship"' in Entry.objects.get(action="ra.feeorder.waive").details


def test_who_is_in_arrears_can_be_let_off(counter, yuan, gu):
    """CPS-9.1"""
    publish(yuan, gu)
    ra.submitted(counter)
    services.note_arrears(at=AT + TERM + 2 * MINUTE)

    decide(asked_to_waive(FeeOrder.objects.get(), yuan), gu, at=LATER)

    assert FeeOrder.objects.get().state == "waived"


def test_what_was_paid_in_between_is_not_let_go(counter, yuan, gu):
    publish(yuan, gu)
    ra.submitted(counter)
    waiting = asked_to_waive(FeeOrder.objects.get(), yuan)
    pay(yuan)

    assert refused(decide, waiting, gu, at=LATER).rule == "fees.nothing_to_waive"
    assert FeeOrder.objects.get().state == "paid"


def test_finance_of_the_office_asks_with_a_reason_once(counter, yuan, gu):
    """CPS-1.4.2, CPS-5.2.1"""
    publish(yuan, gu)
    ra.submitted(counter)
    order = FeeOrder.objects.get()
    qin = hire("qin", Role.FINANCE, office="RA02")

    assert refused(asked_to_waive, order, gu).rule == "fees.not_finance"
    assert refused(asked_to_waive, order, qin).rule == "fees.unknown"
    assert refused(asked_to_waive, order, yuan, "friend").rule == "fees.waiver_cause"
    asked_to_waive(order, yuan)
    assert refused(asked_to_waive, order, yuan).rule == "approval.proposed_already"


# --- pages -----------------------------------------------------------------------------------


def agreement(told, **changes):
    return {
        "number": told.number,
        "profile": PROFILE,
        "service": "new",
        "years": "1",
        "amount": "150.00",
        "valid_from": "2999-01-01",
        "valid_until": "2999-12-31",
    } | changes


@pytest.fixture
def told(counter, yuan, gu):
    """What the operator was told of an application that costs 200 yuan."""
    publish(yuan, gu)
    return ra.submitted(counter)[1]


def test_an_agreed_price_goes_from_the_form_over_the_page_of_approvals_to_the_list(told, yuan, gu):
    """CPS-9.1"""
    finance, admin = signed_in(yuan), signed_in(gu)

    assert finance.post("/w/fees/agreements/", agreement(told)).status_code == 302

    subscriber = Application.objects.get().subscriber
    subject = f"ra.subscriber:{subscriber.pk}"
    waiting = open_approvals(pricing.AGREE, [subject])[subject]
    page = f"/approvals/{waiting.id}/"
    assert "150.00" in admin.get(page).content.decode()
    agreed = admin.post(f"{page}decide/", {"grants": "yes", "seen": waiting.digest})
    assert agreed.status_code == 302
    assert FeeAgreement.objects.get().fen == 15_000
    assert subscriber.number in finance.get("/w/fees/agreements/").content.decode()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "200.01"}, "不能高于公布的价格"),
        ({"number": "RA20260101-000099"}, "没有已提交的这件申请"),
        ({"valid_from": "2020-01-01"}, "生效日期不能早于今天"),
        ({"service": "codes"}, "不能高于公布的价格"),
    ],
)
def test_what_cannot_be_agreed_is_said_on_the_form(told, yuan, changes, said):
    answer = signed_in(yuan).post("/w/fees/agreements/", agreement(told, **changes))

    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_nobody_agrees_a_price_for_another_offices_subscriber(told, yuan):
    """CPS-1.4.2"""
    qin = hire("qin", Role.FINANCE, office="RA02")

    answer = signed_in(qin).post("/w/fees/agreements/", agreement(told))

    assert "没有已提交的这件申请" in answer.content.decode()


def agreed_for(told, finance):
    """The approval that waits after finance has asked for an agreed price."""
    assert finance.post("/w/fees/agreements/", agreement(told)).status_code == 302
    subject = f"ra.subscriber:{Application.objects.get(number=told.number).subscriber_id}"
    return open_approvals(pricing.AGREE, [subject])[subject]


def test_who_agrees_to_a_price_reads_for_whom(told, yuan, gu):
    """CPS-9.1, CPS-5.2.2: the subscriber's number is part of what is agreed to."""
    waiting = agreed_for(told, signed_in(yuan))
    number = Application.objects.get().subscriber.number

    assert waiting.payload["subscriber"] == number
    assert number in signed_in(gu).get(f"/approvals/{waiting.id}/").content.decode()


def test_finance_of_an_office_sees_and_takes_back_what_is_its_own(counter, told, yuan, gu):
    """CPS-1.4.2"""
    qin, own = hire("qin", Role.FINANCE, office="RA02"), hire("jin", Role.FINANCE, office="RA01")
    price = agreed_for(told, signed_in(yuan))
    waiver = asked_to_waive(FeeOrder.objects.get(), yuan)

    for waiting in (price.id, waiver):
        page = f"/approvals/{waiting}/"
        assert signed_in(qin).get(page).status_code == 404
        assert signed_in(qin).post(f"{page}withdraw/").status_code == 404
        assert signed_in(own).get(page).status_code == 200
    decide(price.id, gu)
    number = Application.objects.get().subscriber.number
    assert number not in signed_in(qin).get("/w/fees/agreements/").content.decode()
    assert number in signed_in(own).get("/w/fees/agreements/").content.decode()


def test_a_refund_of_another_office_is_not_shown(live_counter, yuan, gu):
    """CPS-1.4.2"""
    publish(yuan, gu)
    ra.submitted(live_counter)
    pay(yuan)
    intake.cancel(
        Application.objects.get().pk, reason="applicant_wish", actor=live_counter.chen, at=LATER
    )
    services.ask_refund(FeeOrder.objects.get().pk, actor=yuan, at=LATER)
    waiting = FeeOrder.objects.get().approval_id
    qin = signed_in(hire("qin", Role.FINANCE, office="RA02"))

    assert qin.get(f"/approvals/{waiting}/").status_code == 404
    assert qin.post(f"/approvals/{waiting}/withdraw/").status_code == 404


def test_the_price_list_is_for_finance_of_the_ca(counter, yuan):
    """CPS-9.1, CPS-1.4.2: an office neither proposes it nor takes it back."""
    qin = hire("qin", Role.FINANCE, office="RA02")
    refusal = refused(publish_prices, qin, None, Price(PROFILE, 1, 5))
    assert (refusal.rule, refusal.cps) == ("fees.headquarters", "9.1")

    field, page = 'name="valid_from"', "/w/fees/schedule/"
    assert field in signed_in(yuan).get(page).content.decode()
    assert field not in signed_in(qin).get(page).content.decode()

    how = {"valid_from": TODAY, "actor": yuan, "at": AT}
    pricing.propose_schedule([Price(PROFILE, 1, 20_000)], **how)
    waiting = queries.proposed().approval_id
    window = signed_in(qin)
    assert window.get(f"/approvals/{waiting}/").status_code == 404
    assert window.post(f"/approvals/{waiting}/withdraw/").status_code == 404


def test_others_keep_out_of_agreements_and_waivers(told, counter, gu):
    """CPS-5.2.1"""
    chen, admin = signed_in(counter.chen), signed_in(gu)

    assert chen.get("/w/fees/agreements/").status_code == 403
    assert (
        admin.post(f"/w/fees/{told.number}/ask-waiver/", {"cause": "hardship"}).status_code == 403
    )


def test_a_waiver_is_asked_for_on_the_page_of_the_order_and_read_in_words(told, yuan, gu):
    finance, page = signed_in(yuan), f"/w/fees/{told.number}/"
    assert "减免" in finance.get(page).content.decode()

    finance.post(f"{page}ask-waiver/", {"cause": "our_fault"})

    waiting = queries.order(told.number, yuan).approval_id
    assert "因我方差错" in signed_in(gu).get(f"/approvals/{waiting}/").content.decode()
    assert "等另一人审批" in finance.get(page).content.decode()
