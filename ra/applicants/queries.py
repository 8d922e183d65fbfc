"""Has this person been here before?"""

from collections.abc import Mapping

from kmc import api as kmc
from ra.applicants.models import Subscriber
from ra.applicants.rules import DocumentType

DOCUMENT_TYPES = tuple(kind.value for kind in DocumentType)


def document_index(document_type: str, number: str) -> bytes:
    """Blind index of an identity document: its kind and its number."""
    return kmc.blind_index("ra.document", f"{document_type}|{number}")


def name_index(name: str) -> bytes:
    return kmc.blind_index("ra.name", name)


def phone_index(phone: str) -> bytes:
    return kmc.blind_index("ra.phone", phone)


def index_of(fields: Mapping[str, str]) -> bytes | None:
    """The document's blind index, None while type or number are missing."""
    kind, number = fields.get("document_type", ""), fields.get("document_number", "")
    return document_index(kind, number) if kind and number else None


def known_subscriber(fields: Mapping[str, str]) -> int | None:
    """The subscriber with this document, if there is one."""
    index = index_of(fields)
    found = Subscriber.objects.filter(document_index=index).values_list("pk", flat=True)
    return found.first() if index else None


def known_by_another_name(subscriber_id: int, name: str) -> bool:
    """Whether this document was seen with another name before."""
    known = Subscriber.objects.filter(pk=subscriber_id).exclude(name_index=name_index(name))
    return known.exists()
