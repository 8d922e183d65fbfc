"""`kill -9` of signer, worker, broker and database in turn, a hundred times, under load.

Each round places orders, kills one process at a moment that differs from round to round, has it
started again (the signer: activated again by two shares), and waits until every order of the round
has its certificate: that long is its recovery. In the end every order, every entry of the journal
and every certificate is counted:

lost: orders without a valid certificate. Doubled: orders, serial numbers or entries of the journal
that are there twice. Unrecorded: certificates that were planned or issued without an entry, and
certificates on record whose bytes are not those of their plan. Signed twice: signatures beyond one
for each certificate; the same bytes, of which one signature is on record.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from django.db import DatabaseError, connection
from django.db.models import Count
from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca.api import found_demo_hierarchy, order_certificates
from ca.issuing.models import Certificate
from pki.certificates import parse, verify
from pki.signer.client import Signer
from tests.benchmarks.harness import Figure, Run, show
from tests.benchmarks.house import House
from tests.benchmarks.warrants import warranted
from tests.support.ca import authority, entropy

VICTIMS = ("signer", "worker-signing", "valkey", "postgres")
ROUNDS = 100
ORDERS = 20  # in a round
LONGEST = 0.4  # seconds from the orders to the kill
PATIENCE = 120.0  # seconds
LOOK = 0.02


def measure(house: House) -> None:
    rounds = len(VICTIMS) if Run.short else ROUNDS
    found_demo_hierarchy(actor=SYSTEM, at=timezone.now(), entropy=entropy)
    house.start_workers()
    chance = random.Random(rounds)
    signed = _Signatures(house)
    taken: dict[str, list[float]] = {name: [] for name in VICTIMS}
    ordered: list[int] = []
    for number in range(rounds):
        victim = VICTIMS[number % len(VICTIMS)]
        first = 1 + number * ORDERS
        placed = warranted(
            "personal-sm2-sign", "sm2", range(first, first + ORDERS), at=timezone.now()
        )
        ordered += order_certificates(placed, actor=SYSTEM, at=timezone.now())
        time.sleep(chance.uniform(0, LONGEST))
        taken[victim].append(_killed(house, victim, ordered[-ORDERS:]))
    for victim, times in taken.items():
        note = f"{len(times)} kills, {ORDERS} orders each"
        show(
            Figure(
                f"{victim} killed: until all have their certificate", "s", tuple(times), note=note
            )
        )
    _count(ordered, signed.total() - len(ordered))


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


def _killed(house: House, victim: str, ids: list[int]) -> float:
    pid = house.crew.pid(victim)
    assert pid
    begun = time.perf_counter()
    os.kill(pid, signal.SIGKILL)
    while house.crew.pid(victim) == pid:
        house.crew.tend()
    house.bring_back(victim)
    if victim == "signer":
        house.activate()
    _until(lambda: _valid(ids) == len(ids), house)
    return time.perf_counter() - begun


def _valid(ids: list[int]) -> int:
    with suppress(DatabaseError):
        return Certificate.objects.filter(pk__in=ids, state="valid").count()
    connection.close()
    return 0


def _until(holds: Callable[[], bool], house: House) -> None:
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        house.crew.tend()
        time.sleep(LOOK)


def _count(ordered: list[int], twice: int) -> None:
    rows = Certificate.objects.filter(pk__in=ordered)
    valid = rows.filter(state="valid")
    doubled = len(ordered) - len(set(ordered))
    doubled += rows.count() - rows.values("requester").distinct().count()
    doubled += valid.count() - valid.values("serial").distinct().count()
    unrecorded = 0
    for verb in ("plan", "issue"):
        entries = Entry.objects.filter(action=f"ca.certificate.{verb}")
        subjects = dict(entries.values_list("subject").annotate(n=Count("pk")))
        mine = [subjects.get(f"ca.certificate:{number}", 0) for number in ordered]
        doubled += sum(n > 1 for n in mine)
        unrecorded += sum(n == 0 for n in mine)
    issuer = authority().certificate
    for serial, der in valid.values_list("serial", "der"):
        certificate = parse(bytes(der))
        verify(certificate, issuer)
        unrecorded += f"{certificate.serial:x}" != serial
    show(Figure("orders placed", "", (len(ordered),)))
    show(Figure("orders lost", "", (len(ordered) - valid.count(),), "≤ 0"))
    show(Figure("certificates doubled", "", (doubled,), "≤ 0"))
    show(Figure("certificates unrecorded", "", (unrecorded,), "≤ 0"))
    show(Figure("signed twice, the same bytes", "", (twice,)))
