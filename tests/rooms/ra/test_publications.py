"""What everybody may read (CPS-2.3): proposed by one, agreed to by the committee, kept for good."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from anxin.kernel.errors import Kind as Why
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from people.api import Role, approval, vote
from people.approvals.services import expire
from ra.intake import services as intake
from ra.publications import queries, services
from ra.publications.models import Publication
from ra.publications.rules import LARGEST, PDF, TEXT, Kind, media
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT
from tests.support.refusals import refused

TODAY = date(2026, 11, 20)
DAY = timedelta(days=1)
WORDS = "第一条　证书只用于证书中写明的用途。".encode()

pytestmark = pytest.mark.django_db


@pytest.fixture
def tang():
    return hire("tang", Role.SECURITY_ADMIN, office="")


@pytest.fixture
def shao():
    """A member of the policy committee."""
    return hire("shao", Role.POLICY_MEMBER, office="")


def proposed(tang, version="4.2", kind=Kind.CPS, body=WORDS, valid_from=TODAY):
    how = {"valid_from": valid_from, "actor": tang, "at": AT}
    number = services.propose(kind, version, "电子认证业务规则", body, **how)
    return Publication.objects.get(pk=number)


def decided(row, member, *, grants=True, at=AT):
    asked = approval(row.approval_id)
    why = "" if grants else "条款不全"
    vote(asked.id, grants=grants, seen=asked.digest, comment=why, actor=member, at=at)
    row.refresh_from_db()
    return row


def read(path):
    return Client().get(path, HTTP_HOST="localhost")


def test_it_is_published_by_a_member_of_the_committee_alone(tang, shao):
    """CPS-2.3, CPS-5.2.2"""
    row = proposed(tang)
    assert queries.public(AT) == []
    admin = hire("gao", Role.CA_ADMIN, office="")
    asked = approval(row.approval_id)
    with pytest.raises(Refusal):
        vote(asked.id, grants=True, seen=asked.digest, actor=admin, at=AT)

    decided(row, shao)

    (line,) = queries.public(AT)
    assert (line.version, line.current, line.digest) == ("4.2", True, row.digest)
    entries = Entry.objects.filter(subject=f"ra.publication:{row.pk}").values_list("action")
    assert set(entries) == {("ra.propose_document",), ("ra.publication.publish",)}


def test_a_member_who_proposes_does_not_decide(shao):
    """CPS-5.2.2, CPS-5.2.4"""
    both = hire("gao", Role.CA_ADMIN, Role.POLICY_MEMBER, office="")
    row = proposed(both)

    with pytest.raises(Refusal) as refusal:
        decided(row, both)

    assert refusal.value.kind is Why.FORBIDDEN
    assert decided(row, shao).state == "published"


def test_what_is_agreed_to_is_the_file_and_not_its_name(tang, shao):
    """CPS-2.3: bytes that changed behind the committee's back are not published."""
    row = proposed(tang)
    Publication.objects.filter(pk=row.pk).update(body=WORDS + "。".encode())

    with pytest.raises(Refusal) as refusal:
        decided(row, shao)

    assert refusal.value.rule == "approval.other_act"
    assert queries.public(AT) == []


def test_a_later_version_takes_its_place_and_the_older_stays(tang, shao):
    """CPS-2.1, CPS-2.3"""
    decided(proposed(tang, "4.2"), shao)
    decided(proposed(tang, "4.3", valid_from=TODAY + 10 * DAY), shao)

    before, after = queries.public(AT), queries.public(AT + 10 * DAY)

    assert [(line.version, line.current) for line in before] == [("4.2", True)]
    assert [(line.version, line.current) for line in after] == [("4.3", True), ("4.2", False)]
    assert refused(queries.published, Kind.CPS, "4.3", AT).rule == "publications.unknown"
    assert queries.published(Kind.CPS, "4.2", AT + 10 * DAY).body == WORDS


def test_no_version_begins_in_the_middle_of_anothers_day(tang, shao):
    """CPS-4.1.2.4: what somebody agreed to this morning was in force this morning."""
    decided(proposed(tang, "4.2"), shao)

    late = proposed(tang, "4.3", valid_from=TODAY + DAY)
    assert refused(proposed, tang, "4.4").rule == "publications.succeeds_today"
    with pytest.raises(Refusal) as refusal:
        decided(late, shao, at=AT + DAY)
    assert refusal.value.rule == "publications.succeeds_today"
    assert queries.public(AT + DAY)[0].version == "4.2"


def test_notices_stand_beside_each_other(tang, shao):
    for version in ("2026-1", "2026-2"):
        decided(proposed(tang, version, Kind.NOTICE), shao)

    assert [line.current for line in queries.public(AT)] == [True, True]


def test_what_was_declined_or_forgotten_is_not_published_and_frees_its_version(tang, shao):
    decided(proposed(tang), shao, grants=False)
    again = proposed(tang)
    expire(at=AT + 8 * DAY)

    assert queries.everything(AT + 8 * DAY) == []
    how = {"valid_from": TODAY + 9 * DAY, "actor": tang, "at": AT + 8 * DAY}
    services.propose(Kind.CPS, "4.2", "电子认证业务规则", WORDS, **how)
    again.refresh_from_db()
    assert again.state == "refused"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"version": "4/2"}, "version"),
        ({"version": "第四版"}, "version"),
        ({"valid_from": TODAY - DAY}, "valid_from"),
        ({"body": b""}, "size"),
        ({"body": b"%PDF-" + bytes(LARGEST)}, "size"),
        ({"body": b"\x89PNG\r\n\x1a\n"}, "file"),
        ({"body": b"a\0b"}, "file"),
        ({"body": b" \n"}, "file"),
    ],
)
def test_what_cannot_be_published_is_refused(tang, change, rule):
    found = refused(proposed, tang, **change)

    assert (found.rule, found.field) == (
        f"publications.{rule}",
        "file" if "body" in change else rule,
    )
    assert not Publication.objects.exists()


def test_a_version_and_a_day_are_taken_once(tang, shao):
    row = proposed(tang)
    assert refused(proposed, tang).field == "version"
    decided(row, shao)

    assert refused(proposed, tang).field == "valid_from"
    late = proposed(tang, "4.3", valid_from=TODAY + DAY)
    other = proposed(tang, "4.4", valid_from=TODAY + DAY)
    decided(late, shao)
    with pytest.raises(Refusal) as refusal:
        decided(other, shao)
    assert refusal.value.rule == "publications.taken"


def test_a_file_is_a_pdf_or_text():
    assert media(b"%PDF-1.7 ...") == PDF
    assert media("\ufeff第一条\r\n".encode()) == TEXT


def test_nothing_is_published_unless_two_agreed(tang):
    """CPS-5.2.2: not even by a statement of the database."""
    row = proposed(tang)

    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.filter(pk=row.pk).update(state="published", approval_id=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_column_privilege('anxin_staff', 'ra_publication', 'body', 'UPDATE')"
        )
        assert cursor.fetchone() == (False,)


def test_people_agree_to_what_is_in_force_when_they_do(counter):
    """CPS-4.1.2.4"""
    ra.publish_agreement("2027-01", TODAY + 10 * DAY)
    draft = ra.draft(counter.chen)
    how = {"how": "on_screen", "actor": counter.chen}

    later = AT + 10 * DAY
    assert refused(intake.accept_agreement, draft, "2027-01", at=AT, **how).field == "agreement"
    intake.accept_agreement(draft, "2027-01", at=later, **how)
    intake.accept_agreement(draft, ra.AGREEMENT, agreed_at=AT, at=later, **how)
    wrong = refused(intake.accept_agreement, draft, ra.AGREEMENT, at=later, **how)
    assert wrong.rule == "applications.agreement_version"


def test_before_an_agreement_is_published_nobody_agrees_to_it(counter):
    """CPS-4.1.2.4"""
    draft = ra.draft(counter.chen)
    Publication.objects.all().delete()

    found = refused(intake.accept_agreement, draft, "", how="on_screen", actor=counter.chen, at=AT)

    assert found.rule == "applications.agreement_version"


# --- pages -----------------------------------------------------------------------------------


def test_an_administrator_hands_it_in_and_the_committee_reads_it(tang, shao):
    window, member = signed_in(tang), signed_in(shao)
    day = datetime.now(UTC).date() + 2 * DAY
    sent = {"kind": "cps", "version": "4.2", "title": "电子认证业务规则", "valid_from": f"{day}"}

    def hand_in(browser):
        return browser.post(
            "/w/publications/propose/", sent | {"file": SimpleUploadedFile("cps.txt", WORDS)}
        )

    answer = hand_in(window)
    row = Publication.objects.get()

    assert answer.status_code == 302
    assert "去审批" in member.get("/w/publications/").content.decode()
    assert WORDS.decode() in member.get(f"/w/publications/{row.pk}/").content.decode()
    assert member.get(f"/w/publications/{row.pk}/file/").content == WORDS
    assert hand_in(member).status_code == 403


@pytest.mark.urls("anxin.urls_public")
def test_everybody_reads_it_and_finds_the_same_bytes(tang, shao):
    """CPS-2.3: without an account."""
    now = datetime.now(UTC)
    how = {"valid_from": (now + timedelta(hours=8)).date(), "actor": tang, "at": now}
    for kind, body in ((Kind.CPS, b"%PDF-1.7 <script>"), (Kind.AGREEMENT, WORDS + b"<script>")):
        number = services.propose(kind, "4.2", "文件", body, **how)
        decided(Publication.objects.get(pk=number), shao, at=now)

    page = read("/publications/").content.decode()
    text = read("/publications/agreement/4.2/").content.decode()
    file = read("/publications/cps/4.2/file/")

    assert page.count('class="tag ok"') == 2
    assert WORDS.decode() in text
    assert "&lt;script&gt;" in text
    assert (file.content, file["Content-Type"]) == (b"%PDF-1.7 <script>", "application/pdf")
    assert file["Content-Disposition"] == 'attachment; filename="cps-4.2.pdf"'
    assert read("/publications/cps/9.9/").status_code == 404
    assert read("/publications/secrets/4.2/").status_code == 404


# --- the roles of the sites --------------------------------------------------------------------


def test_the_public_site_reads_nothing_the_committee_has_not_published(in_role):
    """CPS-2.3, WP-6: whatever it asks the database for."""
    tang = hire("tang", Role.SECURITY_ADMIN, office="")
    shao = hire("shao", Role.POLICY_MEMBER, office="")
    decided(proposed(tang, "4.2"), shao)
    proposed(tang, "4.3", valid_from=TODAY + DAY)

    with in_role("public"):
        assert list(Publication.objects.values_list("version", flat=True)) == ["4.2"]
        assert queries.published(Kind.CPS, "4.2", AT).body == WORDS


def test_staff_publish_what_the_committee_agreed_to_and_nothing_else(in_role):
    """CPS-2.3: also whoever has the staff site's database role in hand."""
    tang = hire("tang", Role.SECURITY_ADMIN, office="")
    shao = hire("shao", Role.POLICY_MEMBER, office="")
    with in_role("staff"):
        first = decided(proposed(tang, "4.2"), shao)
        other = proposed(tang, "4.3", valid_from=TODAY + DAY)
        rows = Publication.objects.filter(pk=other.pk)

        for change in (
            {"state": "published"},  # nobody has agreed
            {"state": "published", "approval_id": first.approval_id},  # to another one
        ):
            with pytest.raises(ProgrammingError, match="the committee publishes"):
                rows.update(**change)
        with pytest.raises(ProgrammingError, match="the committee publishes"):
            Publication.objects.filter(pk=first.pk).update(state="refused")
        other.pk, other.state, other.version = None, "published", "4.4"
        with pytest.raises(ProgrammingError, match="the committee publishes"):
            other.save(force_insert=True)

        assert decided(rows.get(), shao).state == "published"
