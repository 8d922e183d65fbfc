"""Invoices for what was paid (CPS-9.1): asked for, issued elsewhere and noted, taken back."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError
from django.test import Client

from anxin.kernel.actors import SYSTEM
from anxin.kernel.workdays import day_of
from audit.journal.models import Entry
from kmc import api as kmc
from people.api import Role
from ra.applications.models import Application
from ra.fees import queries as fees
from ra.fees import services as orders
from ra.fees.models import FeeOrder
from ra.handover import services as handover
from ra.invoices import queries, services
from ra.invoices.models import Invoice
from ra.notices.models import Notice
from ra.online import alarms, rules, sending, taking
from ra.online import queries as online
from ra.retention import queries as retention
from tests.rooms.ra.test_fees import LATER, TODAY, decide, gu, pay, publish, yuan
from tests.rooms.ra.test_races import at_once
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, COMPANY, MINUTE
from tests.support.refusals import refused, refused_by

__all__ = ["gu", "yuan"]
DIGITAL = "26332000000012345678"
RED = "26332000000098765432"
PERSON = {"title": "林知夏", "email": "lin@example.cn"}
FIRM = {
    "title": "青禾软件有限公司",
    "email": "caiwu@example.cn",
    "tax_number": COMPANY["credit_code"],
}
SPECIAL = FIRM | {
    "address": "长宁路 1 号",
    "phone": "057180012607",
    "bank": "样例银行长宁支行",
    "account": "3300 1234 5678 901",
}


@pytest.fixture
def paid(counter, yuan, gu):
    """The number of an order of 200 yuan that was paid."""
    publish(yuan, gu)
    application_id, told = ra.submitted(counter)
    pay(yuan)
    return application_id, told.number


def ask(number, actor, kind="ordinary", buyer="person", details=PERSON, **how):
    return services.ask(number, kind, buyer, details, actor=actor, at=LATER, **how)


def issue(number, yuan, invoice=DIGITAL, on=TODAY):
    services.note_issued(number, invoice, on, actor=yuan, at=LATER)


def actions():
    found = Entry.objects.filter(subject__startswith="ra.invoice:").order_by("pk")
    return list(found.values_list("action", flat=True))


def test_the_counter_asks_and_finance_notes_what_was_issued(paid, counter, yuan):
    """CPS-9.1: for all that was paid; the subscriber is told number and amount."""
    _id, order = paid
    number = ask(order, counter.chen)

    details = services.open_details(number, actor=yuan, at=LATER)
    issue(number, yuan)

    seen = queries.invoice(number, yuan)
    assert details == PERSON
    assert (seen.state, seen.fen, seen.issued_number) == ("issued", 20_000, DIGITAL)
    assert fees.order(order, yuan).invoiced == 20_000
    assert Notice.objects.filter(event="invoiced").count() == 1
    assert actions() == ["ra.ask_invoice", "ra.open_invoice", "ra.invoice.issue"]


def test_details_are_sealed_and_in_no_entry(paid, counter):
    """CPS-9.3/9.4"""
    _id, order = paid
    ask(order, counter.chen, "special", "organization", SPECIAL)

    row = Invoice.objects.get()

    assert SPECIAL["title"].encode() not in bytes(row.details)
    assert kmc.unseal(row.order.application.data_key, row.context(), bytes(row.details))
    for text in SPECIAL.values():
        assert not Entry.objects.filter(details__contains=text).exists()


@pytest.mark.parametrize(
    ("typed", "rule", "field"),
    [
        (("special", "person", PERSON), "special_for_organizations", "kind"),
        (("gold", "person", PERSON), "kind", "kind"),
        (("ordinary", "person", PERSON | {"title": "林"}), "missing", "title"),
        (("ordinary", "person", PERSON | {"email": "lin"}), "email", "email"),
        (("ordinary", "organization", PERSON), "missing", "tax_number"),
        (
            ("ordinary", "organization", FIRM | {"tax_number": FIRM["tax_number"][:-1] + "X"}),
            "tax_number",
            "tax_number",
        ),
        (("special", "organization", SPECIAL | {"bank": ""}), "missing", "bank"),
        (("special", "organization", SPECIAL | {"account": "12345 67"}), "account", "account"),
    ],
)
def test_what_an_invoice_needs_is_asked_for_by_field(paid, counter, typed, rule, field):
    """CPS-9.1: names, codes with their check character, and for deducting four lines more."""
    _id, order = paid

    refusal = refused(ask, order, counter.chen, *typed)

    first = getattr(refusal, "refusals", [refusal])[0]
    assert (first.rule, first.field) == (f"invoices.{rule}", field)
    assert not Invoice.objects.exists()


def test_what_an_organization_needs_is_enough(paid, counter, yuan):
    _id, order = paid
    typed = SPECIAL | {"tax_number": f" {SPECIAL['tax_number'].lower()} "}

    number = ask(order, counter.chen, "special", "organization", typed)

    assert services.open_details(number, actor=yuan, at=LATER) == SPECIAL


def test_nothing_is_invoiced_that_was_not_paid(counter, yuan, gu):
    """CPS-9.1"""
    publish(yuan, gu)
    _id, told = ra.submitted(counter)

    assert refused_by(ask, told.number, counter.chen) == "invoices.nothing_paid"


def test_an_order_has_one_invoice(paid, counter, yuan):
    """CPS-9.1: never more than was paid; what was declined or taken back makes room."""
    _id, order = paid
    first = ask(order, counter.chen)
    assert refused_by(ask, order, counter.chen) == "invoices.asked_already"

    services.decline(first, "details", actor=yuan, at=LATER)
    second = ask(order, yuan, buyer="organization", details=FIRM)
    assert refused_by(issue, second, yuan) == "invoices.own"
    issue(second, hire("qian", Role.FINANCE, office=""))
    assert refused_by(ask, order, counter.chen) == "invoices.asked_already"
    services.note_reversed(second, RED, TODAY, actor=yuan, at=LATER)
    ask(order, counter.chen)

    assert [one.state for one in queries.of_order(order, yuan)] == ["asked", "reversed", "declined"]


def test_two_who_ask_at_once_get_one_invoice(live_counter, yuan, gu):
    """CPS-9.1"""
    publish(yuan, gu)
    _id, told = ra.submitted(live_counter)
    pay(yuan)

    outcomes = at_once(
        lambda: ask(told.number, live_counter.chen) and None,
        lambda: ask(told.number, yuan) and None,
    )

    assert sorted(outcomes, key=str) == [None, "invoices.asked_already"]
    assert Invoice.objects.count() == 1


def test_money_goes_back_only_after_the_red_letter(paid, counter, yuan, gu):
    """CPS-9.1, CPS-9.1.5: neither asked for nor agreed to before."""
    application_id, order = paid
    number = ask(order, counter.chen)
    issue(number, yuan)
    orders.close_order(application_id, actor=counter.chen, at=LATER)
    due = FeeOrder.objects.get()

    assert refused_by(orders.ask_refund, due.pk, actor=yuan, at=LATER) == "fees.invoiced"
    services.note_reversed(number, RED, TODAY, actor=yuan, at=LATER)
    orders.ask_refund(due.pk, actor=yuan, at=LATER)
    decide(fees.order(order, yuan).approval_id, gu, at=LATER)

    assert FeeOrder.objects.get().state == "refunded"
    assert queries.invoice(number, yuan).red_number == RED
    assert refused_by(ask, order, counter.chen) == "invoices.nothing_paid"


def test_an_invoice_asked_for_before_the_refund_is_not_issued_for_more(paid, counter, yuan):
    """CPS-9.1: what is to go back is not invoiced any more."""
    application_id, order = paid
    number = ask(order, counter.chen)
    orders.close_order(application_id, actor=counter.chen, at=LATER)

    assert refused_by(issue, number, yuan) == "invoices.amount"
    services.decline(number, "amount", actor=yuan, at=LATER)


def test_what_stays_after_a_part_went_back_can_be_invoiced(paid, counter, yuan):
    """CPS-9.1.5: and not a fen more, in the database as well."""
    _id, order = paid
    FeeOrder.objects.update(state="refunded", refund=15_000, approval_id=1)

    number = ask(order, counter.chen)
    issue(number, yuan)

    assert fees.order(order, yuan).invoiced == 5_000
    with pytest.raises(IntegrityError, match="a_refund_leaves_what_is_invoiced"):
        FeeOrder.objects.update(invoiced=5_001)


def test_numbers_and_days_are_looked_at(paid, counter, yuan):
    _id, order = paid
    number = ask(order, counter.chen)
    day = timedelta(days=1)

    assert refused_by(issue, number, yuan, invoice="12 34") == "invoices.number"
    assert refused_by(issue, number, yuan, on=TODAY + day) == "invoices.day"
    assert refused_by(issue, number, yuan, on=TODAY - day) == "invoices.day"
    issue(number, yuan)
    assert refused_by(issue, number, yuan, invoice=RED)
    assert refused_by(services.decline, number, "gold", actor=yuan, at=LATER) == "invoices.reason"
    again = {"actor": yuan, "at": LATER}
    red = refused_by(services.note_reversed, number, RED, TODAY - day, **again)
    assert red == "invoices.day"


def test_who_may_not(paid, counter, yuan):
    """CPS-5.2.1, CPS-1.4.2: reviewers ask for none, counters note none, other offices see none."""
    _id, order = paid
    number = ask(order, counter.chen)

    assert refused_by(ask, order, counter.ren) == "invoices.not_yours"
    assert refused_by(ask, order, counter.zhao) == "fees.unknown"
    assert refused_by(issue, number, counter.chen) == "fees.not_finance"
    desk = {"actor": counter.chen, "at": LATER}
    assert refused_by(services.open_details, number, **desk) == "fees.not_finance"
    assert refused_by(services.decline, number, "details", **desk) == "fees.not_finance"
    elsewhere = hire("mo", Role.FINANCE, office=counter.zhao.office)
    assert refused_by(issue, number, elsewhere) == "invoices.unknown"
    assert queries.invoices("asked", elsewhere) == []


# --- online ----------------------------------------------------------------------------------


def test_a_subscriber_asks_with_number_and_code(live_counter, yuan, gu, in_role, settings):
    """CPS-9.1: sealed inwards; an operator takes it in, finance issues it."""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    publish(yuan, gu)
    row = Application.objects.get(pk=ra.issued(live_counter))
    pay(yuan)
    settings.SECRETS_FOR_SITE = frozenset({"code-pepper", "django-secret-key-public"})
    how = {"address": "192.0.2.7", "at": LATER}
    with in_role("public"):
        sent = sending.ask_invoice(row.number, "ordinary", "organization", FIRM, **how)
        again = refused_by(sending.ask_invoice, row.number, "ordinary", "person", PERSON, **how)
        (seen,) = online.asked_of(row.number)
    del settings.SECRETS_FOR_SITE

    taken = taking.take(sent, actor=live_counter.chen, at=LATER)

    assert (again, seen.purpose, seen.state) == ("online.asked_already", "invoice", "waiting")
    made = queries.invoice(taken.number, yuan)
    assert (made.order, made.online, made.state) == (row.number, True, "asked")
    assert services.open_details(taken.number, actor=yuan, at=LATER) == FIRM
    (settled,) = online.asked_of(row.number)
    assert settled.state == "taken"


def test_what_was_asked_for_waits_until_it_is_settled(live_counter, yuan, gu):
    """CPS-9.1, CPS-3.2-ret: online it does not lapse, and nothing it needs is destroyed."""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    publish(yuan, gu)
    row = Application.objects.get(pk=ra.issued(live_counter))
    pay(yuan)
    sent = sending.ask_invoice(
        row.number, "ordinary", "person", PERSON, address="192.0.2.7", at=LATER
    )
    after, late = LATER + rules.ALARM_AFTER, LATER + timedelta(days=8 * 366)

    assert (taking.shred_old(at=late), alarms.raise_due(at=after)) == (0, 1)

    tang = hire("tang", Role.SECURITY_ADMIN, office="")
    made = taking.take(sent, actor=live_counter.chen, at=after).number
    assert not retention.due(tang, at=late).exists()
    issue(made, yuan)
    assert [one.number for one in retention.due(tang, at=late)] == [row.number]


def test_what_was_not_paid_is_turned_down_online(live_counter, yuan, gu):
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    publish(yuan, gu)
    row = Application.objects.get(pk=ra.issued(live_counter))
    how = {"address": "192.0.2.7", "at": LATER}
    sent = sending.ask_invoice(row.number, "ordinary", "person", PERSON, **how)

    rule = refused_by(taking.take, sent, actor=live_counter.chen, at=LATER)
    taking.refuse(sent, "unpaid", actor=live_counter.chen, at=LATER)

    assert rule == "invoices.nothing_paid"
    assert online.asked_of(row.number)[0].reason == "unpaid"


def test_the_telephone_leads_to_the_form_and_the_desk_reads_it(live_counter, yuan, gu, settings):
    """CPS-9.1"""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    publish(yuan, gu)
    row = Application.objects.get(pk=ra.issued(live_counter))
    pay(yuan)
    code = handover.renew_access_code(row.pk, actor=live_counter.chen, at=AT + MINUTE)
    settings.ROOT_URLCONF = "anxin.urls_public"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    phone = Client()
    assert phone.get("/ask/invoice/")["Location"] == "/status/"
    phone.post("/status/", {"number": row.number, "code": code})

    assert "/ask/invoice/" in phone.get("/status/current/").content.decode()
    typed = {"kind": "ordinary", "buyer": "organization", **FIRM}
    bad = {"tax_number": "91330199MA2KQ3W02X", "kind": "special"}
    wrong = phone.post("/ask/invoice/", typed | bad)
    sent = phone.post("/ask/invoice/", typed)
    told = phone.get(sent["Location"]).content.decode()

    assert wrong.status_code == 422
    assert "统一社会信用代码不对" in wrong.content.decode()
    assert set(wrong.context["form"].errors) == {
        "tax_number",
        "address",
        "phone",
        "bank",
        "account",
    }
    assert "网上提出的请求" in told
    assert "待受理" in told
    number = online.asked_of(row.number)[0].number
    settings.ROOT_URLCONF = "anxin.urls_staff"
    settings.SESSION_ENGINE = "people.sessions.store"
    desk = signed_in(live_counter.chen)
    assert FIRM["title"] in desk.get(f"/w/online/{number}/").content.decode()
    assert desk.post(f"/w/online/{number}/take/").status_code == 302
    assert Invoice.objects.count() == 1


# --- pages -----------------------------------------------------------------------------------


def test_counter_and_finance_work_on_pages(paid, counter, yuan):
    """CPS-9.1"""
    _id, order = paid
    desk, finance = signed_in(counter.chen), signed_in(yuan)
    place = f"/w/invoices/for/{order}/"

    wrong = desk.post(place, {"kind": "special", "buyer": "person", **PERSON})
    desk.post(place, {"kind": "ordinary", "buyer": "person", **PERSON})
    [one] = queries.invoices("asked", yuan)
    page = f"/w/invoices/{one.number}/"
    listed = finance.get("/w/invoices/").content.decode()
    shown = finance.get(page).content.decode()
    empty = finance.post(f"{page}issued/", {})
    paid_on = day_of(FeeOrder.objects.get().paid_at)
    finance.post(f"{page}issued/", {"issued_number": DIGITAL, "on": paid_on})

    assert (wrong.status_code, empty.status_code) == (422, 422)
    assert one.number in listed
    assert PERSON["title"] in shown
    assert DIGITAL in finance.get("/w/invoices/?view=issued").content.decode()
    assert place in finance.get(f"/w/fees/{order}/").content.decode()
    finance.post(f"{page}reverse/", {"red_number": RED, "on": paid_on})
    assert queries.invoice(one.number, yuan).state == "reversed"
    assert finance.get("/w/invoices/?view=reversed").status_code == 200


def test_outsiders_are_kept_out(paid, counter, yuan, gu):
    _id, order = paid
    number = ask(order, counter.chen)

    for outsider in (counter.ren, gu):
        browser = signed_in(outsider)
        for place in ("", f"for/{order}/", f"{number}/"):
            assert browser.get(f"/w/invoices/{place}").status_code == 403
        for act in ("issued", "reverse", "decline"):
            assert browser.post(f"/w/invoices/{number}/{act}/").status_code == 403
    assert signed_in(counter.chen).get(f"/w/invoices/{number}/").status_code == 403
    assert signed_in(counter.zhao).get(f"/w/invoices/for/{order}/").status_code == 404


def test_the_staff_site_changes_no_amount(live_counter, yuan, gu, in_role):
    """CPS-9.1: it stays as it was asked for."""
    publish(yuan, gu)
    _id, told = ra.submitted(live_counter)
    pay(yuan)
    ask(told.number, live_counter.chen)

    with in_role("staff"), pytest.raises(ProgrammingError, match="permission denied"):
        Invoice.objects.update(fen=1)
