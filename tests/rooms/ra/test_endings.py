"""Subscribers are told that their CA ends (CPS-5.7.3, CPS-5.8)."""

from datetime import timedelta

import pytest

from anxin.duties import DUTIES
from ca import api as ca
from ca.endings.models import Ending
from people.api import Role
from ra.applications.models import Application
from ra.notices import services, wording
from ra.notices.models import Notice
from ra.notices.rules import Event
from tests.support import ra
from tests.support.endings import Office, step
from tests.support.people import hire
from tests.support.ra import AT


@pytest.fixture
def certified(live_counter) -> Application:
    """Somebody with a certificate."""
    return Application.objects.get(pk=ra.issued(live_counter))


@pytest.fixture
def office(certified, settings) -> Office:
    duties = {one: DUTIES[one] for one in ("ca.end_authority", "people.enrol_key")}
    settings.DUTIES = {**settings.DUTIES, **duties}
    people = {"tang": Role.SECURITY_ADMIN, "gao": Role.CA_ADMIN, "shao": Role.POLICY_MEMBER}
    hired = {login: hire(f"{login}-ends", role) for login, role in people.items()}
    return Office(at=AT + timedelta(hours=2), people=hired).with_key()


def issuer(row: Application) -> str:
    return ca.certificate(row.certificate_id).ca


def test_each_subscriber_is_told_once_and_the_step_is_over(certified, office):
    """CPS-5.7.3: also when two workers begin, or one begins again."""
    number = office.agreed(authority=issuer(certified))

    assert services.tell_of_endings(at=office.now()) == 1
    assert services.tell_of_endings(at=office.now()) == 0

    notice = Notice.objects.get(event="compromise")
    assert (notice.application_id, notice.occasion) == (certified.pk, number)
    found = step(number, "tell_subscribers")
    assert (found.state, found.counted, found.total) == ("done", 1, 1)


def test_nobody_is_told_before_the_committee_agreed_nor_in_a_drill(certified, office):
    office.declare(authority=issuer(certified))
    office.agreed(authority=issuer(certified), drill=True)

    assert services.tell_of_endings(at=office.now()) == 0

    assert not Notice.objects.filter(event="compromise").exists()
    assert Ending.objects.filter(state="running").count() == 1


def test_nobody_is_told_in_other_words_than_were_agreed_to(certified, office, monkeypatch):
    """CPS-5.8: a text that was changed since is not what the committee has signed."""
    office.agreed(authority=issuer(certified))
    agreed = wording.TEXTS[Event.COMPROMISE]
    with monkeypatch.context() as changed:
        changed.setitem(wording.TEXTS, Event.COMPROMISE, "别的话 %(notice)s")

        assert services.tell_of_endings(at=office.now()) == 0

    assert wording.TEXTS[Event.COMPROMISE] == agreed
    assert services.tell_of_endings(at=office.now()) == 1
