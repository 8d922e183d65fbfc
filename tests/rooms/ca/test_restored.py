"""After a restore the database is younger than what relying parties hold (CPS-4.9.7)."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.journal.models import Entry
from ca.api import overview
from ca.crl import queries
from ca.crl.models import RevocationList
from ca.crl.services import issue_crl
from ca.issuing.models import Certificate
from ca.revocation.models import Revocation
from pki import crls
from tests.support import ca

MINUTE = timedelta(minutes=1)


@pytest.fixture
def lost(authorities, tmp_path):
    """A revocation that its list told of, and the restore forgot: certificate id, file, serial."""
    issued = ca.issue()
    issue_crl(nmg(), at=ca.NOW - 2 * MINUTE)
    ca.revoke_it(issued.id)
    issue_crl(nmg(), at=ca.NOW)
    published = tmp_path / "last.crl"
    published.write_bytes(queries.list_file("nmg-sm2").der)
    RevocationList.objects.filter(number=2).delete()
    Revocation.objects.all().delete()
    Certificate.objects.update(state="valid")
    return issued.id, published, issued.parsed.serial


def nmg() -> int:
    return ca.authority().id


def issue_soon(minutes: int = 1) -> bool:
    return issue_crl(nmg(), at=ca.NOW + minutes * MINUTE)


def adopt(published, **options) -> str:
    out = StringIO()
    call_command("adopt_crl", "nmg-sm2", published, stdout=out, **options)
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


def test_the_last_list_is_adopted_and_nothing_on_it_is_forgotten(lost):
    certificate_id, published, serial = lost
    issue_soon()

    with pytest.raises(CommandError, match="revoke them again"):
        adopt(published)
    assert not issue_soon(2)
    ca.revoke_it(certificate_id)

    assert "follows" in adopt(published)
    assert issue_soon(3)
    found = crls.parse(queries.list_file("nmg-sm2").der)
    assert (found.number, list(found.by_serial)) == (4, [serial])
    assert Entry.objects.filter(action="ca.revocationlist.adopt").count() == 1


def test_a_number_that_was_signed_and_never_published_is_passed_over(lost):
    certificate_id, published, _ = lost
    ca.revoke_it(certificate_id)

    adopt(published, signed=9)

    assert issue_soon()
    assert crls.parse(queries.list_file("nmg-sm2").der).number == 10


def test_only_a_list_of_that_authority_is_adopted(lost):
    _, published, _ = lost

    with pytest.raises(CommandError, match=r"crl\."):
        call_command("adopt_crl", "anxin-rsa", published)
    changed = bytearray(published.read_bytes())
    changed[-1] ^= 1
    published.write_bytes(changed)
    with pytest.raises(CommandError, match=r"crl\.bad_signature"):
        adopt(published)


def test_a_list_that_is_older_than_ours_is_not_adopted(authorities, tmp_path):
    issue_crl(nmg(), at=ca.NOW - MINUTE)
    old = tmp_path / "old.crl"
    old.write_bytes(queries.list_file("nmg-sm2").der)
    issue_crl(nmg(), at=ca.NOW)

    with pytest.raises(CommandError, match="known already"):
        adopt(old)
