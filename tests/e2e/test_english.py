"""Who has chosen English reads English after what they do, too: errors, refusals, messages."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import acts
from tests.e2e.test_pages import PLACES, chinese, typed
from tests.e2e.windows import picture, sticking_out

OPERATOR, REVIEWER, FINANCE, ASKS, AGREES = "陈越", "沈佳", "袁希", "唐书", "高远"
COOKIES = ("anxin-staff-language", "anxin-public-language")

# Who hands in what is wrong: where, what is typed by the names of fields, and the button.
WRONG = [
    (OPERATOR, "/w/intake/{draft}/", {"document_number": "3301"}, "Save draft"),
    (OPERATOR, "/w/intake/{draft}/", {}, "Submit for review"),
    (OPERATOR, "/w/blacklist/ask/", {"value": "3301"}, "Submit for approval"),
    (OPERATOR, "/w/disclosures/", {"number": "RA1"}, "Fill in"),
    (OPERATOR, "/w/disclosures/ask/?number={issued}", {}, "Submit for approval"),
    (OPERATOR, "/w/certificates/{valid}/revoke/", {}, "Submit revocation request"),
    (OPERATOR, "/w/certificates/{valid}/freeze/", {}, "Submit suspension request"),
    (OPERATOR, "/w/imports/", {}, "Hand in and check"),
    (OPERATOR, "/w/signed-request/", {"signed": "x"}, "Verify and take in"),
    (OPERATOR, "/w/invoices/for/{issued}/", {}, "Hand in to finance"),
    (OPERATOR, "/me/password/", {"old": "x", "new": "y", "again": "z"}, "Change password"),
    (FINANCE, "/w/fees/{issued}/", {"amount": "1", "receipt": "R"}, "Record payment"),
    (FINANCE, "/w/fees/agreements/", {"number": "RA1"}, "Submit for approval"),
    (FINANCE, "/w/fees/schedule/", {}, "Submit for approval"),
    (ASKS, "/w/publications/", {}, "Submit for approval"),
    (ASKS, "/ca/profiles/device-sm2-sign/change/", {}, "Submit for approval"),
    (ASKS, "/w/offices/", {"code": "x"}, "Open it"),
    (ASKS, "/w/partner-keys/", {}, "Submit for approval"),
    (ASKS, "/people/new/", {}, "Ask to enrol"),
]
# Where there is nothing, or nothing for them.
EMPTY = [
    (OPERATOR, "/w/search/?q=nobody"),
    (OPERATOR, "/w/queue/?view=mine"),
    (OPERATOR, "/w/subscribers/999999/"),
    (OPERATOR, "/w/fees/"),
    (FINANCE, "/w/invoices/?view=declined"),
    (FINANCE, "/w/fees/?view=refunds"),
    (FINANCE, "/w/queue/"),
    (FINANCE, "/w/fees/RA1/"),
    (ASKS, "/w/retention/"),
    (ASKS, "/people/of/none/"),
]
PUBLIC = [
    ("/status/", {"number": "RA20261122-0001", "code": "AAAA-AAAA"}, "Look up"),
    ("/pick-up/", {"reference": "0123456789", "code": "AAAA"}, "Pick up certificate"),
    ("/apply/for/personal-sm2-sign/", {"phone": "1"}, "Next: upload documents"),
    ("/renew/", {}, "Hand in to the service point"),
]


class Reader:
    """Reads what is on a page that speaks English."""

    def __init__(self, product) -> None:
        self.product = product
        self.places: dict[str, str] = {}
        with product.database() as connection:
            for name in ("draft", "issued", "valid"):
                (found,) = connection.execute(f"{PLACES[name]} ORDER BY 1").fetchone()
                self.places[name] = str(found)

    def speak(self, page: Page) -> Page:
        """From the next page on."""
        given = [
            {"name": one, "value": "en", "domain": "127.0.0.1", "path": "/"} for one in COOKIES
        ]
        page.context.add_cookies(given)
        return page

    def goto(self, page: Page, path: str) -> None:
        page.goto(path.format(**self.places))

    def read(self, page: Page, name: str) -> None:
        expect(page.locator("html")).to_have_attribute("lang", "en")
        picture(page, f"english-{name}")
        assert chinese(page, typed(self.product)) == [], (name, page.url)
        assert sticking_out(page) == {}, (name, page.url)


def fill(page: Page, given: dict[str, str], button: str) -> None:
    for name, text in given.items():
        page.locator(f"main [name='{name}']").first.fill(text)
    named = re.compile(f"^{re.escape(button)}")  # keys that do the same may follow
    page.locator("main").get_by_role("button", name=named).first.click()


def test_what_staff_got_wrong_is_told_in_english(desk_of, product):
    reader = Reader(product)
    desks = {who: reader.speak(desk_of(who)) for who in (OPERATOR, FINANCE, ASKS)}

    for place, (who, path, given, button) in enumerate(WRONG):
        page = desks[who]
        reader.goto(page, path)
        fill(page, given, button)
        expect(page.get_by_role("alert").first).to_be_visible()
        reader.read(page, f"wrong-{place}")
    for place, (who, path) in enumerate(EMPTY):
        reader.goto(desks[who], path)
        reader.read(desks[who], f"empty-{place}")


def test_what_subscribers_got_wrong_is_told_in_english(phone, product):
    reader = Reader(product)
    phone.goto("/")
    acts.press(phone, "English")

    for place, (path, given, button) in enumerate(PUBLIC):
        phone.goto(path)
        fill(phone, given, button)
        expect(phone.get_by_role("alert").first).to_be_visible()
        reader.read(phone, f"phone-wrong-{place}")
    for place, path in enumerate(("/certificates/check/?serial=12+zz", "/no-such-page/")):
        phone.goto(path)
        reader.read(phone, f"phone-empty-{place}")


def test_messages_after_acts_are_in_english(desk_of, submitted, phone, product):
    reader = Reader(product)
    operator, finance = reader.speak(desk_of(OPERATOR)), reader.speak(desk_of(FINANCE))
    (receipt,) = submitted()
    number = receipt.number

    paid(finance, reader, number)
    invoiced(operator, finance, reader, number)
    withdrawn(operator, reader, number)
    acts.reject(desk_of(REVIEWER), number, "One more paper is needed.")
    reader.goto(finance, f"/w/fees/{number}/")
    reader.read(finance, "refund-invoiced")
    looked_up(phone, reader, receipt)


def paid(page: Page, reader: Reader, number: str) -> None:
    reader.goto(page, f"/w/fees/{number}/")
    fill(page, {"amount": "60.00", "receipt": f"SJ-{number}"}, "Record payment")
    expect(page.get_by_text("Paid").first).to_be_visible()
    reader.read(page, "paid")


def invoiced(operator: Page, finance: Page, reader: Reader, number: str) -> None:
    reader.goto(operator, f"/w/invoices/for/{number}/")
    operator.locator("[name=kind][value=ordinary]").check()
    operator.locator("[name=buyer][value=person]").check()
    fill(operator, {"title": "Lin Zhixia", "email": "lin@example.cn"}, "Hand in to finance")
    expect(operator.get_by_role("status")).to_be_visible()
    reader.read(operator, "invoice-asked")
    asked = operator.get_by_role("status").inner_text().split()[0]
    reader.goto(finance, f"/w/invoices/{asked}/")
    reader.read(finance, "invoice")
    day = finance.locator("[name=on]").first
    day.fill(finance.locator("dt:has-text('Paid on') + dd").inner_text().strip())
    fill(finance, {"issued_number": f"28{number[-4:]}0000"}, "Note it as issued")
    expect(finance.get_by_role("status")).to_be_visible()
    reader.read(finance, "invoice-issued")


def withdrawn(page: Page, reader: Reader, number: str) -> None:
    reader.goto(page, f"/w/consents/{number}/")
    fill(page, {}, "Note the withdrawal")
    expect(page.get_by_role("status")).to_be_visible()
    reader.read(page, "consent-withdrawn")
    reader.goto(page, f"/w/notices/of/{number}/")
    reader.read(page, "notices")
    page.get_by_role("table").get_by_role("link").first.click()
    fill(page, {}, "Told in person")
    expect(page.get_by_role("status")).to_be_visible()
    reader.read(page, "notice-told")


def looked_up(phone: Page, reader: Reader, receipt: acts.Receipt) -> None:
    """A subscriber who reads English, on the way to what became of it."""
    phone.goto("/status/")
    acts.press(phone, "English")
    fill(phone, {"number": receipt.number, "code": receipt.access_code}, "Look up")
    expect(phone.get_by_text("Declined").first).to_be_visible()
    reader.read(phone, "phone-declined")
