"""A plan for a subscriber's certificate, to start from."""

from datetime import UTC, datetime

from cryptography.x509.oid import NameOID

from pki import certificates, extensions, names
from pki.certificates import Plan
from tests.support.pki import hierarchy

SUBJECT = [
    ("C", "CN", NameOID.COUNTRY_NAME),
    ("O", "晨星有限公司", NameOID.ORGANIZATION_NAME),
    ("CN", "王小明", NameOID.COMMON_NAME),
]
WANG = names.build((short, text) for short, text, _ in SUBJECT)


def plan_for(algorithm: str) -> Plan:
    people = hierarchy(algorithm)
    return Plan(
        serial=certificates.serial_from(bytes(range(16))),
        issuer=people.ca.name.der,
        subject=WANG,
        public_key=people.signing.key.public,
        not_before=datetime(2026, 1, 1, tzinfo=UTC),
        not_after=datetime(2051, 1, 1, 23, 59, 59, tzinfo=UTC),
        signature_algorithm=people.ca.key.signature_algorithm,
        extensions=(
            extensions.authority_key_identifier(people.ca.key_id),
            extensions.subject_key_identifier(people.signing.key_id),
            extensions.key_usage(["digitalSignature", "nonRepudiation"]),
            extensions.extended_key_usage(["clientAuth", "emailProtection"]),
            extensions.basic_constraints(False),
            extensions.crl_distribution_points(["http://crl.example.cn/crl1.crl"]),
            extensions.organization_code("123456789"),
        ),
    )
