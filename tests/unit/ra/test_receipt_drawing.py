"""CPS-4.3.2: the receipt is a PDF that says what was handed in."""

from datetime import UTC, datetime
from pathlib import Path

import pypdfium2
import pytest
import reportlab

from anxin.kernel.errors import Refusal
from ra.receipts import drawing
from ra.receipts.drawing import Receipt, draw


def receipt(name: str = "林知夏") -> Receipt:
    return Receipt(
        title="证书业务受理回执",
        number="RA20261121-0007",
        rows=(("申请人", name), ("证书类型", "个人证书 · SM2 签名")),
        notes=("请凭受理编号与查询码查询进度。",),
        status_url="http://127.0.0.1:8001/s/?n=RA20261121-0007",
        footer="受理员 陈越 0309",
        printed_at=datetime(2026, 11, 21, 6, 0, tzinfo=UTC),
    )


def text_of(pdf: bytes) -> str:
    page = pypdfium2.PdfDocument(pdf)[0]
    return page.get_textpage().get_text_range()


def test_the_receipt_says_number_name_and_local_time() -> None:
    text = text_of(draw(receipt()))

    assert "RA20261121-0007" in text
    assert "林知夏" in text
    assert "2026-11-21 14:00" in text


def test_rare_characters_are_printed() -> None:
    assert "䶮㐂" in text_of(draw(receipt("䶮㐂")))


@pytest.fixture
def fonts_of_the_machine(monkeypatch):
    """Sets them; what was looked up before is forgotten, then and afterwards."""

    def installed(*files: Path) -> None:
        monkeypatch.setattr(drawing, "RARE", files)
        drawing._font_of.cache_clear()

    yield installed
    drawing._font_of.cache_clear()


def test_what_our_font_lacks_is_taken_from_a_font_of_the_machine(fonts_of_the_machine) -> None:
    """Bitstream Vera, of reportlab itself, has a letter that Noto Sans SC lacks."""
    fonts_of_the_machine(Path("nowhere.ttf"), Path(reportlab.__file__).parent / "fonts/Vera.ttf")

    assert "林Şahin夏" in text_of(draw(receipt("林Şahin夏")))


def test_a_character_without_a_glyph_is_refused_by_name(fonts_of_the_machine) -> None:
    fonts_of_the_machine()

    with pytest.raises(Refusal) as refusal:
        draw(receipt("𠮷"))

    assert refusal.value.rule == "receipts.missing_glyph"
    assert "U+20BB7" in refusal.value.details["character"]
