"""Which process may do what to data keys, asked as that process's role (WP-6.5)."""

import pytest
from django.core.management import call_command
from psycopg import errors

pytestmark = pytest.mark.django_db(transaction=True)
SHRED = "UPDATE kmc_datakey SET wrapped = NULL, destroyed_at = now()"
MAKE = (
    "INSERT INTO kmc_datakey (id, purpose, wrapped, kek_id, created_at)"
    " VALUES (gen_random_uuid(), 'ra.application', '', '', now())"
)


@pytest.mark.parametrize("role", ["worker", "public"])
@pytest.mark.parametrize("statement", [SHRED, MAKE, "SELECT wrapped FROM kmc_datakey"])
def test_who_opens_nothing_makes_and_destroys_nothing(connection_as, role, statement):
    """One statement of a worker would have shredded every dossier."""
    call_command("grant")

    with pytest.raises(errors.InsufficientPrivilege):
        connection_as(role).execute(statement)


def test_staff_make_and_destroy_and_remove_no_row(connection_as):
    call_command("grant")
    staff = connection_as("staff")

    assert staff.execute(MAKE).rowcount == 1
    assert staff.execute(SHRED).rowcount == 1
    with pytest.raises(errors.InsufficientPrivilege):
        staff.execute("DELETE FROM kmc_datakey")
