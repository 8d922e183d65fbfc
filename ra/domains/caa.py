"""Whether CAA records let this CA issue (RFC 8659). Pure: records in, one word out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

CRITICAL = 0x80  # RFC 8659 4.1.1: bit 0 of the flags
KNOWN = frozenset({"issue", "issuewild", "iodef"})  # RFC 8659 4.2 to 4.4; iodef says who is told
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class Caa(StrEnum):
    PERMITTED = "permitted"
    FORBIDDEN = "forbidden"
    UNKNOWN = "unknown"  # the question got no answer, which permits nothing


@dataclass(frozen=True, slots=True)
class Record:
    """One CAA resource record; `value` as it stands there."""

    flags: int
    tag: str
    value: str


def permits(records: Iterable[Record], issuer: str, *, wildcard: bool) -> bool:
    """Of the relevant set, the first that is not empty on the way up; nothing set: everybody may.

    `issuer` is our own name in such records. A property that carries parameters names conditions
    which this CA does not keep, so it permits nothing (RFC 8659 4.2, RFC 8657).
    """
    held = [Record(record.flags, record.tag.lower(), record.value) for record in records]
    if any(record.flags & CRITICAL and record.tag not in KNOWN for record in held):
        return False
    named = {tag: [r.value for r in held if r.tag == tag] for tag in ("issue", "issuewild")}
    values = named["issuewild"] if wildcard and named["issuewild"] else named["issue"]
    return not values or any(_names(value, issuer) for value in values)


def climb(name: str) -> list[str]:
    """Where to ask, in order: the name, then each parent up to the last label (RFC 8659 3)."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _names(value: str, issuer: str) -> bool:
    domain, _, parameters = value.partition(";")
    named = domain.strip(" \t").lower()
    return bool(_DOMAIN.fullmatch(named)) and named == issuer.lower() and not parameters.strip()
