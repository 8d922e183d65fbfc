"""What authority sources are asked, and what they may answer (CPS 3.2.2, 3.2.3, 3.2.4). Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal

MOST = 40  # answers kept of one application: every question carries personal data out of the house
LONGEST = 200  # characters of a value
REFERENCE = 64  # characters of a reference, as of a verification's


class Match(StrEnum):
    MATCHES = "matches"
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # the source has nothing on it


class Silence(StrEnum):
    """Why a source has not answered."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    MALFORMED = "malformed"
    SETTINGS = "settings"


class NoAnswer(Exception):
    def __init__(self, why: Silence) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody an application speaks of. `words`: what sources call a field -> our field.

    `slot` is the document whose verification the answer is; empty: of none.
    """

    kind: str
    words: Mapping[str, str]
    slot: str = ""


# What a kind of party is looked up by.
NUMBERS: Mapping[str, str] = {"person": "document_number", "organization": "credit_code"}
PARTIES: Mapping[str, Party] = {
    "person": Party(
        "person",
        {word: word for word in ("name", "document_type", "document_number")},
        slot="id_front",
    ),
    "agent": Party(
        "person",
        {word: f"agent_{word}" for word in ("name", "document_type", "document_number")},
        slot="agent_id",
    ),
    "organization": Party(
        "organization", {word: word for word in ("legal_name", "credit_code")}, slot="licence"
    ),
    # Its letter, not a register, says that it employs somebody (CPS 3.2.3).
    "employer": Party(
        "organization", {"legal_name": "organization", "credit_code": "organization_code"}
    ),
}


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """Nothing but the words a source needs, with what the applicant declares."""

    party: str
    kind: str
    fields: Mapping[str, str]

    @property
    def number(self) -> str:
        return self.fields[NUMBERS[self.kind]]


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """About one word or field. `value` is the source's own, "" where it tells none."""

    outcome: str
    value: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    reference: str
    fields: Mapping[str, Said]


@dataclass(frozen=True, slots=True, repr=False)
class Lookup:
    """One question that was put to one source. `silence`: why it did not answer; "": it did.

    `asked` are the declared values by field: what was said is about these and no others.
    """

    source: str
    party: str
    at: datetime
    officer_id: int
    silence: str
    reference: str
    asked: Mapping[str, str]
    found: Mapping[str, Said]


def questions(fields: Mapping[str, str]) -> list[Question]:
    """What can be asked about the parties of an application: those with name and number."""
    found = []
    for code, party in PARTIES.items():
        said = {word: fields.get(field, "") for word, field in party.words.items()}
        if all(said.values()):
            found.append(Question(code, party.kind, said))
    return found


def reply_of(raw: object, question: Question) -> Reply:
    """An answer from outside, checked. Raises NoAnswer where it is not one."""
    try:
        return _reply(raw, question)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoAnswer(Silence.MALFORMED) from error


def _reply(raw: object, question: Question) -> Reply:
    if not isinstance(raw, dict):
        raise TypeError("not an object")
    fields = {word: _said(raw["fields"].get(word, {})) for word in question.fields}
    return Reply(_text(raw["reference"], REFERENCE, least=1), fields)


def _said(raw: Mapping[str, object]) -> Said:
    return Said(Match(str(raw.get("outcome", Match.UNKNOWN))), _text(raw.get("value", ""), LONGEST))


def _text(raw: object, longest: int, *, least: int = 0) -> str:
    if not isinstance(raw, str) or not least <= len(raw) <= longest:
        raise ValueError("no text of that length")
    if raw and not raw.isprintable():
        raise ValueError("characters nobody sees")
    return raw


def result(party: str, asked: Mapping[str, str], replies: Iterable[Lookup]) -> tuple[str, str]:
    """What the answers of all sources come to for a party's document: result and reference.

    "failed" when one contradicts, "passed" when one bears out everything it was asked, else "".
    """
    heard = [one for one in replies if one.party == party and not one.silence]
    for one in heard:
        if any(said.outcome == Match.DIFFERS for said in one.found.values()):
            return "failed", one.reference
    for one in heard:
        if all(one.found[code].outcome == Match.MATCHES for code in asked):
            return "passed", one.reference
    return "", ""


def standing(kept: Sequence[Lookup], fields: Mapping[str, str]) -> dict[str, list[Lookup]]:
    """What sources say of the values that are declared now: field -> their latest answers."""
    found: dict[str, dict[str, Lookup]] = {}
    for one in kept:
        for code in one.found:
            if not one.silence and one.asked[code] == fields.get(code):
                found.setdefault(code, {})[one.source] = one
    return {code: list(sources.values()) for code, sources in found.items()}


def contradicted(kept: Sequence[Lookup], fields: Mapping[str, str]) -> frozenset[str]:
    """Fields of which a source's latest answer says something else."""
    return frozenset(
        code
        for code, said in standing(kept, fields).items()
        if any(one.found[code].outcome == Match.DIFFERS for one in said)
    )


def check_any(pairs: int, kept: int) -> None:
    """Refuses to ask when there is nobody or nothing to ask, and to ask without end."""
    if not pairs:
        raise Refusal(
            Kind.NOT_READY, "lookups.nobody", "no source answers questions like this", cps="4.2.1"
        )
    if kept + pairs > MOST:
        raise Refusal(
            Kind.CONFLICT, "lookups.enough", f"{kept} answers are kept", cps="4.2.1", most=MOST
        )


def packed(kept: Iterable[Lookup]) -> bytes:
    """As it is sealed."""
    rows = [asdict(one) | {"at": one.at.isoformat()} for one in kept]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(plain: bytes) -> list[Lookup]:
    """The same again, oldest first; nothing was asked: an empty list."""
    return [_lookup(row) for row in json.loads(plain or b"[]")]


def _lookup(row: dict[str, object]) -> Lookup:
    found = {code: Said(**said) for code, said in row.pop("found").items()}  # type: ignore[attr-defined]
    at = datetime.fromisoformat(str(row.pop("at")))
    return Lookup(**row, at=at, found=found)  # type: ignore[arg-type]
