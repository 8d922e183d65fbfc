"""Every page as it lies there: open to everybody's eyes and hands, in both languages, at any width.

What the journeys change on the way (errors, dialogs, codes) is looked at by them.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from anxin.demo.cast import NAMES
from tests.e2e.conftest import SOURCE
from tests.e2e.people import person
from tests.e2e.windows import examine, picture, sticking_out
from tests.support.waiting import until

CHINESE = re.compile(r"[㐀-鿿豈-﫿]+")

STAFF = [  # who, where ({…}: see `places`), name of the picture
    ("陈越", "/w/queue/", "queue-operator"),
    ("陈越", "/w/intake/", "intake-list"),
    ("陈越", "/w/intake/{draft}/", "intake-draft"),
    ("陈越", "/w/ca-agreements/", "ca-agreements"),
    ("陈越", "/w/handover/", "handover-list"),
    ("陈越", "/w/handover/{issued}/", "handover-issued"),
    ("陈越", "/w/certificates/{valid}/", "certificate-valid"),
    ("陈越", "/w/certificates/{revoked}/", "certificate-revoked"),
    ("陈越", "/w/certificates/{valid}/revoke/", "revocation-form"),
    ("陈越", "/w/subscribers/{subscriber}/", "subscriber"),
    ("陈越", "/w/consents/{issued}/", "consents"),
    ("陈越", "/w/search/", "search"),
    ("陈越", "/w/search/?q={draft}", "search-found"),
    ("陈越", "/w/revocations/", "revocations-operator"),
    ("陈越", "/w/imports/", "imports"),
    ("陈越", "/w/online/", "online"),
    ("陈越", "/w/certificates/{valid}/renew/", "renew"),
    ("陈越", "/w/signed-request/", "signed-request"),
    ("沈佳", "/w/rechecks/", "rechecks"),
    ("陈越", "/w/blacklist/", "blacklist"),
    ("陈越", "/w/blacklist/ask/", "blacklist-form"),
    ("沈佳", "/w/blacklist/{entry_asked}/", "blacklist-entry"),
    ("陈越", "/w/imports/{import}/", "import"),
    ("何鸣", "/w/rechecks/{recheck}/", "recheck"),
    ("陈越", "/w/cases/{server}/names/", "names"),
    ("陈越", "/w/intake/{server}/", "intake-server"),
    ("陈越", "/w/intake/{re_key}/", "intake-re-key"),
    ("陈越", "/w/certificates/{young}/renew/", "renew-choices"),
    ("陈越", "/w/certificates/{revoked}/renew/", "renew-never"),
    ("陈越", "/w/certificates/{valid}/freeze/", "freeze-form"),
    ("沈佳", "/w/holds/", "holds"),
    ("沈佳", "/w/holds/{hold}/", "hold"),
    ("陈越", "/w/disclosures/", "disclosures"),
    ("陈越", "/w/disclosures/ask/?number={issued}", "disclosure-form"),
    ("沈佳", "/w/disclosures/{disclosure}/", "disclosure"),
    ("陈越", "/w/notices/", "notices"),
    ("陈越", "/w/notices/of/{issued}/", "notices-of-one"),
    ("陈越", "/w/notices/{notice}/", "notice"),
    ("唐书", "/w/statistics/", "statistics"),
    ("唐书", "/w/publications/", "publications"),
    ("邵霆", "/w/publications/{agreement}/", "publication"),
    ("唐书", "/w/offices/", "offices"),
    ("唐书", "/w/offices/NMG-02/", "office-service-point"),
    ("唐书", "/w/offices/NMG/", "office"),
    ("袁希", "/w/fees/", "fees"),
    ("袁希", "/w/invoices/", "invoices"),
    ("袁希", "/w/invoices/for/{issued}/", "invoice-ask"),
    ("袁希", "/w/fees/{issued}/", "fee-order"),
    ("袁希", "/w/fees/schedule/", "fee-schedule"),
    ("高远", "/approvals/", "approvals-admin"),
    ("高远", "/approvals/{approval}/", "approval"),
    ("陈越", "/me/", "me"),
    ("陈越", "/me/password/", "password"),
    ("陈越", "/me/keys/", "security-keys"),
    ("陈越", "/me/mail/", "my-mail"),
    ("沈佳", "/w/queue/?view=waiting", "queue-reviewer"),
    ("沈佳", "/w/queue/?view=all", "queue-all"),
    ("沈佳", "/w/cases/{waiting}/", "case"),
    ("沈佳", "/w/cases/{waiting}/?tab=checklist", "case-checklist"),
    ("沈佳", "/w/cases/{waiting}/?tab=certificate", "case-certificate"),
    ("沈佳", "/w/cases/{waiting}/?tab=checks", "case-checks"),
    ("沈佳", "/w/cases/{waiting}/?tab=same", "case-same"),
    ("沈佳", "/w/cases/{waiting}/?tab=log", "case-log"),
    ("沈佳", "/w/cases/{issued}/?tab=log", "case-decided"),
    ("沈佳", "/w/cases/{waiting}/return/", "case-return"),
    ("沈佳", "/w/cases/{waiting}/reject/", "case-reject"),
    ("沈佳", "/w/revocations/{request}/", "revocation-done"),
    ("魏澜", "/ca/", "dashboard-operator"),
    ("高远", "/ca/", "dashboard-admin"),
    ("高远", "/ca/authorities/", "authorities"),
    ("高远", "/ca/authorities/nmg-sm2/", "authority"),
    ("高远", "/ca/endings/", "endings"),
    ("高远", "/ca/endings/declare/", "ending-declare"),
    ("高远", "/ca/profiles/", "profiles"),
    ("邵霆", "/ca/profiles/organization-sm2-sign/", "profile"),
    ("高远", "/ca/profiles/organization-sm2-sign/change/", "profile-change"),
    ("高远", "/ca/profiles/organization-sm2-sign/new/", "profile-new"),
    ("江晚", "/ca/profiles/server-sm2-sign/1/test/", "profile-test"),
    ("陆辰", "/ca/ceremonies/", "ceremonies"),
    ("唐书", "/ca/ceremonies/draft/", "ceremony-draft"),
    ("唐书", "/ca/custody/", "custody-host"),
    ("陆辰", "/ca/custody/", "custody-custodian"),
    ("魏澜", "/ca/devices/", "devices"),
    ("江晚", "/audit/", "audit-list"),
    ("江晚", "/audit/?refused=on", "audit-refused"),
    ("江晚", "/audit/?entry={entry}", "audit-one"),
    ("唐书", "/w/retention/", "retention"),
    ("唐书", "/w/offices/{office}/hand-over/", "office-estate"),
    ("唐书", "/w/partner-keys/", "partner-keys"),
    ("唐书", "/people/", "staff"),
    ("唐书", "/people/new/", "person-new"),
    ("唐书", "/people/matrix/?person=0309&role=reviewer", "role-matrix"),
    ("唐书", "/people/of/0104/", "person-contractor"),
    ("高远", "/people/of/0310/", "person"),
    ("沈佳", "/approvals/", "approvals-reviewer"),
    ("沈佳", "/me/key/", "my-key"),
    ("林安", "/me/", "me-lapsing"),
    ("袁希", "/me/", "me-finance"),
    ("袁希", "/w/fees/agreements/", "fee-agreements"),
    ("袁希", "/w/queue/", "refused"),
    ("陈越", "/no-such-page/", "not-found"),
]
PUBLIC = [
    ("/", "public-home"),
    ("/apply/", "public-apply"),
    ("/apply/for/personal-sm2-sign/", "public-apply-form"),
    ("/renew/", "public-renew"),
    ("/status/", "public-status"),
    ("/pick-up/", "public-pick-up"),
    ("/revocation/", "public-revocation"),
    ("/fees/", "public-fees"),
    ("/publications/", "public-publications"),
    ("/publications/agreement/{version}/", "public-agreement"),
    ("/certificates/", "public-repository"),
    ("/certificates/check/", "public-check"),
    ("/certificates/check/?serial={serial}", "public-check-valid"),
    ("/certificates/check/?serial={revoked_serial}", "public-check-revoked"),
    ("/certificates/check/?serial=1234", "public-check-unknown"),
    ("/no-such-page/", "public-not-found"),
]
PLACES = {
    "draft": "SELECT number FROM ra_application WHERE state = 'draft'"
    " AND profile = 'personal-sm2-sign' AND procedure = 'new' AND masked_name <> ''",
    "waiting": "SELECT number FROM ra_application WHERE state = 'submitted'",
    "server": "SELECT number FROM ra_application WHERE profile = 'server-sm2-sign'",
    "re_key": "SELECT number FROM ra_application WHERE procedure = 're_key'",
    "young": "SELECT certificate_id FROM ra_application WHERE state = 'issued'",
    "issued": "SELECT number FROM ra_application WHERE state = 'issued'",
    "valid": "SELECT certificate_id FROM ra_application WHERE state = 'accepted'"
    " AND certificate_state = 'valid'",
    "revoked": "SELECT certificate_id FROM ra_application WHERE certificate_state = 'revoked'",
    "subscriber": "SELECT subscriber_id FROM ra_application WHERE state = 'accepted'"
    " AND certificate_state = 'valid'",
    "request": "SELECT number FROM ra_revocationrequest WHERE state = 'done'",
    "agreement": "SELECT id FROM ra_publication WHERE kind = 'agreement'",
    "version": "SELECT version FROM ra_publication WHERE kind = 'agreement'",
    "office": "SELECT code FROM ra_office",
    "entry": "SELECT entry FROM audit_link",
    "entry_asked": "SELECT id FROM ra_blacklistentry WHERE state = 'proposed'",
    "import": "SELECT number FROM ra_import",
    "recheck": "SELECT r.id FROM ra_recheck r JOIN people_staffmember p ON p.id = r.officer_id"
    " WHERE p.login = 'shenjia'",
    "hold": "SELECT number FROM ra_holdrequest",
    "disclosure": "SELECT number FROM ra_disclosurecase",
    "notice": "SELECT id FROM ra_notice",
    "approval": "SELECT id FROM people_approval WHERE state = 'open'"
    " AND action = 'ra.enter_ca_agreement'",
    "serial": "SELECT serial FROM ca_certificate WHERE state = 'valid'",
    "revoked_serial": "SELECT serial FROM ca_certificate WHERE state = 'revoked'",
}
DATA = (  # what people have typed stays as they typed it
    "SELECT name FROM people_staffmember UNION SELECT left(name, 1) FROM people_staffmember"
    " UNION SELECT name FROM ra_office UNION SELECT employer FROM people_personnelfile"
    " UNION SELECT masked_name FROM ra_application UNION SELECT subject_text FROM ca_certificate"
    " UNION SELECT message FROM ra_decision UNION SELECT title FROM ra_publication"
    " UNION SELECT name FROM ra_partnerkey"
    " UNION SELECT reason FROM ca_activation UNION SELECT reason FROM ca_stoporder"
)
NOTES = (  # sealed in the database: those of the demo, and of the journey
    "订户到柜台说明：智能密码钥匙遗失。",
    "订户到柜台说明：不再使用本证书。",
    "订户到柜台说明介质丢失，已核对身份证原件。",
    "订户到柜台说明：出境三个月，期间不使用证书。",
    "冻结申请表 2026-031",
    "临江电子认证（演示）",
    "栖原市人民法院（演示）",
    "（2026）栖法调字第 18 号",
    "承办书记员",
    "核对合同签署人的身份",
    "核查记录 2026-07",
    "温*故",  # of a file that is imported
    *("测试单位 TEST", "测试颁发者 TEST ISSUER", "测试 TEST ONLY"),  # of test certificates
    SOURCE,
)


@pytest.fixture(scope="package")
def places(product) -> dict[str, str]:
    """One of each kind of thing that the demo has."""
    rows: dict[str, tuple[object] | None] = {}

    def all_there() -> bool:  # the journal is chained every few seconds, by a worker
        with product.database() as connection:
            for name, query in PLACES.items():
                rows[name] = connection.execute(f"{query} ORDER BY 1").fetchone()
        return None not in rows.values()

    until(all_there, "one of each kind of thing")
    return {name: str(row[0]) for name, row in rows.items() if row}


@pytest.fixture
def data(product) -> list[str]:
    return typed(product)


def typed(product) -> list[str]:
    """What people have typed by now, the longest first."""
    with product.database() as connection:
        found = [text for (text,) in connection.execute(DATA) if CHINESE.search(text)]
    names = [*NAMES, *(person(number).name for number in range(1000))]
    return sorted([*found, *NOTES, *names], key=len, reverse=True)


@pytest.mark.parametrize("row", STAFF, ids=[row[2] for row in STAFF])
def test_a_staff_page_is_in_order(desk_of, places, data, row):
    who, path, name = row
    page = desk_of(who)
    page.goto(path.format(**places))

    in_order(page, name)
    assert leaks(page, product_cookie="anxin-staff-language", data=data) == []


@pytest.mark.parametrize("row", PUBLIC, ids=[row[1] for row in PUBLIC])
def test_a_public_page_is_in_order(phone, places, data, row):
    path, name = row
    phone.goto(path.format(**places))

    assert phone.locator("script").count() == 0  # nothing there could need it
    in_order(phone, name)
    assert leaks(phone, product_cookie="anxin-public-language", data=data) == []


@pytest.mark.parametrize("step", ["password", "code"])
def test_the_entrance_is_in_order(open_window, product, data, step):
    page = open_window(base_url=product.url("staff"))
    page.goto("/sign-in/?as=fangke")
    if step == "code":
        page.get_by_role("button", name="下一步").click()
        expect(page).to_have_url(re.compile("/sign-in/code/"))

    in_order(page, f"sign-in-{step}")
    assert leaks(page, product_cookie="anxin-staff-language", data=data) == []


def in_order(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title()
    picture(page, name)
    examine(page)


def leaks(page: Page, *, product_cookie: str, data: list[str]) -> list[str]:
    """Chinese on the English page: texts, and what screen readers say; not data, not names."""
    cookie = {"name": product_cookie, "value": "en", "domain": "127.0.0.1", "path": "/"}
    page.context.add_cookies([cookie])
    page.reload()
    assert page.locator("html").get_attribute("lang") == "en"
    assert sticking_out(page) == {}, f"{page.url} in English"
    return chinese(page, data)


def chinese(page: Page, data: list[str]) -> list[str]:
    """Words on the page as it stands that are neither data nor marked as Chinese."""
    said = page.evaluate(
        """() => {
          const found = [document.title];
          const kept = (node) => node.closest("[lang^=zh],script,style") === null;
          const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ALL);
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            if (node.nodeType === 3 && kept(node.parentElement)) found.push(node.data);
            if (node.nodeType !== 1 || !kept(node)) continue;
            for (const name of ["aria-label", "title", "placeholder", "alt"])
              if (node.hasAttribute(name)) found.push(node.getAttribute(name));
          }
          return found;
        }"""
    )
    text = "\n".join(said)
    for word in data:
        text = text.replace(word, "")
    return sorted(set(CHINESE.findall(text)))


def test_the_switch_turns_the_language_and_back(phone):
    phone.goto("/status/")
    phone.get_by_role("button", name="English").click()
    expect(phone.locator("html")).to_have_attribute("lang", "en")
    expect(phone).to_have_url(re.compile("/status/$"))
    phone.get_by_role("button", name="简体中文").click()

    expect(phone.get_by_role("heading", level=1)).to_have_text("查询办理进度")


def test_the_language_is_remembered_with_the_person(desk_of, product):
    page = desk_of("邵霆")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    with product.database() as connection:
        query = "SELECT language FROM people_staffmember WHERE login = 'shaoting'"
        (kept,) = connection.execute(query).fetchone()
    page.get_by_role("button", name="简体中文").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans-CN")
    assert kept == "en"


def test_pages_print_and_zoom(desk_of, places):
    """WCAG 1.4.10: 320 pixels are what 400 % of zoom leaves of a common screen."""
    page = desk_of("沈佳")
    for path in ("/w/queue/", "/w/cases/{waiting}/", "/w/revocations/"):
        page.goto(path.format(**places))
        page.set_viewport_size({"width": 320, "height": 640})
        excess = page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth")
        assert excess <= 0, path
