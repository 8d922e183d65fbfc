"""A public site that is taken over speaks for nobody (CPS 5.4.4) and opens no code again."""

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import errors

from audit.api import chain_state
from ra.handover import services
from tests.support import ra
from tests.support.ra import AT, MINUTE

ENTRY = """
INSERT INTO audit_entry
  (at, actor_id, actor_name, actor_roles, address, action, outcome, subject, details)
VALUES (now(), %s, %s, %s, '192.0.2.7', %s, 'done', 'ra.application:1', %s)
"""
HONEST = (None, "applicant", "", "ra.application.accept", "{}")


def refused(sql, *values):
    """Whether a trigger refused; whatever was done is undone."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            transaction.set_rollback(True)
    except DatabaseError as error:
        no_json = isinstance(error.__cause__, errors.InvalidTextRepresentation)
        return no_json or "nothing else" in str(error)
    return False


@pytest.mark.parametrize(
    ("place", "forged"),
    [
        (0, 1),
        (1, "江晚"),
        (1, "system"),
        (2, "auditor"),
        (3, "audit.verified"),
        (3, "ra.application.approve"),
        (4, ""),
        (4, "{"),
    ],
)
def test_it_writes_no_entry_in_somebody_elses_name(in_role, place, forged):
    """CPS-5.4.4: nor one that would keep the auditors from reading the others."""
    entry = [*HONEST[:place], forged, *HONEST[place + 1 :]]

    with in_role("public"):
        assert refused(ENTRY, *entry)
        assert not refused(ENTRY, *HONEST)

    assert chain_state().verified is None


@pytest.fixture
def used(live_counter):
    """A credential somebody has used, after one wrong try; its reference."""
    codes = services.issue_download_codes(
        ra.issued(live_counter), actor=live_counter.chen, at=AT + 10 * MINUTE
    )
    with pytest.raises(services.Refusal):
        services.pick_up(codes.reference, "0000", at=AT + 11 * MINUTE)
    services.pick_up(codes.reference, codes.authorisation_code, at=AT + 12 * MINUTE)
    return codes.reference


@pytest.mark.parametrize("change", ["state = 'open'", "state = 'locked'", "tries = 0"])
def test_it_does_not_open_a_credential_again(used, in_role, change):
    """CPS-4.3.1"""
    with in_role("public"):
        sql = f"UPDATE ra_downloadcredential SET {change} WHERE reference = %s"
        assert refused(sql, used)
