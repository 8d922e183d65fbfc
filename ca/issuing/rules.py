"""From an order to the exact bytes of a certificate. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from string import hexdigits

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.rates import Limit
from anxin.kernel.states import Steps
from ca.hierarchy import life
from ca.hierarchy.rules import SECOND, Issuer
from ca.profiles.rules import (
    CertificateKind,
    Profile,
    check_order,
    is_address,
    national_values,
    not_offered,
)
from pki import certificates, extensions, names, oids, publickeys
from pki.certificates import Plan
from pki.errors import PkiError
from pki.extensions import Extension
from pki.lint import ProfileRules
from pki.names import Name
from pki.publickeys import PublicKey
from pki.sm.sm3 import sm3


class State(StrEnum):
    ORDERED = "ordered"
    PLANNED = "planned"  # serial and TBS are on record; a signature may exist
    VALID = "valid"
    HELD = "held"  # on hold: not good, and may be good again (CPS 4.9.12)
    REVOKED = "revoked"
    REFUSED = "refused"  # linter or signer said no for good


STEPS = Steps(
    ("plan", [State.ORDERED], State.PLANNED),
    ("issue", [State.PLANNED], State.VALID),
    ("refuse", [State.ORDERED, State.PLANNED], State.REFUSED),
    ("hold", [State.VALID], State.HELD),
    ("release", [State.HELD], State.VALID),
    ("revoke", [State.VALID, State.HELD], State.REVOKED),
)
WAITING = (State.ORDERED, State.PLANNED)
ISSUED = (State.VALID, State.HELD, State.REVOKED)
STANDING = (*WAITING, State.VALID, State.HELD)  # on the way, or there and not over

# CPS 4.3.1: the approvals that lead to a signature, and how many reviewers stand behind each
WARRANTS: Mapping[str, int] = {
    "ra.approve_application": 1,
    "ra.approve_application_twice": 2,
}
OPERATOR_WARRANTS: Mapping[str, int] = {"people.enrol_key": 1}  # CPS 5.2.3, and nothing else


# Of one address, by each process of the site: people look up a few, scripts are to use OCSP.
LOOK_UPS = Limit(30, timedelta(minutes=1))
CHECKED = 64 * 1024  # bytes of a certificate that is handed in to be checked; the largest have 10 K
_BODY = 3 * CHECKED  # of a request: a file, a text, and what the form needs


def check_body(length: int) -> None:
    """Refuses a request before it is read."""
    check_size(length, _BODY)


def check_size(length: int, most: int = CHECKED) -> None:
    if length > most:
        raise Refusal(
            Kind.INVALID,
            "certificate.too_large",
            f"{length} bytes are no certificate",
            field="file",
            kilobytes=CHECKED >> 10,
        )


def serial_of(text: str) -> str:
    """A serial number however it was typed: colons, spaces and case do not count; "" if none."""
    plain = "".join(text.split()).replace(":", "").lower().removeprefix("0x").lstrip("0")
    return plain if set(plain) <= set(hexdigits) else ""


class Verdict(StrEnum):
    """What a relying party wants to know (CPS 4.5.2)."""

    VALID = "valid"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    HELD = "held"
    REVOKED = "revoked"
    UNREGISTERED = "unregistered"  # signed by an authority of ours, but no subscriber's
    FOREIGN = "foreign"  # no authority of ours has signed it


def verdict(state: str, not_before: datetime, not_after: datetime, *, at: datetime) -> Verdict:
    """Of an issued certificate; a revoked one stays revoked when it has expired, too.

    A hold ends with the certificate (CPS 4.9.15).
    """
    if state == State.REVOKED:
        return Verdict.REVOKED
    if at < not_before:
        return Verdict.NOT_YET
    if at > not_after:
        return Verdict.EXPIRED
    return Verdict.HELD if state == State.HELD else Verdict.VALID


@dataclass(frozen=True, slots=True)
class Order:
    """What the RA asks for: `subject` are (short name, text), `public_key` SPKI DER.

    `replaces` is the certificate this one succeeds; `ends` the Cause of CPS 4.9.1 by which that
    one is revoked the moment this one is valid, "": it stays.
    `names`: domains as A-labels and IP addresses, of servers only. `version` of the profile: the
    one that was reviewed, None: the one in force.
    """

    profile: str
    subject: tuple[tuple[str, str], ...]
    public_key: bytes
    days: int
    holder: str  # opaque to the CA, e.g. "subscriber:17"
    names: tuple[str, ...] = ()
    replaces: int | None = None
    ends: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Warranted:
    """An order, who asked for it (opaque, e.g. "ra.application:17"), and the approval behind it."""

    order: Order
    requester: str
    warrant: int


@dataclass(frozen=True)
class Wish:
    """An order that was read and lies inside its profile."""

    profile: Profile
    subject: Name
    key: PublicKey
    days: int
    names: tuple[str, ...] = ()

    @property
    def name_digest(self) -> str:
        """Equal for names that count as equal (RFC 5280 7.1)."""
        return sm3(self.subject.key.encode()).hex()


def read(order: Order, profile: Profile) -> Wish:
    """Refuses `order.subject`, `order.key`, everything that lies outside the profile, and what a
    retired one would be ordered by (`profile.not_offered`).
    """
    if profile.retired:
        raise not_offered(profile.code)
    try:
        subject = names.build(order.subject)
    except PkiError as error:
        raise Refusal(
            Kind.INVALID,
            "order.subject",
            error.reason,
            cps="3.1.1",
            field="subject",
            fault=error.rule,
            attribute=error.details.get("attribute", ""),
        ) from error
    try:
        key = publickeys.parse(order.public_key)
    except PkiError as error:
        raise Refusal(
            Kind.INVALID, "order.key", error.reason, cps="6.1.6", field="request", fault=error.rule
        ) from error
    check_order(profile, subject, key, order.days, order.names)
    return Wish(profile, subject, key, order.days, order.names)


def check_warrant(action: str | None, profile: Profile) -> None:
    """Refuses an order that no approval, or an approval by too few, stands behind."""
    warrants = OPERATOR_WARRANTS if profile.kind is CertificateKind.STAFF else WARRANTS
    if warrants.get(action or "", 0) < profile.reviews:
        raise Refusal(
            Kind.FORBIDDEN,
            "order.no_warrant",
            f"{action} does not order {profile.code}",
            cps="4.3.1",
        )


def check_subject(approved: str, requester: str) -> None:
    """Refuses an approval that was about something else."""
    if approved != requester:
        raise Refusal(
            Kind.FORBIDDEN,
            "order.no_warrant",
            f"the approval is about {approved}, not {requester}",
            cps="4.3.1",
        )


def lint_rules(profile: Profile) -> ProfileRules:
    """What a certificate of this profile must have, for the linter (CPS 7.1)."""
    required = {
        oids.CRL_DISTRIBUTION_POINTS,
        oids.CERTIFICATE_POLICIES,
        oids.AUTHORITY_INFORMATION_ACCESS,
    }
    return ProfileRules(
        "signing",
        required=frozenset(required | ({oids.SUBJECT_ALT_NAME} if profile.server else set())),
        purposes=frozenset(extensions.PURPOSES[purpose] for purpose in profile.purposes),
        names=frozenset({"dns", "ip"} if profile.server else ()),
        private=dict(profile.private),
    )


# What nobody knows before the signature: everything else of a certificate is in its template.
ANY_SERIAL = 1 << 126
ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Draft:
    """A wish in the name of its issuer: all of a certificate but serial number and first day."""

    wish: Wish
    issuer: Issuer

    def plan(self, *, serial: int, not_before: datetime) -> Plan:
        """What the certificate will say. Refuses one that would outlive its issuer, and any from
        the day on which that stops issuing.
        """
        life.check_issuing(self.issuer, at=not_before)
        issuer = self.issuer.certificate
        plan = self._plan(serial, not_before.replace(microsecond=0))
        if plan.not_after > issuer.not_after:
            raise Refusal(
                Kind.INVALID,
                "order.outlives_issuer",
                f"{self.issuer.code} ends on {issuer.not_after:%Y-%m-%d}",
                cps="6.3.2",
                field="days",
            )
        return plan

    @property
    def template_digest(self) -> str:
        """What reviewers approve: SM3, in hex, of the bytes to be signed with two stand-ins."""
        return sm3(certificates.encode(self._plan(ANY_SERIAL, ANY_DAY))).hex()

    def _plan(self, serial: int, not_before: datetime) -> Plan:
        return Plan(
            serial=serial,
            issuer=self.issuer.name,
            subject=self.wish.subject,
            public_key=self.wish.key,
            not_before=not_before,
            not_after=not_before + timedelta(days=self.wish.days) - SECOND,
            signature_algorithm=self.issuer.signature_algorithm,
            extensions=self._extensions,
        )

    @cached_property
    def _extensions(self) -> tuple[Extension, ...]:
        """CPS 7.1.2."""
        wish, issuer, places = self.wish, self.issuer, self.issuer.addresses
        return (
            extensions.authority_key_identifier(issuer.key_identifier),
            extensions.subject_key_identifier(wish.key.key_identifier),
            extensions.key_usage(wish.profile.key_usage),
            extensions.extended_key_usage(wish.profile.purposes),
            extensions.basic_constraints(ca=False),
            extensions.certificate_policies((f"{issuer.policy_arc}.{wish.profile.policy}",)),
            extensions.crl_distribution_points(places.lists),
            extensions.authority_information_access((places.ocsp,), (places.certificate,)),
            *self._alternative_names(),
            *self._of_the_profile(),
        )

    def _of_the_profile(self) -> Iterator[Extension]:
        """National and private ones (CPS 7.1.2)."""
        profile = self.wish.profile
        for what, value, old in national_values(profile, self.wish.subject):
            yield extensions.NATIONAL[what](value, old=old)
        for oid, text in profile.private:
            yield extensions.private(oid, text)

    def _alternative_names(self) -> Iterator[Extension]:
        """RFC 5280 4.2.1.6, of servers."""
        names = self.wish.names
        if names:
            yield extensions.subject_alternative_name(
                dns=[name for name in names if not is_address(name)],
                addresses=[name for name in names if is_address(name)],
            )
