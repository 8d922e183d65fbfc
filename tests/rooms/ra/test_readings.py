"""What the machine reads off documents, beside what is declared (CPS 4.2.1): a hint, no more."""

import json
import os
from dataclasses import replace

import pytest
from django.utils import timezone

from anxin.demo.cast import COMPANIES, applicants
from anxin.demo.specimens import Artist
from anxin.kernel.errors import Refusal
from anxin.kernel.fonts import FONT_FILE
from audit.journal.models import Entry
from people.api import Role
from ra.applications.models import Application, Dossier
from ra.applications.queries import content
from ra.evidence import children, decoding
from ra.evidence.services import remove_evidence, take_in
from ra.intake import handing_in
from ra.readings import reading, services
from ra.readings.rules import Read, Reading, fields, packed, unpacked
from ra.review import services as review
from ra.review.case import case
from ra.review.services import read_documents
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, FIELDS, MINUTE

LATER = AT + 5 * MINUTE
PERSON = replace(next(applicants()), name=FIELDS["name"], document_number=FIELDS["document_number"])
needs_engine = pytest.mark.skipif(
    not (reading.installed() or os.environ.get("CI")),
    reason="no engine that reads: pip install --require-hashes -r requirements-ocr.txt",
)


@pytest.fixture(autouse=True)
def time_enough(monkeypatch):
    """A busy machine is no reason to fail; the child's processor time is limited in any case."""
    monkeypatch.setattr(children, "SECONDS", 900)


def row(application_id):
    return Application.objects.get(pk=application_id)


def kept(application_id):
    return unpacked(content(row(application_id)).readings)


def refused(act, *arguments, **named):
    with pytest.raises(Refusal) as caught:
        act(*arguments, **named)
    return caught.value


def field(application_id, code, reviewer):
    view = case(row(application_id).number, reviewer, at=LATER)
    return next(one for one in view.fields if one.code == code)


def document_of(application_id, slot="id_front"):
    return row(application_id).documents.get(slot=slot, removed_at=None).pk


def has_read(application_id, officer, **found):
    """As if the engine had read these words of the card, with these certainties."""
    dossier = Dossier.objects.get(application=application_id)
    read = {code: Read(*one) for code, one in found.items()}
    one = Reading(document_of(application_id), "id_front", LATER, officer.person_id, read)
    context = dossier.readings_context()
    dossier.readings = services.kmc.seal(row(application_id).data_key, context, packed([one]))
    dossier.save()


def drawn(kind):
    """A specimen as it is kept: one page image."""
    artist = Artist(FONT_FILE)
    match kind:
        case "card":
            data = artist.identity_front(PERSON)
        case "licence":
            name, code = COMPANIES[0]
            rows = [("单位名称", name), ("统一社会信用代码", code)]
            data = artist.sealed_sheet("营业执照（样例）", rows, seal=name)
    return data, decoding.decode("jpeg", data)


@pytest.fixture
def on_desk(counter):
    application_id, _ = ra.submitted(counter)
    review.claim(application_id, actor=counter.ren, at=LATER)
    return application_id


@pytest.fixture
def with_card(counter):
    """On the desk, with a card that can be read."""
    application_id = ra.draft(counter.chen)
    remove_evidence(document_of(application_id), actor=counter.chen, at=AT)
    data, pages = drawn("card")
    take_in(row(application_id), "id_front", "jpeg", data, pages, actor=counter.chen, at=AT)
    ra.verify(application_id, counter.chen)
    handing_in.submit(application_id, actor=counter.chen, at=AT + MINUTE)
    review.claim(application_id, actor=counter.ren, at=LATER)
    return application_id


# --- the engine ------------------------------------------------------------------------------


@needs_engine
def test_a_locked_engine_reads_what_a_card_and_a_licence_say(settings):
    """In production nothing is read unlocked, so that it reads proves that it was locked."""
    settings.PRODUCTION = True
    pages = [pages[0].image for _, pages in (drawn("card"), drawn("licence"))]

    card, licence = reading.read(pages)

    name, code = COMPANIES[0]
    read = fields("id_front", card) | fields("licence", licence)
    assert {field: one.text for field, one in read.items()} == {
        "name": FIELDS["name"],
        "document_number": FIELDS["document_number"],
        "legal_name": name,
        "credit_code": code,
    }
    assert all(one.sure for one in read.values())


@needs_engine
def test_an_empty_page_says_nothing_and_a_broken_one_is_said_to_be():
    (page,) = decoding.decode("png", ra.picture(size=(600, 400)))
    assert [fields("id_front", lines) for lines in reading.read([page.image])] == [{}]

    assert refused(reading.read, [b"RIFF"]).rule == "readings.failed"


@needs_engine
def test_a_card_is_read_beside_what_is_declared(counter, with_card):
    """CPS-4.2.1, CPS-5.4.1-RA: kept sealed, in the journal by certainty alone."""
    read_documents(with_card, actor=counter.ren, at=LATER)

    (one,) = kept(with_card)
    assert {code: read.text for code, read in one.found.items()} == {
        code: FIELDS[code] for code in ("name", "document_number")
    }
    name = field(with_card, "name", counter.ren)
    assert (name.read.beside.same, name.read.sure) == (True, True)
    out, back = Entry.objects.filter(action__in=("ra.read_documents", "ra.reading")).order_by("pk")
    assert json.loads(out.details) == {"documents": [document_of(with_card)]}
    assert set(json.loads(back.details)["percent"]) == {"name", "document_number"}
    assert "林" not in back.details
    assert FIELDS["document_number"] not in back.details
    assert "林".encode() not in bytes(Dossier.objects.get(application=with_card).readings)


@needs_engine
def test_the_reviewer_has_a_card_read_from_the_page(counter, with_card):
    review.claim(with_card, actor=counter.ren, at=timezone.now())
    reviewer, address = signed_in(counter.ren), f"/w/cases/{row(with_card).number}/"

    answer = reviewer.post(f"{address}readings/")

    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    page = reviewer.get(address).content.decode()
    assert "把握 9" in page
    assert FIELDS["name"] not in page


# --- without it ------------------------------------------------------------------------------


@pytest.fixture
def none_installed(monkeypatch):
    monkeypatch.setattr(reading, "ENGINE", ("an_engine_nobody_has",))


def test_where_no_engine_is_installed_the_page_says_so(counter, on_desk, none_installed):
    page = signed_in(counter.ren).get(f"/w/cases/{row(on_desk).number}/").content.decode()

    assert "本机没有安装，请对照图像核对" in page
    assert f"/w/cases/{row(on_desk).number}/readings/" not in page


def test_where_no_engine_is_installed_nothing_is_read(counter, on_desk, none_installed):
    refusal = refused(read_documents, on_desk, actor=counter.ren, at=LATER)

    assert refusal.rule == "readings.not_installed"
    assert kept(on_desk) == []


def test_only_one_is_read_at_a_time(monkeypatch):
    monkeypatch.setattr(reading, "ENGINE", ())
    monkeypatch.setattr(children, "WAIT", 0.01)

    with children.turn(reading._turns, "readings.busy"):
        assert refused(reading.read, [b""]).rule == "readings.busy"


def test_what_cannot_be_read_is_not_tried(counter, on_desk):
    row(on_desk).documents.exclude(slot="application_form").update(removed_at=LATER)

    refusal = refused(read_documents, on_desk, actor=counter.ren, at=LATER)

    assert refusal.rule == "readings.nothing"


def test_a_reviewer_has_read_what_is_on_their_desk_alone(counter, on_desk):
    refusal = refused(read_documents, on_desk, actor=counter.shen, at=LATER)

    assert refusal.rule == "review.not_claimed"


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR])
def test_others_are_kept_out(counter, on_desk, role):
    office = {} if role == Role.AUDITOR else {"office": "RA01"}
    outsider = signed_in(hire("outsider", role, **office))

    answer = outsider.post(f"/w/cases/{row(on_desk).number}/readings/")

    assert answer.status_code == 403


# --- side by side ----------------------------------------------------------------------------


def test_a_reading_decides_nothing(counter, on_desk):
    """CPS-4.2.1: one that agrees spares nobody a look, one that differs judges nothing."""
    for text in (FIELDS["name"], "林知霞"):
        has_read(on_desk, counter.ren, name=(text, 0.99))

        name = field(on_desk, "name", counter.ren)

        assert (name.agrees, name.unseen, name.verdict) == (None, True, "")
        assert name.read.beside.same is (text == FIELDS["name"])


def test_the_page_marks_what_was_read_otherwise_and_how_sure_it_is(counter, on_desk):
    """CPS-4.2.1: declared, read and source side by side; masked like what is declared."""
    number = FIELDS["document_number"][:13] + "8" + FIELDS["document_number"][14:]
    has_read(on_desk, counter.ren, name=("林知夏", 0.997), document_number=(number, 0.614))

    page = signed_in(counter.ren).get(f"/w/cases/{row(on_desk).number}/").content.decode()

    assert "3301991992***<ins>*</ins>0020" in page
    assert "3301991992***<del>*</del>0020" in page
    assert "把握 61%" in page
    assert "没把握" in page
    assert "把握 99%" in page
    assert number not in page


def test_a_document_that_is_gone_takes_its_reading_along(counter, on_desk):
    has_read(on_desk, counter.ren, name=("林知霞", 0.99))
    row(on_desk).documents.filter(slot="id_front").update(removed_at=LATER)

    assert field(on_desk, "name", counter.ren).read is None


def test_a_page_with_readings_is_made_of_as_few_queries(
    counter, on_desk, django_assert_max_num_queries
):
    has_read(on_desk, counter.ren, name=("林知霞", 0.99))
    reviewer, address = signed_in(counter.ren), f"/w/cases/{row(on_desk).number}/"
    reviewer.get(address)

    with django_assert_max_num_queries(12):
        reviewer.get(address)
