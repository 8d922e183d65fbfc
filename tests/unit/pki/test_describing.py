"""A certificate in words: all of it, whatever it holds (CPS-7.1)."""

import json
from dataclasses import replace

import pytest

from pki import der, describing, extensions, oids
from pki.describing import describe_extension, describe_key, describe_name
from tests.support.pki import ALGORITHMS, hierarchy, identity_code

SM2 = hierarchy("sm2")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_everything_a_certificate_says_is_shown(algorithm):
    certificate = hierarchy(algorithm).signing.certificate

    facts = describing.describe(certificate)

    assert facts["version"] == 3
    assert int(facts["serial"], 16) == certificate.serial
    assert facts["subject"]["text"] == certificate.subject.text
    assert facts["issuer"]["text"] == certificate.issuer.text
    assert facts["not_before"] == certificate.not_before.isoformat()
    assert facts["not_after"] == certificate.not_after.isoformat()
    assert facts["signature_algorithm"] == certificate.signature_algorithm
    assert facts["public_key"]["algorithm"] == certificate.public_key.algorithm
    assert [e["oid"] for e in facts["extensions"]] == [e.oid for e in certificate.extensions]
    assert facts["fingerprints"]["sm3"] == certificate.fingerprint_sm3
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.parametrize(
    ("extension", "name", "label", "value"),
    [
        (
            extensions.key_usage(["nonRepudiation", "digitalSignature"]),
            "keyUsage",
            "密钥用法",
            ["digitalSignature", "nonRepudiation"],
        ),
        (
            extensions.extended_key_usage(["clientAuth", "1.2.156.115211.1"]),
            "extendedKeyUsage",
            "扩展密钥用法",
            ["clientAuth", "1.2.156.115211.1"],
        ),
        (
            extensions.basic_constraints(True, 0),
            "basicConstraints",
            "基本限制",
            {"ca": True, "path_length": 0},
        ),
        (
            extensions.authority_information_access(["http://o.cn/"]),
            "authorityInfoAccess",
            "颁发机构信息访问",
            [{"method": "ocsp", "kind": "uri", "text": "http://o.cn/"}],
        ),
        (
            extensions.certificate_policies(["1.2.3"], "http://a.cn/cps"),
            "certificatePolicies",
            "证书策略",
            [{"policy": "1.2.3", "cps": ["http://a.cn/cps"]}],
        ),
        (
            extensions.subject_alternative_name(emails=["w@example.cn"]),
            "subjectAltName",
            "主体替换名称",
            [{"kind": "email", "text": "w@example.cn"}],
        ),
        (
            identity_code(0, "11010519491231002X", oids.NATIONAL_IDENTITY[oids.IDENTITY_CODE]),
            "identifyCode",
            "个人身份标识码",
            {"kind": "resident", "number": "11010519491231002X"},
        ),
        (
            extensions.registration_number("123", old=True),
            "iCRegistrationNumber",
            "企业工商注册号",
            {"kind": "", "number": "123"},
        ),
        (
            extensions.authority_key_identifier(b"k"),
            "authorityKeyIdentifier",
            "颁发机构密钥标识符",
            "6b",
        ),
        (extensions.subject_key_identifier(b"k"), "subjectKeyIdentifier", "主体密钥标识符", "6b"),
        (extensions.ocsp_no_check(), "ocsp-nocheck", "OCSP 不检查", "0500"),
        (
            extensions.Extension("1.2.3.4", True, b"\x01"),
            "1.2.3.4",
            "1.2.3.4",
            "01",
        ),
    ],
    ids=lambda value: value.oid if isinstance(value, extensions.Extension) else "",
)
def test_an_extension_is_shown_under_its_names(extension, name, label, value):
    shown = describe_extension(extension)

    assert (shown["name"], shown["label"], shown["value"]) == (name, label, value)
    assert shown["critical"] == extension.critical


def test_what_cannot_be_read_is_shown_in_hexadecimal():
    broken = describe_extension(extensions.Extension(oids.KEY_USAGE, True, b"\x05"))

    assert broken["value"] == {"hex": "05", "problem": "der.truncated"}
    assert describe_key(b"\x05") == {"hex": "05", "problem": "key.not_der"}
    assert describe_name(b"\x05") == {"hex": "05", "problem": "name.not_der"}


def test_a_certificate_with_an_unreadable_key_is_described_all_the_same():
    certificate = SM2.signing.certificate
    foreign = der.sequence(der.sequence(der.oid("1.3.101.112")), der.bit_string(bytes(32)))

    facts = describing.describe(replace(certificate, body=replace(certificate.body, spki=foreign)))

    assert facts["public_key"]["problem"] == "key.unknown_algorithm"
