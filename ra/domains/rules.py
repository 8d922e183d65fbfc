"""Proof that the applicant controls a server's names (CPS 3.2.4): states, terms, what counts.

The challenges are those of RFC 8555 8.3 and 8.4 and RFC 8738, carried by people: what is published
is bound to the application instead of an ACME account.
"""

import base64
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from pki.sm.sm3 import sm3
from ra.applicants.hosts import MOST_NAMES, NameKind, ServerName, parse
from ra.domains.caa import Caa


class State(StrEnum):
    ASKED = "asked"  # something is to be published; checked again and again
    PROVED = "proved"
    FAILED = "failed"
    EXPIRED = "expired"


STEPS = Steps(
    ("ask", [State.FAILED, State.EXPIRED], State.ASKED),
    ("prove", [State.ASKED], State.PROVED),
    ("fail", [State.ASKED], State.FAILED),
    ("expire", [State.PROVED], State.EXPIRED),
)


class Method(StrEnum):
    DNS = "dns"  # a TXT record, RFC 8555 8.4
    HTTP = "http"  # a file on port 80, RFC 8555 8.3
    CAA = "caa"  # not a proof: whether the domain lets this CA issue


class Sight(StrEnum):
    """What one vantage point saw."""

    FOUND = "found"
    ABSENT = "absent"
    WRONG = "wrong"  # there is something else
    UNREACHABLE = "unreachable"
    PRIVATE = "private"  # it led to an address that is not of the internet
    REDIRECT = "redirect"  # it led to another port or scheme, or too far
    TOO_LARGE = "too_large"


# Which proofs a kind of name allows. HTTP says nothing about other names below a wildcard (Baseline
# Requirements 3.2.2.4.19), an address has no zone (RFC 8738 3).
METHODS: Mapping[NameKind, tuple[Method, ...]] = {
    NameKind.DNS: (Method.DNS, Method.HTTP),
    NameKind.WILDCARD: (Method.DNS,),
    NameKind.IP: (Method.HTTP,),
}
WILDCARD_PROFILES: frozenset[str] = frozenset()  # profiles that may carry `*.`
FAMILIES = frozenset({"device", "server"})  # CPS 1.5.1: profiles whose holders have such names

# What is in the way, by the answer about CAA
CAA_RULES: Mapping[Caa, str] = {
    Caa.PERMITTED: "",
    Caa.FORBIDDEN: "domains.caa",
    Caa.UNKNOWN: "domains.caa_unknown",
}

# The CPS names no terms (3.2.4); these are the CA/Browser Forum's Baseline Requirements.
PROOF_TERM = timedelta(days=200)  # 4.2.1, from 2026-03-15
ASK_TERM = timedelta(days=30)  # 3.2.2.4.7: how long a token may be used
CAA_TERM = timedelta(hours=8)  # 3.2.2.8: no older at issuance
CAA_RENEWED = timedelta(hours=7)  # the sweep asks again before that
LEAST_VANTAGES = 2  # 3.2.2.9
MAY_DIFFER = 1  # 3.2.2.9: of up to five

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (10, 30, 120, 360))  # between own checks
LEAST_PAUSE = timedelta(minutes=1)  # before somebody may ask for another check


@dataclass(frozen=True, slots=True)
class Finding:
    """`outcome` is one of Sight, or of Caa for the method CAA."""

    vantage: str
    method: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`method` is how it was proved, "" if it was not; `reason` a rule, "" when all is well.

    `final`: checking once more helps only after somebody has done something about it.
    """

    method: str
    caa: str
    reason: str
    final: bool = False


def published(token: str, number: str) -> str:
    """What has to stand in the TXT record or in the file: base64url of SM3, 43 characters.

    Takes the place of RFC 8555's key authorization (8.1): it ties the token to one application, so
    a token that somebody else got for the same name proves nothing here.
    """
    digest = sm3(f"anxin-domain-proof-1\n{token}\n{number}".encode())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def needed(vantages: int) -> int:
    """How many vantage points must see the same: all but one, and never fewer than two."""
    return max(vantages - MAY_DIFFER, LEAST_VANTAGES)


def judge(kind: NameKind, findings: Sequence[Finding], *, vantages: int) -> Verdict:
    """What all vantage points together have shown."""
    counts = Counter((finding.method, finding.outcome) for finding in findings)
    enough = needed(vantages)
    caa = _caa(kind, counts, enough)
    if vantages < LEAST_VANTAGES:
        return Verdict("", caa, "domains.no_vantage")
    proved = [m for m in METHODS[kind] if counts[m, Sight.FOUND] >= enough]
    if not proved:
        return _unproved(counts, caa)
    rule = CAA_RULES[Caa(caa)] if caa else ""
    return Verdict(proved[0], caa, rule, final=caa == Caa.FORBIDDEN)


def caa_of(kind: NameKind, findings: Sequence[Finding], *, vantages: int) -> str:
    """One of Caa; "" for addresses, which have none (RFC 8659 1)."""
    counts = Counter((finding.method, finding.outcome) for finding in findings)
    return _caa(kind, counts, needed(vantages))


def _caa(kind: NameKind, counts: Mapping[tuple[str, str], int], enough: int) -> str:
    if kind is NameKind.IP:
        return ""
    if counts[Method.CAA, Caa.PERMITTED] >= enough:
        return Caa.PERMITTED
    return Caa.FORBIDDEN if counts[Method.CAA, Caa.FORBIDDEN] else Caa.UNKNOWN


def _unproved(counts: Mapping[tuple[str, str], int], caa: str) -> Verdict:
    seen = {outcome for (_, outcome), times in counts.items() if times}
    if Sight.PRIVATE in seen:
        return Verdict("", caa, "domains.leads_inside", final=True)
    if Sight.FOUND in seen:
        return Verdict("", caa, "domains.disagreement")
    return Verdict("", caa, "domains.not_found")


def pause(tries: int) -> timedelta:
    """Until the next check nobody asked for, after so many."""
    return PAUSES[min(tries, len(PAUSES)) - 1]


def names_of(
    texts: Sequence[str], profile: str, *, refusals: list[Refusal]
) -> dict[str, ServerName]:
    """Each name once, by its text; what is wrong with the others is added to `refusals`."""
    found: dict[str, ServerName] = {}
    for text in texts:
        try:
            name = parse(text, wildcards=profile in WILDCARD_PROFILES)
        except Refusal as refusal:
            refusals.append(refusal)
        else:
            found[name.text] = name
    if len(found) > MOST_NAMES:
        refusals.append(_too_many())
    if not texts:
        refusals.append(_none())
    return found


def has_names(profile: str) -> bool:
    """Whether a certificate of this profile is for something on a network."""
    return profile.partition("-")[0] in FAMILIES


def hindrance(
    name: str, state: str, valid_until: datetime | None, *, at: datetime
) -> Refusal | None:
    """Why no certificate may be issued for this name, as far as the proof goes."""
    if state == State.PROVED and valid_until is not None and at < valid_until:
        return None
    return Refusal(
        Kind.NOT_READY,
        "domains.not_proved",
        f"no fresh proof of control of {name}",
        cps="3.2.4",
        field="names",
        name=name,
    )


def caa_hindrance(name: str, caa: str, caa_at: datetime | None, *, at: datetime) -> Refusal | None:
    """The same for CAA, asked at most CAA_TERM before; "" is an address."""
    if caa == "":
        return None
    if caa != Caa.PERMITTED:
        return _by_caa(CAA_RULES[Caa(caa)], name)
    if caa_at is None or at - caa_at > CAA_TERM:
        return _by_caa("domains.caa_old", name)
    return None


def check_pause(checked_at: datetime | None, *, at: datetime) -> None:
    """Refuses `domains.too_soon`."""
    if checked_at is not None and at - checked_at < LEAST_PAUSE:
        raise Refusal(Kind.TOO_OFTEN, "domains.too_soon", "checked a moment ago", cps="3.2.4")


def check_open(state: str, open_states: Collection[str]) -> None:
    """Names are proved for applications that are not decided. Refuses `domains.decided`."""
    if state not in open_states:
        raise Refusal(Kind.CONFLICT, "domains.decided", f"the application is {state}", cps="3.2.4")


def _by_caa(rule: str, name: str) -> Refusal:
    return Refusal(
        Kind.NOT_READY,
        rule,
        f"CAA of {name}: {rule.rpartition('.')[2]}",
        cps="4.2.2",
        name=name,
        hours=CAA_TERM // timedelta(hours=1),
    )


def _too_many() -> Refusal:
    return Refusal(
        Kind.INVALID,
        "domains.too_many",
        f"more than {MOST_NAMES} names",
        cps="3.2.4",
        field="names",
        most=MOST_NAMES,
    )


def _none() -> Refusal:
    return Refusal(Kind.INVALID, "domains.none", "no name", cps="3.2.4", field="names")
