"""The pages of the counter and of the reviewers with a million applications and certificates.

What `pages` measures with a hundred thousand, and more: lists far from their beginning, the search
by everything it knows, certificates, and subscribers, one of whom has a hundredth of all
applications. Beside what `pages` has there are requests to revoke and to freeze, and, of the newest
quarter, fees with their payments and notices. Documents, verdicts, approvals and the journal are
those of the newest 50,000.

Filling takes long: with `--keep FOLDER` it is done once, and later runs look at what is there.
"""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from anxin.demo.cast import applicants
from anxin.kernel.actors import SYSTEM, Actor
from ca.api import found_demo_hierarchy
from ca.issuing.models import Certificate
from people.accounts.models import StaffMember
from people.api import Role
from ra.applicants.models import Subscriber
from ra.applicants.queries import name_index
from ra.applications.models import Application
from tests.benchmarks import pages, population
from tests.benchmarks.harness import Figure, Run, seconds, show
from tests.benchmarks.house import House
from tests.support import ra
from tests.support.ca import entropy
from tests.support.people import JUST_NOW

MANY = 1_120_000  # applications, of which nine in ten have a certificate
WHOLE = 50_000
AIM, MOST_QUERIES = "≤ 200", "≤ 20"  # ms at p99
TIMES, ROUNDS = 100, 2
SPREAD = 40  # rows of a kind that are looked at
OVER_HTTP = frozenset({"work queue", "review page", "search by name", "subject page"})
COMMON = "王小明"  # so one in a hundred is called

BESIDE = (
    """CREATE TEMP VIEW newer AS SELECT * FROM made
    WHERE i > (SELECT max(i) * 3 / 4 FROM made)""",
    """INSERT INTO ra_feeschedule (state, valid_from, proposed_by, proposed_at, approval_id)
    VALUES ('published', (%(now)s::timestamptz - interval '400 days')::date, %(chen)s, %(now)s, 1)
    """,
    """INSERT INTO ra_feeorder
      (state, number, application_id, schedule_id, days, fen, opened_at, due_at, paid_at)
    SELECT CASE WHEN granted THEN 'paid' ELSE 'open' END, 'F' || to_char(i, 'FM0000000'), i,
      (SELECT id FROM ra_feeschedule), 365, 30000, opened, opened + interval '30 days',
      CASE WHEN granted THEN opened + interval '1 hour' END
    FROM newer WHERE entered ORDER BY i""",
    """INSERT INTO ra_feepayment (order_id, fen, method, receipt, taken_by, at)
    SELECT id, fen, 'transfer', 'R' || id, %(chen)s, paid_at
    FROM ra_feeorder WHERE state = 'paid'""",
    """INSERT INTO ra_notice
      (state, application_id, event, occasion, channel, masked_to, sealed, tries, made_at, due_at,
       sent_at, error)
    SELECT 'sent', i, event, '1', 'mail', 'z***@example.cn', decode(repeat(md5(event || i), 20),
      'hex'), 1, opened, opened, opened, ''
    FROM newer, unnest(ARRAY['received', 'issued']) AS event
    WHERE entered AND (event = 'received' OR granted) ORDER BY i""",
    """INSERT INTO ra_revocationrequest
      (state, number, certificate_id, office_id, asker, checked_how, asked_at, data_key, maker_id,
       decided_by, decided_at, application_id, cause, discovered_at, late, note)
    SELECT 'refused', 'RV' || to_char(i, 'FM0000000'), c.id, office, 'subscriber', 'on_site',
      opened, gen_random_uuid(), maker, reviewer, opened, i, 'key_at_risk', opened, false, ''
    FROM made JOIN ca_certificate c ON c.warrant = i WHERE c.state = 'valid' AND lot < 5""",
    """INSERT INTO ra_holdrequest
      (state, number, certificate_id, office_id, asker, checked_how, asked_at, data_key, maker_id,
       decided_by, decided_at, application_id, act, cause, papers)
    SELECT 'refused', 'FZ' || to_char(i, 'FM0000000'), c.id, office, 'subscriber', 'on_site',
      opened, gen_random_uuid(), maker, reviewer, opened, i, 'freeze', 'unpaid', ''
    FROM made JOIN ca_certificate c ON c.warrant = i WHERE c.state = 'valid' AND lot = 7""",
)


def measure(house: House) -> None:
    """Fill the database unless it is full, then look at the pages."""
    at = timezone.now()
    if not Application.objects.exists():
        show(Figure("filling the database", "s", (seconds(lambda: _fill(house, at=at)),)))
    counts = (Application.objects.count(), Certificate.objects.count())
    show(Figure("applications", "", (counts[0],)))
    show(Figure("certificates", "", (counts[1],)))
    reviewer, operator = (_again(login, role) for login, role in (_REN, _CHEN))
    pages.look(house, _visit(reviewer, _of_a_reviewer()), _visit(operator, _of_an_operator()))


def _visit(actor: Actor, addresses: dict[str, list[str]]) -> pages.Visit:
    cookie = pages.cookie(actor)
    return pages.Visit(cookie, addresses, AIM, MOST_QUERIES, TIMES, ROUNDS, OVER_HTTP)


_REN, _CHEN = ("ren", Role.REVIEWER), ("chen", Role.OPERATOR)


def _fill(house: House, *, at: datetime) -> None:
    counter = ra.open_counter()
    found_demo_hierarchy(actor=SYSTEM, at=at, entropy=entropy)
    shrunk = 100 if Run.short else 1
    population.populate(
        pages.ids_of(counter), many=MANY // shrunk, whole=WHOLE // shrunk, more=BESIDE, at=at
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ra_application SET name_index = %s WHERE id %% 100 = 7", [name_index(COMMON)]
        )
        cursor.execute("VACUUM ANALYZE ra_application")
    pages.desk(counter, at=at)
    house.crew.run("collectstatic", pages.COLLECT, house.environment.site("command"))


def _again(login: str, role: Role) -> Actor:
    person = StaffMember.objects.get(login=login)
    found = frozenset({role})
    return Actor(person.pk, person.name, found, "127.0.0.1", person.office, JUST_NOW)


def _of_a_reviewer() -> dict[str, list[str]]:
    visible = Application.objects.filter(office__code="LRA0103")
    newest = visible.order_by("-pk")
    waiting = list(visible.filter(state="submitted").order_by("deadline_at")[:2400:60])
    deep = [f"{round(one.deadline_at.timestamp() * 10**6)}_{one.pk}" for one in waiting]
    middle = newest[newest.count() // 2].pk
    done = list(visible.filter(pk__gt=middle, state="accepted").order_by("pk")[: SPREAD * 50 : 50])
    known = list(applicants())
    opened = list(newest.filter(state="submitted", subscriber__isnull=False)[:10])
    whole = Subscriber.objects.order_by("pk").first()
    assert whole
    serials = Certificate.objects.filter(pk__in=[one.certificate_id for one in done])
    return {
        "work queue": ["/w/queue/"],
        "work queue, far down": [f"/w/queue/?after={place}" for place in deep],
        "list of all applications": ["/w/queue/?view=all"],
        "list of all applications, in the middle": [
            f"/w/queue/?view=all&after={middle - 1000 * step}" for step in range(SPREAD)
        ],
        "review page": [f"/w/cases/{one.number}/" for one in opened],
        "search by number": [f"/w/search/?q={one.number}" for one in done],
        "search by document number": [f"/w/search/?q={one.document_number}" for one in known],
        "search by name": [f"/w/search/?q={one.name}" for one in known],
        "search by a name that one in a hundred has": [f"/w/search/?q={COMMON}"],
        "search for what is not there": [f"/w/search/?q=1380000{n:04}" for n in range(SPREAD)],
        "certificate by serial number": [f"/w/search/?q={one.serial}" for one in serials],
        "certificate page": [f"/w/certificates/{one.certificate_id}/" for one in done],
        "subject page": [f"/w/subscribers/{one.subscriber_id}/" for one in done],
        "subject page, of a hundredth of all": [
            f"/w/subscribers/{whole.pk}/",
            f"/w/subscribers/{whole.pk}/?after={middle}",
        ],
    }


def _of_an_operator() -> dict[str, list[str]]:
    return {
        "list of drafts": ["/w/intake/"],
        "what waits to be handed over": ["/w/handover/"],
        "requests to revoke": ["/w/revocations/"],
        "notices that need somebody": ["/w/notices/"],
    }
