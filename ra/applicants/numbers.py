"""Check digits of Chinese identifiers, computed from the standards. Pure.

GB 11643 (citizen identification number, also on residence permits and on permanent resident
cards), GB 11714 (organisation code), GB 32100 (unified social credit code).
"""

import re
from datetime import date

_CITIZEN = re.compile(r"\d{17}[\dX]")
_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_CHECK = "10X98765432"

_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# GB/T 2260: the first two digits of a citizen identification number
PROVINCES = frozenset(
    (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55))
) | frozenset(range(61, 66))
HONG_KONG, MACAO, TAIWAN = 81, 82, 83  # residence permits of 2018
FOREIGNER = 9  # permanent resident cards of 2023 begin with it
OLDEST = 120  # years


def citizen_check_digit(first17: str) -> str:
    """GB 11643 4.1: the eighteenth character for seventeen digits."""
    total = sum(int(d) * w for d, w in zip(first17, _CITIZEN_WEIGHTS, strict=True))
    return _CITIZEN_CHECK[total % 11]


def citizen_fault(number: str, today: date) -> str:
    """What is wrong with an 18-character number, as a rule's last word; "" when nothing is."""
    if not _CITIZEN.fullmatch(number):
        return "form"
    born = birth_date(number)
    if born is None:
        return "birth_date"
    if born > today or born.year < today.year - OLDEST:
        return "age"
    if number[14:17] == "000":
        return "form"
    return "" if citizen_check_digit(number[:17]) == number[17] else "check_digit"


def birth_date(number: str) -> date | None:
    """Digits 7 to 14 as a date, None when the calendar has no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def organisation_check(first8: str) -> str:
    """GB 11714: the ninth character."""
    total = sum(
        _ORGANISATION.index(c) * w for c, w in zip(first8, _ORGANISATION_WEIGHTS, strict=True)
    )
    left = 11 - total % 11
    return {10: "X", 11: "0"}.get(left, str(left))


def credit_check(first17: str) -> str:
    """GB 32100: the eighteenth character."""
    total = sum(_CREDIT.index(c) * w for c, w in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT[(31 - total % 31) % 31]


def credit_fault(code: str) -> str:
    """What is wrong with a unified social credit code, as a rule's last word; "" when nothing is.

    Characters 9 to 17 are an organisation code with a check character of its own.
    """
    if len(code) != 18 or not set(code) <= set(_CREDIT) or not code[2:8].isdigit():  # noqa: PLR2004
        return "form"
    if credit_check(code[:17]) != code[17]:
        return "check_digit"
    return "" if organisation_check(code[8:16]) == code[16] else "organisation"
