"""Keys by which systems of partner RAs are known: what they may do, how long (CPS 1.4.2). Pure."""

from collections.abc import Collection
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.rates import Limit
from anxin.kernel.states import Steps


class Scope(StrEnum):
    READ = "read"  # how applications and certificates stand
    ENTER = "enter"  # enter applications, their documents, hand them in
    CODES = "codes"  # draw codes for picking up
    REVOKE = "revoke"  # ask for a revocation


class State(StrEnum):
    GRANTED = "granted"  # two have agreed; its secret is not drawn yet
    ACTIVE = "active"
    REVOKED = "revoked"


STEPS = Steps(
    ("hand_out", [State.GRANTED], State.ACTIVE),
    ("revoke", [State.GRANTED, State.ACTIVE], State.REVOKED),
)

LONGEST = timedelta(days=366)  # a key's life; then another is agreed to
SHORTEST_NAME, LONGEST_NAME = 2, 60  # characters
SKEW = timedelta(minutes=5)  # between the clock of a request and ours
NONCES_KEPT = 3 * SKEW  # longer than a request can be repeated
ANSWERS_KEPT = timedelta(hours=24)  # for who asks again with the same Idempotency-Key
CODES_KEPT = timedelta(minutes=10)  # in an answer: for who asks again after a broken line
OFTEN = Limit(120, timedelta(minutes=1))  # requests of one key


def check_terms(name: str, scopes: Collection[str], valid_until: date, *, today: date) -> None:
    """Refuses `partners.name`, `scopes`, `term` with their field."""
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        raise _no("name", "too short or too long", "name", least=SHORTEST_NAME, most=LONGEST_NAME)
    if not scopes or set(scopes) - set(Scope):
        raise _no("scopes", "at least one of the scopes", "scopes")
    if not today <= valid_until <= today + LONGEST:
        raise _no("term", "from today to a year from now", "valid_until")


def check_role(*, has_role: bool) -> None:
    """Refuses (FORBIDDEN) who does not hand over, or end, this key."""
    if not has_role:
        raise Refusal(Kind.FORBIDDEN, "partners.not_yours", "it is another's to do", cps="5.2.4")


def check_in_force(state: str, valid_until: date, *, today: date) -> None:
    """Refuses a key that is not handed out, was revoked, or is over."""
    if state != State.ACTIVE or today > valid_until:
        raise unproven("unknown_key", "no key in force of this name")


def check_scope(scope: str, scopes: Collection[str]) -> None:
    """Refuses (FORBIDDEN) what the key was not made for."""
    if scope not in scopes:
        raise Refusal(
            Kind.FORBIDDEN, "partners.scope", f"not within {scope}", cps="1.4.2", scope=scope
        )


def check_rate(count: int) -> None:
    """Refuses one more than `OFTEN` lets pass."""
    if count >= OFTEN.most:
        raise Refusal(Kind.TOO_OFTEN, "site.too_often", f"{count} in a minute", minutes=1)


def check_person(*, is_operator: bool, same_office: bool) -> None:
    """Refuses (FORBIDDEN) a key whose responsible person no longer works at its office's counter:
    every act is somebody's, who never decides about it (CPS 4.3.1).
    """
    if not (is_operator and same_office):
        raise Refusal(
            Kind.FORBIDDEN, "partners.person", "the responsible operator may not", cps="4.3.1"
        )


def check_same(kept: str, digest: str) -> None:
    """Refuses the same Idempotency-Key on another request."""
    if kept != digest:
        raise Refusal(
            Kind.INVALID, "partners.key_reused", "another request", field="idempotency-key"
        )


def told_once() -> Refusal:
    """Codes of an answer are shown again for a short while only, like everywhere."""
    return Refusal(Kind.CONFLICT, "partners.told_once", "the codes were told", cps="4.3.1")


def too_large(most: int) -> Refusal:
    """`most`: bytes of a body at this address."""
    reason = f"more than {most} bytes"
    return Refusal(Kind.INVALID, "partners.too_large", reason, kilobytes=most // 1024)


def unproven(rule: str, reason: str, **details: Any) -> Refusal:
    """Nobody can tell who sent this; HTTP 401 on the interface."""
    return Refusal(Kind.FORBIDDEN, f"partners.{rule}", reason, cps="1.4.2", **details)


# The signature fitted, and it is not from now: whoever sends it has the secret, or caught a request
CAUGHT = frozenset({"partners.stale", "partners.replayed"})
# of one key, in one process: the journal is nobody's to fill
NOTED = Limit(1, timedelta(minutes=10))
UNPROVEN = frozenset(
    f"partners.{rule}" for rule in ("unsigned", "stale", "unknown_key", "replayed", "digest")
)


def unknown(number: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "partners.unknown", f"no key {number}", cps="1.4.2")


def nowhere(path: str) -> Refusal:
    return Refusal(Kind.NOT_FOUND, "partners.nowhere", f"no such address {path}")


def _no(rule: str, reason: str, field: str, **details: Any) -> Refusal:
    return Refusal(Kind.INVALID, f"partners.{rule}", reason, cps="1.4.2", field=field, **details)
