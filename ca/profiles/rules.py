"""Certificate profiles: data, and the checks that keep an order inside its profile.

Every certificate says which profile and which version of it were used; a change of what a profile
writes is a new version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address

from anxin.kernel.errors import Kind, Refusal
from pki.names import Name, fold
from pki.publickeys import PublicKey

DAYS_OF_A_YEAR = 365


class Bearer(StrEnum):
    """Who holds a key, in the words of CPS 6.3.2."""

    ROOT = "root"
    CA = "ca"
    SUBSCRIBER = "subscriber"


# CPS 6.3.2: the longest life of a key, in years. Keys outside this table are not certified.
LONGEST_KEY_YEARS: Mapping[tuple[Bearer, str], int] = {
    (Bearer.ROOT, "sm2-256"): 30,
    (Bearer.ROOT, "rsa-2048"): 30,
    (Bearer.ROOT, "rsa-1024"): 25,
    (Bearer.CA, "sm2-256"): 15,
    (Bearer.CA, "rsa-2048"): 15,
    (Bearer.SUBSCRIBER, "sm2-256"): 10,
    (Bearer.SUBSCRIBER, "rsa-2048"): 10,
    (Bearer.SUBSCRIBER, "rsa-1024"): 6,
}
# Not in the CPS: P-256, of staff and in measurements, gets the term of SM2, which is as strong;
# longer RSA keys get the term of RSA-2048.
_COUNTS_AS = {"ec-p256-256": "sm2-256"}


class Publication(StrEnum):
    """CPS 4.4.2: general certificates are published, scenario certificates never."""

    GENERAL = "general"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of one certificate profile.

    `attributes` are the short names a subject may have (True: must have), `policy` is the last
    arc below the CA's own policy arc, `reviews` how many reviewers have to agree. `server`: it has
    alternative names, domains and addresses, one of which is its common name.
    """

    code: str
    version: int
    issuer: str
    key_algorithm: str
    years: tuple[int, ...]
    attributes: Mapping[str, bool]
    key_usage: tuple[str, ...]
    purposes: tuple[str, ...]
    policy: str
    publication: Publication
    reviews: int
    server: bool = False

    @property
    def days(self) -> tuple[int, ...]:
        """The terms on offer."""
        return tuple(DAYS_OF_A_YEAR * years for years in self.years)


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

_PERSONAL = Profile(
    code="personal-sm2-sign",
    version=1,
    issuer="nmg-sm2",
    key_algorithm="sm2",
    years=(1, 2, 3, 4, 5),
    attributes=_PERSON,
    key_usage=("digitalSignature", "nonRepudiation"),  # CPS 6.1.7
    purposes=("clientAuth", "emailProtection"),
    policy="1.1",
    publication=Publication.GENERAL,
    reviews=1,
)
_OF_ORGANIZATION = replace(
    _PERSONAL, code="organization-sm2-sign", attributes=_ORGANIZATION, policy="2.1"
)
_OF_DEVICE = replace(
    _PERSONAL,
    code="device-sm2-sign",
    attributes=_DEVICE,
    purposes=("clientAuth",),
    policy="3.1",
)
_OF_SERVER = replace(
    _PERSONAL,
    code="server-sm2-sign",
    years=(1,),
    attributes=_SERVER,
    purposes=("serverAuth", "clientAuth"),
    policy="3.2",
    server=True,
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
        _OF_DEVICE,
        _OF_SERVER,
        _rsa(_OF_SERVER, "server-rsa", "3.3"),
    )
}
# Issued by the CA that measurements use, and by nobody else; never on offer.
MEASURED = replace(
    _PERSONAL,
    code="bench-p256-sign",
    issuer="anxin-bench-p256",
    key_algorithm="ec-p256",
    years=(1,),
    policy="9.1",
    publication=Publication.NEVER,
)

# CPS 5.2.3: of staff, who sign in with them; the key is a browser's. Never on offer at a counter.
OPERATOR = replace(
    _PERSONAL,
    code="operator-p256",
    issuer="anxin-rsa",
    key_algorithm="ec-p256",
    years=(1,),
    attributes=_ORGANIZATION,
    purposes=("clientAuth",),
    policy="4.1",
    publication=Publication.NEVER,
)
_NOT_ON_OFFER = {profile.code: profile for profile in (MEASURED, OPERATOR)}
# CPS 4.4.2
PUBLISHED = frozenset(
    profile.code
    for profile in (*PROFILES.values(), *_NOT_ON_OFFER.values())
    if profile.publication is Publication.GENERAL
)

# CPS 3.1.3, 7.1.4: words that stand for a name and name nobody
PLACEHOLDERS = frozenset(
    map(fold, ("匿名", "无", "无名", "未知", "不详", "测试", "某某", "佚名"))
) | {"anonymous", "unknown", "none", "null", "n/a", "test", "tbd", "-", "."}


def profile_of(code: str) -> Profile:
    """Refuses `profile.unknown`."""
    if code in _NOT_ON_OFFER:
        return _NOT_ON_OFFER[code]
    if code not in PROFILES:
        raise Refusal(
            Kind.INVALID, "profile.unknown", f"no profile {code}", cps="1.5.2", field="profile"
        )
    return PROFILES[code]


def longest_key_years(bearer: Bearer, key: PublicKey) -> int:
    """CPS 6.3.2. Refuses `key.no_term` for keys the CPS has no term for."""
    bits = min(key.bits, 2048) if key.algorithm == "rsa" else key.bits
    kind = f"{key.algorithm}-{bits}"
    years = LONGEST_KEY_YEARS.get((bearer, _COUNTS_AS.get(kind, kind)))
    if years is None:
        raise Refusal(
            Kind.INVALID, "key.no_term", f"no term for a {bearer} with {kind}", cps="6.3.2"
        )
    return years


def check_order(
    profile: Profile, subject: Name, key: PublicKey, days: int, names: Sequence[str] = ()
) -> None:
    """Refuses what lies outside the profile, with the rule it broke (CPS 1.5.2)."""
    _check_key(profile, key)
    _check_days(profile, key, days)
    _check_subject(profile, subject)
    _check_names(profile, subject, names)


def is_address(name: str) -> bool:
    """Whether a server's name is an IP address; otherwise it is a domain."""
    try:
        return bool(ip_address(name))
    except ValueError:
        return False


def _check_key(profile: Profile, key: PublicKey) -> None:
    if key.algorithm != profile.key_algorithm:
        raise Refusal(
            Kind.INVALID,
            "profile.key_algorithm",
            f"{profile.code} certifies {profile.key_algorithm} keys, not {key.algorithm}",
            cps="6.1.5",
            field="request",
            wanted=profile.key_algorithm.upper(),
        )


def _check_days(profile: Profile, key: PublicKey, days: int) -> None:
    if days not in profile.days:
        raise Refusal(
            Kind.INVALID,
            "profile.days",
            f"{profile.code} is issued for {profile.days} days, not for {days}",
            cps="1.5.2",
            field="days",
        )
    if days > DAYS_OF_A_YEAR * longest_key_years(Bearer.SUBSCRIBER, key):
        raise Refusal(
            Kind.INVALID, "key.too_old", "longer than the key may live", cps="6.3.2", field="days"
        )


def _check_subject(profile: Profile, subject: Name) -> None:
    named = [attribute.short for attribute in subject]
    missing = [name for name, must in profile.attributes.items() if must and name not in named]
    foreign = [name for name in named if name not in profile.attributes]
    doubled = [name for name in named if name != "OU" and named.count(name) > 1]
    for rule, culprits in (
        ("profile.attribute_missing", missing),
        ("profile.attribute_foreign", foreign),
        ("profile.attribute_twice", doubled),
    ):
        if culprits:
            raise Refusal(
                Kind.INVALID,
                rule,
                f"{profile.code}: {rule.split('_')[-1]} {culprits[0]}",
                cps="3.1.1",
                field="subject",
                attribute=culprits[0],
            )
    _check_named(subject)


def _check_names(profile: Profile, subject: Name, names: Sequence[str]) -> None:
    """CPS 3.1.2: a server has names, one of them in its subject; nobody else has any."""
    fault = ""
    if not profile.server:
        fault = "foreign" if names else ""
    elif not names:
        fault = "missing"
    elif subject.get("CN") not in names:
        fault = "other"
    if fault:
        raise Refusal(
            Kind.INVALID,
            f"profile.names_{fault}",
            f"{profile.code}: names are {fault}",
            cps="3.1.2",
            field="names",
        )


def _check_named(subject: Name) -> None:
    if fold(subject.get("CN") or "") in PLACEHOLDERS:
        raise Refusal(
            Kind.INVALID,
            "profile.placeholder",
            "the name names nobody",
            cps="3.1.3",
            field="subject",
        )
