"""What an applicant says of himself, field by field (CPS 3.1, 3.2.3). Pure.

`validate_field` is the one judge: of the form as it is typed, of the draft, of what is submitted.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial

from anxin.kernel.errors import Kind, Refusal
from ra.applicants import hosts, names, numbers


class DocumentType(StrEnum):
    """CPS 3.2.3: valid proof of identity."""

    RESIDENT_ID = "resident_id"  # GB 11643
    RESIDENCE_PERMIT = "residence_permit"  # Hong Kong, Macao, Taiwan residents: 81, 82, 83
    FOREIGN_RESIDENT = "foreign_resident"  # foreigners' permanent resident card
    PASSPORT = "passport"


_LENGTH: Mapping[str, int] = {"few": names.SHORTEST, "many": names.LONGEST}
LONG = (hosts.LONGEST + 2) * hosts.MOST_NAMES  # characters of a list of names

Judge = Callable[[str, date, str], str]  # (text, today, document type) -> normalised


@dataclass(frozen=True, slots=True)
class Field:
    """`masked` says how a value is shown by default."""

    code: str
    judge: Judge
    needed: bool = True
    masked: str = ""
    longest: int = 200  # characters that are kept of what was typed
    proxy: bool = False  # asked only when somebody acts for the applicant (CPS 3.2.6)


# --- one judge per kind of value -------------------------------------------------------------


def refuse(field: str, rule: str, reason: str, *, cps: str, **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"identity.{rule}", reason, cps=cps, field=field, **details)


def compact(text: str) -> str:
    """Identifiers: half width, capitals, no spaces and hyphens (x becomes X)."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return re.sub(r"[\s\-‐-―−]", "", folded)


def _name(field: str, text: str, _today: date, _document: str) -> str:
    name = names.tidy(text)
    fault = names.person_fault(name)
    if fault:
        reason = f"a real name, not {len(name)} odd characters"
        raise refuse(field, f"name_{fault}", reason, cps="3.1.3", **_LENGTH)
    return name


def _document_type(field: str, text: str, _today: date, _document: str) -> str:
    if text not in set(DocumentType):
        raise refuse(field, "document_type", "no such document", cps="3.2.3")
    return text


def _document_number(field: str, text: str, today: date, document: str) -> str:
    number = compact(text)
    fault = _number_fault(document, number, today)
    if fault:
        raise refuse(
            field, f"number_{fault}", f"not a {document or 'document'} number: {fault}", cps="3.2.3"
        )
    return number


_PASSPORT = re.compile(r"(?=[A-Z0-9]*\d)[A-Z0-9]{5,17}")
_OLD_FOREIGN_RESIDENT = re.compile(r"[A-Z]{3}\d{12}")


def _number_fault(document: str, number: str, today: date) -> str:
    match document:
        case DocumentType.PASSPORT:
            return "" if _PASSPORT.fullmatch(number) else "passport"
        case DocumentType.FOREIGN_RESIDENT if not number.startswith(str(numbers.FOREIGNER)):
            return "" if _OLD_FOREIGN_RESIDENT.fullmatch(number) else "foreign"
        case DocumentType.FOREIGN_RESIDENT:
            return numbers.citizen_fault(number, today)
        case DocumentType.RESIDENCE_PERMIT | DocumentType.RESIDENT_ID:
            return numbers.citizen_fault(number, today) or _region_fault(document, number)
        case _:
            return "of_what"


def _region_fault(document: str, number: str) -> str:
    region = int(number[:2])
    if region in {numbers.HONG_KONG, numbers.MACAO, numbers.TAIWAN}:
        return "" if document == DocumentType.RESIDENCE_PERMIT else "is_permit"
    if document == DocumentType.RESIDENCE_PERMIT:
        return "no_permit"
    if region // 10 == numbers.FOREIGNER:
        return "is_foreign"
    return "" if region in numbers.PROVINCES else "region"


_PHONE = re.compile(r"1[3-9]\d{9}")


def _phone(field: str, text: str, _today: date, _document: str) -> str:
    digits = re.sub(r"^(\+86|0086)", "", compact(text))
    if not _PHONE.fullmatch(digits):
        raise refuse(field, "phone", "11 digits, 13 to 19 in front", cps="3.2.3")
    return digits


_EMAIL = re.compile(
    r"(?=.{6,254}$)(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


def is_email(text: str) -> bool:
    """An address as mail servers take it, RFC 5321."""
    return bool(_EMAIL.fullmatch(text))


def _email(field: str, text: str, _today: date, _document: str) -> str:
    address = unicodedata.normalize("NFKC", text).strip()
    if not is_email(address):
        raise refuse(field, "email", "not an e-mail address", cps="4.3.2")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def _organization(field: str, text: str, _today: date, _document: str) -> str:
    name = names.tidy(text)
    fault = names.organisation_fault(name)
    if fault:
        reason = "the full name as registered"
        raise refuse(field, f"organization_{fault}", reason, cps="3.1.2", **_LENGTH)
    return name


def _credit_code(field: str, text: str, _today: date, _document: str) -> str:
    code = compact(text)
    fault = numbers.credit_fault(code)
    if fault:
        raise refuse(field, f"credit_code_{fault}", f"no credit code: {fault}", cps="3.1.2")
    return code


def _device_name(field: str, text: str, _today: date, _document: str) -> str:
    name = names.tidy(text)
    fault = names.device_fault(name)
    if fault:
        reason = "the name the device is known by"
        raise refuse(field, f"device_{fault}", reason, cps="3.1.2", **_LENGTH)
    return name


def _host_name(field: str, text: str, _today: date, _document: str) -> str:
    name = _host(field, text)
    if len(name) > names.LONGEST:
        raise refuse(field, "host_length", "longer than a common name may be", cps="3.1.2")
    return name


def _other_names(field: str, text: str, _today: date, _document: str) -> str:
    found = dict.fromkeys(_host(field, word) for word in _BETWEEN.split(text) if word)
    if len(found) >= hosts.MOST_NAMES:
        raise refuse(field, "many_hosts", f"more than {hosts.MOST_NAMES} names", cps="3.2.4")
    return " ".join(found)


_BETWEEN = re.compile(r"[\s,;，；、]+")


def _host(field: str, text: str) -> str:
    try:
        return hosts.parse(text).text
    except Refusal as refusal:
        refusal.field = field
        raise


def _field(code: str, judge: Callable[[str, str, date, str], str], **more: object) -> Field:
    return Field(code, partial(judge, code), **more)  # type: ignore[arg-type]


# Every field there is; `ra.applicants.kinds` says who is asked for which. CPS 3.2.3: name and
# document; 3.2.2: licence; 4.3.2: where notices go; 3.2.6: the agent.
FIELDS: Mapping[str, Field] = {
    field.code: field
    for field in (
        _field("name", _name, masked="name"),
        _field("document_type", _document_type),
        _field("document_number", _document_number, masked="number"),
        _field("phone", _phone, masked="phone"),
        _field("email", _email, needed=False, masked="email"),
        _field("organization", _organization, needed=False),
        _field("organization_code", _credit_code, needed=False),
        _field("legal_name", _organization),
        _field("credit_code", _credit_code),
        _field("device_name", _device_name),
        _field("host_name", _host_name, longest=hosts.LONGEST),
        _field("other_names", _other_names, needed=False, longest=LONG),
        _field("agent_name", _name, masked="name", proxy=True),
        _field("agent_document_type", _document_type, proxy=True),
        _field("agent_document_number", _document_number, masked="number", proxy=True),
        _field("agent_phone", _phone, masked="phone", proxy=True),
    )
}
_TELLING = ("agent_name", "agent_document_number", "agent_phone")  # a preselected type says nothing
_TYPE_OF = {"document_number": "document_type", "agent_document_number": "agent_document_type"}


# --- the doors -------------------------------------------------------------------------------


def validate_field(
    code: str, text: str, *, today: date, document_type: str = DocumentType.RESIDENT_ID
) -> str:
    """The value as it will be kept. Refuses `identity.*` with field and clause.

    `document_type` matters for document numbers only.
    """
    field = FIELDS.get(code)
    if field is None:
        raise refuse(code, "no_such_field", f"no field {code}", cps="3.2.3")
    if not text.strip():
        raise refuse(code, "empty", "must be given", cps="3.2.3")
    return field.judge(text, today, document_type)


def judge(
    typed: Mapping[str, str], fields: Mapping[str, Field], *, today: date
) -> tuple[dict[str, str], list[Refusal]]:
    """(what is kept, what is wrong) of a whole form; what is wrong is kept as it was typed.

    `fields` are those of the kind; others are ignored. Empty optional ones are left out.
    """
    kept, wrong = {}, []
    for code, field in fields.items():
        text = typed.get(code, "")
        kept[code] = text
        if not _is_asked(field, typed) or (not text.strip() and not field.needed):
            del kept[code]
            continue
        try:
            document = typed.get(_TYPE_OF.get(code, ""), "")
            kept[code] = validate_field(code, text, today=today, document_type=document)
        except Refusal as refusal:
            wrong.append(refusal)
    return kept, wrong + _contradictions(kept)


def by_proxy(fields: Mapping[str, str]) -> bool:
    """Whether somebody acts for the applicant (CPS 3.2.6)."""
    return any(fields.get(code, "").strip() for code in _TELLING)


def _is_asked(field: Field, typed: Mapping[str, str]) -> bool:
    return not field.proxy or by_proxy(typed)


def _contradictions(kept: Mapping[str, str]) -> list[Refusal]:
    wrong = []
    number = kept.get("document_number")
    if number and number == kept.get("agent_document_number"):
        wrong.append(
            refuse(
                "agent_document_number",
                "agent_is_applicant",
                "nobody is his own agent",
                cps="3.2.6",
            )
        )
    for pair in (("organization", "organization_code"), ("legal_name", "credit_code")):
        missing = [code for code in pair if code not in kept]
        if len(missing) == 1:
            wrong.append(
                refuse(
                    missing[0], "organization_incomplete", "name and code go together", cps="3.2.3"
                )
            )
    return wrong


def shown(code: str, value: str) -> str:
    """A value as it is shown by default: numbers 10+4, telephones 3+4, names by the surname."""
    match FIELDS[code].masked if code in FIELDS else "":
        case "name":
            return names.masked(value)
        case "number":
            return mask(value, 10, 4)
        case "phone":
            return mask(value, 3, 4)
        case "email":
            local, _, domain = value.rpartition("@")
            return f"{local[:1]}***@{domain}"
        case _:
            return value


def mask(text: str, head: int, tail: int) -> str:
    """`head` characters, stars, `tail` characters; short texts keep no more than their last two."""
    if len(text) < head + tail + 2:
        return "*" * max(len(text) - 2, 0) + text[-2:]
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
