"""Extensions: written in one form, read in every form that is out there (CPS-7.1.2-gb)."""

import inspect
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from pki import der, extension_values, extensions, names, oids
from tests.unit.pki.refusing import rule_of

URI = "http://crl.example.cn/crl1.crl"
PLACE = names.build([("C", "CN"), ("OU", "CRL"), ("CN", "crl70")])


def uri(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


def ku(*usages: str) -> x509.KeyUsage:
    words = inspect.signature(x509.KeyUsage).parameters
    return x509.KeyUsage(**{word: word in usages for word in words})


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (extensions.subject_key_identifier(b"k" * 20), x509.SubjectKeyIdentifier(b"k" * 20)),
        (
            extensions.authority_key_identifier(b"k" * 20),
            x509.AuthorityKeyIdentifier(b"k" * 20, None, None),
        ),
        (
            extensions.key_usage(["digitalSignature", "nonRepudiation"]),
            ku("digital_signature", "content_commitment"),
        ),
        (
            extensions.key_usage(["keyEncipherment", "dataEncipherment", "keyAgreement"]),
            ku("key_encipherment", "data_encipherment", "key_agreement"),
        ),
        (extensions.key_usage(["keyCertSign", "cRLSign"]), ku("key_cert_sign", "crl_sign")),
        (
            extensions.key_usage(["keyAgreement", "decipherOnly"]),
            ku("key_agreement", "decipher_only"),
        ),
        (extensions.basic_constraints(True), x509.BasicConstraints(ca=True, path_length=None)),
        (extensions.basic_constraints(True, 0), x509.BasicConstraints(ca=True, path_length=0)),
        (extensions.basic_constraints(False), x509.BasicConstraints(ca=False, path_length=None)),
        (
            extensions.extended_key_usage(["clientAuth", oids.EMAIL_PROTECTION]),
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
            ),
        ),
        (
            extensions.crl_distribution_points([URI]),
            x509.CRLDistributionPoints([x509.DistributionPoint([uri(URI)], None, None, None)]),
        ),
        (
            extensions.authority_information_access(["http://o.cn/"], ["http://a.cn/ca.cer"]),
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(AuthorityInformationAccessOID.OCSP, uri("http://o.cn/")),
                    x509.AccessDescription(
                        AuthorityInformationAccessOID.CA_ISSUERS, uri("http://a.cn/ca.cer")
                    ),
                ]
            ),
        ),
        (
            extensions.certificate_policies(["1.2.3", "1.2.4"], "http://www.example.cn/cps"),
            x509.CertificatePolicies(
                [
                    x509.PolicyInformation(
                        x509.ObjectIdentifier("1.2.3"), ["http://www.example.cn/cps"]
                    ),
                    x509.PolicyInformation(x509.ObjectIdentifier("1.2.4"), None),
                ]
            ),
        ),
        (
            extensions.subject_alternative_name(
                emails=["w@example.cn"], dns=["example.cn"], uris=["http://example.cn/"]
            ),
            x509.SubjectAlternativeName(
                [
                    x509.RFC822Name("w@example.cn"),
                    x509.DNSName("example.cn"),
                    uri("http://example.cn/"),
                ]
            ),
        ),
        (
            extensions.subject_alternative_name(
                dns=["*.example.cn"], addresses=["8.8.4.4", "2001:4860::8844"]
            ),
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("*.example.cn"),
                    x509.IPAddress(ip_address("8.8.4.4")),
                    x509.IPAddress(ip_address("2001:4860::8844")),
                ]
            ),
        ),
        (extensions.ocsp_no_check(), x509.OCSPNoCheck()),
    ],
    ids=lambda value: value.oid if isinstance(value, extensions.Extension) else "",
)
def test_an_extension_has_the_bytes_of_another_encoder(ours, theirs):
    assert ours.oid == theirs.oid.dotted_string
    assert ours.value == theirs.public_bytes()


def test_the_three_places_of_a_list_are_written_in_their_order():
    ldap = "ldap://ldap.example.cn:390/CN=crl70,OU=CRL,C=CN?certificateRevocationList?base"
    written = extensions.crl_distribution_points([PLACE, URI, ldap])

    found = extension_values.distribution_points(written.value)

    assert [place.kind for place in found] == ["directory", "uri", "uri"]
    assert [place.text for place in found] == ["CN=crl70, OU=CRL, C=CN", URI, ldap]


def test_what_is_critical():
    assert extensions.key_usage(["digitalSignature"]).critical
    assert extensions.basic_constraints(True).critical
    assert not extensions.basic_constraints(False).critical
    assert not extensions.authority_key_identifier(b"k").critical
    assert extensions.extended_key_usage(["timeStamping"], critical=True).critical
    assert not extensions.taxation_number("123").critical


@pytest.mark.parametrize(
    ("extension", "oid", "value"),
    [
        (extensions.insurance_number("123"), "1.2.156.10260.4.1.2", "1303313233"),
        (extensions.insurance_number("123", old=True), "1.2.86.11.7.2", "1303313233"),
        (extensions.registration_number("123"), "1.2.156.10260.4.1.3", "1303313233"),
        (extensions.registration_number("123", old=True), "1.2.86.11.7.4", "1303313233"),
        (extensions.organization_code("123"), "1.2.156.10260.4.1.4", "1303313233"),
        (extensions.organization_code("123", old=True), "1.2.86.11.7.3", "1303313233"),
        (extensions.taxation_number("123"), "1.2.156.10260.4.1.5", "1303313233"),
        (extensions.taxation_number("123", old=True), "1.2.86.11.7.5", "1303313233"),
    ],
)
def test_national_extensions_are_written_as_gb_t_20518_has_them(extension, oid, value):
    assert extension.oid == oid
    assert extension.value.hex() == value


@pytest.mark.parametrize(
    ("value", "kind", "number"),
    [
        ("a0141312313130313035313934393132333130303258", "resident", "11010519491231002X"),
        ("8012313130313035313934393132333130303258", "resident", "11010519491231002X"),
        ("a10f0c0d" + "军字第1号".encode().hex(), "officer", "军字第1号"),
        ("a20b1309453132333435363738", "passport", "E12345678"),
        ("8209453132333435363738", "passport", "E12345678"),
        ("0c03313233", "", "123"),
        ("1303313233", "", "123"),
        ("1603313233", "", "123"),
        ("130a30303030303030302d31", "", "00000000-1"),
        ("313233343536", "", "123456"),
        ("0500", "", ""),
        ("ff31", "", "ff31"),
        ("00", "", "00"),
        ("", "", ""),
    ],
)
def test_national_extensions_are_read_in_every_form_in_circulation(value, kind, number):
    assert extension_values.national_identity(bytes.fromhex(value)) == (kind, number)


@pytest.mark.parametrize("value", ["3000", "3003010100"])
def test_both_forms_of_an_end_entity_are_read(value):
    assert extension_values.basic_constraints(bytes.fromhex(value)) == (False, None)


def test_an_explicit_false_is_read_and_not_written():
    spelt = der.sequence(
        der.oid(oids.KEY_USAGE), der.boolean(False), der.octet_string(b"\x03\x01\x00")
    )

    (extension,) = extensions.read_all(der.Reader(spelt))

    assert not extension.critical
    assert extension.der != spelt


@pytest.mark.parametrize(
    ("write", "arguments", "rule"),
    [
        (extensions.key_usage, [["signEverything"]], "extension.key_usage"),
        (extensions.basic_constraints, [False, 0], "extension.path_length"),
        (extensions.basic_constraints, [True, -1], "extension.path_length"),
        (extensions.extended_key_usage, [[]], "extension.extended_key_usage"),
        (extensions.extended_key_usage, [["everything"]], "der.oid"),
        (extensions.crl_distribution_points, [[]], "extension.distribution_points"),
        (extensions.crl_distribution_points, [["ftp://example.cn/a"]], "extension.uri"),
        (extensions.crl_distribution_points, [["http://"]], "extension.uri"),
        (extensions.crl_distribution_points, [["http://example.cn/一"]], "extension.uri"),
        (extensions.crl_distribution_points, [["http://example.cn/a b"]], "extension.uri"),
        (extensions.crl_distribution_points, [["http://example.cn/\n"]], "extension.uri"),
        (extensions.authority_information_access, [], "extension.information_access"),
        (extensions.authority_information_access, [["mailto:a@b"]], "extension.uri"),
        (extensions.certificate_policies, [[]], "extension.policies"),
        (extensions.certificate_policies, [["1.2.3", "1.2.3"]], "extension.policies"),
        (extensions.certificate_policies, [["1.2.3"], "cps.html"], "extension.uri"),
        (extensions.taxation_number, ["一"], "extension.national_number"),
        (extensions.taxation_number, [""], "extension.national_number"),
        (extensions.taxation_number, ["1" * 65], "extension.national_number"),
    ],
)
def test_what_must_not_stand_in_an_extension_is_refused(write, arguments, rule):
    assert rule_of(write, *arguments) == rule


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"emails": [""]},
        {"emails": ["王@example.cn"]},
        {"dns": ["a b"]},
        {"addresses": ["8.8.4"]},
    ],
)
def test_alternative_names_are_ascii_and_there_is_one(given):
    assert rule_of(extensions.subject_alternative_name, **given) == "extension.alternative_name"


READERS = (
    extension_values.key_usage,
    extension_values.basic_constraints,
    extension_values.subject_key_identifier,
    extension_values.authority_key_identifier,
    extension_values.extended_key_usage,
    extension_values.subject_alternative_name,
    extension_values.distribution_points,
    extension_values.authority_information_access,
    extension_values.certificate_policies,
    extension_values.national_identity,
)


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(noise):
    for read in READERS:
        for value in (noise, der.sequence(noise), der.sequence(der.sequence(noise))):
            assert rule_of(read, value).partition(".")[0] in ("", "der", "name")


@given(st.sets(st.sampled_from(extensions.KEY_USAGES)))
def test_key_usages_come_back(usages):
    assert extension_values.key_usage(extensions.key_usage(usages).value) == usages


def test_other_general_names_are_shown():
    members = (
        der.implicit(7, bytes([127, 0, 0, 1])),
        der.implicit(7, bytes(15) + b"\x01"),
        der.implicit(0, der.oid("1.2.3"), constructed=True),
        der.implicit(8, b"\x2a"),
    )

    found = extension_values.subject_alternative_name(der.sequence(*members))

    assert [name.kind for name in found] == ["ip", "ip", "otherName", "other"]
    assert [name.text for name in found[:2]] == ["127.0.0.1", "::1"]
