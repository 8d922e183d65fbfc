"""The signer of this test run, and the demonstration's authorities founded with it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from anxin.duties import DUTIES
from anxin.kernel.actors import SYSTEM
from ca.hierarchy.services import found_demo_hierarchy
from people.api import Role
from tests.support import ca
from tests.support.ceremony_rooms import House
from tests.support.endings import PEN, RAN, Office
from tests.support.people import hire
from tests.support.signer import SignerProcess
from tests.support.voting import enrolled


@pytest.fixture(scope="session")
def signer_process() -> Iterator[SignerProcess]:
    """One real signer for the session; its keys outlive the tables of a single test."""
    with tempfile.TemporaryDirectory(prefix="anxin-signer-") as folder:
        process = SignerProcess(Path(folder) / "home").prepare().start()
        yield process
        process.terminate()


@pytest.fixture
def signer(signer_process: SignerProcess, settings) -> SignerProcess:
    signer_process.be_active()
    settings.SIGNER_SOCKET = str(signer_process.path)
    settings.DUTIES = ca.with_spending_duties()
    settings.FLOWS = ca.with_own_followers()
    settings.CELERY_BROKER_URL = ""  # nobody rings: a test that wants work done calls for it
    return signer_process


@pytest.fixture
def authorities(signer: SignerProcess, transactional_db) -> list[str]:
    """The hierarchy of CPS 7.4 and the RSA authority, active, with committed rows."""
    return found_demo_hierarchy(actor=SYSTEM, at=ca.FOUNDED, entropy=ca.entropy)


@pytest.fixture
def house(signer: SignerProcess, transactional_db, settings) -> House:
    """The people of a key ceremony, and the duties as they are."""
    settings.DUTIES = DUTIES
    return House(signer).furnish()


@pytest.fixture
def both(authorities, house, settings) -> tuple[House, Office]:
    """A ceremony's people, of whom two run ends as well; orders of certificates are only spent."""
    own = {duty: DUTIES[duty] for duty in (*RAN, "ca.hold_ceremony")}
    settings.DUTIES = ca.with_spending_duties() | own
    office = Office(people=dict(house.people))
    office.people["shao"] = hire("shao", Role.POLICY_MEMBER)
    enrolled(PEN, office.people["shao"], house.others["tang"], house.others["gao"], at=house.now())
    return house, office
