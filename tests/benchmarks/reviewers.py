"""A hundred reviewers at once on the staff site: no double claim, no lost verdict.

Over HTTP, each with a session of their own and a thread that clicks without a pause. First all of
them claim the same five applications; then each reviews what they got and takes the next until none
is left: opens every document, looks at every masked value, sees the preview, judges each item, and
approves one and returns two of three. What the site answered to each is compared with the database
afterwards.
"""

import random
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import chain
from threading import Barrier

from django.db import connection
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from anxin.supervisor import programs
from ca.api import found_demo_hierarchy
from people.api import Role
from ra.applications.models import Application
from ra.intake import handing_in
from ra.review.models import Decision, ItemVerdict
from tests.benchmarks import pages
from tests.benchmarks.crowd import person
from tests.benchmarks.harness import Figure, Run, percentiles, seconds, show
from tests.benchmarks.house import House
from tests.benchmarks.visitor import Answer, Pairs, Visitor
from tests.support import ra
from tests.support.ca import entropy
from tests.support.people import hire

CROWD, APPLICATIONS, WANTED = 100, 100, 5
NONE = "≤ 0"
CASE = re.compile(r"/w/cases/([A-Z0-9-]+)/")
RETURNED = {"reasons": "A06", "message": "请补签申请表后再提交。"}
TWICE = """
SELECT count(*) FROM (SELECT subject FROM audit_entry WHERE action = 'ra.claim' AND outcome = 'done'
GROUP BY subject HAVING count(DISTINCT actor_id) > 1) AS twice"""


@dataclass
class Reviewer:
    """One person's browser, and what the site has answered it with."""

    id: int
    browser: Visitor
    claimed: list[str] = field(default_factory=list)
    verdicts: list[tuple[str, str]] = field(default_factory=list)  # number, item
    decisions: list[tuple[str, str]] = field(default_factory=list)  # number, outcome
    taken: list[float] = field(default_factory=list)  # ms of each request
    refused: int = 0
    broken: list[str] = field(default_factory=list)

    def ask(
        self, method: str, address: str, form: Pairs | None = None, *, part: bool = False
    ) -> Answer:
        found: list[Answer] = []

        def ask() -> None:
            found.append(self.browser.ask(method, address, form, part=part))

        self.taken.append(1000 * seconds(ask))
        (answer,) = found
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.broken.append(f"{method} {address}: {answer.status}")
        self.refused += HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR
        return answer

    def claim(self, number: str) -> None:
        answer = self.ask("POST", f"/w/cases/{number}/claim/")
        if answer.status == HTTPStatus.OK:
            self.claimed.append(number)

    def work(self) -> None:
        """Whatever is on the desk, then the next, until the queue is empty."""
        for number in list(self.claimed):
            self.review(number)
        while got := CASE.fullmatch(self.ask("POST", "/w/queue/next/").address):
            self.claimed.append(got[1])
            self.review(got[1])

    def review(self, number: str) -> None:
        case = f"/w/cases/{number}/"
        page = self.ask("GET", case).text
        version = re.findall(r'name="seen" value="(\d+)"', page)[0]
        for document in sorted(set(re.findall(r'data-document="(\d+)" data-pages', page))):
            self.ask("GET", f"/w/documents/{document}/pages/1/")
        for code in re.findall(r'data-row="(\w+)" data-document="\d*" data-unseen', page):
            asked = {"field": code, "reason": "compare_document"}
            self.ask("POST", f"{case}reveal/", asked, part=True)
        self.ask("GET", f"{case}?tab=certificate", part=True)
        for item in sorted(set(re.findall(r'name="item" value="([\w.]+)"', page))):
            said = {"seen": version, "item": item, "verdict": "agrees"}
            if self.ask("POST", f"{case}verdict/", said, part=True).status == HTTPStatus.OK:
                self.verdicts.append((number, item))
        self.decide(number, re.findall(r'data-signs="(\w+)"', page)[0])

    def decide(self, number: str, seen: str) -> None:
        """The answer leads to the next application, which is on this desk then."""
        case = f"/w/cases/{number}/"
        outcome = "return" if int(number[-4:]) % 3 else "approve"
        form = RETURNED if outcome == "return" else {"seen": seen}
        answer = self.ask("POST", f"{case}{outcome}/", form)
        if answer.status == HTTPStatus.OK:
            self.decisions.append((number, outcome))
        if (got := CASE.fullmatch(answer.address)) and got[1] != number:
            self.claimed.append(got[1])
            self.review(got[1])


def measure(house: House) -> None:
    at, counter = timezone.now(), ra.open_counter()
    found_demo_hierarchy(actor=SYSTEM, at=at, entropy=entropy)
    house.crew.run("collectstatic", pages.COLLECT, house.environment.site("command"))
    some, many = (10, 15) if Run.short else (CROWD, APPLICATIONS)
    numbers = [_submitted(counter, one, at=at) for one in range(many)]
    port = house.environment.staff_port
    house.start(programs.site(house.environment, "staff", port))
    people = [hire(f"reviewer{n}", Role.REVIEWER, office="RA01") for n in range(some)]
    crowd = [
        Reviewer(one.person_id or 0, Visitor.signed_in(str(port), pages.cookie(one)))
        for one in people
    ]
    _rush(crowd, numbers[:WANTED])
    taken = seconds(lambda: _at_once(crowd, lambda one: one.work()))
    _show(crowd, many, taken)


def _submitted(counter: ra.Counter, number: int, *, at: datetime) -> str:
    application_id = ra.draft(counter.chen, number, person(number), at=at)
    handing_in.submit(application_id, actor=counter.chen, at=at)
    return Application.objects.get(pk=application_id).number


def _rush(crowd: list[Reviewer], wanted: list[str]) -> None:
    """All of them want the same, each in an order of their own."""

    def rush(one: Reviewer) -> None:
        for number in random.Random(one.id).sample(wanted, len(wanted)):
            one.claim(number)

    taken = seconds(lambda: _at_once(crowd, rush))
    got = sum(len(one.claimed) for one in crowd)
    asked = len(crowd) * len(wanted)
    show(Figure(f"{asked:,} claims of the same {len(wanted)}", "s", (taken,)))
    show(Figure("claims of these that were granted", "", (got,), f"≤ {len(wanted)}"))


def _at_once(crowd: list[Reviewer], act: Callable[[Reviewer], None]) -> None:
    start = Barrier(len(crowd))

    def run(one: Reviewer) -> None:
        start.wait()
        act(one)

    with ThreadPoolExecutor(len(crowd)) as pool:
        list(pool.map(run, crowd))


def _show(crowd: list[Reviewer], many: int, taken: float) -> None:
    """What they were told against what is there."""
    requests = [one.taken for one in crowd]
    name = f"{len(crowd)} reviewers at once"
    show(Figure(f"{name}, {many} applications", "s", (taken,)))
    show(Figure(f"{name}, requests", "1/s", (sum(map(len, requests)) / taken,)))
    percentiles(f"{name}, a request", [list(chain.from_iterable(requests))])
    show(Figure("answers that were refusals", "", (sum(one.refused for one in crowd),)))
    broken = [line for one in crowd for line in one.broken]
    show(Figure("answers that were errors", "", (len(broken),), NONE, "; ".join(broken[:3])))
    show(Figure("claimed by two", "", (_claimed_by_two(),), NONE))
    told = [(n, one.id, item) for one in crowd for n, item in one.verdicts]
    kept = ItemVerdict.objects.values_list("application__number", "reviewer_id", "item")
    show(Figure("verdicts", "", (len(told),)))
    show(Figure("verdicts lost", "", (_lost(told, kept),), NONE))
    decided = [(n, one.id, outcome) for one in crowd for n, outcome in one.decisions]
    rows = Decision.objects.values_list("application__number", "reviewer_id", "outcome")
    show(Figure("decisions", "", (len(decided),), f"≥ {many}"))
    show(Figure("decisions lost", "", (_lost(decided, rows),), NONE))
    numbers = [number for number, _, _ in rows]
    show(Figure("decided twice", "", (len(numbers) - len(set(numbers)),), NONE))


def _claimed_by_two() -> int:
    """Applications that came to two desks, by the journal; nobody puts anything back here."""
    with connection.cursor() as cursor:
        cursor.execute(TWICE)
        return int(cursor.fetchone()[0])


def _lost(told: Iterable[object], kept: Iterable[object]) -> int:
    return len(set(told) - set(kept))
