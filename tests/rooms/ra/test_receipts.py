"""Receipts (CPS-4.3.2): what is printed, what is kept of it, which characters there are."""

import hashlib

import pypdfium2
import pytest

from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from kmc import api as kmc
from pki.sm.sm3 import sm3
from ra.handover.services import renew_access_code
from ra.receipts import drawing, services
from ra.receipts.models import Receipt
from tests.support import ra
from tests.support.ra import AT, FIELDS, MINUTE

LATER = AT + 5 * MINUTE


def printed(counter, application_id, code):
    return services.print_receipt(
        application_id,
        access_code=code,
        status_url="https://ra.example.cn/status/",
        actor=counter.chen,
        at=LATER,
    )


def text_of(pdf):
    page = pypdfium2.PdfDocument(pdf)[0]
    return page.get_textpage().get_text_range()


def test_a_receipt_says_what_was_handed_in_and_where_to_look(counter):
    application_id, told = ra.submitted(counter)

    text = text_of(printed(counter, application_id, told.access_code))

    for said in (
        told.number,
        "林知夏",
        told.access_code,
        "栖原受理点",
        "Chen",
        "身份证件（人像面）",
    ):
        assert said in text
    assert "2026-11-24 10:01" in text  # the deadline, by the clock in China
    assert FIELDS["document_number"] not in text


def test_that_it_was_printed_is_kept_and_not_what_stood_on_it(counter):
    application_id, told = ra.submitted(counter)

    pdf = printed(counter, application_id, told.access_code)

    row = Receipt.objects.get()
    assert (row.kind, row.digest) == ("intake", kmc.blind_index("ra.receipt", sm3(pdf).hex()).hex())
    assert Entry.objects.filter(action="ra.print_receipt").count() == 1


def test_what_is_kept_of_a_receipt_does_not_let_a_code_be_tried(counter):
    """CPS-4.3.1: whoever has journal, database and all of the receipt but its code has no test."""
    application_id, told = ra.submitted(counter)
    pdf = printed(counter, application_id, told.access_code)

    plain = {sm3(pdf).hex(), hashlib.sha256(pdf).hexdigest()}
    kept = Receipt.objects.get().digest + Entry.objects.get(action="ra.print_receipt").details

    assert not [digest for digest in plain if digest in kept]


def test_a_receipt_never_carries_a_code_that_opens_nothing(counter):
    application_id, told = ra.submitted(counter)
    renew_access_code(application_id, actor=counter.chen, at=LATER)

    with pytest.raises(Refusal) as refused:
        printed(counter, application_id, told.access_code)

    assert refused.value.rule == "receipts.other_code"
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("name", ["㐂林", "䶮林", "镕林"])
def test_rare_characters_are_printed(counter, name):
    application_id, told = ra.submitted(counter, fields=FIELDS | {"name": name})

    assert name in text_of(printed(counter, application_id, told.access_code))


def test_a_character_beyond_the_basic_plane_is_drawn(counter):
    """𬱖 is in the font; the text layer cannot say it, the page shows it."""
    application_id, told = ra.submitted(counter, fields=FIELDS | {"name": "𬱖林"})

    page = pypdfium2.PdfDocument(printed(counter, application_id, told.access_code))[0]

    assert page.render(scale=1).to_pil().convert("L").getextrema()[0] < 100


def test_a_character_the_font_lacks_is_named_and_nothing_is_printed(counter, monkeypatch):
    """Better no receipt than one with a box in the name."""
    monkeypatch.setattr(drawing, "RARE", ())  # as on a machine without fonts of its own
    drawing._font_of.cache_clear()
    lacking = "𠮷"
    application_id, told = ra.submitted(counter, fields=FIELDS | {"name": f"林{lacking}"})

    with pytest.raises(Refusal) as refused:
        printed(counter, application_id, told.access_code)

    assert refused.value.rule == "receipts.missing_glyph"
    assert "U+20BB7" in refused.value.details["character"]


def test_the_slip_with_the_codes_is_printed_once_they_are_told(live_counter):
    """CPS-4.3.1"""
    from ra.handover.services import issue_download_codes

    application_id = ra.issued(live_counter)
    codes = issue_download_codes(application_id, actor=live_counter.chen, at=LATER)

    def slip(code):
        return services.print_codes(
            application_id,
            reference=codes.reference,
            authorisation_code=code,
            pick_up_url="https://ra.example.cn/pick-up/",
            actor=live_counter.chen,
            at=LATER,
        )

    assert codes.authorisation_code in text_of(slip(codes.authorisation_code))
    with pytest.raises(Refusal) as refused:
        slip("0000-0000-0000-0000")
    assert refused.value.rule == "receipts.other_code"
