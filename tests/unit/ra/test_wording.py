"""Every code of this house has words: rules, fields, slots, reasons, states."""

import re
from pathlib import Path

import pytest

from ra.applicants.kinds import KINDS
from ra.applicants.rules import FIELDS, DocumentType
from ra.applicants.wording import DOCUMENT_TYPES, FIELD_LABELS, GROUPS
from ra.applications.rules import State
from ra.applications.wording import STATES
from ra.evidence.decoding import SAID
from ra.evidence.rules import PURPOSES
from ra.evidence.wording import PURPOSES as PURPOSE_WORDS
from ra.evidence.wording import SLOTS
from ra.holds.rules import DESK as HOLDS
from ra.intake.rules import CHECKS
from ra.intake.wording import CHECKS as CHECK_WORDS
from ra.requests.rules import State as RequestState
from ra.review.queries import View
from ra.review.rules import CHECKLIST, REASONS, REVEAL_REASONS
from ra.review.wording import CHECKLIST as TICK_WORDS
from ra.review.wording import REASONS as REASON_WORDS
from ra.review.wording import REVEAL_REASONS as REVEAL_WORDS
from ra.review.wording import VIEWS
from ra.revocations.rules import BY_CAUSE, Asker, CheckedHow
from ra.revocations.rules import DESK as REVOCATIONS
from ra.revocations.wording import ASKERS, CAUSE_QUESTIONS, CHECKED_HOW
from ra.revocations.wording import STATES as REQUEST_STATES
from ra.verifications.rules import Method
from ra.verifications.wording import METHODS
from ra.wording import WORDING

HOUSE = Path(__file__).resolve().parents[3] / "ra"
ROOMS = "applications|branches|evidence|handover|holds|identity|intake|receipts|review|revocations"
WHOLE = re.compile(rf'"((?:{ROOMS})\.[a-z_]+)",?\s')
SHORT = {
    "evidence": re.compile(r'refuse\(\s*"([a-z_]+)"'),
    "holds": re.compile(r'DESK.invalid\(\s*"([a-z_]+)"'),
    "revocations": re.compile(r'DESK.invalid\(\s*"([a-z_]+)"'),
    "review": re.compile(r'_hindrance\(\s*"([a-z_]+)"'),
}


def raised():
    """Rule codes as they stand in the code of the rooms."""
    found = {f"evidence.{word}" for word in SAID}
    for path in HOUSE.rglob("*.py"):
        if path.name in {"wording.py", "views.py"} or "migrations" in path.parts:
            continue
        text = path.read_text()
        found |= {code for code in WHOLE.findall(text) if "Refusal" in text}
        short = SHORT.get(path.parent.name)
        found |= {f"{path.parent.name}.{word}" for word in short.findall(text)} if short else set()
    return found


def test_every_rule_that_refuses_has_its_sentence():
    assert len(raised()) > 60
    assert sorted(raised() - set(WORDING)) == []


@pytest.mark.parametrize("desk", [HOLDS, REVOCATIONS], ids=lambda desk: desk.noun)
def test_every_desk_refuses_in_its_own_words(desk):
    shared = re.compile(r'(?:_no\(Kind\.[A-Z_]+,|check_words\() ?"([a-z_]+)"')
    rules = shared.findall((HOUSE / "requests" / "rules.py").read_text())

    assert len(rules) == 8
    assert {f"{desk.room}.{rule}" for rule in rules} - set(WORDING) == set()


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (FIELDS, FIELD_LABELS),
        (DocumentType, DOCUMENT_TYPES),
        (Method, METHODS),
        (State, STATES),
        ({slot for kind in KINDS.values() for slot in kind.slots}, SLOTS),
        ({heading for kind in KINDS.values() for heading in kind.groups}, GROUPS),
        (PURPOSES, PURPOSE_WORDS),
        (CHECKS, CHECK_WORDS),
        (CHECKLIST, TICK_WORDS),
        (REASONS, REASON_WORDS),
        (REVEAL_REASONS, REVEAL_WORDS),
        (View, VIEWS),
        (BY_CAUSE, CAUSE_QUESTIONS),
        (Asker, ASKERS),
        (CheckedHow, CHECKED_HOW),
        (RequestState, REQUEST_STATES),
    ],
)
def test_every_code_has_its_words_and_no_word_is_left_over(codes, words):
    assert {str(code) for code in codes} == set(words)
