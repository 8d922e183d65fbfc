"""The profiles the product is delivered with: version 1 of each, entered by a migration. Pure.

What stands here never changes: certificates name it. A change is a new version in the database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ca.profiles.documents import digest_of, text_of
from ca.profiles.rules import OPERATOR as OPERATOR_CODE
from ca.profiles.rules import CertificateKind, Profile, Publication, State

# CPS 3.1.2: a person is named by the real name; the serial number tells namesakes apart.
_PERSON = {
    "C": True,
    "ST": False,
    "L": False,
    "O": False,
    "OU": False,
    "CN": True,
    "serialNumber": False,
}
# CPS 3.1.2: an organisation is named by its registered name and its credit code.
_ORGANIZATION = {"C": True, "O": True, "CN": True, "serialNumber": True}
# CPS 3.1.2: a device by its own name, and whoever answers for it when that is an organisation.
_DEVICE = {"C": True, "O": False, "CN": True, "serialNumber": False}
# CPS 3.1.2, 3.2.2: a server by its first domain or address, and its organisation.
_SERVER = {"C": True, "O": True, "CN": True}

_OF_A_PERSON = (  # CPS 3.2.3
    ("application_form", "always"),
    ("id_front", "always"),
    ("id_back", "two_sided"),
    ("authorization_letter", "proxy"),
    ("agent_id", "proxy"),
    ("organization_letter", "employed"),
)
_OF_AN_ORGANIZATION = (  # CPS 3.2.2
    ("sealed_form", "always"),
    ("licence", "always"),
    ("sealed_authorization", "always"),
    ("agent_id", "always"),
)
_OF_A_DEVICE = (
    ("sealed_form", "always"),
    ("id_front", "always"),
    ("id_back", "two_sided"),
    ("ownership_undertaking", "always"),
    ("licence", "company"),
    ("sealed_authorization", "company"),
)
_OF_A_SERVER = (
    *_OF_AN_ORGANIZATION,
    ("domain_right", "domain"),
    ("icp_record", "domain"),
    ("ip_right", "address"),
    ("ownership_undertaking", "always"),
)

_PERSONAL = Profile(
    code="personal-sm2-sign",
    version=1,
    kind=CertificateKind.PERSONAL,
    issuer="nmg-sm2",
    key_algorithm="sm2",
    years=(1, 2, 3, 4, 5),
    attributes=_PERSON,
    key_usage=("digitalSignature", "nonRepudiation"),  # CPS 6.1.7
    purposes=("clientAuth", "emailProtection"),
    policy="1.1",
    publication=Publication.GENERAL,
    reviews=1,
    evidence=_OF_A_PERSON,
)
_OF_ORGANIZATION = replace(
    _PERSONAL,
    code="organization-sm2-sign",
    kind=CertificateKind.ORGANIZATION,
    attributes=_ORGANIZATION,
    policy="2.1",
    evidence=_OF_AN_ORGANIZATION,
)
_DEVICES = replace(
    _PERSONAL,
    code="device-sm2-sign",
    kind=CertificateKind.DEVICE,
    attributes=_DEVICE,
    purposes=("clientAuth",),
    policy="3.1",
    evidence=_OF_A_DEVICE,
)
_SERVERS = replace(
    _PERSONAL,
    code="server-sm2-sign",
    kind=CertificateKind.DEVICE,
    years=(1,),
    attributes=_SERVER,
    purposes=("serverAuth", "clientAuth"),
    policy="3.2",
    server=True,
    evidence=_OF_A_SERVER,
)


def _rsa(profile: Profile, code: str, policy: str) -> Profile:
    """The same from the RSA hierarchy, where two reviewers have to agree."""
    return replace(
        profile, code=code, issuer="anxin-rsa", key_algorithm="rsa", policy=policy, reviews=2
    )


PROFILES: Mapping[str, Profile] = {
    profile.code: profile
    for profile in (
        _PERSONAL,
        _rsa(_PERSONAL, "personal-rsa-sign", "1.2"),
        _OF_ORGANIZATION,
        _rsa(_OF_ORGANIZATION, "organization-rsa-sign", "2.2"),
        _DEVICES,
        _SERVERS,
        _rsa(_SERVERS, "server-rsa", "3.3"),
    )
}
# Issued by the CA that measurements use, and by nobody else; never on offer.
MEASURED = replace(
    _PERSONAL,
    code="bench-p256-sign",
    kind=CertificateKind.MEASUREMENT,
    issuer="anxin-bench-p256",
    key_algorithm="ec-p256",
    years=(1,),
    policy="9.1",
    publication=Publication.NEVER,
    offered=False,
)
# CPS 5.2.3: of staff, who sign in with them; the key is a browser's. Never on offer at a counter.
OPERATOR = replace(
    _PERSONAL,
    code=OPERATOR_CODE,
    kind=CertificateKind.STAFF,
    issuer="anxin-rsa",
    key_algorithm="ec-p256",
    years=(1,),
    attributes=_ORGANIZATION,
    purposes=("clientAuth",),
    policy="4.1",
    publication=Publication.NEVER,
    offered=False,
    evidence=(),
)
EVERYTHING = (*PROFILES.values(), OPERATOR, MEASURED)
DIGESTS = {profile.code: digest_of(text_of(profile)) for profile in EVERYTHING}


def rows() -> Iterator[dict[str, object]]:
    """The columns of `ProfileVersion`, in the order of pages."""
    for profile in EVERYTHING:
        yield {
            "state": State.IN_FORCE.value,
            "code": profile.code,
            "version": profile.version,
            "document": text_of(profile),
            "digest": DIGESTS[profile.code],
        }
