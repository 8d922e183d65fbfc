"""Every process gets by with the rights of its own database role, and has no others.

What a process asks the database is recorded and asked again in its role; only a missing right
counts then.
"""

from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ca.api import overview, request_crl
from ca.crl.services import issue_due_crls
from ca.hierarchy.services import renew_responders
from ca.ocsp.services import sweep_status
from ca.overview.services import note_signer
from ca.signing.services import sweep_orders
from pki import ocsp
from tests.support import ca

CONTROL = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET ")


@pytest.fixture
def asked(connection_as):
    """`with asked("staff"): …` asks the same questions once more in that role."""
    call_command("grant")

    @contextmanager
    def recorded(role):
        with CaptureQueriesContext(connection) as captured:
            yield
        questions = [q["sql"] for q in captured if not q["sql"].startswith(CONTROL)]
        assert questions
        with connection_as(role) as one:
            assert [q for q in questions if is_denied(one, q)] == []

    return recorded


def is_denied(one: psycopg.Connection, question: str) -> bool:
    try:
        with one.transaction(force_rollback=True):
            one.execute(question)
    except psycopg.errors.InsufficientPrivilege:
        return True
    except psycopg.Error:
        return False  # done already: the right was there
    return False


def test_the_staff_site_orders_revokes_and_watches(authorities, asked):
    issued = ca.issue()
    with asked("staff"):
        ca.put_on_order(2)
        ca.hold_it(issued.id)
        ca.release_it(issued.id)
        ca.revoke_it(issued.id)
        request_crl(ca.authority().id, actor=ca.SYSTEM, at=ca.NOW)
        overview(ca.NOW)


def test_workers_sign_list_and_answer(authorities, asked):
    ca.put_on_order(1)
    issued = ca.issue(2, ca.NOW - timedelta(hours=1))
    held = ca.issue(4, ca.NOW - timedelta(hours=1))
    ca.hold_it(held.id, at=ca.NOW - timedelta(hours=1))
    issue_due_crls(at=ca.NOW - timedelta(hours=1))
    ca.release_it(held.id, at=ca.NOW - timedelta(hours=1))
    ca.revoke_it(issued.id)
    ca.put_on_order(3)
    with asked("worker"):
        sweep_orders(at=ca.NOW, entropy=ca.entropy)
        issue_due_crls(at=ca.NOW)
        sweep_status(at=ca.NOW)
        note_signer(at=ca.NOW)
        end = ca.FOUNDED + timedelta(days=729)
        assert renew_responders(at=end, entropy=ca.entropy) == 2


def test_the_public_site_shows_what_is_public(authorities, asked, settings):
    settings.ROOT_URLCONF = "anxin.urls_public"
    issued = ca.issue()
    issue_due_crls(at=ca.NOW)
    sweep_status(at=ca.NOW)
    serial = f"{issued.parsed.serial:x}"
    question = ocsp.encode_request(
        [ocsp.cert_id_for(ca.authority().certificate, issued.parsed.serial)]
    )
    visitor = Client()
    with asked("public"):
        for path in ("/certificates/", "/ca/nmg-sm2.cer", "/crl/nmg-sm2.crl"):
            assert visitor.get(path).status_code == 200
        assert visitor.get(f"/certificates/{serial}.cer").status_code == 200
        assert visitor.get("/certificates/check/", {"serial": serial}).status_code == 200
        visitor.post("/ocsp/", question, content_type="application/ocsp-request")


def test_a_missing_right_is_noticed_here(authorities, asked):
    with pytest.raises(AssertionError, match="people_staffmember"), asked("public"):
        ca.put_on_order()


@pytest.mark.parametrize(
    ("role", "question"),
    [
        ("public", "SELECT warrant FROM ca_certificate"),
        ("public", "UPDATE ca_certificate SET state = 'revoked'"),
        ("public", "SELECT warrant FROM ca_revocation"),
        ("public", "SELECT * FROM ca_signerreport"),
        ("public", "DELETE FROM ca_statusanswer"),
        ("staff", "UPDATE ca_certificate SET der = ''"),
        ("staff", "UPDATE ca_certificate SET serial = '1'"),
        ("staff", "DELETE FROM ca_certificate"),
        ("staff", "DELETE FROM ca_revocation"),
        ("staff", "UPDATE ca_revocation SET reason = 'superseded'"),
        ("staff", "UPDATE ca_statusanswer SET state = 'valid'"),
        ("staff", "DELETE FROM ca_hold"),
        ("staff", "UPDATE ca_hold SET entry = ''"),
        ("public", "SELECT * FROM ca_hold"),
        ("worker", "UPDATE ca_hold SET release_warrant = 1"),
        ("staff", "INSERT INTO ca_revocationlist DEFAULT VALUES"),
        ("staff", "UPDATE ca_certificateauthority SET certificate = ''"),
        ("staff", "DELETE FROM ca_keyclaim"),
        ("worker", "DELETE FROM ca_certificate"),
        ("worker", "DELETE FROM ca_revocation"),
        ("worker", "UPDATE ca_revocation SET entry = ''"),
        ("worker", "DELETE FROM ca_revocationlist"),
        ("worker", "UPDATE ca_nameclaim SET holder = ''"),
    ],
)
def test_what_nobody_should_do_nobody_can(connection_as, transactional_db, role, question):
    """CPS-2.3, CPS-5.2.2: what was issued, revoked or listed neither vanishes nor changes."""
    call_command("grant")

    with connection_as(role) as one:
        assert is_denied(one, question)
