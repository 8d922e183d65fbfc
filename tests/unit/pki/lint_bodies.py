"""Bodies of certificates that are right but for one thing."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pki import der, extensions, keys, names, oids, signatures
from pki.certificates import Certificate
from pki.extensions import Extension
from pki.lint import ProfileRules
from tests.support.pki import AT, DAY, as_ca, certify, hierarchy, identity_code

SM2 = hierarchy("sm2")
CA, ROOT = SM2.ca.certificate, SM2.root.certificate
WANG = names.build([("C", "CN"), ("O", "晨星有限公司"), ("CN", "王小明")])
SECOND = timedelta(seconds=1)
KEY = SM2.signing.key.public
SIGN = extensions.key_usage(["digitalSignature", "nonRepudiation"])
ENCRYPT = extensions.key_usage(["keyEncipherment", "dataEncipherment"])
CERTIFY = extensions.key_usage(["keyCertSign", "cRLSign"])
AKI = extensions.authority_key_identifier(SM2.ca.key_id)
SKI = extensions.subject_key_identifier(KEY.key_identifier)
PLACES = ("http://crl.example.cn/crl1.crl",)


def body(
    *more: Extension,
    version: int = 2,
    serial: bytes = b"\x01" * 16,
    algorithm: bytes = signatures.identifier("sm2-sm3"),
    issuer: bytes = CA.body.subject,
    times: tuple[bytes, bytes] | None = None,
    begins: datetime = AT - DAY,
    ends: datetime = AT + DAY,
    subject: bytes = WANG.der,
    spki: bytes = KEY.spki,
    between: bytes = b"",
    first: tuple[Extension, ...] = (AKI, SKI),
    usage: Extension | None = SIGN,
) -> bytes:
    """A TBSCertificate that is right but for what is given."""
    said = (*first, *([usage] if usage else []), *more)
    return der.sequence(
        der.explicit(0, der.integer(version)),
        der.tlv(der.INTEGER, serial),
        algorithm,
        issuer,
        der.sequence(*(times or (der.time(begins), der.time(ends)))),
        subject,
        spki,
        between,
        der.explicit(3, extensions.encode_all(said)),
    )


class Case(NamedTuple):
    """What is looked at, and under which profile."""

    tbs: bytes
    kind: str = "signing"
    issuer: Certificate | None = CA
    required: frozenset[str] = frozenset()
    purposes: frozenset[str] | None = None
    names: frozenset[str] = ProfileRules.names
    private: dict[str, str] | None = None


def name(*attributes: tuple[str, bytes]) -> bytes:
    """A name with one attribute to an RDN, encoded as given."""
    return der.sequence(*(der.set_of(der.sequence(der.oid(o), v)) for o, v in attributes))


COUNTRY, COMPANY, PERSON = (
    (oids.COUNTRY, der.printable("CN")),
    (oids.ORGANIZATION, der.utf8("晨星")),
    (oids.COMMON_NAME, der.utf8("王")),
)
ONE_RDN = der.sequence(der.set_of(*(der.sequence(der.oid(o), v) for o, v in (COUNTRY, PERSON))))


def common_name(text: str, tag: int = der.UTF8) -> bytes:
    return name(COUNTRY, (oids.COMMON_NAME, der.tlv(tag, text.encode())))


def subordinate(path_length: int | None, *, issuer_length: int | None) -> Case:
    """A CA below an issuer with a path length of its own."""
    issuer = certify(SM2.ca.key, SM2.ca.name, as_ca(issuer_length)).certificate
    constraints = extensions.basic_constraints(True, path_length)
    return Case(body(constraints, usage=CERTIFY), "ca", issuer)


def with_length(value: bytes) -> Case:
    """A CA whose basic constraints have this value."""
    issuer = certify(SM2.ca.key, SM2.ca.name, as_ca()).certificate
    return Case(body(Extension(oids.BASIC_CONSTRAINTS, True, value), usage=CERTIFY), "ca", issuer)


def purpose(*words: str, kind: str = "signing", critical: bool = False) -> Case:
    more = [extensions.extended_key_usage(words, critical=critical)] if words else []
    if kind == "ocsp":
        more.append(extensions.ocsp_no_check())
    usage = CERTIFY if kind == "ca" else SIGN
    return Case(body(*more, usage=usage), kind)


def value(oid: str, *parts: bytes, names: frozenset[str] = ProfileRules.names) -> Case:
    return Case(body(Extension(oid, False, der.sequence(*parts))), names=names)


SERVER = frozenset({"dns", "ip"})


def names_of(*domains: str) -> Case:
    """A server of these domains."""
    stated = (der.implicit(2, domain.encode()) for domain in domains)
    return value(oids.SUBJECT_ALT_NAME, *stated, names=SERVER)


def point(uri: bytes) -> bytes:
    return der.sequence(der.explicit(0, der.implicit(0, der.implicit(6, uri), constructed=True)))


def access(uri: bytes, method: str = oids.ACCESS_OCSP) -> bytes:
    return der.sequence(der.oid(method), der.implicit(6, uri))


def policy(oid: str, cps: str = "") -> bytes:
    qualifier = der.sequence(der.oid(oids.QUALIFIER_CPS), der.ia5(cps))
    return der.sequence(der.oid(oid), der.sequence(qualifier) if cps else b"")


def root(*more: Extension, first: tuple[Extension, ...]) -> Case:
    made = body(
        extensions.basic_constraints(True),
        *more,
        usage=CERTIFY,
        first=first,
        issuer=WANG.der,
        subject=WANG.der,
    )
    return Case(made, "root", None)


BIG = keys.generate("rsa-2048").public
SMALL = der.sequence(
    der.sequence(der.oid(oids.RSA_ENCRYPTION), der.NULL),
    der.bit_string(der.sequence(der.integer((1 << 2046) + 1), der.integer(65537))),
)


def of_key(spki: bytes, key_id: bytes = BIG.key_identifier) -> Case:
    return Case(body(spki=spki, first=(AKI, extensions.subject_key_identifier(key_id))))


TWICE_NAMED = der.sequence(der.sequence(*[der.oid(oids.CURVE_SM2)] * 2), der.bit_string(KEY.key))
END_2049 = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
LONG_CA = certify(SM2.ca.key, SM2.ca.name, as_ca(), not_after=END_2049 + 365 * DAY).certificate
BEGIN = der.time(AT)
NO_SIGNER = certify(
    SM2.ca.key, SM2.ca.name, (extensions.basic_constraints(True), extensions.key_usage(["cRLSign"]))
).certificate


def explicit_false() -> Case:
    """`critical FALSE` spelt out, with all lengths right."""
    spelt = der.sequence(der.oid(SKI.oid), der.boolean(False), der.octet_string(SKI.value))
    plain = extensions.encode_all((AKI, SKI, SIGN))
    longer = der.sequence(AKI.der, spelt, SIGN.der)
    whole = der.only(body()).rest()
    return Case(der.sequence(whole.replace(der.explicit(3, plain), der.explicit(3, longer))))


OTHER_SKI = extensions.subject_key_identifier(bytes(20))
OTHER_AKI = extensions.authority_key_identifier(bytes(20))
AKI_WITH_SERIAL = Extension(
    AKI.oid, False, der.sequence(der.implicit(0, SM2.ca.key_id), der.implicit(2, b"\x01"))
)
LOOSE_USAGE = Extension(oids.KEY_USAGE, True, bytes.fromhex("030700c0"[:6] + "c0"))
NOT_DER = Extension(oids.BASIC_CONSTRAINTS, False, bytes.fromhex("3003010100"))
RESIDENT = identity_code(0, "11010519491231002X")
BARE = Extension(oids.IDENTITY_CODE, False, der.utf8("11010519491231002X"))


def filled(size: int) -> Case:
    """A body of exactly so many octets."""
    spare = Extension("1.2.3", False, bytes(16000))
    missing = size - len(body(spare))
    return Case(body(Extension("1.2.3", False, bytes(16000 + missing))))
