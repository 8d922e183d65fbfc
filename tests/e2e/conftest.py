"""The product once for all browser tests, one browser, and windows for people in it."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from anxin.demo.cast import Person
from anxin.supervisor.home import CHECKOUT
from pki import shares
from tests.e2e import people
from tests.e2e.acts import Held, Receipt, prove_when_asked, sign_in
from tests.e2e.elsewhere import Others
from tests.e2e.windows import Watch, new_address, window
from tests.oracles.refusals import missing
from tests.support.names import NameServer, name_server
from tests.support.product import Product

CHROMIUM = Path("/usr/bin/chromium")
SM2 = "personal-sm2-sign"
SOURCE = "户籍登记册（演示）"
VANTAGES = {"north": "127.0.0.1", "south": "127.0.0.2"}
OPTIONS = (
    "--no-sandbox",  # tests are run by root in a container
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in item.nodeid:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def name_servers() -> Iterator[list[NameServer]]:
    """The internet's names as each vantage point sees them: nothing but what they are told."""
    with ExitStack() as stack:
        yield [stack.enter_context(name_server(address)) for address in VANTAGES.values()]


@pytest.fixture(scope="package")
def product(name_servers) -> Iterator[Product]:
    places = zip(VANTAGES.items(), name_servers, strict=True)
    resolvers = [f"{name}={address}@{server.port}" for (name, address), server in places]
    one = Product(
        ANXIN_DEMO_APPLICATIONS="10",
        ANXIN_TRUSTED_PROXIES="127.0.0.1",
        ANXIN_RESOLVERS=",".join(resolvers),
    )
    one.settings["ANXIN_SOURCES"] = str(one.home.path / "sources.json")
    row = {"name": SOURCE, "answers": ["person"], "file": str(one.home.path / "register.csv")}
    for name, text in (("sources.json", json.dumps([row])), ("register.csv", "")):
        (one.home.path / name).write_text(text)
        (one.home.path / name).chmod(0o644)
    try:
        one.up()
        yield one
    finally:
        one.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing(str(CHROMIUM), "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """No window of a test may complain, unless the test kills what the window talks to."""
    one = Watch()
    yield one
    assert "slow" in request.keywords or one.complaints == []


@pytest.fixture(scope="session")
def cookies() -> dict[str, object]:
    """By login: who has signed in once stays signed in."""
    return {}


@pytest.fixture
def open_window(chromium, watch) -> Iterator[Callable[..., Page]]:
    opened: list[Page] = []

    def open_one(**options: object) -> Page:
        opened.append(window(chromium, watch, **options))
        return opened[-1]

    yield open_one
    for page in opened:
        page.context.close()


@pytest.fixture
def desk_of(product, open_window, cookies) -> Callable[..., Page]:
    """desk_of("陈越") -> a window of the staff site in which this person of the demo is at work."""

    def sit_down(name: str, **options: object) -> Page:
        base = {"base_url": product.url("staff"), **options}
        if name in cookies:
            page = open_window(storage_state=cookies[name], **base)
            prove_when_asked(page)
            page.goto("/")
        else:
            page = open_window(**base)
            prove_when_asked(page)
            sign_in(page, name)
            cookies[name] = page.context.storage_state()
        return page

    return sit_down


@pytest.fixture
def enrolling(product) -> Iterator[Callable[..., None]]:
    """Two others put the keys of these logins to use; afterwards they have none."""
    theirs: list[str] = []

    def run(what: str, *logins: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tests.e2e.enrolling", what, *logins],
            env=product.told("staff"),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def enrol(*logins: str) -> None:
        theirs.extend(logins)
        run("enrol", *logins)

    yield enrol
    run("end", *theirs)


@pytest.fixture
def share_files(product, tmp_path) -> dict[str, Held]:
    """By name: the share files that the demo's custodians have so far."""
    found = {}
    for row in json.loads(product.home.demo_shares.read_text()):
        path = tmp_path / f"demo-{row['login']}.json"
        path.write_text(row["file"])
        found[shares.read_file(row["file"])["name"]] = Held(path, row["passphrase"])
    return found


@pytest.fixture
def others(bouncycastle, openssl) -> Others:
    return Others(bouncycastle, openssl)


@pytest.fixture
def phone(open_phone) -> Page:
    return open_phone()


@pytest.fixture
def open_phone(product, open_window) -> Callable[..., Page]:
    """A subscriber's telephone on the public site, at an address of its own."""

    def take_out(**options: object) -> Page:
        address = {"X-Forwarded-For": new_address()}
        base = product.url("public")
        return open_window(phone=True, base_url=base, extra_http_headers=address, **options)

    return take_out


@pytest.fixture
def submitted(product) -> Callable[..., list[Receipt]]:
    """Applications that the other operator has entered; `reviewed` but for the last button."""

    def enter(count: int = 1, profile: str = SM2, *words: str) -> list[Receipt]:
        first = str(people.numbers(count)[0])
        entered = subprocess.run(
            [sys.executable, "-m", "tests.e2e.backstage", profile, first, str(count), *words],
            env=product.told("staff"),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert entered.returncode == 0, entered.stderr
        return [Receipt(*json.loads(line)) for line in entered.stdout.splitlines()]

    return enter


@pytest.fixture
def register(product) -> Callable[..., None]:
    """register(person, ...): these, and nobody else, stand in the authority source from now on."""

    def keep(*known: Person) -> None:
        rows = [(one.name, one.document_number) for one in known]
        sheet = io.StringIO()
        writer = csv.writer(sheet)
        writer.writerow(("kind", "name", "document_type", "document_number"))
        writer.writerows(("person", name, "resident_id", number) for name, number in rows)
        sealed = subprocess.run(
            [sys.executable, "manage.py", "seal_register"],
            env=product.told("staff"),
            cwd=CHECKOUT,
            input=sheet.getvalue(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert sealed.returncode == 0, sealed.stderr
        (product.home.path / "register.csv").write_text(sealed.stdout)

    return keep
