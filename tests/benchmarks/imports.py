"""Ten thousand applications out of one file: time, and the memory of the staff site.

Over HTTP, as the page's script does it: the file is posted, then one step after the other is asked
for until the dry run is over, and again until every row is a draft. First a tenth of it, to see
whether the memory grows with the file (peak of each process, VmHWM). Then the same rows as XLSX,
handed in only.
"""

import csv
import io
import re

import openpyxl
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from anxin.supervisor import procfs, programs
from ca.api import found_demo_hierarchy
from ra.applications.models import Application
from ra.imports.rules import MOST_ROWS
from tests.benchmarks import pages
from tests.benchmarks.crowd import person
from tests.benchmarks.harness import Figure, Run, percentiles, seconds, show
from tests.benchmarks.house import House
from tests.benchmarks.memory import KIB, status
from tests.benchmarks.visitor import Visitor, multipart
from tests.support import ra
from tests.support.ca import entropy

PROFILE = "personal-sm2-sign"
MORE = "≤ 64"  # MiB a worker may need for ten times as many rows
GOES_ON = re.compile(r'action="(/w/imports/[^"]+/go-on/)"')


def measure(house: House) -> None:
    at, counter = timezone.now(), ra.open_counter()
    found_demo_hierarchy(actor=SYSTEM, at=at, entropy=entropy)
    house.crew.run("collectstatic", pages.COLLECT, house.environment.site("command"))
    port = house.environment.staff_port
    house.start(programs.site(house.environment, "staff", port))
    operator = Visitor.signed_in(str(port), pages.cookie(counter.chen))
    many = 500 if Run.short else MOST_ROWS
    tenth, whole = [person(n) for n in range(many // 10)], [person(10**5 + n) for n in range(many)]
    _through(house, operator, tenth)
    before = _peaks(house)
    _through(house, operator, whole)
    after = _peaks(house)
    grown = max(after) - max(before)
    show(Figure("peak memory of a worker, ten times as many rows: more", "MiB", (grown,), MORE))
    book = _book(whole)
    taken = seconds(lambda: _hand_in(operator, "people.xlsx", book))
    show(Figure(f"{many:,} rows, XLSX, {len(book) >> 10:,} KiB: handed in", "s", (taken,)))


def _through(house: House, operator: Visitor, rows: list[dict[str, str]]) -> None:
    name, had = f"{len(rows):,} rows", Application.objects.count()
    file = _csv(rows)
    place = ""

    def hand_in() -> None:
        nonlocal place
        place = _hand_in(operator, "people.csv", file)

    show(Figure(f"{name}, CSV, {len(file) >> 10:,} KiB: handed in", "s", (seconds(hand_in),)))
    _phase(f"{name}: dry run", operator, place, len(rows))
    operator.post(f"{place}take/")
    _phase(f"{name}: taken in", operator, place, len(rows))
    made = Application.objects.count() - had
    show(Figure(f"{name}: drafts", "", (made,), f"≥ {len(rows)}"))
    show(Figure(f"{name}: peak memory of the site's processes", "MiB", tuple(_peaks(house))))


def _phase(name: str, operator: Visitor, place: str, rows: int) -> None:
    page, taken = operator.get(place), []

    def step() -> None:
        nonlocal page
        page = operator.ask("POST", f"{place}go-on/", part=True).text

    while GOES_ON.search(page):
        taken.append(1000 * seconds(step))
    show(Figure(f"{name}, {len(taken)} steps", "s", (sum(taken) / 1000,)))
    show(Figure(f"{name}, rows", "1/s", (1000 * rows / sum(taken),)))
    percentiles(f"{name}, a step", [taken])


def _hand_in(operator: Visitor, name: str, data: bytes) -> str:
    body, kind = multipart([("profile", PROFILE)], ("file", name, data))
    answer = operator.ask("POST", "/w/imports/", body=body, kind=kind)
    if not re.fullmatch(r"/w/imports/IM[\d-]+/", answer.address):
        raise SystemExit(f"not handed in: {answer.status}")
    return answer.address


def _csv(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def _book(rows: list[dict[str, str]]) -> bytes:
    book, out = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(out)
    return out.getvalue()


def _peaks(house: House) -> list[float]:
    found = procfs.recorded(house.home.run / "staff.pid")
    return [status(process.pid, "VmHWM") / KIB for process in found]
