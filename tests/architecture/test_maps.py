"""The maps point at things that exist, and contradict nothing."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.urls import get_resolver
from django.utils.module_loading import import_string

from anxin.duties import DUTIES
from anxin.grants import GRANTS
from anxin.kernel.errors import Refusal
from anxin.kernel.rows import Stateful
from anxin.wording import WORDING
from people.trust.roles import INCOMPATIBLE, Role

ROOT = Path(settings.BASE_DIR)
HOUSES = ("anxin", "ra", "ca", "kmc", "people", "audit", "pki")
SOURCES = [
    path
    for house in HOUSES
    for path in sorted((ROOT / house).rglob("*.py"))
    if "migrations" not in path.parts
]
STATEFUL = [model for model in apps.get_models() if issubclass(model, Stateful)]


@pytest.mark.parametrize("event", settings.FLOWS)
def test_every_follower_is_a_registered_task(event: str) -> None:
    for task_name in settings.FLOWS[event]:
        assert task_name in current_app.tasks


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_everything_on_the_timetable_is_a_registered_task(name: str) -> None:
    assert name in current_app.tasks


@pytest.mark.parametrize("action", settings.DUTIES)
def test_every_duty_performs_a_service_that_takes_the_approval(action: str) -> None:
    perform = import_string(settings.DUTIES[action].perform)

    assert next(iter(inspect.signature(perform).parameters)) == "approval"


@pytest.mark.parametrize("action", settings.DUTIES)
def test_what_is_agreed_to_is_shown_in_words_or_on_a_page_of_its_own(action: str) -> None:
    """CPS-5.2.4"""
    duty = settings.DUTIES[action]

    assert bool(duty.shows) != bool(duty.page)
    if duty.page:
        assert duty.page in get_resolver("anxin.urls_staff").reverse_dict
        assert not duty.declined
    else:
        assert callable(import_string(duty.shows))


@pytest.mark.parametrize("action", [name for name, duty in DUTIES.items() if duty.declined])
def test_every_duty_that_is_told_of_a_no_names_a_service_for_it(action: str) -> None:
    declined = import_string(settings.DUTIES[action].declined)

    assert len(inspect.signature(declined).parameters) > 1


@pytest.mark.parametrize("action", settings.DUTIES)
def test_makers_and_checkers_may_not_be_one_person(action: str) -> None:
    """CPS-5.2.4. Members of the policy committee are kept apart from nobody, and custodians agree
    among themselves (CPS 6.2.9): what such a one proposes is refused vote by vote
    (tests/rooms/ra/test_publications.py, tests/rooms/ca/test_custody.py).
    """
    duty = settings.DUTIES[action]

    for maker in duty.makers - {Role.CUSTODIAN}:
        for checker in duty.checkers - {Role.POLICY_MEMBER}:
            assert frozenset({maker, checker}) in INCOMPATIBLE
    assert duty.checkers == {Role.POLICY_MEMBER} or Role.POLICY_MEMBER not in duty.checkers
    assert Role.CUSTODIAN not in duty.makers or duty.checkers == {Role.CUSTODIAN}


@pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model.__name__)
def test_no_state_is_an_island(model: type[Stateful]) -> None:
    rows = model.STEPS.rows
    sources = {source for _, froms, _ in rows for source in froms}
    targets = {target for _, _, target in rows}

    assert sources | targets == set(model.STEPS.states)


@pytest.mark.parametrize("model", STATEFUL, ids=lambda model: model.__name__)
def test_steps_not_in_the_table_are_refused(model: type[Stateful]) -> None:
    refused = 0
    for verb in {row[0] for row in model.STEPS.rows}:
        for state in model.STEPS.states:
            if verb not in model.STEPS.verbs(state):
                with pytest.raises(Refusal):
                    model.STEPS.after(verb, state)
                refused += 1

    assert refused


def test_only_the_journal_moves_states() -> None:
    pattern = re.compile(r"\.state\s*=[^=]|update\([^)]*\bstate=")
    offenders = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if "audit/journal" not in str(path)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]

    assert offenders == []


def test_every_table_has_its_rights_written_down() -> None:
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}

    assert tables - set(GRANTS) == set()


@pytest.mark.parametrize(
    "door", ["audit.log", "audit.api", "people.api", "people.gates", "kmc.api", "ca.api"]
)
def test_every_door_is_on_the_plan_of_the_house(door: str) -> None:
    plan = (ROOT / "docs/architecture.md").read_text().partition("## Doors")[2]
    said = plan.partition(f"# {door}")[2].partition("\n# ")[0]
    assert [one for one in import_module(door).__all__ if not re.search(rf"\b{one}\b", said)] == []


def test_no_file_outgrows_its_room() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if (lines := len(path.read_text().splitlines())) > 400
    }

    assert long == {}


def test_every_rule_that_refuses_has_a_sentence_for_people() -> None:
    raised = re.compile(r'Refusal\(\s*Kind\.\w+,\s*"([a-z0-9_.]+)"', re.DOTALL)
    rules = {
        rule
        for path in SOURCES
        if "pki" not in path.relative_to(ROOT).parts[:1]
        for rule in raised.findall(path.read_text())
    }

    assert rules
    assert rules - set(WORDING) == set()


def test_every_clause_named_in_the_code_is_in_the_requirements_table() -> None:
    clause = re.compile(r"CPS[ -](\d+(?:\.\d+)+)")
    known = set((ROOT / "docs" / "clauses.txt").read_text().split())
    named = {
        (str(path.relative_to(ROOT)), number)
        for path in SOURCES
        for number in clause.findall(path.read_text())
    }

    assert named
    assert {item for item in named if item[1] not in known} == set()
