"""From orders to certificates: how many a second.

AnXin: orders are placed in groups, each group in one transaction, by one process. Of every order
the approval is looked up (a real one, spent; it orders one certificate), key and name are claimed,
the certificate's template is encoded and its digest stored. Celery workers then plan (serial number
and all bytes on record, linted), have the signer process sign (it reads the bytes again, checks
its policy, verifies what it signed), and store the certificate. Every step is an entry in the
journal, chained meanwhile. The clock runs from the first order to the last certificate on record.
PostgreSQL (fsync on), Valkey, signer, workers and clock are those of `script/serve` and share the
processors with whoever places the orders. OCSP answers, three signatures for each certificate,
come when no order waits; the second line of each pair waits for them too.

django-ca 3.2.0: `Certificate.objects.create_cert`, the call behind its command line and its API,
without either, in two processes on the same PostgreSQL server; one transaction for each
certificate, a key file as its authority's key, no second look at the bytes, no journal, no
approval, no OCSP answer.

Neither figure contains a proof of possession: AnXin checks it when the request comes in, django-ca
does not check it on this path. Keys and requests are made before the clock starts.
"""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from django.utils import timezone

from anxin.kernel.actors import SYSTEM
from ca.api import found_bench_authority, found_demo_hierarchy, order_certificates
from ca.issuing.models import Certificate
from ca.issuing.rules import ISSUED, WAITING
from tests.benchmarks import cpu
from tests.benchmarks.harness import Figure, Run, milliseconds, ratio, repeat, show
from tests.benchmarks.house import House
from tests.benchmarks.peers import djangoca
from tests.benchmarks.warrants import warranted
from tests.support.ca import entropy

KINDS = {"SM2": ("personal-sm2-sign", "sm2"), "P-256": ("bench-p256-sign", "ec-p256")}
GROUPS = {1: 300, 10: 1000, 100: 3000}  # size of a group: certificates in a run
AIMS = {("SM2", 100): "≥ 500"}
PROCESSES = ("signer", "worker-signing", "worker-default", "beat", "postgres", "valkey")
LOOK = 0.05  # seconds between looks at the table, which cost what is measured

_subscribers = count(1, 100_000)


@dataclass(frozen=True)
class Taken:
    """Certificates a second until settled, and until answered about; CPU seconds by process."""

    settled: float
    answered: float
    cpu: dict[str, float]


def measure(house: House) -> None:
    """SM2, then P-256 beside django-ca."""
    now = timezone.now()
    found_demo_hierarchy(actor=SYSTEM, at=now, entropy=entropy)
    found_bench_authority(actor=SYSTEM, at=now, entropy=entropy)
    house.start_workers()
    for kind in KINDS:
        ours = {size: _throughput(house, kind, size) for size in GROUPS}
    name = "P-256, django-ca 3.2.0, one by one, 2 processes"
    runs = djangoca.runs(house)
    note = "1,000 certificates a run"
    theirs = show(Figure(name, "1/s", tuple(run.rate for run in runs), note=note))
    spent = tuple(1000 * run.cpu for run in runs)
    show(Figure(f"{name}, processor time for each", "ms", spent))
    ratio("P-256, AnXin in groups of 100 / django-ca", ours[100], theirs, aim="≥ 1.5")
    ratio("P-256, AnXin one by one / django-ca", ours[1], theirs)
    milliseconds("SM2, one order, nothing else to do: to certificate", _alone, times=20)


def _throughput(house: House, kind: str, size: int) -> Figure:
    many = GROUPS[size] // (5 if Run.short else 1)
    runs = repeat(lambda: _issue(house, kind, size, many))
    name = f"{kind}, orders in groups of {size}" if size > 1 else f"{kind}, orders one by one"
    note = f"{many:,} certificates a run"
    rates = tuple(run.settled for run in runs)
    figure = show(Figure(name, "1/s", rates, AIMS.get((kind, size), ""), note))
    show(Figure(f"{name}, answered about", "1/s", tuple(run.answered for run in runs)))
    spent = tuple(1000 * sum(run.cpu.values()) / many for run in runs)
    split = {
        part: 1000 * statistics.median(run.cpu[part] for run in runs) / many for part in runs[0].cpu
    }
    note = ", ".join(f"{part} {used:.2f}" for part, used in split.items())
    show(Figure(f"{name}, processor time for each until settled", "ms", spent, note=note))
    return figure


def _issue(house: House, kind: str, size: int, many: int) -> Taken:
    first = next(_subscribers)
    orders = warranted(*KINDS[kind], range(first, first + many), at=timezone.now())
    before, begun = _used(house), time.perf_counter()
    for start in range(0, many, size):
        order_certificates(orders[start : start + size], actor=SYSTEM, at=timezone.now())
    _until(lambda: not Certificate.objects.filter(state__in=WAITING).exists())
    settled, after = time.perf_counter(), _used(house)
    due = Certificate.objects.filter(state__in=ISSUED, answers_until__isnull=True)
    _until(lambda: not due.exists())
    return Taken(
        many / (settled - begun),
        many / (time.perf_counter() - begun),
        {part: after[part] - before[part] for part in after},
    )


def _alone() -> None:
    orders = warranted(
        *KINDS["SM2"], range(first := next(_subscribers), first + 1), at=timezone.now()
    )
    (number,) = order_certificates(orders, actor=SYSTEM, at=timezone.now())
    waiting = Certificate.objects.filter(pk=number, state__in=WAITING)
    _until(lambda: not waiting.exists(), look=0.005)


def _until(holds: Callable[[], bool], *, look: float = LOOK) -> None:
    while not holds():
        time.sleep(look)


def _used(house: House) -> dict[str, float]:
    placing = sum(os.times()[:2])
    return {"placing": placing} | {
        name: cpu.used_by(house.crew.pid(name) or 0) for name in PROCESSES
    }
