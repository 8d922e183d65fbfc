from datetime import timedelta
from ipaddress import ip_network

import pytest

from anxin.kernel.actors import SYSTEM
from audit.journal.models import Entry
from ca.claims.models import KeyClaim
from ca.hierarchy.models import CertificateAuthority, IssuerHash, Responder
from ca.hierarchy.services import found_demo_hierarchy
from tests.plugin_journal import triggers_disabled
from tests.support import ca
from tests.support.names import NAME, name_server
from tests.support.ra import AT, Counter, open_counter

FOUNDED = AT - timedelta(days=500)
HIERARCHY = (CertificateAuthority, IssuerHash, Responder, KeyClaim)


@pytest.fixture
def evidence_dir(settings, tmp_path):
    """Where sealed files go in this test."""
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR


@pytest.fixture
def house(signer_process, settings, evidence_dir):
    """All of the house's own duties; work outside the transaction is called for by the test."""
    settings.SIGNER_SOCKET = str(signer_process.path)
    settings.CELERY_BROKER_URL = ""
    return settings


@pytest.fixture(scope="session")
def founded(signer_process, django_db_setup, django_db_blocker):
    """The rows of the CA hierarchy, founded once with the real signer; nothing is left behind."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        from django.conf import settings

        patch.setattr(settings, "SIGNER_SOCKET", str(signer_process.path))
        signer_process.be_active()
        found_demo_hierarchy(actor=SYSTEM, at=FOUNDED, entropy=ca.entropy)
        rows = [row for model in HIERARCHY for row in model.objects.order_by("pk")]
        for row in reversed([type(row).objects.get(pk=row.pk) for row in rows]):
            row.delete()
        with triggers_disabled():
            Entry.objects.all().delete()
    return rows


@pytest.fixture
def counter(founded, house, db) -> Counter:
    """Offices and people, in a transaction that is rolled back: nothing is signed here."""
    for row in founded:
        row.save(force_insert=True)
    return open_counter()


@pytest.fixture
def live_counter(house, signer_process, transactional_db) -> Counter:
    """The same with committed rows: certificates can be signed, two can work at once."""
    signer_process.be_active()  # a ceremony of another room has sealed it
    found_demo_hierarchy(actor=SYSTEM, at=FOUNDED, entropy=ca.entropy)
    return open_counter()


@pytest.fixture
def resolvers(settings):
    """Two vantage points; both lead names to this machine's first loopback address."""
    with name_server() as north, name_server() as south:
        settings.RESOLVERS = (
            ("north", "127.0.0.1", north.port),
            ("south", "127.0.0.1", south.port),
        )
        settings.VALIDATION_NETWORKS = (ip_network("127.0.0.1/32"),)
        for one in (north, south):
            one.tell(NAME, "A", "127.0.0.1")
        yield north, south
