"""What stands in the directory, in which form, and when its absence is an alarm. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel import deliveries
from anxin.kernel.states import Steps
from ca.hierarchy import places

PUBLISHED_AT_LATEST = timedelta(hours=24)  # CPS 4.4.2
MARGIN = timedelta(hours=4)  # CPS 2.2: alarm before a limit is missed
MOST_BATCHES = 200  # of one run; the next one goes on
WITHDRAWN_AT_ONCE = 500


class Kind(StrEnum):
    CERTIFICATE = "certificate"
    AUTHORITY = "authority"  # a CA certificate
    LIST = "list"  # the latest one of an authority


class State(StrEnum):
    DUE = deliveries.State.DUE.value
    FAILED = deliveries.State.FAILED.value
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"  # taken away again: its authority has ended (CPS 5.7.3, 5.8)


STEPS = Steps(
    ("publish", deliveries.WAITING, State.PUBLISHED),
    ("fail", deliveries.WAITING, State.FAILED),
    ("withdraw", [*deliveries.WAITING, State.PUBLISHED], State.WITHDRAWN),
    ("renew", [State.PUBLISHED], State.DUE),  # a newer list, or what was found missing
)

# After the first, second ... failed try, then always the last: nothing is given up (CPS 4.4.2).
_ENTRY_AGAIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
# The same for the directory itself: a wrong password is not to be tried a thousand times.
_DIRECTORY_AGAIN = (timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=5))


def entry_again(tries: int, *, at: datetime) -> datetime:
    return at + _ENTRY_AGAIN[min(tries, len(_ENTRY_AGAIN)) - 1]


def directory_again(tries: int, *, at: datetime) -> datetime:
    return at + _DIRECTORY_AGAIN[min(tries, len(_DIRECTORY_AGAIN)) - 1]


def is_late(waiting_since: datetime, *, at: datetime) -> bool:
    """Whether the 24 hours are about to be missed, or are."""
    return at - waiting_since >= PUBLISHED_AT_LATEST - MARGIN


Value = str | bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """`above` are the entries it stands below, from the base down, made if they are missing."""

    dn: str
    classes: tuple[str, ...]
    attributes: Mapping[str, Value]
    above: tuple["Entry", ...] = ()


USER_CERTIFICATE, CA_CERTIFICATE = "userCertificate;binary", "cACertificate;binary"  # RFC 4523
AUTHORITY_LIST = "authorityRevocationList;binary"
# What the topmost entry is, by the attribute that names it.
_BASES = {"c": "country", "o": "organization", "ou": "organizationalUnit", "dc": "domain"}


def certificate_place(base: str, authority: str, serial: str) -> str:
    """The name of its entry; `serial`: hexadecimal."""
    return f"serialNumber={serial},{places.branch(authority, base)}"


def certificate_entry(
    base: str, authority: str, *, serial: str, name: str, organization: str, der: bytes
) -> Entry:
    """One certificate. Found by its serial number and by whom it names.

    The subject's own serial number may stand for a document and is left in the certificate.
    """
    said: dict[str, Value] = {"serialNumber": serial, "cn": name, USER_CERTIFICATE: der}
    if organization:
        said["o"] = organization
    return Entry(
        certificate_place(base, authority, serial),
        ("device", "pkiUser"),
        said,
        (*_base_entry(base), _branch_entry(base, authority)),
    )


def authority_entry(base: str, authority: str, *, der: bytes) -> Entry:
    """The branch of an authority holds its certificate."""
    plain = _branch_entry(base, authority)
    said = {**plain.attributes, CA_CERTIFICATE: der}
    return Entry(plain.dn, (*plain.classes, "pkiCA"), said, _base_entry(base))


def list_entry(base: str, authority: str, *, der: bytes, of_authorities: bool) -> Entry:
    """`of_authorities`: whoever issued it certifies authorities, so it is looked for there, too."""
    said: dict[str, Value] = {"cn": "crl", places.LIST: der}
    if of_authorities:
        said[AUTHORITY_LIST] = der
    return Entry(
        places.list_entry(authority, base),
        (places.LIST_CLASS,),
        said,
        (*_base_entry(base), _branch_entry(base, authority)),
    )


def _branch_entry(base: str, authority: str) -> Entry:
    return Entry(places.branch(authority, base), ("organizationalUnit",), {"ou": authority})


def _base_entry(base: str) -> tuple[Entry, ...]:
    """None for a base that we have no form for: whoever runs the directory makes it."""
    attribute, _, value = base.split(",", maxsplit=1)[0].strip().partition("=")
    kind = _BASES.get(attribute.strip().lower())
    if kind is None or "\\" in value:
        return ()
    return (Entry(base, (kind,), {attribute.strip(): value.strip()}),)
