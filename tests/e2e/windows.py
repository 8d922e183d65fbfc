"""Browser windows that are watched: what the console complains about fails the test.

`see` is how a test looks at a page: the heading must be there, and the page as it then stands is
examined once for accessibility and for text that runs out of the window.
"""

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, expect

from anxin.supervisor.home import CHECKOUT

SCREENS = CHECKOUT / "build/screens"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 780}
WIDTHS = (360, 390, 1366)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WITHIN = 60_000  # milliseconds for anything that a test waits for
TALL = """() => {
  const main = document.querySelector("main");
  const hidden = main.scrollHeight - main.clientHeight;
  return Math.max(document.scrollingElement.scrollHeight, innerHeight + hidden);
}"""
TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""
LOADED_BY_PAGES = {"document", "stylesheet", "script", "image", "font"}

expect.set_options(timeout=WITHIN)
_addresses = itertools.count(1)
_examined: set[tuple[str, str, bool]] = set()  # what was looked at in this run


@dataclass
class Watch:
    """What the windows of a test complained about."""

    complaints: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # What a server answers is judged by `_response`: a refusal is an answer like any other.
        # A poll is broken off when its page is left.
        left = message.text.startswith("htmx: htmx:error: Failed to fetch")
        if left or "Failed to load" in message.text:
            return
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.location.get('url')}: {message.text}")

    def _response(self, response: Response) -> None:
        kind = response.request.resource_type
        broken = response.status >= 500
        missing = response.status >= 400 and kind in LOADED_BY_PAGES - {"document"}
        if broken or missing:
            self.complaints.append(f"{response.status} {response.url} ({kind})")


def new_address() -> str:
    """Where a telephone is just now (RFC 2544)."""
    return "198.18.{}.{}".format(*divmod(next(_addresses), 250))


def window(browser: Browser, watch: Watch, *, phone: bool = False, **options: object) -> Page:
    """A new window with a memory of its own; close its `context` when done."""
    size = (
        {"viewport": PHONE, "is_mobile": True, "has_touch": True} if phone else {"viewport": DESK}
    )
    context: BrowserContext = browser.new_context(locale="zh-CN", **size, **options)
    context.set_default_timeout(WITHIN)
    context.on("page", watch.over)
    return context.new_page()


def see(page: Page, heading: str) -> None:
    """The page says this in its heading; and what it shows is in order."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    what = (re.sub(r"\d+", "0", urlsplit(page.url).path), heading, _is_phone(page))
    if what not in _examined:
        _examined.add(what)
        examine(page)


def examine(page: Page) -> None:
    """Nobody is kept out of what the page shows now, and nothing sticks out sideways."""
    size = page.viewport_size
    page.set_viewport_size({**size, "height": page.evaluate(TALL)})  # no bar lies over anything
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    page.set_viewport_size(size)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    assert page.evaluate(TWICE) == [], page.url
    assert sticking_out(page) == {}, page.url


def sticking_out(page: Page) -> dict[int, int]:
    """Widths of window at which the page is wider than it, and by how many pixels."""
    size = page.viewport_size
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        excess = page.evaluate(
            "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        )
        if excess > 0:
            found[width] = excess
    page.set_viewport_size(size)
    return found


def picture(page: Page, name: str) -> None:
    """Keep what the window shows in build/screens."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png", animations="disabled")


def download(page: Page, label: str) -> bytes:
    """The file behind a link or button."""
    with page.expect_download() as started:
        page.get_by_label(label).click()
    return Path(started.value.path()).read_bytes()


def _is_phone(page: Page) -> bool:
    return page.viewport_size == PHONE
