"""Scripts of ceremonies: what may be asked for, by whom, in which order (CPS-5.2.2)."""

import json

import pytest

from anxin.kernel.errors import Refusal
from ca.ceremonies import acts, kinds, rules, scripts
from ca.ceremonies.kinds import ALL, KINDS, ROLE_OF, Part
from ca.ceremonies.rules import Person
from people.api import Role
from pki import ceremonies
from tests.support.ceremonies import HELD, PEOPLE, draft


def rule(check, *given, **named) -> str:
    with pytest.raises(Refusal) as refused:
        check(*given, **named)
    return refused.value.rule


def faults(**changes) -> list[str]:
    return [one.rule for one in rules.faults(draft(**changes))]


def test_the_system_does_every_act_of_every_kind():
    """CPS-6.2.4, CPS-6.2.10: what is done in the custody of shares is no kind of ceremony."""
    done = {step.act for kind in KINDS.values() for step in kind.steps if step.act}
    assert done == {*acts.ACTS}
    assert {*acts.LIVE} == kinds.LIVE
    assert set(KINDS) == {
        "generate_root",
        "generate_subordinate",
        "generate",
        "export_request",
        "import_certificate",
        "initialise",
        "backup",
        "restore",
        "archive",
        "destroy",
        "rollover",
    }
    assert faults(kind="deactivate") == ["ceremonies.kind"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_begins_and_ends_with_everybody(kind):
    assert kind.steps[0].attest == kind.steps[-1].attest == ALL
    assert kind.steps[-1].code == ceremonies.CLOSE
    assert kind.custodians >= 2
    codes = [step.code for step in kind.steps]
    assert len(set(codes)) == len(codes)


def test_every_part_takes_a_trusted_role():
    """CPS-5.2.1"""
    assert {*ROLE_OF} == {*Part}
    assert {*ROLE_OF.values()} <= {*Role}


def test_a_good_draft_is_taken():
    assert faults() == []
    rules.check_people(PEOPLE, HELD, custodians=2)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"key": "AnXin"}, "label"),
        ({"key": ""}, "label"),
        ({"key": "drill-root"}, "label"),
        ({"algorithm": "rsa-1024"}, "algorithm"),
        ({"device": "  "}, "device"),
        ({"device": "x" * 61}, "device"),
        ({"name": " "}, "name"),
        ({"organization": ""}, "organization"),
        ({"years": 0}, "term"),
        ({"years": 31}, "term"),
        ({"path_length": 6}, "path_length"),
    ],
)
def test_a_draft_that_breaks_a_rule_is_refused(changes, refused):
    assert faults(**changes) == [f"ceremonies.{refused}"]


def test_all_that_is_wrong_with_a_draft_is_said_at_once():
    wrong = faults(key="", device="", organization="", name="", years=0, path_length=-1)

    said = ("label", "device", "organization", "name", "term", "path_length")
    assert wrong == [f"ceremonies.{one}" for one in said]


def test_nobody_takes_two_parts():
    """CPS-5.2.4"""
    held = {role: {7, 8, 9, 10, 11} for role in HELD}
    twice = (*PEOPLE[:4], Person(10, "高远", Part.AUDITOR))

    assert rule(rules.check_people, twice, held, custodians=2) == "ceremonies.two_parts"


@pytest.mark.parametrize("role", HELD)
def test_who_has_lost_the_role_takes_no_part(role):
    """CPS-5.2.1"""
    held = HELD | {role: set()}

    assert rule(rules.check_people, PEOPLE, held, custodians=2) == "ceremonies.role_ended"


def test_too_few_custodians_are_refused():
    """CPS-6.2.2"""
    fewer = tuple(one for one in PEOPLE if one.id != 9)

    assert rule(rules.check_people, fewer, HELD, custodians=2) == "ceremonies.too_few"
    assert rule(rules.check_people, PEOPLE, HELD, custodians=3) == "ceremonies.too_few"


@pytest.mark.parametrize("part", [Part.WITNESS, Part.AUDITOR, Part.HOST])
def test_nobody_of_a_ceremony_may_be_missing(part):
    without = tuple(one for one in PEOPLE if one.part != part)

    assert rule(rules.check_people, without, HELD, custodians=2) == "ceremonies.too_few"


def test_a_drill_is_a_drill_in_its_key_and_its_name():
    said = json.loads(scripts.script("KC-2026-002", draft(drill=True), PEOPLE))

    assert said["drill"] == "yes"
    assert said["key"] == "drill-anxin-root"
    assert said["plan"]["CN"] == "AnXin Root CA DRILL"


def test_the_same_words_make_the_same_script():
    one, other = (scripts.script("KC-2026-001", draft(), PEOPLE) for _ in range(2))

    assert one == other
    assert "HSM-A 槽位 3" in one


def said():
    return json.loads(scripts.script("KC-2026-001", draft(), PEOPLE))


def test_who_is_present_is_known_by_role_and_name():
    assert rules.part_of(said(), 10, {"ca_admin"}).part == Part.WITNESS
    assert rule(rules.part_of, said(), 12, {"custodian"}) == "ceremonies.not_present"
    assert rule(rules.part_of, said(), 10, {"auditor"}) == "ceremonies.role_ended"
    assert rule(rules.part_of, said(), None, set()) == "ceremonies.not_present"


def test_a_step_asks_those_it_names_once():
    step = said()["steps"][1]  # the device: host and witness
    host, custodian = PEOPLE[0], PEOPLE[1]

    rules.check_asked(host, step, [])
    assert rule(rules.check_asked, custodian, step, []) == "ceremonies.not_asked"
    assert rule(rules.check_asked, host, step, [7]) == "ceremonies.attested"
    assert [one.id for one in rules.missing(said(), step, [7])] == [10]


def test_steps_come_in_their_order():
    rules.check_turn(["done", "waiting"], 1)
    assert rule(rules.check_turn, ["asked", "waiting"], 1) == "ceremonies.turn"


def test_only_the_host_leads():
    rules.check_host(PEOPLE[0])
    assert rule(rules.check_host, PEOPLE[1]) == "ceremonies.not_host"


def test_an_end_needs_a_reason_and_a_second_person():
    assert rules.check_reason("  封条   破损 ") == "封条 破损"
    assert rule(rules.check_reason, "x") == "ceremonies.reason"
    rules.check_second(7, 8)
    assert rule(rules.check_second, None, 8) == "ceremonies.no_abort"
    assert rule(rules.check_second, 8, 8) == "ceremonies.abort_alone"
