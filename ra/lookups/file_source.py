"""A register on this machine in which nobody can read: keyed digests instead of names and numbers.

One line a field, `kind,record,word,mark`: `record` finds the number, `mark` the value beside it.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from kmc import api as kmc
from pki.sm.sm3 import sm3
from ra.lookups.rules import NUMBERS, Match, NoAnswer, Question, Reply, Said, Silence


@dataclass(frozen=True, slots=True)
class FileSource:
    """For lists of some hundred thousand lines: it is read through at every question."""

    name: str
    answers: frozenset[str]
    path: Path

    def look_up(self, question: Question, _patience: float) -> Reply:
        """Raises NoAnswer when there is no such file, or something else in it.

        The reference names the edition: the beginning of the file's SM3.
        """
        try:
            content = self.path.read_bytes()
            rows = [(kind, record, word, mark) for kind, record, word, mark in _lines(content)]
        except OSError as error:
            raise NoAnswer(Silence.UNREACHABLE) from error
        except (ValueError, csv.Error) as error:
            raise NoAnswer(Silence.MALFORMED) from error
        wanted = (question.kind, _record(question.kind, question.number))
        marks = {word: mark for kind, record, word, mark in rows if (kind, record) == wanted}
        fields = {
            word: Said(_outcome(question.kind, question.number, word, value, marks))
            for word, value in question.fields.items()
        }
        return Reply(f"SM3-{sm3(content).hex()[:16]}", fields)


def sealed_lines(rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """A register of these records: `kind` and its words. Raises ValueError with the line."""
    for line, row in enumerate(rows, start=2):
        kind = row.get("kind") or ""
        number = (row.get(NUMBERS.get(kind, "")) or "").strip()
        if not number:
            raise ValueError(f"line {line}: no kind, or no number")
        words = {word: text for word, text in row.items() if word and word != "kind" and text}
        for word, text in words.items():
            yield f"{kind},{_record(kind, number)},{word},{_mark(kind, number, word, text)}"


def _lines(content: bytes) -> Iterator[list[str]]:
    return csv.reader(StringIO(content.decode("ascii"), newline=""), strict=True)


def _outcome(kind: str, number: str, word: str, value: str, marks: Mapping[str, str]) -> Match:
    if word not in marks:
        return Match.UNKNOWN
    same = marks[word] == _mark(kind, number, word, value)
    return Match.MATCHES if same else Match.DIFFERS


def _record(kind: str, number: str) -> str:
    return kmc.blind_index(f"ra.source.{kind}", number.strip()).hex()


def _mark(kind: str, number: str, word: str, text: str) -> str:
    told = f"{number.strip()}|{text.strip()}"
    return kmc.blind_index(f"ra.source.{kind}.{word}", told).hex()
