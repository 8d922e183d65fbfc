"""The kinds of applicants in one table (CPS 1.4.3, 1.5.1, 3.1, 3.2). Pure.

What each says, which documents prove it, what is ticked off, and how the subject is named: the
intake form, the review page, the preview, the receipt and the public site all read it here.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from anxin.kernel.errors import Kind as RefusalKind
from anxin.kernel.errors import Refusal
from ra.applicants import hosts
from ra.applicants.rules import FIELDS, Field

CREDIT_CODE = "credit_code"  # a document type beside those of people: the licence (GB 32100)
DISTINGUISHER = "distinguisher"  # not a field: what tells namesakes apart (CPS 3.1.4)


class When(StrEnum):
    """When a document or a tick is asked for."""

    ALWAYS = "always"
    TWO_SIDED = "two_sided"  # cards; a passport has one page of data
    PROXY = "proxy"  # CPS 3.2.3, 3.2.6: somebody else comes
    EMPLOYED = "employed"  # CPS 3.2.3: the organisation confirms
    COMPANY = "company"  # an organisation answers for the device
    DOMAIN = "domain"  # a server has a name in the DNS
    ADDRESS = "address"  # a server has an address for a name


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one kind of document; `proves` are the fields that are read from it."""

    code: str
    when: When
    proves: tuple[str, ...] = ()


class Bearer(NamedTuple):
    """Who answers for the certificate: a person or an organisation, and by which document."""

    kind: str
    name: str
    document_type: str
    document_number: str


@dataclass(frozen=True)
class Kind:
    """One kind of applicant.

    `groups`: heading -> fields of the form. `subject`: attribute of the name -> field, the country
    goes before. `title` is the field that names it in lists, `phone` the one to be called at.
    """

    code: str
    groups: Mapping[str, tuple[Field, ...]]
    slots: Mapping[str, Slot]
    ticks: Mapping[str, When]
    subject: tuple[tuple[str, str], ...]
    title: str
    phone: str
    device: bool = False  # a subscriber of its own, for whom a person or organisation answers
    hosts: tuple[str, ...] = ()  # fields whose words are names of a server

    @property
    def fields(self) -> Mapping[str, Field]:
        return {field.code: field for group in self.groups.values() for field in group}

    @property
    def certified(self) -> frozenset[str]:
        """Fields that may enter the certificate; no other does (CPS 3.2.5)."""
        return frozenset((*(code for _, code in self.subject), *self.hosts)) - {DISTINGUISHER}

    @property
    def distinguished(self) -> bool:
        """Whether namesakes are told apart by a number of the applicant's own."""
        return any(code == DISTINGUISHER for _, code in self.subject)


def _fields(codes: str) -> tuple[Field, ...]:
    return tuple(FIELDS[code] for code in codes.split())


def _always(codes: str) -> tuple[Field, ...]:
    return tuple(replace(field, needed=True, proxy=False) for field in _fields(codes))


def _optional(codes: str) -> tuple[Field, ...]:
    return tuple(replace(field, needed=False) for field in _fields(codes))


def _slots(*slots: Slot) -> Mapping[str, Slot]:
    return {slot.code: slot for slot in slots}


_AGENT = "agent_name agent_document_type agent_document_number agent_phone"
_AGENT_ID = ("agent_name", "agent_document_type", "agent_document_number")
_PERSON_ID = ("name", "document_type", "document_number")
_COMPANY_ID = ("legal_name", "credit_code")
_TICKS = {  # CPS 3.2.3, 4.1.2.4, 4.2.1
    "check.form_signed": When.ALWAYS,
    "check.document_valid": When.ALWAYS,
    "check.same_person": When.ALWAYS,
    "check.agreement": When.ALWAYS,
    "check.certificate": When.ALWAYS,
}

PERSON = Kind(
    code="person",
    groups={
        "applicant": _fields(
            "name document_type document_number phone email organization organization_code"
        ),
        "agent_if_any": _fields(_AGENT),
    },
    slots=_slots(  # CPS 3.2.3
        Slot("application_form", When.ALWAYS, ("phone", "email")),
        Slot("id_front", When.ALWAYS, _PERSON_ID),
        Slot("id_back", When.TWO_SIDED),
        Slot("authorization_letter", When.PROXY, ("agent_phone",)),
        Slot("agent_id", When.PROXY, _AGENT_ID),
        Slot("organization_letter", When.EMPLOYED, ("organization", "organization_code")),
    ),
    ticks=_TICKS
    | {
        "check.proxy_authorised": When.PROXY,  # CPS 3.2.6
        "check.organization_confirms": When.EMPLOYED,
    },
    # CPS 3.1.2: the real name; of employees also the organisation
    subject=(("O", "organization"), ("CN", "name"), ("serialNumber", DISTINGUISHER)),
    title="name",
    phone="phone",
)
ORGANIZATION = Kind(
    code="organization",
    groups={
        "organization": _fields("legal_name credit_code email"),
        "agent": _always(_AGENT),  # CPS 3.2.6: somebody always acts for it
    },
    slots=_slots(  # CPS 3.2.2
        Slot("sealed_form", When.ALWAYS, ("email",)),
        Slot("licence", When.ALWAYS, _COMPANY_ID),
        Slot("sealed_authorization", When.ALWAYS, ("agent_phone",)),
        Slot("agent_id", When.ALWAYS, _AGENT_ID),
    ),
    ticks=_TICKS | {"check.sealed": When.ALWAYS, "check.agent_authorised": When.ALWAYS},
    # CPS 3.1.2: unified social credit code and name
    subject=(("O", "legal_name"), ("CN", "legal_name"), ("serialNumber", "credit_code")),
    title="legal_name",
    phone="agent_phone",
)
DEVICE = Kind(
    code="device",
    groups={
        "device": _fields("device_name"),
        "responsible": _fields("name document_type document_number phone")
        + _optional("email legal_name credit_code"),
    },
    slots=_slots(  # CPS 3.2.2: of whoever answers for the device
        Slot("sealed_form", When.ALWAYS, ("device_name", "phone", "email")),
        Slot("id_front", When.ALWAYS, _PERSON_ID),
        Slot("id_back", When.TWO_SIDED),
        Slot("ownership_undertaking", When.ALWAYS),
        Slot("licence", When.COMPANY, _COMPANY_ID),
        Slot("sealed_authorization", When.COMPANY),
    ),
    ticks=_TICKS | {"check.sealed": When.COMPANY, "check.agent_authorised": When.COMPANY},
    # CPS 3.1.2: the name of the device; the organisation that answers for it
    subject=(("O", "legal_name"), ("CN", "device_name"), ("serialNumber", DISTINGUISHER)),
    title="device_name",
    phone="phone",
    device=True,
)
SERVER = Kind(
    code="server",
    groups={
        "server": _fields("host_name other_names"),
        "organization": _fields("legal_name credit_code email"),
        "agent": _always(_AGENT),
    },
    slots=_slots(  # CPS 3.2.2: what an organisation brings, and three papers of the server's own
        *ORGANIZATION.slots.values(),
        Slot("domain_right", When.DOMAIN, hosts.SERVER),
        Slot("icp_record", When.DOMAIN),
        Slot("ip_right", When.ADDRESS, hosts.SERVER),  # CPS 3.2.4
        Slot("ownership_undertaking", When.ALWAYS),
    ),
    ticks={**ORGANIZATION.ticks, "check.hosts": When.ALWAYS},
    # CPS 3.1.2: its first domain or address, with the organisation that answers for it
    subject=(("O", "legal_name"), ("CN", "host_name")),
    title="host_name",
    phone="agent_phone",
    device=True,
    hosts=hosts.SERVER,
)
KINDS: Mapping[str, Kind] = {  # by the first word of the profile's code
    "personal": PERSON,
    "bench": PERSON,
    "organization": ORGANIZATION,
    "device": DEVICE,
    "server": SERVER,
}
TICKS = frozenset(code for kind in KINDS.values() for code in kind.ticks)
ONE_SIDED = frozenset({"passport"})


def offered(profile: str) -> bool:
    """Whether somebody can apply for this profile here."""
    return profile.partition("-")[0] in KINDS


def kind_of(profile: str) -> Kind:
    """Refuses `kinds.not_offered`: a profile of the CA nobody can apply for here."""
    if not offered(profile):
        raise Refusal(
            RefusalKind.INVALID,
            "kinds.not_offered",
            f"nobody can apply for {profile} here",
            cps="1.5.1",
            field="profile",
        )
    return KINDS[profile.partition("-")[0]]


def asked(wanted: Mapping[str, When], fields: Mapping[str, str], *, proxy: bool) -> list[str]:
    """Those of the codes that are asked for, given what the applicant said."""
    names = [hosts.as_address(name) for name in hosts.of_server(fields)]
    holds = {
        When.ALWAYS: True,
        When.TWO_SIDED: fields.get("document_type") not in ONE_SIDED,
        When.PROXY: proxy,
        When.EMPLOYED: bool(fields.get("organization", "").strip()),
        When.COMPANY: bool(fields.get("legal_name", "").strip()),
        When.DOMAIN: any(address is None for address in names),
        When.ADDRESS: any(names),
    }
    return [code for code, when in wanted.items() if holds[when]]


def bearer(fields: Mapping[str, str]) -> Bearer:
    """Who answers for it: the organisation where there is one, else the person."""
    if fields.get("credit_code"):
        name, code = fields.get("legal_name", ""), fields["credit_code"]
        return Bearer("organization", name, CREDIT_CODE, code)
    return Bearer("person", *(fields.get(code, "") for code in _PERSON_ID))


def check_verified(kind: Kind, fields: Mapping[str, str], verified: Collection[str]) -> None:
    """Refuses `kinds.unverified`: only verified fields enter the certificate (CPS 3.2.5)."""
    for code in kind.certified:
        if fields.get(code) and code not in verified:
            raise Refusal(
                RefusalKind.CONFLICT,
                "kinds.unverified",
                f"no document that was verified proves {code}",
                cps="3.2.5",
                field=code,
            )


def subject_of(
    kind: Kind, fields: Mapping[str, str], distinguisher: str
) -> tuple[tuple[str, str], ...]:
    """The subject name (CPS 3.1.1, 3.1.2); a missing common name stays in sight as empty."""
    return (("C", "CN"), *_attributes(kind, {**fields, DISTINGUISHER: distinguisher}))


def _attributes(kind: Kind, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for attribute, code in kind.subject:
        value = values.get(code, "")
        if value or attribute == "CN":
            yield attribute, value
