"""Transition tables: a table is the whole state machine, and is data."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Generic, TypeVar

from anxin.kernel.errors import Kind, Refusal

S = TypeVar("S", bound=StrEnum)


class Steps(Generic[S]):
    """Rows of (verb, from these states, to that state)."""

    def __init__(self, *rows: tuple[str, Iterable[S], S]) -> None:
        self.rows = tuple((verb, frozenset(sources), target) for verb, sources, target in rows)
        self.states: type[S] = type(self.rows[0][2])
        self._target = {
            (verb, source): target for verb, sources, target in self.rows for source in sources
        }

    def after(self, verb: str, state: str) -> S:
        """Where `verb` leads from `state`; refuses a step the table lacks."""
        try:
            return self._target[verb, self.states(state)]
        except KeyError:
            raise Refusal(
                Kind.CONFLICT,
                "state.no_such_step",
                f"cannot {verb} while {state}",
                verb=verb,
                state=state,
            ) from None

    def verbs(self, state: str) -> list[str]:
        """What can be done next, in the table's order."""
        return [verb for verb, sources, _ in self.rows if state in sources]
