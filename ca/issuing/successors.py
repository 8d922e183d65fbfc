"""Which certificate may take another's place (CPS 3.3, 4.6 to 4.8, 6.3.2). Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from anxin.kernel.errors import Kind, Refusal
from ca.profiles.rules import DAYS_OF_A_YEAR

COMPROMISED = "keyCompromise"  # RFC 5280 5.3.1


@dataclass(frozen=True, slots=True)
class Predecessor:
    """What stands when another is to succeed it.

    `key_until` is the last moment its key may be certified for; `compromised`: one of the
    certificates of its key was revoked for that; `succeeded`: another stands in its place already.
    """

    holder: str
    state: str
    not_after: datetime
    key_until: datetime
    compromised: bool
    succeeded: bool


def key_until(since: datetime, years: int) -> datetime:
    """CPS 6.3.2: the whole age of a key counts, over all its certificates."""
    return since + timedelta(days=DAYS_OF_A_YEAR * years)


def hindrances(
    before: Predecessor, *, holder: str, keeps_key: bool, days: int, at: datetime
) -> list[Refusal]:
    """Why no certificate of `days` may succeed it; empty: nothing stands in the way."""
    found = []
    if holder != before.holder:
        found.append(_refuse("another_holder", "it is another holder's", cps="4.6.3"))
    if before.state == "revoked":
        found.append(revoked())
    elif before.state == "held":
        found.append(_refuse("held", "it is on hold", cps="4.9.12"))
    elif before.state != "valid" or at > before.not_after:
        found.append(_refuse("expired", f"it is {before.state}, or over", cps="4.6.3"))
    if before.succeeded:
        found.append(succeeded())
    if keeps_key and before.compromised:
        found.append(_refuse("compromised", "its key was compromised", cps="3.3.2"))
    if keeps_key and at + timedelta(days=days) > before.key_until:
        found.append(
            Refusal(
                Kind.INVALID,
                "key.too_old",
                f"the key may live until {before.key_until:%Y-%m-%d}",
                cps="6.3.2",
                field="days",
            )
        )
    return found


def succeeded() -> Refusal:
    return _refuse("succeeded", "another stands in its place", cps="4.6.3")


def revoked() -> Refusal:
    return _refuse("revoked", "nothing follows a revocation", cps="3.3.2")


def _refuse(rule: str, reason: str, *, cps: str) -> Refusal:
    return Refusal(Kind.CONFLICT, f"succession.{rule}", reason, cps=cps)
