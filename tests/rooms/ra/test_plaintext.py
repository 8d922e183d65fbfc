"""No plaintext on a disk (WP-6.2/6.3), and a journal entry for every step (CPS-5.4.1)."""

import os
import subprocess
from datetime import timedelta

from django.conf import settings
from django.db import connection

from audit.journal.models import Entry
from ra.evidence import services as evidence
from ra.handover.services import issue_download_codes, pick_up
from ra.intake import services as intake
from ra.receipts.services import print_receipt
from ra.review import services as review
from tests.support import ra
from tests.support.ra import AT, FIELDS, MINUTE

LATER = AT + timedelta(hours=1)


def dumped(services):
    """The whole database as `pg_dump` writes it."""
    name = connection.settings_dict["NAME"]
    told = services.postgres.environment("owner", name)
    return subprocess.run(
        [services.postgres._binaries / "pg_dump", "--dbname", told["DATABASE_URL"]],
        env=os.environ | told,
        capture_output=True,
        check=True,
    ).stdout


def traces(haystack, values):
    """Those of the values that stand in the bytes, as text or as the dump's hexadecimal."""
    return [
        value
        for value in values
        if value.encode() in haystack or value.encode().hex().encode() in haystack
    ]


def test_until_the_certificate_nothing_personal_is_on_the_disk(
    live_counter, services, evidence_dir
):
    """Names, numbers, telephones, the documents and the codes: not in tables, not in files."""
    application_id, told = ra.submitted(live_counter)
    scan = ra.picture(77, (300, 200), "JPEG")
    draft = intake.open_draft("personal-sm2-sign", actor=live_counter.chen, at=AT)
    intake.save_draft(draft.id, FIELDS | {"phone": "not a number"}, actor=live_counter.chen, at=AT)
    evidence.add_evidence(
        draft.id, "id_front", "林知夏身份证.jpg", scan, actor=live_counter.chen, at=AT
    )
    ra.look_through(application_id, live_counter.ren)
    print_receipt(
        application_id,
        access_code=told.access_code,
        status_url="https://ra.example.cn/",
        actor=live_counter.chen,
        at=LATER,
    )
    secret = [
        FIELDS["name"],
        FIELDS["document_number"],
        FIELDS["phone"],
        FIELDS["email"],
        "not a number",
        told.access_code,
        told.access_code.replace("-", ""),
    ]

    dump = dumped(services)
    assert told.number.encode() in dump  # it is the right database
    assert traces(dump, secret) == []
    files = [path.read_bytes() for path in evidence_dir.rglob("*") if path.is_file()]
    assert len(files) > 9
    for content in files:
        assert traces(content, secret) == []
        assert scan[50:90] not in content


def test_codes_are_nowhere_in_the_database(live_counter, services):
    """CPS-4.3.1"""
    application_id = ra.issued(live_counter)
    codes = issue_download_codes(application_id, actor=live_counter.chen, at=LATER)

    plain = codes.authorisation_code
    assert traces(dumped(services), [plain, plain.replace("-", "")]) == []


STEPS = [
    "ra.open_draft",
    "ra.save_draft",
    "ra.add_evidence",
    "ra.attach_request",
    "ra.accept_agreement",
    "ra.enter_subscriber",
    "people.approval.propose",
    "ra.application.submit",
    "ra.issue_access_code",
    "ra.claim",
    "ra.view_evidence",
    "ra.verdict",
    "people.approval.vote",
    "people.approval.grant",
    "people.approval.use",
    "ca.order_certificate",
    "ra.application.approve",
    "ra.application.hand_over",
    "ra.issue_download_codes",
    "ra.downloadcredential.use",
    "ra.application.accept",
]


def test_every_step_from_counter_to_acceptance_is_in_the_journal(live_counter):
    """CPS-5.4.1, and in the order in which it was done."""
    application_id = ra.issued(live_counter)
    codes = issue_download_codes(application_id, actor=live_counter.chen, at=LATER)
    pick_up(codes.reference, codes.authorisation_code, at=LATER)

    written = list(Entry.objects.order_by("pk").values_list("action", flat=True))
    first = [written.index(step) for step in STEPS]
    assert first == sorted(first)


def test_the_journal_holds_no_personal_data(live_counter):
    """WP-6.4, WP-6.5: an entry cannot be shredded, so it must not need to be."""
    application_id = ra.issued(live_counter)
    review.reveal(
        application_id, "phone", reason="call_applicant", actor=live_counter.ren, at=LATER
    )

    written = "".join(
        f"{entry.subject}{entry.details}{entry.actor_name}" for entry in Entry.objects.all()
    ).encode()
    certified = "CN=林知夏"  # what the certificate says is public (CPS 9.4)
    written = written.replace(certified.encode(), b"")
    assert traces(written, [FIELDS[code] for code in ("name", "document_number", "phone")]) == []


def test_uploads_do_not_spool():
    """The handler that would write evidence to a temporary file is not there."""
    assert settings.FILE_UPLOAD_HANDLERS == ["anxin.uploads.InMemoryUpload"]


def test_the_decoder_leaves_nothing_in_the_temporary_directory(tmp_path, monkeypatch, counter):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    draft = intake.open_draft("personal-sm2-sign", actor=counter.chen, at=AT)

    evidence.add_evidence(
        draft.id, "id_front", "a.png", ra.picture(), actor=counter.chen, at=AT + MINUTE
    )

    assert [p for p in tmp_path.iterdir() if p.name != "evidence"] == []
