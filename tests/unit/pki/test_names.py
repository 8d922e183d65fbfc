"""Distinguished names (CPS-7.1.3/4)."""

import pytest
from asn1crypto import x509 as asn1crypto_x509
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from pki import der, names, oids
from pki.errors import Malformed, Refused
from tests.unit.pki.refusing import rule_of

WANG = [("CN", "王小明"), ("OU", "财务部"), ("O", "晨星(长春)有限公司"), ("C", "CN")]
VISIBLE = st.text(
    st.characters(categories=["L", "N", "P", "S"], codec="utf-8"), min_size=1, max_size=20
)


def test_a_name_is_written_country_first_and_shown_common_name_first():
    name = names.build(WANG)

    assert [attribute.short for attribute in name] == ["C", "O", "OU", "CN"]
    assert name.text == "CN=王小明, OU=财务部, O=晨星(长春)有限公司, C=CN"
    assert str(name) == name.text


def test_country_and_serial_number_are_printable_and_the_rest_is_utf8():
    name = names.build(
        [("C", "CN"), ("CN", "Wang"), ("serialNumber", "123X"), ("emailAddress", "w@example.cn")]
    )

    tags = {attribute.short: attribute.tag for attribute in name}
    assert tags == {
        "C": der.PRINTABLE,
        "CN": der.UTF8,
        "serialNumber": der.PRINTABLE,
        "emailAddress": der.IA5,
    }


def test_the_bytes_are_those_of_two_other_encoders():
    ours = names.build(WANG).der
    by_cryptography = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "晨星(长春)有限公司"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "财务部"),
            x509.NameAttribute(NameOID.COMMON_NAME, "王小明"),
        ]
    )
    by_asn1crypto = asn1crypto_x509.Name.build(
        {
            "country_name": "CN",
            "organization_name": "晨星(长春)有限公司",
            "organizational_unit_name": "财务部",
            "common_name": "王小明",
        }
    )

    assert ours == by_cryptography.public_bytes()
    assert ours == by_asn1crypto.dump()


@given(st.lists(st.tuples(st.sampled_from(["O", "OU", "L", "ST", "CN"]), VISIBLE), min_size=1))
def test_a_name_that_was_built_is_read_back(pairs):
    name = names.build(pairs)

    assert names.parse(name.der) == name


def test_the_same_units_stay_in_the_order_given():
    name = names.build([("OU", "一"), ("C", "CN"), ("OU", "二")])

    assert name.all("OU") == ("一", "二")
    assert name.get("OU") == "一"
    assert name.get(oids.COUNTRY) == "CN"
    assert name.get("L") is None


@pytest.mark.parametrize(
    ("pair", "rule"),
    [
        (("X", "text"), "name.unknown_attribute"),
        (("CN", ""), "name.empty_value"),
        (("CN", "  "), "name.empty_value"),
        (("CN", "字" * 65), "name.too_long"),
        (("C", "CHN"), "name.too_long"),
        (("CN", " 王"), "name.spaces"),
        (("CN", "王\n小明"), "name.invisible"),
        (("CN", "王\u200b小明"), "name.invisible"),
        (("CN", "\u202ename"), "name.invisible"),
        (("C", "cn"), "name.country"),
        (("C", "C"), "name.country"),
        (("serialNumber", "号1"), "name.characters"),
        (("emailAddress", "王@example.cn"), "name.characters"),
    ],
)
def test_a_bad_attribute_is_refused_by_its_own_rule(pair, rule):
    with pytest.raises(Refused) as caught:
        names.build([pair])

    assert caught.value.rule == rule


@pytest.mark.parametrize("rare", ["\U00020bb7", "\U0002a6d0", "\U0002ebf0", "\U00031350"])
def test_a_rare_ideograph_is_a_letter_even_if_this_python_does_not_know_it(rare):
    """Extensions B, I and H: the last two are younger than Unicode 14."""
    built = names.build([("C", "CN"), ("CN", f"王{rare}")])

    assert names.parse(built.der).text == f"CN=王{rare}, C=CN"


def test_the_longest_common_name_has_64_characters():
    assert names.build([("CN", "字" * 64)]).get("CN") == "字" * 64


def test_an_empty_name_is_not_built():
    with pytest.raises(Refused, match=r"name\.empty"):
        names.build([])


def test_one_letter_in_two_spellings_becomes_one():
    composed, decomposed = "é", "e\u0301"

    assert names.build([("CN", decomposed)]) == names.build([("CN", composed)])


@pytest.mark.parametrize(
    "other",
    [
        [("CN", "anxin  test ca"), ("C", "CN")],
        [("CN", "ＡｎＸｉｎ Test CA"), ("C", "CN")],
    ],
)
def test_case_width_and_spaces_do_not_tell_names_apart(other):
    name, other = names.build([("CN", "AnXin Test CA"), ("C", "CN")]), names.build(other)

    assert name.der != other.der
    assert name.key == other.key


@pytest.mark.parametrize(
    "other",
    [
        [("CN", "AnXin Test CB"), ("C", "CN")],
        [("O", "AnXin Test CA"), ("C", "CN")],
        [("CN", "AnXin Test CA")],
    ],
)
def test_other_names_are_told_apart(other):
    assert names.build([("CN", "AnXin Test CA"), ("C", "CN")]).key != names.build(other).key


def test_the_string_type_does_not_tell_names_apart():
    def common_name(tag: int, text: bytes) -> bytes:
        pair = der.sequence(der.oid(oids.COMMON_NAME), der.tlv(tag, text))
        return der.sequence(der.set_of(pair))

    printable, utf8 = common_name(der.PRINTABLE, b"AnXin"), common_name(der.UTF8, b"AnXin")

    assert names.parse(printable).key == names.parse(utf8).key
    assert names.parse(printable) != names.parse(utf8)


def test_members_of_one_rdn_are_a_set():
    pairs = [
        der.sequence(der.oid(o), der.utf8(t))
        for o, t in ((oids.COMMON_NAME, "a"), ("2.5.4.5", "b"))
    ]
    forward, backward = (der.sequence(der.tlv(der.SET, b"".join(p))) for p in (pairs, pairs[::-1]))

    assert names.parse(forward).key == names.parse(backward).key
    assert names.parse(forward).text == "CN=a+serialNumber=b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a,b", r"CN=a\,b"),
        ("a+b=c", r"CN=a\+b\=c"),
        ("#a", r"CN=\#a"),
        (" a ", r"CN=\ a\ "),
        ("a\u202eb", r"CN=a\E2\80\AEb"),
        ("a\nb", r"CN=a\0Ab"),
    ],
)
def test_a_name_cannot_be_shown_as_something_it_is_not(text, shown):
    pair = der.sequence(der.oid(oids.COMMON_NAME), der.utf8(text))

    assert names.parse(der.sequence(der.set_of(pair))).text == shown


def test_an_unknown_attribute_is_read_under_its_number():
    pair = der.sequence(der.oid("1.2.3.4"), der.utf8("x"))

    assert names.parse(der.sequence(der.set_of(pair))).text == "1.2.3.4=x"


@pytest.mark.parametrize(
    ("encoded", "rule"),
    [
        (b"", "name.not_der"),
        (der.sequence() + b"\x00", "name.not_der"),
        (der.sequence(der.set_of()), "name.empty_rdn"),
        (der.sequence(der.set_of(der.sequence(der.oid("2.5.4.3"), der.NULL))), "name.not_der"),
        (der.sequence(der.octet_string(bytes(9000))), "name.too_large"),
    ],
)
def test_what_is_no_name_is_refused(encoded, rule):
    with pytest.raises(Malformed) as caught:
        names.parse(encoded)

    assert caught.value.rule == rule


@given(st.binary(max_size=80))
def test_any_bytes_are_a_name_or_refused(noise):
    for data in (noise, der.sequence(noise), der.sequence(der.set_of(der.sequence(noise)))):
        assert rule_of(names.parse, data).partition(".")[0] in ("", "name")
