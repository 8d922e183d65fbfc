"""Passwords, wrong tries and sign-in of staff (CPS 6.5.1, WP-7.2)."""

import string
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

MIN_LENGTH = 10  # CPS 6.5.1
REMEMBERED = 5  # former passwords that may not come back, CPS 6.5.1
PASSWORD_AGE = timedelta(days=90)  # CPS 6.5.1
NOTICE = (14, 3)  # days before a password has to be changed, the house's own
TRIES = 5  # wrong passwords or codes in a row, WP-7.2
LOCKED_FOR = timedelta(minutes=15)  # WP-7.2
CODE_WITHIN = timedelta(minutes=5)  # from the right password to the one-time code, WP-7.2


class Purpose(StrEnum):
    """What something secret is shown for; as the journal calls it."""

    PASSWORD = "people.password_checked"  # noqa: S105 -- no password
    SIGN_IN = "people.sign_in"
    AGAIN = "people.proved_again"
    ENROL = "people.enrolment_code_checked"


# What the sentences of `people/wording.py` say of these.
NUMBERS: dict[str, Any] = {
    "tries": TRIES,
    "locked_minutes": LOCKED_FOR // timedelta(minutes=1),
    "length": MIN_LENGTH,
    "days": PASSWORD_AGE.days,
    "former": REMEMBERED,
}

# CPS 6.5.1: what a password must be made of; the code names the sentence for people
CHARACTERS: dict[str, str] = {
    "password.no_letter": string.ascii_letters,
    "password.no_digit": string.digits,
    "password.no_special": string.punctuation,
}


def faults(password: str) -> list[str]:
    """Codes of what is wrong with a new password, in the order they are told."""
    found = ["password.too_short"] if len(password) < MIN_LENGTH else []
    return found + [
        code for code, characters in CHARACTERS.items() if not set(characters) & set(password)
    ]


def is_locked(locked_until: datetime | None, *, at: datetime) -> bool:
    return locked_until is not None and at < locked_until


def after_wrong_try(tries: int, *, at: datetime) -> tuple[int, datetime | None]:
    """Count and lock after one more wrong try; the count begins anew behind a lock."""
    if tries + 1 < TRIES:
        return tries + 1, None
    return 0, at + LOCKED_FOR


def password_is_due(changed_at: datetime, *, at: datetime) -> bool:
    return at >= changed_at + PASSWORD_AGE


def password_notice(changed_at: datetime, *, at: datetime) -> int | None:
    """Which notice is due: the smallest number of days that has begun. None: none is."""
    left = changed_at + PASSWORD_AGE - at
    return min((days for days in NOTICE if left <= timedelta(days=days)), default=None)


def told_from(*, at: datetime) -> datetime:
    """Passwords changed before this are due soon enough for somebody to be told."""
    return at - PASSWORD_AGE + timedelta(days=max(NOTICE))
