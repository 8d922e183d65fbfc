"""What a certification authority is, and which ones the demonstration has. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from ca.hierarchy import places
from ca.profiles.rules import DAYS_OF_A_YEAR, Bearer, longest_key_years
from pki import extension_values, extensions, names, oids, signatures
from pki.certificates import Certificate, Plan
from pki.extensions import Extension
from pki.publickeys import PublicKey
from pki.signer.protocol import CA_CERTIFICATE, CERTIFICATE, CRL, OCSP

SECOND = timedelta(seconds=1)
RESPONDER_YEARS = 2
RENEW_RESPONDER = timedelta(days=60)  # before its end; the key stays
# So long the old certificate goes on answering: clocks of clients may be behind.
RESPONDER_SETTLES = timedelta(days=1)


class State(StrEnum):
    PLANNED = "planned"  # what its certificate will say is written down
    ACTIVE = "active"
    RETIRED = "retired"  # nothing it issued is in force any more: its key signs nothing (CPS 5.6)


STEPS = Steps(
    ("activate", [State.PLANNED], State.ACTIVE),
    ("retire", [State.ACTIVE], State.RETIRED),
)
KNOWN = (State.ACTIVE, State.RETIRED)  # with a certificate that everybody may have

HASHES = ("sha1", "sha256", "sm3")  # by which clients name the issuer, RFC 6960 4.1.1


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A certification authority to be founded; `parent` is None for a self-signed one.

    `lineage` "": its code, the first generation of its name. `ceremony`: the number of the one that
    founds it, a demo's has none.
    """

    code: str
    name: tuple[tuple[str, str], ...]
    key_algorithm: str  # as the signer's `generate` takes it
    parent: str | None
    years: int
    path_length: int | None
    kinds: tuple[str, ...]
    has_responder: bool = False
    demo: bool = True
    lineage: str = ""
    generation: int = 1
    ceremony: str = ""

    def longest(self, key: PublicKey) -> int:
        """Years that a certificate of this key may have (CPS 6.3.2)."""
        return longest_key_years(Bearer.CA if self.parent else Bearer.ROOT, key)


_SUPERIOR, _ISSUING = (CA_CERTIFICATE, CRL), (CERTIFICATE, CRL)

# CPS 7.4: three levels, with the very names of the CPS; the keys are the demonstration's own, which
# the `demo` mark says wherever these certificates are shown. The RSA authority stands beside them
# under its own self-signed certificate: the national root of the CPS certifies SM2 only.
DEMO_HIERARCHY: tuple[Blueprint, ...] = (
    Blueprint(
        code="rootca",
        name=(("C", "CN"), ("O", "NRCAC"), ("CN", "ROOTCA")),
        key_algorithm="sm2",
        parent=None,
        years=20,
        path_length=None,
        kinds=_SUPERIOR,
    ),
    Blueprint(
        code="anxin-sm2",
        name=(("C", "CN"), ("O", "AnXin CA"), ("CN", "AnXin SM2 CA")),
        key_algorithm="sm2",
        parent="rootca",
        years=15,
        path_length=1,
        kinds=_SUPERIOR,
    ),
    Blueprint(
        code="nmg-sm2",
        name=(("C", "CN"), ("O", "NMG CA"), ("CN", "NMG SM2 CA")),
        key_algorithm="sm2",
        parent="anxin-sm2",
        years=10,
        path_length=0,
        kinds=_ISSUING,
        has_responder=True,
    ),
    Blueprint(
        code="anxin-rsa",
        name=(("C", "CN"), ("O", "AnXin CA"), ("CN", "AnXin RSA CA")),
        key_algorithm="rsa-2048",
        parent=None,
        years=20,
        path_length=0,
        kinds=(CA_CERTIFICATE, *_ISSUING),
        has_responder=True,
    ),
)
# For measurements beside other programs, which know P-256 and not SM2.
BENCH = Blueprint(
    code="anxin-bench-p256",
    name=(("C", "CN"), ("O", "AnXin CA"), ("CN", "AnXin Bench P-256 CA")),
    key_algorithm="ec-p256",
    parent=None,
    years=10,
    path_length=0,
    kinds=(CA_CERTIFICATE, *_ISSUING),
    has_responder=True,
)


@dataclass(frozen=True)
class Addresses:
    """Where the world finds an authority's list, its certificate and its answers."""

    crl: str
    certificate: str
    ocsp: str
    directory: str = ""  # its branch
    directory_list: str = ""

    @property
    def lists(self) -> tuple[str, ...]:
        """As certificates name them."""
        return (self.crl, self.directory_list) if self.directory_list else (self.crl,)


@dataclass(frozen=True)
class Issuer:
    """All that is needed to write in an authority's name; nothing is issued from `stops` on."""

    id: int
    code: str
    lineage: str  # all generations of an authority's keys; profiles name it
    key_label: str
    certificate: Certificate
    addresses: Addresses
    policy_arc: str
    stops: datetime
    stopped: bool = False  # its end was declared (CPS 5.7.3, 5.8)
    retired: bool = False  # nothing it issued is in force, its key is at rest (CPS 5.6)

    @property
    def name(self) -> bytes:
        """The DER to be copied into whatever it issues."""
        return self.certificate.body.subject

    @property
    def key_identifier(self) -> bytes:
        return self.certificate.public_key.key_identifier

    @property
    def signature_algorithm(self) -> str:
        return signatures.default_algorithm(self.certificate.public_key.algorithm)


def addresses(code: str, public_url: str, directory_url: str = "", base: str = "") -> Addresses:
    """Below the public site's address; http, as RFC 5280 8 advises against https here."""
    return Addresses(
        crl=f"{public_url}/crl/{code}.crl",
        certificate=f"{public_url}/ca/{code}.cer",
        ocsp=f"{public_url}/ocsp/",
        directory=places.address(directory_url, code, base) if directory_url else "",
        directory_list=places.list_address(directory_url, code, base) if directory_url else "",
    )


def certifies_authorities(certificate: Certificate) -> bool:
    """Whether an authority with this certificate may have authorities below it."""
    said = certificate.body.extension(oids.BASIC_CONSTRAINTS)
    return said is not None and extension_values.basic_constraints(said.value).path_length != 0


def check_term(years: int, longest: int) -> None:
    """Refuses (INVALID) `hierarchy.too_long`: the certificate of a new key is no older than that
    may grow, `longest` years (CPS 6.3.2).
    """
    if not 1 <= years <= longest:
        raise Refusal(
            Kind.INVALID,
            "hierarchy.too_long",
            "longer than the key may live",
            cps="6.3.2",
            field="years",
        )


def authority_plan(
    blueprint: Blueprint, parent: Issuer | None, key: PublicKey, *, serial: int, at: datetime
) -> Plan:
    """What the authority's own certificate will say (CPS 7.1)."""
    subject = names.build(blueprint.name)
    key_identifier = parent.key_identifier if parent else key.key_identifier
    said = [
        extensions.authority_key_identifier(key_identifier),
        extensions.subject_key_identifier(key.key_identifier),
        extensions.key_usage(("keyCertSign", "cRLSign")),
        extensions.basic_constraints(ca=True, path_length=blueprint.path_length),
    ]
    return Plan(
        serial=serial,
        issuer=parent.name if parent else subject.der,
        subject=subject,
        public_key=key,
        not_before=at.replace(microsecond=0),
        not_after=_end(at, blueprint.years, parent),
        signature_algorithm=parent.signature_algorithm
        if parent
        else signatures.default_algorithm(key.algorithm),
        extensions=(*said, *(whereabouts(parent) if parent else ())),
    )


def whereabouts(parent: Issuer) -> tuple[Extension, ...]:
    """Of what it issues to authorities: policies, lists, its own certificate."""
    return (
        extensions.certificate_policies(("2.5.29.32.0",)),
        extensions.crl_distribution_points(parent.addresses.lists),
        extensions.authority_information_access(issuers=(parent.addresses.certificate,)),
    )


def responder_plan(issuer: Issuer, key: PublicKey, *, serial: int, at: datetime) -> Plan:
    """A delegated OCSP responder, issued by the CA it speaks for (RFC 6960 4.2.2.2).

    `id-pkix-ocsp-nocheck`: nobody can ask the responder about itself, so its term is short.
    """
    owner = issuer.certificate.subject
    subject = names.build(
        [
            ("C", owner.get("C") or "CN"),
            ("O", owner.get("O") or ""),
            ("CN", f"{owner.get('CN')} OCSP"),
        ]
    )
    return Plan(
        serial=serial,
        issuer=issuer.name,
        subject=subject,
        public_key=key,
        not_before=at.replace(microsecond=0),
        not_after=_end(at, RESPONDER_YEARS, issuer),
        signature_algorithm=issuer.signature_algorithm,
        extensions=(
            extensions.authority_key_identifier(issuer.key_identifier),
            extensions.subject_key_identifier(key.key_identifier),
            extensions.key_usage(("digitalSignature",)),
            extensions.extended_key_usage(("OCSPSigning",)),
            extensions.basic_constraints(ca=False),
            extensions.ocsp_no_check(),
        ),
    )


def _end(at: datetime, years: int, parent: Issuer | None) -> datetime:
    end = at.replace(microsecond=0) + timedelta(days=DAYS_OF_A_YEAR * years) - SECOND
    return min(end, parent.certificate.not_after) if parent else end


def responder_label(code: str) -> str:
    return f"{code}-ocsp"


RESPONDER_KINDS = (OCSP,)
