"""Looking at decided applications again (CPS 4.1.2.2): how many, which, what is found. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from pki.sm.sm3 import sm3


class State(StrEnum):
    WAITING = "waiting"
    RIGHT = "right"
    WRONG = "wrong"


STEPS = Steps(
    ("confirm", [State.WAITING], State.RIGHT),
    ("fault", [State.WAITING], State.WRONG),
)
# The house's own: percent of each officer's decisions of a day that are looked at again.
RATES: Mapping[str, int] = {"approve": 5, "reject": 10}
LEAST = 1  # of an officer who decided anything that day
DAYS = 7  # days back that are drawn when nobody drew them in time
FAULTS = ("identity", "evidence", "fields", "authority", "reasons", "procedure")


@dataclass(frozen=True, slots=True)
class Taken:
    """One decision: `id`, whose, and how it ended."""

    id: int
    officer_id: int
    outcome: str


def drawn(decisions: Sequence[Taken], seed: str) -> set[int]:
    """Ids to be looked at again: of each officer so many of a hundred, at least one.

    Which ones, SM3 of seed and id says: whoever has the seed repeats the draw.
    """
    piles: dict[tuple[int, str], list[int]] = {}
    for one in decisions:
        if one.outcome in RATES:
            piles.setdefault((one.officer_id, one.outcome), []).append(one.id)
    found: set[int] = set()
    for (_officer, outcome), ids in piles.items():
        count = max(LEAST, -(-len(ids) * RATES[outcome] // 100))
        found |= set(sorted(ids, key=lambda number: sm3(f"{seed}|{number}".encode()))[:count])
    return found


def check_other(officer_id: int, makers: Collection[int], person_id: int | None) -> None:
    """CPS 5.2.4: neither whoever decided nor whoever entered it looks again."""
    if person_id is None or person_id == officer_id or person_id in makers:
        raise Refusal(Kind.FORBIDDEN, "sampling.own_work", "your own work", cps="5.2.4")


def check_reviewer(is_reviewer: bool) -> None:  # noqa: FBT001 -- one question
    if not is_reviewer:
        raise Refusal(Kind.FORBIDDEN, "sampling.not_a_reviewer", "reviewers do", cps="4.1.2.2")


def check_fault(code: str) -> str:
    """An empty one says that it was right."""
    if code and code not in FAULTS:
        raise Refusal(
            Kind.INVALID, "sampling.fault", f"no fault {code}", cps="4.1.2.2", field="fault"
        )
    return code
