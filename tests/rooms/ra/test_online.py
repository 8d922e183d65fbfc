"""Applying and correcting over the public site: CPS-4.1, CPS-4.1.2.4, CPS-4.2.2."""

import struct
import zlib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal, Refusals
from audit.journal.models import Entry
from kmc import api as kmc
from people.api import Role
from pki import pem
from ra.applications.models import Application
from ra.evidence.models import Document
from ra.handover import services as handover
from ra.intake import handing_in
from ra.intake import queries as intake
from ra.notices import queries as notices
from ra.notices.models import Notice
from ra.online import queries, rules, sending, taking
from ra.online.models import Submission, SubmissionFile
from ra.review import decisions
from ra.review import services as review
from ra.review.case import case
from tests.rooms.ra import test_offices
from tests.rooms.ra.test_public_role import denied
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, FIELDS, MINUTE, PAPERS
from tests.support.refusals import refused_by

PROFILE = "personal-sm2-sign"
HOME = "192.0.2.7"
OUTSIDE = frozenset({"code-pepper", "django-secret-key-public"})  # the public site's secrets
GIVEN = {
    "years": 1,
    "office": "LRA0103",
    "request": "",
    "agreed": ra.AGREEMENT,
    "address": HOME,
    "at": AT,
}


@pytest.fixture(autouse=True)
def inbox(db):
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)


def request(number: int = 1) -> str:
    return pem.write("CERTIFICATE REQUEST", ra.request(number)).decode()


def begun(number: int = 1, fields=FIELDS, **changes) -> sending.Begun:
    return sending.begin(PROFILE, fields, **(GIVEN | {"request": request(number)} | changes))


def add(number: str, slot: str, seed: int = 0) -> None:
    sending.add_file(number, slot, "a.png", ra.picture(seed), address=HOME, at=AT)


def sent(number: int = 1, **changes) -> sending.Begun:
    """An application with all its papers, handed in."""
    told = begun(number, **changes)
    for seed, slot in enumerate(PAPERS):
        add(told.number, slot, 10 * number + seed)
    sending.hand_in(told.number, address=HOME, at=AT)
    return told


def hollow() -> bytes:
    """A PNG from outside, with no picture inside."""
    whole = ra.picture()
    head, tail = whole[:33], whole[-12:]  # signature and IHDR; IEND
    body = b"IDAT" + b"nothing"
    return head + struct.pack(">I", 7) + body + struct.pack(">I", zlib.crc32(body)) + tail


def row_of(number: str) -> Submission:
    return Submission.objects.get(number=number)


# --- the public site -------------------------------------------------------------------------


def test_applying_needs_neither_key_nor_more_than_the_public_role(live_counter, in_role, settings):
    """CPS-4.1, WP-6: the process that takes it in cannot read it again."""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    settings.SECRETS_FOR_SITE = OUTSIDE

    with in_role("public"):
        told = sent()
        view = queries.submission(told.number)
        known = handover.let_in(told.number, told.access_code, at=AT)

    assert (view.state, view.office, known) == ("waiting", "栖原受理点", told.number)
    sealed = bytes(row_of(told.number).sealed)
    assert FIELDS["document_number"].encode() not in sealed
    assert FIELDS["name"].encode() not in sealed
    entries = [
        str(one.details) for one in Entry.objects.filter(subject__startswith="ra.submission")
    ]
    assert len(entries) == 2 + len(PAPERS)
    assert not any(FIELDS["name"] in text or FIELDS["phone"] in text for text in entries)


def test_everything_wrong_is_told_at_once(counter):
    """CPS-4.1, CPS-3.2.1, CPS-4.1.2.4"""
    wrong = FIELDS | {"document_number": "330199199203150021", "phone": "12"}

    with pytest.raises(Refusals) as found:
        begun(fields=wrong, request="no request", agreed="")

    assert [(one.field, one.cps) for one in found.value.items] == [
        ("document_number", "3.2.3"),
        ("phone", "3.2.3"),
        ("agreed", "4.1.2.4"),
        ("request", "3.2.1"),
    ]
    assert not Submission.objects.exists()


def test_nothing_is_handed_in_without_its_papers(counter):
    """CPS-4.2.3: the clock starts by what is whole."""
    told = begun()
    add(told.number, "id_front")

    assert refused_by(sending.hand_in, told.number, address=HOME, at=AT) == "online.incomplete"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"MZ\x90", "evidence.type"),
        (b"", "evidence.empty"),
        (ra.picture() + b"more", "evidence.trailing_data"),
        (bytes(rules.LIMIT + 1), "online.too_large"),
    ],
)
def test_a_file_is_looked_at_from_outside(counter, data, rule):
    """CPS-3.2.3"""
    told = begun()

    assert (
        refused_by(sending.add_file, told.number, "id_front", "a.png", data, address=HOME, at=AT)
        == rule
    )


def test_what_is_agreed_to_is_the_version_that_was_on_the_page(counter):
    """CPS-4.1.2.4: a form that lay open overnight shows the new one, unticked."""
    after = AT + timedelta(days=10)
    ra.publish_agreement("2026-12", after.date())

    assert begun(at=AT).number
    assert refused_by(begun, at=after) == "online.not_agreed"
    assert begun(at=after, agreed="2026-12").number


def test_one_line_fills_neither_slot_nor_house(counter):
    """CPS-4.1: three files a slot, ten open submissions a network."""
    told = begun()
    for seed in range(rules.PER_SLOT):
        add(told.number, "id_front", seed)
    assert refused_by(add, told.number, "id_front", 9) == "online.many_files"
    for _ in range(rules.OPEN_AT_ONCE - 1):
        begun()

    assert refused_by(begun) == "online.many_open"
    assert begun(address="198.51.100.1").number


def test_all_lines_together_do_not_fill_the_house(counter, monkeypatch):
    """CPS-4.1: the journal and the lists are written to the same disk."""
    told = begun()
    monkeypatch.setattr(rules, "BYTES_AT_ONCE", 10)
    assert refused_by(add, told.number, "id_front", 1) == "online.full"
    monkeypatch.setattr(rules, "UNSETTLED_AT_ONCE", 1)
    assert refused_by(begun, address="198.51.100.1") == "online.full"


def test_what_was_handed_in_takes_nothing_more(counter):
    told = sent()

    assert refused_by(add, told.number, "id_front", 77) == "online.not_open"
    assert refused_by(sending.hand_in, told.number, address=HOME, at=AT) == "online.not_open"


@pytest.mark.parametrize("profile", ["bench-p256-sign", "gold-card", "personal-nonsense"])
def test_what_is_not_offered_is_not_applied_for(counter, profile):
    """CPS-1.5.1"""
    assert refused_by(sending.begin, profile, FIELDS, **GIVEN) == "online.profile"


# --- the counter -----------------------------------------------------------------------------


def test_an_operator_takes_it_in_and_is_its_maker(counter):
    """CPS-4.1, CPS-4.1.2.4, CPS-4.3.1: the same dossier as at the desk; the same code goes on."""
    told = sent()

    number = taking.take(told.number, actor=counter.chen, at=AT + MINUTE).number

    row = Application.objects.get(number=number)
    assert (row.state, row.channel, row.maker_id) == ("draft", "online", counter.chen.person_id)
    assert (row.agreement_how, row.agreement_at) == ("on_screen", AT)
    papers = Document.objects.filter(application=row)
    assert sorted(papers.values_list("slot", flat=True)) == sorted(PAPERS)
    ra.verify(row.pk, counter.chen)
    done = handing_in.submit(row.pk, actor=counter.chen, at=AT + MINUTE)
    assert (done.access_code, done.asked_by) == ("", told.number)
    received = notices.opened(Notice.objects.get(application=row))
    assert told.number in received.subject + received.text
    assert number not in received.subject + received.text
    assert handover.status_of(told.number, told.access_code, at=AT).number == number
    left = row_of(told.number)
    assert (left.state, bytes(left.sealed), left.application_id) == ("taken", b"", row.pk)
    assert not SubmissionFile.objects.exists()
    entry = Entry.objects.get(action="ra.submission.take")
    assert (entry.actor_id, "林知夏" in str(entry.details)) == (counter.chen.person_id, False)


def test_another_office_neither_sees_nor_takes_it(counter):
    """CPS-1.4.2"""
    told = sent()

    assert queries.waiting(counter.zhao) == []
    assert refused_by(taking.take, told.number, actor=counter.zhao, at=AT) == "online.unknown"
    assert [one.number for one in queries.waiting(counter.chen)] == [told.number]


def test_what_came_in_goes_to_the_office_that_goes_on(counter):
    """CPS-5.8"""
    told = sent()
    tang, gao = hire("tang", Role.SECURITY_ADMIN, office=""), hire("gao", Role.CA_ADMIN, office="")

    test_offices.stop("LRA0103", "RA02", tang, gao)

    assert queries.offices() == [("RA01", "栖原注册中心"), ("RA02", "江海注册中心")]
    assert [one.number for one in queries.waiting(counter.zhao)] == [told.number]
    assert taking.take(told.number, actor=counter.zhao, at=AT + 30 * MINUTE)


def test_a_reviewer_takes_nothing_in(counter):
    """CPS-4.3.1"""
    told = sent()

    assert (
        refused_by(taking.take, told.number, actor=counter.ren, at=AT)
        == "applications.not_an_operator"
    )
    assert (
        refused_by(taking.refuse, told.number, "duplicate", actor=counter.ren, at=AT)
        == "applications.not_an_operator"
    )


def test_a_file_that_does_not_open_stops_the_taking_in(counter):
    """CPS-3.2.3: nothing of it is half there."""
    told = begun()
    sending.add_file(told.number, "id_front", "a.png", hollow(), address=HOME, at=AT)
    for seed, slot in enumerate(PAPERS):
        add(told.number, slot, seed)
    sending.hand_in(told.number, address=HOME, at=AT)

    with pytest.raises(Refusal) as found:
        taking.take(told.number, actor=counter.chen, at=AT)

    assert found.value.rule.startswith("evidence.")
    assert row_of(told.number).state == "waiting"
    assert not Application.objects.exists()


def test_who_is_turned_down_reads_why(counter):
    """CPS-4.2.2"""
    told = sent()

    assert (
        refused_by(taking.refuse, told.number, "I do not like it", actor=counter.chen, at=AT)
        == "online.reason"
    )
    taking.refuse(told.number, "unreadable", actor=counter.chen, at=AT)

    view = queries.submission(told.number)
    assert (view.state, view.reason, view.slots[0][1]) == ("refused", "unreadable", ())
    assert bytes(row_of(told.number).sealed) == b""


# --- correcting ------------------------------------------------------------------------------


def test_what_came_back_is_corrected_by_upload(counter):
    """CPS-4.2.2"""
    application_id, told = ra.submitted(counter)
    assert (
        refused_by(
            sending.begin_correction, told.number, message="x", request="", address=HOME, at=AT
        )
        == "online.not_returned"
    )
    review.claim(application_id, actor=counter.ren, at=AT)
    decisions.return_for_correction(
        application_id, ["A06"], message="请补签申请表", actor=counter.ren, at=AT
    )
    correction = sending.begin_correction(
        told.number, message="已补签", request=request(2), address=HOME, at=AT
    )
    add(correction.number, "application_form", 99)
    add(correction.number, "application_form", 99)  # once more: a button is pressed twice
    sending.hand_in(correction.number, address=HOME, at=AT)

    seen = queries.opened(correction.number, counter.chen)
    number = taking.take(correction.number, actor=counter.chen, at=AT + MINUTE).number

    assert (seen.opened.message, seen.application, number) == ("已补签", told.number, told.number)
    forms = Document.objects.filter(application_id=application_id, slot="application_form")
    assert forms.count() == 2
    key = Application.objects.get(pk=application_id).key_fingerprint
    assert key == ra.key(2).public.fingerprint
    other = sending.begin_correction(told.number, message="改", request="", address=HOME, at=AT)
    sending.hand_in(other.number, address=HOME, at=AT)
    colleague = hire("beside", Role.OPERATOR, office="LRA0103")
    assert refused_by(taking.take, other.number, actor=colleague, at=AT) == "applications.not_yours"
    assert queries.opened(other.number, counter.chen).opened.message == "改"


def test_what_was_written_with_a_correction_stays_for_who_checks_it(counter):
    """CPS-4.2.2, CPS-9.3: sealed with the application, whole for its maker, masked for others."""
    application_id, told = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=AT)
    words = {"message": "请更正姓名", "actor": counter.ren, "at": AT}
    decisions.return_for_correction(application_id, ["A06"], **words)
    text = "姓名没有错，证件号 330199199203150020 以证件为准。"
    came = sending.begin_correction(told.number, message=text, request="", address=HOME, at=AT)
    sending.hand_in(came.number, address=HOME, at=AT)

    taking.take(came.number, actor=counter.chen, at=AT + MINUTE)

    (kept,) = intake.intake(told.number, counter.chen, at=AT + MINUTE).said
    assert (kept.number, kept.when, kept.text) == (came.number, AT, text)
    assert kept.masked == "姓名没有错，证件号 ****************20 以证件为准。"
    row = Application.objects.get(pk=application_id)
    assert b"330199" not in bytes(row.dossier.said)
    handing_in.submit(application_id, actor=counter.chen, at=AT + 2 * MINUTE)
    assert [one.text for one in case(told.number, counter.shen, at=AT + 3 * MINUTE).said] == [text]
    page = signed_in(counter.shen).get(f"/w/cases/{told.number}/?tab=log").content.decode()
    assert kept.masked in page
    assert text not in page


def test_an_empty_correction_corrects_nothing(counter):
    """CPS-4.2.2"""
    application_id, told = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=AT)
    decisions.return_for_correction(
        application_id, ["A06"], actor=counter.ren, at=AT, message="请补签申请表"
    )
    empty = sending.begin_correction(told.number, message=" ", request="", address=HOME, at=AT)

    assert refused_by(sending.hand_in, empty.number, address=HOME, at=AT) == "online.nothing"


# --- nobody came -----------------------------------------------------------------------------


def test_what_nobody_finishes_or_takes_in_is_shredded(counter):
    """WP-6.4"""
    left, waiting = begun(1), sent(2)

    early = taking.shred_old(at=AT + rules.UNFINISHED)
    first = taking.shred_old(at=AT + rules.UNFINISHED + MINUTE)
    assert (early, first, row_of(left.number).state) == (0, 1, "expired")
    assert row_of(waiting.number).state == "waiting"
    taking.shred_old(at=AT + rules.UNTAKEN + timedelta(days=1))

    gone = row_of(waiting.number)
    assert (gone.state, bytes(gone.sealed), bytes(gone.network)) == ("expired", b"", b"")
    assert not SubmissionFile.objects.exists()
    assert Entry.objects.filter(action="ra.submission.expire").count() == 2


def test_the_worker_shreds_under_its_role(live_counter, in_role):
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    begun()

    with in_role("worker"):
        assert taking.shred_old(at=AT + timedelta(days=2)) == 1


def test_a_seal_for_one_place_does_not_open_in_another(db):
    """RFC 9180: the context is bound."""
    sealed = kmc.seal_inwards("here", b"words")

    assert kmc.open_inwards("here", sealed) == b"words"
    for context, bytes_ in (("there", sealed), ("here", sealed[:-1] + b"\0\0"), ("here", b"")):
        assert refused_by(kmc.open_inwards, context, bytes_) == "kmc.seal_broken"


ADDS = """INSERT INTO ra_submissionfile (submission_id, slot, kind, size, sealed, added_at)
    SELECT id, 'id_front', 'png', {size}, {sealed}, now() FROM ra_submission WHERE number = %s"""


def test_the_public_sites_role_adds_little_to_what_is_open(live_counter, in_role):
    """CPS-4.1: a trigger holds it to what its services do."""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    still, other = begun(1), sent(2)
    little = ADDS.format(size=1, sealed="'x'")

    with in_role("public"):
        assert denied(little, other.number)
        assert denied(ADDS.format(size=2**23 + 1, sealed="'x'"), still.number)
        assert denied(
            ADDS.format(size=1, sealed="decode(repeat('00', 8390000), 'hex')"), still.number
        )
        with connection.cursor() as cursor:
            for _ in range(rules.MOST_FILES):
                cursor.execute(little, [still.number])
        assert denied(little, still.number)


def test_when_something_was_handed_in_is_said_once(live_counter, in_role):
    """CPS-4.9.5: nobody lets what others wait for look older, or younger."""
    kmc.publish_inbox_key(actor=SYSTEM, at=AT)
    other = sent()

    with in_role("public"):
        assert denied(
            "UPDATE ra_submission SET handed_in_at = 'epoch' WHERE number = %s", other.number
        )
        assert denied(
            "UPDATE ra_submission SET handed_in_at = NULL WHERE number = %s", other.number
        )


def test_whoever_opens_what_came_in_is_on_record(counter):
    """CPS-5.4.1, CPS-9.4"""
    told = sent()
    operator = signed_in(counter.chen)

    operator.get(f"/w/online/{told.number}/")

    entry = Entry.objects.get(action="ra.open_submission")
    assert entry.actor_id == counter.chen.person_id
    assert entry.subject == f"ra.submission:{row_of(told.number).pk}"
    assert FIELDS["name"] not in str(entry.details)


# --- pages -----------------------------------------------------------------------------------


@pytest.fixture
def phone(counter, settings):
    settings.ROOT_URLCONF = "anxin.urls_public"
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    return Client()


def test_the_pages_lead_from_words_to_the_counter(phone, settings, counter):
    """CPS-4.1: no script needed; the code is shown once and is in no cookie."""
    page = phone.get("/apply/").content.decode()
    assert f"/apply/for/{PROFILE}/" in page
    words = FIELDS | {
        "years": "1",
        "office": "LRA0103",
        "request": request(),
        "agreed": ra.AGREEMENT,
    }

    wrong = phone.post(f"/apply/for/{PROFILE}/", words | {"phone": "1"})
    done = phone.post(f"/apply/for/{PROFILE}/", words)
    number = Submission.objects.get().number
    for seed, slot in enumerate(PAPERS):
        scan = SimpleUploadedFile("a.png", ra.picture(seed), "image/png")
        assert phone.post("/apply/papers/", {"slot": slot, "file": scan}).status_code == 302
    none = phone.post("/apply/papers/", {"slot": "id_front"})
    end = phone.post("/apply/hand-in/")
    told = phone.get(end["Location"]).content.decode()

    assert wrong.status_code == none.status_code == 422
    assert "11 位" in wrong.content.decode()
    assert number in done.content.decode()
    assert "待受理" in told
    settings.ROOT_URLCONF = "anxin.urls_staff"
    settings.SESSION_ENGINE = "people.sessions.store"
    desk = signed_in(counter.chen)
    assert number in desk.get("/w/online/").content.decode()
    shown = desk.get(f"/w/online/{number}/").content.decode()
    assert "林*夏" in shown
    assert "林知夏" not in shown
    taken = desk.post(f"/w/online/{number}/take/")
    assert taken["Location"].startswith("/w/intake/RA")
    assert desk.get("/w/online/").status_code == 200


def test_an_empty_form_is_told_all_that_is_missing(phone):
    """CPS-4.1: not one field after the other."""
    page = phone.post(f"/apply/for/{PROFILE}/", {"office": "LRA0103", "years": "1"})
    told = page.content.decode()

    assert page.status_code == 422
    for field in ("name", "document_number", "phone", "request", "agreed"):
        assert f'href="#id_{field}"' in told, field


def test_the_way_in_is_closed_to_who_has_sent_nothing(phone):
    for path in ("/apply/papers/", "/apply/sent/", "/correct/"):
        assert phone.get(path)["Location"] == "/status/"


def test_a_number_and_its_code_open_what_was_sent(phone):
    """CPS-4.1.2.4: before there is an application, too."""
    told = sent()

    answer = phone.post("/status/", {"number": told.number, "code": told.access_code})
    page = phone.get(answer["Location"], follow=True).content.decode()
    wrong = phone.post("/status/", {"number": told.number, "code": "AAAA-AAAA"})

    assert "待受理" in page
    assert wrong.status_code == 422


def test_only_operators_see_what_came_in(counter):
    """CPS-5.2.1"""
    told = sent()

    for path in ("/w/online/", f"/w/online/{told.number}/"):
        assert signed_in(counter.ren).get(path).status_code == 403
