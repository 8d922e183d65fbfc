"""For every rule of the linter a body just outside and one just inside; and further ones."""

from dataclasses import replace

from pki import der, extensions, oids, signatures
from pki.extensions import Extension
from pki.sm import sm2
from tests.support.pki import AT, identity_code
from tests.unit.pki.lint_bodies import (
    AKI,
    AKI_WITH_SERIAL,
    BARE,
    BEGIN,
    BIG,
    CA,
    CERTIFY,
    COMPANY,
    COUNTRY,
    ENCRYPT,
    END_2049,
    KEY,
    LONG_CA,
    LOOSE_USAGE,
    NO_SIGNER,
    NOT_DER,
    ONE_RDN,
    OTHER_AKI,
    OTHER_SKI,
    PERSON,
    PLACES,
    RESIDENT,
    ROOT,
    SECOND,
    SERVER,
    SIGN,
    SKI,
    SM2,
    SMALL,
    TWICE_NAMED,
    WANG,
    Case,
    access,
    body,
    common_name,
    explicit_false,
    filled,
    name,
    names_of,
    of_key,
    point,
    policy,
    purpose,
    root,
    subordinate,
    value,
    with_length,
)

OWN = "1.3.6.1.4.1.32473.2.1"
IPS = ("8.8.4.4", "2001:4860:4860::8844")

# rule: (just outside, just inside)
CASES: dict[str, tuple[Case, Case]] = {
    "tbs_size": (filled(16 * 1024 + 1), filled(16 * 1024)),
    "version": (Case(body(version=1)), Case(body(version=2))),
    "serial_positive": (
        Case(body(serial=b"\xff" + bytes(15))),
        Case(body(serial=b"\x7f" + bytes(15))),
    ),
    "serial_size": (Case(body(serial=b"\x01" * 15)), Case(body(serial=b"\x01" * 16))),
    "signature_algorithm": (
        Case(body(algorithm=der.sequence(der.oid(oids.SM2_WITH_SM3)))),
        Case(body()),
    ),
    "signature_algorithm_fits": (
        Case(body(algorithm=signatures.identifier("rsa-sha256"))),
        Case(body(algorithm=signatures.identifier("sm2-sm3"))),
    ),
    "issuer_given": (Case(body(), issuer=None), Case(body(), issuer=CA)),
    "issuer_name": (Case(body(issuer=WANG.der)), Case(body(issuer=CA.body.subject))),
    "issuer_certifies": (Case(body(), issuer=NO_SIGNER), Case(body(), issuer=CA)),
    "validity_order": (
        Case(body(begins=AT, ends=AT)),
        Case(body(begins=AT, ends=AT + SECOND)),
    ),
    "validity_inside_issuer": (
        Case(body(ends=CA.not_after + SECOND)),
        Case(body(begins=CA.not_before, ends=CA.not_after)),
    ),
    "validity_encoding": (
        Case(body(times=(BEGIN, der.generalized_time(END_2049))), issuer=LONG_CA),
        Case(body(times=(BEGIN, der.generalized_time(END_2049 + SECOND))), issuer=LONG_CA),
    ),
    "public_key": (of_key(TWICE_NAMED, KEY.key_identifier), of_key(BIG.spki)),
    "public_key_of_issuer": (
        Case(
            body(spki=CA.body.spki, first=(AKI, extensions.subject_key_identifier(SM2.ca.key_id)))
        ),
        Case(body()),
    ),
    "unique_identifiers": (Case(body(between=der.implicit(1, b"\x00\x01"))), Case(body())),
    "subject_empty": (Case(body(subject=der.sequence())), Case(body(subject=name(PERSON)))),
    "subject_common_name": (
        Case(body(subject=name(COUNTRY, COMPANY))),
        Case(body(subject=name(PERSON))),
    ),
    "subject_attributes": (
        Case(body(subject=name(COUNTRY, ("2.5.4.15", der.utf8("x")), PERSON))),
        Case(body(subject=name(COUNTRY, (oids.TITLE, der.utf8("x")), PERSON))),
    ),
    "subject_single_values": (
        Case(body(subject=ONE_RDN)),
        Case(body(subject=name(COUNTRY, PERSON))),
    ),
    "subject_repeated": (
        Case(body(subject=name(COUNTRY, COUNTRY, PERSON))),
        Case(body(subject=name(COUNTRY, COMPANY, COMPANY, PERSON))),
    ),
    "subject_order": (
        Case(body(subject=name(COMPANY, COUNTRY, PERSON))),
        Case(body(subject=name(COUNTRY, COMPANY, PERSON))),
    ),
    "subject_string_types": (
        Case(body(subject=common_name("Wang", der.PRINTABLE))),
        Case(body(subject=common_name("Wang", der.UTF8))),
    ),
    "subject_country": (
        Case(body(subject=name((oids.COUNTRY, der.printable("cn")), PERSON))),
        Case(body(subject=name((oids.COUNTRY, der.printable("CN")), PERSON))),
    ),
    "subject_length": (
        Case(body(subject=common_name("字" * 65))),
        Case(body(subject=common_name("字" * 64))),
    ),
    "subject_visible": (
        Case(body(subject=common_name("王\u200b小明"))),
        Case(body(subject=common_name("王 小明"))),
    ),
    "subject_characters": (
        Case(
            body(
                subject=name(COUNTRY, PERSON, (oids.SERIAL_NUMBER, der.tlv(der.PRINTABLE, b"1_2")))
            )
        ),
        Case(
            body(
                subject=name(COUNTRY, PERSON, (oids.SERIAL_NUMBER, der.tlv(der.PRINTABLE, b"1-2")))
            )
        ),
    ),
    "extensions_encoding": (explicit_false(), Case(body())),
    "extension_repeated": (Case(body(SKI)), Case(body())),
    "extension_required": (
        Case(body(), required=frozenset({oids.CRL_DISTRIBUTION_POINTS})),
        Case(
            body(extensions.crl_distribution_points(PLACES)),
            required=frozenset({oids.CRL_DISTRIBUTION_POINTS}),
        ),
    ),
    "extension_unknown_critical": (
        Case(body(Extension("1.2.3.4", True, der.NULL))),
        Case(body(Extension("1.2.3.4", False, der.NULL))),
    ),
    "extension_criticality": (
        Case(body(usage=Extension(oids.KEY_USAGE, False, SIGN.value))),
        Case(body()),
    ),
    "subject_key_identifier": (Case(body(first=(AKI, OTHER_SKI))), Case(body(first=(AKI, SKI)))),
    "authority_key_identifier": (Case(body(first=(OTHER_AKI, SKI))), root(first=(SKI,))),
    "key_usage_encoding": (Case(body(usage=LOOSE_USAGE)), Case(body(usage=SIGN))),
    "key_usage_mixed": (
        Case(body(usage=extensions.key_usage(["digitalSignature", "keyEncipherment"]))),
        Case(body(usage=SIGN)),
    ),
    "key_usage_kind": (Case(body(usage=ENCRYPT)), Case(body(usage=ENCRYPT), "encryption")),
    "basic_constraints_kind": (
        Case(body(extensions.basic_constraints(True))),
        Case(body(extensions.basic_constraints(False))),
    ),
    "basic_constraints_encoding": (
        Case(body(NOT_DER)),
        Case(body(extensions.basic_constraints(False))),
    ),
    "path_length": (
        subordinate(1, issuer_length=1),
        subordinate(0, issuer_length=1),
    ),
    "purposes_repeated": (purpose("clientAuth", "clientAuth"), purpose("clientAuth")),
    "purposes_kind": (purpose("OCSPSigning"), purpose("OCSPSigning", kind="ocsp")),
    "purposes_profile": (
        purpose("clientAuth")._replace(purposes=frozenset()),
        purpose("clientAuth")._replace(purposes=frozenset({oids.CLIENT_AUTH})),
    ),
    "ocsp_no_check": (Case(body(extensions.ocsp_no_check())), purpose("OCSPSigning", kind="ocsp")),
    "crl_distribution_points": (
        value(oids.CRL_DISTRIBUTION_POINTS, point(b"ftp://crl.example.cn/a")),
        value(oids.CRL_DISTRIBUTION_POINTS, point(b"ldap://crl.example.cn/a")),
    ),
    "authority_information_access": (
        value(oids.AUTHORITY_INFORMATION_ACCESS, access(b"http:/ocsp.example.cn")),
        value(oids.AUTHORITY_INFORMATION_ACCESS, access(b"http://ocsp.example.cn")),
    ),
    "certificate_policies": (
        value(oids.CERTIFICATE_POLICIES, policy("1.2.3"), policy("1.2.3")),
        value(oids.CERTIFICATE_POLICIES, policy("1.2.3", "http://a.cn/"), policy("1.2.4")),
    ),
    "subject_alternative_name": (
        value(oids.SUBJECT_ALT_NAME, der.implicit(1, "王@a.cn".encode())),
        value(oids.SUBJECT_ALT_NAME, der.implicit(1, b"wang@a.cn")),
    ),
    "dns_names": (
        names_of("a_b.example.cn"),
        names_of("www.example.cn", "*.example.cn", "xn--fiq228c.example.cn"),
    ),
    "ip_addresses": (
        value(oids.SUBJECT_ALT_NAME, der.implicit(7, bytes(5)), names=SERVER),
        Case(body(extensions.subject_alternative_name(addresses=IPS)), names=SERVER),
    ),
    "alternative_names_repeated": (
        names_of("a.example.cn", "a.example.cn"),
        names_of("a.example.cn", "b.example.cn"),
    ),
    "national_identity": (Case(body(BARE)), Case(body(RESIDENT))),
    "private_extension": (
        Case(body(Extension(OWN, False, der.tlv(der.PRINTABLE, b"7"))), private={OWN: "7"}),
        Case(body(extensions.private(OWN, "7")), private={OWN: "7"}),
    ),
}


FURTHER: dict[str, Case] = {
    "private_extension, another text": Case(body(extensions.private(OWN, "8")), private={OWN: "7"}),
    "private_extension, missing": Case(body(), private={OWN: "7"}),
    "private_extension, nobody's": Case(body(extensions.private(OWN, "7")), private={}),
    "private_extension, two strings": Case(
        body(Extension(OWN, False, der.tlv(der.UTF8, b"7") * 2)), private={OWN: "7"}
    ),
    "serial_size, 21 octets": Case(body(serial=b"\x01" * 21)),
    "serial_positive, zero": Case(body(serial=b"\x00")),
    "signature_algorithm, SHA-1": Case(
        body(algorithm=der.sequence(der.oid(oids.RSA_WITH_SHA1), der.NULL))
    ),
    "signature_algorithm_fits, unknown": Case(body(algorithm=der.sequence(der.oid("1.2.3")))),
    "validity_inside_issuer, before": Case(body(begins=CA.not_before - SECOND)),
    "validity_order, backwards": Case(body(begins=AT, ends=AT - SECOND)),
    "public_key, RSA-2047": of_key(SMALL),
    "public_key, off the curve": Case(body(spki=KEY.spki[:-1] + bytes([KEY.spki[-1] ^ 1]))),
    "public_key, G": Case(
        body(spki=KEY.spki[:-65] + sm2.PrivateKey.from_scalar((1).to_bytes(32, "big")).public.point)
    ),
    "unique_identifiers, subject's": Case(body(between=der.implicit(2, b"\x00\x01"))),
    "subject_common_name, two": Case(body(subject=name(COUNTRY, PERSON, PERSON))),
    "subject_length, nothing": Case(body(subject=common_name(""))),
    "subject_visible, a space in front": Case(body(subject=common_name(" Wang"))),
    "subject_empty, no name at all": Case(body(subject=der.sequence(der.NULL))),
    "subject_string_types, country": Case(
        body(subject=name((oids.COUNTRY, der.utf8("CN")), PERSON))
    ),
    "subject_country, three letters": Case(
        body(subject=name((oids.COUNTRY, der.printable("CHN")), PERSON))
    ),
    "extension_criticality, AKI": Case(body(first=(Extension(AKI.oid, True, AKI.value), SKI))),
    "extension_criticality, national": Case(body(Extension(RESIDENT.oid, True, RESIDENT.value))),
    "extension_criticality, end entity": Case(
        body(Extension(oids.BASIC_CONSTRAINTS, True, der.sequence()))
    ),
    "extension_criticality, CA": Case(
        body(Extension(oids.BASIC_CONSTRAINTS, False, b"\x30\x03" + der.TRUE), usage=CERTIFY), "ca"
    ),
    "extension_criticality, time stamps": purpose("timeStamping", kind="tsa"),
    "subject_key_identifier, missing": Case(body(first=(AKI,))),
    "authority_key_identifier, missing": Case(body(first=(SKI,))),
    "authority_key_identifier, with serial": Case(body(first=(AKI_WITH_SERIAL, SKI))),
    "authority_key_identifier, another root's": root(first=(OTHER_AKI, SKI)),
    "key_usage_encoding, missing": Case(body(usage=None)),
    "key_usage_encoding, unreadable": Case(body(usage=Extension(oids.KEY_USAGE, True, b"\x05"))),
    "key_usage_kind, half": Case(body(usage=extensions.key_usage(["digitalSignature"]))),
    "key_usage_kind, agreement to sign": Case(
        body(usage=extensions.key_usage(["digitalSignature", "keyAgreement"]))
    ),
    "key_usage_mixed, sign and certify": Case(
        body(usage=extensions.key_usage(["digitalSignature", "keyCertSign"]))
    ),
    "basic_constraints_kind, CA without": Case(body(usage=CERTIFY), "ca"),
    "basic_constraints_kind, CA:FALSE": Case(
        body(Extension(oids.BASIC_CONSTRAINTS, True, der.sequence()), usage=CERTIFY), "ca"
    ),
    "basic_constraints_encoding, path length of an end entity": Case(
        body(Extension(oids.BASIC_CONSTRAINTS, False, der.sequence(der.integer(0))))
    ),
    "basic_constraints_encoding, negative": with_length(der.sequence(der.TRUE, der.integer(-1))),
    "path_length, none below one": subordinate(None, issuer_length=1),
    "path_length, below zero": subordinate(0, issuer_length=0),
    "purposes_repeated, empty": value(oids.EXTENDED_KEY_USAGE),
    "purposes_kind, any": purpose(oids.ANY_EXTENDED_KEY_USAGE),
    "purposes_kind, one more": purpose("OCSPSigning", "clientAuth", kind="ocsp"),
    "purposes_kind, none": purpose(kind="tsa"),
    "ocsp_no_check, missing": Case(body(extensions.extended_key_usage(["OCSPSigning"])), "ocsp"),
    "crl_distribution_points, empty": value(oids.CRL_DISTRIBUTION_POINTS),
    "crl_distribution_points, freshest": value(oids.FRESHEST_CRL, point(b"crl.example.cn")),
    "authority_information_access, empty": value(oids.AUTHORITY_INFORMATION_ACCESS),
    "authority_information_access, other method": value(
        oids.AUTHORITY_INFORMATION_ACCESS, access(b"http://a.cn/", "1.2.3")
    ),
    "certificate_policies, empty": value(oids.CERTIFICATE_POLICIES),
    "certificate_policies, CPS": value(oids.CERTIFICATE_POLICIES, policy("1.2.3", "a.cn")),
    "subject_alternative_name, empty": value(oids.SUBJECT_ALT_NAME),
    "subject_alternative_name, IP": value(oids.SUBJECT_ALT_NAME, der.implicit(7, bytes(4))),
    "subject_alternative_name, e-mail of a server": value(
        oids.SUBJECT_ALT_NAME, der.implicit(1, b"wang@a.cn"), names=SERVER
    ),
    "dns_names, star in the middle": names_of("a.*.example.cn"),
    "dns_names, star over one label": names_of("*.cn"),
    "dns_names, part of a label": names_of("w*.example.cn"),
    "dns_names, hyphen first": names_of("-a.example.cn"),
    "dns_names, dot at the end": names_of("www.example.cn."),
    "dns_names, too long": names_of(".".join(["a" * 63] * 4)),
    "ip_addresses, none": value(oids.SUBJECT_ALT_NAME, der.implicit(7, b""), names=SERVER),
    "ip_addresses, with a mask": value(
        oids.SUBJECT_ALT_NAME, der.implicit(7, bytes(8)), names=SERVER
    ),
    "subject_alternative_name, blank": value(oids.SUBJECT_ALT_NAME, der.implicit(2, b"a b")),
    "national_identity, implicit": Case(
        body(Extension(oids.IDENTITY_CODE, False, der.implicit(0, b"11010519491231002X")))
    ),
    "national_identity, UTF-8": Case(
        body(Extension(oids.OLD_TAXATION_NUMBER, False, der.utf8("1")))
    ),
    "national_identity, empty": Case(
        body(Extension(oids.ORGANIZATION_CODE, False, der.printable("")))
    ),
    "national_identity, NULL": Case(body(Extension(oids.IDENTITY_CODE, False, der.NULL))),
}


CLEAN: dict[str, Case] = {
    "root": Case(ROOT.tbs, "root", None),
    "root with its own identifier": root(
        first=(extensions.authority_key_identifier(KEY.key_identifier), SKI)
    ),
    "CA": Case(CA.tbs, "ca", ROOT),
    "subscriber, to sign": Case(SM2.signing.certificate.tbs),
    "subscriber, to encrypt": Case(SM2.encryption.certificate.tbs, "encryption"),
    "encryption with agreement": Case(
        body(usage=extensions.key_usage(["keyEncipherment", "dataEncipherment", "keyAgreement"])),
        "encryption",
    ),
    "OCSP responder": Case(SM2.responder.certificate.tbs, "ocsp"),
    "time stamps": purpose("timeStamping", kind="tsa", critical=True),
    "all national extensions": Case(
        body(
            RESIDENT,
            identity_code(1, "军字第1号", oids.NATIONAL_IDENTITY[oids.IDENTITY_CODE]),
            extensions.insurance_number("1"),
            extensions.registration_number("1"),
            extensions.organization_code("1"),
            extensions.taxation_number("1"),
        )
    ),
    "policies, places and purposes": Case(
        body(
            extensions.certificate_policies(["1.2.156.112570.1.1"], "http://www.example.cn/cps"),
            extensions.crl_distribution_points([WANG, *PLACES]),
            replace(extensions.crl_distribution_points(PLACES), oid=oids.FRESHEST_CRL),
            extensions.authority_information_access(["http://o.cn/"], ["http://a.cn/ca.cer"]),
            extensions.extended_key_usage(["clientAuth", "emailProtection"]),
            extensions.subject_alternative_name(emails=["w@example.cn"], dns=["example.cn"]),
        )
    ),
}
