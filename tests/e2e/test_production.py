"""Outside a demo: no demo people, no plain HTTP, no chatty error page."""

from collections.abc import Iterator

import pytest

from tests.support.product import SITES, Product

pytestmark = pytest.mark.slow
HTTPS = {"X_Forwarded_Proto": "https"}


@pytest.fixture(scope="module")
def earnest() -> Iterator[Product]:
    """The product with ANXIN_ENV=production, and a list of demo accounts that somebody left."""
    one = Product(ANXIN_ENV="production")
    try:
        one.home.prepare()
        (one.home.path / "demo-accounts.json").write_text(
            '[{"login": "chenyue", "name": "陈越", "roles": ["operator"],'
            ' "password": "left-behind", "key": "00"}]'
        )
        one.up()
        yield one
    finally:
        one.close()


@pytest.mark.parametrize("site", SITES)
def test_plain_http_is_sent_to_https(earnest, site):
    status, headers, _ = earnest.answer(site)

    assert status == 301
    assert headers["Location"].startswith("https://")


@pytest.mark.parametrize(("site", "path"), [("staff", "/sign-in/"), ("public", "/status/")])
def test_cookies_and_headers_are_for_https_only(earnest, site, path):
    status, headers, _ = earnest.answer(site, path, **HTTPS)

    assert status == 200
    assert "Secure" in headers["Set-Cookie"]
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_the_entrance_offers_nobody(earnest):
    for path in ("/sign-in/", "/sign-in/?as=chenyue"):
        _, _, text = earnest.answer("staff", path, **HTTPS)
        assert "演示" not in text
        assert "陈越" not in text
        assert "left-behind" not in text


@pytest.mark.parametrize("site", SITES)
def test_an_error_page_tells_nothing_about_the_inside(earnest, site):
    status, _, text = earnest.answer(site, "/no-such-page/", **HTTPS)

    assert status == 404
    assert "Traceback" not in text
    assert "urlpatterns" not in text
    assert "DEBUG" not in text


def test_the_demo_is_not_built(earnest):
    refused = earnest.manage("demo")

    assert refused.returncode == 1
    assert "this installation is production, not a demo" in refused.stderr


def test_a_foreign_host_name_is_refused(earnest):
    assert earnest.status("staff", "/sign-in/", Host="elsewhere.example", **HTTPS) == 400
