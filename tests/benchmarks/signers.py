"""SM2, P-256 and RSA-2048 certificates through Celery, with one signer and with two.

As in `issuing`: orders with spent approvals, placed one by one, in groups of 10 and of 100; workers
plan, have a signer sign, settle; every step in the journal. The clock runs from the first order to
the last certificate on record. The second signer has the same software keys and is told to the
workers by `ANXIN_HELPER_SOCKETS`; both share the machine's processors with everybody else. The raw
token's figures stand under `signing`.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

from django.utils import timezone

from anxin.demo import shares as demo
from anxin.kernel.actors import SYSTEM
from anxin.supervisor import programs
from ca.api import found_bench_authority, found_demo_hierarchy, order_certificates
from ca.issuing.models import Certificate
from ca.issuing.rules import WAITING
from pki.signer.client import Signer
from tests.benchmarks.harness import Figure, Run, repeat, show
from tests.benchmarks.house import House
from tests.benchmarks.warrants import warranted
from tests.support.ca import entropy
from tests.support.signer import SignerProcess, activate

KINDS = {
    "SM2": ("personal-sm2-sign", "sm2"),
    "P-256": ("bench-p256-sign", "ec-p256"),
    "RSA-2048": ("personal-rsa-sign", "rsa-2048"),
}
GROUPS = {1: 100, 10: 300, 100: 500}  # size of a group: certificates in a run
RSA = 100  # in a run: making the subscribers' keys takes longest
RUNS = 3
LOOK = 0.05  # seconds

_subscribers = count(1, 10_000)


def measure(house: House) -> None:
    """One signer, then two."""
    now = timezone.now()
    found_demo_hierarchy(actor=SYSTEM, at=now, entropy=entropy)
    found_bench_authority(actor=SYSTEM, at=now, entropy=entropy)
    house.start_workers()
    _all("one signer")
    with _helper(house) as helper:
        for name in ("signing", "default"):
            program = programs.worker(house.environment, name, processes=2)
            told = {**program.environment, "ANXIN_HELPER_SOCKETS": str(helper.path)}
            house.restart(replace(program, environment=told))
        _all("two signers")


def _all(signers: str) -> None:
    for kind in KINDS:
        for size in GROUPS:
            _throughput(signers, kind, size)


@contextmanager
def _helper(house: House) -> Iterator[SignerProcess]:
    """A second signer, beside the house's own, opened with the same shares."""
    home = house.home.path / "helper"
    one = SignerProcess(home, ("--helper",), purpose="").prepare()
    for name in ("identity.key", "custody.json", "keys.json"):
        shutil.copy2(house.home.keys / name, home / name)
    shutil.copytree(house.home.keys / "software", home / "software")
    try:
        one.start()
        owned = demo.opened(house.home.demo_shares)
        activate(Signer(one.path), owned, "activate", signatures=1_000_000)
        yield one
    finally:
        one.end()


def _throughput(signers: str, kind: str, size: int) -> Figure:
    many = min(GROUPS[size], RSA) if kind == "RSA-2048" else GROUPS[size]
    many = max(size, many // 5) if Run.short else many
    rates = repeat(lambda: _issue(kind, size, many), RUNS)
    name = f"{kind}, {signers}, orders in groups of {size}"
    return show(Figure(name, "1/s", rates, note=f"{many} certificates a run"))


def _issue(kind: str, size: int, many: int) -> float:
    first = next(_subscribers)
    orders = warranted(*KINDS[kind], range(first, first + many), at=timezone.now())
    begun = time.perf_counter()
    for start in range(0, many, size):
        order_certificates(orders[start : start + size], actor=SYSTEM, at=timezone.now())
    while Certificate.objects.filter(state__in=WAITING).exists():
        time.sleep(LOOK)
    return many / (time.perf_counter() - begun)
