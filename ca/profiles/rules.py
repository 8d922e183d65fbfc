"""Certificate profiles: what one says, and the checks that keep an order inside its profile. Pure.

Every certificate says which profile and which version of it were used; a change of what a profile
says is a new version, which people agree to (`ca.profiling`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from pki.names import Name, fold
from pki.publickeys import PublicKey

DAYS_OF_A_YEAR = 365
OPERATOR = "operator-p256"  # CPS 5.2.3: the profile of staff, who sign in with its certificates
CHANGE, CALL_OFF = "ca.change_profile", "ca.call_off_profile"  # people.api actions
TITLES = ("zh-hans", "en")  # the languages that a name is in
VOTES = 2  # signed, of members of the policy committee (CPS 1.5.2, 1.6.3)


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


class State(StrEnum):
    """Of a version of a profile."""

    PROPOSED = "proposed"
    AGREED = "agreed"  # its day has not come yet
    IN_FORCE = "in_force"
    REPLACED = "replaced"  # by a later one; certificates and open applications still name it
    DROPPED = "dropped"


STEPS = Steps(
    ("agree", [State.PROPOSED], State.AGREED),
    ("put_in_force", [State.AGREED], State.IN_FORCE),
    ("replace", [State.IN_FORCE], State.REPLACED),
    ("drop", [State.PROPOSED, State.AGREED], State.DROPPED),
    ("call_off", [State.AGREED], State.DROPPED),
)
READABLE = (State.IN_FORCE, State.REPLACED)  # something was or may be issued by it


class CertificateKind(StrEnum):
    """The five kinds of CPS 1.5.1 (servers are devices), and two of the house's own."""

    PERSONAL = "personal"
    ORGANIZATION = "organization"
    DEVICE = "device"
    SCENARIO = "scenario"
    CLOUD = "cloud"
    STAFF = "staff"  # CPS 5.2.3
    MEASUREMENT = "measurement"


class Publication(StrEnum):
    """CPS 4.4.2: general certificates are published, scenario certificates never."""

    GENERAL = "general"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Profile:
    """One version of one certificate profile.

    `issuer`: the code of the authority's lineage. `attributes` are the short names a subject may
    have (True: must have), `policy` is the last arc below the CA's own policy arc, `reviews` how
    many reviewers have to agree. `server`: it has alternative names, domains and addresses, one of
    which is its common name. `offered`: counters take applications. `evidence`: documents and when
    they are asked for. `extensions`: national ones and their form, `private` ones: OID and text.
    Of those that did not come with the product: `basis` is the delivered one they were drawn from,
    `titles` are language and name. `retired`: nothing is ordered by it any more.
    """

    code: str
    version: int
    kind: CertificateKind
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
    offered: bool = True
    evidence: tuple[tuple[str, str], ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()
    private: tuple[tuple[str, str], ...] = ()
    basis: str = ""
    titles: tuple[tuple[str, str], ...] = ()
    retired: bool = False

    @property
    def days(self) -> tuple[int, ...]:
        """The terms on offer."""
        return tuple(DAYS_OF_A_YEAR * years for years in self.years)


# CPS 3.1.3, 7.1.4: words that stand for a name and name nobody
PLACEHOLDERS = frozenset(
    map(fold, ("匿名", "无", "无名", "未知", "不详", "测试", "某某", "佚名"))
) | {"anonymous", "unknown", "none", "null", "n/a", "test", "tbd", "-", "."}


# GB/T 20518-2018 5.2.4: what may be said of an organisation, all of it in its credit code
_OF_ORGANIZATIONS = ("registration_number", "organization_code", "taxation_number")
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")  # GB 32100


def national_of(profile: Profile) -> tuple[str, ...]:
    """The national extensions this profile may have."""
    return _OF_ORGANIZATIONS if profile.kind is CertificateKind.ORGANIZATION else ()


def national_values(profile: Profile, subject: Name) -> list[tuple[str, str, bool]]:
    """(extension, value, whether in the old form) of this subject (CPS 7.1.2).

    The credit code takes the place of the registration and the taxation number; characters 9 to 17
    of it are the organisation code. Refuses `profile.credit_code`.
    """
    if not profile.extensions:
        return []
    code = subject.get("serialNumber") or ""
    if not _CREDIT_CODE.fullmatch(code):
        raise Refusal(
            Kind.INVALID, "profile.credit_code", "no credit code", cps="7.1.2", field="subject"
        )
    values = {"organization_code": f"{code[8:16]}-{code[16]}"}
    return [
        (what, values.get(what, code), old)
        for what, form in profile.extensions
        for old in (False, True)
        if form in ("both", "old" if old else "new")
    ]


def unknown(code: str) -> Refusal:
    return Refusal(
        Kind.INVALID, "profile.unknown", f"no profile {code}", cps="1.5.2", field="profile"
    )


def not_offered(code: str) -> Refusal:
    return Refusal(
        Kind.CONFLICT, "profile.not_offered", f"{code} is off offer", cps="1.5.1", field="profile"
    )


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
    national_values(profile, subject)


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
