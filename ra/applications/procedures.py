"""Applying for a certificate in another's place (CPS 3.3, 4.6 to 4.8). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal


class Procedure(StrEnum):
    NEW = "new"
    RENEWAL = "renewal"  # the same key (CPS 4.6)
    RE_KEY = "re_key"  # a new key, the same words (CPS 4.7)
    MODIFICATION = "modification"  # other words (CPS 4.8)


class Occasion(StrEnum):
    """Why: CPS 4.6.1, 4.7.1 in its order, 4.8.1."""

    EXPIRING = "expiring"
    DAMAGED = "damaged"
    SUSPECTED = "suspected"
    OTHER = "other"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Way:
    """One procedure for one occasion.

    `keeps_key`: the old key, None: either. `keeps_words`: the subject stays. `ends` is the Cause
    of CPS 4.9.1 by which the old certificate is revoked when the new one is valid, "": it stays.
    `by_signature`: a request signed by the old key may stand for the documents (CPS 3.3.1).
    """

    procedure: Procedure
    occasion: Occasion
    cps: str
    keeps_key: bool | None
    keeps_words: bool
    ends: str
    by_signature: bool


_WAYS = (
    Way(Procedure.RENEWAL, Occasion.EXPIRING, "4.6.1", True, True, "", True),
    Way(Procedure.RE_KEY, Occasion.EXPIRING, "4.7.1", False, True, "", True),
    # Who holds a broken or a stolen key proves nothing by it: these come to the counter.
    Way(Procedure.RE_KEY, Occasion.DAMAGED, "4.7.1", False, True, "own_wish", False),
    Way(Procedure.RE_KEY, Occasion.SUSPECTED, "4.7.1", False, True, "key_at_risk", False),
    Way(Procedure.RE_KEY, Occasion.OTHER, "4.7.1", False, True, "", True),
    # CPS 4.8.3: as at the first registration
    Way(Procedure.MODIFICATION, Occasion.CHANGED, "4.8.1", None, False, "content_wrong", False),
)
WAYS: Mapping[tuple[str, str], Way] = {(way.procedure, way.occasion): way for way in _WAYS}

WINDOW = timedelta(days=90)  # CPS 4.6.1 says "about to expire"; the house's own number
SIGNED_WITHIN = timedelta(days=7)  # of the request that the old key signed; the house's own
# What is left to tick when the old key has signed: there are no papers (CPS 3.3.1)
SIGNED_TICKS = frozenset({"check.agreement", "check.certificate"})


def way_of(procedure: str, occasion: str) -> Way:
    """Refuses `procedures.unknown`."""
    way = WAYS.get((procedure, occasion))
    if way is None:
        raise Refusal(
            Kind.INVALID,
            "procedures.unknown",
            f"no {procedure} for {occasion}",
            cps="4.7.1",
            field="occasion",
        )
    return way


def ends(procedure: str, occasion: str) -> str:
    """By which cause the old certificate is revoked; "" when it stays, or there is none."""
    way = WAYS.get((procedure, occasion))
    return way.ends if way else ""


def hindrances(way: Way, profile: str, not_after: datetime, *, at: datetime) -> list[Refusal]:
    """What the CPS says against beginning it now; the CA's own word comes on top."""
    found = []
    family = profile.partition("-")[0]
    if way.procedure == Procedure.MODIFICATION and family == "scenario":
        found.append(_refuse(way, "scenario", "scenario certificates are not modified"))
    if way.procedure == Procedure.MODIFICATION and family == "cloud":
        found.append(_refuse(way, "cloud", "cloud certificates are applied for anew"))
    if way.occasion == Occasion.EXPIRING and at < not_after - WINDOW:
        days = WINDOW // timedelta(days=1)
        since = not_after - WINDOW
        found.append(
            _refuse(way, "too_early", f"not before {since:%Y-%m-%d}", since=since, days=days)
        )
    return found


def differences(
    way: Way,
    *,
    same_words: bool,
    same_key: bool | None,
    same_holder: bool,
    same_request: bool = True,
) -> list[Refusal]:
    """What of the new application does not go with the procedure; `same_key` None: no key yet.

    `same_request`: what the old key has signed, if it has, is the request at hand.
    """
    found = []
    if not same_holder:
        found.append(_refuse(way, "another_holder", "the successor has another holder"))
    if not same_request:
        found.append(_signed("signed_another", "the old key signed another request", "request"))
    if way.keeps_words and not same_words:
        found.append(_refuse(way, "words_changed", "the subject has changed"))
    if not way.keeps_words and same_words:
        found.append(_refuse(way, "nothing_changed", "the subject is what it was"))
    if way.keeps_key is True and same_key is False:
        found.append(_refuse(way, "key_changed", "a renewal keeps the key", field="request"))
    if way.keeps_key is False and same_key:
        found.append(_refuse(way, "key_kept", "a re-key needs a new key", field="request"))
    return found


def check_signed(way: Way, signed_at: datetime | None, *, at: datetime) -> None:
    """Refuses a signature that proves nothing here, and one of another day (CPS 3.3.1)."""
    if not way.by_signature:
        raise _refuse(way, "counter_only", "the old key proves nothing here")
    if signed_at is None or not at - SIGNED_WITHIN <= signed_at <= at + timedelta(minutes=5):
        days = SIGNED_WITHIN // timedelta(days=1)
        raise _signed("signed_when", f"signed {signed_at}", "signed", days=days)


def not_issued() -> Refusal:
    return Refusal(
        Kind.CONFLICT, "procedures.not_issued", "there is no certificate yet", cps="4.6.3"
    )


def signed_twice() -> Refusal:
    reason = "this signed request was used already"
    return _signed("signed_twice", reason, "signed", kind=Kind.CONFLICT)


def begun_already() -> Refusal:
    return Refusal(
        Kind.CONFLICT, "procedures.begun_already", "a successor is under way", cps="4.6.3"
    )


def _signed(
    rule: str, reason: str, field: str, *, kind: Kind = Kind.INVALID, **details: object
) -> Refusal:
    return Refusal(kind, f"procedures.{rule}", reason, cps="3.3.1", field=field, **details)


def _refuse(
    way: Way,
    rule: str,
    reason: str,
    *,
    field: str = "",
    since: datetime | None = None,
    days: int = 0,
) -> Refusal:
    told = {"since": f"{since:%Y-%m-%d}", "days": days} if since else {}
    return Refusal(Kind.CONFLICT, f"procedures.{rule}", reason, cps=way.cps, field=field, **told)
