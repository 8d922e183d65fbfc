"""How often is too often, and who counts as one who asks. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Network, ip_address

NETWORK = 64  # bits of IPv6; the other half is the client's own choice (RFC 4291 2.5.1)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most this many in a window, which begins with the first."""

    most: int
    per: timedelta


def counted_as(address: str) -> str:
    """What is counted: an address, of IPv6 its /64: one line has all of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if found.version == 4:  # noqa: PLR2004 -- of the protocol
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or IPv6Network((int(found), NETWORK), strict=False))
