"""Many applications in one file (CPS-4.1, CPS-4.2.1): looked through, taken in, mended."""

import csv
import io
import zipfile

import openpyxl
import pytest

from audit.journal.models import Entry
from kmc.envelopes.models import DataKey
from people.api import Role
from people.sessions.services import make_room
from pki import pem
from ra.applicants import numbers
from ra.applications.models import Application
from ra.blacklist import queries as blacklist_queries
from ra.blacklist import services as blacklist
from ra.imports import queries, rules, services, sheets
from ra.imports.models import Import, ImportChunk
from ra.intake import queries as intake_queries
from tests.support import ra
from tests.support.people import hire, signed_in
from tests.support.ra import AT, COMPANY, FIELDS, MINUTE
from tests.support.refusals import refused

PROFILE = "personal-sm2-sign"
HEADINGS = ["姓名", "证件类型", "证件号码", "手机号", "电子邮箱"]
ROW = ["林知夏", "居民身份证", FIELDS["document_number"], "13800002607", ""]


def citizen(number):
    first = f"33019919920315{number:03}"
    return first + numbers.citizen_check_digit(first)


def people(count, start=1):
    """Rows of so many invented people."""
    return [
        {**{code: FIELDS[code] for code in FIELDS}, "document_number": citizen(number)}
        for number in range(start, start + count)
    ]


def file_of(rows, *, encoding="utf-8-sig", codes=None):
    text = io.StringIO()
    codes = codes or list(rows[0])
    writer = csv.DictWriter(text, codes)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def book_of(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(counter, data, profile=PROFILE):
    return services.upload(profile, data, actor=counter.chen, at=AT)


def through(number, actor, at=AT + MINUTE):
    """Go on until nothing is left of this phase; how many steps it took."""
    steps = 0
    while queries.view(number, actor).line.goes_on:
        services.go_on(number, actor=actor, at=at)
        steps += 1
    return steps


def taken(counter, number):
    through(number, counter.chen)
    services.take(number, actor=counter.chen, at=AT + MINUTE)
    through(number, counter.chen)
    return queries.view(number, counter.chen)


def rules_of(view):
    return {fault.line: [one.rule for one in fault.refusals] for fault in view.faults}


def test_right_rows_become_drafts_of_whoever_handed_them_in(counter):
    """CPS-4.1, CPS-4.2.1: entered many at a time, each then goes the way of all applications."""
    number = upload(counter, file_of(people(3)))
    assert Application.objects.count() == 0
    through(number, counter.chen)
    assert Application.objects.count() == 0, "a dry run makes nothing"

    view = taken(counter, number)

    assert (view.line.state, view.line.taken, view.line.wrong) == ("taken", 3, 0)
    drafts = list(Application.objects.order_by("pk"))
    assert [(row.state, row.maker_id) for row in drafts] == [("draft", counter.chen.person_id)] * 3
    page = intake_queries.intake(drafts[1].number, counter.chen, at=AT)
    assert page.fields["document_number"] == citizen(2)
    assert {one.rule for one in page.wrong} >= {"evidence.missing", "intake.no_request"}


def test_a_row_with_its_request_needs_evidence_alone(counter):
    row = people(1)[0] | {"request": pem.write("CERTIFICATE REQUEST", ra.request()).decode()}
    taken(counter, upload(counter, file_of([row])))

    assert Application.objects.get().key_fingerprint


def test_what_is_wrong_is_said_by_row_field_and_clause_and_the_person_is_masked(counter):
    """CPS-4.2.1"""
    good, bad, empty = people(3)
    bad |= {"document_number": "330199199203150021", "phone": "12"}
    empty |= {"name": ""}
    number = upload(counter, file_of([good, bad, empty]))

    through(number, counter.chen)

    view = queries.view(number, counter.chen)
    assert rules_of(view) == {
        3: ["identity.number_check_digit", "identity.phone"],
        4: ["identity.empty"],
    }
    assert [one.field for one in view.faults[0].refusals] == ["document_number", "phone"]
    assert view.faults[0].refusals[0].cps == "3.2.3"
    assert view.faults[0].shown == "林*夏"
    assert (view.line.wrong, view.line.right) == (2, 1)


def test_only_what_failed_is_handed_in_again(counter):
    bad = people(1, start=2)[0] | {"phone": "12"}
    first = upload(counter, file_of([*people(1), bad]))
    taken(counter, first)

    again = services.failures(first, actor=counter.chen, at=AT + 2 * MINUTE)
    assert citizen(1) not in again.decode("utf-8-sig")
    mended = again.decode("utf-8-sig").replace(",12,", ",13800002607,").encode("utf-8-sig")
    view = taken(counter, upload(counter, mended))

    assert (view.line.taken, view.line.wrong, Application.objects.count()) == (1, 0, 2)
    assert Entry.objects.filter(action="ra.take_import_failures").count() == 1


def test_the_same_file_twice_makes_no_second_drafts(counter):
    """CPS-4.2.1: the same document is noticed, in the file and in what is open."""
    rows = people(2)
    view = taken(counter, upload(counter, file_of([*rows, rows[0]])))
    assert rules_of(view) == {4: ["imports.twice"]}

    number = upload(counter, file_of(rows))
    through(number, counter.chen)

    assert rules_of(queries.view(number, counter.chen)) == {
        2: ["imports.open_already"],
        3: ["imports.open_already"],
    }
    no = refused(services.take, number, actor=counter.chen, at=AT)
    assert (no.rule, no.cps) == ("imports.none_right", "4.2.1")
    assert Application.objects.count() == 2


def test_two_files_looked_through_before_one_is_taken_make_each_draft_once(counter):
    """The row is looked at again when it is taken in."""
    first, second = (upload(counter, file_of(people(2))) for _ in range(2))
    through(first, counter.chen)
    through(second, counter.chen)
    services.take(second, actor=counter.chen, at=AT)
    taken(counter, first)

    through(second, counter.chen)

    assert queries.view(second, counter.chen).line.wrong == 2
    assert Application.objects.count() == 2


def test_a_document_far_above_in_the_file_is_remembered(counter, monkeypatch):
    monkeypatch.setattr(rules, "CHUNK", 2)
    rows = people(5)

    view = taken(counter, upload(counter, file_of([*rows, rows[0]])))

    assert ImportChunk.objects.count() == 3
    assert rules_of(view) == {7: ["imports.twice"]}
    assert view.line.taken == 5


def test_rows_are_gone_through_piece_by_piece(counter, monkeypatch):
    monkeypatch.setattr(rules, "CHUNK", 2)
    monkeypatch.setattr(rules, "AT_ONCE", 2)
    number = upload(counter, file_of(people(7)))
    services.go_on(number, actor=counter.chen, at=AT)

    line = queries.view(number, counter.chen).line

    assert (line.done, line.rows, line.state) == (4, 7, "checking")
    assert through(number, counter.chen) == 1
    services.take(number, actor=counter.chen, at=AT)
    assert through(number, counter.chen) == 4
    no = refused(services.go_on, number, actor=counter.chen, at=AT)
    assert no.rule == "imports.nothing_left"


def test_somebody_on_the_blacklist_is_not_taken_in(counter):
    """CPS-4.2.2"""
    entry_id = blacklist.ask_to_list(
        "document", citizen(1), cause="misuse", paper="7 号", actor=counter.chen, at=AT
    )
    seen = blacklist_queries.entry(entry_id, counter.ren, at=AT).seen
    blacklist.decide(entry_id, grants=True, seen=seen, actor=counter.ren, at=AT)

    view = taken(counter, upload(counter, file_of(people(2))))

    assert rules_of(view) == {2: ["blacklist.listed_document"]}


def test_what_the_ca_refuses_is_a_row_of_the_report_and_stops_no_other(counter):
    """CPS-3.2.1: one key, two people."""
    ra.approved(counter, 2, fields=ra.OTHER)
    rows = [row | {"request": ""} for row in people(2)]
    rows[0]["request"] = pem.write("CERTIFICATE REQUEST", ra.request(2)).decode()

    view = taken(counter, upload(counter, file_of(rows)))

    assert rules_of(view) == {2: ["key.certified"]}
    assert view.line.taken == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headings_and_words_are_understood_in_every_usual_encoding(counter, encoding):
    text = ",".join(HEADINGS) + "\r\n" + ",".join(ROW) + "\r\n"
    number = upload(counter, text.encode(encoding))

    through(number, counter.chen)

    assert queries.view(number, counter.chen).line.wrong == 0


def test_organizations_come_in_xlsx(counter):
    """CPS-3.2.2"""
    data = book_of([list(COMPANY), list(COMPANY.values())])

    view = taken(counter, upload(counter, data, "organization-sm2-sign"))

    assert (view.line.taken, view.line.wrong) == (1, 0)


def test_a_formula_is_text(counter):
    row = FIELDS | {"phone": "=1+13800002606"}
    number = upload(counter, book_of([list(row), list(row.values())]))

    through(number, counter.chen)

    assert rules_of(queries.view(number, counter.chen)) == {2: ["identity.phone"]}


def test_no_cell_of_the_failures_is_a_formula_for_whoever_opens_them(counter):
    row = people(1)[0] | {"email": '=HYPERLINK("http://evil.example")'}
    number = upload(counter, file_of([row]))
    through(number, counter.chen)

    rows = services.failures(number, actor=counter.chen, at=AT).decode("utf-8-sig")

    assert "'=HYPERLINK" in rows
    assert not [cell for line in csv.reader(io.StringIO(rows)) for cell in line if cell[:1] == "="]


# --- files that are none -------------------------------------------------------------------------


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"\0" * (8 << 20))
    return out.getvalue()


def book_with(change):
    """A workbook whose sheet is written otherwise."""
    whole, out = zipfile.ZipFile(io.BytesIO(book_of([HEADINGS, ROW]))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for part in whole.infolist():
            data = whole.read(part)
            is_sheet = part.filename == "xl/worksheets/sheet1.xml"
            packed.writestr(part.filename, change(data) if is_sheet else data)
    return out.getvalue()


def entity(sheet):
    """An entity is declared that grows."""
    head = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]>'
    return head + sheet.partition(b"?>")[2] if b"?>" in sheet else head + sheet


def far_below(sheet):
    """A row says that so many empty ones are above it."""
    assert b'<row r="2"' in sheet
    return sheet.replace(b'<row r="2"', b'<row r="9000000000000000"')


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "imports.size"),
        (b"x" * (rules.LIMIT + 1), "imports.size"),
        (b"\xff\xff\xff", "imports.encoding"),
        ("姓名,颜色\n林知夏,红\n".encode(), "imports.column"),
        ("姓名,姓名\n林知夏,红\n".encode(), "imports.column_twice"),
        ("手机号\n13800002607\n".encode(), "imports.no_header"),
        ("姓名\n".encode(), "imports.rows"),
        ("姓名\n".encode() + b"a" * 9000, "imports.cell"),
        ('姓名\n"林知夏'.encode(), "imports.file"),
        (b"PK\x03\x04nonsense", "imports.file"),
        (bomb(), "imports.unpacked"),
        (book_with(entity), "imports.file"),
        (book_with(far_below), "imports.rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_none_is_refused_as_a_whole(counter, data, rule):
    no = refused(upload, counter, data)

    assert (no.rule, no.field) == (rule, "file")
    assert not Import.objects.exists()


def test_more_rows_than_the_limit_are_refused(counter, monkeypatch):
    monkeypatch.setattr(rules, "MOST_ROWS", 3)
    upload(counter, file_of(people(3)))

    assert refused(upload, counter, file_of(people(4))).rule == "imports.rows"


def test_numbers_and_days_of_a_sheet_become_text():
    rows = list(sheets.read(book_of([["a", 3.0, 3.5, None, True]])))

    assert rows == [["a", "3", "3.5", "", "True"]]


# --- whose it is, and what is left of it ----------------------------------------------------------


def test_nobody_else_sees_a_file_and_nothing_of_it_lies_in_the_clear(counter):
    """CPS-9.4"""
    number = upload(counter, file_of(people(1)))
    through(number, counter.chen)

    assert refused(queries.view, number, counter.zhao).rule == "imports.unknown"
    assert refused(services.take, number, actor=counter.zhao, at=AT).rule == "imports.unknown"
    chunk = ImportChunk.objects.get()
    for told in (
        bytes(chunk.rows),
        bytes(chunk.report),
        str(list(Entry.objects.values("details"))),
    ):
        assert citizen(1) not in (told.decode("latin-1") if isinstance(told, bytes) else told)


def test_reviewers_hand_no_file_in(counter):
    no = refused(services.upload, PROFILE, file_of(people(1)), actor=counter.ren, at=AT)

    assert (no.rule, no.cps) == ("applications.not_an_operator", "4.3.1")


def test_what_is_closed_is_shredded_and_the_drafts_stay(counter):
    """WP-6.4"""
    bad = people(1, start=2)[0] | {"phone": "12"}
    number = upload(counter, file_of([*people(1), bad]))
    taken(counter, number)
    services.close(number, actor=counter.chen, at=AT + MINUTE)

    assert DataKey.objects.get(pk=Import.objects.get().data_key).wrapped is None
    assert queries.view(number, counter.chen).faults == ()
    no = refused(services.failures, number, actor=counter.chen, at=AT)
    assert (no.rule, no.cps) == ("imports.closed", "9.4")
    assert Application.objects.count() == 1


def test_a_file_nobody_closed_is_shredded_a_month_later_when_somebody_signs_in(counter):
    """WP-5.3b"""
    number = upload(counter, file_of(people(1)))
    opened = Import.objects.get().opened_at

    early = services.close_forgotten(at=opened + rules.FORGOTTEN)
    late = opened + rules.FORGOTTEN + MINUTE
    make_room(counter.ren.person_id, actor=counter.ren, at=late)

    assert early == 0
    old = Import.objects.get(number=number)
    assert old.state == "closed"
    assert DataKey.objects.get(pk=old.data_key).wrapped is None


# --- pages -----------------------------------------------------------------------------------


def test_one_that_hangs_is_closed_by_its_maker(counter):
    """WP-6.4"""
    number = upload(counter, file_of(people(1)))
    through(number, counter.chen)
    services.take(number, actor=counter.chen, at=AT)

    services.close(number, actor=counter.chen, at=AT)

    assert Import.objects.get().state == "closed"


def test_one_that_hangs_is_shredded_like_any_other(counter):
    """WP-5.3b: its maker may be gone."""
    number = upload(counter, file_of(people(1)))
    through(number, counter.chen)
    services.take(number, actor=counter.chen, at=AT)

    assert services.close_forgotten(at=AT + rules.FORGOTTEN + MINUTE) == 1


def test_the_pages_lead_through_without_a_script(counter):
    operator = signed_in(counter.chen)
    file = io.BytesIO(file_of([*people(2), people(1, start=9)[0] | {"phone": "12"}]))
    file.name = "people.csv"
    address = operator.post("/w/imports/", {"profile": PROFILE, "file": file}).headers["Location"]
    assert "继续" in operator.get(address).content.decode()
    operator.post(f"{address}go-on/")
    assert "导入 2 行" in operator.get(address).content.decode()
    operator.post(f"{address}take/")
    operator.post(f"{address}go-on/")

    page = operator.get(address).content.decode()

    assert "去补材料" in page
    assert "11 位" in page or "手机号" in page
    assert citizen(9) not in page
    assert operator.post(f"{address}failures/").headers["Content-Type"].startswith("text/csv")
    operator.post(f"{address}close/")
    assert "已清除" in operator.get("/w/imports/").content.decode()


def test_the_script_gets_the_progress_alone(counter):
    number = upload(counter, file_of(people(1)))

    part = signed_in(counter.chen).post(
        f"/w/imports/{number}/go-on/", headers={"HX-Request": "true"}
    )

    assert part.content.decode().startswith('<div id="progress"')


def test_a_template_has_the_headings_of_its_kind(counter):
    body = signed_in(counter.chen).get("/w/imports/template/organization-sm2-sign.csv").content

    assert "统一社会信用代码" in body.decode("utf-8-sig")


@pytest.mark.parametrize("path", ["", "IM20261120-0001/"])
def test_others_have_no_imports(counter, path):
    outsider = signed_in(hire("jiang", Role.AUDITOR))

    assert outsider.get(f"/w/imports/{path}").status_code == 403
