"""The transcript as a signed PDF/A, read and verified by programs that are not ours (CPS-5.2.2)."""

import hashlib
import io
import json
import subprocess
from datetime import datetime

import pypdfium2
import pytest
from asn1crypto import cms, x509
from django.db import DatabaseError, connection, transaction
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from anxin.kernel.workdays import SHANGHAI
from audit.journal.models import Entry
from ca.ceremonies import archiving, paper, queries, rules, scripts, services, transcript
from ca.ceremonies.models import Ceremony, CeremonyLine, CeremonyPaper, CeremonyStep
from ca.ceremonies.wording import PLAN, STEPS
from ca.keeping.rules import ENDING
from ca.keys import services as keys
from pki import ceremonies, certificates, publickeys, votes
from pki.errors import Refused
from pki.keys import generate
from tests.support.ceremonies import PEOPLE, Room, draft
from tests.support.people import signed_in
from tests.support.refusals import refused_by

_labels = iter(range(1, 1000))


@pytest.fixture
def over(house) -> str:
    """A ceremony that its host has called off: over, with a record."""
    number = house.draft(draft(key=f"paper-{next(_labels)}"))
    house.agree(number)
    house.cancel(number, "设备送检，改期举行")
    return number


def judged(content: bytes, certificate: bytes):
    reader = PdfFileReader(io.BytesIO(content))
    (signature,) = reader.embedded_signatures
    trusted = ValidationContext(trust_roots=[x509.Certificate.load(certificate)])
    return validate_pdf_signature(signature, trusted)


def test_a_whole_ceremony_ends_as_a_signed_document_with_its_record_inside(house, tmp_path):
    """CPS-5.2.2, CPS-6.1.1a"""
    number = house.run(draft(drill=True, key=f"paper-{next(_labels)}"))

    assert archiving.run(at=house.now()) == 1

    content, certificate = queries.paper(number), keys.record_certificate()
    found = judged(content, certificate)
    assert found.bottom_line
    assert found.coverage.name == "ENTIRE_FILE"
    inside = attached(content)
    assert inside == json.loads(json.dumps(queries.record(number)))
    assert ceremonies.check(inside).end == "finished"
    text = text_of(content)
    for said in (f"密钥仪式纪要 {number}", "这是演练", "见证人", inside["lines"][-1]["digest"]):
        assert said in text
    public = publickeys.parse(queries.result(number, "make_key"))
    assert "各步的结果" in text
    assert public.fingerprint in text.replace("\n", "").replace("\r", "")
    assert openssl_says(content, certificate, tmp_path) == 0


def test_it_says_that_it_is_pdf_a_and_keeps_what_that_asks(house, over):
    """ISO 19005-3: metadata, colours, fonts and attachment are all inside."""
    archiving.run(at=house.now())

    reader = PdfFileReader(io.BytesIO(queries.paper(over)))
    root = reader.root
    metadata = root["/Metadata"].data.decode()
    assert 'pdfaid:part="3"' in metadata
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    assert root["/AF"][0]["/AFRelationship"] == "/Source"
    assert "/Encrypt" not in reader.trailer
    fonts = [font for page in root["/Pages"]["/Kids"] for font in fonts_of(page.get_object())]
    assert fonts
    for font in fonts:
        (descendant,) = font["/DescendantFonts"]
        assert "/FontFile2" in descendant.get_object()["/FontDescriptor"]


def test_a_changed_document_holds_no_longer(house, over):
    archiving.run(at=house.now())
    content = bytearray(queries.paper(over))
    content[len(content) // 3] ^= 1

    assert not judged(bytes(content), keys.record_certificate()).bottom_line


def test_what_does_not_hold_gets_no_signature(house, over):
    """Rows of somebody's own are signed by nobody: here a ceremony said to be over."""
    Ceremony.objects.filter(number=over).update(state="finished")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE people_vote DISABLE TRIGGER USER")
        cursor.execute("UPDATE people_vote SET comment = 'made up'")
        cursor.execute("ALTER TABLE people_vote ENABLE TRIGGER USER")

    assert archiving.run(at=house.now()) == 0
    assert refused_by(queries.paper, over) == "ceremonies.no_paper"


def test_it_says_what_the_record_says_in_the_words_of_the_page(house):
    """CPS-5.2.2: rows that somebody changed do not show on it, nor do names of the program."""
    number = house.run(draft(drill=True, key=f"paper-{next(_labels)}"))
    ended = json.loads(queries.record(number)["lines"][-1]["text"])["at"]
    Ceremony.objects.filter(number=number).update(state="cancelled", ended_at=house.now())

    archiving.run(at=house.now())

    text = text_of(queries.paper(number)).replace(" ", "")
    assert "结果已结束" in text
    assert "已取消" not in text
    shown = datetime.fromisoformat(ended).astimezone(SHANGHAI)
    assert f"结束时间{shown:%Y-%m-%d%H:%M:%S}" in text
    for said in ("机构（O）AnXin", "路径长度1", "有效期（年）20"):
        assert said in text
    for name in ("path_length", "years"):
        assert name not in text


@pytest.mark.parametrize("result", [b'{"remains": {"first": []}}', b"not json"])
def test_what_nobody_attested_is_not_printed(house, result):
    """CPS-5.2.2: a row besides the script's steps, as the staff site's role could write it."""
    number = house.run(draft(drill=True, key=f"paper-{next(_labels)}"))
    row = queries.ceremony(number)
    CeremonyStep.objects.create(
        ceremony=row, position=90, code="destroy", state="done", result=result
    )

    assert archiving.run(at=house.now()) == 1

    content = queries.paper(number)
    assert "按标签和公钥都查不到" not in text_of(content)
    assert "destroy" not in attached(content)["results"]


def test_what_everybody_attested_is_not_replaced_on_paper(house, in_role):
    """CPS-5.2.2: the staff site's role writes a second line of what was made, before the last of
    those present signs what his page shows, and a row with it.
    """
    number = house.opened(draft(drill=True, key=f"paper-{next(_labels)}"))
    house.steps(number, "gather", "device")
    house.begin(number, "make_key")
    house.work()
    for login in ("lu", "qin", "gao"):
        house.attest(number, "make_key", login)
    row, at = queries.ceremony(number), house.now()
    forged = generate("sm2").public
    result = ceremonies.digest(forged.spki)
    with in_role("staff"):
        seq, head = transcript.head_of(row)
        line = ceremonies.Line(
            seq + 1, at.isoformat(), "make_key", "acted", "", {"result": result}
        ).text()
        CeremonyLine.objects.create(
            ceremony=row, seq=seq + 1, text=line, digest=ceremonies.chained(head, line), at=at
        )
        CeremonyStep.objects.filter(ceremony=row, code="make_key").update(result_digest=result)
        CeremonyStep.objects.create(
            ceremony=row, position=90, code="make_key", state="done", result=forged.spki
        )
    said = queries.fields(row, step_at(row, 2), house.people["jiang"].person_id)
    services.attest(number, "make_key", actor=house.signing("jiang", said, at), at=at)
    house.end_early(number, "qin", "封条破损，停止仪式")
    house.end_early(number, "jiang")

    assert archiving.run(at=house.now()) == 0

    with pytest.raises(Refused) as refusal:
        ceremonies.check(queries.record(number))
    assert refusal.value.rule == "ceremony.order"
    assert refused_by(queries.paper, number) == "ceremonies.no_paper"
    assert refused_by(queries.result, number, "make_key") == "ceremonies.not_attested"


def step_at(row: Ceremony, position: int) -> CeremonyStep:
    return CeremonyStep.objects.get(ceremony=row, position=position)


def test_a_row_besides_the_steps_of_the_script_displaces_no_result(house, in_role):
    """CPS-5.2.2: with the code of a step; the staff site's role can write it."""
    number = house.run(draft(drill=True, key=f"paper-{next(_labels)}"))
    made = queries.result(number, "make_key")
    row, forged = queries.ceremony(number), generate("sm2").public
    with in_role("staff"):
        CeremonyStep.objects.create(
            ceremony=row, position=90, code="make_key", state="done", result=forged.spki
        )

    assert archiving.run(at=house.now()) == 1

    content = queries.paper(number)
    inside, text = attached(content), text_of(content)
    assert ceremonies.check(inside).end == "finished"
    assert (queries.result(number, "make_key"), inside["results"]["make_key"]) == (made, made.hex())
    assert (publickeys.parse(made).fingerprint in text, forged.fingerprint in text) == (True, False)


def test_results_stand_in_the_order_of_steps(house):
    """CPS-5.2.2: in the record and on paper, in whatever order they were written."""
    number = house.run(draft(drill=True, key=f"paper-{next(_labels)}"))
    order = ["device", "make_key", "certify"]
    record = queries.record(number)
    assert list(record["results"]) == order

    turned = record | {"results": dict(reversed(record["results"].items()))}
    found = text_of(paper.draw(paper.Paper(turned, {}))).partition("各步的结果")[2]

    places = [found.index(str(STEPS[code])) for code in order]
    assert places == sorted(places)


def test_of_a_step_that_was_ended_early_no_result_is_printed(house):
    """CPS-5.2.2: the device was looked at, and nobody has attested that."""
    number = house.opened(draft(drill=True, key=f"paper-{next(_labels)}"))
    house.steps(number, "gather")
    house.begin(number, "device")
    house.work()
    house.end_early(number, "qin", "封条破损，停止仪式")
    house.end_early(number, "jiang")

    assert archiving.run(at=house.now()) == 1

    content = queries.paper(number)
    assert "device" in attached(content)["results"]
    assert "各步的结果" not in text_of(content)


def test_what_everybody_attested_and_nobody_put_to_use_is_printed_as_such(house):
    """CPS-5.2.2, CPS-6.1.1: a certificate was signed, and the ceremony ended before it was in use;
    of the step that was put to use nothing of the kind is said.
    """
    number = house.opened(draft(key=f"paper-{next(_labels)}"))
    house.steps(number, "gather", "device", "make_key")
    house.begin(number, "certify")
    house.work()
    for login in ("lu", "qin", "gao", "jiang"):
        house.attest(number, "certify", login)
    Ceremony.objects.filter(number=number).update(drill=True)
    house.work()  # doubts what the row says
    Ceremony.objects.filter(number=number).update(drill=False)
    house.end_early(number, "qin", "封条破损，停止仪式")
    house.end_early(number, "jiang")

    archiving.run(at=house.now())

    content = queries.paper(number)
    made = certificates.parse(bytes.fromhex(attached(content)["results"]["certify"]))
    text = text_of(content)
    assert made.fingerprint_sm3 in text
    assert text.count("纪要没有它投入使用的记录") == 1


def test_who_attested_before_there_was_a_result_has_not_attested_it(house):
    """CPS-5.2.2: in an earlier round, or over nothing."""
    room = Room()
    room.step(0)
    said = {"custody": {"zh": "软件"}, "started_at": room.at.isoformat()}
    room.results["device"] = json.dumps(said).encode().hex()
    result = ceremonies.digest(bytes.fromhex(room.results["device"]))
    (step,) = [one for one in room.said["steps"] if one["code"] == "device"]
    first, *others = [one.id for one in rules.missing(room.said, step, [])]
    room.add("began", "device", 7, round="1")
    room.add("acted", "device", "", result=result)
    for person in others:
        room.attest("device", person, result)
    room.add("restarted", "device")
    room.add("began", "device", 7, round="2")
    room.attest("device", first, "", round_=2)
    reason = votes.comment_digest("封条破损")
    for person in (7, 9):
        room.attest(ceremonies.ABORT, person, reason, what="abort_asked", reason="封条破损")
    room.add("aborted")
    record = room.record()
    assert ceremonies.check(record).end == "aborted"

    assert "各步的结果" not in text_of(paper.draw(paper.Paper(record, {})))


def test_whatever_a_script_plans_has_a_word():
    drafts = [draft(kind=kind) for kind in (*rules.NAMING, *ENDING, "import_certificate")]
    planned = {name for one in drafts for name in script(one)["plan"]}

    assert planned <= set(PLAN)


def script(said) -> dict[str, object]:
    return json.loads(scripts.script("KC-2026-001", said, PEOPLE))


def test_it_waits_for_a_signer_that_is_away_and_is_made_once(house, over, settings):
    there, settings.SIGNER_SOCKET = settings.SIGNER_SOCKET, "/nowhere/signer.sock"
    assert archiving.run(at=house.now()) == 0

    settings.SIGNER_SOCKET = there

    assert archiving.run(at=house.now()) == 1
    assert archiving.run(at=house.now()) == 0
    (entry,) = Entry.objects.filter(action="ca.ceremony_paper")
    digest = hashlib.sha256(queries.paper(over)).hexdigest()
    assert json.loads(entry.details)["digest"] == digest


def test_it_is_made_with_the_rights_of_workers_and_never_changed(house, over, in_role):
    with in_role("worker"):
        assert archiving.run(at=house.now()) == 1
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CeremonyPaper.objects.update(digest="")


def test_those_present_and_auditors_download_it(house, over):
    """CPS-5.4.1"""
    archiving.run(at=house.now())

    got = signed_in(house.people["jiang"]).get(f"/ca/ceremonies/{over}/paper/")

    assert (got.status_code, got["Content-Type"]) == (200, "application/pdf")
    assert got.content == queries.paper(over)


# --- with other programs -------------------------------------------------------------------------


def fonts_of(page) -> list[dict[str, object]]:
    return [font.get_object() for font in page["/Resources"]["/Font"].values()]


def attached(content: bytes) -> dict[str, object]:
    document = pypdfium2.PdfDocument(content)
    (one,) = [document.get_attachment(at) for at in range(document.count_attachments())]
    assert one.get_name() == "record.json"
    return json.loads(bytes(one.get_data()))


def text_of(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    found = "".join(page.get_textpage().get_text_bounded() for page in pages)
    return found.replace("\r", "").replace("\n", "")


def openssl_says(content: bytes, certificate: bytes, folder) -> int:
    """The signature as OpenSSL reads it: CMS, detached, over all but itself."""
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    begin, length, second, rest = (int(one) for one in signature.byte_range)
    (folder / "signed").write_bytes(
        content[begin : begin + length] + content[second : second + rest]
    )
    exact = cms.ContentInfo.load(signature.pkcs7_content).dump()
    (folder / "signature").write_bytes(exact)
    (folder / "certificate").write_bytes(certificate)
    assert certificates.parse(certificate).subject.text.startswith("CN=AnXin signer")
    return subprocess.run(
        [
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature"),
            *("-content", "signed", "-certfile", "certificate", "-noverify", "-out", "out"),
        ],
        cwd=folder,
        capture_output=True,
        check=False,
    ).returncode
