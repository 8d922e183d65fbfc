"""Workers and signer are killed at any moment: no order is lost, none is fulfilled twice."""

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from audit.journal.models import Entry
from ca.issuing.models import Certificate
from ca.signing.rules import BATCH
from ca.signing.services import sweep_orders
from pki.certificates import parse, verify
from tests.support import ca

ROOT = Path(__file__).resolve().parents[2]
ORDERS = BATCH + 10  # two batches


def worker(services) -> subprocess.Popen[str]:
    """A worker process on the test's database, running by the time it is returned."""
    name = str(django_settings.DATABASES["default"]["NAME"])
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.ca_worker"],
        cwd=ROOT,
        env=os.environ
        | services.postgres.environment("owner", name)
        | {
            "ANXIN_SIGNER_SOCKET": django_settings.SIGNER_SOCKET,
            "ANXIN_HELPER_SOCKETS": " ".join(django_settings.HELPER_SOCKETS),
            "DJANGO_SETTINGS_MODULE": "tests.support.ca_worker_settings",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def plans() -> dict[int, str]:
    rows = Certificate.objects.filter(serial__isnull=False)
    return dict(rows.values_list("pk", "serial"))


def settled() -> int:
    return Certificate.objects.filter(state="valid").count()


@pytest.fixture
def orders(authorities) -> list[int]:
    return [ca.put_on_order(number) for number in range(ORDERS)]


def check_all(orders: list[int], seen: dict[int, str]) -> None:
    """Every order has its one certificate, with the serial number that was planned for it."""
    sweep_orders(at=datetime.now(UTC), entropy=ca.entropy)
    issuer = ca.authority().certificate
    rows = list(Certificate.objects.order_by("pk"))
    assert [row.pk for row in rows] == orders
    assert {row.state for row in rows} == {"valid"}
    for row in rows:
        certificate = parse(bytes(row.der))
        verify(certificate, issuer)
        assert f"{certificate.serial:x}" == row.serial
        assert seen.get(row.pk, row.serial) == row.serial
    for verb in ("plan", "issue"):
        entries = Entry.objects.filter(action=f"ca.certificate.{verb}")
        assert entries.count() == entries.values("subject").distinct().count() == ORDERS


@pytest.mark.slow
@pytest.mark.parametrize("delay", [0.02, 0.06, 0.12])
def test_a_killed_worker_leaves_nothing_half_done(orders, services, delay):
    """CPS-4.3.1"""
    doomed = worker(services)
    try:
        doomed.wait(delay)
    except subprocess.TimeoutExpired:
        doomed.kill()
    doomed.communicate()
    seen = plans()

    check_all(orders, seen)


@pytest.mark.slow
def test_a_killed_signer_costs_time_only(orders, services, signer):
    """CPS-4.3.1: the worker goes on asking; the signer comes back with its keys."""
    patient = worker(services)

    signer.kill()
    seen = plans()
    signer.start()

    assert patient.wait(60) == 0
    patient.stdout.close()
    check_all(orders, seen)


@pytest.mark.slow
def test_two_workers_one_of_them_killed(orders, services):
    doomed, other = worker(services), worker(services)

    doomed.kill()
    doomed.communicate()

    assert other.wait(60) == 0
    other.stdout.close()
    check_all(orders, plans())


@pytest.fixture
def helper(orders, signer, settings):
    """A second signer with the same keys."""
    with tempfile.TemporaryDirectory(prefix="anxin-helper-") as folder:
        one = signer.help_with(Path(folder) / "home").start()
        settings.HELPER_SOCKETS = (str(one.path),)
        yield one
        one.end()


def signed_by(one) -> int:
    counters = one.client().health()["counters"]
    return sum(kinds.get("certificate", {}).get("signed", 0) for kinds in counters.values())


def finished(*workers: subprocess.Popen[str]) -> list[int]:
    codes = [one.wait(60) for one in workers]
    for one in workers:
        one.stdout.close()
    return codes


@pytest.mark.slow
def test_two_signers_share_the_work(orders, services, helper, signer):
    """CPS-4.3.1: one worker's batches go to one signer after the other."""
    before = signed_by(signer)

    assert finished(worker(services)) == [0]

    shares = [signed_by(signer) - before, signed_by(helper)]
    assert min(shares) > 0
    assert sum(shares) >= ORDERS
    check_all(orders, plans())


@pytest.mark.slow
def test_a_helper_killed_under_load_costs_nothing(orders, services, helper):
    """CPS-4.3.1"""
    at_work = [worker(services), worker(services)]

    helper.kill()
    seen = plans()

    assert finished(*at_work) == [0, 0]
    check_all(orders, seen)


@pytest.mark.slow
def test_the_home_signer_sealed_under_load_leaves_the_work_to_its_helper(
    orders, services, helper, signer
):
    """CPS-4.3.1"""
    at_work = [worker(services), worker(services)]

    signer.client().lock()
    try:
        assert finished(*at_work) == [0, 0]
    finally:
        signer.activate()

    assert signed_by(helper) > 0
    check_all(orders, plans())


@pytest.mark.slow
def test_a_round_of_kills_with_a_helper(orders, services, helper, signer):
    """CPS-4.3.1: a worker, the helper and the home signer in turn, under load."""
    doomed, other = worker(services), worker(services)

    helper.kill()
    doomed.kill()
    signer.kill()
    seen = plans()
    doomed.communicate()
    helper.start()
    signer.start()

    assert finished(other) == [0]
    check_all(orders, seen)
