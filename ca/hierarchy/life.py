"""How long an authority issues, how old its key may grow, what may stand below it (CPS 5.6, 6.3.2).
Pure.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from ca.hierarchy.rules import Issuer, State
from ca.profiles.rules import DAYS_OF_A_YEAR, Bearer, longest_key_years
from pki.certificates import Certificate

_MONTH = timedelta(days=30)
# Before an authority stops issuing: who has to begin a rollover is told (CPS 2.2, 5.6).
WARN, WARN_AGAIN, ALARM = 12 * _MONTH, 6 * _MONTH, 3 * _MONTH


class Phase(StrEnum):
    """Where an authority is in its life, as people see it."""

    PLANNED = "planned"
    ISSUING = "issuing"
    ENDED = "ended"  # it issues nothing and still signs lists
    RETIRED = "retired"


def stops(not_after: datetime, longest: int) -> datetime:
    """CPS 5.6: from when on the longest term on offer (in days) would outlive the authority.

    Shorter terms are not issued either: one day on which everybody turns to the new key.
    """
    return not_after - timedelta(days=longest)


def phase(state: str, stops_at: datetime, *, succeeded: bool, at: datetime) -> Phase:
    """`succeeded`: a newer generation of its key is active."""
    if state == State.PLANNED:
        return Phase.PLANNED
    if state == State.RETIRED:
        return Phase.RETIRED
    return Phase.ENDED if succeeded or at >= stops_at else Phase.ISSUING


def check_goes_on(issuer: Issuer) -> None:
    """Refuses (CONFLICT) `hierarchy.stopped`, `hierarchy.retired`."""
    if issuer.stopped:
        raise Refusal(
            Kind.CONFLICT,
            "hierarchy.stopped",
            f"the end of {issuer.code} was declared",
            cps="5.8",
            code=issuer.code,
        )
    if issuer.retired:
        reason = f"{issuer.code} is retired"
        raise Refusal(Kind.CONFLICT, "hierarchy.retired", reason, cps="5.6", code=issuer.code)


def check_issuing(issuer: Issuer, *, at: datetime) -> None:
    """Refuses (CONFLICT) `hierarchy.issuing_ended`, and as `check_goes_on` does."""
    check_goes_on(issuer)
    if at >= issuer.stops:
        raise Refusal(
            Kind.CONFLICT,
            "hierarchy.issuing_ended",
            f"{issuer.code} issues nothing since {issuer.stops:%Y-%m-%d}",
            cps="5.6",
            code=issuer.code,
            day=f"{issuer.stops:%Y-%m-%d}",
        )


def urgency(stops_at: datetime, *, at: datetime) -> str:
    """Of the alarm that an authority will stop: "" while there is time, else its code."""
    left = stops_at - at
    steps = (
        (timedelta(), "issuing_over"),
        (ALARM, "issuing_ends_now"),
        (WARN_AGAIN, "issuing_ends_soon"),
        (WARN, "issuing_ends"),
    )
    return next((code for most, code in steps if left <= most), "")


@dataclass(frozen=True, slots=True)
class KeyAge:
    """How old a key is and may grow; `used` in percent. CPS 6.3.2."""

    since: datetime
    until: datetime
    years: int
    used: int


def key_age(certificate: Certificate, since: datetime, *, at: datetime) -> KeyAge:
    """Of an authority's key. Refuses `key.no_term`."""
    bearer = Bearer.ROOT if certificate.issuer.key == certificate.subject.key else Bearer.CA
    years = longest_key_years(bearer, certificate.public_key)
    whole = timedelta(days=DAYS_OF_A_YEAR * years)
    used = round(100 * ((at - since) / whole))
    return KeyAge(since, since + whole, years, min(100, max(0, used)))


def may_retire(
    *, at: datetime, ends: datetime, succeeded: bool, last: datetime | None, listed: datetime | None
) -> bool:
    """Whether its key has nothing to sign any more (CPS 5.6, 3).

    `ends`: its own certificate's end; `last`: that of the last certificate it issued, None for
    none; `listed`: when its last list was issued. One list comes after the last certificate's end.
    """
    if at > ends:
        return True
    return succeeded and (last is None or (listed is not None and last < listed))
