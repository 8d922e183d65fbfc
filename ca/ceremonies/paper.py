"""The transcript of a ceremony for people: PDF/A-3 with the record inside (ISO 19005-3).

Chinese, as it was read aloud; every figure on it comes from the record that is attached.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import DocumentCompliance, TableBordersLayout, WrapMode

from anxin.kernel.fonts import FONT_FILE, RARE
from anxin.kernel.workdays import SHANGHAI
from ca.ceremonies import made, planned, transcript
from ca.ceremonies.wording import ALGORITHMS, KINDS, LINES, PARTS, STATES, STEPS
from pki import ceremonies, ceremony_votes, readback, statements

for _name_of_log in ("fontTools", "fpdf"):  # they write down which characters people's names have
    logging.getLogger(_name_of_log).setLevel(logging.ERROR)

FONT = "record"
ATTACHED = "record.json"
MISSING = "〓"  # in the place of an ideograph that no font here has; the record has it
BODY, SMALL, LINE = 9, 7.5, 5  # points, points, millimetres


@dataclass(frozen=True, slots=True)
class Paper:
    """What is drawn: a record that holds, and whose names are in it."""

    record: Mapping[str, Any]
    names: Mapping[int, str]

    @property
    def end(self) -> ceremonies.Line:
        """Its last line says how the ceremony ended, and when; no row is asked."""
        return ceremonies.line_of(self.record["lines"][-1]["text"])

    @property
    def ended_at(self) -> datetime:
        return datetime.fromisoformat(self.end.at)


def draw(paper: Paper) -> bytes:
    """The document, not yet signed."""
    with override("zh-hans"):
        return _draw(paper)


def _draw(paper: Paper) -> bytes:
    said = json.loads(paper.record["script"])
    title = f"{_('密钥仪式纪要')} {said['number']}"
    page = _sheet(title, paper.ended_at)
    page.set_font(FONT, size=17)
    page.cell(0, 10, title, new_x="LMARGIN", new_y="NEXT")
    if said["drill"] == "yes":
        _paragraph(page, _("这是演练：不建立 CA，不启用证书。"))
    _table(page, (1, 4), _facts(paper, said))
    _head(page, _("在场人员"))
    _table(page, (1, 4), [(str(PARTS[one["role"]]), one["name"]) for one in said["people"]])
    _head(page, _("审批"))
    _table(page, (2, 3, 6), _voted(paper))
    _head(page, _("仪式纪要"))
    _table(page, (1, 3, 2, 5, 5), _lines(paper), size=SMALL)
    if found := [*_made(paper)]:
        _head(page, _("各步的结果"))
        _table(page, (2, 3, 11), found, size=SMALL)
    _head(page, _("核验"))
    _paragraph(page, _how(paper))
    page.embed_file(
        bytes=json.dumps(paper.record, ensure_ascii=False, indent=1).encode(),
        basename=ATTACHED,
        mime_type="application/json",
        modification_date=paper.ended_at,
        associated_file_relationship="Source",
        desc=title,
        compress=True,
    )
    return bytes(page.output())


def _sheet(title: str, at: datetime) -> FPDF:
    page = FPDF(enforce_compliance=DocumentCompliance.PDFA_3U)
    page.set_creation_date(at)
    page.set_lang("zh-CN")
    page.set_title(title)
    page.set_margin(18)
    page.set_auto_page_break(auto=True, margin=18)
    page.add_font(FONT, fname=FONT_FILE)
    rare = [file for file in RARE if file.exists()]
    for file in rare:
        page.add_font(file.stem, fname=file)
    page.set_fallback_fonts([file.stem for file in rare])
    page.set_draw_color(200)
    page.add_page()
    return page


def _facts(paper: Paper, said: Mapping[str, Any]) -> list[tuple[str, ...]]:
    script = paper.record["digest"]
    algorithm = ALGORITHMS.get(said["algorithm"], said["algorithm"])
    return [
        (_("仪式类型"), f"{KINDS[said['kind']]}（CPS {said['cps']}）"),
        (_("结果"), str(STATES[paper.end.what])),
        (_("密码设备"), said["device"]),
        (_("密钥标签"), f"{said['key']} {algorithm}"),
        *planned.told(said["plan"]),
        (_("结束时间"), _moment(paper.ended_at)),
        (_("脚本摘要（SM3）"), script),
        (_("校对码"), f"{readback.digits(script)} {' '.join(readback.chinese(script))}"),
    ]


def _voted(paper: Paper) -> list[tuple[str, ...]]:
    found = [one for one in paper.record["votes"] if one["action"] == ceremony_votes.HOLD]
    return [
        (
            _name(paper, one["voter"]),
            _moment(datetime.fromisoformat(one["voted_at"])),
            _("同意，已签名；公钥 %(key)s")
            % {"key": statements.fingerprint(bytes.fromhex(one["public_key"]))[:32]},
        )
        for one in found
    ]


def _lines(paper: Paper) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for kept in paper.record["lines"]:
        line = ceremonies.line_of(kept["text"])
        who = _name(paper, int(line.by)) if line.by else _("系统")
        what = f"{LINES[line.what]}{'：' if line.step else ''}"
        step = str(STEPS.get(line.step, line.step)) if line.step else ""
        note = transcript.note_of(line)
        about = f"{what}{step} {note}".strip()
        at = _moment(datetime.fromisoformat(line.at))
        found.append((str(line.seq), at, who, about, kept["digest"]))
    return found


def _made(paper: Paper) -> Iterator[tuple[str, ...]]:
    """What devices said, keys, certificates; of steps that all have attested, no others."""
    said, results = json.loads(paper.record["script"]), paper.record["results"]
    attested = _attested(paper, said)
    for code in (one["code"] for one in said["steps"]):
        if code not in attested:
            continue
        step = str(STEPS.get(code, code))
        for what, value in made.told(code, bytes.fromhex(results.get(code, ""))):
            yield step, what, value
        if not attested[code]:
            yield step, _("备注"), _("应签名的人都已签名确认，但纪要没有它投入使用的记录")


def _attested(paper: Paper, said: Mapping[str, Any]) -> dict[str, bool]:
    """Steps whose last result everybody whom they ask has attested, and whether each was done: a
    worker may have refused to put it to use.
    """
    asked = {
        step["code"]: {one["person"] for one in said["people"] if one["role"] in step["attest"]}
        for step in said["steps"]
        if step["act"]
    }
    found: dict[str, bool] = {}
    signed: dict[str, set[str]] = {}  # in this round, for what was made in it
    for line in (ceremonies.line_of(kept["text"]) for kept in paper.record["lines"]):
        if line.what == "began":
            signed.pop(line.step, None)
        elif line.what == "acted":
            signed[line.step] = set()
            found.pop(line.step, None)
        elif line.what == "attested" and line.step in signed:
            signed[line.step].add(line.by)
            if asked[line.step] <= signed[line.step]:
                found[line.step] = False
        elif line.what == "done" and line.step in asked:
            found[line.step] = True
    return found


def _how(paper: Paper) -> str:
    return _(
        "本文件附有全部纪要 %(file)s：脚本、审批、每行纪要、每个人的签名和每一步的结果。取出后用 "
        "python -m pki verify ceremony %(file)s --issuer 操作员证书的 CA 证书 离线核验。"
        "最后一行的摘要（SM3）：%(head)s。"
        "本文件由签名服务的身份密钥签名；密钥管理员的份额文件记有这个密钥的指纹。"
    ) % {"file": ATTACHED, "head": paper.record["lines"][-1]["digest"]}


def _name(paper: Paper, person: int) -> str:
    return paper.names.get(person, str(person))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _head(page: FPDF, text: str) -> None:
    page.ln(3)
    if page.will_page_break(4 * LINE):  # no heading without what it is over
        page.add_page()
    page.set_font(FONT, size=12)
    page.cell(0, 8, _printed(text), new_x="LMARGIN", new_y="NEXT")


def _paragraph(page: FPDF, text: str) -> None:
    page.set_font(FONT, size=BODY)
    page.multi_cell(
        0, LINE, _printed(text), wrapmode=WrapMode.CHAR, align="L", new_x="LMARGIN", new_y="NEXT"
    )


def _table(
    page: FPDF, widths: tuple[int, ...], rows: Iterable[tuple[str, ...]], *, size: float = BODY
) -> None:
    page.set_font(FONT, size=size)
    with page.table(
        col_widths=widths,
        first_row_as_headings=False,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        text_align="LEFT",
        line_height=LINE,
        wrapmode=WrapMode.CHAR,
    ) as table:
        for row in rows:
            table.row([_printed(text) for text in row])


def _printed(text: str) -> str:
    return "".join(one if ord(one) in _glyphs() else MISSING for one in text)


@cache
def _glyphs() -> frozenset[int]:
    found: set[int] = set()
    for file in (FONT_FILE, *RARE):
        if file.exists():
            with TTFont(file, lazy=True) as font:
                found |= font.getBestCmap().keys()
    return frozenset(found)
