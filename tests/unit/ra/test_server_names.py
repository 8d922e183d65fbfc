"""Names of servers, CAA records, and what several vantage points prove together (CPS 3.2.4)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from anxin.kernel.errors import Refusal
from anxin.settings import _resolvers
from ra.applicants.hosts import NameKind, claimed, parse
from ra.domains import rules
from ra.domains.caa import Caa, Record, climb, permits
from ra.domains.rules import Finding, Method, judge

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
ISSUER = "anxin.example"


@pytest.mark.parametrize(
    ("typed", "kind", "text"),
    [
        ("WWW.Example.CN.", NameKind.DNS, "www.example.cn"),
        ("安信。中国", NameKind.DNS, "xn--vuqy7z.xn--fiqs8s"),
        ("faß.de", NameKind.DNS, "xn--fa-hia.de"),
        ("1.2.0.192.com", NameKind.DNS, "1.2.0.192.com"),
        ("8.8.4.4", NameKind.IP, "8.8.4.4"),
        ("[2400:3200:0::1]", NameKind.IP, "2400:3200::1"),
    ],
)
def test_a_name_has_one_spelling(typed, kind, text):
    """CPS-3.2.4b"""
    name = parse(typed)

    assert (name.kind, name.text) == (kind, text)


@pytest.mark.parametrize(
    ("typed", "rule"),
    [
        ("", "name"),
        ("localhost", "name"),
        ("a_b.example.cn", "name"),
        ("-a.example.cn", "name"),
        ("a..example.cn", "name"),
        ("xn--a.example.cn", "name"),
        ("a" * 64 + ".example.cn", "name"),
        ("exa mple.cn", "name"),
        ("http://example.cn/", "name"),
        ("com.cn", "public_suffix"),
        ("xn--55qx5d.cn", "public_suffix"),
        ("printer.local", "not_public"),
        ("db.internal", "not_public"),
        ("127.1", "not_public"),
        ("*.example.cn", "wildcard"),
        ("10.1.2.3", "private_address"),
        ("127.0.0.1", "private_address"),
        ("169.254.169.254", "private_address"),
        ("100.64.0.1", "private_address"),
        ("0.0.0.0", "private_address"),
        ("224.0.0.251", "private_address"),
        ("::1", "private_address"),
        ("fe80::1", "private_address"),
        ("fd00::1", "private_address"),
        ("::ffff:10.0.0.1", "private_address"),
        ("64:ff9b::a00:1", "private_address"),
        ("2002:a00:1::1", "private_address"),
    ],
)
def test_what_cannot_be_proved_is_no_name(typed, rule):
    """CPS-3.2.4b"""
    with pytest.raises(Refusal) as refused:
        parse(typed)

    assert refused.value.rule == f"domains.{rule}"
    assert refused.value.cps == "3.2.4"


def test_wildcards_only_where_the_profile_says_so():
    name = parse("*.Example.cn", wildcards=True)

    assert (name.kind, name.text, name.base) == (NameKind.WILDCARD, "*.example.cn", "example.cn")
    for typed in ("*.com.cn", "*.*.example.cn", "a.*.example.cn"):
        with pytest.raises(Refusal):
            parse(typed, wildcards=True)


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        ({}, []),
        ({"device_name": "一号签章服务器"}, []),
        ({"device_name": "db01.internal"}, []),
        ({"device_name": "WWW.Example.cn"}, ["www.example.cn"]),
        ({"device_name": "8.8.4.4", "name": "example.cn"}, ["8.8.4.4"]),
    ],
)
def test_a_device_called_by_a_name_of_the_internet_claims_it(declared, names):
    """CPS-3.2.4b"""
    assert claimed(declared) == names


@pytest.mark.parametrize("declared", ["10.0.0.1", "com.cn", "*.example.cn"])
def test_a_device_claims_nothing_that_nobody_can_prove(declared):
    with pytest.raises(Refusal):
        claimed({"device_name": declared})


# --- CAA -------------------------------------------------------------------------------------


def record(text):
    """`0 issue anxin.example`"""
    flags, tag, value = text.split(" ", 2)
    return Record(int(flags), tag, value)


@pytest.mark.parametrize(
    ("records", "wildcard", "may"),
    [
        ([], False, True),
        (["0 issue anxin.example"], False, True),
        (["0 issue ANXIN.Example "], False, True),
        (["0 issue other.example", "0 issue anxin.example"], False, True),
        (["0 issue other.example"], False, False),
        (["0 issue ;"], False, False),
        (["0 issue "], False, False),
        (["0 issue sub.anxin.example"], False, False),
        (["0 issue anxin.example; validationmethods=dns-01"], False, False),
        (["0 iodef mailto:a@example.cn"], False, True),
        (["128 iodef mailto:a@example.cn"], False, True),
        (["0 tbs Unknown"], False, True),
        (["128 tbs Unknown"], False, False),
        (["128 tbs Unknown", "0 issue anxin.example"], False, False),
        (["0 issuewild ;"], False, True),
        (["0 issuewild ;", "0 issue anxin.example"], True, False),
        (["0 issue anxin.example"], True, True),
        (["0 issuewild anxin.example", "0 issue ;"], True, True),
        (["0 ISSUE other.example"], False, False),
    ],
)
def test_caa_records_say_who_may_issue(records, wildcard, may):
    """CPS-3.2.4b; RFC 8659 4.2 to 4.4"""
    assert permits(map(record, records), ISSUER, wildcard=wildcard) is may


def test_nothing_names_an_authority_without_a_name():
    assert not permits([record("0 issue ;")], "", wildcard=False)


def test_caa_is_asked_for_on_the_way_up():
    assert climb("a.b.example.cn") == ["a.b.example.cn", "b.example.cn", "example.cn", "cn"]


# --- several vantage points ------------------------------------------------------------------


def seen(*outcomes, method=Method.DNS, caa=Caa.PERMITTED):
    rows = [Finding(f"v{place}", method, outcome) for place, outcome in enumerate(outcomes)]
    return rows + [Finding(row.vantage, Method.CAA, caa) for row in rows]


@pytest.mark.parametrize(
    ("outcomes", "proved"),
    [
        (["found"], False),
        (["found", "found"], True),
        (["found", "absent"], False),
        (["found", "found", "wrong"], True),
        (["found", "wrong", "wrong"], False),
        (["found", "found", "found", "found", "unreachable"], True),
        (["found", "found", "found", "absent", "unreachable"], False),
    ],
)
def test_all_but_one_vantage_point_must_agree_and_two_at_least(outcomes, proved):
    """CPS-3.2.4b"""
    verdict = judge(NameKind.DNS, seen(*outcomes), vantages=len(outcomes))

    assert bool(verdict.method) is proved
    assert (verdict.reason == "") is proved


def test_two_methods_do_not_add_up():
    """One vantage point saw the record, another the file: neither was seen twice."""
    findings = seen("found", "absent") + seen("absent", "found", method=Method.HTTP)

    assert judge(NameKind.DNS, findings, vantages=2).reason == "domains.disagreement"


def test_a_file_proves_nothing_for_a_wildcard_and_no_record_an_address():
    files = seen("found", "found", method=Method.HTTP)

    assert judge(NameKind.WILDCARD, files, vantages=2).method == ""
    assert judge(NameKind.DNS, files, vantages=2).method == "http"
    assert judge(NameKind.IP, files, vantages=2).method == "http"
    assert judge(NameKind.IP, seen("found", "found"), vantages=2).method == ""


def test_a_question_about_caa_without_an_answer_permits_nothing():
    verdict = judge(NameKind.DNS, seen("found", "found", caa=Caa.UNKNOWN), vantages=2)

    assert (verdict.method, verdict.reason) == ("dns", "domains.caa_unknown")


def test_a_proof_holds_to_its_last_day():
    until = AT + rules.PROOF_TERM

    assert rules.hindrance("a.cn", "proved", until, at=until - timedelta(seconds=1)) is None
    refusal = rules.hindrance("a.cn", "proved", until, at=until)
    assert (refusal.rule, refusal.cps) == ("domains.not_proved", "3.2.4")
    assert rules.hindrance("a.cn", "asked", None, at=AT)


def test_caa_answers_hold_for_eight_hours():
    eight = timedelta(hours=8)

    assert rules.caa_hindrance("a.cn", "permitted", AT, at=AT + eight) is None
    late = rules.caa_hindrance("a.cn", "permitted", AT, at=AT + eight + timedelta(seconds=1))
    assert late.rule == "domains.caa_old"
    assert rules.caa_hindrance("8.8.8.8", "", None, at=AT) is None
    assert rules.caa_hindrance("a.cn", "forbidden", AT, at=AT).rule == "domains.caa"
    assert rules.caa_hindrance("a.cn", "unknown", AT, at=AT).rule == "domains.caa_unknown"


def test_what_is_published_is_bound_to_the_application():
    one = rules.published("token", "SQ-1")

    assert len(one) == 43
    assert one != rules.published("token", "SQ-2")
    assert one != rules.published("other", "SQ-1")


# --- settings --------------------------------------------------------------------------------


def test_vantage_points_are_named_addresses():
    assert _resolvers("north=192.0.2.1, south=2001:db8::1@5353") == (
        ("north", "192.0.2.1", 53),
        ("south", "2001:db8::1", 5353),
    )
    assert _resolvers("") == ()


@pytest.mark.parametrize(
    "text", ["192.0.2.1", "a=dns.example", "a=192.0.2.1@x", "a=192.0.2.1,b=192.0.2.1@54"]
)
def test_two_names_of_one_resolver_are_not_two_vantage_points(text):
    with pytest.raises(ImproperlyConfigured):
        _resolvers(text)
