"""What a person may be given to prove who they are, and how (CPS 5.2.3, 6.4, WP-7.2)."""

import string
from datetime import datetime, timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from people.trust.roles import Role


class Factor(StrEnum):
    """What somebody else hands out: only after two have agreed."""

    PASSWORD = "password"  # noqa: S105 -- no password: an initial one, to be changed at once
    DEVICE = "device"  # the first one-time device, or another in place of a lost one
    KEY = "key"  # a security key (WebAuthn), beside the device
    RECOVERY = "recovery"  # codes for the day the device is not at hand


class State(StrEnum):
    OPEN = "open"
    USED = "used"
    ENDED = "ended"  # another one took its place, or the person is shut out


STEPS = Steps(
    ("use", [State.OPEN], State.USED),
    ("end", [State.OPEN], State.ENDED),
)
ACTION = "people.enrol"
OPEN_FOR = timedelta(days=7)  # to fetch what was agreed to, the house's own
RECOVERY_CODES = 10  # the house's own
CODE_LENGTH = 16  # 80 bits
PASSWORD_LENGTH = 16
KEYS_AT_MOST = 5  # security keys of one person
CHALLENGE_WITHIN = timedelta(minutes=5)  # from the question to the security key's answer

# Who hands over what: one of the two alone could sign in for a newcomer if they had both.
HANDED_BY: dict[Factor, Role] = {
    Factor.PASSWORD: Role.SECURITY_ADMIN,
    Factor.DEVICE: Role.CA_ADMIN,
}


def check_in_time(expires_at: datetime, *, at: datetime) -> None:
    """Refuses (CONFLICT) what nobody fetched in time."""
    if at >= expires_at:
        raise nothing_granted()


def nothing_granted() -> Refusal:
    return Refusal(Kind.CONFLICT, "factors.not_granted", "nothing to fetch", cps="5.2.3")


def check_room(keys: int) -> None:
    """Refuses (CONFLICT) one key more than a person can have."""
    if keys >= KEYS_AT_MOST:
        raise Refusal(Kind.CONFLICT, "factors.too_many_keys", "too many keys", most=KEYS_AT_MOST)


def check_handed_by(factor: Factor, roles: frozenset[str]) -> None:
    """Refuses (FORBIDDEN) who hands over something else, or nothing."""
    if HANDED_BY.get(factor) not in roles:
        raise Refusal(Kind.FORBIDDEN, "factors.not_yours", "another one hands it over", cps="5.2.4")


def password_from(randomness: bytes) -> str:
    """An initial password within the policy of CPS 6.5.1, from `PASSWORD_LENGTH` random bytes."""
    letters = "".join(string.ascii_letters[byte % 52] for byte in randomness[:-2])
    return f"{letters}-{randomness[-2] % 10}{randomness[-1] % 10}"
