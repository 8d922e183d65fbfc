"""What is read off a document: which words of it are which fields (CPS 4.2.1). Pure."""

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

LONGEST = 200  # characters of a line
SURE = 0.9  # certainty from which a reading is not shown as unsure


class Word(StrEnum):
    """What a kind of document says, wherever it says it."""

    NAME = "name"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Form:
    """How a kind of document looks: what stands before the name, and how its number is made."""

    labels: tuple[str, ...]
    number: re.Pattern[str]


CARD = Form(("姓名",), re.compile(r"(?<![0-9])[0-9]{17}[0-9X](?![0-9])"))  # GB 11643
LICENCE = Form(  # GB 32100
    ("单位名称", "企业名称", "名称"),
    re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Z])"),
)
# Documents that are read: slot -> how they look, and our field for each word.
READ: Mapping[str, tuple[Form, Mapping[Word, str]]] = {
    "id_front": (CARD, {Word.NAME: "name", Word.NUMBER: "document_number"}),
    "agent_id": (CARD, {Word.NAME: "agent_name", Word.NUMBER: "agent_document_number"}),
    "licence": (LICENCE, {Word.NAME: "legal_name", Word.NUMBER: "credit_code"}),
}


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """A line of text where it stands, in pixels, with how certain the engine is (0 to 1)."""

    text: str
    certainty: float
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, repr=False)
class Read:
    """One field as it was read."""

    text: str
    certainty: float

    @property
    def percent(self) -> int:
        return math.floor(self.certainty * 100)

    @property
    def sure(self) -> bool:
        return self.certainty >= SURE


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What was read off the first page of one document."""

    document: int
    slot: str
    at: datetime
    officer_id: int
    found: Mapping[str, Read]


def line_of(row: Sequence[object]) -> Line:
    """A line as the reader says it. Raises ValueError, TypeError."""
    text, certainty, *frame = row
    if not isinstance(text, str) or type(certainty) is not float or not 0 <= certainty <= 1:
        raise TypeError("text and certainty")
    if len(frame) != 4 or any(type(number) is not int for number in frame):  # noqa: PLR2004
        raise TypeError("four sides")
    shown = "".join(character for character in text[:LONGEST] if character.isprintable())
    return Line(shown, certainty, *frame)  # type: ignore[arg-type]


def fields(slot: str, lines: Sequence[Line]) -> dict[str, Read]:
    """Fields that were found on a document of this slot."""
    form, names = READ[slot]
    found = {Word.NAME: _name(form, lines), Word.NUMBER: _number(form, lines)}
    return {names[word]: read for word, read in found.items() if read}


def _number(form: Form, lines: Iterable[Line]) -> Read | None:
    """The most certain of what looks like one."""
    found = [
        Read(match[0], line.certainty)
        for line in lines
        if (match := form.number.search(_compact(line.text).upper()))
    ]
    return max(found, key=lambda read: read.certainty, default=None)


def _name(form: Form, lines: Sequence[Line]) -> Read | None:
    """What follows the label on its line, or stands to the right of it."""
    for label in form.labels:
        for line in lines:
            text = _compact(line.text)
            if not text.startswith(label):
                continue
            rest = text.removeprefix(label).lstrip(":：")
            beside = Read(rest, line.certainty) if rest else _right_of(line, lines)
            if beside:
                return beside
    return None


def _right_of(label: Line, lines: Iterable[Line]) -> Read | None:
    middle = (label.top + label.bottom) / 2
    row = [one for one in lines if one.left >= label.right and one.top <= middle <= one.bottom]
    nearest = min(row, key=lambda one: one.left, default=None)
    return Read(_compact(nearest.text), nearest.certainty) if nearest else None


def _compact(text: str) -> str:
    return "".join(text.split())


def standing(kept: Iterable[Reading], documents: Collection[int]) -> dict[str, Read]:
    """By field, the latest readings of documents that are still in hand."""
    found: dict[str, Read] = {}
    for one in kept:
        if one.document in documents:
            found |= one.found
    return found


def packed(kept: Iterable[Reading]) -> bytes:
    """As it is sealed."""
    rows = [asdict(one) | {"at": one.at.isoformat()} for one in kept]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(plain: bytes) -> list[Reading]:
    """The same again; nothing was read: an empty list."""
    return [
        Reading(
            document=row["document"],
            slot=row["slot"],
            at=datetime.fromisoformat(row["at"]),
            officer_id=row["officer_id"],
            found={code: Read(**read) for code, read in row["found"].items()},
        )
        for row in json.loads(plain or b"[]")
    ]
