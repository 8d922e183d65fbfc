"""The work queue and the review page of a reviewer, with 100,000 applications in the database.

Server time: from the request to the body of the response inside one process of the staff site (its
settings, its database role, a real session behind both factors), one request after the other. Over
HTTP: the same pages from gunicorn as `script/serve` starts it, by one client that keeps its
connection. The review pages are those of thirty applications entered through the services; the
others were written by SQL, with everything that belongs to them: documents, pages, verdicts,
decisions, approvals, certificates and the journal, chained. The queries of a page are counted and
explained; a sequential scan of a table with more than 10,000 rows counts as a fault.
`tests.benchmarks.million` looks at more pages in the same way.
"""

import http.client
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import cycle
from typing import Any
from urllib.parse import quote

from django.utils import timezone

from anxin.demo.cast import applicants
from anxin.kernel.actors import SYSTEM, Actor
from anxin.supervisor import programs
from anxin.supervisor.home import CHECKOUT
from ca.api import found_demo_hierarchy
from ca.hierarchy.models import CertificateAuthority
from ra.applications.models import Application
from ra.branches.models import Office
from ra.intake import handing_in
from ra.review import decisions
from tests.benchmarks import population
from tests.benchmarks.harness import Figure, Run, percentiles, seconds, show
from tests.benchmarks.house import MANAGE, House
from tests.support import ra
from tests.support.ca import entropy
from tests.support.people import signed_in

AIM, MOST_QUERIES, NO_SCANS = "≤ 150", "≤ 12", "≤ 0"  # ms at p99, queries, scans
TIMES, ROUNDS = 200, 5
COLLECT = (*MANAGE, "collectstatic", "--noinput", "--verbosity", "0")
KNOWN = 10  # of the thirty applicants were here before


@dataclass(frozen=True)
class Visit:
    """Whose pages, which, and what is expected of them: ms at p99, queries; so many rounds."""

    cookie: str
    addresses: dict[str, list[str]]
    aim: str = AIM
    most_queries: str = MOST_QUERIES
    times: int = TIMES
    rounds: int = ROUNDS
    over_http: frozenset[str] | None = None  # these pages; None: all

    @property
    def repeats(self) -> tuple[int, int]:
        """Requests in a round, rounds."""
        return (30, 2) if Run.short else (self.times, self.rounds)


def measure(house: House) -> None:
    """Build the year, then look at the pages from inside and from outside."""
    at, counter = timezone.now(), ra.open_counter()
    found_demo_hierarchy(actor=SYSTEM, at=at, entropy=entropy)
    taken = seconds(lambda: _year(counter, at=at))
    print(f"   {Application.objects.count():,} applications in {taken:.0f} s")
    house.crew.run("collectstatic", COLLECT, house.environment.site("command"))
    look(house, Visit(cookie(counter.ren), _addresses(desk(counter, at=at))))


def look(house: House, *visits: Visit) -> None:
    """Server time, processor time, queries and plans of each page; then the time over HTTP."""
    for visit in visits:
        _inside(house, visit)
    port = house.environment.staff_port
    house.start(programs.site(house.environment, "staff", port))
    for visit in visits:
        _over_http(port, visit)


def ids_of(counter: ra.Counter) -> dict[str, int]:
    """Who and what a year is made of."""
    people = {
        "chen": counter.chen,
        "zhao": counter.zhao,
        "shen": counter.shen,
        "zhou": counter.zhou,
    }
    ids = {name: person.person_id or 0 for name, person in people.items()}
    ids["point"] = Office.objects.get(code="LRA0103").pk
    ids["other"] = Office.objects.get(code="RA02").pk
    ids["ca"] = CertificateAuthority.objects.get(code="nmg-sm2").pk
    return ids


def _year(counter: ra.Counter, *, at: datetime) -> None:
    many = population.MANY // (10 if Run.short else 1)
    population.populate(ids_of(counter), many=many, whole=many, at=at)


def desk(counter: ra.Counter, *, at: datetime) -> list[str]:
    """Numbers of thirty applications that wait, half of them looked through by the reviewer."""
    waiting = []
    for number, person in enumerate(applicants(), start=1):
        fields = ra.FIELDS | {
            "name": person.name,
            "document_number": person.document_number,
            "phone": person.phone,
            "email": person.email,
        }
        if number <= KNOWN:
            before = _submitted(counter, number, fields, at=at)
            seen = ra.look_through(before, counter.shen, at=at)
            decisions.decide_approve(before, seen=seen, actor=counter.shen, at=at)
        now = _submitted(counter, 100 + number, fields, at=at)
        if number % 2:
            ra.look_through(now, counter.ren, at=at)
        waiting.append(Application.objects.get(pk=now).number)
    return waiting


def _submitted(counter: ra.Counter, number: int, fields: dict[str, str], *, at: datetime) -> int:
    application_id = ra.draft(counter.chen, number, fields, at=at)
    handing_in.submit(application_id, actor=counter.chen, at=at)
    return application_id


def cookie(reviewer: Actor) -> str:
    """A session of the staff site behind both factors."""
    return str(signed_in(reviewer).session.session_key)


def _addresses(numbers: list[str]) -> dict[str, list[str]]:
    return {
        "work queue": ["/w/queue/"],
        "list of all applications": ["/w/queue/?view=all"],
        "review page": [f"/w/cases/{number}/" for number in numbers],
    }


# --- from inside -------------------------------------------------------------------------------


def _inside(house: House, visit: Visit) -> None:
    """In a process with the staff site's settings; it prints what it found, page by page."""
    empty = [page for page, addresses in visit.addresses.items() if not addresses]
    assert not empty, empty
    told = json.dumps([visit.cookie, visit.addresses, *visit.repeats])
    command = [sys.executable, "-m", "tests.benchmarks.pages_inside"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
        env=house.environment.site("staff"),
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(told)
        process.stdin.close()
        for line in process.stdout:
            _show(visit, **json.loads(line))
    if process.returncode:
        raise SystemExit(process.returncode)


def _show(visit: Visit, page: str, found: dict[str, Any]) -> None:
    percentiles(f"{page}, server time", found["rounds"], aim=visit.aim)
    show(Figure(f"{page}, processor time of the site", "ms", tuple(found["processor"])))
    show(Figure(f"{page}, queries", "", (found["queries"],), visit.most_queries))
    show(Figure(f"{page}, queries with OFFSET", "", (found["offsets"],), NO_SCANS))
    scans = found["scans"]
    show(Figure(f"{page}, scans of whole tables", "", (len(scans),), NO_SCANS, ", ".join(scans)))


# --- over HTTP ---------------------------------------------------------------------------------


def _over_http(port: int, visit: Visit) -> None:
    site = http.client.HTTPConnection("127.0.0.1", port)
    for page, addresses in visit.addresses.items():
        if visit.over_http is not None and page not in visit.over_http:
            continue
        percentiles(f"{page}, over HTTP", _rounds(site, addresses, visit), aim=visit.aim)


def _rounds(
    site: http.client.HTTPConnection, addresses: list[str], visit: Visit
) -> list[list[float]]:
    """Milliseconds of each request, by round."""
    places, (times, rounds) = cycle(addresses), visit.repeats
    for _ in range(min(2 * len(addresses), 20)):  # until both workers have loaded what they need
        _fetch(site, next(places), visit.cookie)
    return [
        [1000 * seconds(lambda: _fetch(site, next(places), visit.cookie)) for _ in range(times)]
        for _ in range(rounds)
    ]


def _fetch(connection: http.client.HTTPConnection, address: str, cookie: str) -> None:
    connection.request(
        "GET", quote(address, safe="/?&="), headers={"Cookie": f"anxin-staff={cookie}"}
    )
    response = connection.getresponse()
    body = response.read()
    if place := response.headers.get("Location"):  # straight to the only thing that was found
        _fetch(connection, place, cookie)
        return
    if response.status != HTTPStatus.OK or b"<main" not in body:
        raise SystemExit(f"{address}: {response.status}")
