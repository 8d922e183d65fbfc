"""Acts about one person that meet: each waits for the other in one order, never both in a ring."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from anxin.kernel.actors import SYSTEM
from people.accounts.services import lock
from people.api import Role, approval, keep_mail_address, vote
from people.approvals.services import withdraw
from people.models import StaffNotice
from people.personnel import services as personnel
from tests.support.people import hire
from tests.support.races import while_open

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SOON = 20  # seconds; far more than a vote takes


@pytest.fixture(autouse=True)
def no_broker(settings):
    settings.CELERY_BROKER_URL = ""


@pytest.fixture
def asked(tang):
    """A role for somebody, asked for by a person who gets mail."""
    keep_mail_address(tang.person_id, "tang@ca.example.cn", actor=SYSTEM, at=AT)
    bai = hire("bai").person_id
    return personnel.propose_appointment(bai, Role.FINANCE, actor=tang, at=AT)


def voting(asked, actor):
    def run():
        try:
            return vote(asked.id, grants=True, seen=asked.digest, actor=actor, at=AT).state
        finally:
            connection.close()

    return run


def test_a_vote_is_mailed_to_who_asked_while_they_are_leaving(tang, gao, asked):
    """CPS-5.2.2: who leaves holds nobody up who merely names them."""
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock(tang.person_id)
        outcome = pool.submit(voting(asked, gao))
        assert outcome.result(timeout=SOON) == "used"

    assert StaffNotice.objects.get(event="approval_decided").person_id == tang.person_id


def test_a_vote_about_somebody_waits_for_the_person_before_it_takes_the_approval(gao, asked):
    """CPS-5.3.6: who leaves takes back what is asked for them, whoever is about to agree."""
    bai = int(asked.subject.rpartition(":")[2])

    became = while_open(
        lambda: lock(bai),
        lambda: vote(asked.id, grants=True, seen=asked.digest, actor=gao, at=AT),
        then=lambda: withdraw(asked.id, reason="left", actor=SYSTEM, at=AT),
    )

    assert became == "approval.closed"
    assert approval(asked.id).state == "withdrawn"
