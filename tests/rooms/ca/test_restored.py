"""After a restore the database is younger than what relying parties hold (CPS-4.9.7)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from anxin.kernel.locks import Work, held
from audit.journal.models import Entry
from ca.api import overview
from ca.crl import queries
from ca.crl.models import RevocationList
from ca.crl.services import issue_crl
from ca.issuing.models import Certificate
from ca.revocation.models import Revocation
from people.api import Role
from pki import crls
from tests.support import ca
from tests.support.people import hire

MINUTE = timedelta(minutes=1)


@pytest.fixture
def lost(authorities):
    """A revocation that its list told of, and the restore forgot: certificate id, serial."""
    issued = ca.issue()
    issue_crl(nmg(), at=ca.NOW - 2 * MINUTE)
    ca.revoke_it(issued.id)
    issue_crl(nmg(), at=ca.NOW)
    RevocationList.objects.filter(number=2).delete()
    Revocation.objects.all().delete()
    Certificate.objects.update(state="valid")
    return issued.id, issued.parsed.serial


def nmg() -> int:
    return ca.authority().id


def issue_soon(minutes: int = 1) -> bool:
    return issue_crl(nmg(), at=ca.NOW + minutes * MINUTE)


@pytest.fixture
def wang(db):
    return hire("wang", Role.CA_ADMIN)


def adopt(operator: str = "wang") -> str:
    out = StringIO()
    call_command("adopt_crl", "nmg-sm2", operator=operator, stdout=out)
    return out.getvalue()


def test_no_list_goes_back_behind_one_that_was_published(lost):
    assert not issue_soon()

    row = RevocationList.objects.get(number=2)
    assert (row.state, row.fault.split(":")[0]) == ("abandoned", "policy.crl_number_back")
    assert queries.list_file("nmg-sm2").this_update == ca.NOW - 2 * MINUTE
    assert "crl_behind" in [alarm.code for alarm in overview(ca.NOW).alarms]


def test_trying_again_does_not_count_the_numbers_up(lost):
    assert [issue_soon(minutes) for minutes in range(1, 5)] == [False] * 4

    assert RevocationList.objects.filter(ca=nmg()).count() == 2


def test_the_last_list_is_adopted_and_nothing_on_it_is_forgotten(lost, wang):
    certificate_id, serial = lost
    issue_soon()

    with pytest.raises(CommandError, match="revoke them again"):
        adopt()
    assert crls.parse(queries.list_file("nmg-sm2").der).number == 2
    assert not issue_soon(2)
    ca.revoke_it(certificate_id)

    assert issue_soon(3)
    found = crls.parse(queries.list_file("nmg-sm2").der)
    assert (found.number, list(found.by_serial)) == (4, [serial])
    entry = Entry.objects.get(action="ca.revocationlist.adopt")
    assert (entry.actor_id, entry.actor_name) == (wang.person_id, "Wang")


def test_a_list_that_was_signed_and_never_published_is_adopted_from_the_signer(lost, wang):
    """Nobody else has it: the worker was killed before it could store it."""
    certificate_id, _ = lost
    ca.revoke_it(certificate_id)

    assert "the next list follows" in adopt()

    assert issue_soon()
    assert crls.parse(queries.list_file("nmg-sm2").der).number == 3


def test_numbers_that_are_high_enough_do_not_make_the_signer_forget(lost, caplog):
    """CPS-4.9.3: as if somebody had counted the numbers up behind the signer's."""
    RevocationList.objects.create(
        state="abandoned",
        ca_id=nmg(),
        number=9,
        this_update=ca.NOW,
        next_update=ca.NOW + MINUTE,
        entries=0,
    )

    assert not issue_soon()

    row = RevocationList.objects.get(number=10)
    assert (row.state, row.fault.split(":")[0]) == ("abandoned", "policy.crl_forgets")
    assert "policy.crl_forgets" in caplog.text


def test_who_adopts_a_list_is_somebody_who_works_here(lost, wang):
    with pytest.raises(CommandError, match="nobody: 0 people"):
        adopt("nobody")

    assert not Entry.objects.filter(action="ca.revocationlist.adopt").exists()


def test_no_list_is_adopted_while_one_is_being_issued(lost, wang):
    def another_worker():
        try:
            with pytest.raises(CommandError, match="being issued just now"):
                adopt()
        finally:
            connection.close()

    ca_id = nmg()
    with ThreadPoolExecutor(1) as threads, held(Work.ISSUE_CRL, [ca_id]) as mine:
        threads.submit(another_worker).result()

    assert mine == [ca_id]
    assert not RevocationList.objects.filter(number=2).exists()


def test_without_a_loss_there_is_nothing_to_adopt(authorities, wang):
    with pytest.raises(CommandError, match="no list of nmg-sm2 was signed"):
        adopt()
    issue_crl(nmg(), at=ca.NOW)

    with pytest.raises(CommandError, match="known already"):
        adopt()
