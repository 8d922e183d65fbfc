from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from anxin.settings import _check_directory
from ca.directory import rules
from ca.hierarchy import places

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def entry(base: str = "c=CN", **changes) -> rules.Entry:
    said = {"serial": "5af3", "name": "王小明", "organization": "", "der": b"0"} | changes
    return rules.certificate_entry(base, "nmg-sm2", **said)


def test_nobodys_name_is_part_of_an_entrys_own_name():
    """CPS-4.4.2"""
    assert entry().dn == "serialNumber=5af3,ou=nmg-sm2,c=CN"
    assert entry(organization="安信").attributes["o"] == "安信"
    assert "o" not in entry().attributes


@pytest.mark.parametrize(
    ("base", "made"),
    [
        ("c=CN", ("country", {"c": "CN"})),
        ("O=AnXin,C=CN", ("organization", {"O": "AnXin"})),
        ("dc=anxin, dc=example", ("domain", {"dc": "anxin"})),
        (r"o=AnXin\, Limited,c=CN", None),
        ("l=Hohhot", None),
    ],
)
def test_the_topmost_entry_is_made_where_its_form_is_known(base, made):
    above = [(*one.classes, dict(one.attributes)) for one in entry(base).above if one.dn == base]

    assert above == ([made] if made else [])


def test_tries_come_more_slowly_and_never_end():
    again = [rules.entry_again(tries, at=AT) - AT for tries in (1, 2, 3, 4, 500)]
    directory = [rules.directory_again(tries, at=AT) - AT for tries in (1, 2, 3, 99)]

    assert again == [MINUTE, 5 * MINUTE, 30 * MINUTE, 30 * MINUTE, 30 * MINUTE]
    assert directory == [MINUTE / 2, MINUTE, 5 * MINUTE, 5 * MINUTE]


def test_an_address_holds_no_character_that_ends_it():
    """RFC 4516 2.1"""
    address = places.list_address("ldap://ldap.example.cn:390", "nmg-sm2", "o=安信 CA?,c=CN")

    assert address == (
        "ldap://ldap.example.cn:390/cn=crl,ou=nmg-sm2,o=%E5%AE%89%E4%BF%A1%20CA%3F,c=CN"
        "?certificateRevocationList;binary?base?objectClass=cRLDistributionPoint"
    )


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("", True),
        ("ldap://ldap.example.cn:390", True),
        ("ldaps://ldap.example.cn", False),
        ("ldap://127.0.0.1:3890", False),
    ],
)
def test_a_directory_is_reached_by_an_encrypted_way_or_on_this_machine(url, tls):
    _check_directory(url, "ldap://ldap.example.cn:390" if url else "", tls=tls)


@pytest.mark.parametrize(
    ("url", "public_url", "tls"),
    [
        ("ldap://ldap.example.cn", "", False),
        ("http://ldap.example.cn", "", True),
        ("ldap://ldap.example.cn/c=CN", "", True),
        ("", "ldaps://ldap.example.cn", True),  # certificates name no such address
        ("", "ldap://a b", True),
    ],
)
def test_any_other_address_of_a_directory_stops_the_start(url, public_url, tls):
    with pytest.raises(ImproperlyConfigured):
        _check_directory(url, public_url, tls=tls)
