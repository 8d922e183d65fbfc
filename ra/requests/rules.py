"""Requests against a certificate: one person enters them, another decides. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps
from ra.review.rules import FEW_CHARACTERS, MANY_CHARACTERS

NOTE_MOST = 1000  # characters, of what may name people and things


class State(StrEnum):
    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


def steps(done: str) -> Steps[State]:
    """`done` is the verb for what happens when another person agrees."""
    return Steps(
        (done, [State.REQUESTED], State.DONE),
        ("refuse", [State.REQUESTED], State.REFUSED),
        ("withdraw", [State.REQUESTED], State.WITHDRAWN),
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """Where requests of one kind are taken in and decided.

    `noun` names its keys, tables and addresses ("hold"), `heading` begins its numbers, `cps` is
    the clause that asks for two people. What it refuses by has its own sentences: `holds.over`.
    """

    noun: str
    heading: str
    cps: str

    @property
    def room(self) -> str:
        return f"{self.noun}s"

    def check_words(self, field: str, text: str, most: int = MANY_CHARACTERS) -> str:
        """What is kept sealed, so it may name people; without spaces around it."""
        said = text.strip()
        if not FEW_CHARACTERS <= len(said) <= most:
            reason = f"{FEW_CHARACTERS} to {most} characters"
            raise self.invalid(
                field, reason, cps=self.cps, field=field, few=FEW_CHARACTERS, many=most
            )
        return said

    def check_note(self, note: str) -> str:
        """What was seen or handed in, or the reason in their words."""
        return self.check_words("note", note, NOTE_MOST)

    def check_answer(self, message: str) -> str:
        """Why a request is refused, for whoever asked."""
        return self.check_words("message", message)

    def check_decider(self, maker_id: int, person_id: int | None, *, is_reviewer: bool) -> None:
        if person_id is None or person_id == maker_id:
            raise self._no(Kind.FORBIDDEN, "own_work", "nobody checks their own work")
        if not is_reviewer:
            raise self._no(Kind.FORBIDDEN, "not_a_reviewer", "reviewers decide")

    def check_own(self, maker_id: int, person_id: int | None) -> None:
        if person_id != maker_id:
            raise self._no(Kind.FORBIDDEN, "not_yours", "somebody else entered this")

    def check_waiting(self, state: str) -> None:
        if state != State.REQUESTED:
            raise self._no(Kind.CONFLICT, "over", f"the request is {state}", state=state)

    def unknown(self, what: object) -> Refusal:
        return self._no(Kind.NOT_FOUND, "unknown", f"no request {what}", cps="1.4.2")

    def open_already(self) -> Refusal:
        return self._no(Kind.CONFLICT, "open_already", "somebody asked for this already")

    def invalid(
        self, rule: str, reason: str, *, cps: str, field: str, **details: object
    ) -> Refusal:
        """What was typed breaks a rule of this desk."""
        return self._no(Kind.INVALID, rule, reason, cps=cps, field=field, **details)

    def _no(
        self,
        kind: Kind,
        rule: str,
        reason: str,
        *,
        cps: str = "",
        field: str = "",
        **details: object,
    ) -> Refusal:
        rule = f"{self.room}.{rule}"
        return Refusal(kind, rule, reason, cps=cps or self.cps, field=field, **details)
