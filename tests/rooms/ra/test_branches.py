"""Registration authorities and service points (CPS-1.4.2): one tree, seen from one's own branch."""

import pytest

from anxin.kernel.actors import SYSTEM, Actor
from anxin.kernel.errors import Refusal
from audit.journal.models import Entry
from ra.branches.queries import intake_office, offices, visible_ids
from ra.branches.services import open_office
from tests.support.ra import AT

pytestmark = pytest.mark.django_db


def opened(code, name="栖原注册中心", **more):
    return open_office(code, name=name, actor=SYSTEM, at=AT, **more)


def person(office=""):
    return Actor(7, "Chen", frozenset(), "", office)


@pytest.fixture
def tree():
    opened("RA01")
    opened("RA01-N", name="栖原北区注册中心", parent="RA01")
    opened("LRA0101", name="栖原北区受理点", kind="service_point", parent="RA01-N")
    opened("RA011", name="江海注册中心")


def test_each_sees_the_own_office_and_what_is_below(tree):
    """RA01 is not RA011."""
    assert [view.code for view in offices(person("RA01"))] == ["RA01", "RA01-N", "LRA0101"]
    assert [view.code for view in offices(person("LRA0101"))] == ["LRA0101"]
    assert [view.depth for view in offices(person("RA01"))] == [0, 1, 2]


def test_headquarters_see_all_and_enter_nothing_without_naming_an_office(tree):
    assert visible_ids(person()) is None
    assert len(offices(person())) == 4
    with pytest.raises(Refusal) as refused:
        intake_office(person())
    assert refused.value.rule == "branches.no_office"


def test_an_office_that_does_not_exist_shows_nothing(tree):
    with pytest.raises(Refusal) as refused:
        visible_ids(person("RA99"))
    assert refused.value.rule == "branches.unknown"


@pytest.mark.parametrize(
    ("code", "more", "rule"),
    [
        ("ra01", {}, "code"),
        ("R", {}, "code"),
        ("RA/01", {}, "code"),
        ("RA02", {"name": " "}, "name"),
        ("RA02", {"parent": "RA99"}, "unknown"),
        ("RA01", {}, "taken"),
        ("LRA9", {"kind": "service_point"}, "counter_of_nobody"),
        ("LRA9", {"kind": "service_point", "parent": "LRA0101"}, "below_a_counter"),
    ],
)
def test_the_tree_stays_a_tree(tree, code, more, rule):
    with pytest.raises(Refusal) as refused:
        opened(code, **more)

    assert refused.value.rule == f"branches.{rule}"


def test_opening_an_office_is_written_down(tree):
    assert Entry.objects.filter(action="ra.open_office").count() == 4
