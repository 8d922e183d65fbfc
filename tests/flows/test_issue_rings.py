"""A real worker on a real broker: the order rings, and everything that follows rings the next."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.utils import timezone

from ca.api import certificate, request_crl
from ca.crl.models import RevocationList
from ca.ocsp import queries
from pki import certificates, ocsp
from tests.support import ca
from tests.support.waiting import WITHIN, until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def worker(authorities, services, broker, settings) -> Iterator[subprocess.Popen[str]]:
    """A Celery worker on the signing queue; the test rings the same broker."""
    settings.CELERY_BROKER_URL = broker
    current_app.conf.broker_url = broker
    name = str(django_settings.DATABASES["default"]["NAME"])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "-A", "anxin.celery_app", "worker"),
            *("-Q", "signing", "-P", "solo", "--without-gossip", "--without-mingle", "-l", "info"),
        ],
        cwd=ROOT,
        env=os.environ
        | services.postgres.environment("worker", name)
        | {
            "ANXIN_SIGNER_SOCKET": django_settings.SIGNER_SOCKET,
            "ANXIN_TEST_BROKER": broker,
            "DJANGO_SETTINGS_MODULE": "tests.support.ca_worker_settings",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield process
    process.terminate()
    process.wait(WITHIN)


@pytest.mark.slow
def test_from_approval_to_status_without_any_sweep(worker):
    """CPS-4.3.1, CPS-4.9.5, CPS-2.2a: in the database role of the workers."""
    from django.core.management import call_command

    call_command("grant")
    now = timezone.now()
    certificate_id = ca.put_on_order(at=now)

    until(lambda: certificate(certificate_id).state == "valid")
    issued = ca.Issued(certificate_id, certificates.parse(certificate(certificate_id).der))
    until(lambda: status(issued) == "good")

    ca.revoke_it(certificate_id, at=timezone.now())
    assert status(issued) != "good"
    until(lambda: status(issued) == "revoked")

    request_crl(ca.authority().id, actor=ca.SYSTEM, at=timezone.now())
    until(lambda: RevocationList.objects.filter(state="published", entries=1).exists())


def status(issued: ca.Issued) -> str:
    asked = ocsp.cert_id_for(ca.authority().certificate, issued.parsed.serial)
    answer = queries.answer(ocsp.encode_request([asked]), at=timezone.now())
    found = ocsp.parse_response(answer.der)
    return found.basic.singles[0].status if found.basic else found.status
