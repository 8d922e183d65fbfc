"""Applicants of the browser tests: invented, each another, with papers and a key of their own."""

import itertools
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from anxin.demo.cast import Person, resident_number
from anxin.demo.specimens import Artist
from anxin.kernel.fonts import FONT_FILE
from anxin.supervisor.home import CHECKOUT

FAMILY, FIRST, SECOND = "晏柏穆宗禹裘缪屈项舒", "若听归问拾砚映怀星临", "水雪帆月光之川瑾野渊"
_numbers = itertools.count()


def person(number: int) -> Person:
    """The same for the same number; numbers from 0 to 999."""
    born = date(1970, 3, 9) + timedelta(days=13 * number)
    sequence = 1 + number % 998  # 000 is given to nobody
    return Person(
        name=FAMILY[number % 10] + FIRST[number // 10 % 10] + SECOND[number // 100],
        document_number=resident_number(born, sequence),
        born=born,
        gender="男" if sequence % 2 else "女",
        phone=f"199{10_000_000 + 7919 * number}",
        email=f"somebody{number}@example.com",
        address=f"栖原市望湖街 {10 + number} 号 1 幢 301 室",
    )


def numbers(count: int) -> list[int]:
    """Of people nobody has seen before."""
    return [next(_numbers) for _ in range(count)]


def somebody() -> Person:
    """An applicant nobody has seen before."""
    return person(*numbers(1))


def papers(person: Person, algorithm: str) -> dict[str, bytes]:
    """The form and both sides of the card, by slot."""
    artist = Artist(FONT_FILE)
    today = datetime.now(UTC).date()
    return {
        "application_form": artist.application_form(person, algorithm=algorithm, on=today),
        "id_front": artist.identity_front(person),
        "id_back": artist.identity_back(person),
    }


def request(person: Person, algorithm: str, folder: Path) -> str:
    """A certificate request as the support desk's command line makes it, in PEM; key beside it."""
    out = folder / f"{person.document_number}.csr"
    subprocess.run(
        [
            *(sys.executable, "-m", "pki", "request", "--algorithm", algorithm),
            *("--subject", f"CN={person.name},C=CN", "--out", str(out)),
            *("--key-out", str(out.with_suffix(".key"))),
        ],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    )
    return out.read_text()
