"""`kill -9` of signer, worker, broker and database in turn, a hundred times, under load.

Each round revokes two certificates of the round before (the first round none) and places orders,
one after the other and faster than they are carried out. After one of them, another in each round,
it kills one process, has it started again (the signer: activated again by two shares), places the
rest, and waits until every order of the round has its certificate and both revocations are answered
about: that long is its recovery. What was open when the process was killed is counted as well. In
the end every order, every entry of the journal and every certificate is counted, and a list is
issued:

lost: orders without a certificate, and revocations that no list names. Doubled: orders, serial
numbers or entries of the journal that are there twice. Unrecorded: certificates that were planned,
issued or revoked without an entry, and certificates on record whose bytes are not those of their
plan. Signed twice: signatures beyond one for each certificate; the same bytes, of which one
signature is on record.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from django.db import DatabaseError, connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca.api import found_demo_hierarchy, order_certificates, request_crl
from ca.crl.models import RevocationList
from ca.crl.services import issue_due_crls
from ca.issuing.models import Certificate
from ca.issuing.rules import ISSUED
from pki import crls
from pki.certificates import parse, verify
from pki.signer.client import Signer
from tests.benchmarks.harness import Figure, Run, show
from tests.benchmarks.house import House
from tests.benchmarks.warrants import Warranted, revoke_them, warranted
from tests.support.ca import authority, entropy

VICTIMS = ("signer", "worker-signing", "valkey", "postgres")
ROUNDS = 100
ORDERS, REVOKED = 20, 2  # in a round
FIRST = 4  # orders at least before the kill
PATIENCE = 120.0  # seconds
LOOK = 0.02
EVERY = 5  # kills, one line


def measure(house: House) -> None:
    rounds = len(VICTIMS) if Run.short else ROUNDS
    found_demo_hierarchy(actor=SYSTEM, at=timezone.now(), entropy=entropy)
    house.start_workers()
    chance = random.Random(rounds)
    signed = _Signatures(house)
    taken: dict[str, list[float]] = {name: [] for name in VICTIMS}
    left: list[float] = []
    ordered: list[int] = []
    revoked: list[int] = []
    for number in range(rounds):
        victim = VICTIMS[number % len(VICTIMS)]
        first = 1 + number * ORDERS
        numbers = range(first, first + ORDERS)
        orders = warranted("personal-sm2-sign", "sm2", numbers, at=timezone.now())
        ended = ordered[-ORDERS:][:REVOKED]
        revoke_them(ended, at=timezone.now())
        revoked += ended
        before = chance.randint(FIRST, ORDERS)
        ids = _placed(orders[:before])
        left.append(_open(ids))
        begun = time.perf_counter()
        _kill(house, victim)
        ids += _placed(orders[before:])
        _until(partial(_done, ids, ended), house)
        taken[victim].append(time.perf_counter() - begun)
        ordered += ids
        if number % EVERY == EVERY - 1:
            print(f"{number + 1} of {rounds}, {victim} {taken[victim][-1]:.1f} s", flush=True)
    for victim, times in taken.items():
        note = f"{len(times)} kills, {ORDERS} orders each, {REVOKED} revocations from round 2 on"
        show(Figure(f"{victim} killed: until all is done", "s", tuple(times), note=note))
    show(Figure("orders open at a kill", "", tuple(left)))
    show(Figure("kills with no order open", "", (left.count(0),)))
    _count(ordered, revoked, signed.total() - len(ordered))


class _Signatures:
    """Over certificates of subscribers, ever: the signer's counters outlive it."""

    def __init__(self, house: House) -> None:
        self._signer = Signer(house.environment.signer_socket)
        self._before = self._ever()

    def total(self) -> int:
        return self._ever() - self._before

    def _ever(self) -> int:
        kinds = self._signer.health()["counters"].get("nmg-sm2", {})
        return int(kinds.get("certificate", {}).get("signed_ever", 0))


def _placed(orders: Sequence[Warranted]) -> list[int]:
    """Each by itself, as they come from people."""
    return [
        key for one in orders for key in order_certificates([one], actor=SYSTEM, at=timezone.now())
    ]


def _open(ids: list[int]) -> int:
    return Certificate.objects.filter(pk__in=ids).exclude(state__in=ISSUED).count()


def _kill(house: House, victim: str) -> None:
    """It is there again when this returns."""
    pid = house.crew.pid(victim)
    assert pid
    os.kill(pid, signal.SIGKILL)
    while house.crew.pid(victim) == pid:
        house.crew.tend()
    house.bring_back(victim)
    if victim == "signer":
        house.activate()
    connection.close()  # a session may have died with its server


def _done(ids: list[int], ended: list[int]) -> bool:
    """Certificates for all of `ids`, and answers about those that ended."""
    with suppress(DatabaseError):
        made = Certificate.objects.filter(pk__in=ids, state__in=ISSUED)
        answered = Certificate.objects.filter(pk__in=ended, answers_until__isnull=False)
        return made.count() == len(ids) and answered.count() == len(ended)
    connection.close()
    return False


def _until(holds: Callable[[], bool], house: House) -> None:
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        house.crew.tend()
        time.sleep(LOOK)


def _count(ordered: list[int], revoked: list[int], twice: int) -> None:
    rows = Certificate.objects.filter(pk__in=ordered)
    made = rows.filter(state__in=ISSUED)
    doubled = len(ordered) - len(set(ordered))
    doubled += rows.count() - rows.values("requester").distinct().count()
    doubled += made.count() - made.values("serial").distinct().count()
    unrecorded = 0
    for verb, ids in (("plan", ordered), ("issue", ordered), ("revoke", revoked)):
        entries = Entry.objects.filter(action=f"ca.certificate.{verb}")
        subjects = dict(entries.values_list("subject").annotate(n=Count("pk")))
        mine = [subjects.get(f"ca.certificate:{number}", 0) for number in ids]
        doubled += sum(n > 1 for n in mine)
        unrecorded += sum(n == 0 for n in mine)
    issuer = authority().certificate
    for serial, der in made.values_list("serial", "der"):
        certificate = parse(bytes(der))
        verify(certificate, issuer)
        unrecorded += f"{certificate.serial:x}" != serial
    show(Figure("orders placed", "", (len(ordered),)))
    show(Figure("orders lost", "", (len(ordered) - made.count(),), "≤ 0"))
    show(Figure("revocations", "", (len(revoked),)))
    show(Figure("revocations lost", "", (len(revoked) - _listed(rows, revoked),), "≤ 0"))
    show(Figure("certificates doubled", "", (doubled,), "≤ 0"))
    show(Figure("certificates unrecorded", "", (unrecorded,), "≤ 0"))
    show(Figure("signed twice, the same bytes", "", (twice,)))


def _listed(rows: QuerySet[Certificate], revoked: list[int]) -> int:
    """How many of these the next list names; whoever signs it, a worker or this process."""
    asked = timezone.now().replace(microsecond=0)
    lists = RevocationList.objects.filter(ca_id=authority().id, der__isnull=False)
    request_crl(authority().id, actor=SYSTEM, at=asked)
    end = time.monotonic() + PATIENCE
    while not lists.filter(this_update__gte=asked).exists():
        if time.monotonic() > end:
            raise TimeoutError("no list was issued")
        issue_due_crls(at=timezone.now())
        time.sleep(LOOK)
    latest = lists.latest("number")
    named = {entry.serial for entry in crls.parse(bytes(latest.der or b"")).entries}
    serials = rows.filter(pk__in=revoked, state="revoked").values_list("serial", flat=True)
    return sum(int(serial or "0", 16) in named for serial in serials)
