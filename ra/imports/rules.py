"""Many applications out of one file (CPS 4.1): limits, columns, and what becomes of it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps

# The house's own limits
LIMIT = 10 * 1024 * 1024  # bytes of a file
MOST_ROWS = 10_000
MOST_LINES = 1_048_576  # empty ones counted: as many as a sheet has
MOST_COLUMNS = 40
LONGEST = 8_000  # characters of a cell; a certificate request is the longest
UNPACKED = 64 * 1024 * 1024  # bytes of all that an XLSX file holds
RATIO = 100  # of unpacked to packed bytes
PARTS = 200  # files in an XLSX file
CHUNK = 50  # rows in a transaction when they are taken in
AT_ONCE = 10  # chunks in a transaction when they are only looked at

FORGOTTEN = timedelta(days=30)  # WP-5.3b; whoever goes on with it does so the same day

YEARS, DISTINGUISHER, REQUEST = "years", "distinguisher", "request"  # columns beside the fields


class State(StrEnum):
    CHECKING = "checking"  # the dry run goes on
    CHECKED = "checked"
    TAKING = "taking"  # drafts are being made
    TAKEN = "taken"
    CLOSED = "closed"  # its data key is destroyed


CLOSABLE = (State.CHECKING, State.CHECKED, State.TAKING, State.TAKEN)
STEPS = Steps(
    ("check", [State.CHECKING], State.CHECKED),
    ("take", [State.CHECKED], State.TAKING),
    ("finish", [State.TAKING], State.TAKEN),
    ("close", CLOSABLE, State.CLOSED),
)
GOING_ON = (State.CHECKING, State.TAKING)


def check_size(size: int) -> None:
    if not 0 < size <= LIMIT:
        raise refuse("size", f"{size} bytes", most=LIMIT >> 20)


def check_rows(count: int) -> None:
    if not 0 < count <= MOST_ROWS:
        raise refuse("rows", f"{count} rows", most=MOST_ROWS)


def check_line(number: int) -> None:
    """A few bytes can name a row so far below that the empty ones above it never end."""
    if number > MOST_LINES:
        raise refuse("rows", f"{number} lines", most=MOST_ROWS)


def columns(header: Sequence[str], names: Mapping[str, str], title: str) -> list[str]:
    """Code of each column, "" for one without a heading.

    `names`: heading -> code. Refuses `imports.column` and `column_twice` by the column's number,
    and `no_header` when the one that names the applicant is missing.
    """
    found: list[str] = []
    for number, heading in enumerate(header, 1):
        code = names.get(heading.strip().lower(), "")
        if heading.strip() and not code:
            raise refuse("column", f"column {number}", number=number)
        if code and code in found:
            raise refuse("column_twice", f"column {number}", number=number)
        found.append(code)
    if title not in found:
        raise refuse("no_header", f"no column {title}")
    return found


def cells(row: Sequence[str], codes: Sequence[str]) -> dict[str, str]:
    """What one row says, by code; empty cells are left out."""
    pairs = zip(codes, row, strict=False)
    return {code: text.strip() for code, text in pairs if code and text.strip()}


def guarded(text: str) -> str:
    """A cell that no program of tables takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def check_goes_on(state: str) -> None:
    if state not in GOING_ON:
        raise Refusal(Kind.CONFLICT, "imports.nothing_left", f"it is {state}")


def check_some_right(right: int) -> None:
    if not right:
        raise Refusal(Kind.CONFLICT, "imports.none_right", "no row can be taken in", cps="4.2.1")


def check_open(state: str) -> None:
    if state == State.CLOSED:
        raise Refusal(Kind.CONFLICT, "imports.closed", "its data is destroyed", cps="9.4")


def wrong_row(rule: str, reason: str, *, field: str = "") -> Refusal:
    """What is wrong with a row beside its fields."""
    return Refusal(Kind.CONFLICT, f"imports.{rule}", reason, cps="4.2.1", field=field)


def refuse(rule: str, reason: str, **details: object) -> Refusal:
    return Refusal(Kind.INVALID, f"imports.{rule}", reason, cps="4.1.2.1", field="file", **details)
