"""A head noted outside the database shows what the chain alone cannot (CPS-5.4.4)."""

import logging
import re
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from anxin.kernel.actors import SYSTEM
from audit.api import first_break, seal
from audit.log import record
from audit.reading.services import verify
from tests.plugin_journal import triggers_disabled

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def noted(caplog):
    """What the log says after three entries were chained and the chain was walked."""
    for number in range(3):
        record("ra.application.read", f"ra.application:{number}", actor=SYSTEM, at=AT)
    seal()
    with caplog.at_level(logging.INFO, "audit"):
        verify(actor=SYSTEM, at=AT)
    return re.search(r"noted head (\d+:[0-9a-f]{64})", caplog.text).group(1)


def test_the_walk_notes_the_head_outside_the_database(noted):
    call_command("verify_journal", head=noted, without_signer=True)

    assert noted.startswith("3:")


def test_an_end_that_was_cut_off_is_noticed_by_the_noted_head(noted):
    with triggers_disabled(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_link WHERE seq > 1")
        cursor.execute("DELETE FROM audit_entry WHERE subject <> 'ra.application:0'")

    assert first_break() is None
    with pytest.raises(CommandError, match="gone"):
        call_command("verify_journal", head=noted, without_signer=True)
