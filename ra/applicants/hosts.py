"""Names a server's certificate may carry: DNS names and addresses, in one spelling.

Everything refused here is refused before anybody publishes a token for it.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from anxin.kernel.errors import Kind, Refusal

LONGEST = 253  # octets of a name in text, RFC 1035 2.3.4
WILDCARD = "*."
DEVICE = "device_name"  # the field in which a device may say a name of the internet
SERVER = ("host_name", "other_names")  # those in which a server says all its names
MOST_NAMES = 20  # of one application; the house's own
OF_THE_HOUSE = frozenset({"domains.name", "domains.not_public"})  # `press-3`, `db.internal`
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses that look global and lead elsewhere: an IPv4 address is written inside them.
TUNNELS = tuple(
    map(
        ipaddress.ip_network,
        ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::ffff:0:0/96"),
    )
)


class NameKind(StrEnum):
    DNS = "dns"
    WILDCARD = "wildcard"
    IP = "ip"


@dataclass(frozen=True, slots=True)
class ServerName:
    """`text` as the certificate has it: A-labels in lower case, `*.` before them, or an address."""

    kind: NameKind
    text: str

    @property
    def base(self) -> str:
        """The name that is asked for in the DNS."""
        return self.text.removeprefix(WILDCARD)


def parse(text: str, *, wildcards: bool = False) -> ServerName:
    """One name as somebody typed it; U-labels become A-labels (RFC 5891).

    Refuses `domains.name`, `domains.wildcard`, `domains.public_suffix`, `domains.not_public` and
    `domains.private_address`.
    """
    typed = text.strip().rstrip(".。")
    address = as_address(typed)
    if address is not None:
        if not is_public(address):
            raise _refused("private_address", typed)
        return ServerName(NameKind.IP, str(address))
    kind = NameKind.WILDCARD if typed.startswith(WILDCARD) else NameKind.DNS
    if kind is NameKind.WILDCARD and not wildcards:
        raise _refused("wildcard", typed)
    base = _a_labels(typed.removeprefix(WILDCARD))
    _check_registered(base)
    return ServerName(kind, WILDCARD + base if kind is NameKind.WILDCARD else base)


def claimed(fields: Mapping[str, str]) -> list[str]:
    """What an applicant's declared fields name of the internet; empty: no device, or a name of the
    house's own. Refuses as `parse` does, for what nobody can prove: a suffix, an inside address.
    """
    text = fields.get(DEVICE, "")
    found = [parse(name).text for name in of_server(fields)]
    try:
        return [*found, parse(text).text] if text else found
    except Refusal as refusal:
        if refusal.rule in OF_THE_HOUSE:
            return found
        raise


def of_server(fields: Mapping[str, str]) -> tuple[str, ...]:
    """The names of a server as it declares them, each once; empty for everything else."""
    return tuple(dict.fromkeys(" ".join(fields.get(code, "") for code in SERVER).split()))


def as_address(text: str) -> Address | None:
    """An IP address, with or without the brackets a URL has around it; None if it is none."""
    try:
        return ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def is_public(address: Address) -> bool:
    """Whether it is reached over the internet, and nobody's inside (RFC 6890, RFC 8738 7)."""
    if any(address in network for network in TUNNELS if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _a_labels(typed: str) -> str:
    try:
        base = idna.encode(typed, uts46=True, std3_rules=True).decode().lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise _refused("name", typed) from error
    if len(base) > LONGEST or "." not in base:
        raise _refused("name", typed)
    return base


def _check_registered(base: str) -> None:
    """Below a suffix of the public list, and none itself (Baseline Requirements 3.2.2.6)."""
    suffix = _suffixes().publicsuffix(base)
    if suffix is None:
        raise _refused("not_public", base)
    if suffix == base:
        raise _refused("public_suffix", base)


@cache
def _suffixes() -> PublicSuffixList:
    """The registries' part of the list that came with the package; unknown ends are no suffixes."""
    return PublicSuffixList(accept_unknown=False, only_icann=True)


def _refused(what: str, name: str) -> Refusal:
    return Refusal(
        Kind.INVALID,
        f"domains.{what}",
        f"{name}: {REASONS[what]}",
        cps="3.2.4",
        field="names",
        name=name,
    )


REASONS = {
    "name": "not a DNS name or address",
    "wildcard": "no wildcards in this profile",
    "public_suffix": "a registry's suffix",
    "not_public": "under no public suffix",
    "private_address": "not an address of the internet",
}
