"""Invented people in any number, each with a valid identity number."""

from ra.applicants import numbers
from tests.support.ra import FIELDS

A_DAY = 999  # people born on one day in one district, from 001
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "安宁清和远舟知夏沐辰云帆若衡思齐景行嘉禾子墨"


def person(number: int) -> dict[str, str]:
    """What applicant `number` says; another number is another person, of the first 10,000 also by
    name.
    """
    day, sequence = divmod(number, A_DAY)
    first = f"330199198{day % 10}01{1 + day // 10 % 28:02}{sequence + 1:03}"
    surname, rest = SURNAMES[number % len(SURNAMES)], number // len(SURNAMES)
    given = GIVEN[rest % len(GIVEN)] + GIVEN[rest // len(GIVEN) % len(GIVEN)]
    return FIELDS | {
        "name": surname + given,
        "document_number": first + numbers.citizen_check_digit(first),
        "phone": f"139{number:08}",
        "email": f"applicant{number}@example.cn",
    }
