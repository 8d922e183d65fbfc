"""An invented hierarchy, one for each algorithm: root, CA, OCSP responder, two user keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from pki import certificates, crls, der, extensions, keys, names, ocsp, oids
from pki.certificates import Certificate, Plan
from pki.crls import Entry
from pki.extensions import Extension
from pki.keys import PrivateKey
from pki.names import Name
from pki.ocsp import Single

ALGORITHMS = ("sm2", "rsa-2048", "ec-p256")
AT = datetime(2026, 6, 1, 8, 0, 0, tzinfo=UTC)  # all of the hierarchy is valid
DAY = timedelta(days=1)
CRL_PLACE = "http://crl.example.cn/crl1.crl"


@dataclass(frozen=True)
class Holder:
    """Somebody with a key and a certificate over it."""

    key: PrivateKey
    certificate: Certificate

    @property
    def key_id(self) -> bytes:
        return self.key.public.key_identifier

    @property
    def name(self) -> Name:
        return self.certificate.subject


@dataclass(frozen=True)
class Hierarchy:
    root: Holder
    ca: Holder
    responder: Holder
    signing: Holder
    encryption: Holder


def certify(
    key: PrivateKey,
    subject: Name,
    said: tuple[Extension, ...],
    *,
    issuer: Holder | None = None,
    serial: int = 1,
    not_before: datetime = AT - 30 * DAY,
    not_after: datetime = AT + 365 * DAY,
) -> Holder:
    """A certificate over `key`, self-signed without an issuer; key identifiers are put in."""
    by = issuer.key if issuer else key
    tbs = certificates.encode(
        Plan(
            serial=serial << 120,  # 16 octets
            issuer=issuer.certificate.body.subject if issuer else subject.der,
            subject=subject,
            public_key=key.public,
            not_before=not_before,
            not_after=not_after,
            signature_algorithm=by.signature_algorithm,
            extensions=(
                extensions.authority_key_identifier(by.public.key_identifier),
                extensions.subject_key_identifier(key.public.key_identifier),
                *said,
            ),
        )
    )
    return Holder(key, certificates.parse(certificates.assemble(tbs, by.sign(tbs))))


def as_ca(path_length: int | None = None) -> tuple[Extension, ...]:
    usage = extensions.key_usage({"keyCertSign", "cRLSign"})
    return (extensions.basic_constraints(True, path_length), usage)


def as_responder() -> tuple[Extension, ...]:
    return (
        extensions.key_usage({"digitalSignature"}),
        extensions.extended_key_usage(["OCSPSigning"]),
        extensions.ocsp_no_check(),
    )


def as_subscriber(*usages: str) -> tuple[Extension, ...]:
    return (
        extensions.key_usage(usages),
        extensions.crl_distribution_points([CRL_PLACE]),
        extensions.authority_information_access(
            ["http://ocsp.example.cn/"], ["http://aia.example.cn/ca.cer"]
        ),
        extensions.certificate_policies(["1.2.156.112570.1.1"]),
    )


@cache
def hierarchy(algorithm: str) -> Hierarchy:
    """For sm2, rsa-2048 or ec-p256; the same objects on every call."""
    root = certify(keys.generate(algorithm), _name("根证书"), as_ca())
    ca = certify(keys.generate(algorithm), _name("测试 CA"), as_ca(0), issuer=root, serial=2)
    wang = _name("王小明")
    return Hierarchy(
        root,
        ca,
        certify(keys.generate(algorithm), _name("OCSP"), as_responder(), issuer=ca, serial=3),
        certify(
            keys.generate(algorithm),
            wang,
            as_subscriber("digitalSignature", "nonRepudiation"),
            issuer=ca,
            serial=4,
        ),
        certify(
            keys.generate(algorithm),
            wang,
            as_subscriber("keyEncipherment", "dataEncipherment"),
            issuer=ca,
            serial=5,
        ),
    )


def revocation_list(
    issuer: Holder,
    entries: Iterable[bytes | Entry] = (),
    *,
    number: int = 7,
    more: Iterable[Extension] = (),
) -> bytes:
    """A signed list of a day, made at AT."""
    algorithm = issuer.key.signature_algorithm
    tbs = crls.encode(
        issuer.name, number, AT, AT + DAY, entries, issuer.key_id, algorithm, more=more
    )
    return crls.assemble(tbs, issuer.key.sign(tbs))


def ocsp_response(
    responder: Holder,
    singles: Iterable[Single],
    *,
    nonce: bytes | None = None,
    sent: Iterable[Holder] | None = None,
) -> bytes:
    """A signed response made at AT; the responder's certificate goes with it."""
    tbs = ocsp.encode_response_data(responder.key_id, AT, singles, nonce)
    carried = (responder,) if sent is None else sent
    return ocsp.assemble_response(
        tbs,
        responder.key.sign(tbs),
        responder.key.signature_algorithm,
        [holder.certificate.der for holder in carried],
    )


def identity_code(choice: int, number: str, oid: str = oids.IDENTITY_CODE) -> Extension:
    """As others write it into certificates (GB/T 20518-2018 5.2.4): we read it only."""
    tag = der.UTF8 if choice == 1 else der.PRINTABLE  # of an officer's card
    return Extension(oid, False, der.explicit(choice, der.tlv(tag, number.encode())))


def _name(common_name: str) -> Name:
    return names.build([("C", "CN"), ("O", "安信测试"), ("CN", common_name)])
