"""Documents (CPS-3.2.3, CPS-5.4.1-RA, WP-6.2/6.3): what comes in, how it lies, who sees it."""

import io
import os
import random
import stat
import struct
import time
import zipfile
import zlib
from datetime import timedelta

import pytest
from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas

from anxin.kernel.actors import SYSTEM
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from kmc import api as kmc
from people.api import Role
from pki.sm.sm3 import sm3
from ra.applications.models import Application
from ra.evidence import children, decoding, queries, services
from ra.evidence.models import Document, Opened, Page
from ra.evidence.shapes import MAX_PAGES
from ra.intake.services import open_draft
from tests.support import ra
from tests.support.people import hire
from tests.support.ra import AT
from tests.support.refusals import refused


@pytest.fixture
def draft(counter):
    return open_draft("personal-sm2-sign", actor=counter.chen, at=AT).id


def picture(form="JPEG", size=(400, 300), **more):
    buffer = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(buffer, form, **more)
    return buffer.getvalue()


def pdf(pages=1, **more):
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), **more)
    for number in range(pages):
        canvas.drawString(72, 700, f"page {number + 1}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def bomb(width=30_000, height=30_000):
    """A PNG of a few hundred kilobytes that unpacks to gigabytes."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    packed = b"".join(packer.compress(row) for _ in range(min(height, 2000))) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def interlaced(width=9, height=7):
    """A PNG in seven passes (Adam7), as some scanners write it; Pillow only reads them."""
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
    raw = b""
    for left, top, across, down in (*steps, (0, 1, 1, 2)):
        columns = len(range(left, width, across))
        raw += (b"\0" + bytes([99]) * columns) * len(range(top, height, down)) if columns else b""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def archive():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb", bytes(5_000_000))
    return buffer.getvalue()


def add(counter, draft, data, name="scan.jpg", slot="id_front", **more):
    return services.add_evidence(draft, slot, name, data, actor=counter.chen, at=AT, **more)


# --- what comes in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name"),
    [(picture(), "a.jpg"), (picture("PNG"), "a.png"), (pdf(3), "a.pdf")],
)
def test_scans_and_pdfs_become_pages(counter, draft, data, name):
    added = add(counter, draft, data, name)

    page = services.page_image(added.document_id, 1, actor=counter.chen, at=AT)
    assert added.pages == (3 if name.endswith("pdf") else 1)
    assert added.sm3 == sm3(data).hex()
    assert Image.open(io.BytesIO(page)).format == "WEBP"


def test_a_pdf_page_is_drawn_at_150_dpi(counter, draft):
    add(counter, draft, pdf(), "a.pdf")

    page = Page.objects.get()
    assert (page.width, page.height) == (1240, 1755)


def test_a_large_scan_is_shown_no_larger_than_a4(counter, draft):
    add(counter, draft, picture(size=(3000, 2000)), "a.jpg")

    page = Page.objects.get()
    assert page.width <= 2339
    assert page.height <= 1654
    assert page.width / page.height == pytest.approx(1.5, rel=0.01)


def test_a_photo_is_shown_upright_and_without_its_metadata(counter, draft):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "taken at 31.2304 N, 121.4737 E"
    added = add(counter, draft, picture(size=(400, 300), exif=exif), "a.jpg")

    shown = services.page_image(added.document_id, 1, actor=counter.chen, at=AT)
    image = Image.open(io.BytesIO(shown))
    assert image.size == (300, 400)
    assert not image.getexif()
    assert b"31.2304" not in shown


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "I;16"])
def test_pictures_of_every_kind_of_pixel_are_shown(counter, draft, mode):
    buffer = io.BytesIO()
    source = Image.new("L", (40, 30), 128)
    (Image.new("I;16", (40, 30), 30_000) if mode == "I;16" else source.convert(mode)).save(
        buffer, "PNG"
    )

    assert add(counter, draft, buffer.getvalue(), "a.png").pages == 1


# Always the same noise: by chance a damaged scan may also look like one that ends too early
NOISE = random.Random(20).randbytes(5000)

BAD = [
    (archive(), "id.pdf", "type"),
    (archive(), "id.jpg", "type"),
    (picture() + archive(), "id.jpg", "trailing_data"),
    (picture("PNG"), "id.jpg", "mislabelled"),
    (picture()[:-200], "id.jpg", "truncated"),
    (picture()[:200] + NOISE[:3000] + b"\xff\xd9", "id.jpg", "damaged"),
    (bomb(), "id.png", "pixels"),
    (bomb(6000, 6000), "id.png", "truncated"),
    (pdf(31), "a.pdf", "pages"),
    (pdf(encrypt=pdfencrypt.StandardEncryption("secret")), "a.pdf", "encrypted"),
    (
        pdf(encrypt=pdfencrypt.StandardEncryption("", ownerPassword="x", canPrint=0)),
        "a.pdf",
        "encrypted",
    ),
    (b"%PDF-1.4\nnothing of the kind\nstartxref\n0\n%%EOF", "a.pdf", "damaged"),
    (b"%PDF-1.7\n" + NOISE[:2000], "a.pdf", "truncated"),
]


def test_an_interlaced_picture_is_whole(counter, draft):
    assert add(counter, draft, interlaced(), "a.png").pages == 1


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad[1]} {bad[2]}")
def test_what_cannot_be_shown_is_refused_by_name_and_leaves_nothing(
    counter, draft, evidence_dir, bad
):
    data, name, rule = bad

    refusal = refused(add, counter, draft, data, name)

    assert (refusal.rule, refusal.field, refusal.cps) == (f"evidence.{rule}", "file", "3.2.3")
    assert not Document.objects.exists()
    assert [path for path in evidence_dir.rglob("*") if path.is_file()] == []


def test_a_pixel_bomb_costs_next_to_nothing(counter, draft):
    data, began = bomb(), time.process_time()

    refused(add, counter, draft, data, "bomb.png")

    assert len(data) < 1_000_000
    assert time.process_time() - began < 5


def test_a_pdf_polyglot_is_shown_as_pixels_only(counter, draft):
    """The original stays sealed; nobody is ever given what might run."""
    script = pdf().replace(
        b"/Type /Catalog", b"/OpenAction << /S /JavaScript /JS (app.alert) >> /Type /Catalog"
    )
    added = add(counter, draft, script, "a.pdf")

    shown = services.page_image(added.document_id, 1, actor=counter.chen, at=AT)
    assert shown.startswith(b"RIFF")
    assert b"JavaScript" not in shown


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"%PDF-", NOISE])
@pytest.mark.parametrize("kind", ["jpeg", "png", "pdf"])
def test_the_decoder_survives_anything(data, kind):
    """It is asked without the first look, as an attacker would wish."""
    assert refused(decoding.decode, kind, data).rule in {
        "evidence.damaged",
        "evidence.truncated",
        "evidence.too_complex",
    }


def webp():
    """The same at every call."""
    return ra.picture(size=(4, 4), form="WEBP")


def test_pages_that_are_what_the_child_may_say_are_taken():
    (page,) = decoding._pages([[4, 4, len(webp()), len(webp())]], webp() * 2)

    assert (page.width, page.height, page.image, page.thumbnail) == (4, 4, webp(), webp())


@pytest.mark.parametrize(
    ("rows", "blobs"),
    [
        ([[1, 1, 0, 0]] * 50_000, b""),  # pages of nothing
        ([[4, 4, len(webp()), len(webp())]] * (MAX_PAGES + 1), webp() * 2 * (MAX_PAGES + 1)),
        ([[4, 4, len(webp()) + 1, len(webp()) - 1]], webp() * 2),
        ([[-4, 4, len(webp()), len(webp())]], webp() * 2),
        ([[True, 4, len(webp()), len(webp())]], webp() * 2),
        ([[4.0, 4, len(webp()), len(webp())]], webp() * 2),
        ([[100_000, 100_000, len(webp()), len(webp())]], webp() * 2),
        ([[4, 4, 20, 20]], b"<script>alert(1)</script>".ljust(40)),
        ([[4, 4, len(webp()) + 5, len(webp())]], webp() + b"<!-->" + webp()),
    ],
)
def test_a_child_that_was_taken_over_gets_nothing_in(rows, blobs):
    """WP-6.3: what it says is judged like what a stranger sends."""
    with pytest.raises(ValueError, match=r"page|picture"):
        decoding._pages(rows, blobs)


def test_no_more_files_are_decoded_at_once_than_the_machine_bears(monkeypatch):
    monkeypatch.setattr(children, "WAIT", 0.01)
    for _ in range(decoding.AT_ONCE):
        assert decoding._turns.acquire(blocking=False)
    try:
        with pytest.raises(Refusal) as refusal:
            decoding.decode("png", picture("PNG"))
    finally:
        for _ in range(decoding.AT_ONCE):
            decoding._turns.release()

    assert (refusal.value.kind, refusal.value.rule) == ("not_ready", "evidence.busy")
    assert len(decoding.decode("png", picture("PNG"))) == 1


def test_the_decoder_knows_neither_django_nor_our_secrets():
    import subprocess
    import sys

    probe = (
        "import sys; from ra.evidence import decoder; decoder.load('pdf')\n"
        "print([m for m in sys.modules if 'django' in m or 'anxin' in m])"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, check=True)

    assert ran.stdout.strip() == b"[]"


# --- slots -----------------------------------------------------------------------------------


def test_a_profile_takes_only_its_own_documents(counter, draft):
    assert refused(add, counter, draft, picture(), slot="licence").rule == "evidence.slot"


def test_a_slot_holds_three_files(counter, draft):
    for number in range(3):
        add(counter, draft, ra.picture(number), "a.png")

    assert refused(add, counter, draft, ra.picture(9), "a.png").rule == "evidence.slot_full"


def test_the_same_file_is_not_taken_twice(counter, draft):
    data = picture()
    add(counter, draft, data)

    assert refused(add, counter, draft, data, slot="id_back").rule == "evidence.duplicate"


def test_a_file_that_is_in_another_application_is_told(counter, draft):
    """The same scan for two people: a warning, for the operator and the reviewer."""
    other = open_draft("personal-sm2-sign", actor=counter.chen, at=AT)
    data = picture()
    add(counter, other.id, data)

    assert add(counter, draft, data).seen_before == (other.number,)


def test_a_document_put_aside_no_longer_counts_and_stays_sealed(counter, draft):
    added = add(counter, draft, picture())

    services.remove_evidence(added.document_id, actor=counter.chen, at=AT)

    assert queries.documents(draft, counter.chen.person_id) == []
    assert Document.objects.get().removed_by == counter.chen.person_id
    assert (
        refused(services.remove_evidence, added.document_id, actor=counter.chen, at=AT).rule
        == "evidence.unknown"
    )


# --- at rest ---------------------------------------------------------------------------------


def test_files_are_sealed_and_for_this_user_only(counter, draft, evidence_dir):
    data = picture()
    add(counter, draft, data)

    files = [path for path in evidence_dir.rglob("*") if path.is_file()]
    assert len(files) == 3  # original, page, thumbnail
    for path in files:
        assert path.read_bytes().startswith(b"AXF1")
        assert data[100:200] not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(evidence_dir.stat().st_mode) == 0o700


def test_a_file_put_in_anothers_place_does_not_open(counter, draft, evidence_dir):
    first = add(counter, draft, picture(), slot="id_front").document_id
    second = add(counter, draft, ra.picture(7), "a.png", slot="id_back").document_id
    names = [Page.objects.get(document_id=key).image.hex for key in (first, second)]
    one, other = (evidence_dir / n[:2] / n[2:4] / n for n in names)
    one.write_bytes(other.read_bytes())

    refusal = refused(services.page_image, first, 1, actor=counter.chen, at=AT)

    assert refusal.rule == "kmc.seal_broken"


def test_with_the_data_key_gone_the_pages_are_gone(counter, draft):
    """WP-6.5"""
    added = add(counter, draft, picture())
    key = Application.objects.get(pk=draft).data_key

    kmc.destroy_data_key(key, reason="retention over", actor=counter.chen, at=AT)

    refusal = refused(services.page_image, added.document_id, 1, actor=counter.chen, at=AT)
    assert refusal.rule == "kmc.data_key_destroyed"


def test_a_failed_act_leaves_no_file(counter, draft, evidence_dir):
    """The row is refused after the files were written: somebody submitted meanwhile."""
    row = Application.objects.get(pk=draft)
    Application.objects.filter(pk=draft).update(state="submitted")

    refused(
        services.take_in, row, "id_front", "png", b"scan", ra._pages(), actor=counter.chen, at=AT
    )

    assert [path for path in evidence_dir.rglob("*") if path.is_file()] == []


def test_files_no_row_speaks_of_are_swept_and_others_stay(counter, draft, evidence_dir):
    """What a process leaves that dies between file and row."""
    add(counter, draft, picture())
    kept = {path for path in evidence_dir.rglob("*") if path.is_file()}
    orphan = evidence_dir / "ab" / "cd" / ("abcd" + "0" * 28)
    unfinished = orphan.with_suffix(".part")
    orphan.parent.mkdir(parents=True, exist_ok=True)
    for path in (orphan, unfinished):
        path.write_bytes(b"AXF1")
    long_ago = (AT - timedelta(days=2)).timestamp()
    for path in (*kept, orphan, unfinished):
        os.utime(path, (long_ago, long_ago))

    assert services.sweep_orphans(at=AT) > 0

    assert {path for path in evidence_dir.rglob("*") if path.is_file()} == kept


def test_young_files_are_left_alone(evidence_dir, db):
    fresh = evidence_dir / "ab" / "cd" / ("abcd" + "0" * 28)
    fresh.parent.mkdir(parents=True)
    fresh.write_bytes(b"AXF1")
    os.utime(fresh, (AT.timestamp(), AT.timestamp()))

    assert services.sweep_orphans(at=AT) == 0
    assert fresh.exists()


# --- who sees it -----------------------------------------------------------------------------


def test_every_look_at_a_page_is_written_down(counter, draft):
    """CPS-5.4.1: who, which, when."""
    added = add(counter, draft, pdf(2), "a.pdf")

    services.page_image(added.document_id, 2, actor=counter.ren, at=AT)

    entry = Entry.objects.get(action="ra.view_evidence")
    assert (entry.actor_name, entry.subject) == ("Ren", f"ra.application:{draft}")
    assert f'"document":{added.document_id},"page":2' in entry.details
    assert Opened.objects.get().viewer_id == counter.ren.person_id


def test_a_thumbnail_is_small_and_does_not_count_as_looking(counter, draft):
    added = add(counter, draft, picture())

    small = services.thumbnail(added.document_id, actor=counter.ren)

    assert max(Image.open(io.BytesIO(small)).size) <= 226
    assert not Opened.objects.exists()


def test_another_office_sees_nothing(counter, draft):
    """CPS-1.4.2"""
    added = add(counter, draft, picture())

    for act in (
        lambda: services.page_image(added.document_id, 1, actor=counter.zhou, at=AT),
        lambda: services.thumbnail(added.document_id, actor=counter.zhou),
        lambda: services.original(added.document_id, purpose="audit", actor=counter.zhou, at=AT),
        lambda: services.remove_evidence(added.document_id, actor=counter.zhao, at=AT),
    ):
        assert refused(act).rule == "evidence.unknown"


def test_people_of_other_trades_see_nothing(counter, draft):
    """CPS-5.2.1: headquarters see all offices, and only who enters or reviews sees documents."""
    added = add(counter, draft, picture())
    outsider = hire("wu", Role.CA_ADMIN, office="")

    for act in (
        lambda: services.page_image(added.document_id, 1, actor=outsider, at=AT),
        lambda: services.original(added.document_id, purpose="audit", actor=outsider, at=AT),
        lambda: services.page_image(added.document_id, 1, actor=SYSTEM, at=AT),
    ):
        assert refused(act).rule == "evidence.unknown"


def test_the_original_is_given_out_for_a_purpose_only(counter, draft):
    """CPS-9.3/9.4"""
    data = picture()
    added = add(counter, draft, data)

    assert (
        refused(
            services.original, added.document_id, purpose="curiosity", actor=counter.ren, at=AT
        ).rule
        == "evidence.purpose"
    )
    assert services.original(added.document_id, purpose="doubt", actor=counter.ren, at=AT) == (
        "jpeg",
        data,
    )
    assert Entry.objects.filter(action="ra.take_original").count() == 1


def test_only_the_person_who_enters_adds_documents(counter, draft):
    assert (
        refused(
            services.add_evidence, draft, "id_front", "a.jpg", picture(), actor=counter.zhao, at=AT
        ).rule
        == "applications.unknown"
    )


def test_a_pdf_with_a_filled_form_is_drawn_with_what_was_filled_in(counter, draft):
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842))
    canvas.acroForm.textfield(value="LIN ZHIXIA", x=72, y=700, width=300, height=40)
    canvas.showPage()
    canvas.save()
    added = add(counter, draft, buffer.getvalue(), "form.pdf")

    shown = services.page_image(added.document_id, 1, actor=counter.chen, at=AT)
    dark = Image.open(io.BytesIO(shown)).convert("L").crop((160, 180, 760, 300)).getextrema()
    assert dark[0] < 100
