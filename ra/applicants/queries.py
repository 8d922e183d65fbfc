"""Has this person, organisation or device been here before?"""

from collections.abc import Mapping

from kmc import api as kmc
from ra.applicants.kinds import CREDIT_CODE, PERSON, Bearer, Kind, bearer
from ra.applicants.models import Subscriber
from ra.applicants.rules import DocumentType

DOCUMENT_TYPES = (*(kind.value for kind in DocumentType), CREDIT_CODE)


def document_index(document_type: str, number: str) -> bytes:
    """Blind index of an identity document: its kind and its number."""
    return kmc.blind_index("ra.document", f"{document_type}|{number}")


def name_index(name: str) -> bytes:
    return kmc.blind_index("ra.name", name)


def phone_index(phone: str) -> bytes:
    return kmc.blind_index("ra.phone", phone)


def device_index(name: str, owner: bytes) -> bytes:
    """Blind index of a device: its name, and the document of whoever answers for it."""
    return kmc.blind_index("ra.device", f"{owner.hex()}|{name}")


def index_of(fields: Mapping[str, str]) -> bytes | None:
    """The document's blind index, None while type or number are missing."""
    party = bearer(fields)
    if not (party.document_type and party.document_number):
        return None
    return document_index(party.document_type, party.document_number)


def subscriber_index(kind: Kind, fields: Mapping[str, str]) -> bytes | None:
    """What a subscriber is found by; None while something of it is missing."""
    index = index_of(fields)
    if index is None or not kind.device:
        return index
    name = fields.get(kind.title, "")
    return device_index(name, index) if name else None


def known_subscriber(fields: Mapping[str, str], kind: Kind = PERSON) -> int | None:
    """The subscriber with this document, if there is one."""
    index = subscriber_index(kind, fields)
    found = Subscriber.objects.filter(document_index=index).values_list("pk", flat=True)
    return found.first() if index else None


def known_by_another_name(party: Bearer) -> bool:
    """Whether this document was seen with another name before."""
    index = document_index(party.document_type, party.document_number)
    known = Subscriber.objects.filter(document_index=index)
    return known.exclude(name_index=name_index(party.name)).exists()
