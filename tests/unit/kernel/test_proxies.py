"""Whose word counts about where a request comes from."""

import pytest
from django.test import RequestFactory

from anxin.kernel.proxies import client_of, networks
from anxin.kernel.web import address

TRUSTED = networks("127.0.0.1, 10.8.0.0/24,fd00::/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # nobody's proxy: its word is its own
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 10.8.0.7", "198.51.100.1"),  # two proxies of ours
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),  # the client wrote the first
        ("10.8.1.1", "198.51.100.1", "10.8.1.1"),  # the next network
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, x", "127.0.0.1"),
        ("127.0.0.1", "<script>", "127.0.0.1"),
        ("127.0.0.1", "10.8.0.1, 10.8.0.2", "10.8.0.1"),
        ("::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("fd00::1", "2001:DB8::1", "2001:db8::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_our_own_proxies_are_believed(peer, forwarded, client):
    assert client_of(peer, forwarded, TRUSTED) == client


def test_without_a_setting_nobody_is_believed(settings):
    request = RequestFactory().get(
        "/", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "198.51.100.1"}
    )

    assert settings.TRUSTED_PROXIES == ()
    assert address(request) == "127.0.0.1"


def test_with_the_setting_the_proxy_is_believed(settings):
    settings.TRUSTED_PROXIES = networks("127.0.0.1")
    request = RequestFactory().get(
        "/", REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "198.51.100.1"}
    )

    assert address(request) == "198.51.100.1"


@pytest.mark.parametrize("wrong", ["10.8.0.1/24", "proxy.example"])
def test_a_setting_that_is_no_network_is_refused(wrong):
    with pytest.raises(ValueError, match=r"does not appear|has host bits"):
        networks(wrong)
