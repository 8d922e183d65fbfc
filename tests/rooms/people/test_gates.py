"""No page of the staff site without a gate; no link in a rail that its owner may not open."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from people.navigation import PAGES
from ra.api.doors import Door

OPEN = {"sign-in", "sign-in-code", "sign-in-device", "sign-out", "language", "api-schema"}
STAFF = "anxin.urls_staff"


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one)
        else:
            yield one


def test_every_page_has_a_gate():
    """CPS-5.2.3, WP-7.2"""
    found = list(patterns(get_resolver(STAFF)))

    assert len(found) > len(OPEN)
    assert {str(one.pattern) for one in found if not gated(one)} == {
        str(one.pattern) for one in found if one.name in OPEN
    }


def gated(one: URLPattern) -> bool:
    """By roles of people, or by signatures of partners' systems."""
    system = issubclass(getattr(one.callback, "cls", object), Door)
    return system or bool(getattr(one.callback, "gate", ()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_in_the_rail_opens_for_everybody_who_sees_it(page):
    view = resolve(reverse(page.name, urlconf=STAFF), urlconf=STAFF).func

    assert page.roles <= set(view.gate)


def test_every_icon_of_the_rail_is_drawn():
    drawn = (Path(settings.BASE_DIR) / "static/vendor/icons.txt").read_text().split()

    assert {page.icon for page in PAGES} <= set(drawn)
