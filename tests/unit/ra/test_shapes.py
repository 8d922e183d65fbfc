"""Files from outside (CPS-3.2.3): where they begin, where they end, what they are called."""

import io
import zipfile

import pytest
from PIL import Image

from anxin.kernel.errors import Refusal
from ra.evidence.rules import LIMIT, examine
from ra.evidence.shapes import fault, kind_of

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF"


def image(form, **more):
    buffer = io.BytesIO()
    Image.effect_noise((64, 48), 90).save(buffer, form, **more)
    return buffer.getvalue()


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("evil.exe", b"MZ" * 100)
    return buffer.getvalue()


JPEG, PROGRESSIVE, PNG = image("JPEG"), image("JPEG", progressive=True), image("PNG")
RESTARTS = image("JPEG", restart_marker_blocks=1)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(JPEG, "jpeg"), (PROGRESSIVE, "jpeg"), (RESTARTS, "jpeg"), (PNG, "png"), (PDF, "pdf")],
)
def test_whole_files_are_whole(data, kind):
    assert kind_of(data) == kind
    assert fault(kind, data) == ""


@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, RESTARTS, PNG])
def test_a_picture_cut_anywhere_is_not_whole(data):
    kind = kind_of(data)

    assert {fault(kind, data[:size]) for size in range(12, len(data) - 1, 37)} <= {
        "truncated",
        "damaged",
    }


@pytest.mark.parametrize("data", [JPEG, PROGRESSIVE, PNG, PDF])
@pytest.mark.parametrize("tail", [archive(), b"MZ\x90", b"<script>"])
def test_two_files_in_one_are_found_out(data, tail):
    kind = kind_of(data)

    assert fault(kind, data + tail) == "trailing_data"


def test_a_pdf_may_end_in_blank_lines():
    assert fault("pdf", PDF + b"\r\n\r\n") == ""


@pytest.mark.parametrize("data", [PDF[:-6], PDF.replace(b"startxref", b"startxxxx")])
def test_a_pdf_without_its_end_is_cut(data):
    assert fault("pdf", data) == "truncated"


def test_a_png_with_a_wrong_checksum_is_damaged():
    assert fault("png", PNG.replace(b"IDAT", b"IDAU", 1)) == "damaged"


def test_a_moving_picture_is_refused():
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])

    assert fault("png", buffer.getvalue()) == "animated"


@pytest.mark.parametrize(
    ("data", "name", "declared", "rule"),
    [
        (b"", "a.png", "image/png", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(LIMIT), "a.png", "image/png", "too_large"),
        (archive(), "id.jpg", "image/jpeg", "type"),
        (archive(), "id.pdf", "application/pdf", "type"),
        (b"GIF89a" + bytes(50), "a.gif", "image/gif", "type"),
        (b"<svg onload=alert(1)>", "a.png", "image/png", "type"),
        (b"MZ" + PDF, "a.pdf", "application/pdf", "leading_data"),
        (archive() + PDF, "a.pdf", "application/pdf", "leading_data"),
        (JPEG, "a.png", "image/jpeg", "mislabelled"),
        (JPEG, "a.jpg", "image/png", "mislabelled"),
        (PNG, "a.jpg.exe", "image/png", "mislabelled"),
        (PNG, "scan", "image/png", "mislabelled"),
        (PDF, "a.pdf", "text/html", "mislabelled"),
        (JPEG + archive(), "a.jpg", "image/jpeg", "trailing_data"),
        (JPEG[:-40], "a.jpg", "image/jpeg", "truncated"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_by_name(data, name, declared, rule):
    """Every refusal has its field and its clause."""
    with pytest.raises(Refusal) as refused:
        examine(data, filename=name, content_type=declared)

    told = refused.value
    assert (told.rule, told.field, told.cps) == (f"evidence.{rule}", "file", "3.2.3")


@pytest.mark.parametrize(
    ("data", "name", "declared"),
    [
        (JPEG, "扫描 1.JPEG", "image/jpeg"),
        (JPEG, "a.jpg", "application/octet-stream"),
        (PNG, "a.b.png", ""),
        (PDF, "A.PDF", "application/pdf; charset=binary"),
    ],
)
def test_right_labels_pass(data, name, declared):
    assert examine(data, filename=name, content_type=declared) == kind_of(data)
