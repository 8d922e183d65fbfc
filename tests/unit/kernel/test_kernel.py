"""The kernel: states, canonical form."""

from enum import StrEnum

import pytest

from anxin.kernel import canonical
from anxin.kernel.errors import Kind, Refusal
from anxin.kernel.states import Steps


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"


STEPS = Steps(("shut", [Door.OPEN], Door.SHUT), ("open", [Door.SHUT], Door.OPEN))


def test_a_step_in_the_table_leads_on() -> None:
    assert STEPS.after("shut", "open") is Door.SHUT


def test_a_step_not_in_the_table_is_refused_with_its_rule() -> None:
    with pytest.raises(Refusal) as refusal:
        STEPS.after("open", "open")

    assert (refusal.value.kind, refusal.value.rule) == (Kind.CONFLICT, "state.no_such_step")


def test_a_page_can_ask_what_comes_next() -> None:
    assert STEPS.verbs("open") == ["shut"]


def test_one_meaning_has_one_form() -> None:
    assert canonical.encode({"b": 1, "a": "字"}) == '{"a":"字","b":1}'.encode()
    assert canonical.digest({"b": 1, "a": "字"}) == canonical.digest({"a": "字", "b": 1})


def test_not_a_number_has_no_form() -> None:
    with pytest.raises(ValueError):
        canonical.encode(float("nan"))
