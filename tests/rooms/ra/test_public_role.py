"""What the public site's database role may do (WP-6, CPS-9.3/9.4): two acts, and no more."""

from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from anxin.grants import GRANTS
from anxin.kernel.errors import Refusal
from ra.applications.models import Application
from ra.branches.models import Office
from ra.evidence.services import sweep_orphans
from ra.handover import queries, services
from ra.handover.models import DownloadCredential, StatusAccess
from ra.review import decisions
from ra.review import services as review
from tests.support import ra
from tests.support.ra import AT, FIELDS

LATER = AT + timedelta(hours=1)
RA_TABLES = sorted(table for table in GRANTS if table.startswith("ra_"))


def denied(sql, *values):
    """Whether the role of this connection may not; whatever it did is undone."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            transaction.set_rollback(True)
    except ProgrammingError as error:
        return isinstance(error.__cause__, InsufficientPrivilege)
    return False


@pytest.fixture
def issued(live_counter):
    """An issued application, what the applicant was told, and both download codes."""
    application_id, told = ra.submitted(live_counter)
    seen = ra.look_through(application_id, live_counter.ren)
    decisions.decide_approve(application_id, seen=seen, actor=live_counter.ren, at=AT)
    ra.ca.sign_all(at=AT + timedelta(minutes=4))
    row = Application.objects.get(pk=application_id)
    services.hand_over([row.certificate_id], at=LATER)
    codes = services.issue_download_codes(application_id, actor=live_counter.chen, at=LATER)
    return application_id, told, codes


def test_the_status_page_works_under_the_role(issued, in_role):
    _, told, codes = issued

    with in_role("public"):
        view = services.status_of(told.number, told.access_code, address="192.0.2.7", at=LATER)

    assert (view.state, view.reference, view.office) == ("issued", codes.reference, "栖原受理点")


def test_a_returned_application_is_told_under_the_role(live_counter, in_role):
    application_id, told = ra.submitted(live_counter)
    review.claim(application_id, actor=live_counter.ren, at=LATER)
    decisions.return_for_correction(
        application_id, ["A06"], message="请补签申请表", actor=live_counter.ren, at=LATER
    )

    with in_role("public"):
        view = services.status_of(told.number, told.access_code, at=LATER)

    assert (view.state, view.message) == ("returned", "请补签申请表")


def test_picking_up_works_under_the_role(issued, in_role):
    application_id, _, codes = issued

    with in_role("public"):
        picked = services.pick_up(codes.reference, codes.authorisation_code, at=LATER)

    assert picked.der
    assert ra.state_of(application_id) == "accepted"


def test_wrong_codes_are_counted_under_the_role(issued, in_role):
    _, told, codes = issued

    with in_role("public"):
        for _ in range(5):
            with pytest.raises(Refusal):
                services.pick_up(codes.reference, "0000", at=LATER)
            with pytest.raises(Refusal):
                services.status_of(told.number, "0000", at=LATER)

    assert DownloadCredential.objects.get(reference=codes.reference).state == "locked"
    assert StatusAccess.objects.get(number=told.number).locked_until is not None


def test_the_role_needs_no_key_that_opens_anything(issued, in_role, settings):
    """The public site is not even given the key-encryption key and the index key."""
    _, told, _ = issued
    settings.SECRETS_FOR_SITE = frozenset({"code-pepper"})

    with in_role("public"):
        assert services.status_of(told.number, told.access_code, at=LATER).number == told.number


# --- and no more -----------------------------------------------------------------------------

SEALED = [
    ("ra_dossier", "identity"),
    ("ra_dossier", "request"),
    ("ra_application", "document_index"),
    ("ra_application", "phone_index"),
    ("ra_application", "name_index"),
    ("ra_application", "data_key"),
    ("ra_application", "maker_id"),
    ("ra_application", "checks"),
    ("ra_subscriber", "identity"),
    ("ra_document", "sm3"),
    ("ra_page", "image"),
    ("ra_itemverdict", "verdict"),
    ("ra_decision", "reviewer_id"),
    ("ra_revocationrequest", "note"),
    ("kmc_datakey", "wrapped"),
    ("people_staffmember", "login"),
    ("people_approval", "payload"),
    ("audit_entry", "details"),
    ("people_staffsession", "session_data"),
]


def test_it_reads_nothing_that_is_not_public(in_role):
    with in_role("public"):
        readable = [
            (table, column)
            for table, column in SEALED
            if not denied(f"SELECT {column} FROM {table}")
        ]

    assert readable == []


def test_it_reads_exactly_the_columns_the_page_needs(in_role):
    told = {c if c != "office" else "office_id" for c in queries.PUBLIC_COLUMNS}

    with in_role("public"):
        readable = {
            field.column
            for field in Application._meta.concrete_fields
            if not denied(f"SELECT {field.column} FROM ra_application")
        }

    assert readable == told


WRITES = [
    "UPDATE ra_application SET masked_name = 'x'",
    "UPDATE ra_application SET certificate_id = 1",
    "UPDATE ra_application SET decided_by = 1",
    "UPDATE ra_statusaccess SET code_hash = '\\x00'",
    "UPDATE ra_downloadcredential SET code_hash = '\\x00'",
    "UPDATE ra_downloadcredential SET expires_at = now()",
    "UPDATE ra_downloadcredential SET application_id = NULL",
    "UPDATE ra_decision SET message = 'x'",
    "UPDATE audit_entry SET action = 'x'",
    "UPDATE ca_certificate SET state = 'revoked'",
]


def test_it_changes_nothing_else(in_role):
    with in_role("public"):
        assert [sql for sql in WRITES if not denied(sql)] == []


def test_it_adds_and_removes_no_row(in_role):
    tables = [*RA_TABLES, "kmc_datakey", "kmc_inboxkey", "people_vote", "ca_certificate"]
    acts = ("INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}")
    asked = [act.format(table) for table in tables for act in acts]

    with in_role("public"):
        done = [act for act in asked if act.split()[2:3] not in ADDED and not denied(act)]

    assert done == []


ADDED = [["ra_submission"], ["ra_submissionfile"], ["ra_statusaccess"]]  # what comes in online


def test_it_sends_in_its_own_name_only(counter, in_role):
    """WP-6: it begins and hands in; it settles nothing, and gives no code to what is there."""
    with in_role("public"):
        assert denied(
            "INSERT INTO ra_statusaccess (number, code_hash, tries, application_id)"
            " VALUES ('ON20261120-00000001', '\\x00', 0, 1)"
        )
        assert denied("DELETE FROM ra_submission")
        assert denied("DELETE FROM ra_submissionfile")
        assert denied("SELECT sealed FROM ra_submission")
        assert denied("SELECT sealed FROM ra_submissionfile")
        assert denied("UPDATE ra_submission SET sealed = ''")
        assert denied("UPDATE ra_statusaccess SET application_id = 1")


ENDS = {
    "state": "waiting",
    "reason": "abuse",
    "handed_in_at": AT,
    "alarmed_at": AT,
    "settled_at": AT,
    "settled_by": 1,
}


def test_it_begins_with_nothing_said_of_the_end(live_counter, in_role):
    """CPS-4.9.5: who says that somebody was told, or that it is settled, is not its sender."""
    office = Office.objects.get(code=live_counter.chen.office).pk
    plain = {
        "state": "open",
        "number": "ON20261120-00000001",
        "profile": "personal-sm2-sign",
        "office_id": office,
        "purpose": "apply",
        "worded": True,
        "slots": [],
        "network": b"",
        "sealed": b"",
        "reason": "",
        "opened_at": AT,
    }

    def begins(**changes):
        row = plain | changes
        places = ", ".join(["%s"] * len(row))
        return not denied(
            f"INSERT INTO ra_submission ({', '.join(row)}) VALUES ({places})", *row.values()
        )

    with in_role("public"):
        assert begins()
        assert [name for name, value in ENDS.items() if begins(**{name: value})] == []


STEPS = [
    ("issued", "accepted", True),
    ("submitted", "approved", False),
    ("submitted", "accepted", False),
    ("approved", "issued", False),
    ("accepted", "issued", False),
    ("rejected", "accepted", False),
    ("issued", "cancelled", False),
]


def test_it_moves_an_application_one_step_only(live_counter, in_role):
    """The column grant says `state`; the trigger says from where to where."""
    application_id = ra.approved(live_counter)
    moved = []

    for before, after, _ in STEPS:
        Application.objects.filter(pk=application_id).update(state=before)
        with in_role("public"):
            sql = "UPDATE ra_application SET state = %s WHERE id = %s"
            moved.append(not denied(sql, after, application_id))

    assert moved == [allowed for _, _, allowed in STEPS]


# --- the other two roles do their work -------------------------------------------------------


def test_staff_and_workers_do_their_work_under_their_roles(live_counter, in_role):
    with in_role("staff"):
        application_id = ra.approved(live_counter)
    ra.ca.sign_all(at=AT + timedelta(minutes=4))
    certificate = Application.objects.get(pk=application_id).certificate_id

    with in_role("worker"):
        assert services.hand_over([certificate], at=LATER) == 1
        assert services.sweep_issued(at=LATER) == 0
    with in_role("staff"):
        codes = services.issue_download_codes(application_id, actor=live_counter.chen, at=LATER)

    assert codes.reference
    assert FIELDS["name"] not in repr(codes)


def test_workers_sweep_evidence_under_their_role(in_role, evidence_dir):
    (evidence_dir / "ab" / "cd").mkdir(parents=True)
    orphan = evidence_dir / "ab" / "cd" / ("abcd" + "0" * 28)
    orphan.write_bytes(b"AXF1")

    with in_role("worker"):
        swept = sweep_orphans(at=AT + timedelta(days=3650))

    assert (swept, orphan.exists()) == (1, False)
