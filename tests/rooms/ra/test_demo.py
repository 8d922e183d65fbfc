"""The demo: everybody finds something on the own desk, and a second run adds nothing."""

from datetime import UTC, datetime

import pytest

from anxin.demo.desk import lay_out
from anxin.demo.house import FOUNDED_BEFORE, furnish
from anxin.demo.money import publish_prices
from anxin.demo.reading import publish_papers
from anxin.demo.story import tell
from ra.applications.models import Application
from ra.blacklist.models import BlacklistEntry
from ra.disclosures.models import DisclosureCase
from ra.domains.models import NameProof
from ra.fees.models import FeeOrder, FeeSchedule
from ra.holds.models import HoldRequest
from ra.imports.models import Import
from ra.sampling.models import Recheck

AFTER_A_LONG_HOLIDAY = datetime(2026, 10, 8, 2, 0, tzinfo=UTC)
DESKS = (BlacklistEntry, DisclosureCase, NameProof, HoldRequest, Import, Recheck, FeeSchedule)


@pytest.fixture
def told(house, transactional_db, tmp_path, monkeypatch):
    """What the command does, with few applications; to be called again."""
    house.HOME, house.DEMO = tmp_path, True
    monkeypatch.setenv("ANXIN_DEMO_APPLICATIONS", "10")

    def tell_it():
        said = []
        actors = furnish(said.append, at=AFTER_A_LONG_HOLIDAY)
        publish_prices(actors, at=AFTER_A_LONG_HOLIDAY - FOUNDED_BEFORE)
        publish_papers(actors, at=AFTER_A_LONG_HOLIDAY - FOUNDED_BEFORE)
        tell(actors, said.append, at=AFTER_A_LONG_HOLIDAY)
        lay_out(actors, at=AFTER_A_LONG_HOLIDAY)
        return {model: model.objects.count() for model in (Application, FeeOrder, *DESKS)}

    return tell_it


def test_every_desk_of_the_demo_has_something_on_it_and_a_second_run_adds_nothing(told):
    first = told()

    assert [model for model in DESKS if not first[model]] == []
    assert set(FeeOrder.objects.values_list("state", flat=True)) == {
        *("open", "paid", "refund_asked", "void")
    }
    assert Application.objects.get(procedure="re_key").state == "draft"
    assert told() == first
