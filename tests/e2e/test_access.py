"""Who may open what: every address of the staff site, tried by every role and by strangers."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, get_resolver
from playwright.sync_api import Page

from people.api import Role
from tests.e2e.windows import Watch, see, window

CAST = {  # one person of the demo for each role
    Role.OPERATOR: "陈越",
    Role.REVIEWER: "沈佳",
    Role.CA_ADMIN: "高远",
    Role.SECURITY_ADMIN: "唐书",
    Role.CA_OPERATOR: "魏澜",
    Role.SUPPORT: "方可",
    Role.CUSTODIAN: "陆辰",
    Role.AUDITOR: "江晚",
    Role.POLICY_MEMBER: "邵霆",
    Role.FINANCE: "袁希",
}
# for people who are not signed in
OPEN = {"sign-in", "sign-in-code", "sign-in-device", "sign-out", "language"}
ON_BOTH_SITES = {"home", "language"}
KEPT_OUT = {403, 405}  # 405: the gate comes after the look at the method, and nothing is done


def patterns(resolver, before: str = "") -> dict[str, tuple[str, URLPattern]]:
    """Address and pattern by name."""
    found = {}
    for one in resolver.url_patterns:
        place = before + str(one.pattern)
        if isinstance(one, URLPattern):
            found[one.name] = (place, one)
        else:
            found |= patterns(one, place)
    return found


STAFF = patterns(get_resolver("anxin.urls_staff"))
PUBLIC = patterns(get_resolver("anxin.urls_public"))
# systems of partners sign what they send (tests/rooms/ra/test_partners.py)
MACHINES = {name for name, (place, _) in STAFF.items() if place.startswith("api/v1/")}
GATED = sorted(STAFF.keys() - OPEN - MACHINES)


@pytest.fixture(scope="package")
def things(product) -> dict[str, str]:
    """Something that exists, for every kind of placeholder in an address."""
    wanted = {
        "number": "SELECT number FROM ra_application WHERE state = 'issued'",
        "document_id": "SELECT id FROM ra_document",
        "certificate_id": "SELECT id FROM ca_certificate WHERE state = 'valid'",
        "ca_id": "SELECT id FROM ca_certificateauthority",
        "code": "SELECT code FROM ra_office",
        "authority": "SELECT code FROM ca_certificateauthority",
        "notice_id": "SELECT id FROM ra_notice",
        "subscriber_id": "SELECT id FROM ra_subscriber",
        "publication_id": "SELECT id FROM ra_publication",
    }
    with product.database() as connection:
        found = {name: connection.execute(query).fetchone() for name, query in wanted.items()}
    return {name: str(value) for name, (value,) in found.items()} | {
        "profile": "personal-sm2-sign",
        "version": "1",
        "page": "1",
        "form": "cer",
        "slot": "id_front",
        "rest": "nowhere",
        "session_id": "none",
        # nothing that exists: gates come first
        "proof_id": "0",
        "key_id": "0",
        "entry_id": "0",
        "recheck_id": "0",
        "set_id": "0",
        "seat_id": "0",
        "drill_id": "0",
        "activation_id": "0",
        "approval_id": "0",
    }


def address(name: str, things: dict[str, str]) -> str:
    place, _ = STAFF[name]
    return "/" + re.sub(r"<\w+:(\w+)>", lambda found: things[found[1]], place)


def ask(page, method: str, path: str):
    """Without a window, but with its cookies; as its own forms do."""
    token = {one["name"]: one["value"] for one in page.context.cookies()}.get(
        "anxin-staff-csrf", ""
    )
    headers = {"X-CSRFToken": token, "Referer": page.url}
    return page.request.fetch(path, method=method, headers=headers, max_redirects=0)


@pytest.mark.parametrize("role", CAST)
def test_a_role_opens_its_own_pages_and_no_others(desk_of, things, role):
    """CPS-5.2.1, CPS-5.2.4, WP-7.2"""
    page = desk_of(CAST[role])
    open_to = {name: role in STAFF[name][1].callback.gate for name in GATED}
    kept_out, let_in = [], []

    for name, may in open_to.items():
        path = address(name, things)
        answers = [ask(page, "GET", path)] + ([] if may else [ask(page, "POST", path)])
        for answer in answers:
            (let_in if may else kept_out).append((name, answer.status))
            assert may == ("gate.other_role" not in answer.text()) or answer.status == 405, name

    assert {status for _, status in kept_out} <= KEPT_OUT, kept_out
    assert {name for name, status in kept_out if status == 403} == {
        name for name, may in open_to.items() if not may
    }
    assert all(status < 500 for _, status in let_in), let_in


def test_somebody_kept_out_reads_why_and_the_journal_knows(desk_of, product):
    """CPS-5.4.1: a refused act is an entry."""
    page = desk_of("袁希")

    page.goto("/audit/")

    see(page, "您不能做这一步")
    with product.database() as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM audit_entry"
            " WHERE outcome <> 'done' AND actor_name = '袁希' AND subject LIKE '/audit/%'"
        ).fetchone()
    assert count


@pytest.fixture(scope="module")
def stranger(chromium, product) -> Iterator[Page]:
    """One window for all addresses: nothing that a stranger asks for changes it."""
    page = window(chromium, Watch(), base_url=product.url("staff"))
    page.goto("/sign-in/")
    yield page
    page.context.close()


@pytest.mark.parametrize("name", GATED)
def test_strangers_are_sent_to_sign_in(stranger, things, name):
    path = address(name, things)

    for method in ("GET", "POST"):
        answer = ask(stranger, method, path)
        if answer.status != 405:
            assert answer.status == 302
            assert answer.headers["location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("name", sorted(STAFF.keys() - ON_BOTH_SITES))
def test_the_public_site_has_no_staff_page(stranger, product, things, name):
    path = address(name, things)

    for method in ("GET", "POST"):
        answer = stranger.request.fetch(product.url("public", path), method=method)
        assert answer.status in {403, 404}, path  # 403: a form from nowhere


def test_links_of_the_public_site_lead_to_no_staff_page(product, phone):
    phone.goto("/")
    links = {link.get_attribute("href") for link in phone.locator("a[href]").all()}
    ours = {f"/{place}" for place, _ in PUBLIC.values()}

    assert links
    assert {link for link in links if link.startswith("http")} == set()
    assert {link.partition("#")[0] for link in links} - {""} <= ours


def test_half_signed_in_is_not_in(open_window, product, things):
    """WP-7.2: the password alone opens nothing."""
    page = open_window(base_url=product.url("staff"))
    page.goto("/")
    page.get_by_role("link", name="林安").click()
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url(re.compile("/sign-in/code/"))

    answer = ask(page, "GET", address("queue", things))

    assert (answer.status, answer.headers["location"]) == (
        302,
        "/sign-in/code/?next=%2Fw%2Fqueue%2F",
    )
