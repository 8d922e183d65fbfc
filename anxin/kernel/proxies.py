"""Who asks when a proxy stands in front: its word counts, nobody else's. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """From `10.0.0.1,192.168.7.0/24`. Raises ValueError."""
    return tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())


def client_of(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The first address, from our side, that is none of our proxies; `forwarded` is what they say.

    Everything beyond it was written by the client itself and proves nothing.
    """
    client = peer
    for said in reversed(forwarded.split(",")):
        here, there = _read(client), _read(said.strip())
        if here is None or there is None or not any(here in network for network in trusted):
            break
        client = str(there)
    return client


def _read(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
