"""The signer keeps the journal's heads: what the owner of the tables cannot do (CPS-5.4.4)."""

import logging
import socket
import tempfile
import threading
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from celery.signals import before_task_publish
from django.core.management import CommandError, call_command
from django.db import connection

from anxin.kernel.actors import SYSTEM
from audit.api import chain_state, first_break, seal
from audit.journal.models import Entry, Link
from audit.journal.witness import note_head
from audit.log import record
from audit.reading.services import verify
from pki.errors import Refused
from pki.signer import protocol
from tests.plugin_journal import triggers_disabled
from tests.support.signer import SignerProcess

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def place():
    """One signer's home is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="anxin-witness-") as folder:
        yield Path(folder)


@pytest.fixture
def witness(place, settings):
    """A signer that has noted nothing yet."""
    process = SignerProcess(place / "home", purpose="").prepare().start()
    settings.SIGNER_SOCKET = str(process.path)
    yield process
    process.terminate()
    (place / "home" / "heads.lines").unlink()


def write(count, *, first=0):
    for number in range(first, first + count):
        record("ra.application.read", f"ra.application:{number}", actor=SYSTEM, at=AT)
    seal()


def chain_anew(statement):
    """What a superuser can do: change a row, drop the whole chain, and have it made again."""
    with triggers_disabled(), connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("DELETE FROM audit_link")
    seal()


def verdict():
    out = StringIO()
    call_command("verify_journal", stdout=out)
    return out.getvalue()


def complaint():
    with pytest.raises(CommandError) as failed:
        verdict()
    return str(failed.value)


def test_a_chain_that_was_made_anew_is_named_by_the_first_head_that_differs(witness):
    for first in (0, 3, 6):
        write(3, first=first)
        note_head()
    kept = Link.objects.get(seq=6).digest

    chain_anew("UPDATE audit_entry SET actor_name = 'x' WHERE subject = 'ra.application:4'")

    assert first_break() is None  # the walk alone finds nothing
    assert complaint().startswith("broken at #6")
    assert kept in complaint()


def test_an_end_that_was_cut_off_is_named(witness):
    write(5)
    note_head()
    with triggers_disabled(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_link WHERE seq > 2")
        cursor.execute("DELETE FROM audit_entry WHERE subject > 'ra.application:1'")

    assert first_break() is None
    assert "found no link" in complaint()


def test_an_honest_journal_contains_every_head(witness):
    for first in (0, 3):
        write(3, first=first)
        note_head()
    write(2, first=6)

    assert verdict().startswith("intact: 8 entries")
    assert "2, all in the chain" in verdict()


def test_an_empty_journal_has_no_head(witness):
    note_head()

    assert "0, all in the chain" in verdict()


def test_the_daily_walk_asks_the_signer_and_the_page_is_told(witness):
    write(3)
    note_head()
    assert verify(actor=SYSTEM, at=AT) == "done"
    assert chain_state().verified.heads == 1

    chain_anew("UPDATE audit_entry SET outcome = 'x' WHERE subject = 'ra.application:0'")

    assert verify(actor=SYSTEM, at=AT) == "broken"
    found = chain_state().verified
    assert (found.broken_at, found.fault) == (3, "rewritten")
    assert Entry.objects.filter(action="audit.verified", outcome="broken").count() == 1


def test_a_journal_that_went_back_is_an_alarm_when_its_head_is_noted(witness, caplog):
    write(3)
    note_head()
    chain_anew("DELETE FROM audit_entry WHERE subject = 'ra.application:2'")

    note_head()

    alarm = [line for line in caplog.records if line.levelno == logging.CRITICAL]
    assert "journal.head_back" in alarm[0].getMessage()


@pytest.fixture
def rung(broker, settings):
    """Names of the tasks that the broker was rung for."""
    settings.CELERY_BROKER_URL = broker
    names = []

    def hear(sender, **_):
        names.append(sender)

    before_task_publish.connect(hear)
    yield names
    before_task_publish.disconnect(hear)


def test_a_journal_that_went_back_is_verified_at_once(witness, rung):
    """The daily walk would tell the auditors too late."""
    write(3)
    note_head()
    chain_anew("DELETE FROM audit_entry WHERE subject = 'ra.application:2'")

    note_head()
    assert rung == ["audit.verify"]
    assert verify(actor=SYSTEM, at=AT) == "broken"
    note_head()

    assert rung == ["audit.verify"]  # known by now: no walk every five minutes


def test_heads_that_are_gone_are_missed(witness, place):
    """Whoever deletes the file takes the witness away, and that is seen."""
    write(3)
    note_head()
    assert verify(actor=SYSTEM, at=AT) == "done"
    seal()
    note_head()
    verify(actor=SYSTEM, at=AT)
    witness.terminate()
    (place / "home" / "heads.lines").write_text("")
    witness.start()

    assert verify(actor=SYSTEM, at=AT) == "unwitnessed"

    assert not chain_state().verified.witnessed
    assert Entry.objects.filter(action="audit.verified", outcome="unwitnessed").count() == 1


def test_a_signer_that_turns_us_away_is_no_witness(settings, place, caplog):
    """Refused, not unreachable: it does not know this user."""
    path = place / "closed.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        answer = protocol.pack(protocol.error_header(Refused("signer.peer", "Not this user.")))
        threading.Thread(target=turn_away, args=(listener, answer, 3), daemon=True).start()
        settings.SIGNER_SOCKET = str(path)
        write(1)
        note_head()

        assert "was not noted" in caplog.text
        assert "not compared" in complaint()
        assert verify(actor=SYSTEM, at=AT) == "unwitnessed"


def turn_away(listener, answer, times):
    for _ in range(times):
        connection, _ = listener.accept()
        with connection:
            protocol.receive(connection)
            connection.sendall(answer)


def test_without_the_signer_the_command_does_not_say_intact(settings, place, caplog):
    settings.SIGNER_SOCKET = str(place / "nobody.sock")
    write(1)
    note_head()

    assert "was not noted" in caplog.text
    assert "not compared" in complaint()
    assert verify(actor=SYSTEM, at=AT) == "unwitnessed"
    assert chain_state().verified.heads is None
    assert not chain_state().verified.witnessed
