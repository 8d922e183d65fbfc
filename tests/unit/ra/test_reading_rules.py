"""Which words of a document are which fields, and two values side by side (CPS 4.2.1)."""

from datetime import UTC, datetime

import pytest

from ra.applicants.beside import beside
from ra.readings.rules import (
    Line,
    Read,
    Reading,
    fields,
    line_of,
    packed,
    standing,
    unpacked,
)

AT = datetime(2026, 7, 1, 1, tzinfo=UTC)
NUMBER = "330199199203150020"


def line(text, left=0, top=0, certainty=1.0):
    return Line(text, certainty, left, top, left + 20 * len(text), top + 30)


def texts(slot, *lines):
    return {code: read.text for code, read in fields(slot, lines).items()}


# --- words of a document ---------------------------------------------------------------------


def test_the_name_stands_to_the_right_of_its_label():
    card = (line("姓 名", 80, 80), line("林知夏", 200, 84), line("性别女民族汉", 80, 140))

    assert texts("id_front", *card) == {"name": "林知夏"}


def test_the_name_may_stand_on_the_line_of_its_label():
    assert texts("id_front", line("姓名林知夏")) == {"name": "林知夏"}
    assert texts("licence", line("名称：栖原云帆科技有限公司")) == {
        "legal_name": "栖原云帆科技有限公司"
    }


def test_what_stands_below_or_to_the_left_of_a_label_is_no_name():
    card = (line("姓名", 300, 80), line("林知夏", 0, 84), line("住址", 400, 200))

    assert texts("id_front", *card) == {}


@pytest.mark.parametrize("number", [NUMBER, "33019919880712001X"])
def test_a_number_is_known_by_how_it_is_made(number):
    said = number.lower()[:6] + " " + number.lower()[6:]

    assert texts("id_front", line(f"公民身份号码{said}")) == {"document_number": number}


@pytest.mark.parametrize("text", [NUMBER[:-1], NUMBER + "1", "13800002607", "A" * 18])
def test_what_is_made_otherwise_is_no_number(text):
    assert texts("id_front", line(text)) == {}


def test_the_most_certain_of_two_numbers_counts():
    lines = (line(NUMBER, certainty=0.7), line("330199198807120012", certainty=0.95))

    assert texts("agent_id", *lines) == {"agent_document_number": "330199198807120012"}


def test_a_licence_says_name_and_code():
    sheet = (
        line("营业执照", 300, 100),
        line("单位名称", 100, 224),
        line("栖原云帆科技有限公司", 340, 223),
        line("统一社会信用代码", 100, 287),
        line("91330199MA2KQ3W02U", 340, 287),
    )

    assert texts("licence", *sheet) == {
        "legal_name": "栖原云帆科技有限公司",
        "credit_code": "91330199MA2KQ3W02U",
    }


@pytest.mark.parametrize(("certainty", "percent", "sure"), [(0.9, 90, True), (0.8999, 89, False)])
def test_below_nine_in_ten_a_reading_is_unsure(certainty, percent, sure):
    read = Read("林知夏", certainty)

    assert (read.percent, read.sure) == (percent, sure)


@pytest.mark.parametrize(
    "row",
    [
        [],
        [1, 0.5, 0, 0, 1, 1],
        ["x", 1, 0, 0, 1, 1],
        ["x", 1.5, 0, 0, 1, 1],
        ["x", float("nan"), 0, 0, 1, 1],
        ["x", 0.5, 0, 0, 1],
        ["x", 0.5, 0, 0, 1, "1"],
    ],
)
def test_a_reader_that_was_taken_over_says_nothing_we_take(row):
    """WP-6.3: it has read what a stranger sent."""
    with pytest.raises((TypeError, ValueError)):
        line_of(row)


def test_of_a_line_only_what_can_be_seen_is_taken():
    assert line_of(["林\u202e知\n夏" + "x" * 300, 0.5, 0, 0, 1, 1]).text == "林知夏" + "x" * 195


def test_readings_are_kept_as_they_were_and_count_while_the_document_is_there():
    kept = [
        Reading(1, "id_front", AT, 7, {"name": Read("林知夏", 0.5)}),
        Reading(2, "id_front", AT, 7, {"name": Read("林知霞", 0.99)}),
    ]

    again = unpacked(packed(kept))

    assert again == kept
    assert unpacked(b"") == []
    assert standing(again, {1, 2}) == {"name": Read("林知霞", 0.99)}
    assert standing(again, {1}) == {"name": Read("林知夏", 0.5)}


# --- side by side ----------------------------------------------------------------------------


def test_the_same_is_the_same():
    found = beside("legal_name", "栖原云帆", "栖原云帆")

    assert found.same
    assert found.other == (("栖原云帆", False),)


def test_the_characters_that_differ_are_marked_on_both_sides():
    found = beside("legal_name", "栖原云帆", "栖原运帆厂")

    assert found.declared == (("栖原", False), ("云", True), ("帆", False))
    assert found.other == (("栖原", False), ("运", True), ("帆", False), ("厂", True))


def test_a_mask_hides_characters_but_no_difference():
    """CPS-9.4: a reviewer sees where, not what."""
    found = beside("document_number", NUMBER, "330199199203180020")

    assert found.same is False
    assert found.text == "3301991992****0020"
    assert found.other == (("3301991992***", False), ("*", True), ("0020", False))


def test_a_mask_that_moves_characters_marks_the_whole():
    found = beside("email", "a.one@example.cn", "a.two@example.cn")

    assert (found.same, found.declared, found.other) == (
        False,
        (("a***@example.cn", True),),
        (("a***@example.cn", True),),
    )
