"""Questions to the DNS, each put to the resolver of one vantage point.

The resolvers are our own or ones we trust; they validate DNSSEC. Nothing is remembered between
questions, so what one was told does not answer for another.
"""

from dataclasses import dataclass
from time import monotonic

import dns.exception
import dns.resolver
from django.conf import settings
from dns.rdtypes.ANY.CAA import CAA
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from ra.domains.caa import Record, climb

PATIENCE = 4.0  # seconds for one question
WHOLE = 10.0  # seconds for all questions about CAA, after which no other is asked
CHALLENGE = "_acme-challenge."  # RFC 8555 8.4


class NoAnswer(Exception):
    """The question was not answered; that is not the same as "there is none"."""


@dataclass(frozen=True, slots=True)
class Vantage:
    """A place to look from: the resolver that stands there."""

    name: str
    address: str
    port: int


def vantages() -> list[Vantage]:
    """Those of settings.RESOLVERS."""
    return [Vantage(*row) for row in settings.RESOLVERS]


def texts(vantage: Vantage, name: str) -> list[str]:
    """The TXT records of a name, each put together. Raises NoAnswer."""
    rows = [row for row in _ask(vantage, name, "TXT") if isinstance(row, TXT)]
    return [b"".join(row.strings).decode("ascii", "replace") for row in rows]


def addresses(vantage: Vantage, name: str) -> list[str]:
    """IPv6 and IPv4 addresses of a name. Raises NoAnswer."""
    rows = [row for kind in ("AAAA", "A") for row in _ask(vantage, name, kind)]
    return [row.address for row in rows if isinstance(row, A | AAAA)]


def relevant_caa(vantage: Vantage, name: str) -> list[Record]:
    """The first set of CAA records on the way up; empty: there is none (RFC 8659 3).

    Raises NoAnswer.
    """
    end = monotonic() + WHOLE
    for place in climb(name):
        if place != name and monotonic() >= end:
            raise NoAnswer(f"CAA of {name} at {vantage.name}: too slow")
        rows = [row for row in _ask(vantage, place, "CAA") if isinstance(row, CAA)]
        if rows:
            return [
                Record(
                    row.flags,
                    row.tag.decode("ascii", "replace"),
                    row.value.decode("ascii", "replace"),
                )
                for row in rows
            ]
    return []


def _ask(vantage: Vantage, name: str, kind: str) -> list[dns.rdata.Rdata]:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [vantage.address], vantage.port
    resolver.lifetime = PATIENCE
    try:
        answer = resolver.resolve(f"{name}.", kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise NoAnswer(f"{kind} of {name} at {vantage.name}: {type(error).__name__}") from error
    return list(answer.rrset or [])
